//! `brunt pipeline`: logs, model, likeness, a baseline run, an improved run, the comparison; each step's file is kept, and a step whose
//! file is there is not done again.

use super::fidelity::judge;
use super::figures;
use super::learn::{describe, told, write};
use super::logs::portrait;
use super::read::{Logs, read};
use super::synth::{site, wanted, write_all};
use crate::args::{Args, Command, FactorArgs, PipelineArgs};
use crate::console::Console;
use crate::{compare, exit, load, page, run};
use brunt_traffic::anomaly::AnomalySettings;
use brunt_traffic::site::{LearnSettings, Site};
use brunt_traffic::synth::synthesise;
use brunt_traffic::{Export, ExportOptions};
use clap::Parser as _;
use std::fs;
use std::path::{Path, PathBuf};

/// `brunt pipeline`.
pub(crate) fn pipeline(args: &PipelineArgs, console: Console) -> u8 {
    match (Steps { args, console, logs: None }).all() {
        Ok(code) => code,
        Err(text) => {
            console.error(text);
            exit::USAGE
        }
    }
}

struct Steps<'a> {
    args: &'a PipelineArgs,
    console: Console,
    /// The logs, once they have been needed.
    logs: Option<Logs>,
}

impl Steps<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.args.output.join(name)
    }

    fn all(&mut self) -> Result<u8, String> {
        load::duration("--for", &self.args.span).map_err(|e| e.to_string())?;
        fs::create_dir_all(&self.args.output)
            .map_err(|e| format!("cannot make `{}`: {e}", self.args.output.display()))?;
        self.same_question()?;
        self.step("1-log.txt", "what the log holds", |steps, path| {
            let (folder, ascii, console) = (steps.path("1-log"), steps.console.style.ascii, steps.console);
            let logs = steps.logs()?;
            let portrait = portrait(logs, AnomalySettings::default());
            figures::write(&figures::of_log("the log", &portrait, &logs.census), &folder, console)?;
            fs::write(path, portrait.text(ascii)).map_err(|e| e.to_string())
        })?;
        self.step("2-site.model.json", "how the site is used: the model", |steps, path| {
            let mut site = Site::learn("site", &steps.logs()?.observed, &LearnSettings::default());
            describe(&mut site, steps.args.openapi.as_deref(), steps.console)?;
            steps.console.print(&told(&site));
            write(&site, path)
        })?;
        self.step("3-likeness.txt", "how alike what it makes is to the log", |steps, path| {
            let model = steps.path("2-site.model.json");
            let (seed, console) = (steps.args.seed, steps.console);
            let likeness = judge(&steps.logs()?.observed, &model, (2, seed), console)?;
            console.println(format!("likeness  {}", likeness.says()));
            let both = figures::of_likeness("the log and the model", &likeness);
            figures::write(&both, &steps.path("3-likeness"), console)?;
            fs::write(path, likeness.text()).map_err(|e| e.to_string())
        })?;
        self.step("4-synthetic_requests.json", "the requests of the baseline run", |steps, path| {
            steps.make(path, false)
        })?;
        self.step(
            "5-synthetic_requests_improved.json",
            "harder ones: twice as many, more writes, a longer tail",
            |steps, path| steps.make(path, true),
        )?;
        self.step("6-baseline", "the baseline run", |steps, path| {
            steps.drive("4-synthetic_requests.json", path)
        })?;
        self.step("7-improved", "the improved run", |steps, path| {
            steps.drive("5-synthetic_requests_improved.json", path)
        })?;
        self.step("8-report.html", "both runs, compared", Self::report)?;
        let compared =
            self.command(&["compare", "--different", &self.text("6-baseline"), &self.text("7-improved")])?;
        if let Command::Compare(args) = compared.command {
            compare::compare_runs(&args, self.console);
        }
        self.console.println(format!("report    {}", self.path("8-report.html").display()));
        Ok(0)
    }

    /// What is there already is taken only for an answer to the same question.
    fn same_question(&self) -> Result<(), String> {
        let a = self.args;
        let logs: Vec<String> = a.files.logs.iter().map(|p| p.display().to_string()).collect();
        let openapi = a.openapi.as_ref().map(|p| p.display().to_string());
        let asked = serde_json::json!({
            "logs": logs, "target": a.target, "log_format": a.files.format.log_format, "openapi": openapi, "for": a.span, "seed": a.seed,
            "scale": a.scale, "compress": a.compress,
        });
        let (path, asked) = (self.path("asked.json"), format!("{asked:#}\n"));
        match fs::read_to_string(&path) {
            Ok(before) if before != asked && !a.again => Err(format!(
                "`{}` was made for another question: see `{}`\n  help: `--again` does all steps anew, `-o FOLDER` elsewhere",
                a.output.display(),
                path.display()
            )),
            Ok(_) | Err(_) => {
                fs::write(&path, asked).map_err(|e| format!("cannot write `{}`: {e}", path.display()))
            }
        }
    }

    /// Does a step unless its file is there. What a step leaves when it fails is not taken for its file.
    fn step(
        &mut self,
        name: &str,
        what: &str,
        work: impl FnOnce(&mut Self, &Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let path = self.path(name);
        if path.exists() && !self.args.again {
            self.console.println(format!("there      {}: {what}", path.display()));
            return Ok(());
        }
        self.console.println(format!("step       {}: {what}", path.display()));
        remove(&path)?;
        let done = work(self, &path);
        if done.is_err() {
            remove(&path)?;
        }
        done.map_err(|e| format!("{what}: {e}"))
    }

    fn logs(&mut self) -> Result<&Logs, String> {
        if self.logs.is_none() {
            let files = &self.args.files;
            self.logs = Some(read(&files.logs, &files.format, self.console).map_err(|e| e.to_string())?);
        }
        self.logs.as_ref().ok_or_else(|| "no log was read".to_owned())
    }

    fn make(&self, path: &Path, improved: bool) -> Result<(), String> {
        let site = site(&self.path("2-site.model.json"))?;
        let (scale, compress) = (self.args.scale, self.args.compress);
        let factors = FactorArgs { scale, compress, improved, ..FactorArgs::default() };
        let span = load::duration("--for", &self.args.span).map_err(|e| e.to_string())?.as_secs_f64();
        let made = synthesise(&site, &wanted(&site, &factors, span, self.args.seed)?);
        if made.requests.is_empty() {
            return Err(format!(
                "in {} of the busiest hour nobody comes\n  help: `--scale 100`, or `--for 1h`",
                self.args.span
            ));
        }
        self.console.println(format!("made       {} requests", made.requests.len()));
        write_all(&made, Export::Json, &ExportOptions::default(), Some(path)).map(|_| ())
    }

    fn drive(&self, requests: &str, record: &Path) -> Result<(), String> {
        let record = record.display().to_string();
        let command =
            self.command(&["run", &self.text(requests), "--target", &self.args.target, "--output", &record])?;
        let Command::Run(args) = command.command else { return Err("no run".to_owned()) };
        let code = run::command(&args, self.console);
        // A run that was judged is a result, whatever the judgement; one that did not come about is none.
        if [exit::INTERNAL, exit::USAGE, exit::NOT_READY].contains(&code) {
            return Err(format!("the run ended with code {code}"));
        }
        Ok(())
    }

    fn report(&mut self, path: &Path) -> Result<(), String> {
        let output = path.display().to_string();
        let command = self.command(&[
            "report",
            &self.text("7-improved"),
            "--baseline",
            &self.text("6-baseline"),
            "--output",
            &output,
        ])?;
        let Command::Report(args) = command.command else { return Err("no report".to_owned()) };
        match page::report(&args, self.console) {
            0 => Ok(()),
            code => Err(format!("the report ended with code {code}")),
        }
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A command of brunt, as it would be typed.
    #[expect(clippy::unused_self, reason = "commands belong to the steps")]
    fn command(&self, words: &[&str]) -> Result<Args, String> {
        Args::try_parse_from(std::iter::once("brunt").chain(words.iter().copied())).map_err(|e| e.to_string())
    }
}

fn remove(path: &Path) -> Result<(), String> {
    let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match gone {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove `{}`: {e}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
