//! From a viewer's request to the behaviour, the origin, and the key under which its response is stored.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use http_cache::{Fields, Policy, Timestamp, remove_hop_by_hop};

use crate::model::{Behavior, Geo, Target, ViewerProtocol};
use crate::origin_request::{DISTRIBUTIONS_MAX, METHOD_OVERRIDE};
use crate::{Answer, Distribution, key, path};

/// How long a stale response stands in for an origin that fails, where nobody says: CloudFront names no
/// bound; room in the cache is one.
const STALE_ON_ERROR_S: u64 = 30 * 86_400;
/// CloudFront's "Error caching minimum TTL" where none is configured.
pub(crate) const ERROR_TTL_S: u64 = 10;
/// Errors that CloudFront caches though the origin does not say so.
const ERRORS_CACHED: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];

/// A viewer's request.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// Its method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The authority that it is for.
    pub host: &'a str,
    /// Whether it came over TLS.
    pub is_https: bool,
    /// The viewer's address.
    pub ip: &'a str,
    /// Two letters (ISO 3166-1); `None` where it cannot be told, and the viewer is served.
    pub country: Option<&'a str>,
    /// What else is known of it, by [`Distribution::asked_fields`].
    pub told: &'a [(&'static str, String)],
    /// Its header section.
    pub fields: &'a Fields,
    /// Whether it has content.
    pub has_content: bool,
}

/// A request for which a behaviour was found.
#[derive(Debug, Clone)]
pub struct Matched<'d> {
    pub(crate) distribution: &'d Distribution,
    pub(crate) behavior: &'d Behavior,
    pub(crate) method: String,
    pub(crate) host: String,
    /// As the viewer wrote them, for what it signed.
    pub(crate) raw_target: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) is_https: bool,
    pub(crate) ip: String,
    pub(crate) country: Option<String>,
    pub(crate) told: Vec<(&'static str, String)>,
    pub(crate) fields: Fields,
}

impl Distribution {
    /// Whether this host name leads here.
    pub fn is_for(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        self.aliases.iter().any(|alias| match alias.strip_prefix("*.") {
            Some(parent) => name
                .split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
            None => *alias == name,
        })
    }

    /// Whether it asks where viewers are. A host that does not know must not serve it.
    pub fn restricts_countries(&self) -> bool {
        self.geo != Geo::Everybody
    }

    /// The fields of CloudFront's own that policies name and only the host can tell the values of, in lower case:
    /// where viewers are, and how they connected.
    pub fn asked_fields(&self) -> &[&'static str] {
        &self.asked
    }

    /// The behaviour for a request, or what the edge answers itself. Who may come in is the next thing to ask
    /// ([`Matched::signature`]).
    ///
    /// # Errors
    /// What the viewer is answered.
    pub fn route(&self, viewer: &Viewer<'_>) -> Result<Matched<'_>, Answer> {
        if !self.enabled {
            return Err(Answer::error(403, "The distribution is disabled."));
        }
        let (raw_path, query) = match viewer.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (viewer.target, None),
        };
        let ambiguous = || {
            Answer::error(400, "The path of the request is ambiguous.")
                .with_detail("InvalidRequest")
        };
        let path = path::normal(raw_path).ok_or_else(ambiguous)?;
        let behavior = self.behavior(&path);
        // Many an origin takes `/private%2fa` and `/private;x/a` for what lies below `/private`, which is signed.
        let leads_around = |read: &String| {
            let trusted = &self.behavior(read).trusted_keys;
            trusted.is_some() && *trusted != behavior.trusted_keys
        };
        if path::readings(&path).iter().any(leads_around) {
            return Err(ambiguous());
        }
        if !viewer.is_https {
            match behavior.viewer {
                ViewerProtocol::AllowAll => {}
                ViewerProtocol::HttpsOnly => {
                    return Err(Answer::error(403, "The distribution supports only HTTPS."));
                }
                ViewerProtocol::RedirectToHttps => {
                    // HTTP/1.0 has requests without a host.
                    if viewer.host.is_empty() {
                        return Err(Answer::error(400, "The request names no host."));
                    }
                    let location = ["https://", without_port(viewer.host), viewer.target].concat();
                    return Err(Answer::redirect(viewer.method, &location));
                }
            }
        }
        let is_allowed = |name: &[u8]| behavior.methods.iter().any(|m| m.as_bytes() == name);
        if !is_allowed(viewer.method.as_bytes()) {
            return Err(method_not_allowed());
        }
        let may_be_cached = behavior.cached_methods.iter().any(|method| method == viewer.method);
        if viewer.has_content && may_be_cached {
            // A fat GET: the origin may go by what no cache key has.
            let message = "Bad request: there is content where none can be.";
            return Err(Answer::error(403, message).with_detail("InvalidRequest"));
        }
        let path = self.rooted(path);
        // Here, so that neither key nor origin knows of what the viewer's `Connection` takes away.
        let mut fields = viewer.fields.clone();
        remove_hop_by_hop(&mut fields);
        let matched = Matched {
            distribution: self,
            behavior,
            method: viewer.method.to_string(),
            host: viewer.host.to_string(),
            raw_target: viewer.target.to_string(),
            path,
            query: query.map(ToString::to_string),
            is_https: viewer.is_https,
            ip: viewer.ip.to_string(),
            country: viewer.country.map(str::to_ascii_uppercase),
            told: viewer.told.to_vec(),
            fields,
        };
        if matched.distributions_before() >= DISTRIBUTIONS_MAX {
            let message =
                "The request has come through this many distributions: an origin leads back.";
            return Err(Answer::error(508, message).with_detail("InvalidRequest"));
        }
        // A REST API does what the field names.
        if matched.is_for_api() && !matched.overriding_methods().all(is_allowed) {
            return Err(method_not_allowed());
        }
        Ok(matched)
    }

