use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::content_coding::Coding;
use crate::definition::{Api, Integration, IntegrationType};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

const TEXT: &[u8] = b"{\"pets\": [\"dog\", \"cat\", \"fish\", \"dog\", \"cat\", \"fish\"]}";

fn api(integration: Integration) -> Api {
    let mut api = rest(vec![method("PUT /", integration), method("GET /", mock(""))]);
    api.deployments[0].minimum_compression_bytes = Some(TEXT.len() as u32);
    api
}

fn proxy() -> Integration {
    integration(IntegrationType::HttpProxy, "http://backend/")
}

fn custom() -> Integration {
    let templates = vec![("application/json".into(), "$input.path('$.pets[0]')".into())];
    Integration {
        request_templates: templates,
        responses: vec![crate::definition::IntegrationResponse::new(200)],
        ..integration(IntegrationType::Http, "http://backend/")
    }
}

fn ask(api: Api, fields: &[&str], backend: &Backend) -> Told {
    run(&gateway(vec![api]), posted("PUT /prod", fields), |effect| backend.perform(effect))
}

fn responded(told: &Told) -> Vec<u8> {
    let Content::Bytes(bytes) = &told.response.content else { panic!("{:?}", told.response) };
    bytes.clone()
}

#[test]
fn coded_content_is_decoded_before_anything_sees_it() {
    for coding in [Coding::Gzip, Coding::Deflate] {
        let coded = coding.encode(TEXT);
        let field = format!("Content-Encoding: {}", coding.name());
        let fields = ["Content-Type: application/json", &field];
        let told = ask(api(proxy()), &fields, &backend(&coded, b""));
        assert_eq!(sent_content(&told), TEXT);
        let told = ask(api(custom()), &fields, &backend(&coded, b""));
        assert_eq!(sent_content(&told), b"dog");
    }
}

#[test]
fn content_in_no_known_coding_or_in_another_is_415() {
    for (coding, content) in
        [("br", TEXT), ("compress", TEXT), ("gzip", TEXT), ("gzip, gzip", TEXT)]
    {
        let field = format!("Content-Encoding: {coding}");
        let told = ask(api(proxy()), &[&field], &backend(content, b""));
        let answer = (told.response.status, told.body());
        assert_eq!(answer, (415, "{\"message\":\"Unsupported Media Type\"}"), "{coding}");
        assert_eq!(told.field("x-amzn-ErrorType"), Some("BadRequestException"));
    }
}

#[test]
fn content_that_stands_for_more_than_a_payload_is_413() {
    let coded = Coding::Gzip.encode(&vec![0; PAYLOAD_BYTES_MAX as usize + 1]);
    let told = ask(api(proxy()), &["Content-Encoding: gzip"], &backend(&coded, b""));
    assert_eq!(told.response.status, 413);
}

#[test]
fn content_that_is_not_coded_stays_with_the_host() {
    for fields in [&[][..], &["Content-Encoding: identity"]] {
        let told = ask(api(proxy()), fields, &backend(TEXT, TEXT));
        assert_eq!(sent(&told).content, Content::Held(ContentId(0)));
    }
}

#[test]
fn long_enough_responses_are_coded_as_the_client_asks() {
    for (accept, coding) in [("gzip, br", Coding::Gzip), ("deflate;q=0.9", Coding::Deflate)] {
        let fields = [&*format!("Accept-Encoding: {accept}")];
        for integration in [proxy(), custom()] {
            let told = ask(api(integration), &fields, &backend(b"{}", TEXT));
            assert_eq!(told.field("content-encoding"), Some(coding.name()));
            let decoded = coding.decode(&responded(&told), 1_000);
            assert_eq!(decoded.as_deref(), Ok(TEXT), "{accept}");
        }
    }
}

#[test]
fn other_responses_go_as_they_are() {
    let short = &TEXT[1..];
    let gzip = "Accept-Encoding: gzip";
    let coded = ("Content-Encoding", "br");
    for (fields, content, endpoint) in [
        (&[gzip][..], short, vec![]),
        (&["Accept-Encoding: br, identity"], TEXT, vec![]),
        (&["Accept-Encoding: *"], TEXT, vec![]),
        (&[], TEXT, vec![]),
        (&[gzip], TEXT, vec![coded]),
    ] {
        let endpoint = Backend { fields: endpoint, ..backend(b"{}", content) };
        let told = ask(api(proxy()), fields, &endpoint);
        let unread: Option<&[u8]> = match &told.response.content {
            Content::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        assert!(unread.is_none_or(|bytes| bytes == content), "{fields:?}");
        assert_ne!(told.field("content-encoding"), Some("gzip"), "{fields:?}");
    }
}

#[test]
fn an_api_without_a_least_size_does_not_compress() {
    let mut plain = api(custom());
    plain.deployments[0].minimum_compression_bytes = None;
    let told = ask(plain, &["Accept-Encoding: gzip"], &backend(b"{}", TEXT));
    assert_eq!((told.field("content-encoding"), told.body().as_bytes()), (None, TEXT));
}

#[test]
fn gateway_responses_and_empty_ones_are_not_coded() {
    let mut eager = api(proxy());
    eager.deployments[0].minimum_compression_bytes = Some(0);
    let gateway = gateway(vec![eager]);
    for (request, body) in [
        ("GET /prod", String::new()),
        ("GET /prod/none", "{\"message\":\"Missing Authentication Token\"}".into()),
    ] {
        let told = run_alone(&gateway, arrival(request, &["Accept-Encoding: gzip"]));
        assert_eq!((told.field("content-encoding"), told.body()), (None, &*body), "{request}");
    }
}
