//! `String.format`: the conversions of `java.util.Formatter` that templates need, in the root locale.
//!
//! `%s %d %x %X %c %b %f %n %%` with flags, width, precision and places (`%2$s`). What `Formatter` throws for fails here,
//! and so do the conversions that it has beyond those.

use alloc::{format, string::String};

use super::string::{length, substring_of};
use super::{Answer, failed, found};
use crate::Value;
use crate::render::{Machine, Outcome};
use crate::value::{Class, Narrow};

/// Java's exception, which ends the rendering.
type Formatted = Result<String, String>;

/// `%[index$][flags][width][.precision]conversion`
#[derive(Debug, Default)]
struct Specifier {
    index: Option<usize>,
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    conversion: char,
}

/// Formats arguments; they are what stands behind the format in a call.
pub(super) fn format(machine: &mut Machine<'_>, text: &str, arguments: &[Value]) -> Answer {
    let mut made = String::new();
    let mut rest = text;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        made.push_str(&rest[..at]);
        let Some((specifier, after)) = Specifier::parse(&rest[at + 1..]) else {
            return failed(format!("UnknownFormatConversionException: `{rest}`"));
        };
        rest = after;
        let bytes = specifier.width.unwrap_or(0).saturating_add(specifier.precision.unwrap_or(0));
        machine.budget.allocate(bytes)?;
        let argument = match (specifier.conversion, specifier.index) {
            ('n' | '%', _) => None,
            (_, Some(index)) => Some(index),
            (_, None) => {
                next += 1;
                Some(next)
            }
        };
        // Null alone is no array of arguments, and each of them.
        let all = match arguments {
            [null @ Value::Null] => Some(null),
            _ => None,
        };
        let argument = argument
            .map(|place| all.or_else(|| place.checked_sub(1).and_then(|at| arguments.get(at))));
        let formatted = match argument {
            Some(None) => Err("MissingFormatArgumentException".into()),
            Some(Some(value)) => specifier.convert(machine, value)?,
            None => specifier.literal(),
        };
        match formatted {
            Ok(formatted) => {
                machine.budget.allocate(formatted.len())?;
                made.push_str(&formatted);
            }
            Err(exception) => return failed(exception),
        }
    }
    made.push_str(rest);
    machine.budget.allocate(made.len())?;
    found(made)
}

impl Specifier {
    /// What stands behind a `%`, and what follows; `None` for what `Formatter` does not know.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let mut specifier = Self::default();
        let mut rest = text;
        if let (Some(index), after) = number(rest)
            && let Some(after) = after.strip_prefix('$')
        {
            (specifier.index, rest) = (Some(index), after);
        }
        let flags = rest.find(|c| !"-+ 0,(".contains(c))?;
        specifier.flags = rest[..flags].into();
        (specifier.width, rest) = number(&rest[flags..]);
        if let Some(after) = rest.strip_prefix('.') {
            (specifier.precision, rest) = number(after);
            specifier.precision?;
        }
        specifier.conversion = rest.chars().next()?;
        let after = &rest[specifier.conversion.len_utf8()..];
        Some((specifier, after))
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Whether the flags are some of these, and make sense together.
    fn allows(&self, flags: &str) -> Result<(), String> {
        if let Some(flag) = self.flags.chars().find(|flag| !flags.contains(*flag)) {
            let conversion = self.conversion;
            return Err(format!("FormatFlagsConversionMismatchException: {conversion}, {flag}"));
        }
        let mut before = self.flags.char_indices();
        let is_twice = before.any(|(at, flag)| self.flags[..at].contains(flag));
        let are_at_odds = |a, b| self.has(a) && self.has(b);
        if is_twice || are_at_odds('-', '0') || are_at_odds('+', ' ') {
            return Err(format!("IllegalFormatFlagsException: `{}`", self.flags));
        }
        match self.width.is_none() && (self.has('-') || self.has('0')) {
            true => Err("MissingFormatWidthException".into()),
            false => Ok(()),
        }
    }

    /// `%n` and `%%`
    fn literal(&self) -> Formatted {
        match (self.conversion, self.precision, self.width) {
            (_, Some(precision), _) => Err(precise(precision)),
            ('n', None, None) if self.flags.is_empty() => Ok("\n".into()),
            ('%', None, _) => self.allows("-").map(|()| self.pad("%".into())),
            _ => Err("IllegalFormatWidthException: %n".into()),
        }
    }

    fn convert(&self, machine: &mut Machine<'_>, value: &Value) -> Outcome<Formatted> {
        let conversion = self.conversion;
        let text = match (conversion.to_ascii_lowercase(), value) {
            ('b', Value::Null) => "false".into(),
            ('b', Value::Bool(value)) => format!("{value}"),
            ('b', _) => "true".into(),
            ('s', Value::Null) => "null".into(),
            ('s', value) => machine.text_of(value)?,
            _ => return Ok(self.other(value)),
        };
        Ok(self.allows("-").map(|()| {
            let cut = self.precision.and_then(|units| substring_of(&text, units));
            self.upper(self.pad(cut.unwrap_or(text)))
        }))
    }

