//! TLS: whom to trust, who to be, which versions.

use crate::drive::Plan;
use crate::server::{Scripted, answer, read_request, scripted};
use brunt_demo::{Alpn, Certificates, ClientAuth, Config, MockConfig, Running, TlsConfig, start};
use brunt_http::{Settings, SetupError};
use brunt_metrics::Part;
use brunt_workload::{HttpVersion, TlsSettings};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

fn secure(config: TlsConfig) -> Running {
    start(Config::mock(MockConfig::default()).tls(config)).unwrap()
}

fn trusting(certificates: &Certificates) -> TlsSettings {
    TlsSettings { ca_pem: Some(certificates.ca_pem.clone().into_bytes()), ..TlsSettings::default() }
}

#[test]
fn trust() {
    let (target, other) = (secure(TlsConfig::default()), secure(TlsConfig::default()));
    let own = trusting(target.certificates().unwrap());
    let wrong = trusting(other.certificates().unwrap());
    let insecure = TlsSettings { insecure: true, ..TlsSettings::default() };
    let port = target.addr().unwrap().port();
    let localhost = format!("https://localhost:{port}");
    let elsewhere = format!("https://shop.example:{port}");
    for (url, tls, outcomes, detail) in [
        (&target.url(), &own, "0: 3 x 200 ok", ""),
        (&localhost, &own, "0: 3 x 200 ok", ""),
        (&target.url(), &insecure, "0: 3 x 200 ok", ""),
        (&elsewhere, &insecure, "0: 3 x 200 ok", ""),
        (&target.url(), &wrong, "0: 3 x tls", "tls: invalid peer certificate: BadSignature"),
        (&elsewhere, &own, "0: 3 x tls", "tls: invalid peer certificate: certificate not valid for name"),
    ] {
        let plan = Plan::to(url).get("/").times(3).target(|t| t.tls = tls.clone());
        let ran = plan.connect_to((Some("shop.example"), None), (Some("127.0.0.1"), None)).run();
        assert_eq!(ran.outcomes(), outcomes, "{url}: {}", ran.details());
        assert!(ran.details().starts_with(detail), "{}", ran.details());
        let handshakes = u64::from(detail.is_empty());
        assert_eq!((ran.connects(), ran.part(Part::Tls).count), (handshakes, handshakes));
        assert_eq!(ran.open, 0);
    }
}

#[test]
fn client_certificates() {
    let target = secure(TlsConfig { client_auth: ClientAuth::Required, ..TlsConfig::default() });
    let certificates = target.certificates().unwrap();
    let without = trusting(certificates);
    let identity =
        (certificates.client_cert_pem.clone().into_bytes(), certificates.client_key_pem.clone().into_bytes());
    let with = TlsSettings { identity_pem: Some(identity), ..without.clone() };
    for (tls, outcomes) in [(with, "0: 3 x 200 ok"), (without, "0: 3 x tls")] {
        for version in [HttpVersion::Http1, HttpVersion::Http2] {
            let plan = Plan::to(&target.url()).get("/").times(3).target(|t| t.tls = tls.clone());
            let ran = plan.version(version).run();
            assert_eq!(ran.outcomes(), outcomes, "{version:?}: {}", ran.details());
        }
    }
}

#[test]
fn versions_of_http_are_negotiated() {
    use HttpVersion::{Http1, Http2, Negotiate};
    for (alpn, version, seen) in [
        (Alpn::Both, Http1, "HTTP/1.1"),
        (Alpn::Both, Http2, "HTTP/2.0"),
        (Alpn::Both, Negotiate, "HTTP/2.0"),
        (Alpn::Http1, Http1, "HTTP/1.1"),
        (Alpn::Http1, Negotiate, "HTTP/1.1"),
        (Alpn::Http2, Http2, "HTTP/2.0"),
        (Alpn::Http2, Negotiate, "HTTP/2.0"),
        // The server says so in the handshake.
        (Alpn::Http1, Http2, "tls"),
        (Alpn::Http2, Http1, "tls"),
    ] {
        let target = secure(TlsConfig { alpn, ..TlsConfig::default() });
        let tls = trusting(target.certificates().unwrap());
        let says = brunt_workload::CheckRule::BodyContains(seen.as_bytes().to_vec());
        let plan = Plan::to(&target.url()).get("/headers").check(says).target(|t| t.tls = tls);
        let ran = plan.version(version).times(3).run();
        let outcomes = if seen == "tls" { "0: 3 x tls" } else { "0: 3 x 200 ok" };
        assert_eq!(ran.outcomes(), outcomes, "{alpn:?} {version:?}: {}", ran.details());
    }
}

