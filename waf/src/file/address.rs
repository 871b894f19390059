//! Addresses as hosts of URLs, in all the spellings that resolvers and the URL Standard (4.3, "host parsing") take
//! for the same: `http://127.1/`, `http://0x7f000001/`, `http://[::ffff:7f00:1]/`.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::marks::Marks;
use crate::text::{contains_any_small, contains_small, is_compact, starts_with};

/// Bytes of a host that are looked at: no address is longer, and no name that has one in it needs more.
const HOST_BYTES_MAX: usize = 64;
/// URLs of a text whose hosts are looked at.
const URLS_MAX: usize = 4;

/// A URL, or a share of Windows (`\\192.0.2.1\x`), whose host is an address of version 4: whoever includes it
/// means no site.
pub(crate) fn is_remote_file(text: &[u8], marks: Marks) -> bool {
    // Each scheme and each share has one of these.
    const URL: Marks = Marks::any_of(b":.\\");
    if !marks.has(URL) {
        return false;
    }
    let text = text.trim_ascii();
    if let Some(rest) = behind_scheme(text) {
        return is_of_address(host(rest)) && is_compact(text, 2);
    }
    // What PHP opens beside (its manual, "Supported Protocols and Wrappers"), and curl.
    const WRAPPERS: [&[u8]; 13] = [
        b"php://",
        b"zip://",
        b"phar://",
        b"expect://",
        b"data://",
        b"glob://",
        b"zlib://",
        b"compress.",
        b"ssh2.",
        b"ogg://",
        b"rar://",
        b"dict://",
        b"gopher://",
    ];
    let is_wrapper = |wrapper: &&&[u8]| starts_with(text, wrapper);
    let Some(wrapper) = WRAPPERS.iter().find(is_wrapper) else { return false };
    let is_whole = wrapper.ends_with(b"://") || contains_small(text, b"://");
    // What these two send may have blanks and lines.
    let may_send = *wrapper == b"gopher://" || *wrapper == b"dict://";
    let sends = may_send && is_of_address(host(&text[wrapper.len()..]));
    is_whole && (sends || is_compact(text, 2))
}

/// What follows a URL's scheme and slashes, of which parsers take one, many, and backslashes.
fn behind_scheme(text: &[u8]) -> Option<&[u8]> {
    const LENIENT: [&[u8]; 4] = [b"http:", b"https:", b"ftp:", b"ftps:"];
    const STRICT: [&[u8]; 7] =
        [b"file://", b"url:file://", b"\\\\", b"ldap://", b"ldaps://", b"sftp://", b"tftp://"];
    let behind = |scheme: &&[u8]| starts_with(text, scheme).then(|| &text[scheme.len()..]);
    if let Some(rest) = LENIENT.iter().find_map(behind) {
        let slashes = rest.iter().take_while(|b| matches!(b, b'/' | b'\\')).count();
        // `http: 1`, `https:443` are something else.
        let is_url = slashes > 0 || has_four_numbers(host(rest));
        return is_url.then(|| &rest[slashes..]);
    }
    STRICT.iter().find_map(behind)
}

/// The host of a URL behind its slashes, without user and port.
fn host(rest: &[u8]) -> &[u8] {
    let rest = &rest[..rest.len().min(4 * HOST_BYTES_MAX)];
    let ends = |b: &u8| matches!(b, b'/' | b'?' | b'#' | b'\\') || b.is_ascii_whitespace();
    let host = rest.split(ends).next().unwrap_or(rest);
    let host = host.rsplit(|b| *b == b'@').next().unwrap_or(host);
    if let Some(inner) = host.strip_prefix(b"[") {
        return match inner.iter().position(|b| *b == b']') {
            Some(end) => &host[..end + 2],
            None => host,
        };
    }
    host.split(|b| *b == b':').next().unwrap_or(host)
}

/// The address of version 4 that a host is: as one to four numbers, each in tens, eights (`0177`) or sixteens
/// (`0x7f`), the last of which fills what is left; or within one of version 6.
fn version_4(host: &[u8]) -> Option<Ipv4Addr> {
    if let Some(inner) = host.strip_prefix(b"[") {
        return version_6(inner.strip_suffix(b"]")?).and_then(within);
    }
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.len() > HOST_BYTES_MAX {
        return None;
    }
    let parts = host.split(|b| *b == b'.');
    let count = parts.clone().count();
    if count > 4 {
        return None;
    }
    let mut address: u64 = 0;
    for (index, part) in parts.enumerate() {
        let value = number(part)?;
        let bits = if index + 1 == count { 8 * (5 - count) } else { 8 };
        if value >> bits != 0 {
            return None;
        }
        address = address << bits | value;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn number(text: &[u8]) -> Option<u64> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    if digits.is_empty() && radix == 10 || digits.len() > 32 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

fn version_6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = text.split(|b| *b == b'%').next().unwrap_or(text);
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// The address of version 4 that one of version 6 stands for: mapped or compatible (RFC 4291, 2.5.5), or translated
/// (RFC 6052).
fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, rest @ .., high, low] = address.segments();
    let is_translated = (a, b) == (0x64, 0xff9b) && rest.iter().all(|segment| *segment == 0);
    let bits = u32::from(high) << 16 | u32::from(low);
    // `::1` is none.
    let is_one = |address: &Ipv4Addr| address.octets()[0] != 0;
    address.to_ipv4().filter(is_one).or(is_translated.then(|| Ipv4Addr::from(bits)))
}

