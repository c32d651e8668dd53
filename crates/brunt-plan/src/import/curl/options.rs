//! curl's options: their names, whether a value follows, and what they mean for a plan.
//!
//! From `curl --help all` of curl 8.

/// What an option is to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A part of the request, handled by name.
    Request,
    /// It changes what curl writes, or how it tries; a plan has no need of it.
    Output,
    /// It matters to the request, and a plan has no counterpart.
    None,
}

/// Whether a value follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt {
    pub(super) short: Option<char>,
    pub(super) long: &'static str,
    pub(super) takes: Takes,
    pub(super) meaning: Meaning,
}

const fn opt(short: char, long: &'static str, takes: Takes, meaning: Meaning) -> Opt {
    Opt { short: if short == ' ' { None } else { Some(short) }, long, takes, meaning }
}

use Meaning::{None as No, Output, Request};
use Takes::{Nothing, Value};

/// All that are known.
pub(super) static OPTIONS: [Opt; 125] = [
    opt('X', "request", Value, Request),
    opt('H', "header", Value, Request),
    opt('d', "data", Value, Request),
    opt(' ', "data-ascii", Value, Request),
    opt(' ', "data-raw", Value, Request),
    opt(' ', "data-binary", Value, Request),
    opt(' ', "data-urlencode", Value, Request),
    opt(' ', "json", Value, Request),
    opt('F', "form", Value, Request),
    opt(' ', "form-string", Value, Request),
    opt('u', "user", Value, Request),
    opt(' ', "basic", Nothing, Output),
    opt(' ', "oauth2-bearer", Value, Request),
    opt('b', "cookie", Value, Request),
    opt('A', "user-agent", Value, Request),
    opt('e', "referer", Value, Request),
    opt('k', "insecure", Nothing, Request),
    opt('L', "location", Nothing, Request),
    opt(' ', "location-trusted", Nothing, Request),
    opt(' ', "max-redirs", Value, Request),
    opt('G', "get", Nothing, Request),
    opt('I', "head", Nothing, Request),
    opt(' ', "url", Value, Request),
    opt(' ', "url-query", Value, Request),
    opt(' ', "compressed", Nothing, Request),
    opt('m', "max-time", Value, Request),
    opt(' ', "connect-timeout", Value, Request),
    opt(' ', "http1.1", Nothing, Request),
    opt(' ', "http2", Nothing, Request),
    opt(' ', "http2-prior-knowledge", Nothing, Request),
    opt(' ', "cacert", Value, Request),
    opt('E', "cert", Value, Request),
    opt(' ', "key", Value, Request),
    opt(' ', "connect-to", Value, Request),
    opt(' ', "resolve", Value, Request),
    opt(' ', "unix-socket", Value, Request),
    opt('T', "upload-file", Value, Request),
    opt('r', "range", Value, Request),
    opt(' ', "no-keepalive", Nothing, Output),
    opt('s', "silent", Nothing, Output),
    opt('S', "show-error", Nothing, Output),
    opt('v', "verbose", Nothing, Output),
    opt('i', "include", Nothing, Output),
    opt(' ', "show-headers", Nothing, Output),
    opt('o', "output", Value, Output),
    opt('O', "remote-name", Nothing, Output),
    opt('J', "remote-header-name", Nothing, Output),
    opt(' ', "output-dir", Value, Output),
    opt(' ', "create-dirs", Nothing, Output),
    opt('w', "write-out", Value, Output),
    opt('#', "progress-bar", Nothing, Output),
    opt(' ', "no-progress-meter", Nothing, Output),
    opt('f', "fail", Nothing, Output),
    opt(' ', "fail-with-body", Nothing, Output),
    opt(' ', "fail-early", Nothing, Output),
    opt('N', "no-buffer", Nothing, Output),
    opt('D', "dump-header", Value, Output),
    opt('c', "cookie-jar", Value, Output),
    opt('j', "junk-session-cookies", Nothing, Output),
    opt(' ', "trace", Value, Output),
    opt(' ', "trace-ascii", Value, Output),
    opt(' ', "trace-time", Nothing, Output),
    opt(' ', "stderr", Value, Output),
    opt('q', "disable", Nothing, Output),
    opt('g', "globoff", Nothing, Request),
    opt(' ', "path-as-is", Nothing, Output),
    opt('Z', "parallel", Nothing, Output),
    opt(' ', "parallel-max", Value, Output),
    opt(' ', "parallel-immediate", Nothing, Output),
    opt('R', "remote-time", Nothing, Output),
    opt(' ', "styled-output", Nothing, Output),
    opt(' ', "no-styled-output", Nothing, Output),
    opt(' ', "tcp-nodelay", Nothing, Output),
    opt('a', "append", Nothing, Output),
    opt(' ', "retry", Value, No),
    opt(' ', "retry-delay", Value, No),
    opt(' ', "retry-max-time", Value, No),
    opt(' ', "retry-all-errors", Nothing, No),
    opt(' ', "retry-connrefused", Nothing, No),
    opt(' ', "limit-rate", Value, No),
    opt(' ', "rate", Value, No),
    opt('y', "speed-time", Value, No),
    opt('Y', "speed-limit", Value, No),
    opt('x', "proxy", Value, No),
    opt('U', "proxy-user", Value, No),
    opt(' ', "noproxy", Value, No),
    opt(' ', "socks5", Value, No),
    opt(' ', "socks5-hostname", Value, No),
    opt('p', "proxytunnel", Nothing, No),
    opt(' ', "preproxy", Value, No),
    opt('4', "ipv4", Nothing, No),
    opt('6', "ipv6", Nothing, No),
    opt(' ', "interface", Value, No),
    opt(' ', "local-port", Value, No),
    opt(' ', "dns-servers", Value, No),
    opt(' ', "doh-url", Value, No),
    opt('0', "http1.0", Nothing, No),
    opt(' ', "http0.9", Nothing, No),
    opt(' ', "http3", Nothing, No),
    opt(' ', "http3-only", Nothing, No),
    opt('n', "netrc", Nothing, No),
    opt(' ', "netrc-file", Value, No),
    opt(' ', "netrc-optional", Nothing, No),
    opt(' ', "digest", Nothing, No),
    opt(' ', "ntlm", Nothing, No),
    opt(' ', "negotiate", Nothing, No),
    opt(' ', "anyauth", Nothing, No),
    opt(' ', "aws-sigv4", Value, No),
    opt(' ', "capath", Value, No),
    opt(' ', "ciphers", Value, No),
    opt(' ', "tls-max", Value, No),
    opt('1', "tlsv1", Nothing, No),
    opt(' ', "tlsv1.2", Nothing, No),
    opt(' ', "tlsv1.3", Nothing, No),
    opt(' ', "ssl-no-revoke", Nothing, No),
    opt(' ', "pinnedpubkey", Value, No),
    opt(' ', "pass", Value, No),
    opt(' ', "cert-type", Value, No),
    opt(' ', "key-type", Value, No),
    opt('K', "config", Value, No),
    opt('z', "time-cond", Value, No),
    opt('C', "continue-at", Value, No),
    opt(' ', "post301", Nothing, No),
    opt(' ', "post302", Nothing, No),
    opt(' ', "expect100-timeout", Value, No),
];

/// The option of a long name; curl takes `--no-` before those without a value.
pub(super) fn long(name: &str) -> Option<Opt> {
    OPTIONS.iter().find(|o| o.long == name).copied()
}

/// The option of a letter.
pub(super) fn short(letter: char) -> Option<Opt> {
    OPTIONS.iter().find(|o| o.short == Some(letter)).copied()
}
