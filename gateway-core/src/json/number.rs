//! Numbers as they are written, and as Java prints them.

use alloc::{
    borrow::Cow,
    boxed::Box,
    format,
    string::{String, ToString},
};

/// A JSON number that keeps its text.
///
/// The text is what a client wrote; [`printed`](Self::printed) is what API Gateway makes of it,
/// which reads an integer as Java's `int`, `long` or `BigInteger` and anything with a fraction or an
/// exponent as a `double` (a `BigDecimal` where a `double` cannot hold all of its digits):
///
/// | written | printed |
/// |---|---|
/// | `1`, `-7`, `12345678901234567890` | as written |
/// | `-0` | `0` |
/// | `1.0`, `1.50` | `1.0`, `1.5` |
/// | `1e5`, `1E7` | `100000.0`, `1.0E7` |
/// | `0.0001` | `1.0E-4` |
/// | `1.23456789012345678901` | as written |
#[derive(Debug, Clone)]
pub struct Number(Repr);

#[derive(Debug, Clone)]
enum Repr {
    /// Whose decimal digits are its text: most numbers, without an allocation.
    Integer(i64),
    Text(Box<str>),
}

impl Number {
    /// From text that matches RFC 8259's `number`.
    pub(super) fn from_checked(text: &str) -> Self {
        // The text of an i64 has up to 20 characters; `-0` is not what `0` prints.
        if text.len() <= 20
            && text != "-0"
            && let Ok(value) = text.parse()
        {
            return Self(Repr::Integer(value));
        }
        Self(Repr::Text(text.into()))
    }
    /// From text, if that is a JSON number.
    pub fn from_text(text: &str) -> Option<Self> {
        (super::read::number_length(text.as_bytes())? == text.len())
            .then(|| Self::from_checked(text))
    }
    /// As it is written.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Integer(value) => Cow::Owned(value.to_string()),
            Repr::Text(text) => Cow::Borrowed(text),
        }
    }
    /// Bytes of its text, or fewer: none where it is a 64-bit integer.
    pub(crate) fn length(&self) -> usize {
        match &self.0 {
            Repr::Integer(_) => 0,
            Repr::Text(text) => text.len(),
        }
    }
    /// As API Gateway prints it.
    pub fn printed(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Integer(value) => Cow::Owned(value.to_string()),
            Repr::Text(text) if &**text == "-0" => Cow::Borrowed("0"),
            Repr::Text(text) if !text.contains(['.', 'e', 'E']) => Cow::Borrowed(text),
            Repr::Text(text) => match text.parse() {
                Ok(value) if holds(value, text) => Cow::Owned(double(value)),
                _ => Cow::Borrowed(text),
            },
        }
    }
    /// Its value as an integer, if it is written as one that fits: `1.0` is not.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Integer(value) => Some(*value),
            Repr::Text(text) => text.parse().ok(),
        }
    }
    /// The nearest double; infinite beyond the range of doubles.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Integer(value) => *value as f64,
            Repr::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
    /// Whether it is written without a fraction and without an exponent.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Integer(_) => true,
            Repr::Text(text) => !text.contains(['.', 'e', 'E']),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Repr::Integer(value))
    }
}

impl Number {
    /// A finite double, written as Java does.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(Repr::Text(double(value).into())))
    }
}

/// Numbers are equal when they have the same value as Java has it: `1.0` is `1.00`, but not `1`.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Integer(a), Repr::Integer(b)) => a == b,
            _ => self.printed() == other.printed(),
        }
    }
}

/// Whether a double has all the digits of a text. json-smart looks only where there are more than
/// 18 characters.
fn holds(value: f64, text: &str) -> bool {
    if !value.is_finite() {
        return false;
    }
    let digits = |text: &str| -> String {
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').into()
    };
    text.len() <= 18 || digits(&format!("{value:e}")) == digits(text)
}

/// Java's `Double.toString`: plain from 10^-3 up to 10^7, else with an exponent; always a fraction.
pub(super) fn double(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_java_numbers() {
        for (written, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("42", "42"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("12345678901234567890", "12345678901234567890"),
            ("1.0", "1.0"),
            ("1.50", "1.5"),
            ("-0.0", "-0.0"),
            ("1e5", "100000.0"),
            ("1E7", "1.0E7"),
            ("12345678.5", "1.23456785E7"),
            ("9999999.5", "9999999.5"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("1.5e-10", "1.5E-10"),
            ("0.1000000000000000000000", "0.1"),
            ("1.23456789012345678901", "1.23456789012345678901"),
            ("1e400", "1e400"),
        ] {
            let number = Number::from_text(written).unwrap();
            assert_eq!(number.printed(), printed);
            assert_eq!(number.text(), written);
        }
    }

    #[test]
    fn equality_is_javas() {
        let number = |text| Number::from_text(text).unwrap();
        assert_eq!(number("1.0"), number("1.00"));
        assert_eq!(number("1e2"), number("100.0"));
        assert_ne!(number("1"), number("1.0"));
        assert_eq!(number("-0"), number("0"));
    }

    #[test]
    fn text_that_is_no_number_makes_none() {
        for text in ["", "-", "01", "1.", ".5", "+1", "1e", "1 ", "0x1", "NaN", "1e+"] {
            assert!(Number::from_text(text).is_none(), "{text}");
        }
        assert!(Number::from_f64(f64::INFINITY).is_none());
    }
}
