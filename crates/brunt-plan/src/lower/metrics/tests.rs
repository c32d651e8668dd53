use crate::lower::{Overrides, Surroundings, lower};
use crate::{Format, Source};
use brunt_workload::MetricSource;

fn lowered(metrics: &str, flags: &[&str]) -> Result<Vec<MetricSource>, String> {
    let text = format!(
        "target: http://a.test\nsecrets: {{token: s3cret}}\nactions: {{a: [{{get: /}}]}}\nscenarios: {{s: {{users: 1, duration: 1s}}}}\n{metrics}\n"
    );
    let source = Source::inline("plan.yaml", Format::Yaml, text);
    let metrics = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let overrides = Overrides { metrics, ..Overrides::default() };
    let surroundings = Surroundings { files: &|_| unreachable!("no files"), env: &|_| None };
    lower(&source, &overrides, &surroundings).map(|l| l.metrics).map_err(|report| report.to_string())
}

#[test]
fn sources_are_read() {
    let plan = "metrics:\n  \
                short: process:nginx\n  \
                id: {process: 42}\n  \
                line: {command: 'uvicorn app:main', every: 5s, timeout: 2s}\n  \
                group: cgroup:/system.slice/x\n  \
                box: {container: 3f2a}\n  \
                page: {page: 'http://127.0.0.1:1/metrics', select: [queue_size, 'a_*{x=\"1\",y!=\"b*\"}'], auth: {bearer: '${token}'}}\n  \
                prom: {prometheus: 'http://p:9090', queries: {up: sum(up), cpu: {query: 'rate(c[1m])', unit: cores, limit: 2}}}\n  \
                cache: {redis: '127.0.0.1:6379', user: ada, password: '${token}'}";
    let flags = [
        "process:7",
        "web=https://h/metrics",
        "prometheus:http://p:9090?query=sum(up{a=\"b\"})",
        "prometheus:http://p:9090?query=b",
    ];
    let sources = lowered(plan, &flags).unwrap();
    let text: Vec<String> = sources.iter().map(|s| format!("{s:?}")).collect();
    let text = text.join("\n");
    assert!(!text.contains("s3cret"), "secrets are not shown");
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let rows = [
        "metrics: [a]",
        "metrics: {a: moon}",
        "metrics: {a: 'process:'}",
        "metrics: {a: {}}",
        "metrics: {a: {process: x, page: 'http://h'}}",
        "metrics: {a: {process: 'a b'}}",
        "metrics: {a: {process: 0}}",
        "metrics: {a: {process: x, select: y}}",
        "metrics: {a: {process: x, every: 1500ms}}",
        "metrics: {a: {process: x, timeout: 1s}}",
        "metrics: {a: {cgroup: x}}",
        "metrics: {a: {page: 'ftp://x'}}",
        "metrics: {a: {page: 'http://ada:pw@h/metrics'}}",
        "metrics: {a: {page: 'http://h/${int(1,2)}'}}",
        "metrics: {a: {page: 'http://h', select: '{x=1}'}}",
        "metrics: {a: {page: 'http://h', auth: {api_key: k, query: q}}}",
        "metrics: {a: {prometheus: 'http://h'}}",
        "metrics: {a: {prometheus: 'http://h', queries: {}}}",
        "metrics: {a: {prometheus: 'http://h', queries: {q: {query: up, unit: moons}}}}",
        "metrics: {a: {redis: localhost}}",
        "metrics: {a: {redis: 'h:1', user: u}}",
        "metrics: {a: 'prometheus:http://h'}",
    ];
    let mut text = String::new();
    for row in rows {
        text.push_str(&lowered(row, &[]).expect_err(row));
        text.push('\n');
    }
    text.push_str(&lowered("", &["nginx"]).expect_err("a flag"));
    let password = lowered("", &["http://ada:pw@h/m"]).expect_err("a flag");
    assert!(!password.contains("pw"), "{password}");
    text.push_str(&password);
    insta::assert_snapshot!(text);
}
