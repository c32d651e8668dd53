//! Logs of each kind: what they are recognised as, and what is read of them.

use brunt_logs::{Entry, Format, Log};

/// An entry in words; what it does not tell is left out.
fn shown(e: &Entry<'_>) -> String {
    let zone = if e.offset_s == 0 { String::new() } else { format!("{:+}", e.offset_s) };
    let mut words = vec![format!("{}.{:06}{zone}", e.at_us / 1_000_000, e.at_us % 1_000_000)];
    let mut text = |name: &str, bytes: &[u8]| {
        if !bytes.is_empty() {
            words.push(format!("{name}{}", String::from_utf8_lossy(bytes)));
        }
    };
    text("", e.client);
    text("for=", e.forwarded);
    text("host=", e.host);
    text("session=", e.session);
    text("", e.method);
    text("", e.target);
    words.push(format!("{} {}B", e.status, e.bytes));
    if let Some(us) = e.duration_us {
        words.push(format!("{us}us"));
    }
    for (name, bytes) in [("agent", e.agent), ("referer", e.referer)] {
        if !bytes.is_empty() {
            words.push(format!("{name}={}", String::from_utf8_lossy(bytes)));
        }
    }
    words.join(" ")
}

/// What a log is taken for, what is read of it, and what is skipped and passed over.
fn read(mut log: Log<&[u8]>) -> Vec<String> {
    let mut lines = vec![log.format().to_string()];
    let mut entries = 0;
    loop {
        match log.entry() {
            Ok(Some(entry)) => lines.push(shown(&entry)),
            Ok(None) => break,
            Err(error) => {
                lines.push(format!("error: {error}"));
                break;
            }
        }
        entries += 1;
    }
    for (line, why, _) in &log.skipped().examples {
        lines.push(format!("line {line}: {why}"));
    }
    assert_eq!(log.lines(), entries + log.skipped().lines + log.asides(), "{lines:?}");
    lines
}

fn check(log: &str, wanted: &str) {
    check_bytes(log.as_bytes(), wanted);
}

fn check_bytes(log: &[u8], wanted: &str) {
    let wanted: Vec<&str> = wanted.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(read(Log::new(log)), wanted, "{}", log.escape_ascii());
}

fn check_as(format: &str, log: &str, wanted: &str) {
    let format = Format::parse_log_format(format).unwrap();
    let wanted: Vec<&str> = wanted.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(read(Log::with_format(log.as_bytes(), format)), wanted, "{log}");
}

#[test]
fn combined_with_more() {
    check(
        r#"192.0.2.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5"#,
        "nginx/Apache common
         1455926445.000000 192.0.2.1 GET / 200 5B",
    );
    check(
        r#"example.com:443 192.0.2.1 - bob [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"
192.0.2.2 - - [20/Feb/2016:00:00:45 +0000] "GET /b HTTP/1.1" 200 5 "-" "curl/8"
www.example.com:443 2001:db8::1 - - [20/Feb/2016:00:00:46 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8""#,
        "nginx/Apache combined with virtual hosts
         1455926445.000000 192.0.2.1 host=example.com:443 GET / 200 5B agent=curl/8
         1455926445.000000 192.0.2.2 GET /b 200 5B agent=curl/8
         1455926446.000000 2001:db8::1 host=www.example.com:443 GET /a 200 5B agent=curl/8",
    );
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "http://a/" "curl/8" "203.0.113.7, 10.0.0.9"
10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "-""#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 for=203.0.113.7, 10.0.0.9 GET / 200 5B agent=curl/8 referer=http://a/
         1455926445.000000 10.0.0.1 GET / 200 5B agent=curl/8",
    );
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "203.0.113.7" 0.057 0.050"#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 for=203.0.113.7 GET / 200 5B 57000us agent=curl/8",
    );
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" 48211"#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 GET / 200 5B 48211us agent=curl/8",
    );
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" rt=1.5 uct=0.000"#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 GET / 200 5B 1500000us agent=curl/8",
    );
    // Apache's combinedio tells bytes in and out, and Traefik's counts requests.
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" 412 5012"#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 GET / 200 5B agent=curl/8",
    );
    check(
        r#"10.0.0.1 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" 412 "web@docker" "http://172.17.0.2:80" 15ms"#,
        "nginx/Apache combined
         1455926445.000000 10.0.0.1 GET / 200 5B 15000us agent=curl/8",
    );
    check(
        r#"203.0.113.7, 10.0.0.9 - - [20/Feb/2016:00:00:45 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8""#,
        "nginx/Apache combined
         1455926445.000000 203.0.113.7 for=203.0.113.7, 10.0.0.9 GET / 200 5B agent=curl/8",
    );
    check(
        r#"- - - [20/Feb/2016:00:00:45 -0330] "GET /\xe4\x22 HTTP/1.1" 200 -"#,
        r"nginx/Apache common
          1455939045.000000-12600 GET /\xe4\x22 200 0B",
    );
}

