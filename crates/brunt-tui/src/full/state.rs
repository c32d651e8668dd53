//! What somebody looks at, and what keys make of it.

use super::picture::{Picture, Row};

/// A key, as far as anything is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// The next page.
    Tab,
    /// Done.
    Enter,
    /// Not after all.
    Escape,
    /// The last character goes.
    Backspace,
    /// Ctrl-C.
    Interrupt,
}

/// What is asked of the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Let what is under way end; asked again, cut it.
    Stop,
    /// Stand still, or go on.
    Pause,
    /// Another load.
    Load(Load),
    /// A note at this instant.
    Note(String),
}

/// Another load.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// A tenth more.
    More,
    /// A tenth less.
    Less,
    /// As it was written: users (`50`), or a rate (`120/s`).
    Is(String),
}

/// What the lower half shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Page {
    #[default]
    Endpoints,
    Errors,
    Log,
    Help,
}

/// By what endpoints are sorted; the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    P99,
    Rate,
    Errors,
    Name,
}

impl Order {
    const fn next(self) -> Self {
        match self {
            Self::P99 => Self::Rate,
            Self::Rate => Self::Errors,
            Self::Errors => Self::Name,
            Self::Name => Self::P99,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::P99 => "p99",
            Self::Rate => "req/s",
            Self::Errors => "errors",
            Self::Name => "name",
        }
    }
}

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    Load,
    Note,
    Filter,
}

impl Prompt {
    pub(super) const fn asks(self) -> &'static str {
        match self {
            Self::Load => "users (50) or rate (120/s): ",
            Self::Note => "note: ",
            Self::Filter => "endpoints with: ",
        }
    }
}

/// What somebody looks at.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(super) page: Page,
    pub(super) order: Order,
    /// Only endpoints whose names have this in them.
    pub(super) filter: String,
    /// The line that is looked at, of the page's lines.
    pub(super) at: usize,
    pub(super) prompt: Option<(Prompt, String)>,
    /// What came of the last wish.
    pub(super) told: String,
}

/// Lines of a screenful.
const SCREENFUL: usize = 10;
/// The longest text that can be written.
const MAX_TEXT: usize = 200;

impl State {
    /// What a key does; `Some` if something is asked of the run.
    pub fn key(&mut self, key: Key) -> Option<Wish> {
        if key == Key::Interrupt {
            return Some(Wish::Stop);
        }
        if self.prompt.is_some() {
            return self.write(key);
        }
        self.told.clear();
        match key {
            Key::Up | Key::Char('k') => self.at = self.at.saturating_sub(1),
            Key::Down | Key::Char('j') => self.at = self.at.saturating_add(1),
            Key::PageUp => self.at = self.at.saturating_sub(SCREENFUL),
            Key::PageDown => self.at = self.at.saturating_add(SCREENFUL),
            Key::Tab => self.show(match self.page {
                Page::Endpoints => Page::Errors,
                Page::Errors => Page::Log,
                Page::Log => Page::Help,
                Page::Help => Page::Endpoints,
            }),
            Key::Char('e') => self.show(Page::Errors),
            Key::Char('l') => self.show(Page::Log),
            Key::Char('?' | 'h') => self.show(Page::Help),
            Key::Escape => {
                self.filter.clear();
                self.show(Page::Endpoints);
            }
            Key::Char('o') => self.order = self.order.next(),
            Key::Char('/') => self.prompt = Some((Prompt::Filter, self.filter.clone())),
            Key::Char('u') => self.prompt = Some((Prompt::Load, String::new())),
            Key::Char('n') => self.prompt = Some((Prompt::Note, String::new())),
            Key::Char('p') => return Some(Wish::Pause),
            Key::Char('+' | '=') => return Some(Wish::Load(Load::More)),
            Key::Char('-') => return Some(Wish::Load(Load::Less)),
            Key::Char('s' | 'q') => return Some(Wish::Stop),
            Key::Char(_) | Key::Enter | Key::Backspace | Key::Interrupt => {}
        }
        None
    }

    /// What came of a wish, to be shown until the next key.
    pub fn tell(&mut self, text: &str) {
        self.told = crate::text::clean(text);
    }

    fn show(&mut self, page: Page) {
        self.page = page;
        // The newest of the log is at its end.
        self.at = if page == Page::Log { usize::MAX } else { 0 };
    }

    fn write(&mut self, key: Key) -> Option<Wish> {
        let (prompt, text) = self.prompt.as_mut()?;
        match key {
            Key::Char(c) if !c.is_control() && text.len() < MAX_TEXT => text.push(c),
            Key::Backspace => _ = text.pop(),
            Key::Escape => self.prompt = None,
            Key::Enter => {
                let (prompt, text) = (*prompt, text.trim().to_owned());
                self.prompt = None;
                match prompt {
                    Prompt::Filter => {
                        self.filter = text;
                        self.show(Page::Endpoints);
                    }
                    Prompt::Load if !text.is_empty() => return Some(Wish::Load(Load::Is(text))),
                    Prompt::Note if !text.is_empty() => return Some(Wish::Note(text)),
                    Prompt::Load | Prompt::Note => {}
                }
            }
            Key::Char(_) | Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Tab | Key::Interrupt => {}
        }
        None
    }

    /// The endpoints that are shown, in their order.
    pub(super) fn rows<'p>(&self, picture: &'p Picture) -> Vec<&'p Row> {
        let wanted = self.filter.to_lowercase();
        let mut rows: Vec<&Row> =
            picture.rows.iter().filter(|row| row.name.to_lowercase().contains(&wanted)).collect();
        let by = |a: Option<f64>, b: Option<f64>| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0));
        rows.sort_by(|a, b| match self.order {
            Order::P99 => b.times[2].cmp(&a.times[2]),
            Order::Rate => by(a.rate, b.rate),
            Order::Errors => by(a.errors, b.errors),
            Order::Name => a.name.cmp(&b.name),
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys, and what they ask for in the end.
    #[test]
    fn keys_ask_for_things() {
        let note = |text: &str| Some(Wish::Note(text.to_owned()));
        let is = |text: &str| Some(Wish::Load(Load::Is(text.to_owned())));
        for (keys, expected) in [
            ("s", Some(Wish::Stop)),
            ("q", Some(Wish::Stop)),
            ("p", Some(Wish::Pause)),
            ("+", Some(Wish::Load(Load::More))),
            ("-", Some(Wish::Load(Load::Less))),
            ("u50\n", is("50")),
            ("u120/s\n", is("120/s")),
            ("u\n", None),
            ("u5\u{1b}", None),
            ("u12\u{8}\u{8}7\n", is("7")),
            ("ncache cleared\n", note("cache cleared")),
            // While something is written, keys are letters.
            ("nspq+\n", note("spq+")),
            ("/cart\n", None),
            ("x", None),
        ] {
            let mut state = State::default();
            let mut got = None;
            for c in keys.chars() {
                let key = match c {
                    '\n' => Key::Enter,
                    '\u{1b}' => Key::Escape,
                    '\u{8}' => Key::Backspace,
                    c => Key::Char(c),
                };
                got = state.key(key).or(got);
            }
            assert_eq!(got, expected, "{keys:?}");
            assert!(state.prompt.is_none(), "{keys:?}");
        }
        let mut writing = State::default();
        let _ = writing.key(Key::Char('n'));
        assert_eq!(writing.key(Key::Interrupt), Some(Wish::Stop), "Ctrl-C is never a letter");
    }
}
