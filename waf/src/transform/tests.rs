use super::*;
use alloc::string::String;

fn applied(transformation: T, text: &str) -> String {
    String::from_utf8_lossy(&transformation.apply(text.as_bytes())).into_owned()
}

#[test]
fn each_transformation_does_what_aws_documents() {
    let cases = [
        (T::None, "A b", "A b"),
        (T::CompressWhiteSpace, "a\t\u{b} \r\nb  c", "a b c"),
        (T::HtmlEntityDecode, "&lt;a&#62;&#x22;&quot;&nbsp&bogus;&#;", "<a>\"\"\u{fffd}&bogus;&#;"),
        (
            T::HtmlEntityDecode,
            "&percent;&midast;&tilde;&DiacriticalTilde;&minus;&underbar;",
            "%*~~-_",
        ),
        (
            T::HtmlEntityDecode,
            "&DiacriticalGrave;&VerticalLine;\u{fc}&NonBreakingSpace;",
            "`|\u{fc}\u{a0}",
        ),
        (T::JsDecode, "\\u2019\\u0141", "\u{19}A"),
        (T::UrlDecodeUni, "%u2019%u0141%uff07", "\u{19}A'"),
        (T::Lowercase, "AbC", "abc"),
        (T::CmdLine, "/bin/c\\at;  ^\"E'cho\"  /etc", "/bin/cat echo/etc"),
        (T::UrlDecode, "a%20b+c%2", "a b c%2"),
        (T::UrlDecodeUni, "%u0041%uff1cscript%41", "A<scriptA"),
        (T::Base64Decode, "aGVsbG8=", "hello"),
        (T::Base64DecodeExt, "aGV sbG8!", "hello"),
        (T::HexDecode, "68656c6C6f", "hello"),
        (T::HexDecode, "xyz", "xyz"),
        (T::ReplaceComments, "a/*x*/b/* c", "a b "),
        (T::EscapeSeqDecode, "a\\x41\\101\\n\\q", "aAA\n\\q"),
        (T::SqlHexDecode, "id=0x414243 0x", "id=ABC 0x"),
        (T::CssDecode, "ja\\vascript\\3a x", "javascript:x"),
        (T::JsDecode, "\\u0061\\x6c\\145\\u{72}t\\(", "alert("),
        (T::NormalizePath, "/a//b/./c/../d", "/a/b/d"),
        (T::NormalizePath, "../../etc/passwd", "../../etc/passwd"),
        (T::NormalizePathWin, "a\\b\\..\\c", "a/c"),
        (T::RemoveNulls, "a\0b", "ab"),
        (T::ReplaceNulls, "a\0b", "a b"),
        (T::Utf8ToUnicode, "a\u{fc}", "a%u00fc"),
        (T::RemoveWhitespace, " a\tb\r\n\u{b}\u{c}c ", "abc"),
        (T::Trim, " \ta b\r\n", "a b"),
        (T::TrimLeft, " \ta b\r\n", "a b\r\n"),
        (T::TrimRight, " \ta b\r\n", " \ta b"),
        (T::Trim, " \t ", ""),
        (T::RemoveCommentsChar, "un/**/ion--x#y */ - / *", "unionxy  - / *"),
        (T::RemoveCommentsChar, "/*/ ---", "/ -"),
        (T::Uppercase, "aBc\u{fc}1", "ABC\u{fc}1"),
        (T::CmdLineUnix, " C\\at\t\n '/etc/pa\"ss'wd;^,\r", "cat /etc/passwd;^,"),
        (T::CmdLineWin, " P^o`wer\"Shell\"\t '-Enc^\r\noded' ^\nx", "powershell -encoded x"),
        (T::CmdLineWin, "TYPE \\\\host\\\\\\c\\x, (y)", "type \\host\\c\\x, (y)"),
        (T::JsDecodeExt, "\\u0061\\x6c\\145\\u{72}t\\/\\'\\\"\\\\", "alert/'\"\\"),
        (T::JsDecodeExt, "c:\\windows\\new\\default\\x", "c:\\windows\\new\\default\\x"),
        (T::JsDecode, "c:\\windows", "c:windows"),
    ];
    for (transformation, text, expected) in cases {
        assert_eq!(applied(transformation, text), expected, "{transformation:?} of {text:?}");
    }
}

/// "The computed hash is in a raw binary form."
#[test]
fn hashes_are_raw() {
    let hex = |transformation: T, text: &str| -> String {
        let digest = transformation.apply(text.as_bytes()).into_owned();
        digest.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
    };
    // RFC 1321 A.5, FIPS 180-4 ("abc").
    assert_eq!(hex(T::Md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    assert_eq!(hex(T::Md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex(T::Sha256, "abc"), abc);
    assert_eq!(md5_hex(b""), b"d41d8cd98f00b204e9800998ecf8427e");
}

#[test]
fn plain_text_is_not_copied() {
    for (name, transformation, _) in T::ALL {
        let copies = [T::Md5, T::Sha256, T::Base64Decode, T::Base64DecodeExt, T::Uppercase];
        if !copies.contains(&transformation) {
            let kept = matches!(transformation.apply(b"/plain/text"), Cow::Borrowed(_));
            assert!(kept, "{name}");
        }
    }
}

#[test]
fn transformations_follow_each_other() {
    let all = [T::UrlDecode, T::HtmlEntityDecode, T::Lowercase];
    assert_eq!(&*T::apply_all(&all, b"%26lt%3BSCRIPT"), b"<script");
    assert_eq!(&*T::apply_all(&[T::UrlDecode, T::Trim, T::Uppercase], b"+a%20b+"), b"A B");
}

#[test]
fn no_text_makes_a_transformation_fail_or_grow_without_bound() {
    let odd: [&[u8]; 9] = [
        b"%",
        b"%u",
        b"\\",
        b"\\u{",
        b"&#",
        b"&#x",
        b"/*",
        b"0x",
        &[0xff, 0, 0x80, b'%', b'u', b'f'],
    ];
    for text in odd {
        for (_, transformation, _) in T::ALL {
            let repeated = text.repeat(50);
            assert!(transformation.apply(&repeated).len() <= 6 * repeated.len() + 32);
        }
    }
}
