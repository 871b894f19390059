//! New connections to endpoints: name, TCP, TLS, and the protocol that was agreed on.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use gateway_core::effect::EffectError;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use super::pool::{Origin, Sender};
use crate::body::Body;
use crate::local::LocalExecutor;

/// Largest header section of a response.
const RESPONSE_HEAD_BYTES_MAX: usize = 128 * 1024;

/// Opens a connection to an origin.
///
/// # Errors
/// [`EffectError::Unavailable`] with the reason.
pub(crate) async fn connect(origin: &Origin) -> Result<Sender, EffectError> {
    let host = origin.authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = origin.authority.port_u16().unwrap_or(if origin.tls { 443 } else { 80 });
    let unavailable = |error: &dyn std::fmt::Display| {
        EffectError::Unavailable(format!("connecting to {}: {error}", origin.authority))
    };
    let tcp = TcpStream::connect((host, port)).await.map_err(|e| unavailable(&e))?;
    tcp.set_nodelay(true).map_err(|e| unavailable(&e))?;
    if !origin.tls {
        return http1_over(Connection::Clear(tcp)).await.map_err(|e| unavailable(&e));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|e| unavailable(&e))?;
    let tls = TlsConnector::from(tls_config());
    let stream = tls.connect(name, tcp).await.map_err(|e| unavailable(&e))?;
    let agreed_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let connection = Connection::Tls(Box::new(stream));
    let sender = match agreed_http2 {
        true => http2_over(connection).await,
        false => http1_over(connection).await,
    };
    sender.map_err(|e| unavailable(&e))
}

async fn http1_over(connection: Connection) -> hyper::Result<Sender> {
    let (sender, running) = http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(RESPONSE_HEAD_BYTES_MAX)
        .handshake(TokioIo::new(connection))
        .await?;
    // Its errors reach whoever waits for a response.
    tokio::task::spawn_local(async move { running.await.ok() });
    Ok(Sender::Http1(sender))
}

async fn http2_over(connection: Connection) -> hyper::Result<Sender> {
    let (sender, running) = http2::Builder::new(LocalExecutor)
        .timer(TokioTimer::new())
        .adaptive_window(true)
        .handshake::<_, Body>(TokioIo::new(connection))
        .await?;
    tokio::task::spawn_local(async move { running.await.ok() });
    Ok(Sender::Http2(sender))
}

/// Made at the first TLS connection: reading the system's roots takes longer than the whole start.
fn tls_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the provider supports TLS 1.2 and 1.3")
                .with_root_certificates(roots())
                .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    });
    Arc::clone(config)
}

/// The system's roots (or those of `SSL_CERT_FILE`); Mozilla's where the system has none.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::info!("the system has no root certificates: Mozilla's are used");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

enum Connection {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }
    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
