use super::*;

#[test]
fn targets_and_their_checks_are_read_with_target_groups_defaults() {
    let links = r"
vpcLinks:
  - {vpcLinkId: a, url: 'http://h:81/base/'}
  - vpcLinkId: b
    name: inner
    targets: [{host: 10.0.0.5, port: 8080}, {host: '::1', port: 1}, {url: 'https://h'}]
    listeners:
      - integrationUri: arn:aws:elasticloadbalancing:r:a:listener/app/x/1/2
        url: http://h
        healthCheck: {matcher: {httpCode: '200,300-302'}, healthyThresholdCount: 3}
";
    let config = read_text(&format!("{MINIMAL}{links}")).unwrap();
    let [a, b] = &config.vpc_links[..] else { panic!("{:?}", config.vpc_links) };
    let a = a.targets.as_ref().unwrap();
    assert_eq!((&*a.targets[0].path, a.targets[0].authority.as_str()), ("/base", "h:81"));
    assert!(a.health_check.is_none() && a.is_url_alone);
    let own = b.targets.as_ref().unwrap();
    let authorities: Vec<_> = own.targets.iter().map(|t| t.authority.as_str()).collect();
    assert_eq!(authorities, ["10.0.0.5:8080", "[::1]:1", "h"]);
    let check = own.health_check.as_ref().unwrap();
    assert_eq!((&check.protocol, check.timeout.as_secs()), (&HealthCheckProtocol::Tcp, 10));
    let check = b.listeners.values().next().unwrap().health_check.as_ref().unwrap();
    let matcher = vec![200..=200, 300..=302];
    assert_eq!(
        check.protocol,
        HealthCheckProtocol::Http { is_https: false, path: "/".into(), matcher }
    );
    let thresholds = (check.healthy_threshold, check.unhealthy_threshold);
    assert_eq!((thresholds, check.interval.as_secs(), check.timeout.as_secs()), ((3, 2), 30, 5));
}

#[test]
fn links_that_cannot_be_are_refused() {
    for (link, mistake) in [
        ("{url: 'http://h'}", "`vpcLinkId` is missing"),
        ("{vpcLinkId: a}", "it has either `url` or `targets`"),
        ("{vpcLinkId: a, url: 'http://h', targets: []}", "it has either `url` or `targets`"),
        ("{vpcLinkId: a, targets: []}", "1 to 500 targets"),
        ("{vpcLinkId: a, targets: [{host: h}]}", "either `url`, or `host` and `port`"),
        ("{vpcLinkId: a, targets: [{host: h, port: 0}]}", "a port is a number"),
        ("{vpcLinkId: a, targets: [{host: 'a/b', port: 1}]}", "is not a host"),
        ("{vpcLinkId: a, targets: [{host: 'u@h', port: 1}]}", "is not a host"),
        ("{vpcLinkId: a, url: 'http://u@h'}", "may not hold a user name"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: GRPC}}", "no protocol of health"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: UDP}}", "no protocol of"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: TCP, path: /}}", "belongs to"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {path: x}}", "is not a path"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {intervalSeconds: 301}}", "is 1 to 300"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {timeoutSeconds: 31}}", "must not be more"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {matcher: {httpCode: '1'}}}", "no statuses"),
        ("{vpcLinkId: a, listeners: [{integrationUri: x, url: 'http://h'}]}", "neither a load"),
        ("{vpcLinkId: a, url: 'http://h'}, {vpcLinkId: a, url: 'http://h'}", "is used twice"),
    ] {
        let told = read_text(&format!("{MINIMAL}vpcLinks: [{link}]")).unwrap_err();
        assert!(told.iter().any(|told| told.contains(mistake)), "{link}: {told:?}");
    }
}
