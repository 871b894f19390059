//! What is different where a client speaks HTTP/2.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::kit::*;

/// Status and content of the answer to a request over HTTP/2 with these fields.
pub(crate) fn get(address: SocketAddr, url: &str, fields: &[(String, String)]) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = TokioIo::new(tokio::net::TcpStream::connect(address).await.unwrap());
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let request = fields.iter().fold(http::Request::get(url), |request, (name, value)| {
            request.header(name.as_str(), value.as_str())
        });
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        let content = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(content.into()).unwrap())
    })
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
