//! What is counted by its values.

use super::journey::check_name;
use super::target::header_name;
use crate::decode::Fields;
use crate::diagnostic::Diagnostic;
use brunt_workload::Tally;

/// The most tallies of a plan: each is looked up in every answer.
const MAX_TALLIES: usize = 20;

/// The field `tally` of the plan.
pub(super) fn tallies(plan: &Fields<'_, '_>) -> Vec<Tally> {
    let cx = plan.cx;
    let entries = plan.get("tally").and_then(|node| cx.map_of(node, "headers by name")).unwrap_or_default();
    if let Some(extra) = entries.get(MAX_TALLIES) {
        let d = Diagnostic::error(&extra.key_span, format!("`tally` has more than {MAX_TALLIES} entries"));
        cx.report(d.label("each is looked up in every answer"));
    }
    let mut out = Vec::new();
    for entry in entries {
        check_name(cx, "tally", entry);
        let Some(header) = cx.text_of(&entry.value, "a header's name") else { continue };
        if let Some(header) = header_name(cx, &entry.value.span, header) {
            out.push(Tally { name: entry.key.clone(), header });
        }
    }
    out
}
