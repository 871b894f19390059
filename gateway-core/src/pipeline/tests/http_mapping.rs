use alloc::{vec, vec::Vec};

use crate::definition::{Integration, IntegrationType};
use crate::effect::{Effect, Outcome};
use crate::message::Content;
use crate::pipeline::world::*;

fn proxy(uri: &str, mappings: &[(&str, &str)]) -> Integration {
    let pairs = mappings.iter().map(|(target, value)| ((*target).into(), (*value).into()));
    Integration {
        request_parameters: pairs.collect(),
        ..integration(IntegrationType::HttpProxy, uri)
    }
}

fn ok(effect: &Effect) -> Option<Outcome> {
    matches!(effect, Effect::SendRequest(_)).then(|| endpoint(200, &[], Content::Empty))
}

fn url(route: &str, uri: &str, mappings: &[(&str, &str)], request: &str) -> alloc::string::String {
    let gateway = gateway(vec![http(vec![method(route, proxy(uri, mappings))])]);
    let told = run(&gateway, arrival(request, &[]), ok);
    sent_url(told.asked()[0])
}

#[test]
fn header_mappings_read_the_clients_request_and_change_what_is_sent() {
    let mappings = [
        ("append:header.x-new", "$request.header.x-old"),
        ("remove:header.x-old", "''"),
        ("append:header.x-more", "b"),
        ("overwrite:header.x-id", "${request.path.id}@${context.stage}"),
        ("overwrite:header.host", "inner"),
        ("overwrite:header.x-user", "$context.authorizer.claims.sub"),
        ("append:header.x-none", "$request.header.x-none"),
        ("overwrite:header.x-line", "$request.querystring.line"),
    ];
    let gateway = gateway(vec![http(vec![method("GET /{id}", proxy("http://h/", &mappings))])]);
    let asked = arrival(
        "GET /a%20b?line=1%0d%0ax:2",
        &["X-Old: 1", "x-old: 2", "X-More: a", "X-Id: forged", "X-User: forged"],
    );
    let told = run(&gateway, asked.clone(), ok);
    let fields = sent_fields(told.asked()[0], &asked);
    let values = |name: &str| fields.all(name).collect::<Vec<_>>();
    assert_eq!(values("x-new"), ["1,2"]);
    assert_eq!(values("x-more"), ["a", "b"]);
    assert_eq!(values("x-id"), ["a b@$default"]);
    assert_eq!(values("host"), ["inner"]);
    assert_eq!(values("x-line"), ["1  x:2"], "a line break ends no field");
    for gone in ["x-old", "x-user", "x-none"] {
        assert_eq!(fields.get(gone), None, "{gone}");
    }
}

#[test]
fn query_mappings_replace_every_spelling_of_a_name() {
    let mappings = [
        ("append:querystring.new", "a b&c"),
        ("overwrite:querystring.q", "$request.querystring.q"),
        ("remove:querystring.token", "''"),
    ];
    assert_eq!(
        url("GET /a", "http://h/x?q=0&own=1", &mappings, "GET /a?q=1&%71=2&tok%65n=s&Q=3&token"),
        "http://h/x?own=1&Q=3&q=1%2C2&new=a%20b%26c"
    );
    let removal = [("remove:querystring.q", "''")];
    assert_eq!(url("GET /a", "http://h", &removal, "GET /a?q=1"), "http://h/");
}

#[test]
fn an_overwritten_path_takes_the_place_of_the_uris_and_of_the_requests() {
    let whole = [("overwrite:path", "$request.path")];
    assert_eq!(
        url("GET /{p+}", "http://h:81/base?own=1", &whole, "GET /a%2Fb/c?q=1"),
        "http://h:81/a%2Fb/c?own=1&q=1"
    );
    let fixed = [("overwrite:path", "v2/${request.querystring.q}")];
    assert_eq!(
        url("$default", "http://h/base", &fixed, "GET /a?q=%3F%23"),
        "http://h/v2/%3F%23?q=%3F%23"
    );
    let missing = [("overwrite:path", "$request.header.none")];
    assert_eq!(url("GET /a", "http://h/base", &missing, "GET /a"), "http://h/base");
}
