use super::*;

#[test]
fn custom_domain_names_lead_to_stages() {
    let config = read_text(&format!(
        "{TWO_APIS}domainNames:
  - domainName: API.example.com
    basePathMappings: [{{basePath: (none), restApiId: pets, stage: prod}}, {{basePath: staged, restApiId: pets}}]
    apiMappings: [{{apiMappingKey: orders/v2, apiId: orders, stage: $default}}]
"
    ))
    .unwrap();
    let [domain] = &config.domain_names[..] else { panic!("one domain name") };
    assert_eq!(domain.domain_name, "api.example.com");
    let mappings = domain.mappings.iter();
    let mappings: Vec<_> =
        mappings.map(|m| (m.base_path.as_str(), m.api, m.stage.as_deref())).collect();
    assert_eq!(
        mappings,
        [("", 0, Some("prod")), ("staged", 0, None), ("orders/v2", 1, Some("$default"))]
    );
}

#[test]
fn mistakes_in_custom_domain_names_are_told() {
    let errors = read_text(&format!(
        "{TWO_APIS}domainNames:
  - {{domainName: localhost, basePathMappings: [{{restApiId: pets, stage: dev}}]}}
  - {{domainName: a.example, basePathMappings: [{{basePath: a/b, restApiId: pets}}, {{basePath: c, restApiId: none}}]}}
  - {{domainName: b.example, apiMappings: [{{apiMappingKey: a, apiId: orders}}, {{apiId: pets, stage: prod}}, {{apiId: pets, stage: prod}}]}}
"
    ))
    .unwrap_err();
    let errors: Vec<&str> = errors.iter().map(|e| e.split_once(' ').unwrap().1).collect();
    assert_eq!(
        errors,
        [
            "/domainNames/0/domainName `localhost` cannot be a custom domain name",
            "/domainNames/0/basePathMappings/0/stage API `pets` has no stage `dev`",
            "/domainNames/1/basePathMappings/0/basePath `a/b` cannot be a base path",
            "/domainNames/1/basePathMappings/1/restApiId no API has the id `none`",
            "/domainNames/2/apiMappings/0 `stage` is missing",
            "/domainNames/2/apiMappings/2 the base path `` is mapped twice",
        ]
    );
}
