//! Writes what `fixtures/plans/bad` is expected to render to, one `.expected` beside each plan. Read the
//! difference before it is kept.

use brunt_plan::{Format, Overrides, Source, Style, Surroundings, lower};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/plans/bad");
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["yaml", "json", "toml"].contains(&ending) {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path)?;
        let source =
            Source { name: name.clone(), text, format: Format::of_path(&path), folder: folder.clone() };
        // As the test does it: paths in messages must not name this machine's folders.
        let loader = |path: &Path| std::fs::read(path);
        let report =
            match lower(&source, &Overrides::default(), &Surroundings { files: &loader, env: &|_| None }) {
                Ok(lowered) => lowered.warnings,
                Err(report) => report,
            };
        let rendered = report.render(Style::Plain).replace(&format!("{}/", folder.display()), "");
        std::fs::write(folder.join(format!("{name}.expected")), rendered)?;
    }
    Ok(())
}
