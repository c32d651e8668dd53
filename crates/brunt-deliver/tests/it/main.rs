//! Hooks against real commands and a real server on the loopback.

use brunt_deliver::{Done, HookError, MAX_OUTPUT, NotReady, Patience, World, act, wait_ready};
use brunt_demo::{Config, MockConfig, start};
use brunt_metrics::Nanos;
use brunt_workload::{Act, Escape, Hook, HookRequest, Ready, Secret, Source, Text, TextPart, TlsSettings};
use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Runs `f` in real time with a user whose patience ends after so many questions.
#[expect(clippy::disallowed_methods, reason = "hooks live in real time")]
fn in_world<T>(patience: u32, f: impl FnOnce(&World<'_>) -> T) -> T {
    let (begun, asked) = (Instant::now(), Cell::new(0));
    let pause = |_: Duration| {
        asked.set(asked.get() + 1);
        if asked.get() > patience { Patience::IsOver } else { Patience::Lasts }
    };
    f(&World { now: &|| begun.elapsed(), pause: &pause, tls: &TlsSettings::default() })
}

fn command(line: &str, timeout: Nanos) -> Hook {
    Hook { act: Act::Command { line: line.to_owned(), folder: PathBuf::new() }, timeout }
}

fn done(hook: &Hook) -> Done {
    in_world(u32::MAX, |world| act(hook, world))
}

/// How it ended and what it wrote, in words.
fn said(done: &Done) -> String {
    let result = done.result.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned());
    format!("{result}: {}", String::from_utf8_lossy(&done.output).trim())
}

#[test]
fn commands_end_as_they_end() {
    let minute = Nanos::from_secs(60);
    for (line, expected) in [
        ("echo out; exit 0", "done: out"),
        ("echo err >&2", "done: err"),
        ("echo so far; exit 3", "ended with exit code 3: so far"),
        ("kill -9 $$", "was ended by a signal: "),
        ("exec /nowhere/at/all", "ended with exit code 127: "),
        // What it leaves behind holds its pipes open, and is not waited for.
        ("sleep 60 & echo started", "done: started"),
    ] {
        let said = said(&done(&command(line, minute)));
        assert!(said.starts_with(expected), "{line}: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let act = Act::Command { line: "pwd".into(), folder: folder.path().to_path_buf() };
    let here = done(&Hook { act, timeout: minute });
    let shown = PathBuf::from(String::from_utf8(here.output).unwrap().trim());
    assert_eq!(shown.canonicalize().unwrap(), folder.path().canonicalize().unwrap());
}

#[test]
fn what_takes_too_long_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("late");
    let line = format!("(sleep 5; touch {0}) & sleep 60; touch {0}", mark.display());
    let hook = command(&line, Nanos::from_millis(300));
    let slow = done(&hook);
    assert!(matches!(slow.result, Err(HookError::Timeout(_))), "{:?}", slow.result);
    // Both sleepers were in its process group: nobody is left to touch the file.
    let left = done(&command(
        &format!("ps ax -o args | grep -c '[t]ouch {}' || true", mark.display()),
        Nanos::from_secs(10),
    ));
    assert_eq!(said(&left), "done: 0");
}

#[test]
fn an_impatient_user_ends_it() {
    let hook = command("sleep 60", Nanos::from_secs(60));
    let ended = in_world(3, |world| act(&hook, world));
    assert!(matches!(ended.result, Err(HookError::Ended)), "{:?}", ended.result);
}

#[test]
fn output_is_kept_up_to_a_limit() {
    let chatty = done(&command("head -c 3000000 /dev/zero | tr '\\0' x", Nanos::from_secs(60)));
    let text = String::from_utf8(chatty.output).unwrap();
    assert!(text.starts_with("xxx") && text.len() < MAX_OUTPUT + 100, "{}", text.len());
    assert!(text.ends_with(&format!("({} bytes more)\n", 3_000_000 - MAX_OUTPUT)), "{}", &text[MAX_OUTPUT..]);
}

fn request(method: &str, url: Text, status: &[(u16, u16)]) -> HookRequest {
    HookRequest { method: method.into(), url, headers: Vec::new(), body: None, status: status.to_vec() }
}

#[test]
fn requests_are_held_against_their_status() {
    let mock = start(Config::mock(MockConfig::shop())).unwrap();
    let send = |request: HookRequest| done(&Hook { act: Act::Http(request), timeout: Nanos::from_secs(10) });
    let at = |path: &str| Text::literal(format!("{}{path}", mock.url()));
    let ok = send(request("GET", at("/health"), &[(200, 299)]));
    assert!(ok.result.is_ok() && !ok.output.is_empty(), "{ok:?}");
    let wrong = send(request("GET", at("/status/503"), &[(200, 299), (404, 404)]));
    assert!(matches!(wrong.result, Err(HookError::Status(503))), "{wrong:?}");
    let wanted = send(request("DELETE", at("/status/404"), &[(200, 299), (404, 404)]));
    assert!(wanted.result.is_ok(), "{wanted:?}");

    let secret = TextPart::Dynamic { source: Source::Secret(Secret::new("s3cret")), escape: Escape::None };
    let mut echo = request(
        "POST",
        Text { parts: [at("/echo?key=").parts, vec![secret.clone()]].concat() },
        &[(200, 299)],
    );
    echo.headers.push(("x-key".into(), Text { parts: vec![secret.clone()] }));
    echo.body = Some(Text { parts: vec![TextPart::Literal("key=".into()), secret] });
    let echoed = send(echo);
    assert!(String::from_utf8_lossy(&echoed.output).contains("key=s3cret"), "{echoed:?}");
    assert!(echoed.what.ends_with("/echo?key=(hidden)"), "{}", echoed.what);
    mock.stop();
}

#[test]
fn readiness_is_waited_for() {
    let mock = start(Config::mock(MockConfig::shop())).unwrap();
    let ready = |path: &str, timeout| Ready {
        request: request("GET", Text::literal(format!("{}{path}", mock.url())), &[(200, 299)]),
        timeout,
        every: Nanos::from_millis(1),
    };
    assert!(in_world(u32::MAX, |world| wait_ready(&ready("/health", Nanos::from_secs(10)), world)).is_ok());
    let never = in_world(u32::MAX, |world| wait_ready(&ready("/status/503", Nanos::from_millis(100)), world));
    // The last try may have had too little of the time left.
    let Err(NotReady::InTime { tries, last: HookError::Status(503) | HookError::Timeout(_), .. }) = never
    else {
        panic!("{never:?}")
    };
    assert!(tries > 1, "{tries}");
    let ended = in_world(2, |world| wait_ready(&ready("/status/503", Nanos::from_secs(60)), world));
    assert!(matches!(ended, Err(NotReady::Ended(_))), "{ended:?}");
    mock.stop();
}
