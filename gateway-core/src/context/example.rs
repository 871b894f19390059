//! Records for tests.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{AuthorizerContext, Context, Trace};
use crate::definition::EndpointType;
use crate::message::{ClientCertificate, Scheme, Timestamp, Tls, Version};

/// A record for tests, after a live HTTP API's.
pub(crate) fn example() -> Context<'static> {
    Context {
        request_id: "JKJaXmPLvHcESHA=".into(),
        extended_request_id: "JKJaXmPLvHcESHA=".into(),
        request_time: Timestamp(1_584_039_838_390),
        http_method: "GET".into(),
        protocol: Version::Http11,
        scheme: Scheme::Https,
        port: 443,
        path: "/test/hello".into(),
        raw_query: "".into(),
        domain_name: "r3pmxmplak.execute-api.us-east-2.amazonaws.com".into(),
        domain_prefix: "r3pmxmplak".into(),
        source_ip: "205.255.255.176".into(),
        private_origin: None,
        tls: None,
        is_mutual_tls: false,
        user_agent: Some("agent/1".into()),
        trace: Trace {
            root: "1-5e6a86de-d1b2d8aea3b0b0ae4a2f2b1c".into(),
            parent: "53995c3f42cd8ad8".into(),
            sampled: "0".into(),
        },
        is_traced: false,
        ends_trace_state: false,
        is_test_invoke: false,
        account_id: "123456789012".into(),
        api_id: "r3pmxmplak".into(),
        stage: "test".into(),
        deployment_id: "d1".into(),
        endpoint_type: Some(EndpointType::Regional),
        is_canary_request: None,
        base_path_matched: None,
        resource_id: "abc123".into(),
        operation_name: None,
        resource_path: "/hello".into(),
        route_key: "GET /hello".into(),
        path_parameters: Vec::new(),
        resource_request_path: "/hello".into(),
        has_method_metrics: false,
        authorizer: AuthorizerContext::None,
        authorizer_use: None,
        api_key: None,
        error: None,
        integration: None,
        overrides: OnceCell::new(),
        cache: None,
        waf: None,
        phases: None,
        status: 0,
        request_length: 0,
        response_length: None,
    }
}

/// A connection for tests, with a client's certificate.
pub(crate) fn example_tls() -> Tls {
    let certificate = ClientCertificate {
        pem: "-----BEGIN CERTIFICATE-----\n…".into(),
        subject_dn: "C=US,CN=client".into(),
        issuer_dn: "CN=authority".into(),
        serial_number: "1".into(),
        not_before: "May 28 12:30:02 2019 GMT".into(),
        not_after: "Aug  5 09:36:04 2021 GMT".into(),
    };
    Tls {
        server_name: Some("mtls.example".into()),
        version: "TLSv1.3".into(),
        cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
        client_certificate: Some(Box::new(certificate)),
        fingerprints: None,
    }
}
