//! What is told of distributions' files.

use std::path::PathBuf;

use crate::snapshot::Origin;

const DISTRIBUTION: &str = r#"{"DistributionConfig": {
  "CallerReference": "r", "Comment": "", "Enabled": true,
  "Aliases": {"Quantity": 1, "Items": ["cdn.example"]},
  "Origins": {"Quantity": 1, "Items": [
    {"Id": "files", "DomainName": "files.example", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
  "DefaultCacheBehavior": {
    "TargetOriginId": "files",
    "ViewerProtocolPolicy": "allow-all",
    "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}}"#;
const CONFIG: &str =
    "listen: 127.0.0.1:8080\ndistributions:\n  - id: web\n    definition: dist.json\n";

/// What `check` tells of these files, without the folder that they are in.
fn told(config: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("edgeway.yaml", config);
    files.iter().for_each(|(name, text)| write(name, text));
    let file: PathBuf = folder.path().join("edgeway.yaml");
    let diagnostics = match Origin::Config(file).build() {
        Ok(built) => built.warnings,
        Err(refused) => refused.diagnostics,
    };
    let place = format!("{}/", folder.path().display());
    diagnostics.iter().map(|one| one.to_string().replace(&place, "")).collect()
}

fn told_of(document: &str) -> Vec<String> {
    told(CONFIG, &[("dist.json", document)])
}

#[test]
fn a_mistake_of_a_distribution_is_told_with_its_line_and_what_may_be_meant() {
    assert_eq!(told_of(DISTRIBUTION), [""; 0]);
    for (right, wrong, expected) in [
        (
            "\"ViewerProtocolPolicy\":",
            "\"ViewerProtocolPolcy\":",
            &[
                "error: unknown member `ViewerProtocolPolcy`\n  --> dist.json:8:28  \
                 /DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolcy\n  \
                 help: did you mean `ViewerProtocolPolicy`?",
                "error: `ViewerProtocolPolicy` is missing\n  --> dist.json:6:27  \
                 /DistributionConfig/DefaultCacheBehavior",
            ][..],
        ),
        (
            "\"TargetOriginId\": \"files\"",
            "\"TargetOriginId\": \"flies\"",
            &["error: there is no origin and no origin group `flies`\n  --> dist.json:7:23  \
               /DistributionConfig/DefaultCacheBehavior/TargetOriginId\n  help: did you mean `files`?"],
        ),
        (
            "allow-all",
            "allowall",
            &[
                "error: it must be one of allow-all, https-only, redirect-to-https\n  --> dist.json:8:29  \
               /DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy\n  help: did you mean `allow-all`?",
            ],
        ),
    ] {
        assert_eq!(told_of(&DISTRIBUTION.replace(right, wrong)), expected);
    }
}

#[test]
fn an_origin_that_is_an_api_of_nobody_here_is_warned_of() {
    let document =
        DISTRIBUTION.replace("files.example", "shopp.execute-api.us-east-1.amazonaws.com");
    let api = r#"{"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {}}"#;
    let apis = "apis:\n  - {id: shop, protocol: HTTP, definition: api.json, stages: [{stageName: $default}]}\n";
    let told = |config: &str| told(config, &[("dist.json", &document), ("api.json", api)]);
    let warned = told(&[CONFIG, apis].concat());
    let [warning] = &warned[..] else { panic!("{warned:?}") };
    assert!(warning.starts_with("warning: the origin `files` of the distribution `web` is asked over the network: no API here has the id `shopp`"));
    assert!(warning.ends_with("help: did you mean `shop`?"), "{warning}");
    let elsewhere = "    origins: {files: 'http://127.0.0.1:9000'}\n";
    assert_eq!(told(&[CONFIG, elsewhere, apis].concat()), [""; 0]);
}

#[test]
fn policies_that_are_not_there_are_told_with_awss_names_and_ids() {
    let id = "658327ea-f89d-4fab-a63d-7e88639e58f6";
    for (wrong, help) in [
        (
            "CachingOptimised",
            "policies are named by their ids: AWS's `CachingOptimized` is `658327ea-",
        ),
        ("Managed-CachingDisabled", "AWS's `CachingDisabled` is `4135ea2d-"),
        (
            "658327ea-f89d-4fab-a63d-7e88639e58f7",
            "did you mean `658327ea-f89d-4fab-a63d-7e88639e58f6`?",
        ),
        (
            "216adef6-5c7f-47e4-b989-5492eafa07d3",
            "`216adef6-5c7f-47e4-b989-5492eafa07d3` is AWS's origin request policy `AllViewer`",
        ),
    ] {
        let [told] = &told_of(&DISTRIBUTION.replace(id, wrong))[..] else { panic!("{wrong}") };
        let begin = format!(
            "error: there is no cache policy `{wrong}`: `references` brings it\n  --> dist.json:9:22"
        );
        assert!(told.starts_with(&begin), "{told}");
        assert!(told.split_once("\n  help: ").unwrap().1.contains(help), "{told}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_where_it_is_named_and_hides_nothing() {
    let config = CONFIG.replace("dist.json", "dist.json\n    references: [none.json, no.json]");
    let wrong = DISTRIBUTION.replace("658327ea", "00000000").replace("\"allow-all\"", "1");
    let told = told(&config, &[("dist.json", &wrong), ("no.json", "{\"a\": }")]);
    let [unreadable, no_json, wrong] = &told[..] else { panic!("{told:#?}") };
    assert!(unreadable.starts_with("error: none.json: it cannot be read: "), "{unreadable}");
    assert!(
        unreadable.contains("edgeway.yaml:5:18  /distributions/0/references/0\n  help: paths are")
    );
    assert!(no_json.contains("--> no.json:1"), "{no_json}");
    assert!(wrong.contains("dist.json:8:29"), "{wrong}: the policy may be in what cannot be read");
}

#[test]
fn a_reference_s_mistake_is_told_in_its_file() {
    let config = CONFIG.replace("dist.json", "dist.json\n    references: [key.json]");
    let key = "{\"PublicKey\": {\"Id\": \"K\",\n\"PublicKeyConfig\": {\"EncodedKey\": \"-----BEGIN PRIVATE KEY-----\\nMIIEs3cret\"}}}";
    let told = told(&config, &[("dist.json", DISTRIBUTION), ("key.json", key)]);
    let [told] = &told[..] else { panic!("{told:#?}") };
    assert!(told.starts_with("error: it is a private key, "), "{told}");
    assert!(told.contains("--> key.json:2:35  /PublicKey/PublicKeyConfig/EncodedKey"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}

#[test]
fn a_distribution_that_no_request_is_for_is_warned_of() {
    let nameless = DISTRIBUTION.replace("\"Items\": [\"cdn.example\"]", "\"Items\": []");
    let nameless = nameless.replacen("\"Quantity\": 1", "\"Quantity\": 0", 1);
    let [told] = &told_of(&nameless)[..] else { panic!() };
    assert!(told.starts_with(
        "warning: the distribution `web` has no `listen`, and its document no `Aliases`"
    ));
    let config = CONFIG.to_owned() + "    listen: 127.0.0.1:8081\n";
    assert_eq!(super::tests::told(&config, &[("dist.json", &nameless)]), [""; 0]);
}

#[test]
fn an_origin_elsewhere_that_there_is_not_is_told_where_it_is_named() {
    let config = CONFIG.to_owned() + "    origins: {file: 'http://127.0.0.1:9'}\n";
    assert_eq!(
        told(&config, &[("dist.json", DISTRIBUTION)]),
        [
            "error: the distribution `web` has no origin `file`\n  --> edgeway.yaml:5:21  /distributions/0/origins/file\n  \
          help: did you mean `files`?"
        ]
    );
}

#[test]
fn what_a_document_asks_for_and_nothing_brings_is_told_at_its_place() {
    for (member, value, line) in [
        (
            "WebACLId",
            "\"arn:aws:wafv2:us-east-1:1:global/webacl/w/1\"",
            "/DistributionConfig/WebACLId",
        ),
        (
            "Restrictions",
            "{\"GeoRestriction\": {\"RestrictionType\": \"blacklist\", \"Quantity\": 1, \"Items\": [\"DE\"]}}",
            "/DistributionConfig/Restrictions/GeoRestriction",
        ),
        (
            "Logging",
            "{\"Enabled\": true, \"IncludeCookies\": false, \"Bucket\": \"b\", \"Prefix\": \"\"}",
            "/DistributionConfig/Logging",
        ),
    ] {
        let with = format!("\"Enabled\": true,\n\"{member}\": {value},");
        let told = told_of(&DISTRIBUTION.replacen("\"Enabled\": true,", &with, 1));
        let [told] = &told[..] else { panic!("{told:#?}") };
        assert!(told.contains("error: ") && told.contains("--> dist.json:3:"), "{told}");
        assert!(told.contains(&format!("  {line}")), "{told}");
    }
}

#[test]
fn a_mistake_of_the_document_hides_nothing_that_only_the_host_can_tell() {
    let geo = "{\"GeoRestriction\": {\"RestrictionType\": \"blacklist\", \"Quantity\": 1, \"Items\": [\"DE\"]}}";
    let with = format!("\"Enabled\": true, \"Restrictions\": {geo}, \"WebACLId\": \"arn:none\",");
    let function = "{\"Quantity\": 1, \"Items\": [{\"FunctionARN\": \"f\", \"EventType\": \"viewer-request\"}]}";
    let function = format!("\"FunctionAssociations\": {function}, \"CachePolicyId\": \"none");
    let document = DISTRIBUTION.replacen("\"Enabled\": true,", &with, 1);
    let document = document.replacen("\"CachePolicyId\": \"", &function, 1);
    let told = told_of(&document);
    for wrong in [
        "error: `FunctionAssociations`: functions at the edge are not supported yet",
        "error: the distribution `web` restricts countries, and no database tells them",
        "error: the web ACL `arn:none` of the distribution `web` is not there",
        "error: there is no cache policy `none658327ea-",
    ] {
        assert!(told.iter().any(|told| told.starts_with(wrong)), "{wrong} in {told:#?}");
    }
    assert_eq!(told.len(), 4, "{told:#?}");
}
