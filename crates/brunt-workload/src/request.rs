//! What is sent and what is expected of the answer, as plain data.

use crate::{Comparison, Draw, Pick, Plain, SlotId, Text};
use brunt_metrics::{CheckId, EndpointId, Nanos};
use std::path::PathBuf;
use std::sync::Arc;

/// A request of the workload, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// An origin of the workload, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub u16);

/// Where requests go: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Plain or TLS.
    pub scheme: Scheme,
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Connect to this Unix socket instead of host and port.
    pub unix: Option<PathBuf>,
}

impl Origin {
    /// The `Host` header or `:authority`: the port is left out where it is the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }
}

/// How an origin is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// 80 or 443.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// `http` or `https`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Which HTTP a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: by ALPN over TLS, by prior knowledge in the clear.
    Http2,
    /// Over TLS what the server prefers of both; in the clear HTTP/1.1.
    Negotiate,
}

/// One request, ready to be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Where it is counted.
    pub endpoint: EndpointId,
    /// Where it goes.
    pub origin: OriginId,
    /// The method's token: `GET`.
    pub method: String,
    /// Path and query, starting with `/` (or `*`).
    pub target: Text,
    /// Beside those that the connection itself needs (`Host`, `Content-Length`).
    pub headers: Vec<(String, Text)>,
    /// What is sent after the head.
    pub body: Body,
    /// How long the whole may take, from its start.
    pub timeout: Nanos,
    /// Redirects followed before giving up; 0 takes a redirect as the answer.
    pub redirects: u8,
    /// What the answer is held against, in order.
    pub checks: Vec<CheckId>,
    /// What is remembered of the answer, in order. Nothing is of one that failed otherwise.
    pub saves: Vec<Save>,
    /// What a failure means for the iteration.
    pub on_failure: OnFailure,
    /// The login whose values it uses.
    pub login: Option<LoginId>,
    /// Faults that are put into some of these requests on purpose.
    pub faults: Option<FaultMixId>,
}

/// What a failed request means for its iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It ends.
    #[default]
    End,
    /// It goes on.
    Continue,
}

/// Something remembered of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// Under this name.
    pub slot: SlotId,
    /// What.
    pub from: Extract,
    /// Which, if there are several.
    pub pick: Pick,
    /// Instead, if there is none. Without it an answer that has none is an error.
    pub default: Option<Text>,
    /// What the default is.
    pub plain: Plain,
    /// Counts whether it was found.
    pub check: CheckId,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extract {
    /// What a JSON path (RFC 9535) finds in the decoded body. Valid: lowering has parsed it.
    Json(String),
    /// What a regular expression finds in the decoded body: its first group, or all of the match if it has none.
    /// Valid: lowering has compiled it.
    Regex(String),
    /// The values of a header, by its name in lower case; of each what the expression finds.
    Header {
        /// The header's name, in lower case.
        name: String,
        /// As in [`Extract::Regex`].
        regex: Option<String>,
    },
    /// The value of a cookie that the answer sets.
    Cookie(String),
    /// The status.
    Status,
    /// The whole decoded body, if it is UTF-8.
    Body,
}

/// A login of the workload, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginId(pub u16);

/// Requests that give a user what others need: a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its name in plans.
    pub name: String,
    /// Sent in order before the first request that needs them.
    pub requests: Vec<RequestId>,
    /// What they save, and what is handed on when users share a login.
    pub slots: Vec<SlotId>,
    /// Who logs in.
    pub who: LoginFor,
    /// An answer with one of these statuses, both ends included, means that it is over: it is made again, and
    /// the request sent again, once.
    pub refresh_on: Vec<(u16, u16)>,
}

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFor {
    /// Each user for itself.
    EachUser,
    /// One user of a worker for all.
    EachWorker,
}

/// A mix of faults of the workload, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultMixId(pub u16);

/// Faults that clients make, put into a share of requests on purpose. At most one a request; what is faulty is
/// counted at endpoints of the kind `Injected`, apart from all other requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultMix {
    /// In this order; the shares add up to 1 at most.
    pub faults: Vec<Fault>,
}

impl FaultMix {
    /// Which fault a request has, if any.
    pub fn chosen(&self, draw: &mut Draw) -> Option<&Fault> {
        let mut x = draw.unit();
        self.faults.iter().find(|fault| {
            let chosen = x < fault.share;
            x -= fault.share;
            chosen
        })
    }
}

/// One kind of fault with its share.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is done.
    pub kind: FaultKind,
    /// To this share of requests: 0 to 1.
    pub share: f64,
    /// Where it is counted: by scenario (position) an endpoint of the kind `Injected`.
    pub endpoints: Vec<EndpointId>,
}

/// What a faulty client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Sends the head and half of the body, or the request if it has none, and closes the connection without
    /// reading.
    Abort,
    /// Takes this time to send the request, a piece at a time.
    SlowSend(Nanos),
    /// Sends a body that does not parse: cut in the middle, with bytes that are neither JSON nor UTF-8.
    MalformedBody,
    /// Sends the request again so many times at once, as an impatient client does.
    Retries(u16),
}

impl FaultKind {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Abort => "aborted",
            Self::SlowSend(_) => "sent slowly",
            Self::MalformedBody => "malformed body",
            Self::Retries(_) => "retry burst",
        }
    }
}

