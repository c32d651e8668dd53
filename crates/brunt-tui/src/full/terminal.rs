//! The screen itself: the alternate one, in raw mode, given back whatever happens.

use super::draw::draw;
use super::picture::Picture;
use super::state::{Key, State};
use crate::Style;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{self, Stderr, stderr};
use std::time::Duration;

/// A full screen on standard error.
pub struct FullTerminal {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    style: Style,
    open: bool,
}

impl FullTerminal {
    /// Takes the screen.
    ///
    /// # Errors
    ///
    /// Those of the terminal: it is none, or cannot be drawn on.
    pub fn open(style: Style) -> io::Result<Self> {
        enable_raw_mode()?;
        // What a panic says belongs onto the screen that stays.
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        let opened = execute!(stderr(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stderr())));
        match opened {
            Ok(terminal) => Ok(Self { terminal, style, open: true }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn draw(&mut self, picture: &Picture, state: &mut State) -> io::Result<()> {
        if !self.open {
            return Ok(());
        }
        self.terminal.draw(|frame| draw(frame, picture, state, self.style)).map(drop)
    }

    /// Gives the screen back. Nothing is drawn after.
    pub fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = self.terminal.show_cursor();
            give_back();
        }
    }

    /// Whether it is still there.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// The next key, if one comes within this time.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn key(within: Duration) -> io::Result<Option<Key>> {
        if !poll(within)? {
            return Ok(None);
        }
        Ok(match read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => known(key),
            Event::Key(_)
            | Event::FocusGained
            | Event::FocusLost
            | Event::Mouse(_)
            | Event::Paste(_)
            | Event::Resize(_, _) => None,
        })
    }
}

impl Drop for FullTerminal {
    fn drop(&mut self) {
        self.close();
    }
}

/// Nobody is left to be told that the terminal is gone.
fn give_back() {
    let _ = execute!(stderr(), LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
    let _ = disable_raw_mode();
}

fn known(key: KeyEvent) -> Option<Key> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let code = key.code;
    if control {
        return (code == KeyCode::Char('c')).then_some(Key::Interrupt);
    }
    let keys = [
        (KeyCode::Up, Key::Up),
        (KeyCode::Down, Key::Down),
        (KeyCode::PageUp, Key::PageUp),
        (KeyCode::PageDown, Key::PageDown),
        (KeyCode::Tab, Key::Tab),
        (KeyCode::Enter, Key::Enter),
        (KeyCode::Esc, Key::Escape),
        (KeyCode::Backspace, Key::Backspace),
    ];
    if let KeyCode::Char(c) = code {
        return Some(Key::Char(c));
    }
    keys.into_iter().find(|(known, _)| *known == code).map(|(_, key)| key)
}
