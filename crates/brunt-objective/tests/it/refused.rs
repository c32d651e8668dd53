//! What is refused, with its places: every text stands here with all that is said about it.

use brunt_objective::parse;
use std::fmt::Write as _;

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let texts = [
        "",
        "p95",
        "< 250ms",
        "p95 <",
        "p95 < 250",
        "p95 < fast",
        "p59x < 250ms",
        "p100 < 250ms",
        "eror < 1%",
        "errors < 1/s",
        "errors < 150%",
        "rate > 10",
        "srevice p95 < 1s",
        "service p95 x < 1s",
        "service errors < 1%",
        "p95{actoin=checkout} < 250ms",
        "p95{action} < 250ms",
        "p95{action=} < 250ms",
        "p95{action=checkout < 250ms",
        "p95{action=\"check} < 250ms",
        "p95{status=2x, phase=warm, error=timeout} < 250ms",
        "lag{action=a} < 1ms",
        "drops{action=a} < 1%",
        "share{tally=x-cache} > 1%",
        "balance < 10%",
        "p95 < 250ms over",
        "p95 < 250ms over soon",
        "p95 < 250ms over 1500ms",
        "p95 < 250ms over 2h",
        "p95 < 250ms over 1m for 30s",
        "p95 < 250ms per step",
        "p95 < 250ms, wran",
        "p95 < 250ms no date passes",
        "p95 < 250ms abort after lunch",
        "p95 < 250ms as ",
        "p95 < basline * 1.1",
        "p95 < baseline * fast",
        "p95 < baseline + 1/s",
        "p95 < errors * 2",
        "recovery > 30s",
        "recovery < 30s over 1m",
        "rate ~ 10/s abort",
        "p95{actoin=a, status=20} < 250 over 0s wran",
    ];
    let mut out = String::new();
    for text in texts {
        let _ = writeln!(out, "{text}");
        for problem in parse(text).expect_err(text) {
            let from = text[..problem.span.start].chars().count();
            let wide = text[problem.span.clone()].chars().count().max(1);
            let _ = writeln!(out, "{}{} {}", " ".repeat(from), "^".repeat(wide), problem.label);
            let help = problem.help.map(|h| format!(" | {h}")).unwrap_or_default();
            let _ = writeln!(out, "  = {}{help}", problem.message);
        }
        out.push('\n');
    }
    insta::assert_snapshot!(out);
}
