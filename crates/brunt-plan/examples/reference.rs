//! Writes the reference page of the plan language to standard output's file: `docs/plan-reference.md`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan-reference.md");
    std::fs::write(page, brunt_plan::reference_markdown())
}
