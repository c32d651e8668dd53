//! `brunt learn --part` and `--merge`: logs that are read where they are, and learnt from as one.

use super::read::{files, read_part};
use crate::args::LearnArgs;
use crate::console::Console;
use crate::secret::secret;
use brunt_logs::open;
use brunt_traffic::{Key, MOST_EVENTS, Observed, Part};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Observes logs under the key that was named.
pub(super) fn observed(args: &LearnArgs, console: Console) -> Result<Part, String> {
    let key = args.key.as_deref().map(|file| key(file, console)).transpose()?.unwrap_or_default();
    read_part(&args.files.logs, &args.files.format, key, console).map_err(|e| e.to_string())
}

/// Writes what was observed to a file; nobody else may read it.
pub(super) fn write(args: &LearnArgs, file: &Path, console: Console) -> Result<(), String> {
    let part = observed(args, console)?;
    let fail = |e: &dyn std::fmt::Display| format!("cannot write `{}`: {e}", file.display());
    let mut out = BufWriter::new(private(file, true).map_err(|e| fail(&e))?);
    serde_json::to_writer(&mut out, &part).map_err(|e| fail(&e))?;
    out.flush().map_err(|e| fail(&e))?;
    console.println(format!("observed  {} requests\nwritten   {}", part.taken(), file.display()));
    Ok(())
}

/// Puts parts together, in this order.
pub(super) fn merged(paths: &[PathBuf], console: Console) -> Result<Observed, String> {
    let mut whole: Option<Part> = None;
    for path in files(paths).map_err(|e| e.to_string())? {
        let fail = |e: &dyn std::fmt::Display| {
            format!(
                "cannot read `{}` as a part of a log: {e}\n  help: `brunt learn LOG --part FILE --key FILE` writes parts, all with the same key",
                path.display()
            )
        };
        let from = File::open(&path).and_then(open).map_err(|e| fail(&e))?;
        let part = Part::from_json(BufReader::new(from)).map_err(|e| fail(&e))?;
        console.note(format!("{}: {} requests", path.display(), part.taken()));
        whole = Some(match whole {
            None => part,
            Some(before) => before.merge(part, MOST_EVENTS).map_err(|e| fail(&e))?,
        });
    }
    Ok(whole.map(Part::observed).unwrap_or_default())
}

/// The key that a file holds; made and written there where there is none.
fn key(file: &Path, console: Console) -> Result<Key, String> {
    let fail = |e: &dyn std::fmt::Display| {
        format!(
            "`{}` is no key: {e}\n  help: name a file that is not there, and a key is made in it",
            file.display()
        )
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let text = secret().map_err(|e| format!("there is no randomness to make a key of: {e}"))?;
            let written = private(file, false).and_then(|mut file| writeln!(file, "{text}"));
            written.map_err(|e| format!("cannot write `{}`: {e}", file.display()))?;
            console.note(format!(
                "`{}` is a new key: the other parts of the log need the same, and nobody else",
                file.display()
            ));
            text
        }
        Err(e) => return Err(fail(&e)),
    };
    let digits = text.trim();
    let bad = || fail(&"32 hexadecimal digits are wanted");
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(bad());
    }
    u128::from_str_radix(digits, 16).map(|n| Key(n.to_be_bytes())).map_err(|_| bad())
}

/// A file that its owner alone may read.
fn private(file: &Path, replace: bool) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true);
    if replace {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
