//! Endpoints over TLS: certificates of an authority of the test's own, HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use base64::Engine;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, date_time_ymd,
};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// What an endpoint shows, and the key that proves it.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
    serial: u64,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Dates {
    Valid,
    Expired,
    /// Tomorrow, after many years.
    Ending,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let params = authority_params(name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }
    /// An identity of this name, shown with or without the authority's own certificate.
    pub(crate) fn identity(&self, name: &str, dates: Dates, shows_authority: bool) -> Identity {
        let key = KeyPair::generate().unwrap();
        let (params, serial) = params(name, dates);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let mut chain = vec![certificate.der().clone()];
        if shows_authority {
            chain.push(self.certificate.der().clone());
        }
        Identity { chain, key, serial }
    }
    /// An identity that is for these purposes alone.
    pub(crate) fn identity_for(
        &self,
        name: &str,
        purposes: &[ExtendedKeyUsagePurpose],
    ) -> Identity {
        let key = KeyPair::generate().unwrap();
        let (mut params, serial) = params(name, Dates::Valid);
        params.extended_key_usages = purposes.to_vec();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: vec![certificate.der().clone()], key, serial }
    }
    /// An authority that this one vouches for.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let params = authority_params(name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }
    /// A list of what this authority has revoked, good until this year.
    pub(crate) fn revocations(&self, revoked: &[&Identity], until: i32) -> String {
        let revoked = revoked.iter().map(|identity| RevokedCertParams {
            serial_number: identity.serial.into(),
            revocation_time: date_time_ymd(2001, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2000, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

impl Identity {
    /// The chain and the key, in PEM.
    pub(crate) fn pem(&self) -> (String, String) {
        let pem = |der: &CertificateDer<'_>| {
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        (self.chain.iter().map(pem).collect(), self.key.serialize_pem())
    }
}

/// An identity that vouches for itself, as `openssl req -x509` makes them.
pub(crate) fn self_signed(name: &str, dates: Dates, is_authority: bool) -> Identity {
    let (mut params, serial) = params(name, dates);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let chain = vec![params.self_signed(&key).unwrap().der().clone()];
    Identity { chain, key, serial }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params
}

fn params(name: &str, dates: Dates) -> (CertificateParams, u64) {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Relaxed);
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.serial_number = Some(serial.into());
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CountryName, "US");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    if dates == Dates::Expired {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    } else if dates == Dates::Ending {
        params.not_before = date_time_ymd(2001, 1, 1);
        let tomorrow = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400);
        params.not_after = tomorrow.into();
    }
    (params, serial)
}

/// The parts of a response's content; the last one may be a reset.
pub(crate) type Parts = mpsc::Receiver<Result<Frame<Bytes>, std::io::Error>>;

/// An endpoint over TLS that speaks what `protocols` offers, in that order.
pub(crate) struct TlsEndpoint {
    pub(crate) port: u16,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl TlsEndpoint {
    /// Every request is handed to `answer`, which sends the content of its response.
    pub(crate) fn start<F>(identity: &Identity, protocols: &[&str], answer: F) -> Self
    where
        F: AsyncFn(Request<Incoming>) -> Response<Content> + Clone + Send + 'static,
    {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                identity.chain.clone(),
                PrivatePkcs8KeyDer::from(identity.key.serialize_der()).into(),
            )
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let serve = accept(listener, TlsAcceptor::from(Arc::new(config)), counted, answer);
            tokio::task::LocalSet::new().block_on(&runtime, serve);
        });
        Self { port, connections }
    }
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

async fn accept<F>(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
    answer: F,
) where
    F: AsyncFn(Request<Incoming>) -> Response<Content> + Clone + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        let connections = Arc::clone(&connections);
        tokio::task::spawn_local(async move {
            // A client that does not trust this endpoint leaves.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            connections.fetch_add(1, Relaxed);
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let stream = TokioIo::new(stream);
            let service = service_fn(|request| {
                let answer = answer.clone();
                async move { Ok::<_, Infallible>(answer(request).await) }
            });
            if is_http2 {
                let server = hyper::server::conn::http2::Builder::new(Local);
                server.serve_connection(stream, service).await.ok();
            } else {
                let server = hyper::server::conn::http1::Builder::new();
                server.serve_connection(stream, service).await.ok();
            }
        });
    }
}

#[derive(Clone)]
struct Local;

impl<F: Future<Output: 'static> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// The content of a response, part by part.
pub(crate) struct Content(Parts);

impl Content {
    /// Content, and where its parts are put in.
    pub(crate) fn channel() -> (mpsc::Sender<Result<Frame<Bytes>, std::io::Error>>, Self) {
        let (sender, parts) = mpsc::channel(1);
        (sender, Self(parts))
    }
    /// These parts, all there.
    pub(crate) fn of(frames: Vec<Result<Frame<Bytes>, std::io::Error>>) -> Self {
        let (sender, parts) = mpsc::channel(frames.len().max(1));
        frames.into_iter().for_each(|frame| sender.try_send(frame).unwrap());
        Self(parts)
    }
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self::of(vec![Ok(Frame::data(text.into()))])
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx)
    }
}
