//! The plans of `fixtures/plans`.

use brunt_plan::{Format, Loader, Lowered, Overrides, Report, Source, Surroundings, lower};
use std::path::{Path, PathBuf};

pub(crate) fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/plans").join(kind)
}

/// The plans of a folder, by name.
pub(crate) fn plans(kind: &str) -> Vec<Source> {
    let folder = folder(kind);
    let mut out: Vec<Source> = std::fs::read_dir(&folder)
        .expect("the fixtures' folder")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "json" || e == "toml"))
        .map(|path| Source {
            name: path.file_name().expect("a file's name").to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).expect("text"),
            format: Format::of_path(&path),
            folder: folder.clone(),
        })
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

pub(crate) fn lowered(source: &Source) -> Result<Lowered, Report> {
    lower_with(source, &Overrides::default(), &|path| std::fs::read(path))
}

/// With no environment variable but `FIXTURE_TOKEN`.
pub(crate) fn lower_with(
    source: &Source,
    overrides: &Overrides,
    files: &Loader<'_>,
) -> Result<Lowered, Report> {
    let env = |name: &str| (name == "FIXTURE_TOKEN").then(|| "s3cret-from-the-environment".to_owned());
    lower(source, overrides, &Surroundings { files, env: &env })
}
