//! What is sent and what is expected of the answer, as plain data.

use crate::Text;
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
            Self::BodyContains(_) => true,
            Self::Status(_) | Self::Header { .. } | Self::BodySize { .. } | Self::MaxTime(_) => false,
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
        }
    }
}
