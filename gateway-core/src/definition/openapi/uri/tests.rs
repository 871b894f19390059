use super::*;

fn shape(uri: &str) -> String {
    without_variables(uri).unwrap().0
}

#[test]
fn urls_have_a_scheme_and_a_host_unless_a_stage_variable_brings_them() {
    for uri in [
        "https://example.com",
        "http://127.0.0.1:8080/a/{proxy}?x=1&y={z}",
        "http://[::1]:80/",
        "http://[::1]/",
        "http://${stageVariables.host}/${stageVariables.path}?${stageVariables.query}",
        "${stageVariables.url}/x",
        "https://${stageVariables.sub}.example.com:${stageVariables.port}/",
        "https://example.com/a%20b/~x;y=z,(1)!*'@",
    ] {
        assert_eq!(url(&shape(uri)), Ok(()), "{uri}");
    }
    for uri in [
        "",
        "example.com",
        "ftp://example.com",
        "http://",
        "http:///path",
        "http://:80/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://exa mple.com/",
        "http://user@example.com/",
        "http://example.com/{id",
        "http://example.com/id}",
        "http://example.com/{}",
        "http://example.com/é",
        "http://example.com/#fragment",
    ] {
        assert!(url(&shape(uri)).is_err(), "{uri}");
    }
}

#[test]
fn private_integrations_of_http_apis_are_with_listeners_and_cloud_map_services() {
    for uri in [
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/app/my-lb/1/2",
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/net/my-lb/1/2",
        "arn:aws:servicediscovery:us-east-2:123456789012:service/srv-1?stage=prod&color=green",
        "arn:aws:servicediscovery:us-east-2:123456789012:service/${stageVariables.service}",
        "${stageVariables.arn}",
    ] {
        assert!(is_private_arn(&shape(uri)), "{uri}");
    }
    for uri in [
        "http://alb.internal/",
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/app/my-lb/1",
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/",
        "arn:aws:servicediscovery:us-east-2:123456789012:namespace/ns-1",
        "arn:aws:lambda:us-east-2:123456789012:function:f",
        "",
    ] {
        assert!(!is_private_arn(&shape(uri)), "{uri}");
    }
}

#[test]
fn what_only_looks_like_a_stage_variable_stays_as_it_is() {
    let found = without_variables("https://h/${x}/${stageVariables.y}").unwrap();
    assert_eq!(found, (format!("https://h/{OTHER}/{VARIABLE}"), Vec::from(["x"])));
    assert_eq!(url(&found.0), Ok(()));
    assert!(url(&shape("https://${x}/")).is_err());
    assert!(function_arn(&shape("arn:aws:lambda:us-east-1:123456789012:function:${x}")).is_err());
    for uri in ["${AWS::Region}", "${}", "${stageVariables.}", "${stageVariables.a-b}", "${"] {
        assert!(without_variables(uri).is_err(), "{uri}");
    }
}

#[test]
fn function_arns_may_hold_stage_variables() {
    for arn in [
        "arn:aws:lambda:us-east-1:000000000000:function:products",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:products:live",
        "arn:aws:lambda:us-east-1:123456789012:function:products:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}",
        "arn:aws:lambda:us-east-1:123456789012:function:p:${stageVariables.alias}",
        "arn:aws:lambda:${stageVariables.r}:${stageVariables.a}:function:p-${stageVariables.env}",
        "${stageVariables.arn}",
    ] {
        assert_eq!(function_arn(&shape(arn)), Ok(()), "{arn}");
    }
    for arn in [
        "",
        "products",
        "arn:aws:sqs:us-east-1:000000000000:function:x",
        "arn:aws:lambda:us-east-1:1:function:x",
        "arn:aws:lambda:us-east-1:000000000000:layer:x",
        "arn:aws:lambda:us-east-1:000000000000:function",
        "arn:aws:lambda:us-east-1:000000000000:function:",
        "arn:aws:lambda:us-east-1:000000000000:function:a b",
        "arn:aws:lambda:us-east-1:000000000000:function:a:b:c",
    ] {
        assert!(function_arn(&shape(arn)).is_err(), "{arn}");
    }
}
