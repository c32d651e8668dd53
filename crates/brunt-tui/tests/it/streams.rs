//! Plain lines, JSON, and what is written to a terminal.

use crate::runs::{Run, phase, shop, with_errors};
use brunt_metrics::{Nanos, Phase};
use brunt_run::{Outlook, RunEvent, RunView};
use brunt_tui::{
    LiveTerminal, PLAIN_INTERVAL, PlainPace, ScreenSize, Style, json_summary, json_tick, plain_line,
};
use std::cell::Cell;

#[test]
fn plain_lines() {
    let lines = [
        plain_line(&RunView::default()),
        plain_line(&shop().view()),
        plain_line(&with_errors().view()),
        plain_line(&Run { open: false, ..shop() }.view()),
        plain_line(&Run { lag_us: 9_000, dropped: 3, ..shop() }.view()),
        plain_line(&shop().finished(Outlook::Passed, "passed", &[])),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_plain_line_is_due_at_intervals_and_when_something_changes() {
    let mut pace = PlainPace::new(PLAIN_INTERVAL);
    let mut view = RunView::default();
    let mut due = Vec::new();
    for index in 0..40 {
        match index {
            0 => view.apply(&phase(0, Some(Phase::WarmUp))),
            5 => view.apply(&phase(5, Some(Phase::Load))),
            _ => {}
        }
        // Brunt is late from second 30 on.
        let run = Run { lag_us: if index < 30 { 20 } else { 90_000 }, ..shop() };
        view.apply(&RunEvent::Second(Box::new(run.second(index))));
        due.extend(pace.line(&view).map(|_| index));
    }
    // At the start, at the new phase, ten seconds later and so on, and when it gets late.
    assert_eq!(due, [0, 5, 15, 25, 30]);
}

#[test]
fn json_objects() {
    assert_eq!(json_tick(&RunView::default()), None);
    assert_eq!(json_summary(&RunView::default()), None);
    let tick = json_tick(&with_errors().view()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&tick).unwrap());
    let last = json_summary(&with_errors().finished(Outlook::Passed, "passed", &[])).unwrap();
    assert_eq!((last["type"].as_str(), last["version"].as_u64()), (Some("summary"), Some(1)));
    assert_eq!(last["verdict"]["outlook"], "passed");
    let silent = json_tick(&Run { endpoints: Vec::new(), ..shop() }.view()).unwrap();
    assert!(silent["p99_ms"].is_null() && silent["lag_p99_ms"].is_null(), "{silent}");
}

#[test]
fn a_terminal_is_drawn_over_and_left_as_it_was() {
    let columns = Cell::new(80);
    let mut written = Vec::new();
    {
        let size = || ScreenSize { columns: columns.get(), rows: 5 };
        let mut terminal = LiveTerminal::new(&mut written, size, Style::default());
        let view = shop().view();
        terminal.draw(&view, Nanos::from_secs(30)).unwrap();
        terminal.draw(&view, Nanos::from_secs(31)).unwrap();
        columns.set(40);
        terminal.draw(&view, Nanos::from_secs(32)).unwrap();
        terminal.println_above("! something happened\u{1b}[2J\nand more").unwrap();
        terminal.draw(&view, Nanos::from_secs(33)).unwrap();
    }
    insta::assert_snapshot!(String::from_utf8(written).unwrap().replace('\u{1b}', "^").replace('\r', "<"));
}

#[test]
fn closing_removes_the_frame() {
    let mut written = Vec::new();
    let size = || ScreenSize { columns: 80, rows: 24 };
    let mut terminal = LiveTerminal::new(&mut written, size, Style::default());
    terminal.draw(&RunView::default(), Nanos::ZERO).unwrap();
    terminal.close().unwrap();
    drop(terminal);
    let text = String::from_utf8(written).unwrap();
    assert!(text.ends_with("\r\u{1b}[5A\u{1b}[J\u{1b}[?25h"), "{text:?}");
    assert_eq!(text.matches("\u{1b}[?25h").count(), 1);
}
