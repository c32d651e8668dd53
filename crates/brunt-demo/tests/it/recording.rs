//! A mock that records, on the wire.

use brunt_demo::{
    Config, MockConfig,
    mock::{Record, Route},
    start,
};
use serde_json::{Value, json};

use crate::client::{Answer, ask, connect, exchange, mock};

fn requests(answer: &Answer) -> Vec<Value> {
    let shown: Value = serde_json::from_slice(&answer.body).expect("JSON");
    shown["requests"].as_array().expect("a list").clone()
}

#[test]
fn whatever_comes_is_answered_and_kept() {
    let running = mock(MockConfig::recording());
    let mut stream = connect(&running);
    let post = "POST /a?x=1&token=s3cret\nAuthorization: Bearer s3cret\nX-Api-Key: s3cret\nCookie: s3cret\n\n{\"a\":1}";
    for request in ["PUT /", post, "DELETE /b/c", "BREW /pot", "OPTIONS /x"] {
        let answer = exchange(&mut stream, request);
        assert_eq!((answer.status, answer.text()), (200, "{\"ok\":true}"), "{request}");
    }
    let answer = exchange(&mut stream, "GET /__requests");
    assert!(!answer.text().contains("s3cret"), "{}", answer.text());
    let kept = requests(&answer);
    let lines: Vec<_> = kept.iter().map(|r| format!("{} {} {}", r["n"], r["method"], r["path"])).collect();
    let expected = [
        "1 \"PUT\" \"/\"",
        "2 \"POST\" \"/a\"",
        "3 \"DELETE\" \"/b/c\"",
        "4 \"BREW\" \"/pot\"",
        "5 \"OPTIONS\" \"/x\"",
    ];
    assert_eq!(lines, expected);
    let post = &kept[1];
    let expected = json!({ "authorization": "(hidden)", "content-length": "7", "cookie": "(hidden)", "host": "test", "x-api-key": "(hidden)" });
    assert_eq!(post["headers"], expected);
    assert_eq!((&post["query"], &post["body"]), (&json!("x=1&token=(hidden)"), &json!("{\"a\":1}")));
    assert!(kept.windows(2).all(|pair| pair[0]["at_ms"].as_f64() <= pair[1]["at_ms"].as_f64()));
    let lines = exchange(&mut stream, "GET /__requests?format=lines");
    assert_eq!(lines.text().lines().count(), 5);
    assert_eq!(exchange(&mut stream, "DELETE /__requests").status, 204);
    assert!(requests(&exchange(&mut stream, "GET /__requests")).is_empty());
    assert_eq!(running.stats().requests, 5);
}

#[test]
fn routes_answer_as_they_do_and_are_kept_too() {
    let text = r#"{ "builtins": true, "record": { "keep": 2, "body_bytes": 3 }, "routes": [{ "path": "/a", "status": 404 }] }"#;
    let running = mock(MockConfig::from_json("mock.json", text).expect("the configuration"));
    for (request, status) in
        [("GET /a", 404), ("POST /a", 200), ("POST /echo\n\nhello", 200), ("PUT /status/418\n\nhello", 418)]
    {
        assert_eq!(ask(&running, request).status, status, "{request}");
    }
    let answer = ask(&running, "GET /__requests");
    assert_eq!(answer.header("x-not-kept"), Some("2"));
    for request in requests(&answer) {
        assert_eq!(
            (&request["body"], &request["body_size"], &request["body_cut"]),
            (&json!("hel"), &json!(5), &json!(true))
        );
    }
}

#[test]
fn a_file_gets_each_request_as_a_line() {
    let folder = std::env::temp_dir().join(format!("brunt-recording-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let file = folder.join("seen.jsonl");
    let record = Record { keep: 0, file: Some(file.clone()), ..Record::default() };
    for path in ["/1", "/2"] {
        let running = mock(MockConfig { record: Some(record.clone()), ..MockConfig::recording() });
        ask(&running, &format!("GET {path}"));
        assert!(requests(&ask(&running, "GET /__requests")).is_empty());
    }
    let text = std::fs::read_to_string(&file).expect("the file");
    let paths: Vec<Value> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["path"].clone()).collect();
    assert_eq!(paths, [json!("/1"), json!("/2")]);
    let bad = Record { file: Some(folder.join("no/such/folder")), ..Record::default() };
    let config = MockConfig { record: Some(bad), ..MockConfig::recording() };
    assert!(start(Config::mock(config)).expect_err("no folder").to_string().contains("record.file"));
    std::fs::remove_dir_all(&folder).expect("clean up");
}

#[test]
fn without_record_nothing_is_kept() {
    let running = mock(MockConfig::with(vec![Route::get("/a")]));
    ask(&running, "GET /a");
    assert_eq!(ask(&running, "GET /__requests").status, 404);
    let text = r#"{ "record": { "keep": 100000000, "body_bytes": 100000000 } }"#;
    let error = MockConfig::from_json("mock.json", text).expect_err("too many").to_string();
    assert!(error.contains("record.keep") && error.contains("record.body_bytes"), "{error}");
}
