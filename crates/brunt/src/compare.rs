//! `brunt compare`: what changed between runs, and whether it is more than noise.

use crate::args::CompareArgs;
use crate::console::Console;
use crate::exit;
use crate::sides::Side;
use brunt_analysis::compare::{
    Comparison, Endless, Margins, Metric, Outcome, Rules, Table, Weight, compare, table,
};
use brunt_gate::{Unended, exit_code};
use brunt_report::{comparison_json, comparison_markdown, comparison_text, variants_markdown, variants_text};
use brunt_run::Outlook;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// `brunt compare`. Its exit code is that of the worst outcome.
pub(crate) fn compare_runs(args: &CompareArgs, console: Console) -> u8 {
    match work(args, console) {
        Ok(code) => code,
        Err(text) => {
            console.error(text);
            exit::USAGE
        }
    }
}

fn work(args: &CompareArgs, console: Console) -> Result<u8, String> {
    let rules = rules(args)?;
    let mut sides = Vec::new();
    for word in &args.sides {
        sides.push(Side::read(word, &args.runs).map_err(|e| clean(&e.to_string()))?);
    }
    apart(&mut sides)?;
    let arms: Vec<_> = sides.iter().map(Side::arm).collect();
    let comparisons: Vec<Comparison> = arms[1..].iter().map(|arm| compare(&arms[0], arm, &rules)).collect();
    if !args.different {
        refuse_other_questions(&comparisons)?;
    }
    let variants = table(&arms);
    notes(&sides, console);
    show(args, &comparisons, &variants, console)?;
    let worst = comparisons.iter().map(|c| c.outcome).min().unwrap_or(Outcome::Inconclusive);
    Ok(exit_code(match worst {
        Outcome::Invalid => Outlook::Invalid,
        Outcome::Worse => Outlook::Failed,
        Outcome::Inconclusive => Outlook::NotEnoughEvidence,
        Outcome::NotWorse => Outlook::Passed,
    }))
}

/// Sides have names of their own, and no run in common.
fn apart(sides: &mut [Side]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for side in sides {
        let plain = side.name.clone();
        let mut number = 2;
        while !names.insert(side.name.clone()) {
            side.name = format!("{plain} ({number})");
            number += 1;
        }
        for id in side.runs.iter().map(|r| &r.summary.id).filter(|id| !id.is_empty()) {
            if let Some(other) = owners.insert(id.clone(), side.name.clone()) {
                return Err(format!(
                    "the run `{id}` is given twice (`{other}` and `{}`): compared with itself, nothing differs\n  \
                     help: give each run once",
                    side.name
                ));
            }
        }
    }
    Ok(())
}

fn refuse_other_questions(comparisons: &[Comparison]) -> Result<(), String> {
    let mut lines = Vec::new();
    for comparison in comparisons {
        for d in comparison.differences.iter().filter(|d| d.weight == Weight::Question) {
            lines.push(format!(
                "  {}: {} has `{}`, {} has `{}`",
                d.what, comparison.baseline, d.baseline, comparison.candidate, d.candidate
            ));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the runs were not asked the same question, so that a difference of their figures says little:\n{}\n  help: repeat \
         one of them as the other was run, or say `--different` to compare nevertheless",
        clean(&lines.join("\n"))
    ))
}

/// What sources cannot tell, each once.
fn notes(sides: &[Side], console: Console) {
    let own = sides.iter().flat_map(|s| &s.runs).flat_map(|r| &r.notes);
    let said: BTreeSet<&String> = own.chain(sides.iter().flat_map(|s| &s.notes)).collect();
    for note in said {
        console.note(format!("note: {}", clean(note)));
    }
}

fn show(
    args: &CompareArgs,
    comparisons: &[Comparison],
    variants: &Table,
    console: Console,
) -> Result<(), String> {
    if let Some(path) = &args.markdown {
        let parts: Vec<String> = comparisons.iter().map(comparison_markdown).collect();
        let text = format!("{}\n{}", parts.join("\n"), variants_markdown(variants));
        if path.as_path() == Path::new("-") {
            console.print(&text);
            return Ok(());
        }
        std::fs::write(path, text).map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
    }
    if args.json {
        console.println(comparison_json(comparisons, variants).map_err(|e| e.to_string())?);
        return Ok(());
    }
    for comparison in comparisons {
        console.println(clean(&comparison_text(comparison)));
    }
    console.print(&clean(&variants_text(variants)));
    Ok(())
}

/// Names come from files: what is no text is not passed on to a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn rules(args: &CompareArgs) -> Result<Rules, String> {
    let endless = match args.cut.unended() {
        Unended::Cut => Endless::Refused,
        Unended::Accepted => Endless::Taken,
    };
    let mut rules = Rules { endless, ..Rules::default() };
    for word in &args.margin {
        set_margin(&mut rules.margins, word)?;
    }
    if let Some(names) = &args.on {
        rules.primary = names.split(',').map(metric).collect::<Result<_, _>>()?;
    }
    Ok(rules)
}

fn set_margin(margins: &mut Margins, word: &str) -> Result<(), String> {
    let (name, value) = word.split_once('=').map_or((None, word), |(n, v)| (Some(n), v));
    let number = value.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok());
    let Some(share) = number.map(|n| n / 100.0).filter(|s| *s > 0.0 && *s < 10.0) else {
        return Err(format!(
            "`--margin {word}` is no percentage above 0\n  help: write e.g. `--margin 5%` or `--margin p95=5%`"
        ));
    };
    match name.map(metric).transpose()? {
        None => {
            let Margins { error_rate, .. } = *margins;
            *margins = Margins { p50: share, p95: share, p99: share, throughput: share, error_rate };
        }
        Some(Metric::P50) => margins.p50 = share,
        Some(Metric::P95) => margins.p95 = share,
        Some(Metric::P99) => margins.p99 = share,
        Some(Metric::ErrorRate) => margins.error_rate = share,
        Some(Metric::Throughput) => margins.throughput = share,
    }
    Ok(())
}

fn metric(name: &str) -> Result<Metric, String> {
    let wanted = name.trim();
    let spelled = |m: &Metric| m.name() == wanted || (*m == Metric::ErrorRate && wanted == "errors");
    Metric::ALL.into_iter().find(spelled).ok_or_else(|| {
        format!("`{wanted}` is no metric\n  help: there are p50, p95, p99, errors and throughput")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_as_written() {
        let check = |words: &[&str], expected: Result<[f64; 5], &str>| {
            let mut margins = Margins::default();
            let set = words.iter().try_for_each(|w| set_margin(&mut margins, w));
            let got = set
                .map(|()| Metric::ALL.map(|m| margins.of(m)))
                .map_err(|e| e.lines().next().unwrap_or("").to_owned());
            assert_eq!(got, expected.map_err(str::to_owned), "{words:?}");
        };
        check(&[], Ok([0.1, 0.1, 0.2, 0.001, 0.1]));
        check(&["5%"], Ok([0.05, 0.05, 0.05, 0.001, 0.05]));
        check(&["5%", "p99=30 %", "errors=0.5%"], Ok([0.05, 0.05, 0.3, 0.005, 0.05]));
        check(&["p90=5%"], Err("`p90` is no metric"));
        check(&["p95=5"], Err("`--margin p95=5` is no percentage above 0"));
        check(&["0%"], Err("`--margin 0%` is no percentage above 0"));
    }
}
