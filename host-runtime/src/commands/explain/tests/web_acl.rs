//! The example of a web ACL.

use super::edge::explained_of;
use super::*;

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/edge/edgeway.yaml")
}

/// The status, and the account of a request to the example's distribution by a client with a `User-Agent`.
fn told(target: &str, content_bytes: usize) -> (u64, String) {
    let mut asked = at_url(&["http://127.0.0.1:8090", target].concat()).unwrap();
    asked.fields.push(agent());
    if content_bytes > 0 {
        (asked.method, asked.content) = ("POST".into(), vec![b'x'; content_bytes]);
    }
    let (text, json) = explained_of(&config(), &asked);
    // What goes on has no status of its own yet.
    (json["status"].as_u64().unwrap_or_default(), text)
}

#[test]
fn the_example_of_a_web_acl_has_no_mistake_and_the_capacity_that_it_says() {
    let built = Origin::Config(config()).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    assert!(
        built.warnings.iter().all(|told| !told.file.ends_with("web-acl.json")),
        "{:?}",
        built.warnings
    );
    let document = serde_json::from_str(&built.snapshot.web_acls[0].document).unwrap();
    let (acl, _) = waf::WebAcl::read(&document, &[]).unwrap();
    assert_eq!(document["WebACL"]["Capacity"], acl.capacity());
}

#[test]
fn the_example_of_a_web_acl_does_what_its_readme_says() {
    let (status, plain) = told("/", 0);
    assert_eq!(status, 0, "{plain}");
    assert!(plain.contains("`Host_localhost_HEADER`"), "counted: {plain}");
    let (of_script, script) = told("/?q=%3Cscript%3Ealert(1)%3C/script%3E", 0);
    assert!(script.contains("`CrossSiteScripting_QUERYARGUMENTS`"), "{script}");
    let (of_sql, sql) = told("/?q=%27%20or%201=1--", 0);
    assert!(sql.contains("rule `AWS-AWSManagedRulesSQLiRuleSet`"), "{sql}");
    let (of_large, large) = told("/products/x", 9_000);
    assert!(large.contains("rule `large-bodies` decides"), "{large}");
    assert_eq!([of_script, of_sql, of_large], [403; 3]);
    let (of_order, order) = told("/orders", 9_000);
    assert!(of_order != 403 && order.contains("SizeRestrictions_Body"), "{order}");
    assert!(order.contains("→ count request"), "the rate is asked for: {order}");
}