/// A server of one TLS version that offers no ALPN and closes each connection after `requests`.
fn of_version(version: &'static rustls::SupportedProtocolVersion, requests: usize) -> Scripted {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let mut server = scripted(move |_, socket| {
        let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::StreamOwned::new(session, socket);
        for _ in 0..requests {
            if read_request(&mut stream).is_none() {
                return;
            }
            answer(&mut stream, "", b"ok");
        }
        stream.conn.send_close_notify();
        let _ = stream.conn.write_tls(&mut stream.sock);
    });
    server.url = server.url.replace("http:", "https:");
    server
}

#[test]
fn versions_of_tls() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = of_version(version, 1_000);
        let plan = Plan::to(&server.url).get("/").times(5).target(|t| t.tls.insecure = true);
        let ran = plan.run();
        assert_eq!(ran.outcomes(), "0: 5 x 200 ok", "{version:?}: {}", ran.details());
        assert_eq!(server.connections(), 1, "{version:?}: tickets are no news that ends a connection");
    }
}

/// The end of a TLS connection is seen before the next request: also a POST is not lost to it.
#[test]
fn a_tls_connection_closed_while_idle_is_replaced() {
    let server = of_version(&rustls::version::TLS13, 1);
    let plan = Plan::to(&server.url).request("POST", "/").pause(crate::drive::ms(50)).times(3);
    let ran = plan.target(|t| t.tls.insecure = true).run();
    assert_eq!(ran.outcomes(), "0: 3 x 200 ok", "{}", ran.details());
    assert_eq!((server.connections(), ran.retries()), (3, 0));
}

#[test]
fn not_tls_at_all() {
    let server = scripted(|_, mut stream| answer(&mut stream, "", b"not TLS"));
    let url = server.url.replace("http:", "https:");
    let ran = Plan::to(&url).get("/").target(|t| t.tls.insecure = true).run();
    assert_eq!(ran.outcomes(), "0: 1 x tls", "{}", ran.details());
    let target = secure(TlsConfig::default());
    let ran = Plan::to(&target.url().replace("https:", "http:")).get("/").run();
    assert!(["0: 1 x protocol", "0: 1 x reset"].contains(&ran.outcomes().as_str()), "{}", ran.outcomes());
}

#[test]
fn certificates_that_cannot_be_used() {
    let pem = || secure(TlsConfig::default()).certificates().unwrap().clone();
    let none = TlsSettings::default;
    let rows = [
        TlsSettings { ca_pem: Some(b"not pem".to_vec()), ..none() },
        TlsSettings {
            ca_pem: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
            ..none()
        },
        TlsSettings { insecure: true, identity_pem: Some((Vec::new(), Vec::new())), ..none() },
        TlsSettings {
            insecure: true,
            identity_pem: Some((pem().client_cert_pem.into_bytes(), b"x".to_vec())),
            ..none()
        },
        TlsSettings {
            insecure: true,
            identity_pem: Some((pem().client_cert_pem.into_bytes(), pem().client_key_pem.into_bytes())),
            ..none()
        },
    ];
    let errors = rows.map(|tls| {
        let plan = Plan::to("https://localhost:1").get("/").target(|t| t.tls = tls);
        let error = Settings::prepare(&plan.workload()).err().unwrap();
        assert!(matches!(error, SetupError::Certificate { .. }));
        error.to_string()
    });
    insta::assert_snapshot!(errors.join("\n"), @r"
    cannot use the CA certificate: no PEM certificate in it (`-----BEGIN CERTIFICATE-----`)
    cannot use the CA certificate: not a valid X.509 certificate: BadEncoding
    cannot use the client certificate: no PEM certificate in it (`-----BEGIN CERTIFICATE-----`)
    cannot use the client key: no PEM private key in it (`-----BEGIN PRIVATE KEY-----`)
    cannot use the client certificate: keys may not be consistent: KeyMismatch
    ");
}
