//! What rules of managed groups look for, and where.

mod java;
mod parts;
mod php;
mod told;

use alloc::string::String;

use crate::ip::IpSet;
use crate::managed::bots::{SCANNER_WORDS, SCANNERS, name_label};
use crate::marks::Marks;
use crate::matched::Found;
use crate::request::Request;
use crate::text::{contains_any_small, contains_small, contains_word, starts_with};
use crate::{file, shell, sql, xss};
pub(crate) use parts::{Part, Parts};
pub(crate) use told::in_json;

/// One look at one part of a request.
#[derive(Debug, Clone)]
pub(crate) struct Detector {
    pub(crate) look: Look,
    pub(crate) place: Place,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    Xss,
    Sqli,
    SqliExtended,
    LocalFile,
    RemoteFile,
    Metadata,
    RestrictedExtension,
    UnixShell,
    WindowsShell,
    PowerShell,
    Php,
    Log4j,
    JavaDeserialization,
    ReactJs,
    UnknownCharset,
    /// A path with one of these within, or with a segment that is one of those.
    PathHas(&'static [&'static str], &'static [&'static str]),
    /// A user agent that names a scanner.
    Scanner,
    /// A user agent that has this within.
    AgentHas(&'static [&'static str]),
    /// A bot that has this within its user agent.
    Bot(&'static [&'static str]),
    NoUserAgent,
    NoBrowser,
    LocalHost,
    Method(&'static str),
    LargerThan(usize),
    Addresses(IpSet),
}

/// Where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    Body,
    Cookies,
    Path,
    /// All header fields but those whose syntax is their own.
    Headers,
    /// Only the query's, and only its values' as a whole.
    Request,
}

impl Detector {
    pub(crate) fn reads_body(&self) -> bool {
        self.place == Place::Body
    }

    /// The name of an injection in the log.
    fn condition(&self) -> &'static str {
        match self.look {
            Look::Xss => "XSS",
            Look::Sqli | Look::SqliExtended => "SQL_INJECTION",
            _ => "",
        }
    }

    /// "Uses the built-in AWS WAF SQL injection attack rule statement, with sensitivity level set to Low."
    fn sensitivity(&self) -> &'static str {
        if matches!(self.look, Look::Sqli) { "LOW" } else { "" }
    }

    /// The place's name in the log.
    fn location(&self) -> &'static str {
        match self.place {
            Place::Query => "ALL_QUERY_ARGS",
            Place::Body => "BODY",
            Place::Cookies => "COOKIE",
            Place::Path => "URI",
            Place::Headers | Place::Request => "HEADER",
        }
    }

    /// Whether there is what is looked for, and which value has it.
    pub(crate) fn detects(&self, request: &Request<'_>, parts: &Parts) -> Option<Option<Found>> {
        let is_there = match &self.look {
            Look::PathHas(within, segments) => {
                let has = |text: &[u8], marks: Marks| {
                    contains_any_small(text, marks, within) || has_segment(text, segments)
                };
                parts.of(request, Place::Path).iter().any(|part| part.any(has))
            }
            Look::Scanner => request.header_values("user-agent").any(|agent| {
                let agent = agent.as_bytes();
                contains_any_small(agent, Marks::of(agent), SCANNERS)
                    || contains_word(agent, SCANNER_WORDS)
            }),
            Look::AgentHas(all) | Look::Bot(all) => request
                .header_values("user-agent")
                .map(str::as_bytes)
                .any(|agent| contains_any_small(agent, Marks::of(agent), all)),
            Look::NoUserAgent => {
                request.header("user-agent").is_none_or(|agent| agent.trim().is_empty())
            }
            Look::NoBrowser => request
                .header("user-agent")
                .is_some_and(|agent| !starts_with(agent.as_bytes(), b"mozilla/")),
            Look::LocalHost => request.header("host").is_some_and(|host| {
                let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
                name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
            }),
            Look::Method(method) => request.method.eq_ignore_ascii_case(method),
            Look::UnknownCharset => parts.has_unknown_charset(request),
            Look::LargerThan(most) => self.size(request) > *most,
            Look::Addresses(set) => set.contains(request.client_ip),
            look => {
                let of_structured = matches!(look, Look::Log4j | Look::JavaDeserialization);
                let of_harmless = matches!(
                    look,
                    Look::RestrictedExtension
                        | Look::LocalFile
                        | Look::JavaDeserialization
                        | Look::Sqli
                        | Look::SqliExtended
                );
                let sees = |part: &&Part| {
                    (of_structured || !part.is_structured())
                        && (of_harmless || !part.is_harmless())
                        && look.finds(part, self.place)
                };
                let more = match self.place {
                    Place::Headers => Place::Cookies,
                    _ => Place::Request,
                };
                let mut places = [self.place, more].into_iter();
                let part = places.find_map(|place| parts.of(request, place).iter().find(sees))?;
                return Some(Some(self.tell(request, part)));
            }
        };
        is_there.then_some(None)
    }

    /// The label of a bot that says who it is.
    pub(crate) fn bot(&self, request: &Request<'_>) -> Option<String> {
        let Look::Bot(all) = &self.look else { return None };
        let agent = request.header("user-agent")?;
        let known = all.iter().find(|known| contains_small(agent.as_bytes(), known.as_bytes()));
        known.map(|known| name_label(known))
    }

    fn size(&self, request: &Request<'_>) -> usize {
        match self.place {
            Place::Query => request.query.len(),
            Place::Body if request.body_is_cut => usize::MAX,
            Place::Body => request.body.len(),
            Place::Path => request.path.len(),
            Place::Cookies | Place::Headers | Place::Request => {
                request.header_values("cookie").map(str::len).sum()
            }
        }
    }
}

/// Whether a segment of a path is one of these, whatever its case and its parameters (`/admin;x=1`).
fn has_segment(path: &[u8], all: &[&str]) -> bool {
    let is_one = |segment: &[u8]| {
        let name = segment.split(|b| *b == b';').next().unwrap_or_default();
        all.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()))
    };
    !all.is_empty() && path.split(|b| matches!(b, b'/' | b'\\')).any(is_one)
}

impl Look {
    fn finds(&self, part: &Part, place: Place) -> bool {
        part.any(|text, marks| match self {
            Self::Xss => xss::is_marked_injection(text, marks),
            Self::Sqli => sql::is_plain_injection(text, marks),
            Self::SqliExtended => sql::is_extended(text, marks),
            Self::LocalFile if place == Place::Path => file::is_hidden_path(text),
            Self::LocalFile => {
                if part.is_file_name() {
                    file::is_restricted_name(text) || file::is_local_file(text, marks)
                } else {
                    file::is_local_file(text, marks)
                }
            }
            Self::RemoteFile => file::is_remote_file(text, marks),
            Self::Metadata => file::is_metadata_address(text, marks),
            Self::RestrictedExtension => file::has_restricted_extension(text, marks),
            Self::UnixShell if place == Place::Path => {
                part.is_segment() && shell::is_unix_segment(text)
            }
            Self::WindowsShell if place == Place::Path => {
                part.is_segment() && shell::is_windows_segment(text)
            }
            Self::PowerShell if place == Place::Path => {
                part.is_segment() && shell::is_powershell_segment(text)
            }
            Self::UnixShell => shell::is_unix(text),
            Self::WindowsShell => shell::is_windows(text),
            Self::PowerShell => shell::is_powershell(text),
            Self::Php => php::is_php(text),
            Self::Log4j => java::is_lookup(text, marks),
            Self::JavaDeserialization => java::is_deserialization(text, marks),
            Self::ReactJs => java::is_react(text, marks),
            _ => false,
        })
    }
}
