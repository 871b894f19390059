//! A distribution, as it is served.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::log::{Logging, RealTimeLog};
use crate::pattern::Pattern;

/// What the operator decides beyond CloudFront's model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether `CDN-Cache-Control` counts (RFC 9213).
    pub reads_targeted: bool,
    /// Whether viewers' `Cache-Control` counts. CloudFront never lets viewers past its cache.
    pub heeds_viewers: bool,
    /// Whether responses carry `Cache-Status` (RFC 9211).
    pub tells_cache_status: bool,
    /// Heuristic freshness, percent of the time since `Last-Modified` (RFC 9111 §4.2.2); 0 is none.
    pub heuristic_percent: u64,
}

/// A distribution, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// What it is called.
    pub id: String,
    /// The host names that lead here, in lower case; `*.` before one stands for any label.
    pub aliases: Vec<String>,
    /// Its origins.
    pub origins: Vec<Origin>,
    /// The public keys of trusted key groups, as PEM, by their ids.
    pub public_keys: BTreeMap<String, String>,
    /// The operator's own choices.
    pub options: Options,
    /// The ARN of the web ACL in front of it, which the host has to know.
    pub web_acl_id: Option<String>,
    /// Its `DomainName`, where it is known.
    pub(crate) domain_name: Option<String>,
    pub(crate) logging: Logging,
    pub(crate) enabled: bool,
    pub(crate) groups: Vec<Group>,
    /// In order; the default one is the last, and matches everything.
    pub(crate) behaviors: Vec<Behavior>,
    pub(crate) default_root_object: Option<String>,
    pub(crate) errors: Vec<CustomError>,
    pub(crate) geo: Geo,
    /// Fields of CloudFront's own that the host has to tell.
    pub(crate) asked: Vec<&'static str>,
}

/// Where responses come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What behaviours name it by.
    pub id: String,
    /// Its host name.
    pub domain_name: String,
    /// What its targets begin with, without a slash at the end.
    pub path: String,
    /// The port for http.
    pub http_port: u16,
    /// The port for https.
    pub https_port: u16,
    /// Which of them.
    pub protocol: ProtocolPolicy,
    /// Longest wait for an answer, seconds.
    pub read_timeout_s: u32,
    /// Longest wait for a connection, seconds.
    pub connection_timeout_s: u32,
    /// How often a connection is tried.
    pub connection_attempts: u32,
    /// Fields that it is always sent.
    pub custom_headers: Vec<(String, String)>,
    /// The bucket that it is, if it is one (`S3OriginConfig`).
    pub bucket: Option<Bucket>,
}

/// A bucket of Amazon S3 as an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: String,
    pub(crate) signing: Signing,
}

/// Which requests to a bucket are signed (origin access control's `SigningBehavior`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signing {
    Never,
    /// Those that have no `Authorization` of their viewer's.
    NoOverride,
    Always,
}

/// How an origin is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolPolicy {
    /// In clear text.
    HttpOnly,
    /// Over TLS.
    HttpsOnly,
    /// As the viewer speaks here.
    MatchViewer,
}

/// Two origins, the second for when the first fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) members: [usize; 2],
    pub(crate) statuses: Vec<u16>,
}

/// Where a behaviour's requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Origin(usize),
    Group(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Behavior {
    /// Where it stands in its document.
    pub(crate) pointer: String,
    pub(crate) pattern: Pattern,
    pub(crate) target: Target,
    pub(crate) viewer: ViewerProtocol,
    pub(crate) methods: Vec<String>,
    pub(crate) cached_methods: Vec<String>,
    pub(crate) cache: CachePolicy,
    pub(crate) forward: Option<OriginRequestPolicy>,
    pub(crate) respond: Option<ResponseHeadersPolicy>,
    /// Whether what is worth it is compressed here.
    pub(crate) compress: bool,
    /// The ids of keys whose signatures are trusted; `None`: nothing is signed.
    pub(crate) trusted_keys: Option<Vec<String>>,
    pub(crate) real_time: Option<RealTimeLog>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerProtocol {
    AllowAll,
    HttpsOnly,
    RedirectToHttps,
}

/// Which of several named things.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Selected {
    #[default]
    None,
    These(Vec<String>),
    AllExcept(Vec<String>),
    All,
}

impl Selected {
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names_by(|one| one == name)
    }

    pub(crate) fn names_field(&self, name: &str) -> bool {
        self.names_by(|one| one.eq_ignore_ascii_case(name))
    }

    /// Cookies may be named with `*` and `?` (CloudFront's wildcards).
    pub(crate) fn names_cookie(&self, name: &str) -> bool {
        self.names_by(|one| crate::pattern::matches(one.as_bytes(), name.as_bytes()))
    }

    fn names_by(&self, is: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::None => false,
            Self::These(names) => names.iter().any(|one| is(one)),
            Self::AllExcept(names) => !names.iter().any(|one| is(one)),
            Self::All => true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CachePolicy {
    pub(crate) min_ttl_s: u64,
    pub(crate) default_ttl_s: u64,
    pub(crate) max_ttl_s: u64,
    pub(crate) headers: Selected,
    pub(crate) cookies: Selected,
    pub(crate) query_strings: Selected,
    pub(crate) gzip: bool,
    pub(crate) brotli: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OriginRequestPolicy {
    pub(crate) headers: Selected,
    pub(crate) cookies: Selected,
    pub(crate) query_strings: Selected,
    /// Fields of CloudFront's own that are added (`CloudFront-Viewer-Country`).
    pub(crate) added: Vec<String>,
}

/// A field that responses carry, and whether it stands in for the origin's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetField {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) overrides: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ResponseHeadersPolicy {
    pub(crate) set: Vec<SetField>,
    pub(crate) remove: Vec<String>,
    pub(crate) cors: Option<Cors>,
    /// How many of a million responses carry `Server-Timing`; `None`: not even those that are asked to.
    pub(crate) server_timing: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cors {
    pub(crate) origins: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age_s: Option<u64>,
    pub(crate) credentials: bool,
    pub(crate) overrides: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomError {
    pub(crate) status: u16,
    pub(crate) page: Option<(String, u16)>,
    pub(crate) ttl_s: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Geo {
    #[default]
    Everybody,
    Only(Vec<String>),
    Not(Vec<String>),
}
