//! TLS to istiod. Its certificate is signed by the mesh's own root, which a user's machine does not have, so like the
//! reference we verify it only when a folder of certificates is given.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Why there is no TLS to istiod.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{file}: {reason}")]
    File { file: String, reason: String },
    #[error("TLS with {name}: {reason}")]
    Handshake { name: String, reason: String },
}

/// Whom to trust, and as whom to come.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Folder with `cert-chain.pem`, `key.pem` and `root-cert.pem`; empty for neither identity nor verification.
    pub folder: String,
}

/// Wraps a connection to the server of this name.
pub async fn connect<S>(connection: S, name: &str, identity: &Identity) -> Result<TlsStream<S>, TlsError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let fail = |reason: String| TlsError::Handshake { name: name.to_owned(), reason };
    let server = ServerName::try_from(name.to_owned()).map_err(|error| fail(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config(identity)?));
    connector.connect(server, connection).await.map_err(|error| fail(error.to_string()))
}

fn config(identity: &Identity) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let broken = |reason: String| TlsError::File { file: identity.folder.clone(), reason };
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(error.to_string()))?;
    let mut config = if identity.folder.is_empty() {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone { provider })).with_no_client_auth()
    } else {
        let mut roots = RootCertStore::empty();
        for root in certificates(&identity.folder, "root-cert.pem")? {
            roots.add(root).map_err(|error| broken(error.to_string()))?;
        }
        let chain = certificates(&identity.folder, "cert-chain.pem")?;
        let file = Path::new(&identity.folder).join("key.pem");
        let key = PrivateKeyDer::from_pem_file(&file)
            .map_err(|error| TlsError::File { file: file.display().to_string(), reason: error.to_string() })?;
        builder
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|error| broken(error.to_string()))?
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(folder: &str, name: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = Path::new(folder).join(name);
    let fail = |error: rustls::pki_types::pem::Error| TlsError::File {
        file: file.display().to_string(),
        reason: error.to_string(),
    };
    CertificateDer::pem_file_iter(&file).map_err(fail)?.collect::<Result<_, _>>().map_err(fail)
}

/// Accepts any certificate, but not a broken signature of the handshake.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer,
        _: &[CertificateDer],
        _: &ServerName,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