    /// Characters and numbers.
    fn other(&self, value: &Value) -> Formatted {
        match (self.conversion, value) {
            ('c' | 'C', _) => self.allows("-")?,
            ('x' | 'X', Value::Big(_)) => self.allows("-+ 0(")?,
            ('d' | 'f', _) => self.allows("-+ 0,(")?,
            ('x' | 'X', _) => self.allows("-0")?,
            (other, _) => return Err(format!("UnknownFormatConversionException: `{other}`")),
        }
        if let (Some(precision), true) = (self.precision, self.conversion != 'f') {
            return Err(precise(precision));
        }
        let made = match (self.conversion, value) {
            (_, Value::Null) => {
                self.pad("null".chars().take(self.precision.unwrap_or(4)).collect())
            }
            ('c' | 'C', Value::Narrow(character @ Narrow::Character(_))) => {
                self.pad(character.text())
            }
            ('d' | 'x' | 'X', Value::Big(number)) if !number.is_decimal() => {
                let radix = if self.conversion == 'd' { 10 } else { 16 };
                self.signed(number.signum() < 0, &number.absolute().in_radix(radix))
            }
            ('f', Value::Big(number)) if number.is_decimal() => {
                let digits = rounded(&number.absolute().plain_text(), self.precision.unwrap_or(6));
                self.signed(number.signum() < 0, &digits)
            }
            ('f', Value::Decimal(number)) => self.decimal(*number),
            ('f', Value::Narrow(Narrow::Float(number))) => self.decimal((*number).into()),
            (conversion, value) => {
                let Some((class, number)) = Class::of(value) else {
                    return Err(format!("IllegalFormatConversionException: {conversion}"));
                };
                self.integer(class, number)?
            }
        };
        Ok(self.upper(made))
    }

    fn integer(&self, class: Class, number: i64) -> Formatted {
        match self.conversion {
            'c' | 'C' if class < Class::Long => {
                let c = u32::try_from(number).ok().and_then(char::from_u32);
                let c = c.ok_or_else(|| format!("IllegalFormatCodePointException: {number}"))?;
                Ok(self.pad(String::from(c)))
            }
            'd' => Ok(self.signed(number < 0, &format!("{}", number.unsigned_abs()))),
            // In two's complement, of as many bits as the class has.
            'x' | 'X' => Ok(self.signed(false, &format!("{:x}", class.unsigned(number)))),
            conversion => Err(format!("IllegalFormatConversionException: {conversion}")),
        }
    }

    fn decimal(&self, number: f64) -> String {
        if number.is_nan() {
            return self.pad("NaN".into());
        }
        if number.is_infinite() {
            let flags = self.flags.replace(['0', ','], "");
            let plain = Self { flags, width: self.width, ..Self::default() };
            return plain.signed(number < 0.0, "Infinity");
        }
        let digits = rounded(&format!("{}", number.abs()), self.precision.unwrap_or(6));
        self.signed(number.is_sign_negative(), &digits)
    }

    /// Digits with sign, groups and zeros, as the flags ask.
    fn signed(&self, is_negative: bool, digits: &str) -> String {
        let (before, after) = match (is_negative, self.has('('), self.has('+'), self.has(' ')) {
            (true, true, ..) => ("(", ")"),
            (true, false, ..) => ("-", ""),
            (false, _, true, _) => ("+", ""),
            (false, _, _, true) => (" ", ""),
            (false, ..) => ("", ""),
        };
        let digits = if self.has(',') { grouped(digits) } else { digits.into() };
        let made = before.len() + digits.len() + after.len();
        let zeros = self.width.filter(|_| self.has('0')).unwrap_or(0).saturating_sub(made);
        self.pad([before, &"0".repeat(zeros), &digits, after].concat())
    }

    fn pad(&self, text: String) -> String {
        let units = usize::try_from(length(&text)).unwrap_or_default();
        let blanks = " ".repeat(self.width.unwrap_or(0).saturating_sub(units));
        if self.has('-') { text + &blanks } else { blanks + &text }
    }

    fn upper(&self, text: String) -> String {
        if self.conversion.is_ascii_uppercase() { text.to_uppercase() } else { text }
    }
}

fn precise(precision: usize) -> String {
    format!("IllegalFormatPrecisionException: {precision}")
}

/// A number without leading zeros, and what follows it. One that is longer than any text may be is none.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match text[..end].parse::<u32>() {
        Ok(number) => (usize::try_from(number).ok(), &text[end..]),
        Err(_) => (None, text),
    }
}

/// With a comma before each three digits of the whole part.
fn grouped(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut made = String::new();
    for (at, c) in digits.char_indices() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(c);
    }
    made
}

/// Digits, of a double the fewest that tell it from others, rounded half up: Java rounds what `Double.toString` says, not what it is.
fn rounded(text: &str, precision: usize) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let kept = &fraction[..precision.min(fraction.len())];
    let is_up = fraction.as_bytes().get(precision).is_some_and(|digit| *digit >= b'5');
    let mut digits = [whole, kept].concat().into_bytes();
    if is_up {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let at = digits.len() - nines;
        digits[at..].fill(b'0');
        match at.checked_sub(1) {
            Some(last) => digits[last] += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let point = digits.len() - kept.len();
    let digits: String = digits.into_iter().map(char::from).collect();
    match precision {
        0 => digits,
        _ => format!("{}.{:0<precision$}", &digits[..point], &digits[point..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_as_they_are_written() {
        for (number, precision, text) in [
            (1.005, 2, "1.01"),
            (0.125, 2, "0.13"),
            (9.999, 2, "10.00"),
            (2.5, 0, "3"),
            (1e21, 1, "1000000000000000000000.0"),
            (0.000_000_4, 6, "0.000000"),
            (3.0, 6, "3.000000"),
        ] {
            assert_eq!(rounded(&format!("{number}"), precision), text, "{number}");
        }
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (digits, text) in
            [("123", "123"), ("1234", "1,234"), ("1234567.8910", "1,234,567.8910")]
        {
            assert_eq!(grouped(digits), text);
        }
    }
}
