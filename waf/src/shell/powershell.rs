//! PowerShell: cmdlets by their grammar, a verb and a noun.

use crate::statement::{contains, find};
use crate::text::{contains_small, has, is_compact, is_sorted, near_end};

/// PowerShell's approved verbs, those that attacks use. Sorted.
const VERBS: &str = "\
    add backup block checkpoint clear close compare complete compress confirm connect convert \
    convertfrom convertto copy debug disable disconnect dismount enable enter exit expand export \
    find foreach format get group hide import initialize install invoke join limit measure merge \
    mount move new open optimize out ping pop protect publish push read receive redo register \
    remove rename repair request reset resize resolve restart restore resume revoke save search \
    select send set show skip sort split start stop submit suspend switch sync tee test trace \
    unblock undo uninstall unlock unprotect unpublish unregister update use wait watch where";
const _: () = assert!(is_sorted(VERBS));
/// Nouns of its cmdlets, and what others begin with.
const NOUNS: &str = "\
    acl ad alias appx archive authenticode bits childitem cim clixml clipboard cmdlet com command \
    computer connection content control counter credential csv culture date debug default dns drive \
    dsc error event execution expression file format guid gridview help history host hotfix html \
    item job json list local location log mailmessage member module mpp net null object output \
    package parameter path pipeline printer process progress ps random restmethod runspace \
    scheduled schtask scripting securestring service shortcut smb sleep snapin string strictmode \
    table trace transaction transcript type uiculture unique variable verbose vm volume warning web \
    webrequest wide win wmi wsman xml xpath";

/// Whether PowerShell would run something of a text.
pub(crate) fn is_powershell(text: &[u8]) -> bool {
    if !is_compact(text, 16) {
        return false;
    }
    if contains_small(text, b"powershell") {
        let launches = contains_small(text, b"powershell -")
            || contains_small(text, b"powershell.exe")
            || contains_small(text, b"powershell /")
            || contains_small(text, b"powershell \"");
        if launches {
            return true;
        }
    }
    if names_variable(text) || calls_type(text) {
        return true;
    }
    if !text.contains(&b'-') && !text.contains(&b'(') {
        return false;
    }
    // `Get-Item $x`: what a file is, not what it has.
    let asks = |word: &[u8]| word.eq_ignore_ascii_case(b"get-item") && !contains(text, b" -");
    text.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'`' | b'^')))
        .any(|word| is_cmdlet(word) && !asks(word))
        || ["iex(", "iex (", "iex $", "[system.", "downloadstring(", "downloadfile("]
            .iter()
            .any(|part| contains_small(text, part.as_bytes()))
}

/// Whether PowerShell would run something of a path's segment: a cmdlet with an argument, where a
/// documentation's title has its name.
pub(crate) fn is_powershell_segment(text: &[u8]) -> bool {
    let has_argument =
        [&b"://"[..], b" -", b" /", b" $", b"("].iter().any(|mark| contains(text, mark));
    has_argument && is_powershell(text)
}

/// `$env:PATH`, `$ExecutionContext`, `gci env:`, `HKLM:\SAM`
fn names_variable(text: &[u8]) -> bool {
    let names = [
        "$env:",
        "$executioncontext",
        "$psversiontable",
        "gci env:",
        "ls env:",
        "dir env:",
        "cert:\\",
        "hkcu:\\",
        "hklm:\\",
    ];
    (text.contains(&b'$') || text.contains(&b':'))
        && is_compact(text, 6)
        && names.iter().any(|name| contains_small(text, name.as_bytes()))
}

/// `[Convert]::FromBase64String(`, `& ('i'+'ex')`: a member of a type, a name that is put together.
fn calls_type(text: &[u8]) -> bool {
    const TYPES: [&[u8]; 14] = [
        b"activator",
        b"appdomain",
        b"array",
        b"char",
        b"convert",
        b"diagnostics.process",
        b"environment",
        b"io.file",
        b"math",
        b"net.webclient",
        b"reflection.assembly",
        b"runtime.interopservices.marshal",
        b"scriptblock",
        b"text.encoding",
    ];
    let mut from = 0;
    while let Some(at) = find(&text[from..], b"]::") {
        let close = from + at;
        from = close + 3;
        let before = near_end(&text[..close]);
        let open = before.iter().rposition(|b| *b == b'[').map_or(before.len(), |index| index + 1);
        if TYPES.iter().any(|known| known.eq_ignore_ascii_case(&before[open..])) {
            return true;
        }
    }
    let call = text.trim_ascii_start();
    matches!(call, [b'&' | b'.', ..])
        && call[1..].trim_ascii_start().starts_with(b"(")
        && [&b"'+'"[..], b"\"+\"", b"' + '", b"gcm", b"gal"].iter().any(|m| contains(call, m))
}

fn is_cmdlet(word: &[u8]) -> bool {
    let mut small = [0_u8; 48];
    let bare = word.iter().filter(|b| !matches!(b, b'`' | b'^'));
    let mut length = 0;
    for byte in bare {
        let Some(place) = small.get_mut(length) else { return false };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    let mut parts = small[..length].splitn(2, |b| *b == b'-');
    let (Some(verb), Some(noun)) = (parts.next(), parts.next()) else { return false };
    if noun.len() < 3 || noun.contains(&b'-') {
        return noun == b"ad" || noun == b"vm";
    }
    has(VERBS, verb)
        && (NOUNS.split(' ').any(|known| {
            noun == known.as_bytes()
                || known.len() >= 2
                    && noun.starts_with(known.as_bytes())
                    && noun.len() >= known.len() + 3
        }) || verb == b"invoke")
        && !is_hyphenated(verb, noun)
}

/// Words of English that a hyphen joins: `set-list`, `out-type`, `start-date`, `use-case`.
fn is_hyphenated(verb: &[u8], noun: &[u8]) -> bool {
    const ENGLISH: &str = "\
        content date default error event file format help history host item job list location \
        log net object path process service string table type web";
    const _: () = assert!(is_sorted(ENGLISH));
    const COMMON: &str = "\
        close convert find format group open search select set skip sort start test trace \
        update use watch";
    const _: () = assert!(is_sorted(COMMON));
    has(ENGLISH, noun)
        && has(COMMON, verb)
        && !(verb == b"start" && (noun == b"process" || noun == b"service" || noun == b"job"))
        && !(verb == b"select" && noun == b"string")
        && !(verb == b"select" && noun == b"object")
        && !(verb == b"sort" && noun == b"object")
        && !(verb == b"group" && noun == b"object")
}