#[test]
fn json_of_servers() {
    check(
        r#"{"time_iso8601":"2024-05-12T00:00:17+00:00","remote_addr":"192.0.2.1","request_method":"GET","request_uri":"/a?b=\"c\"","status":"200","body_bytes_sent":"15","request_time":"0.012","http_user_agent":"Mozilla\/5.0 \u00e4","http_referer":"","http_x_forwarded_for":"203.0.113.7","http_host":"example.com","upstream_response_time":"0.010"}
{"time_local":"12/May/2024:02:00:18 +0200","remote_addr":"192.0.2.1","request":"GET /x?y HTTP/1.1","status":404,"body_bytes_sent":3,"request_time":0.001}"#,
        r#"nginx JSON
           1715472017.000000 192.0.2.1 for=203.0.113.7 host=example.com GET /a?b="c" 200 15B 12000us agent=Mozilla/5.0 ä
           1715472018.000000+7200 192.0.2.1 GET /x?y 404 3B 1000us"#,
    );
    check(
        r#"{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/hi?q=1","headers":{"User-Agent":["curl/7.82.0"],"Accept":["*/*"],"X-Forwarded-For":["203.0.113.7"]},"tls":{"resumed":false,"version":772}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200,"resp_headers":{"Server":["Caddy"]}}"#,
        "Caddy JSON
         1646861401.524102 127.0.0.1 for=203.0.113.7 host=localhost GET /hi?q=1 200 10900B 929us agent=curl/7.82.0",
    );
    check(
        r#"{"ClientAddr":"10.0.0.1:4711","ClientHost":"10.0.0.1","ClientPort":"4711","DownstreamContentSize":5,"DownstreamStatus":200,"Duration":1234567,"OriginDuration":1000000,"RequestAddr":"example.com","RequestContentSize":9,"RequestHost":"example.com","RequestMethod":"GET","RequestPath":"/a?b","RequestProtocol":"HTTP/1.1","StartLocal":"2024-05-12T02:00:17.5+02:00","StartUTC":"2024-05-12T00:00:17.5Z","level":"info","msg":"","request_User-Agent":"curl/8","time":"2024-05-12T00:00:18Z"}"#,
        "Traefik JSON
         1715472017.500000 10.0.0.1 host=example.com GET /a?b 200 5B 1234us agent=curl/8",
    );
    check(
        r#"{"start_time":"2024-05-12T00:00:17.123Z","method":"POST","path":"/api","protocol":"HTTP/1.1","response_code":503,"response_flags":"UF","bytes_received":11,"bytes_sent":91,"duration":24,"x_forwarded_for":"203.0.113.7","user_agent":"curl/8","authority":"example.com","upstream_host":"10.1.1.1:80","downstream_remote_address":"10.0.0.1:4711","request_id":"x","route_name":null}"#,
        "Envoy JSON
         1715472017.123000 10.0.0.1 for=203.0.113.7 host=example.com POST /api 503 91B 24000us agent=curl/8",
    );
    check(
        r#"{"httpRequest":{"latency":"0.057s","remoteIp":"203.0.113.7","requestMethod":"GET","requestSize":"120","requestUrl":"https://example.com/a?b=c","responseSize":"777","serverIp":"10.0.0.1","status":200,"userAgent":"curl/8"},"insertId":"x","severity":"INFO","timestamp":"2024-05-12T00:00:17.000001Z"}"#,
        "Google Cloud JSON
         1715472017.000001 203.0.113.7 host=example.com GET /a?b=c 200 777B 57000us agent=curl/8",
    );
    check(
        r#"{"level":30,"time":1715472017123,"pid":1,"hostname":"h","req":{"id":1,"method":"GET","url":"/a","headers":{"host":"example.com","user-agent":"curl/8"},"remoteAddress":"::1"},"res":{"statusCode":200,"headers":{"content-length":"9"}},"responseTime":3,"msg":"request completed"}
{"@timestamp":"2024-05-12T00:00:17Z","http":{"request":{"method":"GET","bytes":7},"response":{"status_code":201,"body":{"bytes":8}}},"url":{"original":"/a?b","path":"/a"},"source":{"ip":"192.0.2.1"},"user_agent":{"original":"curl/8"},"event":{"duration":5000000}}
{"time":"2024-05-12T00:00:17Z","path":"/a","query":"b=c","status_code":200,"latency_ms":2.5,"session_id":"s1"}"#,
        "JSON lines
         1715472017.123000 ::1 host=example.com GET /a 200 0B 3000us agent=curl/8
         1715472017.000000 192.0.2.1 GET /a?b 201 8B 5000us agent=curl/8
         1715472017.000000 session=s1 GET /a?b=c 200 0B 2500us",
    );
}

