use alloc::rc::Rc;
use alloc::string::String;
use alloc::{vec, vec::Vec};

use crate::definition::{
    Api, ConnectionType, DefinitionError, Integration, IntegrationType, Method, PrivateConnection,
    Snapshot, Source, VpcLink,
};
use crate::effect::{Connection, Effect, Outcome};
use crate::gateway::Gateway;
use crate::message::Content;
use crate::pipeline::world::*;

const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/app/lb/1/2";
const SERVICE: &str = "arn:aws:servicediscovery:us-east-2:123456789012:service/srv-1?color=blue";

fn private(integration_type: IntegrationType, uri: &str, link: &str) -> Integration {
    Integration {
        connection_type: ConnectionType::VpcLink(PrivateConnection {
            connection_id: link.into(),
            integration_target: None,
            source: Source { pointer: "/connectionId".into(), line: 7 },
        }),
        ..integration(integration_type, uri)
    }
}

fn link(id: &str, has_targets: bool, integration_uris: &[&str]) -> VpcLink {
    let integration_uris = integration_uris.iter().map(|uri| (*uri).into()).collect();
    VpcLink { vpc_link_id: id.into(), has_targets, integration_uris }
}

fn compile(api: Api, vpc_links: Vec<VpcLink>) -> Result<Rc<Gateway>, Vec<DefinitionError>> {
    Gateway::compile(Snapshot { vpc_links, ..snapshot(vec![api]) }).map(Rc::new)
}

fn sent_to(gateway: &Rc<Gateway>, request: &str) -> (String, Connection, Option<String>) {
    let asked = arrival(request, &["Host: api.example:8080"]);
    let told = run(gateway, asked.clone(), ok);
    let fields = sent(&told).fields.clone().resolve(&asked.request.fields);
    let host = fields.get("host").map(Into::into);
    (sent(&told).url.clone(), sent(&told).connection.clone(), host)
}

fn ok(effect: &Effect) -> Option<Outcome> {
    matches!(effect, Effect::SendRequest(_)).then(|| endpoint(200, &[], Content::Empty))
}

fn on_stage(mut api: Api, stage_name: &str) -> Api {
    api.stages[0].stage_name = stage_name.into();
    api.stages[0].variables.insert("link".into(), "l1".into());
    api
}

fn get(integration: Integration) -> Vec<Method> {
    vec![method("GET /a/{id}", integration)]
}

#[test]
fn an_http_apis_private_integration_is_sent_stage_and_path_and_the_clients_host() {
    for (stage_name, request, url) in [
        ("$default", "GET /a/1%2F?x=1", "http://a/a/1%2F?x=1"),
        ("test", "GET /test/a/1?x=1", "http://a/test/a/1?x=1"),
    ] {
        let integration = private(IntegrationType::HttpProxy, LISTENER, "${stageVariables.link}");
        let mut api = on_stage(http(get(integration)), stage_name);
        api.id = "a".into();
        let gateway = compile(api, vec![link("l1", false, &[LISTENER])]).unwrap();
        let (sent_url, connection, host) = sent_to(&gateway, request);
        assert_eq!(sent_url, url);
        assert_eq!(host.as_deref(), Some("api.example:8080"));
        let integration_uri = Some(LISTENER.into());
        let expected = Connection::VpcLink { id: "l1".into(), integration_uri, server_name: None };
        assert_eq!(connection, expected);
    }
}

#[test]
fn mappings_change_the_path_and_the_host_of_private_integrations() {
    let mut integration = private(IntegrationType::HttpProxy, SERVICE, "l1");
    integration.tls_config.is_private_https = true;
    integration.tls_config.server_name_to_verify = Some("inner.example".into());
    integration.request_parameters = vec![
        ("overwrite:path".into(), "$request.path".into()),
        ("overwrite:header.Host".into(), "other.example".into()),
    ];
    let gateway = compile(on_stage(http(get(integration)), "test"), vec![link("l1", true, &[])]);
    let (url, connection, host) = sent_to(&gateway.unwrap(), "GET /test/a/1?x=1");
    assert_eq!(url, "https://inner.example/a/1?x=1");
    assert_eq!(host.as_deref(), Some("other.example"));
    let server_name = Some("inner.example".into());
    let integration_uri = Some(SERVICE.into());
    assert_eq!(connection, Connection::VpcLink { id: "l1".into(), integration_uri, server_name });
}

#[test]
fn a_rest_apis_private_integration_goes_to_its_uri_unless_links_are_known() {
    for (uri, server_name) in [
        ("http://nlb.internal:8080/x", None),
        ("https://nlb.internal:8443/x", Some("nlb.internal")),
        ("https://[::1]/x", Some("[::1]")),
    ] {
        for integration_type in [IntegrationType::HttpProxy, IntegrationType::Http] {
            let api = |link| on_stage(rest(get(private(integration_type, uri, link))), "test");
            let gateway = compile(api("anything"), Vec::new()).unwrap();
            let (url, connection, _) = sent_to(&gateway, "GET /test/a/1");
            assert_eq!((url.as_str(), connection), (uri, Connection::Internet));
            let gateway = compile(api("l1"), vec![link("l1", true, &[])]).unwrap();
            let (url, connection, host) = sent_to(&gateway, "GET /test/a/1");
            assert_eq!(url, uri);
            assert_eq!(host, None, "the URI's");
            let (id, server_name) = ("l1".into(), server_name.map(Into::into));
            assert_eq!(connection, Connection::VpcLink { id, integration_uri: None, server_name });
        }
    }
}

#[test]
fn links_that_nobody_knows_are_refused_with_their_place() {
    let to = |uri: &str, link: &str| private(IntegrationType::HttpProxy, uri, link);
    let one = || vec![link("l1", false, &[LISTENER])];
    for (api, links, told) in [
        (http(get(to(LISTENER, "l2"))), one(), "there is no VPC link `l2` (stage `test`)"),
        (http(get(to(LISTENER, "l1"))), Vec::new(), "there is no VPC link `l1` (stage `test`)"),
        (
            http(get(to(LISTENER, "${stageVariables.x}"))),
            one(),
            "there is no VPC link `` (stage `test`)",
        ),
        (rest(get(to("http://h/", "l2"))), one(), "there is no VPC link `l2` (stage `test`)"),
        (
            rest(get(to("http://h/", "l1"))),
            one(),
            "the VPC link `l1` has no targets of its own (stage `test`)",
        ),
    ] {
        let errors = compile(on_stage(api, "test"), links).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!((errors[0].message.as_str(), errors[0].source.line), (told, 7));
    }
    let errors = compile(http(get(to(SERVICE, "l1"))), one()).unwrap_err();
    assert!(errors[0].message.contains("does not lead to `arn:aws:servicediscovery"), "{errors:?}");
}
