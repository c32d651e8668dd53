//! Certificates made for one run, and the TLS acceptor that uses them.
//!
//! Each start makes a new certificate authority and a leaf for `localhost`, `127.0.0.1` and `::1`; nothing is written to
//! disk and nothing outlives the target. Not for anything but tests: the keys are handed out.

use std::{io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;

/// How a target speaks TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// Which protocols are offered by ALPN.
    pub alpn: Alpn,
    /// Whether clients must show a certificate.
    pub client_auth: ClientAuth,
}

/// The protocols that a target offers during the TLS handshake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alpn {
    /// `h2`, then `http/1.1`.
    #[default]
    Both,
    /// `http/1.1` alone.
    Http1,
    /// `h2` alone.
    Http2,
}

/// Whether a client must show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// No certificate is asked for.
    #[default]
    None,
    /// A certificate of this run's authority is required: [`Certificates::client_cert_pem`].
    Required,
}

/// What a client needs to talk to a target over TLS, all as PEM text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority to trust.
    pub ca_pem: String,
    /// A client certificate that the target accepts.
    pub client_cert_pem: String,
    /// The private key of the client certificate (PKCS #8).
    pub client_key_pem: String,
}

/// Makes the certificates and the acceptor.
pub(crate) fn acceptor(config: TlsConfig) -> io::Result<(TlsAcceptor, Certificates)> {
    let made = make().map_err(io::Error::other)?;
    let server = server_config(config, made.server, &made.ca).map_err(io::Error::other)?;
    Ok((TlsAcceptor::from(Arc::new(server)), made.shown))
}

struct Made {
    ca: CertificateDer<'static>,
    server: (CertificateDer<'static>, PrivateKeyDer<'static>),
    shown: Certificates,
}

fn make() -> Result<Made, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "brunt demo authority");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate()?;
    let ca = params.self_signed(&ca_key)?;
    let issuer = Issuer::new(params, ca_key);

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let (server, server_key) = leaf(&issuer, names, ExtendedKeyUsagePurpose::ServerAuth)?;
    let (client, client_key) = leaf(&issuer, vec!["client".to_owned()], ExtendedKeyUsagePurpose::ClientAuth)?;
    let shown = Certificates {
        ca_pem: ca.pem(),
        client_cert_pem: client.pem(),
        client_key_pem: client_key.serialize_pem(),
    };
    let server_key = PrivatePkcs8KeyDer::from(server_key.serialize_der());
    Ok(Made { ca: ca.der().clone(), server: (server.der().clone(), server_key.into()), shown })
}

fn leaf(
    issuer: &Issuer<'_, KeyPair>,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "brunt demo");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate()?;
    Ok((params.signed_by(&key, issuer)?, key))
}

fn server_config(
    config: TlsConfig,
    (cert, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
    ca: &CertificateDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match config.client_auth {
        ClientAuth::None => builder.with_no_client_auth(),
        ClientAuth::Required => {
            let mut roots = RootCertStore::empty();
            roots.add(ca.clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|e| rustls::Error::General(e.to_string()))?)
        }
    };
    let mut server = builder.with_single_cert(vec![cert], key)?;
    server.alpn_protocols = match config.alpn {
        Alpn::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Alpn::Http1 => vec![b"http/1.1".to_vec()],
        Alpn::Http2 => vec![b"h2".to_vec()],
    };
    Ok(server)
}