#[test]
fn proxies() {
    check(
        r#"[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b" "locations" "tcp://10.0.2.1:80""#,
        "Envoy text
         1460751420.310000 for=10.0.35.28 host=locations POST /api/v1/locations 204 0B 226000us agent=nsq2http",
    );
    check(
        r#"[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0-DEV" "84961386-6d84" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80"#,
        "Istio text
         1606339578.409000 host=httpbin:8000 GET /status/418 418 135B 3000us agent=curl/7.73.0-DEV",
    );
    check(
        r#"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1""#,
        "HAProxy HTTP
         1233922454.655000 10.0.1.2 GET /index.html 200 2750B 109000us",
    );
}

#[test]
fn load_balancers() {
    check(
        r#"http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/a?b HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"
https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 [2001:db8::1]:2817 - -1 -1 -1 502 - 34 366 "GET https://www.example.com:443/ HTTP/1.1" "curl \"7\"" ECDHE TLSv1.2 arn "Root" "www.example.com" "arn" 0 2018-07-02T22:22:48.364000Z "forward""#,
        r#"AWS load balancer
           1530570168.364000 192.168.131.39 host=www.example.com GET /a?b 200 366B 1000us agent=curl/7.46.0
           1530570168.364000 2001:db8::1 host=www.example.com GET / 502 366B agent=curl \"7\""#,
    );
    check(
        r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#,
        "AWS load balancer
         1431560383.945958 192.168.131.39 host=www.example.com GET / 200 29B 1178us agent=curl/7.38.0",
    );
}

