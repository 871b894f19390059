use super::*;
use alloc::vec;
use alloc::vec::Vec;

pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

fn key() -> TokenKey {
    TokenKey(b"0123456789abcdef0123456789abcdef".to_vec())
}

/// What the page's script does.
pub(crate) fn solved(page: &str) -> String {
    let seed = page.split("seed = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let bits = page.split("bits = ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    let bits: u32 = bits.parse().unwrap();
    let mut tokens = (0_u32..).map(|number| format!("{seed}.{number}"));
    tokens.find(|token| zeros(&Sha256::digest(token)) >= bits).unwrap()
}

#[test]
fn who_did_the_work_has_a_token_for_that_domain() {
    let page = page(&key(), Kind::Challenge, "Shop.Example.com:8443", &[], NOW_MS);
    let token = solved(&page);
    let read = |host: &str, domains: &[String]| read(&key(), &token, host, domains, NOW_MS + 5);
    assert_eq!(read("shop.example.com", &[]), Some((Kind::Challenge, NOW_MS)));
    assert_eq!(read("other.example.com", &[]), None);
    assert_eq!(
        read("other.example.com", &["shop.example.com".into()]),
        Some((Kind::Challenge, NOW_MS)),
        "a domain of the list"
    );
}

#[test]
fn domains_of_the_list_share_the_cookie() {
    let domains: Vec<String> = vec!["example.com".into()];
    let page = page(&key(), Kind::Captcha, "shop.example.com", &domains, NOW_MS);
    assert!(page.contains("; Domain=example.com"), "{page}");
    let token = solved(&page);
    let found = read(&key(), &token, "www.example.com", &domains, NOW_MS);
    assert_eq!(found, Some((Kind::Captcha, NOW_MS)));
    assert_eq!(read(&key(), &token, "www.example.com", &[], NOW_MS), None);
}

#[test]
fn nobody_makes_a_token_without_the_work_or_the_key() {
    let page = page(&key(), Kind::Challenge, "a", &[], NOW_MS);
    let token = solved(&page);
    let other = TokenKey(b"another key of thirty-two bytes!".to_vec());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let mut lazy = (0..).map(|n: u32| format!("{signed}.{n}"));
    let lazy = lazy.find(|token| zeros(&Sha256::digest(token)) < 15).unwrap();
    for (key, token) in [
        (&other, token.clone()),
        (&key(), lazy),
        (&key(), token.replace("challenge", "captcha")),
        (&key(), token.replace("1700000000000", "1700000000001")),
        (&key(), format!("{token}x")),
        (&key(), format!("{token}.1")),
        (&key(), signed.into()),
        (&key(), "1.challenge".into()),
        (&key(), "".into()),
        (&key(), "9".repeat(1_000)),
    ] {
        assert_eq!(read(key, &token, "a", &[], NOW_MS), None, "{token}");
    }
    assert_eq!(read(&key(), &token, "a", &[], NOW_MS - 120_000), None, "from the future");
}
