//! TLS: whom to trust, who to be, which protocols to offer.

use crate::error::SetupError;
use brunt_workload::{HttpVersion, TlsSettings};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// The client's configuration, shared by all connections of a run (sessions are resumed as browsers do).
pub(crate) fn client_config(
    settings: &TlsSettings,
    version: HttpVersion,
) -> Result<Arc<ClientConfig>, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| certificate("TLS versions", &e))?;
    let builder = if settings.insecure {
        let verifier = Arc::new(AcceptAny(provider.signature_verification_algorithms));
        builder.dangerous().with_custom_certificate_verifier(verifier)
    } else {
        builder.with_root_certificates(roots(settings)?)
    };
    let mut config = match &settings.identity_pem {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = certificates(chain, "client certificate")?;
            let key = private_key(key)?;
            builder.with_client_auth_cert(chain, key).map_err(|e| certificate("client certificate", &e))?
        }
    };
    config.alpn_protocols = match version {
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http2 => vec![b"h2".to_vec()],
        HttpVersion::Negotiate => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    Ok(Arc::new(config))
}

fn roots(settings: &TlsSettings) -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = &settings.ca_pem {
        for der in certificates(pem, "CA certificate")? {
            roots.add(der).map_err(|e| {
                // rustls speaks of a peer's certificate here, which this is not.
                if let rustls::Error::InvalidCertificate(problem) = &e {
                    return certificate(
                        "CA certificate",
                        &format!("not a valid X.509 certificate: {problem}"),
                    );
                }
                certificate("CA certificate", &e)
            })?;
        }
        return Ok(roots);
    }
    // Systems carry certificates that a strict parser refuses; those are left out, as other clients do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let reason = "none found on this system; name one with `--cacert`, or use `--insecure`".to_owned();
        return Err(SetupError::Certificate { what: "system's root certificates", reason });
    }
    Ok(roots)
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|e| certificate(what, &e))?;
    if chain.is_empty() {
        let reason = "no PEM certificate in it (`-----BEGIN CERTIFICATE-----`)".to_owned();
        return Err(SetupError::Certificate { what, reason });
    }
    Ok(chain)
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, SetupError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|e| {
        if matches!(e, rustls::pki_types::pem::Error::NoItemsFound) {
            return certificate("client key", &"no PEM private key in it (`-----BEGIN PRIVATE KEY-----`)");
        }
        certificate("client key", &e)
    })
}

fn certificate(what: &'static str, e: &dyn std::fmt::Display) -> SetupError {
    SetupError::Certificate { what, reason: e.to_string() }
}

/// `--insecure`: any certificate will do. Signatures are still checked, so that a broken handshake fails.
#[derive(Debug)]
struct AcceptAny(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