/// Whether a host is an address of version 4, or a name with one in it.
fn is_of_address(host: &[u8]) -> bool {
    version_4(host).or_else(|| of_name(host)).is_some()
        || has_four_numbers(host)
        || host.iter().any(|b| *b >= 0x80) && version_4(&in_ascii(host)).is_some()
}

/// `app.127.0.0.1.nip.io`: a name that says what it resolves to; and four numbers, whatever they are.
fn has_four_numbers(host: &[u8]) -> bool {
    let is_group =
        |group: &[u8]| (1..=3).contains(&group.len()) && group.iter().all(u8::is_ascii_digit);
    let mut run = 0;
    host.split(|b| *b == b'.').any(|group| {
        run = if is_group(group) { run + 1 } else { 0 };
        run == 4
    })
}

/// `a9fea9fe.nip.io`, `169-254-169-254.sslip.io`: the same in other spellings of an address.
fn of_name(host: &[u8]) -> Option<Ipv4Addr> {
    let host = host.to_ascii_lowercase();
    let zones = [&b".nip.io"[..], b".sslip.io"];
    let name = zones.iter().find_map(|zone| host.strip_suffix(*zone))?;
    let label = name.rsplit(|b| *b == b'.').next()?;
    let last = label.rsplit(|b| *b == b'-').next()?;
    match last.len() {
        8 => version_4(&[b"0x", last].concat()),
        _ if last.len() < label.len() => {
            let dotted: Vec<u8> =
                label.iter().map(|b| if *b == b'-' { b'.' } else { *b }).collect();
            version_4(&dotted)
        }
        _ => None,
    }
}

/// A host with the digits and dots that names in other scripts may have for those of ASCII (UTS 46), as `①` for 1.
fn in_ascii(host: &[u8]) -> Vec<u8> {
    let text = core::str::from_utf8(host).unwrap_or_default();
    let plain = |c: char| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
        '\u{24ea}' => '0',
        '\u{2460}'..='\u{2468}' => char::from(b'1' + (c as u32 - 0x2460) as u8),
        '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
        other => other,
    };
    text.chars().map(plain).collect::<String>().into_bytes()
}

/// The address of a cloud's metadata service, in the forms that resolvers take.
pub(crate) fn is_metadata_address(text: &[u8], marks: Marks) -> bool {
    const FORMS: [&str; 10] = [
        "169.254.169.254",
        "169.254.170.2",
        "fd00:ec2::254",
        "0xa9fea9fe",
        "//2852039166",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "metadata.google.internal",
        "instance-data.ec2.internal",
        "::ffff:a9fe:a9fe",
    ];
    // Each form has one of these.
    const JOINED: Marks = Marks::any_of(b".:/x");
    text.len() >= 8
        && marks.has(JOINED)
        && may_be_metadata(marks)
        && (contains_any_small(text, marks, &FORMS)
            && (is_compact(text, 4) || contains_small(text, b"://169.254") && is_compact(text, 12))
            || is_compact(text, 4) && has_host_of_metadata(text))
}

/// Whether a text with these marks may have that address, which has digits in any form, or a name for it.
fn may_be_metadata(marks: Marks) -> bool {
    const DIGIT: Marks = Marks::any_of(b"0");
    const NAMES: [Marks; 2] =
        [Marks::any_of(b"metadata.google.internal"), Marks::any_of(b"instance-data")];
    marks.has(DIGIT) || NAMES.iter().any(|name| marks.has_all(*name))
}

