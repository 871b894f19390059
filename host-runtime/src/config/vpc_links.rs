//! `vpcLinks`: where VPC links lead to, and how their targets' health is checked.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use gateway_core::definition::VpcLink;
use gateway_core::definition::document::At;
use http::uri::{Authority, Uri};

use super::reading::Reading;

/// Most targets of a link, or of one of its listeners: each has a connection pool and checks of its own.
const TARGETS_MAX: usize = 500;

/// A VPC link.
#[derive(Debug, Clone, PartialEq)]
pub struct VpcLinkConfig {
    /// What a `connectionId` names.
    pub vpc_link_id: String,
    /// What people call it: in logs and metrics.
    pub name: Option<String>,
    /// Where it leads to, unless a listener says otherwise.
    pub targets: Option<TargetGroup>,
    /// Where it leads to for listeners, load balancers and Cloud Map services, by their ARNs.
    pub listeners: BTreeMap<String, TargetGroup>,
}

/// Targets that answer the same requests.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGroup {
    /// At least one.
    pub targets: Vec<Target>,
    /// `None`: each is taken for healthy.
    pub health_check: Option<HealthCheck>,
    /// It is one URL, and nothing else is said of it: all that a Worker can do.
    pub is_url_alone: bool,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it is asked over TLS even where the integration does not.
    pub is_https: bool,
    /// Host and port.
    pub authority: Authority,
    /// What comes before the path of each request, without a slash at its end.
    pub path: String,
}

/// How a target's health is checked: a target group's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// What is asked.
    pub protocol: HealthCheckProtocol,
    /// From one check to the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Checks in a row that an unhealthy target must pass.
    pub healthy_threshold: u32,
    /// Checks in a row that a healthy target must fail.
    pub unhealthy_threshold: u32,
}

/// What a health check asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthCheckProtocol {
    /// A connection.
    Tcp,
    /// An answer of one of these statuses to GET.
    Http {
        /// Over TLS.
        is_https: bool,
        /// Path, perhaps with a query.
        path: String,
        /// `Matcher.HttpCode`
        matcher: Vec<RangeInclusive<u16>>,
    },
}

impl TargetGroup {
    /// In the place of one that is refused: integrations may name it, and nobody is served.
    const NOWHERE: Self = Self { targets: Vec::new(), health_check: None, is_url_alone: false };
}

impl VpcLinkConfig {
    /// What the pipeline knows of it.
    pub fn to_definition(&self) -> VpcLink {
        VpcLink {
            vpc_link_id: self.vpc_link_id.clone(),
            has_targets: self.targets.is_some(),
            integration_uris: self.listeners.keys().cloned().collect(),
        }
    }
}

pub(super) fn read_all(reading: &Reading, at: &At<'_>) -> Vec<VpcLinkConfig> {
    let Some(at) = at.get("vpcLinks") else { return Vec::new() };
    let mut links: Vec<VpcLinkConfig> = Vec::new();
    for item in reading.array(&at) {
        let Some(link) = read(reading, &item) else { continue };
        if links.iter().any(|other| other.vpc_link_id == link.vpc_link_id) {
            reading.error(&item, format!("the id `{}` is used twice", link.vpc_link_id));
        }
        links.push(link);
    }
    links
}

fn read(reading: &Reading, at: &At<'_>) -> Option<VpcLinkConfig> {
    reading.keys(at, &["vpcLinkId", "name", "url", "targets", "healthCheck", "listeners"]);
    let id = reading.required(at, "vpcLinkId").and_then(|at| reading.text(&at));
    let name = at.get("name").and_then(|at| reading.text(&at)).map(Into::into);
    let listeners = listeners(reading, at);
    let has_own = ["url", "targets", "healthCheck"].iter().any(|name| at.get(name).is_some());
    let is_led = has_own || at.get("listeners").is_none();
    let targets = is_led.then(|| group(reading, at).unwrap_or(TargetGroup::NOWHERE));
    Some(VpcLinkConfig { vpc_link_id: id?.into(), name, targets, listeners })
}

