//! The page of a run's totals.

use crate::simulated;
use brunt_report::write_summary_html;
use brunt_run::{RunEvent, RunView};

fn page(events: impl IntoIterator<Item = RunEvent>) -> String {
    let mut view = RunView::default();
    events.into_iter().for_each(|event| view.apply(&event));
    let mut out = Vec::new();
    write_summary_html(&view, &mut out).expect("a page");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_golden_run_as_a_page() {
    insta::assert_snapshot!(page(crate::golden_of("v1.1-small")));
}

#[test]
fn names_cannot_become_markup() {
    let hostile = "<script>alert('x')</script>&\u{1b}[31m\"";
    let events = simulated::simulated().into_iter().map(|event| match event {
        RunEvent::Started(mut header) => {
            header.name = hostile.to_owned();
            header.targets = vec![hostile.to_owned()];
            header.objectives = vec![hostile.to_owned()];
            header.endpoints.iter_mut().for_each(|e| e.name = hostile.to_owned());
            RunEvent::Started(header)
        }
        RunEvent::Phase(_)
        | RunEvent::Second(_)
        | RunEvent::Host(_)
        | RunEvent::ErrorDetail(_)
        | RunEvent::Warning(_)
        | RunEvent::Verdict(_)
        | RunEvent::Finished(_) => event,
    });
    let page = page(events);
    assert!(
        !page.contains("<script") && !page.contains('\u{1b}') && page.contains("&lt;script&gt;"),
        "{page}"
    );
    assert!(page.matches("Injected by brunt").count() == 1 && page.matches("<h2>Groups").count() == 1);
}
