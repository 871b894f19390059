//! New connections to endpoints: name, TCP, TLS, and the protocol that was agreed on.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::effect::EffectError;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

use super::http1::Http1;
use super::pool::{Origin, Sender};
use super::received::HEADER_LIST_MAX;
use super::trust::Trust;
use crate::body::Body;
use crate::local::LocalExecutor;
use crate::tls::words;

/// Most content of one HTTP/2 response that waits here for its client.
const STREAM_WINDOW: u32 = 512 * 1024;
/// As large as RFC 9113 §6.9.1 allows: a client that does not read fills its own stream's window,
/// and must not hold back the others on the connection.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// Opens a connection to an origin.
///
/// # Errors
/// [`EffectError::Misconfigured`] for a name that nobody has and a certificate that is not to be
/// trusted, [`EffectError::Unavailable`] for everything else, with the reason.
pub(crate) async fn connect(origin: &Origin, trust: &Trust) -> Result<Sender, EffectError> {
    let host = origin.authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = origin.authority.port_u16().unwrap_or(if origin.tls { 443 } else { 80 });
    let unavailable = |error: &dyn std::fmt::Display| {
        EffectError::Unavailable(format!("connecting to {}: {error}", origin.authority))
    };
    let misconfigured = |error: &dyn std::fmt::Display| {
        EffectError::Misconfigured(format!(
            "Invalid endpoint address {}: {error}",
            origin.authority
        ))
    };
    let addresses: Vec<_> =
        tokio::net::lookup_host((host, port)).await.map_err(|e| misconfigured(&e))?.collect();
    let tcp = TcpStream::connect(&addresses[..]).await.map_err(|e| unavailable(&e))?;
    tcp.set_nodelay(true).map_err(|e| unavailable(&e))?;
    if !origin.tls {
        return Ok(Sender::Http1(Http1::new(Connection::Clear(tcp))));
    }
    let name = origin.server_name.as_deref().unwrap_or(host);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned()).map_err(|e| misconfigured(&e))?;
    let tls = TlsConnector::from(trust.client_config(origin.any_authority));
    let stream = tls.connect(name, tcp).await.map_err(|error| match is_untrusted(&error) {
        true => {
            let reason = words::handshake(&error, "the endpoint");
            EffectError::Misconfigured(format!("{}: {reason}", origin.authority))
        }
        false => unavailable(&words::handshake(&error, "the endpoint")),
    })?;
    let agreed_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let connection = Connection::Tls(Box::new(stream));
    match agreed_http2 {
        true => http2_over(connection).await.map_err(|e| unavailable(&e)),
        false => Ok(Sender::Http1(Http1::new(connection))),
    }
}

/// Whether the endpoint's certificate is at fault.
fn is_untrusted(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}

async fn http2_over(connection: Connection) -> hyper::Result<Sender> {
    let (sender, running) = http2::Builder::new(LocalExecutor)
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_LIST_MAX)
        .handshake::<_, Body>(TokioIo::new(connection))
        .await?;
    tokio::task::spawn_local(async move { running.await.ok() });
    Ok(Sender::Http2(sender))
}

/// A connection to an endpoint.
pub(super) enum Connection {
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
