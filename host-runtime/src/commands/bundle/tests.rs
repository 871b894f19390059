use super::*;

fn config(text: &str) -> Config {
    let apis = "apis: [{id: a, protocol: REST, definition: a, stages: [{stageName: s}]}]";
    let document = crate::document::read(&format!("{apis}\nregion: us-east-1\n{text}")).unwrap();
    Config::read(&document, Path::new("")).unwrap()
}

#[test]
fn endpoints_and_functions_become_variables() {
    let config = config(
        "endpoints: {cognito-idp: 'http://c'}\nfunctions: {my-f: {url: 'http://f'}, my-f:v1: {url: 'http://g'}}",
    );
    let bindings: Vec<_> = bindings(&config, EDGE).unwrap().into_iter().collect();
    let expected = [
        ("AWS_ACCOUNT_ID", "000000000000"),
        ("AWS_ENDPOINT_URL_COGNITO_IDP", "http://c"),
        ("AWS_REGION", "us-east-1"),
        ("FUNCTION_URL_MY_F", "http://f"),
        ("FUNCTION_URL_MY_F__V1", "http://g"),
    ];
    assert_eq!(bindings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn whatever_is_on_the_machine_itself_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "edgeway.yaml",
        "endpoints: {sqs: 'http://localhost:4566', s3: 'https://s3.example'}\n\
         functions: {f: {url: 'http://127.0.0.1:9000/x'}, g: {command: [x]}, h: {url: 'https://h.example'}}\n\
         vpcLinks: [{vpcLinkId: l, url: 'http://[::1]:8000/base'}, {vpcLinkId: m, url: 'http://m.example'}]\n\
         distributions: [{id: d, definition: d.json, origins: {a: 'http://localhost:9001'}}]\n\
         apis: [{id: a, protocol: HTTP, definition: a.yaml, stages: [{stageName: s}]}]\n",
    );
    write("a.yaml", "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {}\n");
    let origins = [("a", "a.example"), ("b", "127.0.0.1"), ("c", "c.example")];
    let origins = origins.map(|(id, name)| {
        serde_json::json!({"Id": id, "DomainName": name, "CustomOriginConfig": {
            "HTTPPort": 9002, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}})
    });
    let document = serde_json::json!({"DistributionConfig": {"Origins": {"Items": origins},
        "DefaultCacheBehavior": {"TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}});
    write("d.json", &document.to_string());
    let built = Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge().unwrap();
    let told = left_behind(&built.config);
    let told: Vec<_> = told.iter().map(|line| line.split(" is not").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "`endpoints.sqs`: once deployed, http://localhost:4566",
            "`functions.f`: once deployed, http://127.0.0.1:9000/x",
            "`vpcLinks.l`: once deployed, http://[::1]:8000",
            "`distributions.d.origins.a`: once deployed, http://localhost:9001",
            "`distributions.d.origins.b`: once deployed, http://127.0.0.1:9002",
        ]
    );
}

#[test]
fn the_edge_trusts_no_authorities_of_ones_own() {
    let integration = "{type: http_proxy, httpMethod: GET, uri: 'https://e.example/', tlsConfig: {insecureSkipVerification: true}}";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.yaml");
    let get = format!("get: {{x-amazon-apigateway-integration: {integration}}}");
    let api =
        format!("openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{{get}}}}}\n");
    fs::write(&file, api).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let mut built =
        Origin::Definition { file, protocol: None, listen, basepath: Default::default() }
            .build()
            .unwrap();
    built.config.truststore = config("truststore: a.pem").truststore;
    let told = untrusted(&built, EDGE);
    assert!(
        matches!(&told[..], [a, b] if a.contains("truststore") && b.contains("/paths/~1a/get")),
        "{told:?}"
    );
}

#[test]
fn a_vpc_link_is_a_url_at_the_edge_and_nothing_more() {
    let url = "vpcLinks: [{vpcLinkId: l-1, name: x, url: 'https://h:8443/base/'}]";
    let told = bindings(&config(url), EDGE).unwrap();
    assert_eq!(told["VPC_LINK_URL_L_1"], "https://h:8443/base");
    for more in [
        "targets: [{url: 'http://h'}]",
        "url: 'http://h', healthCheck: {protocol: TCP}",
        "url: 'http://h', listeners: [{integrationUri: 'arn:aws:servicediscovery:r:a:service/s', url: 'http://i'}]",
    ] {
        let link = format!("vpcLinks: [{{vpcLinkId: l-1, {more}}}]");
        let refused = bindings(&config(&link), EDGE).unwrap_err();
        assert!(refused[0].contains("checks no health"), "{refused:?}");
    }
}

#[test]
fn a_command_is_invoked_at_lambda_from_the_edge() {
    for (endpoints, place) in [("", "at AWS"), ("endpoints: {lambda: 'http://l'}", "at http://l")] {
        let config = config(&format!(
            "functions: {{f: {{command: [x]}}, g: {{url: 'http://g'}}}}\n{endpoints}"
        ));
        assert!(!bindings(&config, EDGE).unwrap().contains_key("FUNCTION_URL_F"));
        let by_wasi = left_to_lambda(&config, WASI_HOST);
        assert!(by_wasi[0].contains("a host of wasi:http starts no programs"), "{by_wasi:?}");
        let told = left_to_lambda(&config, EDGE);
        assert!(
            matches!(&told[..], [one] if one.contains("`functions.f`") && one.ends_with(place)),
            "{told:?}"
        );
    }
}

#[test]
fn an_alias_that_is_a_command_is_invoked_where_its_function_is() {
    let told =
        |functions: &str| left_to_lambda(&config(&format!("functions: {{{functions}}}")), EDGE);
    let at_its_functions = told("f: {url: 'http://f'}, 'f:v1': {command: [x]}");
    assert!(
        matches!(&at_its_functions[..], [one] if one.contains("`functions.f:v1`") && one.ends_with("at http://f")),
        "{at_its_functions:?}"
    );
    let at_aws = told("g: {url: 'http://g'}, 'f:v1': {command: [x]}");
    assert!(matches!(&at_aws[..], [one] if one.ends_with("at AWS")), "{at_aws:?}");
}
