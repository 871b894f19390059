//! What is different where a client speaks HTTP/2.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::kit::*;
use crate::tls_endpoint::Content;

/// Status and content of the answer to a request over HTTP/2 with these fields.
pub(crate) fn get(address: SocketAddr, url: &str, fields: &[(String, String)]) -> (u16, String) {
    let (head, content) = ask(address, url, fields).into_parts();
    (head.status.as_u16(), content)
}

fn ask(address: SocketAddr, url: &str, fields: &[(String, String)]) -> Response<String> {
    block_on(async {
        let mut sender = connect(address).await;
        let request = fields.iter().fold(Request::get(url), |request, (name, value)| {
            request.header(name.as_str(), value.as_str())
        });
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        read(sender.send_request(request).await.unwrap()).await
    })
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run)
}

async fn connect<B>(address: SocketAddr) -> SendRequest<B>
where
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + Unpin + 'static,
{
    let stream = TokioIo::new(tokio::net::TcpStream::connect(address).await.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn read(response: Response<Incoming>) -> Response<String> {
    let (head, content) = response.into_parts();
    let content = content.collect().await.unwrap().to_bytes();
    Response::from_parts(head, String::from_utf8(content.into()).unwrap())
}

/// A REST API whose mappings and template take `X-Tenant`.
fn mapping(endpoint: SocketAddr) -> String {
    format!(
        r#"
openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /a:
    get:
      parameters: [{{name: X-Tenant, in: header}}]
      responses: {{"200": {{description: d}}}}
      x-amazon-apigateway-integration:
        type: http
        httpMethod: POST
        uri: http://{endpoint}/
        requestParameters:
          integration.request.header.X-Mapped: method.request.header.X-Tenant
          integration.request.header.X-All: method.request.multivalueheader.X-Tenant
        requestTemplates:
          application/json: "$input.params('X-Tenant') $input.params().header.get('X-Tenant')"
        responses: {{default: {{statusCode: "200"}}}}
"#
    )
}

/// Names are in lower case there (RFC 9113 §8.2.1), whatever the client's programmer wrote.
#[test]
fn mappings_and_templates_find_the_fields_of_requests_over_http_2() {
    let folder = Folder::new();
    let config = configuration(&folder, echo());
    folder.write("api.yaml", &mapping(echo()));
    let served = Served::start_configured(folder, config, 1);
    let fields = [("X-Tenant".into(), "red".into()), ("X-Tenant".into(), "blue".into())];
    let (_, echoed) = get(served.host.address(), "http://h/prod/a", &fields);
    let (head, content) = echoed.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.contains("x-mapped: blue\r\n"), "{head}");
    assert!(head.contains("x-all: red,blue"), "{head}");
    assert_eq!(content, "blue blue");
}

/// "If there are multiple Cookie header fields after decompression, these MUST be concatenated" (RFC 9113 §8.2.3).
#[test]
fn cookies_of_http_2_that_came_in_crumbs_reach_endpoints_in_one_line() {
    let served = Served::start(echo());
    let fields = ["a=1", "b=2", "c=3"].map(|cookie| ("cookie".into(), cookie.into()));
    let (_, echoed) = get(served.host.address(), "http://h/prod/to/a", &fields);
    let cookies: Vec<&str> =
        echoed.lines().filter(|line| line.to_lowercase().starts_with("cookie:")).collect();
    assert_eq!(cookies.len(), 1, "{echoed}");
    assert!(cookies[0].ends_with(": a=1; b=2; c=3"), "{echoed}");
}

/// Over HTTP/1.1 `refusal.rs` gives hyper's own 431 this shape; what h2 says by itself nobody can.
#[test]
fn fields_that_are_too_large_are_refused_over_http_2_as_over_http_1() {
    let served = Served::start(echo());
    let address = served.host.address();
    let one = |bytes: usize| vec![("x-long".to_string(), "x".repeat(bytes))];
    let many: Vec<_> = (0..101).map(|n| (format!("x-{n}"), "v".repeat(400))).collect();
    let short: Vec<_> = (0..1_500).map(|n| (format!("x-{n}"), String::new())).collect();
    let long = format!("http://h/prod/to/{}", "p".repeat(60_000));
    let too_large =
        (431, "RequestHeaderFieldsTooLargeException", "Request Header Fields Too Large");
    let too_long = (414, "RequestUriTooLongException", "Request URI too long");
    for (url, fields, (status, error_type, message)) in [
        ("http://h/prod/mock", one(12_000), too_large),
        ("http://h/prod/mock", one(40_000), too_large),
        ("http://h/prod/mock", one(65_000), too_large),
        ("http://h/prod/mock", many, too_large),
        ("http://h/prod/mock", short, too_large),
        (&*long, Vec::new(), too_long),
    ] {
        let answer = ask(address, url, &fields);
        assert_eq!(answer.status().as_u16(), status, "{fields:.20?}");
        assert_eq!(answer.headers()["x-amzn-errortype"], error_type);
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert!(answer.headers().contains_key("x-amzn-requestid"), "{:?}", answer.headers());
        assert_eq!(*answer.body(), format!(r#"{{"message":"{message}"}}"#));
    }
    assert_eq!(ask(address, "http://h/prod/mock", &one(70_000)).status(), 431, "h2's own");
    assert_eq!(get(address, "http://h/prod/mock", &one(10_000)).0, 200);
}

/// curl up to 7.88 takes a stream that is reset while it uploads for an error, whatever answer came before.
#[test]
fn an_upload_that_is_answered_before_its_end_is_read_on() {
    const PART: usize = 64 * 1024;
    let served = Served::start(echo());
    block_on(async {
        let mut sender = connect(served.host.address()).await;
        for (path, length, status) in [("to/a", 10_485_761, 413), ("nothing", 10_000_000, 403)] {
            let (parts, content) = Content::channel();
            let request = Request::post(format!("http://h/prod/{path}"));
            let request = request.header("content-length", length).body(content).unwrap();
            let answer = read(sender.send_request(request).await.unwrap()).await;
            assert_eq!(answer.status(), status);
            // More than fits into windows that nobody opens again.
            for part in 0..48 {
                let sent = parts.send(Ok(Frame::data(Bytes::from(vec![0; PART])))).await;
                assert!(sent.is_ok(), "the stream is reset after {part} parts");
            }
        }
    });
}
