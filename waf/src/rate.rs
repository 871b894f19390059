//! Rate-based rules: what requests are counted by, and the counting, which the host keeps.

use alloc::string::String;
use alloc::vec::Vec;

use crate::acl::Statement;
use crate::forwarded::{Forwarded, Told};
use crate::request::Request;
use crate::transform::{Transformation, md5_hex};

/// `RateBasedStatement`
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) limit: u32,
    pub(crate) window_s: u32,
    pub(crate) keys: Vec<Key>,
    pub(crate) scope_down: Option<Statement>,
    /// As logs have it: `IP`, `FORWARDED_IP`, `CONSTANT`, `CUSTOMKEYS`.
    pub(crate) key_type: &'static str,
}

/// What requests have in common that are counted together.
#[derive(Debug)]
pub(crate) enum Key {
    Ip,
    ForwardedIp(Forwarded),
    Header(String, Vec<Transformation>),
    Cookie(String, Vec<Transformation>),
    QueryArgument(String, Vec<Transformation>),
    QueryString(Vec<Transformation>),
    UriPath(Vec<Transformation>),
    Method,
    LabelNamespace(String),
    Ja3(bool),
    Ja4(bool),
    Asn,
}

/// What a request is counted by, one value a key; `Err` where one is not there: then whether it matches
/// all the same. Of what is sent several times applications take the first or, if `is_last`, the last.
pub(crate) fn values(
    rate: &Rate,
    request: &Request<'_>,
    labels: &[String],
    is_last: bool,
) -> Result<Vec<String>, bool> {
    rate.keys.iter().map(|part| value_of(part, request, labels, is_last)).collect()
}

/// What a request with these values is counted under.
pub(crate) fn key(rule: &str, values: &[String]) -> String {
    let mut key = alloc::format!("waf\n{rule}");
    for value in values {
        // Lengths keep `a` + `bc` and `ab` + `c` apart.
        key.push_str(&alloc::format!("\n{}:{value}", value.len()));
    }
    if key.len() > 128 {
        let digest = md5_hex(key.as_bytes());
        key = alloc::format!("waf\n{rule}\n#{}", String::from_utf8_lossy(&digest));
    }
    key
}

fn value_of(
    key: &Key,
    request: &Request<'_>,
    labels: &[String],
    is_last: bool,
) -> Result<String, bool> {
    let transformed = |texts: &mut dyn Iterator<Item = &str>,
                       transformations: &[Transformation]| {
        let text = if is_last { texts.last() } else { texts.next() };
        let text = text.ok_or(false)?;
        let text = Transformation::apply_all(transformations, text.as_bytes());
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    match key {
        Key::Ip => Ok(request.client_ip.into()),
        Key::ForwardedIp(forwarded) => match forwarded.first_address(request) {
            Told::Address(address) => Ok(alloc::format!("{address}")),
            Told::Nothing => Err(false),
            Told::Nonsense => Err(forwarded.matches_without),
        },
        Key::Header(name, t) => transformed(&mut request.header_values(name), t),
        // Names of cookies are case-sensitive to AWS, and to everybody (RFC 6265 section 5.3).
        Key::Cookie(name, t) => {
            let mut own = request.cookies().filter(|(n, _)| n == name).map(|cookie| cookie.1);
            transformed(&mut own, t)
        }
        Key::QueryArgument(name, t) => transformed(&mut request.query_argument_values(name), t),
        Key::QueryString(t) => transformed(&mut [request.query].into_iter(), t),
        Key::UriPath(t) => transformed(&mut [request.path].into_iter(), t),
        Key::Method => Ok(request.method.into()),
        Key::LabelNamespace(namespace) => {
            let of_it: Vec<&str> = labels
                .iter()
                .filter(|label| label.starts_with(namespace.as_str()))
                .map(String::as_str)
                .collect();
            if of_it.is_empty() { Err(false) } else { Ok(of_it.join(",")) }
        }
        Key::Ja3(matches) => request.ja3.map(Into::into).ok_or(*matches),
        Key::Ja4(matches) => request.ja4.map(Into::into).ok_or(*matches),
        Key::Asn => Ok(alloc::format!("{}", request.asn())),
    }
}

/// Requests of one key, counted in a window that slides: those of the current span of time, and of
/// the one before it the part that the window still reaches. Two numbers, however many requests; as
/// AWS says of its own, an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// When the current span began, milliseconds.
    pub began_ms: u64,
    /// Requests in the span before.
    pub before: u32,
    /// Requests in the current span.
    pub current: u32,
}

