//! What user agents say of themselves.

use alloc::string::String;

use super::{ManagedRule, Place, Sight};

pub(crate) const NAMESPACE: &str = "bot-control";

/// `awswaf:managed:aws:bot-control:bot:name:googlebot`: a bot by what its user agent is known by. AWS publishes few of
/// the names that it has.
pub(crate) fn name_label(known: &str) -> String {
    let known = known.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let name = known.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    alloc::format!("awswaf:managed:aws:{NAMESPACE}:bot:name:{name}")
}

const fn category(
    name: &'static str,
    label: &'static str,
    agents: &'static [&'static str],
) -> ManagedRule {
    ManagedRule { name, label, look: Sight::Bot(agents), place: Place::Request, only_counts: false }
}

/// Scanners whose names are in others' within a word (`OpenMap`): AWS names `nmap` as an example.
pub(crate) const SCANNER_WORDS: &[&str] = &["nmap"];

/// Scanners for weaknesses, which nobody has for a visitor.
pub(crate) const SCANNERS: &[&str] = &[
    "acunetix",
    "arachni",
    "burpcollaborator",
    "commix",
    "dirbuster",
    "feroxbuster",
    "fimap",
    "gobuster",
    "grabber",
    "havij",
    "hydra",
    "jaeles",
    "jorgee",
    "masscan",
    "metasploit",
    "morfeus",
    "nessus",
    "netsparker",
    "nikto",
    "nuclei",
    "openvas",
    "paros",
    "qualys",
    "scrapyproject",
    "skipfish",
    "sqlmap",
    "sqlninja",
    "vega/",
    "w3af",
    "webinspect",
    "whatweb",
    "wfuzz",
    "wpscan",
    "zgrab",
    "zmeu",
];

pub(super) const RULES: &[ManagedRule] = &[
    category(
        "CategoryAdvertising",
        "bot:category:advertising",
        &["adsbot", "mediapartners-google", "adbeat"],
    ),
    category(
        "CategoryArchiver",
        "bot:category:archiver",
        &["archive.org_bot", "ia_archiver", "heritrix", "archivebot"],
    ),
    category(
        "CategoryContentFetcher",
        "bot:category:content_fetcher",
        &["feedfetcher", "feedly", "feedbin", "newsblur", "apple-pubsub"],
    ),
    category(
        "CategoryEmailClient",
        "bot:category:email_client",
        &["yahoomailproxy", "googleimageproxy"],
    ),
    category(
        "CategoryHttpLibrary",
        "bot:category:http_library",
        &[
            "curl/",
            "wget/",
            "python-requests",
            "python-urllib",
            "aiohttp",
            "httpx",
            "go-http-client",
            "java/",
            "okhttp",
            "apache-httpclient",
            "axios/",
            "node-fetch",
            "got (",
            "undici",
            "libwww-perl",
            "ruby",
            "guzzlehttp",
            "reqwest",
            "restsharp",
            "faraday",
        ],
    ),
    category(
        "CategoryLinkChecker",
        "bot:category:link_checker",
        &["linkchecker", "w3c-checklink", "deadlink", "xenu link"],
    ),
    category("CategoryMiscellaneous", "bot:category:miscellaneous", &["omgili", "bitlybot"]),
    category(
        "CategoryMonitoring",
        "bot:category:monitoring",
        &[
            "pingdom",
            "uptimerobot",
            "statuscake",
            "site24x7",
            "datadogsynthetics",
            "newrelicpinger",
            "checkly",
            "better uptime",
        ],
    ),
    category(
        "CategoryPagePreview",
        "bot:category:page_preview",
        &[
            "facebookexternalhit",
            "slackbot",
            "twitterbot",
            "whatsapp/",
            "telegrambot",
            "discordbot",
            "skypeuripreview",
        ],
    ),
    category(
        "CategoryScrapingFramework",
        "bot:category:scraping_framework",
        &["scrapy", "colly", "httrack", "webcopier", "mechanize", "nutch"],
    ),
    category(
        "CategorySearchEngine",
        "bot:category:search_engine",
        &[
            "googlebot",
            "bingbot",
            "yandexbot",
            "baiduspider",
            "duckduckbot",
            "slurp",
            "applebot",
            "qwantify",
            "seznambot",
        ],
    ),
    category(
        "CategorySecurity",
        "bot:category:security",
        &[
            "censysinspect",
            "shodan",
            "expanse",
            "internet-measurement",
            "netcraft",
            "securitytrails",
        ],
    ),
    category(
        "CategorySeo",
        "bot:category:seo",
        &[
            "ahrefsbot",
            "semrushbot",
            "mj12bot",
            "dotbot",
            "rogerbot",
            "screaming frog",
            "serpstatbot",
            "blexbot",
        ],
    ),
    category(
        "CategorySocialMedia",
        "bot:category:social_media",
        &["pinterestbot", "linkedinbot", "redditbot"],
    ),
    category(
        "CategoryWebhooks",
        "bot:category:webhooks",
        &[
            "github-hookshot",
            "bitbucket-webhooks",
            "gitlab-webhook",
            "stripe/",
            "twilioproxy",
            "shopify-captain-hook",
            "slack-webhooks",
            "svix-webhooks",
            "hookdeck",
            "sendgrid event api",
        ],
    ),
    category(
        "CategoryAI",
        "bot:category:ai",
        &[
            "gptbot",
            "chatgpt-user",
            "claudebot",
            "anthropic-ai",
            "ccbot",
            "perplexitybot",
            "bytespider",
            "google-extended",
            "amazonbot",
            "cohere-ai",
        ],
    ),
    ManagedRule {
        name: "SignalAutomatedBrowser",
        label: "signal:automated_browser",
        look: Sight::AgentHas(&[
            "headlesschrome",
            "phantomjs",
            "slimerjs",
            "selenium",
            "puppeteer",
            "playwright",
        ]),
        place: Place::Request,
        only_counts: false,
    },
    // Which data centers AWS means, it does not publish: the IP set of this name has them.
    ManagedRule {
        name: "SignalKnownBotDataCenter",
        label: "signal:known_bot_data_center",
        look: Sight::Addresses("SignalKnownBotDataCenter"),
        place: Place::Request,
        only_counts: false,
    },
    ManagedRule {
        name: "SignalNonBrowserUserAgent",
        label: "signal:non_browser_user_agent",
        look: Sight::NoBrowser,
        place: Place::Request,
        only_counts: false,
    },
];
