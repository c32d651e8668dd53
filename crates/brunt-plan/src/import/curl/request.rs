//! The requests that one command sends.

use super::super::build::{Map, Piece, text_at};
use super::super::call::{Call, Header, PlusSign, Secrets, percent_decoded, split_origin};
use super::options::{self, Meaning, Takes};
use super::shell::Word;
use crate::decode::Cx;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Span, Value};
use std::fmt::Write;

/// Redirects that `-L` follows here: as many as a plan does unless told otherwise. curl's own limit is 50.
const MOST_REDIRECTS: u64 = 100;

/// What requests need to be read.
pub(super) struct Reader<'s, 'p> {
    pub(super) secrets: &'s mut Secrets,
    pub(super) problems: &'p mut Vec<Diagnostic>,
}

/// Settings of connections, which all commands of a plan share.
#[derive(Default)]
pub(super) struct Settings {
    /// Field of `http` (or `tls.` field), value, and in how many commands it is given.
    fields: Vec<(String, Node, usize)>,
    connect_to: Vec<Node>,
}

impl Settings {
    fn set(&mut self, field: &str, value: impl Into<Piece>, span: &Span, problems: &mut Vec<Diagnostic>) {
        let node = value.into().at(span);
        match self.fields.iter_mut().find(|f| f.0 == field) {
            Some((_, known, times)) if known.value == node.value => *times += 1,
            Some(_) => {
                let message = format!("another `{field}` than in a command before");
                let d = Diagnostic::warning(span, message).label("all requests of a plan share it");
                problems.push(d.help("make a plan of each command"));
            }
            None => self.fields.push((field.to_owned(), node, 1)),
        }
    }

    /// The `http` section. Redirects are its matter if all requests agree on them.
    pub(super) fn http(self, calls: &mut [Call], commands: usize, problems: &mut Vec<Diagnostic>) -> Map {
        let mut http = Map::at(0..0);
        let redirects = |c: &Call| c.more.iter().find(|e| e.key == "redirects").map(|e| e.value.clone());
        let first = calls.first().and_then(redirects);
        if let Some(first) =
            first.filter(|f| calls.iter().all(|c| redirects(c).is_some_and(|r| r.value == f.value)))
        {
            http.put("redirects", first);
            for call in calls.iter_mut() {
                call.more.retain(|e| e.key != "redirects");
            }
        }
        let mut tls = Map::at(0..0);
        for (field, node, times) in self.fields {
            if times < commands {
                let d = Diagnostic::warning(&node.span, format!("only some commands say `{field}`"));
                problems.push(d.label("in a plan it holds for all requests"));
            }
            match field.strip_prefix("tls.") {
                Some(field) => _ = tls.put(field, node),
                None => _ = http.put(&field, node),
            }
        }
        if !self.connect_to.is_empty() {
            http.put("connect_to", self.connect_to);
        }
        if !tls.is_empty() {
            http.put("tls", tls);
        }
        http
    }
}

/// An option with its value.
struct Given<'w> {
    name: &'static str,
    value: Option<&'w str>,
    span: Span,
}

/// A piece of `-d` and its kind.
enum Data {
    Text(String, Span),
    File(String, Span),
}

/// A command while its options are read.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of curl's, given or not")]
#[derive(Default)]
struct Draft {
    urls: Vec<(String, Span)>,
    method: Option<String>,
    headers: Vec<Header>,
    data: Vec<Data>,
    is_json: bool,
    multipart: Vec<Entry>,
    query: Vec<String>,
    as_query: bool,
    head: bool,
    upload: Option<(String, Span)>,
    follows: bool,
    max_redirects: Option<u64>,
    timeout: Option<Node>,
    auth: Option<Node>,
    unix: Option<(String, Span)>,
    globs_off: bool,
}

/// The requests of the command whose arguments these are, one for each URL.
pub(super) fn calls(words: &[Word], settings: &mut Settings, reader: &mut Reader<'_, '_>) -> Vec<Call> {
    let mut draft = Draft::default();
    for given in given(words, &mut draft, reader.problems) {
        reader.apply(&given, &mut draft, settings);
    }
    let start = words.first().map_or(0, |w| w.span.start);
    let span = start..words.last().map_or(start, |w| w.span.end);
    if draft.urls.is_empty() {
        let d = Diagnostic::error(&span, "the command has no URL");
        reader.problems.push(d.help("write e.g. `curl https://shop.example/`"));
    }
    let urls = std::mem::take(&mut draft.urls);
    urls.into_iter().map(|url| reader.call(url, &draft, &span)).collect()
}