fn listeners(reading: &Reading, at: &At<'_>) -> BTreeMap<String, TargetGroup> {
    let Some(at) = at.get("listeners") else { return BTreeMap::new() };
    let mut listeners = BTreeMap::new();
    for item in reading.array(&at) {
        reading.keys(&item, &["integrationUri", "url", "targets", "healthCheck"]);
        let uri = reading.required(&item, "integrationUri");
        let uri = uri.and_then(|at| arn(reading, &at));
        let group = group(reading, &item).unwrap_or(TargetGroup::NOWHERE);
        let Some(uri) = uri else { continue };
        if listeners.insert(uri, group).is_some() {
            reading.error(&item, "this `integrationUri` is there twice");
        }
    }
    listeners
}

fn arn(reading: &Reading, at: &At<'_>) -> Option<String> {
    let text = reading.text(at)?;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_known = matches!(parts[..], ["arn", _, "elasticloadbalancing" | "servicediscovery", _, _, name]
        if !name.is_empty());
    if !is_known {
        let help = "arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/… or \
                    arn:aws:servicediscovery:REGION:ACCOUNT:service/…";
        let message =
            format!("`{text}` is neither a load balancer's ARN nor a Cloud Map service's");
        reading.error_with(at, message, help);
        return None;
    }
    Some(text.into())
}

fn group(reading: &Reading, at: &At<'_>) -> Option<TargetGroup> {
    let (url, targets) = (at.get("url"), at.get("targets"));
    let is_url = url.is_some();
    let targets = match (url, targets) {
        (Some(url), None) => of_url(reading, &url).map(|target| vec![target]),
        (None, Some(list)) => {
            let items = reading.array(&list);
            if items.is_empty() || items.len() > TARGETS_MAX {
                reading.error(&list, format!("there must be 1 to {TARGETS_MAX} targets"));
            }
            let read: Vec<_> =
                items.iter().take(TARGETS_MAX).map(|at| target(reading, at)).collect();
            read.into_iter().collect::<Option<Vec<_>>>()
        }
        _ => {
            reading.error(at, "it has either `url` or `targets`");
            None
        }
    };
    let configured = at.get("healthCheck");
    let is_url_alone = is_url && configured.is_none();
    let configured = configured.map(|at| health_check(reading, &at));
    let targets = targets?;
    let health_check = match configured {
        Some(read) => Some(read?),
        // As a Network Load Balancer does unless it is told otherwise; a single target is asked in any case.
        None if targets.len() > 1 => Some(HealthCheck::default_of(HealthCheckProtocol::Tcp)),
        None => None,
    };
    Some(TargetGroup { targets, health_check, is_url_alone })
}

fn target(reading: &Reading, at: &At<'_>) -> Option<Target> {
    reading.keys(at, &["url", "host", "port"]);
    match (at.get("url"), at.get("host"), at.get("port")) {
        (Some(url), None, None) => of_url(reading, &url),
        (None, Some(host), Some(port)) => {
            let name = reading.text(&host)?;
            let number = reading.whole(&port).filter(|port| (1..=65_535).contains(port));
            let Some(number) = number else {
                reading.error(&port, "a port is a number from 1 to 65535");
                return None;
            };
            let is_ipv6 = name.contains(':') && !name.starts_with('[');
            let name = if is_ipv6 { format!("[{name}]") } else { name.to_owned() };
            let authority = format!("{name}:{number}").parse::<Authority>();
            match authority.ok().filter(|a| !a.as_str().contains('@') && !a.host().is_empty()) {
                Some(authority) => Some(Target { is_https: false, authority, path: String::new() }),
                None => {
                    reading.error(&host, format!("`{name}` is not a host"));
                    None
                }
            }
        }
        _ => {
            reading.error(at, "a target has either `url`, or `host` and `port`");
            None
        }
    }
}

