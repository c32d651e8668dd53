//! TLS and HTTP/2.

use std::{net::TcpStream, sync::Arc};

use brunt_demo::{Alpn, Certificates, ClientAuth, Config, MockConfig, Running, Target, TlsConfig, start};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::client::{address, connect, exchange, mock};

/// Whether the client shows its certificate.
#[derive(Clone, Copy)]
enum Identity {
    Anonymous,
    Shown,
}

fn client_config(certificates: &Certificates, identity: Identity, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificates.ca_pem.as_bytes()).expect("ca")).expect("root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match identity {
        Identity::Anonymous => builder.with_no_client_auth(),
        Identity::Shown => {
            let cert = CertificateDer::from_pem_slice(certificates.client_cert_pem.as_bytes()).expect("cert");
            let key = PrivateKeyDer::from_pem_slice(certificates.client_key_pem.as_bytes()).expect("key");
            builder.with_client_auth_cert(vec![cert], key).expect("client certificate")
        }
    };
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

fn secure(target: Target, tls: TlsConfig) -> (Running, Certificates) {
    let running = start(Config::new(target).tls(tls)).expect("start");
    let certificates = running.certificates().expect("certificates").clone();
    (running, certificates)
}

fn session(
    running: &Running,
    config: Arc<ClientConfig>,
    name: &'static str,
) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from(name).expect("a name");
    StreamOwned::new(ClientConnection::new(config, name).expect("client"), connect(running))
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(future)
}

/// `method /bytes/100000` over HTTP/2 on `io`: the announced length and the received one.
async fn by_http2<S>(io: S, method: &str) -> (Option<String>, usize)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = h2::client::handshake(io).await.expect("handshake");
    tokio::spawn(connection);
    let request = http::Request::builder().method(method).uri("http://localhost/bytes/100000");
    let request = request.body(()).expect("request");
    let (response, _) = sender.ready().await.expect("ready").send_request(request, true).expect("send");
    let response = response.await.expect("response");
    let announced =
        response.headers().get("content-length").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = response.into_body();
    let mut size = 0;
    while let Some(data) = body.data().await {
        let length = data.expect("data").len();
        body.flow_control().release_capacity(length).expect("window");
        size += length;
    }
    (announced, size)
}

#[test]
fn https_for_each_name() {
    for target in [Target::Mock(Box::default()), Target::Null] {
        let (running, certificates) = secure(target, TlsConfig::default());
        assert!(running.url().starts_with("https://127.0.0.1:"));
        for name in ["localhost", "127.0.0.1", "::1"] {
            let config = client_config(&certificates, Identity::Anonymous, &["http/1.1"]);
            let mut stream = session(&running, config, name);
            assert_eq!(exchange(&mut stream, "GET /delay/0").text(), "ok", "{name}");
            assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        }
    }
}

#[test]
fn client_certificates() {
    let tls = TlsConfig { client_auth: ClientAuth::Required, ..TlsConfig::default() };
    let (running, certificates) = secure(Target::Mock(Box::default()), tls);
    let mut shown =
        session(&running, client_config(&certificates, Identity::Shown, &["http/1.1"]), "localhost");
    assert_eq!(exchange(&mut shown, "GET /delay/0").text(), "ok");
    let mut anonymous =
        session(&running, client_config(&certificates, Identity::Anonymous, &[]), "localhost");
    let refused = std::io::copy(&mut anonymous, &mut std::io::sink());
    assert!(refused.is_err());
}

#[test]
fn http2_by_alpn() {
    let tls = TlsConfig { alpn: Alpn::Http2, ..TlsConfig::default() };
    let (running, certificates) = secure(Target::Mock(Box::default()), tls);
    let config = client_config(&certificates, Identity::Anonymous, &["h2", "http/1.1"]);
    let answer = block_on(async {
        let tcp = tokio::net::TcpStream::connect(address(&running)).await.expect("connect");
        let name = ServerName::try_from("localhost").expect("name");
        let stream = TlsConnector::from(config).connect(name, tcp).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        by_http2(stream, "GET").await
    });
    assert_eq!(answer, (Some("100000".to_owned()), 100_000));
}

#[test]
fn http2_with_prior_knowledge() {
    let running = mock(MockConfig::default());
    for (method, size) in [("GET", 100_000), ("HEAD", 0)] {
        let answer = block_on(async {
            by_http2(tokio::net::TcpStream::connect(address(&running)).await.expect("connect"), method).await
        });
        assert_eq!(answer, (Some("100000".to_owned()), size), "{method}");
    }
    assert_eq!(running.stats().requests, 2);
}