/// Options with their values; other words are URLs.
fn given<'w>(words: &'w [Word], draft: &mut Draft, problems: &mut Vec<Diagnostic>) -> Vec<Given<'w>> {
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if let Some(name) = text.strip_prefix("--").filter(|n| !n.is_empty()) {
            let Some(option) = options::long(name).or_else(|| options::long(name.strip_prefix("no-")?))
            else {
                let known = options::OPTIONS.iter().map(|o| o.long);
                problems.push(Cx::unknown("option of curl", name, &word.span, known));
                continue;
            };
            let value = if option.takes == Takes::Value { words.next() } else { None };
            push(&mut out, option, value.map(|v| (v.text.as_str(), &v.span)), &word.span, problems);
        } else if text.starts_with('-') && text.len() > 1 {
            letters(word, &mut words, &mut out, problems);
        } else {
            draft.urls.push((text.to_owned(), word.span.clone()));
        }
    }
    out
}

/// `-sSL`, `-XPOST`, `-H value`.
fn letters<'w>(
    word: &'w Word,
    words: &mut std::slice::Iter<'w, Word>,
    out: &mut Vec<Given<'w>>,
    problems: &mut Vec<Diagnostic>,
) {
    for (at, letter) in word.text[1..].char_indices() {
        let Some(option) = options::short(letter) else {
            let d = Diagnostic::error(&word.span, format!("unknown option of curl `-{letter}`"));
            problems.push(d.help("`curl --help all` lists what there is"));
            return;
        };
        if option.takes == Takes::Nothing {
            push(out, option, None, &word.span, problems);
            continue;
        }
        let rest = &word.text[1 + at + letter.len_utf8()..];
        let value = if rest.is_empty() {
            words.next().map(|w| (w.text.as_str(), &w.span))
        } else {
            Some((rest, &word.span))
        };
        return push(out, option, value, &word.span, problems);
    }
}

fn push<'w>(
    out: &mut Vec<Given<'w>>,
    option: options::Opt,
    value: Option<(&'w str, &Span)>,
    span: &Span,
    problems: &mut Vec<Diagnostic>,
) {
    if option.takes == Takes::Value && value.is_none() {
        problems.push(Diagnostic::error(span, format!("`--{}` has no value", option.long)));
        return;
    }
    match option.meaning {
        Meaning::Output => {}
        Meaning::None => {
            let d = Diagnostic::warning(span, format!("`--{}` has no counterpart in a plan", option.long));
            problems.push(d.label("left out"));
        }
        Meaning::Request => {
            let end = value.map_or(span.end, |(_, at)| at.end);
            out.push(Given { name: option.long, value: value.map(|v| v.0), span: span.start..end });
        }
    }
}

impl Reader<'_, '_> {
    fn apply(&mut self, given: &Given<'_>, draft: &mut Draft, settings: &mut Settings) {
        let value = given.value.unwrap_or_default();
        let span = &given.span;
        match given.name {
            "url" => draft.urls.push((value.to_owned(), span.clone())),
            "request" => draft.method = Some(value.to_owned()),
            "get" => draft.as_query = true,
            "head" => draft.head = true,
            "globoff" => draft.globs_off = true,
            "location" | "location-trusted" => draft.follows = true,
            "max-redirs" => {
                draft.max_redirects = Some(value.parse().unwrap_or(MOST_REDIRECTS).min(MOST_REDIRECTS));
            }
            "upload-file" => draft.upload = Some((value.to_owned(), span.clone())),
            "unix-socket" => draft.unix = Some((value.to_owned(), span.clone())),
            "max-time" => draft.timeout = self.seconds(value, span),
            "url-query" => draft.query.push(self.url_encoded(value, span)),
            "form" | "form-string" => self.part(given.name, value, span, draft),
            "user" | "oauth2-bearer" => draft.auth = Some(self.auth(given.name, value, span)),
            "header" => self.header(value, span, draft),
            "user-agent" => Self::own_header("user-agent", value, span, draft),
            "referer" => Self::own_header("referer", value.trim_end_matches(";auto"), span, draft),
            "range" => Self::own_header("range", &format!("bytes={value}"), span, draft),
            "compressed" => Self::own_header("accept-encoding", "gzip, deflate, br", span, draft),
            "cookie" if !value.contains('=') => {
                let d = Diagnostic::warning(span, "a file of cookies has no counterpart in a plan");
                self.problems
                    .push(d.label("left out").help("each user has its own cookies, from the answers"));
            }
            "cookie" => {
                let value = self.secret("cookie", value, span);
                Self::own_header("cookie", &value, span, draft);
            }
            "json" => {
                draft.is_json = true;
                self.data("data-binary", value, span, draft);
            }
            name if name.starts_with("data") => self.data(name, value, span, draft),
            name => self.connection(name, value, span, settings),
        }
    }

