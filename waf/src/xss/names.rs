//! Names of elements, attributes and events.

/// Elements that run or load something by being there.
pub(super) const RUNS: [&str; 21] = [
    "script",
    "iframe",
    "frameset",
    "frame",
    "applet",
    "embed",
    "isindex",
    "bgsound",
    "layer",
    "ilayer",
    "xss",
    "vmlframe",
    "noscript",
    "listener",
    "handler",
    "portal",
    "fencedframe",
    "animatetransform",
    "foreignobject",
    "plaintext",
    "comment",
];
/// Elements that do so with an attribute; without one they are words of prose and of other languages.
pub(super) const RUNS_WITH: [&str; 14] = [
    "object",
    "base",
    "link",
    "meta",
    "import",
    "xml",
    "animate",
    "set",
    "form",
    "style",
    "math",
    "use",
    "template",
    "stylesheet",
];
/// Elements that a page shows, and that have events.
pub(super) const SHOWN: [&str; 14] = [
    "audio", "body", "button", "canvas", "details", "dialog", "image", "input", "marquee",
    "select", "source", "textarea", "title", "video",
];
/// Attributes that have a URL.
pub(super) const URLS: [&str; 17] = [
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "data",
    "poster",
    "background",
    "lowsrc",
    "dynsrc",
    "codebase",
    "cite",
    "longdesc",
    "to",
    "from",
    "values",
    "content",
];

/// What the names of events begin with, behind `on`.
pub(super) const EVENTS: &str = "\
    abort activate after animation auxclick before begin blur bounce cancel canplay cellchange \
    change click close contextmenu control copy cuechange cut data dblclick deactivate device drag \
    drop duration emptied ended error filter finish focus form fullscreen gesture hashchange help \
    input invalid key layout load message mouse move orientation page paste pause play pointer \
    popstate progress property readystate repeat reset resize row scroll search seek select show \
    start submit touch toggle \
    transition unhandled unload volume waiting webkit wheel end stop storage suspend stalled \
    timeupdate zoom";