#[test]
fn extended_logs() {
    check(
        "#Software: Microsoft Internet Information Services 10.0\r
#Version: 1.0\r
#Date: 2024-05-12 00:00:17\r
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r
2024-05-12 00:00:17 10.0.0.1 GET /a b=c 443 - 192.0.2.1 Mozilla/5.0+(x;+y) - 200 0 0 57\r
2024-05-12 00:00:18 10.0.0.1 POST /b - 443 - ::1 - https://example.com/ 500 0 0 1\r
#Fields: date time cs-method cs-uri-stem sc-status\r
2024-05-12 00:00:19 GET /c 304\r
2024-05-12 00:00:19 GET\r
",
        "W3C extended (IIS)
         1715472017.000000 192.0.2.1 GET /a?b=c 200 0B 57000us agent=Mozilla/5.0 (x; y)
         1715472018.000000 ::1 POST /b 500 0B 1000us referer=https://example.com/
         1715472019.000000 GET /c 304 0B
         line 9: not as the format says",
    );
    check(
        "#Version: 1.0
#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for
2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111.cloudfront.net\t/index.html\t200\t-\tMozilla/5.0%20(x)\ta=b\t-\tHit\tID\twww.example.com\thttps\t23\t0.001\t203.0.113.7",
        "CloudFront (W3C extended)
         1575493351.000000 192.0.2.100 for=203.0.113.7 host=www.example.com GET /index.html?a=b 200 392B 1000us agent=Mozilla/5.0%20(x)",
    );
}

#[test]
fn tables() {
    check(
        "timestamp,method,path,status,latency_ms,client,user agent\n2024-05-12 00:00:17,GET,\"/a,\"\"b\"\"\",200,2.5,192.0.2.1,curl\n1715472018.5,,/c,404,,,\n",
        "CSV
         1715472017.000000 192.0.2.1 GET /a,\"b\" 200 0B 2500us agent=curl
         1715472018.500000 GET /c 404 0B",
    );
    // Nothing says the unit: mostly below 1 with a decimal point is seconds, else milliseconds.
    check(
        "Date;Time;URL;Code;Duration\n2024-05-12;00:00:17;http://example.com?a;200;0.057\n2024-05-12;00:00:18;/b;200;1.5\n2024-05-12;00:00:18;/b;200;0.1\n",
        "CSV
         1715472017.000000 host=example.com GET /?a 200 0B 57000us
         1715472018.000000 GET /b 200 0B 1500000us
         1715472018.000000 GET /b 200 0B 100000us",
    );
    check(
        "time\tendpoint\telapsed\n1715472017000\t/a\t57\n",
        "CSV
         1715472017.000000 GET /a 0 0B 57000us",
    );
    check(
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata
http_reqs,1595325560,1.000000,,,,true,,GET,http://test.k6.io,HTTP/1.1,default,,200,,,http://test.k6.io/a,,
http_req_duration,1595325560,221.899000,,,,true,,GET,http://test.k6.io,HTTP/1.1,default,,200,,,http://test.k6.io/a,,
vus,1595325560,1.000000,,,,,,,,,,,,,,,,",
        "k6 CSV
         1595325560.000000 host=test.k6.io GET /a 200 0B 221899us",
    );
    check(
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect
1541088455861,603,Home Page,200,OK,Thread 1-1,text,true,,2674,301,10,30,https://example.com/home,515,0,130
1541088455862,603,Home Page,Non HTTP response code: java.net.ConnectException,Refused,Thread 1-1,text,false,,0,301,10,30,null,515,0,130",
        "JMeter CSV (JTL)
         1541088455.861000 host=example.com GET /home 200 2674B 603000us
         1541088455.862000 GET Home Page 0 0B 603000us",
    );
}

#[test]
fn archives() {
    let log = r#"{ "log": {"version": "1.2", "creator": {"name": "x"}, "pages": [],
 "entries": [
  {"startedDateTime": "2024-05-12T00:00:17.123+02:00", "time": 57.5, "request": {"method": "GET", "url": "https://example.com/a?b#c",
   "headers": [{"name": "User-Agent", "value": "curl\/8"}, {"name":"Referer","value":"https:\/\/r\/"}], "bodySize": 9},
   "response": {"status": 200, "content": {"size": 77, "text": "{}"}, "bodySize": 40}},
  {"startedDateTime": "x", "request": {"url": "https://example.com"}},
  {"startedDateTime": "2024-05-12T00:00:18Z", "time": -1, "request": {"method": "POST", "url": "https://example.com"}, "response": {"status": 0, "bodySize": -1}}
 ]}}"#;
    let wanted = "HTTP archive (HAR)
         1715464817.123000+7200 host=example.com GET /a?b 200 77B 57500us agent=curl/8 referer=https://r/
         1715472018.000000 host=example.com POST / 0 0B
         line 2: no time that can be read";
    check(log, wanted);
    check_bytes(&[b"\xef\xbb\xbf\n", log.as_bytes()].concat(), wanted);
    check(
        &log[..log.len() / 2],
        "HTTP archive (HAR)
         error: line 3: not a whole document of JSON: the entry that begins here is not whole: export it again",
    );
    check(
        r#"{"log": {"entries": 5}}"#,
        "HTTP archive (HAR)
         error: line 1: not a whole document of JSON: there are no `entries` in a `log`: export it again",
    );
}