    /// What all requests share.
    fn connection(&mut self, name: &str, value: &str, span: &Span, settings: &mut Settings) {
        let problems = &mut *self.problems;
        match name {
            "insecure" => settings.set("tls.insecure", true, span, problems),
            "cacert" => settings.set("tls.ca", value, span, problems),
            "cert" => settings.set("tls.cert", value, span, problems),
            "key" => settings.set("tls.key", value, span, problems),
            "http1.1" => settings.set("version", "1.1", span, problems),
            "http2" => settings.set("version", "auto", span, problems),
            "http2-prior-knowledge" => settings.set("version", "2", span, problems),
            "connect-timeout" => {
                if let Some(time) = self.seconds(value, span) {
                    settings.set("connect_timeout", time, span, self.problems);
                }
            }
            "connect-to" => settings.connect_to.push(text_at(span, value)),
            // `--resolve host:port:address[,address]` connects elsewhere, on the same port.
            _ => {
                let value = value.trim_start_matches(['+', '-']);
                let mut parts = value.splitn(3, ':');
                let (host, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                let address = parts.next().unwrap_or_default().split(',').next().unwrap_or_default();
                settings.connect_to.push(text_at(span, format!("{host}:{port}:{address}:")));
            }
        }
    }

    /// A value that is a secret, unless it comes from the environment as it is.
    fn secret(&mut self, hint: &str, value: &str, span: &Span) -> String {
        if value.contains("${env.") {
            return value.to_owned();
        }
        self.secrets.template(hint, &value.replace("$${", "${"), span)
    }

    fn seconds(&mut self, value: &str, span: &Span) -> Option<Node> {
        let seconds = value.parse::<f64>().ok().filter(|s| *s > 0.0 && s.is_finite() && *s < 1e8);
        let Some(seconds) = seconds else {
            let d = Diagnostic::error(span, format!("`{value}` is no number of seconds"));
            self.problems.push(d.help("write e.g. `-m 10`"));
            return None;
        };
        let text = if seconds.fract() == 0.0 {
            format!("{seconds}s")
        } else {
            format!("{}ms", (seconds * 1e3).ceil())
        };
        Some(text_at(span, text))
    }

    fn own_header(name: &str, value: &str, span: &Span, draft: &mut Draft) {
        let header = Header { name: name.to_owned(), value: value.to_owned(), span: span.clone() };
        // `-A` and `-e` say less than `-H`.
        if !draft.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name)) {
            draft.headers.push(header);
        }
    }

    fn header(&mut self, value: &str, span: &Span, draft: &mut Draft) {
        if let Some(file) = value.strip_prefix('@') {
            let d = Diagnostic::warning(span, format!("the headers in the file `{file}`"));
            return self.problems.push(d.help("write each as `-H 'name: value'`"));
        }
        let (name, value) = match (value.split_once(':'), value.strip_suffix(';')) {
            (Some((name, text)), _) if text.trim().is_empty() => {
                let message = format!("`-H '{}:'` takes out a header that curl would send", name.trim());
                self.problems.push(Diagnostic::warning(span, message).label("a plan has no such header"));
                return;
            }
            (Some((name, text)), _) => (name.trim(), text.trim()),
            (None, Some(name)) => (name.trim(), ""),
            (None, None) => {
                let d = Diagnostic::error(span, "this is no header").label("it has no colon");
                return self.problems.push(d.help("write e.g. `-H 'accept: text/html'`"));
            }
        };
        let value = if crate::print::is_secret_header(name) {
            self.secret(name, value, span)
        } else {
            value.to_owned()
        };
        draft
            .headers
            .retain(|h| !(h.name.eq_ignore_ascii_case(name) && h.name.eq_ignore_ascii_case("user-agent")));
        draft.headers.push(Header { name: name.to_owned(), value, span: span.clone() });
    }

    fn auth(&mut self, option: &str, value: &str, span: &Span) -> Node {
        let mut auth = Map::at(span.clone());
        if option == "oauth2-bearer" {
            auth.put("bearer", self.secret("token", value, span));
            return auth.node();
        }
        // The colon of `${env.NAME:-default}` is none.
        let depth = |at: usize| value[..at].matches("${").count() == value[..at].matches('}').count();
        let colon = value.match_indices(':').map(|(at, _)| at).find(|at| depth(*at));
        let (user, password) = colon.map_or((value, ""), |at| (&value[..at], &value[at + 1..]));
        let mut pair = Map::at(span.clone());
        pair.put("user", user);
        pair.put("password", self.secret("password", password, span));
        auth.put("basic", pair);
        auth.node()
    }

    fn part(&mut self, option: &str, value: &str, span: &Span, draft: &mut Draft) {
        let Some((name, content)) = value.split_once('=') else {
            let d = Diagnostic::error(span, "this is no field of a form");
            return self.problems.push(d.help("write e.g. `-F 'note=hello'` or `-F photo=@photo.jpg`"));
        };
        let file = content.strip_prefix('@').filter(|_| option == "form");
        let node = match file {
            Some(file) => {
                let mut parts = file.split(';');
                let mut part = Map::at(span.clone());
                part.put("file", parts.next().unwrap_or_default().trim_matches('"'));
                for setting in parts {
                    match setting.split_once('=').map(|(k, v)| (k.trim(), v.trim().trim_matches('"'))) {
                        Some(("type", media)) => _ = part.put("content_type", media),
                        Some(("filename", name)) => _ = part.put("filename", name),
                        Some(_) | None => {
                            self.problems
                                .push(Diagnostic::warning(span, format!("`{setting}` of a form's part")));
                        }
                    }
                }
                part.node()
            }
            None if option == "form" && content.starts_with('<') => {
                let d = Diagnostic::error(span, "text from a file cannot be a field of a plan's form");
                self.problems.push(d.help("write the text itself, or send the file by `@`"));
                return;
            }
            None => text_at(span, content.split(";type=").next().unwrap_or_default()),
        };
        if draft.multipart.iter().any(|e| e.key == name) {
            let d = Diagnostic::error(span, format!("`{name}` is given twice"));
            return self.problems.push(d.label("a plan's form has each name once"));
        }
        draft.multipart.push(Entry { key: name.to_owned(), key_span: span.clone(), value: node });
    }

    fn data(&mut self, option: &str, value: &str, span: &Span, draft: &mut Draft) {
        if option == "data-urlencode" {
            let text = self.url_encoded(value, span);
            return draft.data.push(Data::Text(text, span.clone()));
        }
        match value.strip_prefix('@').filter(|_| option != "data-raw") {
            Some("-") => {
                let d = Diagnostic::error(span, "the body comes from the standard input");
                self.problems.push(d.help("name a file: `--data-binary @body.json`"));
            }
            Some(file) => {
                if option != "data-binary" {
                    let d = Diagnostic::warning(span, format!("`-d @{file}` takes line breaks out"));
                    self.problems
                        .push(d.label("here the file is sent as it is").help("`--data-binary` does so too"));
                }
                draft.data.push(Data::File(file.to_owned(), span.clone()));
            }
            None => draft.data.push(Data::Text(value.to_owned(), span.clone())),
        }
    }

    /// `content`, `=content`, `name=content`; files are complained about.
    fn url_encoded(&mut self, value: &str, span: &Span) -> String {
        match value.find(['=', '@']) {
            Some(at) if value[at..].starts_with('@') => {
                let d = Diagnostic::error(span, "text from a file cannot be encoded in a plan");
                self.problems.push(d.help("write the text itself: `--data-urlencode 'name=text'`"));
                String::new()
            }
            Some(0) => encoded(&value[1..]),
            Some(at) => format!("{}={}", &value[..at], encoded(&value[at + 1..])),
            None => encoded(value),
        }
    }

    fn call(&mut self, (url, url_span): (String, Span), draft: &Draft, span: &Span) -> Call {
        let mut call = Call::at(span.clone());
        call.url_span = url_span;
        call.url = self.url(&url, draft, &mut call);
        for header in &draft.headers {
            call.add_header(header.clone());
        }
        let has_body = !draft.as_query && (!draft.data.is_empty() || !draft.multipart.is_empty());
        let default = match (draft.head, &draft.upload, has_body) {
            (true, _, _) => "HEAD",
            (false, Some(_), _) => "PUT",
            (false, None, true) => "POST",
            (false, None, false) => "GET",
        };
        call.method = draft.method.clone().unwrap_or_else(|| default.to_owned());
        if has_body {
            self.body(draft, &mut call);
        }
        if let Some((file, at)) = &draft.upload {
            call.body = Some(("body_file", text_at(at, file.clone())));
        }
        let own_auth = call.header("authorization").is_some();
        if let Some(auth) = draft.auth.as_ref().filter(|_| !own_auth) {
            call.put("auth", auth.clone());
        }
        if let Some(timeout) = &draft.timeout {
            call.put("timeout", timeout.clone());
        }
        match (draft.follows, draft.max_redirects) {
            (false, _) => call.put("redirects", 0_u64),
            (true, Some(most)) => call.put("redirects", most),
            (true, None) => {}
        }
        call
    }

    /// The whole URL, with what stands in the command beside it.
    fn url(&mut self, url: &str, draft: &Draft, call: &mut Call) -> String {
        let url = if url.contains("://") || url.starts_with("${env.") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let url = self.without_user(url, call);
        let mut url = url.split('#').next().unwrap_or_default().to_owned();
        let mut query = draft.query.clone();
        if draft.as_query {
            for data in &draft.data {
                match data {
                    Data::Text(text, _) => query.push(text.clone()),
                    Data::File(file, at) => {
                        let d = Diagnostic::error(at, format!("the query from the file `{file}`"));
                        self.problems.push(d.help("write the parameters themselves"));
                    }
                }
            }
        }
        for part in query.iter().filter(|p| !p.is_empty()) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(part);
        }
        let path = split_origin(&url).map_or("", |(_, rest)| rest).to_owned();
        if !draft.globs_off && path.replace("${", "").contains(['{', '[']) {
            let d = Diagnostic::warning(&call.url_span, "curl makes several URLs of `{}` and `[]`");
            self.problems
                .push(d.label("here they stand as they are").help("write e.g. `${int(1,10)}` into the plan"));
        }
        let Some((socket, _)) = &draft.unix else { return url };
        let rest = if path.starts_with('/') { path } else { format!("/{path}") };
        format!("http+unix://{socket}:{rest}")
    }

    /// `https://user:password@host` as `auth`.
    fn without_user(&mut self, url: String, call: &mut Call) -> String {
        let Some((scheme, after)) = url.split_once("://") else { return url };
        let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@').filter(|_| !authority.contains("${")) else {
            return url;
        };
        let decoded = percent_decoded(user, PlusSign::IsItself).unwrap_or_default();
        let span = call.url_span.clone();
        let auth = self.auth("user", &decoded, &span);
        call.put("auth", auth);
        format!("{scheme}://{}", &after[user.len() + 1..])
    }

    fn body(&mut self, draft: &Draft, call: &mut Call) {
        if !draft.multipart.is_empty() {
            if let Some(Data::Text(_, at) | Data::File(_, at)) = draft.data.first() {
                self.problems.push(Diagnostic::error(at, "`-d` and `-F` cannot be combined"));
            }
            let span = call.span.clone();
            call.body = Some(("multipart", Node { span, value: Value::Map(draft.multipart.clone()) }));
            return;
        }
        let span = match draft.data.first() {
            Some(Data::Text(_, at) | Data::File(_, at)) => at.clone(),
            None => return,
        };
        let media = if draft.is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        let mut default = |name: &str, value: &str| {
            if call.header(name).is_none() {
                let (name, value) = (name.to_owned(), value.to_owned());
                call.headers.push(Header { name, value, span: span.clone() });
            }
        };
        default("content-type", media);
        if draft.is_json {
            default("accept", "application/json");
        }
        let mut texts = Vec::new();
        for data in &draft.data {
            match data {
                Data::File(file, at) if draft.data.len() == 1 => {
                    call.body = Some(("body_file", text_at(at, file.clone())));
                    return;
                }
                Data::File(file, at) => {
                    let d = Diagnostic::error(at, format!("the file `{file}` is a part of the body"));
                    self.problems.push(d.label("a plan sends a file alone"));
                }
                Data::Text(text, _) => texts.push(text.as_str()),
            }
        }
        call.text_body(&texts.join(if draft.is_json { "" } else { "&" }), &span);
    }
}

/// Percent-encoded but for `${...}`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(end) = rest.find('}').filter(|_| rest.starts_with("${env.")) {
            out.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
            continue;
        }
        let escaped = rest.starts_with("$${");
        let len = if escaped { 3 } else { first.len_utf8() };
        for byte in rest[usize::from(escaped)..len].bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        rest = &rest[len..];
    }
    out
}
