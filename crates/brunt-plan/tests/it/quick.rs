//! Command lines to workloads.

use brunt_plan::{QuickBody, QuickOptions, Surroundings, lower_quick, lowered_json};
use brunt_workload::HttpVersion;
use std::path::Path;

fn loader(path: &Path) -> std::io::Result<Vec<u8>> {
    match path.to_str() {
        Some("order.json") => Ok(b"{}".to_vec()),
        Some("ca.pem") => Ok(b"-----BEGIN CERTIFICATE-----".to_vec()),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    }
}

fn options(url: &str) -> QuickOptions {
    QuickOptions { url: url.to_owned(), ..QuickOptions::default() }
}

#[test]
fn what_command_lines_mean() {
    let base = options("http://a:81/x?y=1");
    for (options, expected) in [
        (
            base.clone(),
            r#""closed" {"fixed":10} {"after":"10s","grace":"30s","iterations":null,"per_user":null}"#,
        ),
        (
            QuickOptions { users: Some(50), duration: Some("30".to_owned()), ..base.clone() },
            r#""closed" {"fixed":50} {"after":"30s","grace":"30s","iterations":null,"per_user":null}"#,
        ),
        (
            QuickOptions { users: Some(50), spawn_rate: Some("5".to_owned()), ..base.clone() },
            r#""closed" {"spawn":{"rate":"5/s","users":50}} {"after":"10s","grace":"30s","iterations":null,"per_user":null}"#,
        ),
        (
            QuickOptions { requests: Some(4), ..base.clone() },
            r#""closed" {"fixed":4} {"after":null,"grace":"30s","iterations":4,"per_user":null}"#,
        ),
        (
            QuickOptions {
                rate: Some("500/s".to_owned()),
                duration: Some("1m".to_owned()),
                users: Some(20),
                ..base.clone()
            },
            r#"{"constant":"500/s"} {"elastic":{"cap":20,"initial":20}} {"after":"1m","grace":"30s","iterations":null,"per_user":null}"#,
        ),
        (
            QuickOptions { rate: Some("30/m".to_owned()), requests: Some(5), ..base.clone() },
            r#"{"constant":"30/m"} {"elastic":{"cap":10000,"initial":1}} {"after":null,"grace":"30s","iterations":5,"per_user":null}"#,
        ),
    ] {
        let json = lowered_json(
            &lower_quick(&options, &Surroundings { files: &loader, env: &|_| None })
                .unwrap_or_else(|r| panic!("{r}"))
                .workload,
        );
        let s = &json["scenarios"][0];
        assert_eq!(format!("{} {} {}", s["arrivals"], s["supply"], s["stop"]), expected);
        assert_eq!(json["endpoints"][0]["name"], "/x");
        assert_eq!(json["requests"][0]["target"], "/x?y=1");
    }
}

#[test]
fn a_request_in_full() {
    let options = QuickOptions {
        method: Some("put".to_owned()),
        headers: vec!["Accept: text/html".into(), "authorization: Bearer s3cret".into()],
        body: Some(QuickBody::File("order.json".into())),
        timeout: Some("2.5".to_owned()),
        version: HttpVersion::Http2,
        no_keep_alive: true,
        connect_to: vec!["::localhost:8443".into()],
        insecure: true,
        ca: Some("ca.pem".into()),
        seed: Some(7),
        ..options("https://[::1]/items/${int(1,9)}")
    };
    let workload = lower_quick(&options, &Surroundings { files: &loader, env: &|_| None })
        .unwrap_or_else(|r| panic!("{r}"))
        .workload;
    assert_eq!(workload.seed, 7);
    insta::assert_snapshot!(format!("{:#}", lowered_json(&workload)));
}

#[test]
fn problems_point_at_flags() {
    let wrong = QuickOptions {
        users: Some(0),
        rate: Some("0/s".to_owned()),
        duration: Some("11d".to_owned()),
        spawn_rate: Some("x".to_owned()),
        headers: vec!["nothing".into(), "cookie: s3\u{7}cret".into()],
        cert: Some("missing.pem".into()),
        ..options("http://a/${itn(1,2)}")
    };
    insta::assert_snapshot!(
        lower_quick(&wrong, &Surroundings { files: &loader, env: &|_| None }).unwrap_err()
    );
    insta::assert_snapshot!(
        lower_quick(&options("localhost:8080/x"), &Surroundings { files: &loader, env: &|_| None })
            .unwrap_err()
    );
}
