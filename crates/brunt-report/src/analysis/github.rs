//! GitHub's workflow commands: an annotation an objective that is not met, at most ten of a kind as GitHub shows no more.

use super::Analysis;
use super::words::{unjudged, untold};
use crate::markup::harmless;
use brunt_run::Standing;

/// GitHub shows so many annotations of a kind and step.
const MOST: usize = 10;

/// Lines for standard output of a step: `::error title=...::...` for what failed, `::warning` for what only warns or was not
/// judged, `::notice` for the rest in one line.
pub fn github_annotations(analysis: &Analysis) -> String {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for run in &analysis.runs {
        let title = format!("Load test {}", run.name);
        let before = errors.len() + warnings.len();
        for o in &run.verdict.objectives {
            match o.standing {
                Standing::Failed => errors.push(line("error", &title, &o.text)),
                Standing::Warned | Standing::NotJudged => warnings.push(line("warning", &title, &o.text)),
                Standing::Passed | Standing::Noted => {}
            }
        }
        let told = errors.len() + warnings.len() > before;
        if untold(run) {
            errors.push(line("error", &title, &run.verdict.summary));
        } else if unjudged(run) && !told {
            warnings.push(line("warning", &title, &run.verdict.summary));
        }
    }
    for run in &analysis.unreadable {
        errors.push(line("error", &format!("Load test {}", run.path), &format!("not read: {}", run.reason)));
    }
    let mut out: Vec<String> = capped("error", errors);
    out.extend(capped("warning", warnings));
    if out.is_empty()
        && let Some(worst) = analysis.worst()
    {
        out.push(line("notice", "Load test", &worst.verdict.summary));
    }
    out.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// What is over the limit becomes a count in the last.
fn capped(kind: &str, mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST {
        let more = lines.len() - (MOST - 1);
        lines.truncate(MOST - 1);
        lines.push(line(kind, "Load test", &format!("{more} more: see the job summary")));
    }
    lines
}

fn line(kind: &str, title: &str, text: &str) -> String {
    format!("::{kind} title={}::{}", property(title), message(text))
}

/// A message: `%`, CR and LF would end it.
fn message(text: &str) -> String {
    harmless(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: `:` and `,` as well.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(line("error", "a:b,c", "100 % ::x"), "::error title=a%3Ab%2Cc::100 %25 ::x");
    }

    #[test]
    fn no_more_than_github_shows() {
        let lines = capped("error", (0..25).map(|i| i.to_string()).collect());
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[9], "::error title=Load test::16 more: see the job summary");
    }
}