/// Whether a URL of a text has the service of an instance (169.254.169.254), of a container (170.2) or of a pod
/// (170.23) for its host, or their own names.
fn has_host_of_metadata(text: &[u8]) -> bool {
    const SERVICES: [Ipv4Addr; 3] = [
        Ipv4Addr::new(169, 254, 169, 254),
        Ipv4Addr::new(169, 254, 170, 2),
        Ipv4Addr::new(169, 254, 170, 23),
    ];
    let is_slashes = |pair: &[u8]| matches!(pair, b"//" | b"\\\\" | b":/" | b":\\");
    let urls = text.windows(2).enumerate().filter(|(_, pair)| is_slashes(pair)).take(URLS_MAX);
    urls.map(|(at, _)| host(&text[at + 2..])).any(|host| {
        let version_6 = host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]"));
        version_4(host).or_else(|| of_name(host)).is_some_and(|address| SERVICES.contains(&address))
            || version_6.and_then(self::version_6).is_some_and(|address| {
                matches!(address.segments(), [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23 | 0x254])
            })
            || host.eq_ignore_ascii_case(b"instance-data")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_remote_file(text: &[u8]) -> bool {
        super::is_remote_file(text, Marks::of(text))
    }

    fn is_metadata_address(text: &[u8]) -> bool {
        super::is_metadata_address(text, Marks::of(text))
    }

    #[test]
    fn no_text_is_passed_over_by_its_marks_that_has_an_address() {
        for text in crate::samples::texts() {
            let marks = Marks::of(&text);
            let shown = text.escape_ascii();
            let all = marks.with(Marks::any_of(b":"));
            let is = super::is_remote_file(&text, all);
            assert_eq!(is_remote_file(&text), is, "{shown}");
            let all = marks.with(Marks::LETTERS).with(Marks::any_of(b"0"));
            let is = super::is_metadata_address(&text, all) && marks.has(Marks::any_of(b".:/x"));
            assert_eq!(is_metadata_address(&text), is, "{shown}");
        }
    }

    #[test]
    fn an_address_is_one_however_it_is_spelt() {
        let loopback = [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "[::ffff:127.0.0.1]",
            "[0:0:0:0:0:ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[::127.0.0.1]",
        ];
        for host in loopback {
            assert_eq!(version_4(host.as_bytes()), Some(Ipv4Addr::LOCALHOST), "{host}");
        }
        assert_eq!(version_4(b"0"), Some(Ipv4Addr::UNSPECIFIED));
        assert_eq!(version_4(b"0x"), Some(Ipv4Addr::UNSPECIFIED));
        for host in [
            "",
            ".",
            "1.2.3.4.5",
            "256.0.0.1",
            "1.256.1",
            "4294967296",
            "08.1",
            "1..1",
            "a.1",
            "example.com",
            "[::1]",
            "[::1",
            "[x]",
        ] {
            assert_eq!(version_4(host.as_bytes()), None, "{host}");
        }
    }

    #[test]
    fn a_url_of_an_address_is_told_from_one_of_a_name() {
        let attacks: [&[u8]; 21] = [
            b"http://7f000001.nip.io/",
            b"http://app.10-0-0-1.sslip.io/",
            b"https:10.0.0.1/x",
            b"http://app.127.0.0.1.nip.io/",
            "http://\u{2460}\u{2461}\u{2466}.\u{24ea}.0.1/".as_bytes(),
            "http://127\u{3002}0\u{3002}0\u{3002}\u{ff11}/".as_bytes(),
            b"dict://127.0.0.1:6379/CONFIG SET dir /x",
            b"http://10.0.0.1/x.txt",
            b"http://127.1/admin",
            b"https://2130706433/",
            b"http://0/",
            b"http:/127.0.0.1/",
            b"http:\\\\127.0.0.1/",
            b"HTTP://u:p@0x7f000001:80/",
            b"http://[::ffff:7f00:1]/",
            b"http://127.0.0.1.nip.io/",
            b"ldap://10.0.0.1/a",
            b"gopher://127.0.0.1:6379/_x\r\nSET a b c",
            b"php://input",
            b"compress.zlib://x",
            br"\\10.0.0.1\share\x",
        ];
        for attack in attacks {
            assert!(is_remote_file(attack), "{}", attack.escape_ascii());
        }
        let benign: [&[u8]; 14] = [
            b"https://deployed.nip.io/",
            b"https://a-10.nip.io/",
            b"https:443",
            "http://\u{e9}t\u{e9}.example/".as_bytes(),
            b"https://example.com/10.0.0.1",
            b"https://10.example.com/",
            b"http://1password.com/",
            b"https://v1.2.3.example.com/",
            b"http://localhost:8080/",
            b"HTTP/1.1",
            b"http: 1",
            b"compress.me",
            b"http://127.1 is what some write for it",
            br"\\server\share\10.0.0.1",
        ];
        for text in benign {
            assert!(!is_remote_file(text), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn the_metadata_service_is_found_however_its_address_is_spelt() {
        let attacks = [
            "http://169.254.169.254/latest/meta-data/",
            "http://0xa9fea9fe/",
            "http://169.254.43518/",
            "http://0251.254.169.254/",
            "http://[0:0:0:0:0:ffff:a9fe:a9fe]/latest",
            "http://[fd00:ec2:0:0:0:0:0:254]/",
            "u=http://169.254.170.23/v1/credentials",
            "http://instance-data/latest/meta-data/",
        ];
        for attack in attacks {
            assert!(is_metadata_address(attack.as_bytes()), "{attack}");
        }
        let benign = [
            "The address 169.254.169.254 is what the link local metadata has",
            "http://169.254.1.1/",
            "https://instance-data.example.com/",
        ];
        for text in benign {
            assert!(!is_metadata_address(text.as_bytes()), "{text}");
        }
    }
}
