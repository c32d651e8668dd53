//! Requests of hooks: one at a time, far from the load path.

use crate::HookError;
use crate::command::Output;
use brunt_metrics::Nanos;
use brunt_workload::{HookRequest, Source, Text, TextPart, TlsSettings};
use std::io::Read;
use std::time::Duration;
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// The request in one line, without its secrets.
pub(crate) fn shown(request: &HookRequest) -> String {
    format!("{} {}", request.method, shown_text(&request.url))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Hidden,
    Exposed,
}

/// Hooks' texts hold literals and secrets only.
fn text_of(part: &TextPart, show: Show) -> &str {
    match part {
        TextPart::Literal(text) => text,
        TextPart::Dynamic { source: Source::Secret(_), .. } if show == Show::Hidden => "(hidden)",
        TextPart::Dynamic { source: Source::Secret(secret), .. } => secret.expose(),
        TextPart::Dynamic {
            source: Source::Generated(_) | Source::Saved { .. } | Source::Cell { .. } | Source::Base64(_),
            ..
        } => "",
    }
}

/// What is sent.
pub(crate) fn exposed(text: &Text) -> String {
    text.parts.iter().map(|part| text_of(part, Show::Exposed)).collect()
}

/// `words` without the secrets of `text`.
pub(crate) fn hidden(words: &str, text: &Text) -> String {
    let secret = |part: &TextPart| match part {
        TextPart::Dynamic { source: Source::Secret(secret), .. } => Some(secret.expose().to_owned()),
        TextPart::Literal(_) | TextPart::Dynamic { .. } => None,
    };
    let secrets = text.parts.iter().filter_map(secret).filter(|s| !s.is_empty());
    secrets.fold(words.to_owned(), |words, secret| words.replace(&secret, "(hidden)"))
}

/// A text in words, without its secrets.
pub fn shown_text(text: &Text) -> String {
    text.parts.iter().map(|part| text_of(part, Show::Hidden)).collect()
}

/// Sends it and reads the answer.
pub(crate) fn send(
    request: &HookRequest,
    timeout: Nanos,
    tls: &TlsSettings,
) -> (Vec<u8>, Result<(), HookError>) {
    match answer(request, timeout, tls) {
        Err(reason) if reason.contains("timeout") => (Vec::new(), Err(HookError::Timeout(timeout))),
        Err(reason) => (Vec::new(), Err(HookError::NoAnswer(reason))),
        Ok((status, body)) => {
            let held = request.status.iter().any(|(low, high)| (*low..=*high).contains(&status));
            (body, if held { Ok(()) } else { Err(HookError::Status(status)) })
        }
    }
}

fn answer(request: &HookRequest, timeout: Nanos, tls: &TlsSettings) -> Result<(u16, Vec<u8>), String> {
    let config = Agent::config_builder()
        .timeout_global(Some(Duration::from_nanos(timeout.0)))
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .user_agent(concat!("brunt/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls_config(tls)?)
        .build();
    let agent = Agent::new_with_config(config);
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| e.to_string())?;
    let mut builder = Request::builder().method(method).uri(exposed(&request.url));
    for (name, value) in &request.headers {
        builder = builder.header(name, exposed(value));
    }
    let body = request.body.as_ref().map(exposed);
    let sent = match body {
        Some(body) => builder.body(body).map_err(|e| e.to_string()).map(|r| agent.run(r)),
        None => builder.body(()).map_err(|e| e.to_string()).map(|r| agent.run(r)),
    };
    let response = sent?.map_err(|e| e.to_string())?;
    let (parts, body): (_, Body) = response.into_parts();
    let mut output = Output::default();
    let mut reader = body.into_reader();
    let mut buffer = vec![0; 8 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => output.add(&buffer[..n]),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok((parts.status.as_u16(), output.bytes()))
}

/// Whom to trust.
pub(crate) fn tls_config(tls: &TlsSettings) -> Result<TlsConfig, String> {
    let mut builder = TlsConfig::builder().disable_verification(tls.insecure);
    if let Some(pem) = &tls.ca_pem {
        let certificates: Vec<Certificate<'static>> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                Ok(_) | Err(_) => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err("the CA file holds no certificate".to_owned());
        }
        builder = builder.root_certs(RootCerts::Specific(std::sync::Arc::new(certificates)));
    }
    Ok(builder.build())
}
