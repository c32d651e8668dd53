//! How a request ended: a closed set, so that counts stay bounded and callers match on variants.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a request did not succeed. Closed: new failures map to the nearest kind, their text goes into the
/// run's bounded list of error details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ErrorKind {
    /// The host's name did not resolve.
    Dns = 1,
    /// The port answered that nobody listens.
    ConnectRefused = 2,
    /// No connection within the connect timeout.
    ConnectTimeout = 3,
    /// Any other failure to connect: network or host unreachable, no route.
    Connect = 4,
    /// This machine had no ephemeral port or file descriptor left: our limit, not the target's.
    LocalLimit = 5,
    /// The TLS handshake failed: certificate, name, version.
    Tls = 6,
    /// The peer reset or closed the connection before the response was complete.
    Reset = 7,
    /// No complete response within the request timeout.
    RequestTimeout = 8,
    /// What came was not valid HTTP.
    Protocol = 9,
    /// A response header or body larger than the limit of what is read.
    TooLarge = 10,
    /// More redirects than allowed, or one that leads nowhere.
    Redirect = 11,
    /// A complete response whose status counts as an error.
    Status = 12,
    /// A complete response that failed a check.
    Check = 13,
    /// The run was cut while the request was in flight.
    Cut = 14,
    /// Any other input or output error.
    Io = 15,
    /// The body's content encoding could not be decoded.
    Decode = 16,
    /// The request could not be made: a value that it uses had not been saved. Nothing was sent.
    Missing = 17,
}

impl ErrorKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 17] = [
        Self::Dns,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::Connect,
        Self::LocalLimit,
        Self::Tls,
        Self::Reset,
        Self::RequestTimeout,
        Self::Protocol,
        Self::TooLarge,
        Self::Redirect,
        Self::Status,
        Self::Check,
        Self::Cut,
        Self::Io,
        Self::Decode,
        Self::Missing,
    ];

    /// A short name for tables and files; stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ConnectRefused => "connect refused",
            Self::ConnectTimeout => "connect timeout",
            Self::Connect => "connect",
            Self::LocalLimit => "local limit",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::RequestTimeout => "request timeout",
            Self::Protocol => "protocol",
            Self::TooLarge => "too large",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::Check => "check",
            Self::Cut => "cut",
            Self::Io => "io",
            Self::Decode => "decode",
            Self::Missing => "missing value",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A complete response that passed.
    Ok,
    /// Anything else.
    Error(ErrorKind),
}

impl Outcome {
    /// A code for files: 0 is success, otherwise the kind's number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error(kind) => kind as u8,
        }
    }

    /// The outcome of a code; `None` for a number that no version has written.
    pub fn from_code(code: u8) -> Option<Self> {
        if code == 0 {
            return Some(Self::Ok);
        }
        ErrorKind::ALL.into_iter().find(|k| *k as u8 == code).map(Self::Error)
    }

    /// Whether the request was sent: one that lacks a value is not, and its times say nothing of the target.
    pub const fn is_sent(self) -> bool {
        !matches!(self, Self::Error(ErrorKind::Missing))
    }

    /// Whether the request succeeded.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }
}

/// A response's status: none, an exact code, or (past the bound on distinct codes) only its class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Status(u16);

impl Status {
    /// No response came.
    pub const NONE: Self = Self(0);

    /// An exact code, 100 to 999.
    pub const fn code(code: u16) -> Self {
        Self(code)
    }

    /// The same status with only its class left.
    #[must_use]
    pub const fn folded(self) -> Self {
        Self(self.class() as u16)
    }

    /// The hundreds digit: 0 for no response, 1 to 9.
    pub const fn class(self) -> u8 {
        #[expect(clippy::cast_possible_truncation, reason = "below 10 by construction")]
        if self.0 < 10 { self.0 as u8 } else { (self.0 / 100) as u8 }
    }

    /// The number as stored in files: 0, a class (1 to 9) or a code.
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// The status stored as `raw`.
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }
}

/// `503`, `5xx` when folded, `-` without a response.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("-"),
            1..=9 => write!(f, "{}xx", self.0),
            code => write!(f, "{code}"),
        }
    }
}

/// The part of a scenario that a request was due in. Only `Load` counts for verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Phase {
    /// Before the load counts: caches fill, connections open.
    WarmUp = 0,
    /// The load that is judged.
    #[default]
    Load = 1,
    /// After the load that counts, while the target settles.
    CoolDown = 2,
}

impl Phase {
    /// The phase of a stored number; `None` for one that no version has written.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::WarmUp),
            1 => Some(Self::Load),
            2 => Some(Self::CoolDown),
            _ => None,
        }
    }

    /// The phase's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Load => "load",
            Self::CoolDown => "cool-down",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_codes_are_a_bijection() {
        assert_eq!(Outcome::from_code(0), Some(Outcome::Ok));
        for kind in ErrorKind::ALL {
            let outcome = Outcome::Error(kind);
            assert_eq!(Outcome::from_code(outcome.code()), Some(outcome), "{kind}");
        }
        assert_eq!(Outcome::from_code(200), None);
    }

    #[test]
    fn status_folds_to_its_class() {
        for (status, class, text, folded) in [
            (Status::NONE, 0, "-", "-"),
            (Status::code(204), 2, "204", "2xx"),
            (Status::code(599), 5, "599", "5xx"),
        ] {
            assert_eq!(status.class(), class);
            assert_eq!(status.to_string(), text);
            assert_eq!(status.folded().to_string(), folded);
            assert_eq!(status.folded().class(), class);
        }
    }
}
