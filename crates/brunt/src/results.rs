//! Files that other tools read, written while a run goes on and at its end: Locust's CSV files, k6's summary, a log.

use crate::args::RunArgs;
use crate::exit;
use crate::run::Refusal;
use brunt_report::{LocustCsv, LocustFile, LocustHistory, UserCount, write_k6_summary_of};
use brunt_run::{RunEvent, RunHeader, RunView};
use brunt_tui::{Style, summary};
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The width of a log's tables.
const LOG_COLUMNS: usize = 100;

/// The files of one run.
pub(crate) struct Results {
    locust: Option<(String, LocustCsv<BufWriter<File>>)>,
    summary: Option<PathBuf>,
    log: Option<BufWriter<File>>,
    users: UserCount,
    /// The first thing that went wrong; told once, at the end.
    problem: Option<String>,
}

impl Results {
    /// Opens what `args` ask for; names are made unique by `label`, the profile's or preset's, when several run.
    pub(crate) fn open(args: &RunArgs, header: &RunHeader, label: Option<&str>) -> Result<Self, Refusal> {
        let standard = args.results.as_ref().map(|folder| standard_prefix(folder, header, label));
        let suffix = suffix(label);
        let csv = match &args.csv {
            Some(prefix) if prefix.ends_with('/') => Some(standard_prefix(Path::new(prefix), header, label)),
            Some(prefix) => Some(format!("{prefix}{suffix}")),
            None => standard.clone(),
        };
        let own_log = args.locust.logfile.as_ref().map(|path| beside(path, &suffix));
        let log = own_log.or_else(|| standard.as_ref().map(|prefix| PathBuf::from(format!("{prefix}.log"))));
        let history = if args.csv_full_history { LocustHistory::Full } else { LocustHistory::Aggregated };
        let locust = match csv {
            Some(prefix) => {
                let file = create(&PathBuf::from(format!("{prefix}_stats_history.csv")))?;
                Some((prefix, LocustCsv::new(file, history)))
            }
            None => None,
        };
        let log = log.map(|path| create(&path)).transpose()?;
        let summary = args.summary_export.as_ref().map(|path| beside(path, &suffix));
        summary.as_deref().map_or(Ok(()), folder_of)?;
        Ok(Self { locust, summary, log, users: UserCount::default(), problem: None })
    }

    /// Takes note of what happened.
    pub(crate) fn event(&mut self, event: &RunEvent) {
        if let RunEvent::Second(second) = event {
            self.users.add(second);
        }
        let result = self.locust.as_mut().map(|(_, locust)| locust.event(event).map_err(|e| e.to_string()));
        self.note(result);
        let line = match event {
            RunEvent::Started(header) => {
                Some(format!("{} started: {}", header.id, header.targets.join(", ")))
            }
            RunEvent::Mark(mark) => Some(format!("{:>8.3} {}", mark.at.as_secs_f64(), mark.text)),
            RunEvent::Warning(warning) => {
                Some(format!("{:>8.3} warning: {}", warning.at.as_secs_f64(), warning.text))
            }
            RunEvent::ErrorDetail(error) => {
                Some(format!("{:>8.3} first {}: {}", error.at.as_secs_f64(), error.kind, error.text))
            }
            RunEvent::Second(_)
            | RunEvent::Phase(_)
            | RunEvent::Host(_)
            | RunEvent::ResourceSeries(_)
            | RunEvent::Resources(_)
            | RunEvent::Verdict(_)
            | RunEvent::Finished(_) => None,
        };
        if let (Some(log), Some(line)) = (self.log.as_mut(), line) {
            let result = writeln!(log, "{line}").map_err(|e| e.to_string());
            self.note(Some(result));
        }
    }

    /// Writes the rest; answers what was written, or what went wrong.
    pub(crate) fn finish(mut self, view: &RunView) -> Result<Vec<String>, String> {
        let mut written = Vec::new();
        if let Some((prefix, locust)) = self.locust.take() {
            let result = write_locust(&prefix, locust);
            written.push(format!("{prefix}_stats.csv, _stats_history.csv, _failures.csv, _exceptions.csv"));
            self.note(Some(result.map_err(|e| e.to_string())));
        }
        if let Some(path) = self.summary.take() {
            let users = self.users;
            let result =
                to_file(&path, |out| write_k6_summary_of(view, users, out).map_err(|e| e.to_string()));
            written.push(path.display().to_string());
            self.note(Some(result));
        }
        if let Some(mut log) = self.log.take() {
            let text = summary(view, LOG_COLUMNS, Style { color: false, ascii: true });
            let result = log.write_all(text.as_bytes()).and_then(|()| log.flush());
            self.note(Some(result.map_err(|e| e.to_string())));
        }
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(written),
        }
    }

    fn note(&mut self, result: Option<Result<(), String>>) {
        if let Some(Err(problem)) = result {
            self.problem.get_or_insert(problem);
        }
    }
}

/// Where the page of a run goes, if one is asked for.
pub(crate) fn page(args: &RunArgs, header: &RunHeader, label: Option<&str>) -> Option<PathBuf> {
    match (&args.html, &args.results) {
        (Some(path), _) => Some(beside(path, &suffix(label))),
        (None, Some(folder)) => {
            Some(PathBuf::from(format!("{}.html", standard_prefix(folder, header, label))))
        }
        (None, None) => None,
    }
}

/// `FOLDER/20260119_143022_light`.
fn standard_prefix(folder: &Path, header: &RunHeader, label: Option<&str>) -> String {
    let at = i64::try_from(header.started_unix_ms / 1_000).unwrap_or(0);
    let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let name = file_name(label.or(header.profile.as_deref()).unwrap_or(&header.name));
    folder.join(format!("{}_{name}", at.strftime("%Y%m%d_%H%M%S"))).display().to_string()
}

/// What can stand in a file's name anywhere.
fn file_name(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = text.chars().map(fits).take(80).collect();
    name.trim_matches(['.', '-']).to_owned()
}

/// What tells the files of several runs apart.
pub(crate) fn suffix(label: Option<&str>) -> String {
    label.map(|label| format!("_{}", file_name(label))).unwrap_or_default()
}

/// `report.html` as `report_light.html`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    if suffix.is_empty() {
        return path.to_path_buf();
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}{suffix}{ending}"))
}

fn refused(path: &Path, e: &io::Error) -> Refusal {
    Refusal::new(
        exit::USAGE,
        format!("cannot write `{}`: {e}\n  = help: name a folder that can be written to", path.display()),
    )
}

fn folder_of(path: &Path) -> Result<(), Refusal> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::create_dir_all(folder).map_err(|e| refused(folder, &e)),
        None => Ok(()),
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, Refusal> {
    folder_of(path)?;
    File::create(path).map(BufWriter::new).map_err(|e| refused(path, &e))
}

fn write_locust(prefix: &str, locust: LocustCsv<BufWriter<File>>) -> io::Result<()> {
    for (name, file) in [
        ("stats", LocustFile::Stats),
        ("failures", LocustFile::Failures),
        ("exceptions", LocustFile::Exceptions),
    ] {
        let mut out = BufWriter::new(File::create(format!("{prefix}_{name}.csv"))?);
        locust.write(file, &mut out)?;
        out.flush()?;
    }
    locust.finish().map(drop)
}

fn to_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), String>,
) -> Result<(), String> {
    let mut out =
        BufWriter::new(File::create(path).map_err(|e| format!("cannot write `{}`: {e}", path.display()))?);
    write(&mut out)?;
    out.flush().map_err(|e| e.to_string())
}