impl Window {
    /// Counts a request, and tells how many there were in the window with it.
    pub fn count(self, now_ms: u64, window_ms: u64) -> (Self, u32) {
        self.add(1, now_ms, window_ms)
    }

    /// The same of so many requests at once.
    pub fn add(self, requests: u32, now_ms: u64, window_ms: u64) -> (Self, u32) {
        let window_ms = window_ms.max(1);
        let mut window = self;
        let elapsed = now_ms.saturating_sub(self.began_ms);
        if self.current == 0 && self.before == 0 {
            window.began_ms = now_ms;
        } else if elapsed >= 2 * window_ms {
            window = Self { began_ms: now_ms, before: 0, current: 0 };
        } else if elapsed >= window_ms {
            window = Self { began_ms: self.began_ms + window_ms, before: self.current, current: 0 };
        }
        window.current = window.current.saturating_add(requests);
        let into = now_ms.saturating_sub(window.began_ms).min(window_ms);
        let reached = u64::from(window.before) * (window_ms - into) / window_ms;
        let total = u64::from(window.current).saturating_add(reached);
        (window, u32::try_from(total).unwrap_or(u32::MAX))
    }

    /// From when on the window counts nothing any more, so that a store may forget it.
    pub fn over_at_ms(self, window_ms: u64) -> u64 {
        self.began_ms.saturating_add(window_ms.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_at(times: impl IntoIterator<Item = u64>) -> u32 {
        let mut window = Window::default();
        let mut total = 0;
        for now in times {
            (window, total) = window.count(now, 60_000);
        }
        total
    }

    #[test]
    fn a_window_slides_over_what_was_counted() {
        assert_eq!(count_at(0..100), 100);
        assert_eq!(count_at((0..60).map(|i| i * 1_000)), 60);
        // A steady second apart: never more than a window's worth, and never much less.
        for requests in [61, 90, 120, 150, 1_000] {
            let total = count_at((0..requests).map(|i| i * 1_000));
            assert!((55..=61).contains(&total), "{total} after {requests}");
        }
        assert_eq!(count_at((0..100).chain([60_000 + 30_000])), 51);
        assert_eq!(count_at((0..100).chain([500_000])), 1);
    }

    #[test]
    fn an_argument_is_counted_by_however_its_name_is_written() {
        let of = |query| {
            let key = Key::QueryArgument("u".into(), Vec::new());
            value_of(&key, &Request { query, ..Request::default() }, &[], false)
        };
        assert_eq!(
            [of("u=1"), of("%75=1"), of("U=1&x")],
            [Ok("1".into()), Ok("1".into()), Ok("1".into())]
        );
        assert_eq!(of("v=1"), Err(false));
    }

    #[test]
    fn of_what_is_sent_twice_the_first_and_the_last_are_counted() {
        let headers = [("cookie", "U=1; u=2; u=3; U=4"), ("x", "5"), ("X", "6")].to_vec();
        let request = Request { query: "u=7&u=8&u=9", headers, ..Request::default() };
        for (key, first, last) in [
            (Key::Cookie("u".into(), Vec::new()), "2", "3"),
            (Key::Header("x".into(), Vec::new()), "5", "6"),
            (Key::QueryArgument("u".into(), Vec::new()), "7", "9"),
        ] {
            let of = |is_last| value_of(&key, &request, &[], is_last);
            assert_eq!([of(false), of(true)], [Ok(first.into()), Ok(last.into())]);
        }
    }

    #[test]
    fn many_at_once_are_as_many_as_one_after_the_other() {
        let (one, _) = Window::default().count(7, 60_000);
        let one_by_one = (0..4).fold(one, |window, _| window.count(30_000, 60_000).0);
        assert_eq!(one.add(4, 30_000, 60_000), (one_by_one, 5));
        assert_eq!(one_by_one.add(0, 60_007 + 30_000, 60_000).1, 2, "none is only looking");
    }

    #[test]
    fn a_clock_that_runs_backwards_forgets_nothing() {
        assert_eq!(count_at([100_000, 100_000, 5]), 3);
    }
}
