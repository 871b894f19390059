//! Sets of characters.

use alloc::vec::Vec;

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Class {
    pub(super) items: Vec<Item>,
    pub(super) negated: bool,
    /// `(?i)`
    pub(super) fold: bool,
    /// `&&`: what must be in these too.
    pub(super) also: Vec<Class>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Range(char, char),
    /// A named set, or everything else.
    Named(Named, bool),
    Class(Class),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Named {
    Any,
    /// `.`
    NoLineEnd,
    Digit,
    Word,
    Space,
    HorizontalSpace,
    VerticalSpace,
    Lower,
    Upper,
    Ascii,
    Alpha,
    Alnum,
    Punct,
    Graph,
    Print,
    Blank,
    Control,
    Hexadecimal,
    Letter,
    UnicodeLower,
    UnicodeUpper,
    Number,
    WhiteSpace,
    Alphanumeric,
    UnicodePunct,
}

impl Class {
    pub(super) fn of(items: Vec<Item>) -> Self {
        Self { items, ..Self::default() }
    }
    pub(super) fn named(named: Named, negated: bool) -> Self {
        Self::of(alloc::vec![Item::Named(named, negated)])
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let folded =
            || self.fold && (self.has(c.to_ascii_lowercase()) || self.has(c.to_ascii_uppercase()));
        let inside = self.has(c) || folded();
        (inside && self.also.iter().all(|class| class.contains(c))) != self.negated
    }

    fn has(&self, c: char) -> bool {
        self.items.iter().any(|item| match item {
            Item::Range(from, to) => (*from..=*to).contains(&c),
            Item::Named(named, negated) => named.contains(c) != *negated,
            Item::Class(class) => class.contains(c),
        })
    }
}

impl Named {
    fn contains(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::NoLineEnd => !super::is_line_end(c),
            Self::Digit => c.is_ascii_digit(),
            Self::Word => c.is_ascii_alphanumeric() || c == '_',
            Self::Space => matches!(c, ' ' | '\t'..='\r'),
            Self::HorizontalSpace => {
                matches!(
                    c,
                    ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'
                        ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
                )
            }
            Self::VerticalSpace => {
                matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
            }
            Self::Lower => c.is_ascii_lowercase(),
            Self::Upper => c.is_ascii_uppercase(),
            Self::Ascii => c.is_ascii(),
            Self::Alpha => c.is_ascii_alphabetic(),
            Self::Alnum => c.is_ascii_alphanumeric(),
            Self::Punct => c.is_ascii_punctuation(),
            Self::Graph => c.is_ascii_graphic(),
            Self::Print => c.is_ascii_graphic() || c == ' ',
            Self::Blank => matches!(c, ' ' | '\t'),
            Self::Control => c.is_ascii_control(),
            Self::Hexadecimal => c.is_ascii_hexdigit(),
            Self::Letter => c.is_alphabetic(),
            Self::UnicodeLower => c.is_lowercase(),
            Self::UnicodeUpper => c.is_uppercase(),
            Self::Number => c.is_numeric(),
            Self::WhiteSpace => c.is_whitespace(),
            Self::Alphanumeric => c.is_alphanumeric(),
            Self::UnicodePunct => {
                c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c)
                    || matches!(c, '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}')
            }
        }
    }

    /// The set of this name in `\p{…}`, as far as it is known here.
    pub(super) fn property(name: &str) -> Option<Self> {
        let name = name.strip_prefix("Is").or_else(|| name.strip_prefix("java")).unwrap_or(name);
        Some(match name {
            "Lower" => Self::Lower,
            "Upper" => Self::Upper,
            "ASCII" => Self::Ascii,
            "Alpha" => Self::Alpha,
            "Digit" => Self::Digit,
            "Alnum" => Self::Alnum,
            "Punct" => Self::Punct,
            "Graph" => Self::Graph,
            "Print" => Self::Print,
            "Blank" => Self::Blank,
            "Cntrl" => Self::Control,
            "XDigit" => Self::Hexadecimal,
            "Space" => Self::Space,
            "L" | "Alphabetic" | "Letter" => Self::Letter,
            "Ll" | "Lowercase" | "LowerCase" => Self::UnicodeLower,
            "Lu" | "Uppercase" | "UpperCase" => Self::UnicodeUpper,
            "N" | "Nd" => Self::Number,
            "White_Space" | "WhiteSpace" | "Whitespace" => Self::WhiteSpace,
            "LetterOrDigit" => Self::Alphanumeric,
            "P" | "Punctuation" => Self::UnicodePunct,
            _ => return None,
        })
    }
}
