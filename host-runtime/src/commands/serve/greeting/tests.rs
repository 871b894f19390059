use std::path::Path;

use super::*;

fn told(listen: &str) -> Vec<String> {
    let text = format!(
        "listen: {listen}
apis:
  - {{id: pets, protocol: REST, definition: d, stages: [{{stageName: prod}}]}}
  - {{id: web, protocol: HTTP, definition: d, stages: [{{stageName: $default}}]}}
domainNames:
  - domainName: api.example.com
    certificate: {{chain: c, privateKey: k}}
    basePathMappings: [{{restApiId: pets, stage: prod}}, {{basePath: all, restApiId: pets}}]
  - domainName: '*.example.com'
    apiMappings: [{{apiMappingKey: a/b, apiId: web, stage: $default}}]
  - domainName: mtls.example
    certificate: {{chain: c, privateKey: k}}
    mutualTlsAuthentication: {{truststoreUri: t}}
    basePathMappings: [{{restApiId: pets, stage: prod}}]
"
    );
    let config = Config::read(&crate::document::read(&text).unwrap(), Path::new("")).unwrap();
    let places = config.places();
    let addresses = places.into_iter().map(|place| (place.clone(), place.address));
    let snapshot = Snapshot::new("us-east-1", "0", Vec::new());
    of_domain_names(&config, &snapshot, &addresses.collect::<Vec<_>>())
}

#[test]
fn the_urls_of_custom_domain_names_are_told_with_their_base_paths() {
    assert_eq!(
        told("['127.0.0.1:8080', {address: '127.0.0.1:443', tls: {}}]"),
        [
            "REST API pets, stage prod: https://api.example.com/",
            "REST API pets, any stage: https://api.example.com/all/{stage}/",
            "HTTP API web, stage $default: http://*.example.com:8080/a/b/",
            "REST API pets, stage prod: https://mtls.example/ (clients show certificates)",
        ]
    );
    assert_eq!(
        told("{address: '127.0.0.1:8443', tls: {certificate: {chain: c, privateKey: k}}}")[2],
        "HTTP API web, stage $default: https://*.example.com:8443/a/b/"
    );
}

/// What is told of these APIs, without and by domain names.
fn told_of(rest: &str) -> [Vec<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let definition = |is_disabled: bool| {
        format!(
            "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\n\
             x-amazon-apigateway-endpoint-configuration: {{disableExecuteApiEndpoint: {is_disabled}}}\n\
             paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: mock}}}}}}}}\n"
        )
    };
    write("open.yaml", &definition(false));
    write("closed.yaml", &definition(true));
    let policy = "x-amazon-apigateway-policy: {Statement: [{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}]}\n";
    let private = definition(false).replace("{disable", "{types: [PRIVATE], disable");
    write("private.yaml", &(private + policy));
    write("edgeway.yaml", rest);
    let built = crate::snapshot::Origin::Config(folder.path().join("edgeway.yaml")).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let places = built.config.places().into_iter().map(|place| (place.clone(), place.address));
    let places: Vec<_> = places.collect();
    let (config, snapshot) = (&built.config, &built.snapshot);
    [of_apis(config, snapshot, &places), of_domain_names(config, snapshot, &places)]
}

fn told_of_apis(rest: &str) -> Vec<String> {
    let [of_apis, _] = told_of(rest);
    of_apis
}

#[test]
fn no_url_is_told_at_which_an_api_does_not_answer() {
    let api = |id: &str, file: &str| {
        format!(
            "{{id: {id}, protocol: REST, definition: {file}.yaml, stages: [{{stageName: s}}, {{stageName: t}}]}}"
        )
    };
    let (open, closed) = (api("a", "open"), api("b", "closed"));
    let names =
        "domainNames: [{domainName: h.example, basePathMappings: [{restApiId: b, stage: s}]}]";
    let disabled = |stage: &str| {
        format!("REST API b, stage {stage}: disabled, and no domain name leads to it")
    };
    let a = |stage: &str| {
        format!("REST API a, stage {stage}: http://127.0.0.1:8080/_aws/execute-api/a/{stage}/")
    };
    assert_eq!(
        told_of_apis(&format!("apis: [{open}, {closed}]\n{names}\n")),
        [a("s"), a("t"), disabled("t")]
    );
    assert_eq!(
        told_of_apis(&format!("apis: [{open}, {closed}]\n")),
        [a("s"), a("t"), disabled("s"), disabled("t")]
    );
    assert_eq!(told_of_apis(&format!("apis: [{closed}]\n{names}\n")), [disabled("t")]);
    assert_eq!(
        told_of_apis(&format!("apis: [{closed}]\n")),
        [
            "REST API b, stage s: http://127.0.0.1:8080/s/",
            "REST API b, stage t: http://127.0.0.1:8080/t/"
        ],
        "every host name stands for one of its own"
    );
}

