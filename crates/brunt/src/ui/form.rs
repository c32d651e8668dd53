//! What somebody filled in, as the arguments of a run.

use crate::args::RunArgs;
use brunt_web::{Problem, StartForm};

/// What the command line proposes.
pub(super) fn proposed(args: &RunArgs) -> StartForm {
    StartForm {
        host: args.target.clone().or_else(|| url(args).map(str::to_owned)),
        users: args.users,
        spawn_rate: args.spawn_rate.clone(),
        rate: args.rate.clone(),
        run_time: args.duration.clone(),
        profile: args.profile.first().cloned(),
        environment: args.env.clone(),
        preset: args.preset.first().cloned(),
        tags: args.tags.clone(),
        exclude_tags: args.exclude_tags.clone(),
        classes: args.classes.clone(),
        objectives: Vec::new(),
        think: args.think.clone(),
        stop_timeout: args.stop_timeout.clone(),
        seed: args.seed,
        ..StartForm::default()
    }
}

/// The URL that brunt was started with, if it was none of a plan.
pub(super) fn url(args: &RunArgs) -> Option<&str> {
    args.what.as_deref().filter(|what| what.contains("://") && args.file.is_none())
}

/// The plan that brunt was started with.
pub(super) fn plan(args: &RunArgs) -> Option<&str> {
    args.file.as_deref().or_else(|| args.what.as_deref().filter(|what| !what.contains("://")))
}

/// The arguments of a run as somebody filled them in. What is empty stays as the command line has it.
pub(super) fn filled(args: &RunArgs, form: &StartForm) -> Result<RunArgs, Problem> {
    let mut args = args.clone();
    let has_plan = plan(&args).is_some();
    if let Some(host) = &form.host {
        if has_plan {
            args.target = Some(host.clone());
        } else {
            args.what = Some(host.clone());
        }
    }
    if !has_plan && url(&args).is_none() {
        return Err(
            Problem::invalid("no host is given").hint("write the URL to load, as `http://127.0.0.1:8080`")
        );
    }
    if form.users.is_some() && form.rate.is_some() && has_plan {
        return Err(Problem::invalid("users and a rate are two ways to make load").hint("choose one of them"));
    }
    let set = |slot: &mut Option<String>, value: &Option<String>| {
        if value.is_some() {
            slot.clone_from(value);
        }
    };
    args.users = form.users.or(args.users);
    args.seed = form.seed.or(args.seed);
    set(&mut args.spawn_rate, &form.spawn_rate);
    set(&mut args.rate, &form.rate);
    set(&mut args.duration, &form.run_time);
    set(&mut args.env, &form.environment);
    set(&mut args.think, &form.think);
    set(&mut args.stop_timeout, &form.stop_timeout);
    // With a rate, users are the most there may be, and they do not come by themselves.
    if form.rate.is_some() {
        args.spawn_rate = None;
        args.users = None;
    }
    let one = |slot: &mut Vec<String>, value: &Option<String>| {
        if let Some(value) = value {
            *slot = vec![value.clone()];
        }
    };
    one(&mut args.profile, &form.profile);
    one(&mut args.preset, &form.preset);
    for (slot, value) in [
        (&mut args.tags, &form.tags),
        (&mut args.exclude_tags, &form.exclude_tags),
        (&mut args.classes, &form.classes),
    ] {
        if !value.is_empty() {
            slot.clone_from(value);
        }
    }
    // A text that names a file would have it read.
    for objective in &form.objectives {
        if !objective.contains(['<', '>', '=', '~']) {
            return Err(Problem::invalid(format!("`{objective}` is no objective"))
                .hint("write e.g. `p95 < 250ms`, `errors < 0.5%` or `rate > 1000/s`"));
        }
    }
    args.slo.extend(form.objectives.iter().cloned());
    Ok(args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    fn args(words: &[&str]) -> RunArgs {
        let Command::Ui(command) = Args::parse_from([&["brunt", "ui"], words].concat()).command else {
            panic!("`brunt ui` is the ui command")
        };
        command.run
    }

    #[test]
    fn what_is_empty_stays_as_the_command_line_has_it() {
        let started = args(&["plan.yaml", "-u", "5", "--env", "staging", "--tags", "fast"]);
        let same = filled(&started, &StartForm::default()).unwrap();
        assert_eq!((same.users, same.env.as_deref(), same.tags.len()), (Some(5), Some("staging"), 1));
        let form = StartForm {
            users: Some(9),
            host: Some("http://127.0.0.1:1".into()),
            objectives: vec!["p95 < 1s".into()],
            ..StartForm::default()
        };
        let other = filled(&started, &form).unwrap();
        assert_eq!((other.users, other.target.as_deref()), (Some(9), Some("http://127.0.0.1:1")));
        assert_eq!(
            (other.what.as_deref(), other.slo.as_slice()),
            (Some("plan.yaml"), &["p95 < 1s".to_owned()][..])
        );
    }

    #[test]
    fn what_is_refused() {
        let check = |words: &[&str], form: StartForm, part: &str| {
            let problem = filled(&args(words), &form).expect_err(part);
            assert!(problem.to_string().contains(part), "{problem}");
        };
        check(&[], StartForm::default(), "no host");
        let file = StartForm {
            host: Some("http://a".into()),
            objectives: vec!["/etc/passwd".into()],
            ..StartForm::default()
        };
        check(&[], file, "is no objective");
        let both = StartForm { users: Some(1), rate: Some("1/s".into()), ..StartForm::default() };
        check(&["plan.yaml"], both, "two ways");
    }
}
