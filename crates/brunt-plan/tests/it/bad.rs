//! Every message stands beside the plan that causes it: `x.yaml.expected` beside `x.yaml`. After a change on
//! purpose, `cargo run -p brunt-plan --example accept` writes them anew.

use crate::fixtures::{folder, lowered, plans};
use brunt_plan::Style;

#[test]
fn bad_plans_say_all_that_is_wrong() {
    let plans = plans("bad");
    assert!(plans.len() >= 15, "the fixtures are gone");
    for source in plans {
        let report = match lowered(&source) {
            Ok(lowered) => lowered.warnings,
            Err(report) => {
                assert!(report.has_errors(), "{}", source.name);
                report
            }
        };
        let out = report.render(Style::Plain).replace(&format!("{}/", folder("bad").display()), "");
        let expected =
            std::fs::read_to_string(folder("bad").join(format!("{}.expected", source.name))).unwrap();
        assert_eq!(out, expected, "{}", source.name);
    }
}
