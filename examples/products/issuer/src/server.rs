//! A small HTTP server for the public documents.

use std::{convert::Infallible, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, task::LocalSet};

use crate::{Failure, publish::Published};

/// Most connections at a time; the next ones wait.
const CONNECTIONS_MAX: usize = 64;
/// Longest wait for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Rest after an accept that failed, for want of file descriptors for instance.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serves the documents until the process ends.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) async fn serve(listen: SocketAddr, published: Published) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let address = listener.local_addr()?;
    eprintln!("products-issuer: issuer {} on http://{address}", published.issuer());
    eprintln!("products-issuer:   http://{address}/.well-known/openid-configuration");
    eprintln!("products-issuer:   http://{address}/.well-known/jwks.json");
    eprintln!("products-issuer:   http://{address}/us-east-1_Products/.well-known/jwks.json");
    LocalSet::new().run_until(accept(listener, address, Rc::new(published))).await
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    published: Rc<Published>,
) -> Result<(), Failure> {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let permit = Arc::clone(&connections).acquire_owned().await?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                eprintln!("products-issuer: {error}");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        let published = Rc::clone(&published);
        tokio::task::spawn_local(async move {
            let _permit = permit;
            let answer = service_fn(|request: Request<Incoming>| {
                let response = respond(&published, request.method(), request.uri().path(), address);
                async move { Ok::<_, Infallible>(response) }
            });
            // A client that breaks off or talks nonsense has had its answer from hyper.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

fn respond(
    published: &Published,
    method: &Method,
    path: &str,
    address: SocketAddr,
) -> Response<Full<Bytes>> {
    let (status, body) = if method != Method::GET && method != Method::HEAD {
        (StatusCode::METHOD_NOT_ALLOWED, serde_json::json!({ "error": "only GET and HEAD" }))
    } else {
        match published.document(path, &format!("http://{address}")) {
            Some(document) => (StatusCode::OK, document),
            None => (
                StatusCode::NOT_FOUND,
                serde_json::json!({
                    "error": "there is /.well-known/openid-configuration and /.well-known/jwks.json, \
                              also below the id of a user pool"
                }),
            ),
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        fields.insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    }
    response
}

#[cfg(test)]
mod tests {
    use jwt_simple::algorithms::RS256KeyPair;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        answer
    }

    #[tokio::test]
    async fn the_documents_are_served_and_anything_else_is_refused() {
        let key = RS256KeyPair::generate(2048).expect("a key").with_key_id("k1");
        let published =
            Rc::new(Published::new(&key, "http://issuer".to_owned()).expect("documents"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listening");
        let address = listener.local_addr().expect("an address");
        let tasks = LocalSet::new();
        tasks.spawn_local(accept(listener, address, published));
        tasks
            .run_until(async move {
                let line =
                    |line: &str| format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
                let jwks =
                    ask(address, &line("GET /us-east-1_Products/.well-known/jwks.json?x=1")).await;
                assert!(
                    jwks.starts_with("HTTP/1.1 200") && jwks.contains("\"kid\":\"k1\""),
                    "{jwks}"
                );
                let discovery = ask(address, &line("GET /.well-known/openid-configuration")).await;
                assert!(
                    discovery.contains(&format!("http://{address}/.well-known/jwks.json")),
                    "{discovery}"
                );
                assert!(ask(address, &line("GET /other")).await.starts_with("HTTP/1.1 404"));
                let refused = ask(address, &line("POST /.well-known/jwks.json")).await;
                assert!(
                    refused.starts_with("HTTP/1.1 405") && refused.contains("allow: GET, HEAD"),
                    "{refused}"
                );
                assert!(ask(address, "nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));
            })
            .await;
    }
}
