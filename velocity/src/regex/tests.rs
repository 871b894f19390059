use super::*;

fn found(pattern: &str, text: &str) -> Option<String> {
    let captures = Regex::new(pattern).unwrap().find_at(text, 0, &mut 100_000).unwrap()?;
    Some(text[captures[0].unwrap()..captures[1].unwrap()].into())
}

#[test]
fn expressions_match_as_javas_do() {
    for (pattern, text, expected) in [
        ("a+b", "xaab", Some("aab")),
        ("a+?", "aaa", Some("a")),
        ("a{2}", "aaa", Some("aa")),
        ("a{2,}", "aaaa", Some("aaaa")),
        ("(ab){1,2}", "ababab", Some("abab")),
        ("(?:a|b)*c", "abac", Some("abac")),
        ("(a*)*", "aab", Some("aa")),
        ("(a|b)*?c", "abc", Some("abc")),
        ("[^a-c\\d]+", "a1xyz", Some("xyz")),
        ("[a-z&&[^aeiou]]+", "aebcd", Some("bcd")),
        ("[]a]+", "]a]", Some("]a]")),
        ("\\Qa.b\\E", "axb a.b", Some("a.b")),
        ("(?i)abc", "xABC", Some("ABC")),
        ("a(?=b)", "acab", Some("a")),
        ("(?<!x)y", "xyzy", Some("y")),
        ("(?<=\\$)\\d+", "cost $42", Some("42")),
        ("(\\w)\\1", "hello", Some("ll")),
        ("(?<q>['\"]).*?\\k<q>", "say \"it's\"", Some("\"it's\"")),
        ("a++a", "aaa", None),
        ("(?>a|ab)c", "abc", None),
        ("\\bcat\\b", "concat cat", Some("cat")),
        ("^b$", "a\nb", None),
        ("(?m)^b$", "a\nb", Some("b")),
        ("a.b", "a\nb", None),
        ("(?s)a.b", "a\nb", Some("a\nb")),
        ("\\p{Upper}\\p{L}+", "aÉ Éa Bé", Some("Bé")),
        ("\\u0041\\x42\\t", "AB\t", Some("AB\t")),
        ("a$", "a\n", Some("a")),
        ("x*", "aaa", Some("")),
        ("é+", "caféé", Some("éé")),
    ] {
        assert_eq!(found(pattern, text).as_deref(), expected, "{pattern}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for pattern in [
        "(",
        ")",
        "[",
        "[a",
        "a**b(",
        "*",
        "a{",
        "a{2,1}",
        "\\",
        "\\1",
        "(?<n",
        "(?#x)",
        "\\p{Nope}",
        "[z-a]",
        "\\y",
        "(?<=a*)b",
        "(((a{1000}){1000}){1000})",
        "(?:(?:(?:){1000000}){1000000}){1000000}",
    ] {
        assert!(Regex::new(pattern).is_err(), "{pattern}");
    }
    assert!(Regex::new(&"(".repeat(10_000)).is_err());
    assert!(Regex::new(&"[".repeat(10_000)).is_err());
}

#[test]
fn what_takes_too_long_is_stopped() {
    let text = "a".repeat(40);
    for pattern in ["(a+)+b", "(a|a)*b", "(a*)*b", "(?:(?:a?){30}){30}b"] {
        let regex = Regex::new(pattern).unwrap();
        assert_eq!(regex.find_at(&text, 0, &mut 200_000), Err(Stopped), "{pattern}");
    }
}