    /// The name of the object that a viewer asks for by this target (path and query), as [`Matched::object`];
    /// `None` for one that is refused.
    pub fn object(&self, target: &str) -> Option<String> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let path = path::normal(path)?;
        let behavior = self.behavior(&path);
        Some(key::object(behavior, &self.rooted(path), query))
    }

    fn rooted(&self, path: String) -> String {
        let root = self.default_root_object.as_ref().filter(|_| path == "/");
        root.map_or(path, |root| ["/", root].concat())
    }

    pub(crate) fn behavior(&self, path: &str) -> &Behavior {
        let path = &*path::with_single_slashes(path);
        let mut all = self.behaviors.iter();
        all.find(|behavior| behavior.pattern.matches(path)).expect("the default one matches all")
    }
}

fn method_not_allowed() -> Answer {
    let message = "This distribution is not configured to allow the HTTP request method that was used for \
                   this request. The distribution supports only cachable requests.";
    Answer::error(403, message).with_detail("InvalidRequestMethod")
}

impl<'d> Matched<'d> {
    /// Whom the geo restriction keeps out. "If CloudFront can't determine a user's location, CloudFront
    /// serves the content that the user has requested."
    pub(crate) fn check_country(&self) -> Result<(), Answer> {
        let Some(country) = &self.country else { return Ok(()) };
        let is_among = |these: &[String]| these.iter().any(|one| one.eq_ignore_ascii_case(country));
        let is_denied = match &self.distribution.geo {
            Geo::Everybody => false,
            Geo::Only(these) => !is_among(these),
            Geo::Not(these) => is_among(these),
        };
        let message = "The distribution is configured to block access from your country.";
        let denied = || Answer::error(403, message).with_detail("ClientGeoBlocked");
        if is_denied { Err(denied()) } else { Ok(()) }
    }

    /// The method as the cache takes it: `OPTIONS` is stored as `GET` is where a behaviour caches it.
    pub fn cache_method(&self) -> &str {
        match self.method.as_str() {
            "OPTIONS" if self.is_cached() => "GET",
            method => method,
        }
    }

    /// Whether answers to this method are cached here. Where nothing may be stored (`CachingDisabled`, or all fields
    /// forwarded: a maximum TTL of 0) none is: they are made of what no key has, and nobody is to get or to wait for
    /// another one's.
    pub fn is_cached(&self) -> bool {
        self.behavior.cache.max_ttl_s > 0
            && self.behavior.cached_methods.contains(&self.method)
            && !self.is_ambiguous_in_method()
    }

    /// The name of the object that is asked for: its path, and the parameters that are in its key. All variants
    /// of an object have it, and it is what an invalidation names.
    pub fn object(&self) -> String {
        key::object(self.behavior, &self.path, self.query.as_deref())
    }

    /// What its response is stored under.
    pub fn key(&self) -> String {
        key::key(self)
    }

    /// The same in parts, for people: names and values.
    pub fn key_parts(&self) -> Vec<(String, String)> {
        let mut parts = Vec::new();
        key::each_part(self, |name, value| parts.push((name.into(), value.into())));
        parts
    }