/// Something counted by its values: which cache answered, which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Its name in tables.
    pub name: String,
    /// The header whose value is counted, in lower case. Answers without it are not counted.
    pub header: String,
}

/// A request's body. JSON, forms, multipart and files are rendered to one of these when the plan is lowered.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// The same bytes every time.
    Bytes(Arc<[u8]>),
    /// Text with generated parts.
    Text(Text),
}

/// A check as the workload's table holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Its name in tables, unique within its endpoint.
    pub name: String,
    /// What must hold.
    pub rule: CheckRule,
}

/// What a check asks of a response.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckRule {
    /// The status lies in one of these ranges, both ends included.
    Status(Vec<(u16, u16)>),
    /// The decoded body contains these bytes.
    BodyContains(Vec<u8>),
    /// The decoded body does not contain these bytes.
    BodyLacks(Vec<u8>),
    /// The decoded body matches this regular expression somewhere. Valid: lowering has compiled it.
    BodyMatches(String),
    /// The decoded body is JSON, and what this path finds in it passes the test.
    Json {
        /// A JSON path (RFC 9535). Valid: lowering has parsed it.
        path: String,
        /// The test.
        test: JsonTest,
    },
    /// A value was found to be saved: the check that each [`Save`] has of its own.
    Saved(SlotId),
    /// The header exists and, if a text is given, contains it.
    Header {
        /// The header's name, in lower case.
        name: String,
        /// What its value must contain.
        contains: Option<String>,
    },
    /// The body, as sent, has between these many bytes.
    BodySize {
        /// At least.
        min: u64,
        /// At most.
        max: u64,
    },
    /// Service time is at most this.
    MaxTime(Nanos),
}

impl CheckRule {
    /// Whether the response's body must be kept and decoded.
    pub const fn needs_body(&self) -> bool {
        match self {
            Self::BodyContains(_) | Self::BodyLacks(_) | Self::BodyMatches(_) | Self::Json { .. } => true,
            Self::Status(_)
            | Self::Header { .. }
            | Self::BodySize { .. }
            | Self::MaxTime(_)
            | Self::Saved(_) => false,
        }
    }
}

/// What is asked of the values that a JSON path finds.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTest {
    /// There is at least one.
    Exists,
    /// There is none.
    Absent,
    /// There is at least one, and each compares so with the text. Strings are compared without their quotes,
    /// numbers as numbers.
    Compare(Comparison, Text),
    /// So many are there: of a single array its items, else the values found. Both ends included.
    Count(u64, u64),
}

impl Extract {
    /// Whether the response's body must be kept and decoded.
    pub const fn needs_body(&self) -> bool {
        match self {
            Self::Json(_) | Self::Regex(_) | Self::Body => true,
            Self::Header { .. } | Self::Cookie(_) | Self::Status => false,
        }
    }
}

/// How connections are made, for the whole workload.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetSettings {
    /// Every place that requests go to.
    pub origins: Vec<Origin>,
    /// Which HTTP.
    pub version: HttpVersion,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
    /// How long opening a connection (name, transport, TLS) may take.
    pub connect_timeout: Nanos,
    /// Connect elsewhere than where the URL says: (host, port) asked for, `None` for any, and the host and
    /// port to use. The `Host` header and the TLS name stay as asked for.
    pub connect_to: Vec<ConnectTo>,
    /// HTTP/2 connections a worker shares between its users; `None` gives each user its own, as browsers have.
    pub shared_connections: Option<u32>,
    /// Certificates.
    pub tls: TlsSettings,
    /// The most bytes of a response's body that are kept for checks; more is an error of the kind `too large`.
    pub max_kept_body: u64,
    /// How far an answer may lead.
    pub redirects: Redirects,
}

/// Which redirects are followed, of those that a request may follow at all; one that is not is the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// All.
    #[default]
    Anywhere,
    /// Those to a host that the workload itself sends to, whatever the port.
    OwnHosts,
}

impl TargetSettings {
    /// Whether a redirect to this host is followed.
    pub fn may_lead_to(&self, host: &str) -> bool {
        match self.redirects {
            Redirects::Anywhere => true,
            Redirects::OwnHosts => self.origins.iter().any(|origin| origin.host.eq_ignore_ascii_case(host)),
        }
    }
}

/// One rule of `--connect-to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    /// Applies to this host; any if `None`.
    pub host: Option<String>,
    /// Applies to this port; any if `None`.
    pub port: Option<u16>,
    /// Connect to this host or address; unchanged if `None`.
    pub to_host: Option<String>,
    /// Connect to this port; unchanged if `None`.
    pub to_port: Option<u16>,
}

/// Whom to trust and who to be. File contents, not paths: lowering has read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Accept any certificate.
    pub insecure: bool,
    /// PEM certificates to trust instead of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM certificate chain and private key to present.
    pub identity_pem: Option<(Vec<u8>, Vec<u8>)>,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            version: HttpVersion::Http1,
            keep_alive: true,
            connect_timeout: Nanos::from_secs(10),
            connect_to: Vec::new(),
            shared_connections: None,
            tls: TlsSettings::default(),
            max_kept_body: 16 << 20,
            redirects: Redirects::default(),
        }
    }
}
