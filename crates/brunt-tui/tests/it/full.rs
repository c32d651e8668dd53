//! The full screen, as text of whole screens.

use crate::runs::{shop, with_errors};
use brunt_metrics::Nanos;
use brunt_run::RunView;
use brunt_tui::{Key, Picture, State, Style, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const UNICODE: Style = Style { color: false, ascii: false };
const ASCII: Style = Style { color: false, ascii: true };

/// The screen after these keys.
fn screen(view: &RunView, keys: &[Key], (columns, rows): (u16, u16), style: Style) -> String {
    let said = [(Nanos::from_secs(2), "a word \u{1b}[31mfrom outside".to_owned())];
    let picture = Picture::of(view, Nanos::from_secs(30), usize::from(columns), style, &said);
    let mut state = State::default();
    for key in keys {
        assert_eq!(state.key(*key), None, "{key:?}");
    }
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a buffer");
    terminal.draw(|frame| draw(frame, &picture, &mut state, style)).expect("it draws");
    let text = terminal.backend().to_string();
    assert!(!text.contains('\u{1b}'), "{text}");
    text
}

#[test]
fn a_healthy_run_at_80_columns() {
    insta::assert_snapshot!(screen(&shop().view(), &[], (80, 24), UNICODE));
}

#[test]
fn a_healthy_run_at_50_columns() {
    insta::assert_snapshot!(screen(&shop().view(), &[], (50, 20), UNICODE));
}

#[test]
fn a_healthy_run_on_a_large_screen() {
    insta::assert_snapshot!(screen(&shop().view(), &[Key::Char('o'), Key::Down], (120, 40), UNICODE));
}

#[test]
fn errors_in_ascii() {
    let text = screen(&with_errors().view(), &[Key::Char('e')], (80, 24), ASCII);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_log_the_keys_and_a_prompt() {
    let view = with_errors().view();
    let small = |keys: &[Key]| screen(&view, keys, (80, 20), UNICODE);
    let log = small(&[Key::Char('l')]);
    assert!(log.contains("a word"), "{log}");
    let help = small(&[Key::Char('?')]);
    assert!(help.contains("so many users (50), or another rate (120/s)"), "{help}");
    let asked = small(&[Key::Char('u'), Key::Char('5'), Key::Char('0')]);
    assert!(asked.contains("users (50) or rate (120/s): 50_"), "{asked}");
    let filtered = small(&[Key::Char('/'), Key::Char('z'), Key::Char('z'), Key::Enter]);
    assert!(filtered.contains("endpoints: 0, with `zz`"), "{filtered}");
}

/// Whatever the size of the screen, and before anything is known.
#[test]
fn every_size() {
    for view in [RunView::default(), shop().view_after(0), shop().view(), with_errors().view()] {
        for size in [(1, 1), (10, 4), (40, 12), (80, 24), (300, 90)] {
            for keys in [&[][..], &[Key::Tab], &[Key::Char('l')], &[Key::PageDown, Key::PageDown]] {
                let _ = screen(&view, keys, size, UNICODE);
            }
        }
    }
}
