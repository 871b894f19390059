//! Text transformations: what AWS WAF does to a component before it is inspected.
//!
//! "Using text transformations in AWS WAF". A transformation never makes a text longer than a small
//! multiple of what it was given, takes time linear in it, and copies nothing where nothing changes.

mod decode;
mod escape;
mod markup;
mod md5;
mod path;
mod shell_line;
mod squeeze;

use alloc::borrow::Cow;

pub(crate) use md5::{md5, md5_hex};
use sha2::{Digest, Sha256};

/// A transformation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // each is AWS's name and nothing else
pub enum Transformation {
    None,
    CompressWhiteSpace,
    HtmlEntityDecode,
    Lowercase,
    CmdLine,
    UrlDecode,
    Base64Decode,
    HexDecode,
    Md5,
    ReplaceComments,
    EscapeSeqDecode,
    SqlHexDecode,
    CssDecode,
    JsDecode,
    NormalizePath,
    NormalizePathWin,
    RemoveNulls,
    ReplaceNulls,
    Base64DecodeExt,
    UrlDecodeUni,
    Utf8ToUnicode,
    RemoveWhitespace,
    Trim,
    TrimLeft,
    TrimRight,
    RemoveCommentsChar,
    Uppercase,
    CmdLineWin,
    CmdLineUnix,
    JsDecodeExt,
    Sha256,
}

use Transformation as T;

impl Transformation {
    /// Every transformation with AWS's name and the capacity units that it costs.
    pub const ALL: [(&'static str, Self, u32); 31] = [
        ("NONE", T::None, 0),
        ("COMPRESS_WHITE_SPACE", T::CompressWhiteSpace, 10),
        ("HTML_ENTITY_DECODE", T::HtmlEntityDecode, 10),
        ("LOWERCASE", T::Lowercase, 10),
        ("CMD_LINE", T::CmdLine, 10),
        ("URL_DECODE", T::UrlDecode, 10),
        ("BASE64_DECODE", T::Base64Decode, 10),
        ("HEX_DECODE", T::HexDecode, 10),
        ("MD5", T::Md5, 10),
        ("REPLACE_COMMENTS", T::ReplaceComments, 10),
        ("ESCAPE_SEQ_DECODE", T::EscapeSeqDecode, 10),
        ("SQL_HEX_DECODE", T::SqlHexDecode, 10),
        ("CSS_DECODE", T::CssDecode, 10),
        ("JS_DECODE", T::JsDecode, 10),
        ("NORMALIZE_PATH", T::NormalizePath, 10),
        ("NORMALIZE_PATH_WIN", T::NormalizePathWin, 10),
        ("REMOVE_NULLS", T::RemoveNulls, 10),
        ("REPLACE_NULLS", T::ReplaceNulls, 10),
        ("BASE64_DECODE_EXT", T::Base64DecodeExt, 10),
        ("URL_DECODE_UNI", T::UrlDecodeUni, 10),
        ("UTF8_TO_UNICODE", T::Utf8ToUnicode, 10),
        ("REMOVE_WHITESPACE", T::RemoveWhitespace, 10),
        ("TRIM", T::Trim, 10),
        ("TRIM_LEFT", T::TrimLeft, 10),
        ("TRIM_RIGHT", T::TrimRight, 10),
        ("REMOVE_COMMENTS_CHAR", T::RemoveCommentsChar, 10),
        ("UPPERCASE", T::Uppercase, 10),
        ("CMD_LINE_WIN", T::CmdLineWin, 10),
        ("CMD_LINE_UNIX", T::CmdLineUnix, 10),
        ("JS_DECODE_EXT", T::JsDecodeExt, 10),
        ("SHA256", T::Sha256, 10),
    ];

    /// The text after the transformation.
    pub fn apply(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            T::None => Cow::Borrowed(text),
            T::CompressWhiteSpace => squeeze::compress_white_space(text),
            T::HtmlEntityDecode => markup::html_entity_decode(text, decode::lower),
            T::Lowercase => squeeze::lowercase(text),
            T::CmdLine => squeeze::cmd_line(text),
            T::UrlDecode => decode::url_decode(text),
            T::Base64Decode => decode::base64_decode(text, false),
            T::HexDecode => decode::hex_decode(text),
            // "The computed hash is in a raw binary form."
            T::Md5 => Cow::Owned(md5(text)),
            T::Sha256 => Cow::Owned(Sha256::digest(text).to_vec()),
            T::ReplaceComments => squeeze::replace_comments(text),
            T::EscapeSeqDecode => escape::escape_seq_decode(text),
            T::SqlHexDecode => decode::sql_hex_decode(text),
            T::CssDecode => escape::css_decode(text, decode::lower),
            T::JsDecode => escape::js_decode(text, decode::lower),
            T::NormalizePath => path::normalize(text, false),
            T::NormalizePathWin => path::normalize(text, true),
            T::RemoveNulls => squeeze::remove_nulls(text),
            T::ReplaceNulls => squeeze::replace_nulls(text),
            T::Base64DecodeExt => decode::base64_decode(text, true),
            T::UrlDecodeUni => decode::url_decode_uni(text, decode::lower),
            T::Utf8ToUnicode => decode::utf8_to_unicode(text),
            T::RemoveWhitespace => squeeze::remove_whitespace(text),
            T::Trim => squeeze::trim_left(squeeze::trim_right(text)).into(),
            T::TrimLeft => squeeze::trim_left(text).into(),
            T::TrimRight => squeeze::trim_right(text).into(),
            T::RemoveCommentsChar => squeeze::remove_comments_char(text),
            T::Uppercase => squeeze::uppercase(text),
            T::CmdLineWin => shell_line::windows(text),
            T::CmdLineUnix => shell_line::unix(text),
            T::JsDecodeExt => escape::js_decode_ext(text, decode::lower),
        }
    }

    /// The text as managed groups look at it: quotation marks, slashes and blanks that others take for ASCII's are those.
    pub(crate) fn reveal(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            T::HtmlEntityDecode => markup::html_entity_decode(text, decode::folded),
            T::CssDecode => escape::css_decode(text, decode::folded),
            T::JsDecode => escape::js_decode(text, decode::folded),
            T::UrlDecodeUni => decode::url_decode_uni(text, decode::folded),
            other => other.apply(text),
        }
    }

    /// The text after several, in order.
    pub fn apply_all<'t>(all: &[Self], text: &'t [u8]) -> Cow<'t, [u8]> {
        all.iter().fold(Cow::Borrowed(text), |text, transformation| match text {
            Cow::Borrowed(text) => transformation.apply(text),
            Cow::Owned(text) => match transformation.apply(&text) {
                // Of the same length it is what was given in: what is borrowed is never changed, only trimmed.
                Cow::Borrowed(same) if same.len() == text.len() => Cow::Owned(text),
                changed => Cow::Owned(changed.into_owned()),
            },
        })
    }
}

/// A byte of a word.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What two hexadecimal digits stand for.
pub(crate) fn hex_pair(digits: &[u8]) -> Option<u8> {
    let &[high, low, ..] = digits else { return None };
    Some(hex(high)? << 4 | hex(low)?)
}

/// What a hexadecimal digit stands for.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests;