    /// The path pattern of its behaviour; `*` of the default one.
    pub fn path_pattern(&self) -> &'d str {
        self.behavior.pattern.text()
    }

    /// Where its behaviour stands in the distribution's document (JSON pointer).
    pub fn behavior_pointer(&self) -> &'d str {
        &self.behavior.pointer
    }

    /// The page of a custom error response for this status, and the status that the viewer is told with it.
    pub fn error_response(&self, status: u16) -> Option<(&'d str, u16)> {
        let mut errors = self.distribution.errors.iter();
        let (page, told) = errors.find(|error| error.status == status)?.page.as_ref()?;
        Some((page, *told))
    }

    /// The request for the page of a custom error response, which goes its own way through the behaviours; and
    /// the status that the viewer is told.
    pub fn error_page(&self, status: u16) -> Option<(Matched<'d>, u16)> {
        let (page, told) = self.error_response(status)?;
        let behavior = self.distribution.behavior(page);
        // What the viewer asked of the object it did not get is not asked of the page.
        let mut fields = self.fields.clone();
        fields.retain(|name| {
            ![
                "range",
                "if-range",
                "if-none-match",
                "if-modified-since",
                "if-match",
                METHOD_OVERRIDE,
            ]
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name))
        });
        let method = if self.method == "HEAD" { "HEAD" } else { "GET" };
        let matched = Self {
            behavior,
            path: page.into(),
            query: None,
            method: method.into(),
            fields,
            ..self.clone()
        };
        Some((matched, told))
    }

    /// The same for everybody: the whole of the object, whatever part or head of it this viewer asks for.
    #[must_use]
    pub fn of_whole(&self) -> Self {
        let method = if self.method == "HEAD" { "GET" } else { &*self.method };
        Self { method: method.into(), ..self.clone() }
    }

    /// The same with nothing that the viewer sent: for one that was refused, which no origin is to see anything of.
    #[must_use]
    pub fn of_nobody(&self) -> Self {
        Self { fields: Fields::new(), query: None, ..self.clone() }
    }

    /// How the cache treats what an origin answered with this status, which was asked about what is stored with the
    /// other one: a 304 says that that still holds, and has no time of its own.
    pub fn policy_about(&self, answered: u16, stored: Option<u16>) -> Policy {
        self.policy(stored.filter(|_| answered == 304).unwrap_or(answered))
    }

    /// How the cache treats a response with this status.
    pub fn policy(&self, status: u16) -> Policy {
        let (cache, options) = (&self.behavior.cache, &self.distribution.options);
        let is_keyed = cache.headers.names_field("authorization");
        let policy = Policy {
            min_ttl_s: cache.min_ttl_s,
            min_ttl_forces: true,
            default_ttl_s: cache.default_ttl_s,
            default_for_any_status: true,
            max_ttl_s: cache.max_ttl_s,
            heuristic_percent: options.heuristic_percent,
            reads_targeted: options.reads_targeted,
            heeds_clients: options.heeds_viewers,
            stale_on_error_s: STALE_ON_ERROR_S,
            is_keyed_by_authorization: is_keyed,
        };
        match status {
            // "HTTP 3xx status codes from your origin": cached "only when you include the `Cache-Control` header".
            307 | 308 => return Policy { min_ttl_s: 0, default_ttl_s: 0, ..policy },
            ..400 => return policy,
            _ => {}
        }
        let configured = self.distribution.errors.iter().find(|error| error.status == status);
        let by_default = if ERRORS_CACHED.contains(&status) { ERROR_TTL_S } else { 0 };
        // "CloudFront caches error responses for the greater of the value in the header and the value of the error
        // caching minimum TTL." One that says of itself that it is not to be stored is not, whatever the minimum.
        let least_s = configured.map_or(by_default, |error| error.ttl_s);
        Policy {
            min_ttl_s: least_s,
            min_ttl_forces: false,
            default_ttl_s: least_s,
            max_ttl_s: cache.max_ttl_s.max(least_s),
            ..policy
        }
    }

    /// Until when an error is kept that says nothing of that itself: "error caching minimum TTL".
    pub fn error_kept_until(&self, status: u16, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add(self.policy(status).min_ttl_s.saturating_mul(1000)))
    }

    /// The origins in the order in which they are asked, and whether this status of the first makes the
    /// second be asked. Only what changes nothing is asked twice.
    pub fn origins(&self) -> (usize, Option<usize>) {
        match self.behavior.target {
            Target::Origin(index) => (index, None),
            Target::Group(group) => {
                let [first, second] = self.distribution.groups[group].members;
                let is_safe = matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS");
                (first, is_safe.then_some(second))
            }
        }
    }

    /// Whether the second origin of a group is asked when the first answers so. It always is when the first
    /// is not to be reached.
    pub fn fails_over(&self, status: u16) -> bool {
        match self.behavior.target {
            Target::Origin(_) => false,
            Target::Group(group) => self.distribution.groups[group].statuses.contains(&status),
        }
    }
}

/// The colons of an address (`[::1]`) are before no port.
fn without_port(host: &str) -> &str {
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    port.map_or(host, |(name, _)| name)
}
