//! Fields that CloudFront makes itself ("Add CloudFront request headers"). Viewers' own are never believed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Matched;
use crate::model::{Behavior, OriginRequestPolicy, Selected};

/// Those that are made here, in lower case.
const MADE: [&str; 8] = [
    "cloudfront-forwarded-proto",
    "cloudfront-is-android-viewer",
    "cloudfront-is-desktop-viewer",
    "cloudfront-is-ios-viewer",
    "cloudfront-is-mobile-viewer",
    "cloudfront-is-smarttv-viewer",
    "cloudfront-is-tablet-viewer",
    "cloudfront-viewer-address",
];
/// Those that the host tells, where it knows.
const TOLD: [&str; 15] = [
    COUNTRY,
    "cloudfront-viewer-asn",
    "cloudfront-viewer-city",
    "cloudfront-viewer-country-name",
    "cloudfront-viewer-country-region",
    "cloudfront-viewer-country-region-name",
    "cloudfront-viewer-http-version",
    "cloudfront-viewer-ja3-fingerprint",
    "cloudfront-viewer-ja4-fingerprint",
    "cloudfront-viewer-latitude",
    "cloudfront-viewer-longitude",
    "cloudfront-viewer-metro-code",
    "cloudfront-viewer-postal-code",
    "cloudfront-viewer-time-zone",
    "cloudfront-viewer-tls",
];
const COUNTRY: &str = "cloudfront-viewer-country";

/// Those that the host has to tell, since policies name them.
pub(crate) fn asked(behaviors: &[Behavior]) -> Vec<&'static str> {
    let is_asked = |name: &&str| behaviors.iter().any(|behavior| names(behavior, name));
    TOLD.into_iter().filter(is_asked).collect()
}

fn names(behavior: &Behavior, name: &str) -> bool {
    // "All" are those of viewers.
    let has =
        |selected: &Selected| matches!(selected, Selected::These(_)) && selected.names_field(name);
    let is_added = |policy: &OriginRequestPolicy| {
        has(&policy.headers) || policy.added.iter().any(|one| one.eq_ignore_ascii_case(name))
    };
    has(&behavior.cache.headers) || behavior.forward.as_ref().is_some_and(is_added)
}

/// Whether nobody but the edge may say it; `name` in lower case.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("cloudfront-") || name.starts_with("x-edge-")
}

/// Whether a policy names a field that is the edge's to say, and that it does not know.
pub(crate) fn is_unknown(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_reserved(&name) && !MADE.contains(&&*name) && !TOLD.contains(&&*name)
}

/// The value of a field that the edge makes, by its name in lower case; empty where it does not know.
/// `None`: it is the viewer's to say.
pub(crate) fn own_field(matched: &Matched<'_>, name: &str) -> Option<String> {
    let told = |is: bool| Some(if is { "true" } else { "false" }.into());
    match name {
        "host" => Some(matched.host()),
        COUNTRY => Some(matched.country.clone().unwrap_or_default()),
        "cloudfront-forwarded-proto" => {
            Some(if matched.is_https { "https" } else { "http" }.into())
        }
        "cloudfront-viewer-address" => Some(matched.ip.clone()),
        "cloudfront-is-android-viewer" => told(Device::of(matched).is_android()),
        "cloudfront-is-ios-viewer" => told(Device::of(matched).is_ios()),
        "cloudfront-is-mobile-viewer" => told(Device::of(matched).is_mobile()),
        "cloudfront-is-tablet-viewer" => told(Device::of(matched).is_tablet()),
        "cloudfront-is-smarttv-viewer" => told(Device::of(matched).is_tv()),
        "cloudfront-is-desktop-viewer" => told(Device::of(matched).is_desktop()),
        name if is_reserved(name) => {
            let told = matched.told.iter().find(|(told, _)| *told == name);
            Some(told.map(|(_, value)| in_ascii(value)).unwrap_or_default())
        }
        _ => None,
    }
}

/// "For non-ASCII characters in these headers' values, CloudFront percent-encodes the character."
fn in_ascii(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            0x80.. => written.push_str(&format!("%{byte:02X}")),
            _ => written.push(byte.into()),
        }
    }
    written
}

/// What a viewer's `User-Agent` says of its device. How CloudFront finds that is not published; these words
/// are those of the makers. "If a device falls into more than one category, more than one value can be true."
struct Device(String);

impl Device {
    fn of(matched: &Matched<'_>) -> Self {
        Self(matched.fields.text("user-agent").unwrap_or_default().to_ascii_lowercase())
    }

    fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.0.contains(word))
    }

    fn is_android(&self) -> bool {
        self.says(&["android"])
    }

    fn is_ios(&self) -> bool {
        self.says(&["iphone", "ipad", "ipod"])
    }

    fn is_tv(&self) -> bool {
        const WORDS: [&str; 12] = [
            "smarttv",
            "smart-tv",
            "smart tv",
            "hbbtv",
            "appletv",
            "apple tv",
            "googletv",
            "android tv",
            "bravia",
            "roku",
            "crkey",
            "netcast",
        ];
        let of_maker = self.says(&["web0s"]) || self.says(&["tizen"]) && self.says(&["tv"]);
        of_maker || self.says(&WORDS) || self.says(&["; aft"]) // Fire TV: "AFTT", "AFTM", …
    }

    /// A phone of Android's says `Mobile`, and a tablet does not.
    fn is_tablet(&self) -> bool {
        let of_android = self.is_android() && !self.says(&["mobile"]);
        !self.is_tv()
            && (of_android || self.says(&["ipad", "tablet", "kindle", "playbook", "silk/"]))
    }

    /// An iPad says `Mobile` too, and is both.
    fn is_mobile(&self) -> bool {
        const WORDS: [&str; 7] =
            ["mobile", "iphone", "ipod", "windows phone", "blackberry", "opera mini", "iemobile"];
        !self.is_tv() && self.says(&WORDS)
    }

    fn is_desktop(&self) -> bool {
        !self.is_mobile() && !self.is_tablet() && !self.is_tv()
    }
}