fn of_url(reading: &Reading, at: &At<'_>) -> Option<Target> {
    let url: Uri = reading.url(at)?.parse().ok()?;
    let authority = url.authority()?.clone();
    if authority.as_str().contains('@') {
        reading.error(at, "it may not hold a user name");
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    Some(Target { is_https: url.scheme_str() == Some("https"), authority, path })
}

impl HealthCheck {
    /// The defaults of target groups: "Target group health checks" of Elastic Load Balancing.
    fn default_of(protocol: HealthCheckProtocol) -> Self {
        let timeout_s = if protocol == HealthCheckProtocol::Tcp { 10 } else { 5 };
        Self {
            protocol,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(timeout_s),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
        }
    }
}

fn health_check(reading: &Reading, at: &At<'_>) -> Option<HealthCheck> {
    const KEYS: [&str; 7] = [
        "protocol",
        "path",
        "matcher",
        "intervalSeconds",
        "timeoutSeconds",
        "healthyThresholdCount",
        "unhealthyThresholdCount",
    ];
    reading.keys(at, &KEYS);
    let protocol = protocol(reading, at);
    let is_read = protocol.is_some();
    let mut check = HealthCheck::default_of(protocol.unwrap_or(HealthCheckProtocol::Tcp));
    let seconds = |name: &str, most: u32| {
        let at = at.get(name)?;
        let number = reading.whole(&at)?;
        if !(1..=most).contains(&number) {
            reading.error(&at, format!("`{name}` is 1 to {most}"));
        }
        Some(number)
    };
    // Elastic Load Balancing's upper bounds; its lower ones are there for its own sake.
    let interval = seconds("intervalSeconds", 300);
    let timeout = seconds("timeoutSeconds", 120);
    check.interval = interval.map_or(check.interval, |s| Duration::from_secs(s.into()));
    check.timeout = timeout.map_or(check.timeout, |s| Duration::from_secs(s.into()));
    if timeout.is_none() {
        check.timeout = check.timeout.min(check.interval);
    } else if check.timeout > check.interval {
        reading.error(at, "`timeoutSeconds` must not be more than `intervalSeconds`");
    }
    check.healthy_threshold =
        seconds("healthyThresholdCount", 10).unwrap_or(check.healthy_threshold);
    check.unhealthy_threshold =
        seconds("unhealthyThresholdCount", 10).unwrap_or(check.unhealthy_threshold);
    is_read.then_some(check)
}

fn protocol(reading: &Reading, at: &At<'_>) -> Option<HealthCheckProtocol> {
    let named = at.get("protocol");
    let name = match &named {
        Some(at) => reading.text(at)?,
        None => "HTTP",
    };
    match (name, &named) {
        ("HTTP" | "HTTPS", _) => {
            let path = at.get("path").map_or(Some("/".into()), |at| path(reading, &at));
            let matcher = at.get("matcher");
            let matcher = matcher.map_or(Some(vec![200..=200]), |at| matcher_of(reading, &at));
            let is_https = name == "HTTPS";
            Some(HealthCheckProtocol::Http { is_https, path: path?, matcher: matcher? })
        }
        ("TCP", _) => {
            for name in ["path", "matcher"] {
                if let Some(at) = at.get(name) {
                    reading.error(
                        &at,
                        format!("`{name}` belongs to the protocols `HTTP` and `HTTPS`"),
                    );
                }
            }
            Some(HealthCheckProtocol::Tcp)
        }
        (other, at) => {
            let message = format!("`{other}` is no protocol of health checks");
            at.iter()
                .for_each(|at| reading.error_with(at, message.clone(), "`HTTP`, `HTTPS` or `TCP`"));
            None
        }
    }
}

fn path(reading: &Reading, at: &At<'_>) -> Option<String> {
    let path = reading.text(at)?;
    let is_path = path.starts_with('/')
        && path.len() <= 1024
        && path.parse::<http::uri::PathAndQuery>().is_ok();
    if !is_path {
        reading.error(at, format!("`{path}` is not a path"));
    }
    is_path.then(|| path.into())
}

/// `{httpCode: "200,202,300-399"}`
fn matcher_of(reading: &Reading, at: &At<'_>) -> Option<Vec<RangeInclusive<u16>>> {
    reading.keys(at, &["httpCode"]);
    let at = reading.required(at, "httpCode")?;
    let text = reading.scalar(&at)?;
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let status = |text: &str| text.parse::<u16>().ok().filter(|s| (200..=599).contains(s));
        let (first, last) = (status(first)?, status(last)?);
        (first <= last).then_some(first..=last)
    };
    let ranges: Option<Vec<_>> = text.split(',').map(|part| range(part.trim())).collect();
    if ranges.is_none() {
        let help = "write `200`, `200,202` or `200-299`";
        reading.error_with(&at, format!("`{text}` are no statuses of 200 to 599"), help);
    }
    ranges
}