#[test]
fn arrays() {
    check(
        r#" [
  {
    "httpRequest": {"requestMethod": "GET", "requestUrl": "https://example.com/a", "status": 200, "latency": "0.5s"},
    "timestamp": "2024-05-12T00:00:17Z"
  },
  {"textPayload": "x", "timestamp": "2024-05-12T00:00:17Z"}
]"#,
        "JSON array
         1715472017.000000 host=example.com GET /a 200 0B 500000us
         line 2: no request",
    );
}

#[test]
fn what_collectors_put_in_front() {
    check(
        r#"web_1  | 10.0.0.1 - - [12/May/2024:00:00:17 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "2.50"
web_1  | starting
May  2 00:00:17 web nginx: ::1 - - [12/May/2024:00:00:17 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "-""#,
        "nginx/Apache combined
         1715472017.000000 10.0.0.1 GET / 200 5B agent=curl/8
         1715472017.000000 ::1 GET / 200 5B agent=curl/8
         line 2: no time that can be read",
    );
    check(
        r#"{"log":"10.0.0.1 - - [12/May/2024:00:00:17 +0000] \"GET /\u003ca HTTP/1.1\" 200 5 \"-\" \"curl/8\" \"203.0.113.7\"\n","stream":"stdout","time":"2024-05-12T00:00:17.1Z"}
{"log":"started\n","stream":"stderr","time":"2024-05-12T00:00:17.1Z"}
{"log":"\n","stream":"stderr","time":"2024-05-12T00:00:17.1Z"}"#,
        "nginx/Apache combined
         1715472017.000000 10.0.0.1 for=203.0.113.7 GET /<a 200 5B agent=curl/8
         line 2: no time that can be read",
    );
    check(
        r#"2024-05-12T00:00:17.1Z stdout F {"ts":1715472017,"path":"/","status":200}
2024-05-12T00:00:17.1Z stdout F {"ts":1715472018,"path":"/","status":200},"#,
        "JSON lines
         1715472017.000000 GET / 200 0B
         1715472018.000000 GET / 200 0B",
    );
}

#[test]
fn formats_as_configured() {
    check_as(
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time $http_x_forwarded_for $unknown_thing"#,
        r#"192.0.2.1 - bob [12/May/2024:00:00:17 +0000] "GET /a?b HTTP/1.1" 200 5 "-" "curl/8" 0.057 203.0.113.7, 10.0.0.9 x y"#,
        "nginx log_format, as given
         1715472017.000000 192.0.2.1 for=203.0.113.7, GET /a?b 200 5B 57000us agent=curl/8",
    );
    check_as(
        "log_format main escape=json '{\"t\":\"$msec\",\"u\":\"$request_uri\",'\n   '\"m\":\"$request_method\",\"s\":$status,\"a\":\"$http_user_agent\"}';",
        r#"{"t":"1715472017.123","u":"/a\"b","m":"PUT","s":201,"a":"x\\"}"#,
        "nginx log_format, as given
         1715472017.123000 PUT /a\"b 201 0B agent=x\\",
    );
    check_as(
        r#"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D %{PHPSESSID}C %%" main"#,
        r#"example.com:443 192.0.2.1 - - [12/May/2024:00:00:17 +0000] "GET /a HTTP/1.1" 200 5 "-" "cu\"rl" 57 abc %
192.0.2.2 - - [12/May/2024:00:00:18 +0000] "GET /b HTTP/1.1" 200 5 "-" "combined""#,
        r#"Apache LogFormat, as given
           1715472017.000000 192.0.2.1 host=example.com session=abc GET /a 200 5B 57us agent=cu\"rl
           1715472018.000000 192.0.2.2 GET /b 200 5B agent=combined"#,
    );
    check_as(
        "%t %h %m %U%q %s %{ms}T",
        "[12/May/2024:00:00:17 +0000] ::1 GET /a?b 200 3",
        "Apache LogFormat, as given
         1715472017.000000 ::1 GET /a?b 200 0B 3000us",
    );
    check_as(
        "$connection $remote_addr $request $status [$time_local] <$http_x_forwarded_for>",
        "7 10.0.0.1 GET /p/1 HTTP/1.1 200 [12/May/2024:00:00:17 +0000] <203.0.113.7, 10.0.0.9>
8 10.0.0.1 - 400 [12/May/2024:00:00:18 +0000] <->",
        "nginx log_format, as given
         1715472017.000000 10.0.0.1 for=203.0.113.7, 10.0.0.9 GET /p/1 200 0B
         line 2: no request",
    );
    check_as(
        "%{%Y-%m-%d %H:%M:%S}t %h %r",
        "2024-05-12 00:00:17 ::1 GET /a HTTP/1.1",
        "Apache LogFormat, as given
         1715472017.000000 ::1 GET /a 0 0B",
    );
}

#[test]
fn formats_that_cannot_be() {
    for (format, wanted) in [
        (
            "%h %t \"%r\" %Q",
            "`%Q` at byte 12: Apache's LogFormat has no such directive; write `%%` for a percent sign",
        ),
        (
            "LogFormat \"%t \\\"%r\\\" %{x}Z\" main",
            "`%{x}Z` at byte 22: Apache's LogFormat has no such directive; write `%%` for a percent sign",
        ),
        (
            "$time_local $remote_addr$request",
            "`$request` at byte 25: nothing stands between it and the value before, so that nobody can tell where one ends",
        ),
        ("$time_local ${request", "`${request` at byte 13: the `}` is missing"),
        (
            "$request $status",
            "no time is logged: `$time_local`, `$time_iso8601` or `$msec` (nginx), `%t` (Apache)",
        ),
        ("%t %s", "no request is logged: `$request` or `$request_uri` (nginx), `%r` or `%U` (Apache)"),
        ("", "no time is logged: `$time_local`, `$time_iso8601` or `$msec` (nginx), `%t` (Apache)"),
    ] {
        assert_eq!(Format::parse_log_format(format).unwrap_err().to_string(), wanted, "{format}");
    }
}

#[test]
fn formats_by_name() {
    for (name, line) in [
        ("combined", r#"::1 - - [12/May/2024:00:00:17 +0000] "GET / HTTP/1.1" 200 5"#),
        ("json", r#"{"time":1715472017,"path":"/"}"#),
        ("w3c", "#Fields: date time cs-uri-stem\n2024-05-12 00:00:17 /"),
        ("csv", "time,path\n1715472017,/"),
        ("alb", r#"2024-05-12T00:00:17Z lb ::1 - 0 0 0 200 200 0 5 "GET / HTTP/1.1" "x" - -"#),
    ] {
        let mut log = Log::with_format(line.as_bytes(), Format::named(name).unwrap());
        assert_eq!(
            log.entry().unwrap().map(|e| (e.at_us, e.target)),
            Some((1_715_472_017_000_000, &b"/"[..])),
            "{name}"
        );
    }
    assert_eq!(Format::NAMES.map(|name| Format::named(name).is_some()), [true; 5]);
    assert!(Format::named("morse").is_none());
}
