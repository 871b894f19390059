use std::collections::BTreeMap;

use edge_common::token_keys;
use gateway_core::definition::Snapshot;
use gateway_core::gateway::Gateway;

use super::*;

#[test]
fn a_version_changes_with_every_module_and_with_nothing_else() {
    let of = |a: &str, b: &str| version(&[a.as_bytes(), b.as_bytes()]);
    assert_eq!(of("a", "b"), of("a", "b"));
    assert_eq!(of("a", "b").len(), VERSION_CHARACTERS);
    for (a, b) in [("ab", ""), ("", "ab"), ("a", "c"), ("b", "b")] {
        assert_ne!(of("a", "b"), of(a, b));
    }
}

#[derive(clap::Parser)]
struct Alone {
    #[command(flatten)]
    arguments: DeployArguments,
}

#[test]
fn the_other_targets_options_are_not_taken_without_a_word() {
    let other = |line: &str| {
        let words = "x --config c.yaml --out o --target".split(' ').chain(line.split(' '));
        let Alone { arguments } = clap::Parser::parse_from(words);
        arguments.of_other_target()
    };
    assert_eq!(other("cloudflare --name a --worker w --percentage 1 --wrangler w --dry-run"), None);
    assert_eq!(other("wasi --keyvalue 0.2.0-draft --keyvalue-store s --component c"), None);
    for (line, option) in [
        ("wasi --percentage 10", "--percentage"),
        ("wasi --dry-run", "--dry-run"),
        ("wasi --name edgeway", "--name"),
        ("wasi --manifest m --worker w", "--worker"),
        ("cloudflare --keyvalue-store default", "--keyvalue-store"),
        ("cloudflare --limits-per-instance", "--limits-per-instance"),
        ("cloudflare --source-ip-field x", "--source-ip-field"),
    ] {
        assert_eq!(other(line), Some(option), "{line}");
    }
}

/// Deploys to Cloudflare without calling anybody: what was written, by file, and the version.
fn written(config: &Path, folder: &Path) -> (BTreeMap<String, Vec<u8>>, String) {
    for name in WORKER_FILES {
        fs::write(config.with_file_name(name), name).unwrap();
    }
    let worker = config.parent().unwrap().display().to_string();
    let config = config.display().to_string();
    let words = ["x", "--target", "cloudflare", "--percentage", "1", "--config", &config];
    let Alone { arguments } = clap::Parser::parse_from(words.iter().chain(&["--worker", &worker]));
    let Ok(Command::Beside { version, .. }) = prepare(&arguments, folder) else {
        panic!("it is refused")
    };
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let read =
        files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()));
    (read.collect(), version)
}

/// A configuration with every key that it can have, and the keys.
fn with_secrets(folder: &Path) -> (PathBuf, [&'static str; 6]) {
    const SECRETS: [&str; 6] = [
        "the-secret-access-key-of-alice-0123456789",
        "the-session-token-of-alice-0123456789",
        "the-value-of-an-api-key-0123456789",
        "the-key-that-signs-tokens-of-the-web-acl",
        "the-token-of-the-operators-calls-01234567",
        "the-key-of-who-takes-spans-0123456789",
    ];
    let [secret, token, api_key, token_key, admin, tracing] = SECRETS;
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    let lambda = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations";
    let get = format!(
        "get: {{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: '{lambda}'}}}}"
    );
    write(
        "a.yaml",
        &format!("openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{{get}}}}}\n"),
    );
    let visible = |name: &str| serde_json::json!({"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": name});
    let matched = serde_json::json!({"ByteMatchStatement": {"SearchString": "L2E=", "PositionalConstraint": "EXACTLY",
        "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
    let acl = |name: &str| {
        serde_json::json!({"WebACL": {"Name": name, "Id": name, "DefaultAction": {"Allow": {}},
            "ARN": format!("arn:aws:wafv2:us-east-1:000000000000:regional/webacl/{name}/{name}"),
            "VisibilityConfig": visible(name), "Rules": [{"Name": "r", "Priority": 0, "Statement": matched,
                "Action": {"Challenge": {}}, "VisibilityConfig": visible("r")}]}})
    };
    write("keyed.json", &acl("keyed").to_string());
    write("keyless.json", &acl("keyless").to_string());
    write("token.key", token_key);
    let config = format!(
        "apis: [{{id: a, protocol: REST, definition: a.yaml, stages: [{{stageName: s, webAcl: keyless}}]}}]\n\
         iam: {{principals: [{{arn: 'arn:aws:iam::000000000000:user/alice', accessKeyId: ASIAALICE,\n  \
            secretAccessKey: {secret}, sessionToken: {token}}}]}}\n\
         apiKeys: [{{name: k, value: {api_key}}}]\n\
         webAcls: [{{name: keyed, definition: keyed.json, tokenKey: {{file: token.key}}}},\n  \
            {{name: keyless, definition: keyless.json}}]\n\
         admin: 127.0.0.1:0\nadminToken: {admin}\n\
         tracing: {{endpoint: 'http://c', headers: {{X-Key: {tracing}}}}}\n"
    );
    write("edgeway.yaml", &config);
    (folder.join("edgeway.yaml"), SECRETS)
}

#[test]
fn no_key_of_a_configuration_is_in_what_is_written_but_the_names_to_put_them_by_are() {
    let folder = tempfile::tempdir().unwrap();
    let (config, secrets) = with_secrets(folder.path());
    let (files, _) = written(&config, &folder.path().join("out"));
    assert_eq!(files.len(), 5, "script, module, snapshot, bindings, manifest");
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
    let manifest = String::from_utf8_lossy(&files["wrangler.toml"]);
    let put = manifest.lines().filter_map(|line| line.strip_prefix("# wrangler secret put "));
    let put: Vec<_> = put.filter_map(|line| line.split(':').next()).collect();
    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "IAM_SECRET_ASIAALICE",
        "IAM_TOKEN_ASIAALICE",
        "WAF_TOKEN_KEY_KEYED",
        "WAF_TOKEN_KEY_KEYLESS",
    ];
    assert_eq!(put, names);
}

#[test]
fn the_same_configuration_has_the_same_version_whatever_has_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = with_secrets(folder.path());
    let [one, other] = ["one", "other"].map(|out| written(&config, &folder.path().join(out)));
    assert_eq!(one, other);
    let mut snapshot = Snapshot::from_bytes(&one.0["snapshot.bin"]).unwrap();
    assert!(snapshot.web_acls.iter().all(|acl| acl.token_key.is_none()));
    // Where it is served the environment gives the keys, and random ones where it does not.
    let told = token_keys::fill(&mut snapshot.web_acls, &|_| None, || Some(vec![7; 32]));
    assert_eq!(told, [""; 0]);
    assert!(Gateway::compile(snapshot).is_ok());
}

#[test]
fn names_that_cloudflare_refuses_are_refused_here() {
    for name in ["edgeway", "a-1"] {
        assert_eq!(worker_name(name).as_deref(), Ok(name));
    }
    for name in ["", "A", "a_b", "-a", "a-", "a.b", "a\nb", &"a".repeat(64)] {
        assert!(worker_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn what_is_too_big_for_the_platform_is_refused() {
    // Noise does not compress.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(GZIP_BYTES_MAX + 1)
    .collect();
    assert!(report_sizes(&[("noise", &noise)]).is_err());
    assert!(report_sizes(&[("zeros", &vec![0; GZIP_BYTES_MAX + 1])]).is_ok());
}
