use alloc::string::String;

use super::Big;

fn big(text: &str) -> Big {
    Big::parse(text).unwrap()
}

#[test]
fn numbers_print_as_they_are_written() {
    for text in [
        "0",
        "-1",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "-1000000000000000000000000000000000000000000",
        "0.5",
        "-12345678901234567890.500",
        "0.000001",
    ] {
        assert_eq!(big(text).text(), text);
    }
    for (text, printed) in [("-0", "0"), ("000", "0"), ("0.0000001", "1E-7"), ("0.0000", "0.0000")]
    {
        assert_eq!(big(text).text(), printed, "{text}");
    }
    for text in ["", "-", "1.", ".5", "1e5", "+1", "1-", "--1", "1.2.3", "é"] {
        assert!(Big::parse(text).is_none(), "{text}");
    }
    assert!(Big::parse(&"9".repeat(2_000)).is_some_and(|number| !number.is_too_long()));
    assert!(Big::parse(&"9".repeat(2_001)).is_none());
}

#[test]
fn what_is_divided_is_the_quotient_times_the_divisor_and_the_rest() {
    let digits: String = "918273645546372819".repeat(6);
    for width in (1..digits.len()).step_by(7) {
        for (a, b) in [(&digits[..], &digits[..width]), (&digits[..width], &digits[width..])] {
            let (a, b) = (big(a).negated(), big(b));
            let (quotient, rest) = a.divided(&b);
            let again = quotient.times(&b).plus(&rest);
            assert_eq!(again, a, "{a:?} {b:?}");
        }
    }
}

#[test]
fn doubles_have_all_of_their_digits() {
    for (double, text) in [
        (0.0, "0"),
        (-2.5, "-2.5"),
        (1e20, "100000000000000000000"),
        (0.1, "0.1000000000000000055511151231257827021181583404541015625"),
    ] {
        assert_eq!(Big::of_double(double).unwrap().text(), text);
    }
    for double in [f64::MAX, f64::MIN_POSITIVE, 5e-324, -1.5e300] {
        let text = Big::of_double(double).unwrap().text();
        assert_eq!(text.parse(), Ok(double), "{text}");
    }
    assert!(Big::of_double(f64::NAN).is_none());
}