#[test]
fn a_private_api_is_told_at_the_listeners_of_private_endpoints() {
    let api = |id: &str, file: &str| {
        format!("{{id: {id}, protocol: REST, definition: {file}.yaml, stages: [{{stageName: s}}]}}")
    };
    let endpoint = "privateEndpoints: [{vpcEndpointId: vpce-1, listen: '127.0.0.1:8081'}]";
    let names =
        "domainNames: [{domainName: h.example, basePathMappings: [{restApiId: p, stage: s}]}]";
    let (open, private) = (api("a", "open"), api("p", "private"));
    assert_eq!(
        told_of(&format!("apis: [{open}, {private}]\n{endpoint}\n{names}\n")).concat(),
        [
            "REST API a, stage s: http://127.0.0.1:8080/_aws/execute-api/a/s/",
            "REST API p, stage s: http://127.0.0.1:8081/_aws/execute-api/p/s/ (at private endpoints alone)",
            "REST API p, stage s: http://h.example:8081/",
        ]
    );
}

#[test]
fn the_urls_of_a_distribution_are_told_with_its_name() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/edge/edgeway.yaml");
    let built = crate::snapshot::Origin::Config(example).build();
    let config = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics)).config;
    let places = config.places().into_iter().map(|place| (place.clone(), place.address));
    assert_eq!(
        of_distributions(&config, &places.collect::<Vec<_>>()),
        ["distribution shop: http://127.0.0.1:8090/, http://shop.example.com:8080/"]
    );
}

#[test]
fn no_address_is_told_where_certificates_are_for_names_alone() {
    let told = |listen: &str| {
        let text = format!(
            "listen: {listen}\napis: [{{id: a, protocol: REST, definition: d, stages: [{{stageName: s}}, {{stageName: t}}]}}]\n\
             domainNames: [{{domainName: h.example, certificate: {{chain: c, privateKey: k}}, basePathMappings: [{{restApiId: a, stage: s}}]}}]\n"
        );
        let config = Config::read(&crate::document::read(&text).unwrap(), Path::new("")).unwrap();
        let places = config.places().into_iter().map(|place| (place.clone(), place.address));
        let places: Vec<_> = places.collect();
        let api = gateway_core::definition::Api {
            id: "a".into(),
            name: String::new(),
            protocol: Protocol::Rest,
            disable_execute_api_endpoint: false,
            deployments: Vec::new(),
            stages: config.apis[0].stages.clone(),
        };
        let snapshot = Snapshot::new("r", "1", vec![api]);
        let mut lines = of_apis(&config, &snapshot, &places);
        lines.extend(of_others(&config, &places));
        lines
    };
    let alone =
        "127.0.0.1:443 over TLS, by the domain names alone: it has no certificate of its own";
    assert_eq!(
        told("{address: '127.0.0.1:443', tls: {}}"),
        [
            "REST API a, stage t: no listener has a certificate, and no domain name leads to it"
                .to_owned(),
            format!("also {alone}"),
        ]
    );
    let both = told("[{address: '127.0.0.1:443', tls: {}}, '127.0.0.1:80']");
    assert_eq!(both[0], "REST API a, stage s: http://127.0.0.1:80/s/");
    assert_eq!(both[2..], [format!("also {alone}")]);
    let own = told("{address: '127.0.0.1:443', tls: {certificate: {chain: c, privateKey: k}}}");
    assert_eq!(own[0], "REST API a, stage s: https://127.0.0.1:443/s/");
    assert_eq!(own.len(), 2, "{own:?}");
}

#[test]
fn a_domain_name_that_nobody_can_reach_is_not_told() {
    let told = told("127.0.0.1:80");
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], "REST API pets, stage prod: http://api.example.com/");
    assert!(told.iter().all(|line| !line.contains("mtls")), "{told:?}");
}
