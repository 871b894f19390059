//! Numbers that are sent for what reading them does.

/// Digits that tell a number of double precision from its neighbours.
const DIGITS: usize = 17;
/// The least normal double is 2.2250738585072014e-308, the greatest below it 2.2250738585072009e-308. What
/// lies between is no double: no program prints it, and reading it made PHP (CVE-2010-4645) and Java
/// (CVE-2010-4476) loop for ever. One more digit tells: 0, 1 and 2, as 3 begins the exact value of the least normal one.
const BETWEEN: &[u8; DIGITS - 1] = b"2225073858507201";
const MAGNITUDE: i32 = -308;
/// With all its zeros written out.
const BYTES_MAX: usize = 400;

/// Whether all of a text is a number between two neighbouring doubles, at the edge of what is normal.
pub(super) fn is_between_doubles(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let begins = text.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    begins && text.len() > DIGITS && text.len() <= BYTES_MAX && between(text).unwrap_or(false)
}

/// `None`: it is no such number.
fn between(text: &[u8]) -> Option<bool> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let end = text.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(text.len());
    let (number, exponent) = text.split_at(end);
    let exponent: i32 = match exponent {
        [] => 0,
        [_, digits @ ..] => core::str::from_utf8(digits).ok()?.parse().ok()?,
    };
    let point = number.iter().position(|b| *b == b'.').unwrap_or(number.len());
    let is_digit = |(at, byte): (usize, &u8)| byte.is_ascii_digit() || at == point;
    if !number.iter().enumerate().all(is_digit) {
        return None;
    }
    let first = number.iter().position(|b| matches!(b, b'1'..=b'9'))?;
    // Where the first digit stands: 0 for ones, 1 for tens, -1 for tenths.
    let place = i32::try_from(point).ok()? - i32::try_from(first).ok()?;
    let place = if place > 0 { place - 1 } else { place };
    let mut digits = number[first..].iter().copied().filter(|b| *b != b'.');
    let is_near = BETWEEN.iter().all(|known| digits.next() == Some(*known));
    let last = digits.next()?;
    Some(is_near && last <= b'2' && place.checked_add(exponent)? == MAGNITUDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_double_is_at_the_edge_of_the_normal_ones_is_told_from_those_that_programs_print()
     {
        let zeros = "0".repeat(307);
        for text in [
            "2.2250738585072011e-308",
            "-2.2250738585072012E-308",
            "22.250738585072011e-309",
            "0.00022250738585072012e-304",
            "22250738585072011e-324",
            &["0.", &zeros, "22250738585072011"].concat(),
        ] {
            assert!(is_between_doubles(text.as_bytes()), "{text}");
        }
        for text in [
            "2.2250738585072014e-308",
            "2.22507385850720138309e-308",
            "2.2250738585072009e-308",
            "2.225073858507201e-308",
            "2.2250738585072011e-307",
            "2.2250738585072011e308",
            "2.2250738585072011",
            "2.2250738585072011e-99999999999",
            "2.2250738585072011e",
            "1.2.2250738585072011e-308",
            "2,2250738585072011e-308",
            "22250738585072011",
            "0.0000000000000000000",
            "a",
            "",
        ] {
            assert!(!is_between_doubles(text.as_bytes()), "{text}");
        }
    }
}
