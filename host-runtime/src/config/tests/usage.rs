use super::*;

#[test]
fn keys_and_plans_are_read_and_no_value_is_kept() {
    let text = format!(
        r#"{MINIMAL}
apiKeys:
  - {{name: k1, value: abcdefghij0123456789ABCD}}
  - {{id: i2, name: k2, value: "bcdefghijk0123456789ABCD", enabled: false, customerId: c}}
usagePlans:
  - name: p
    apiStages:
      - {{apiId: a, stage: prod, throttle: {{/a/GET: {{rateLimit: 1, burstLimit: 2}}, /GET: {{rateLimit: 3, burstLimit: 4}}}}}}
    throttle: {{rateLimit: 0.5, burstLimit: 1}}
    quota: {{limit: 9, offset: 6, period: WEEK}}
    keys: [k1, k2, i2]
"#
    );
    let config = read_text(&text).unwrap();
    let [one, two] = &config.api_keys[..] else { panic!("two keys") };
    assert_eq!((&*one.id, one.enabled, &*two.id, two.enabled), ("k1", true, "i2", false));
    assert_eq!(one.digest, gateway_core::definition::KeyDigest::of("abcdefghij0123456789ABCD"));
    assert!(!format!("{config:?}").contains("abcdefghij"));
    let [plan] = &config.usage_plans[..] else { panic!("one plan") };
    assert_eq!((&*plan.id, &plan.api_key_ids[..]), ("p", &["k1".into(), "i2".into()][..]));
    assert_eq!(plan.throttle, Some(Limit::new(0.5, 1)));
    assert_eq!(plan.quota.map(|quota| (quota.limit, quota.offset)), Some((9, 6)));
    let throttle = &plan.api_stages[0].throttle;
    assert_eq!(throttle["/a/GET"], Limit::new(1.0, 2));
    assert_eq!(throttle["//GET"], Limit::new(3.0, 4));
}

#[test]
fn mistakes_in_keys_and_plans_are_told_without_their_values() {
    let text = format!(
        "{MINIMAL}
apiKeys:
  - {{name: short, value: tooshort0123}}
  - {{name: k1, value: abcdefghij0123456789ABCD}}
  - {{name: k2, value: abcdefghij0123456789ABCD}}
  - {{name: k1, value: bcdefghijk0123456789ABCD, enabled: perhaps}}
  - {{value: bcdefghijk0123456789ABCD}}
usagePlans:
  - {{name: p, apiStages: [{{apiId: a, stage: prod}}], keys: [k1], quota: {{limit: 1, offset: 1, period: DAY}}}}
  - {{name: q, apiStages: [{{apiId: A, stage: prod}}], keys: [k1, nobodys-secret-value]}}
  - {{name: p, quota: {{limit: 1, offset: 7, period: WEEK}}}}
  - {{name: r, quota: {{limit: 1, offset: 28, period: MONTH}}, throttle: {{rateLimit: 1}}}}
  - {{name: s, quota: {{limit: 1, period: YEAR}}}}
  - {{name: t, apiStages: [{{apiId: a, stage: prod, throttle: {{GET: {{}}}}}}]}}
"
    );
    let told = read_text(&text).unwrap_err().join("\n");
    for (line, message) in [
        (9, "/apiKeys/0/value an API key has 20 to 128"),
        (11, "the value of `k2` is another key's too"),
        (12, "`enabled` must be true or false"),
        (13, "`name` is missing"),
        (15, "`offset` is 0 to 0"),
        (16, "`k1` is in another usage plan of these stages"),
        (16, "there is no API key of this id or name"),
        (17, "`offset` is 0 to 6"),
        (17, "the id `p` is used twice"),
        (18, "`offset` is 0 to 27"),
        (18, "`burstLimit` is missing"),
        (19, "unknown period `YEAR`"),
        (20, "`GET` names no method"),
    ] {
        let is_told = told
            .lines()
            .any(|told| told.starts_with(&format!("{line}: ")) && told.contains(message));
        assert!(is_told, "{line} {message} in\n{told}");
    }
    for secret in ["tooshort", "abcdefghij", "bcdefghijk", "nobodys"] {
        assert!(!told.contains(secret), "{told}");
    }
}
