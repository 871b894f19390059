//! `edgeway deploy --target wasi`: APIs put into the component that any host of `wasi:http` serves.

use std::fs;
use std::path::{Path, PathBuf};

use edge_common::bundled::{Bundled, Draft};
use gateway_core::bucket::Limit;
use gateway_core::definition::Snapshot;
use gateway_core::message::is_field_name;
use serde::Serialize;

use super::embed;
use crate::commands::bundle::{Bundle, tell_secrets};
use crate::snapshot::Built;

/// How the host is to be taken.
#[derive(Debug)]
pub(super) struct Choices<'c> {
    /// The field by which a client's address is told.
    pub(super) source_ip_field: Option<&'c str>,
    /// Whether each instance may grant all of every limit.
    pub(super) limits_per_instance: bool,
    /// The draft of `wasi:keyvalue` that the host has, where instances are to share state.
    pub(super) keyvalue: Option<Draft>,
    /// What the host calls the store.
    pub(super) keyvalue_store: &'c str,
}

impl Choices<'_> {
    /// Where `cargo xtask wasi` leaves what has these imports.
    pub(super) fn component(&self) -> PathBuf {
        let draft = self.keyvalue.map(|draft| format!("-keyvalue-{}", draft.version()));
        format!("target/edgeway/wasi-http{}.wasm", draft.unwrap_or_default()).into()
    }

    /// Whether a store keeps token buckets for all instances.
    fn shares_buckets(&self) -> bool {
        self.keyvalue == Some(Draft::Draft2)
    }
}

/// Writes the component.
pub(super) fn write(
    mut bundle: Bundle,
    choices: &Choices<'_>,
    component: &Path,
    out: &Path,
) -> Result<(), String> {
    let built = fs::read(component).map_err(|error| {
        format!(
            "{}: {error}: build the component by `cargo xtask wasi`, or name it by --component",
            component.display()
        )
    })?;
    if let Some(field) = choices.source_ip_field {
        bundle.bindings.insert("EDGEWAY_SOURCE_IP_FIELD".into(), field.into());
    }
    if choices.keyvalue.is_some() {
        bundle.bindings.insert("EDGEWAY_KEYVALUE_STORE".into(), choices.keyvalue_store.into());
    }
    if let Some(reason) = other_draft(&built, choices.keyvalue) {
        return Err(format!("{}: {reason}", component.display()));
    }
    let bundled = Bundled {
        snapshot: bundle.snapshot.into(),
        variables: bundle.bindings,
        keyvalue: choices.keyvalue,
    };
    let bytes = gateway_core::codec::encode(&bundled);
    let ready = embed::embed(&built, &bytes)
        .map_err(|reason| format!("{}: {reason}", component.display()))?;
    fs::write(out, &ready).map_err(|error| format!("{}: {error}", out.display()))?;
    tell!("{:>10} B  {}, of which the APIs {} B", ready.len(), out.display(), bytes.len());
    match choices.keyvalue {
        None => tell!("serve it by `wasmtime serve -S cli {}` (docs/wasi.md)", out.display()),
        Some(draft) => tell!("its host needs wasi:keyvalue {} (docs/wasi.md)", draft.version()),
    }
    tell_secrets(&bundle.secrets, "variables of the host's environment");
    Ok(())
}

/// Whether a component imports another draft than is wanted: the host would refuse it, or nothing would be shared.
fn other_draft(component: &[u8], wanted: Option<Draft>) -> Option<String> {
    let mut drafts = Draft::ALL.into_iter();
    let found = drafts.find(|draft| {
        embed::imports(component, &format!("wasi:keyvalue/store@{}", draft.version()))
    });
    let told = |draft: Option<Draft>| draft.map_or("none", Draft::version);
    (found != wanted).then(|| {
        let (found, wanted) = (told(found), told(wanted));
        format!("of wasi:keyvalue it imports {found}, and --keyvalue says {wanted}")
    })
}

/// What cannot be kept there. Most hosts make an instance for each request, and an instance knows nothing of others.
pub(super) fn refused(built: &Built, choices: &Choices<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if choices.source_ip_field.is_some_and(|field| !is_field_name(field)) {
        reasons.push("`--source-ip-field`: it is the name of a field".into());
    }
    if !built.config.edges.is_empty() {
        reasons.push("`distributions`: a wasi:http host has no cache to keep content in".into());
    }
    let mutual = built.config.domain_tls.iter().filter(|tls| tls.mutual_tls.is_some());
    reasons.extend(mutual.map(|tls| {
        format!("`{}`: `mutualTlsAuthentication`: WASI tells no certificates", tls.domain_name)
    }));
    reasons.extend(counted(&built.snapshot, choices));
    if choices.source_ip_field.is_none() {
        reasons.extend(by_address(&built.snapshot));
    }
    reasons
}

/// What each instance has for itself, which is only to be warned of.
pub(super) fn warned(built: &Built) -> Vec<String> {
    let stages = built.snapshot.apis.iter().flat_map(|api| &api.stages);
    let caching = stages.filter(|stage| stage.cache_cluster_bytes.is_some());
    let caching = caching.map(|stage| {
        let stage = &stage.stage_name;
        format!("stage `{stage}` caches responses: there each instance has its own (docs/wasi.md)")
    });
    caching.collect()
}

const INSTANCE: &str =
    "no instance knows what others grant; --limits-per-instance accepts that each grants all";

fn counted(snapshot: &Snapshot, choices: &Choices<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if choices.keyvalue.is_none() {
        // A quota is what somebody has paid for: it is counted in one place, or not at all.
        let quotas = snapshot.usage_plans.iter().filter(|plan| plan.quota.is_some());
        reasons.extend(quotas.map(|plan| {
            format!("usage plan `{}`: `quota`: without --keyvalue nothing keeps count", plan.id)
        }));
    }
    if choices.limits_per_instance {
        return reasons;
    }
    if !choices.shares_buckets() {
        reasons.extend(throttled(snapshot));
    }
    let rates = snapshot.web_acls.iter().filter(|acl| names(*acl, &["ratebasedstatement"]));
    reasons
        .extend(rates.map(|acl| format!("web ACL `{}`: rate-based rules: {INSTANCE}", acl.name)));
    reasons
}

/// What takes tokens from buckets, of which one counts for all.
fn throttled(snapshot: &Snapshot) -> Vec<String> {
    let mut reasons = Vec::new();
    for plan in &snapshot.usage_plans {
        let of_methods = plan.api_stages.iter().any(|stage| !stage.throttle.is_empty());
        if plan.throttle.is_some() || of_methods {
            reasons.push(format!("usage plan `{}`: `throttle`: {INSTANCE}", plan.id));
        }
    }
    let account = Snapshot::new("", "", Vec::new()).account_throttle;
    if snapshot.account_throttle != account {
        reasons.push(format!("the account's throttle: {INSTANCE}"));
    }
    for stage in snapshot.apis.iter().flat_map(|api| &api.stages) {
        if stage
            .method_settings
            .values()
            .any(|setting| setting.throttling.is_some_and(|limit| limit != Limit::NONE))
        {
            reasons.push(format!("stage `{}`: throttling: {INSTANCE}", stage.stage_name));
        }
    }
    reasons
}

/// What decides by an address that nobody tells.
fn by_address(snapshot: &Snapshot) -> Vec<String> {
    const REASON: &str =
        "WASI tells no client's address: name the field that does by --source-ip-field";
    const STATEMENTS: [&str; 4] = [
        "ipsetreferencestatement",
        "geomatchstatement",
        "asnmatchstatement",
        "awsmanagedrulesamazonipreputationlist",
    ];
    let acls = snapshot.web_acls.iter().filter(|acl| names(*acl, &STATEMENTS));
    let mut reasons: Vec<String> =
        acls.map(|acl| format!("web ACL `{}`: rules by address: {REASON}", acl.name)).collect();
    for api in &snapshot.apis {
        let mut policies = api.deployments.iter().filter_map(|one| one.policy.as_ref());
        if policies.any(|policy| names(policy, &["sourceip"])) {
            reasons.push(format!("API `{}`: `aws:SourceIp` in its policy: {REASON}", api.id));
        }
    }
    reasons
}

/// Whether any of these words is written in it, in any case.
fn names(document: &impl Serialize, words: &[&str]) -> bool {
    let text = serde_json::to_string(document).unwrap_or_default().to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Origin;

    const CHOICES: Choices<'_> = Choices {
        source_ip_field: None,
        limits_per_instance: false,
        keyvalue: None,
        keyvalue_store: "default",
    };

    /// A configuration of one REST API with a stage `s`, the rest as written.
    fn built(policy: &str, stage: &str, more: &str) -> Built {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        let get = "get: {x-amazon-apigateway-integration: {type: mock}}";
        let api = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n";
        write("api.yaml", format!("{api}{policy}\npaths: {{/a: {{{get}}}}}\n"));
        let api = "id: abcdefghij, protocol: REST, definition: api.yaml";
        let stages = format!("stages: [{{stageName: s{stage}}}]");
        write("edgeway.yaml", format!("apis: [{{{api}, {stages}}}]\n{more}\n"));
        let built = Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge();
        built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics))
    }

    const POLICY: &str = r#"x-amazon-apigateway-policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": "192.0.2.0/24"}}}]}"#;
    const THROTTLED: &str =
        r#", methodSettings: {"*/*": {throttlingRateLimit: 1, throttlingBurstLimit: 1}}"#;

    fn plan(limits: &str) -> String {
        format!(
            "usagePlans: [{{id: p, name: p, apiStages: [{{apiId: abcdefghij, stage: s}}], {limits}}}]"
        )
    }

    #[test]
    fn what_is_kept_nowhere_is_refused() {
        let ordinary = built("", "", "");
        assert_eq!(refused(&ordinary, &CHOICES), Vec::<String>::new());
        let throttle = plan("throttle: {rateLimit: 1, burstLimit: 1}");
        let account = "account: {throttleSettings: {rateLimit: 5, burstLimit: 5}}";
        for (stage, more, reason) in [
            (THROTTLED, "", "stage `s`: throttling"),
            ("", &*throttle, "usage plan `p`: `throttle`"),
            ("", account, "the account's throttle"),
        ] {
            let built = built("", stage, more);
            let told = refused(&built, &CHOICES);
            assert!(told.len() == 1 && told[0].starts_with(reason), "{reason}: {told:?}");
            let accepted = Choices { limits_per_instance: true, ..CHOICES };
            assert_eq!(refused(&built, &accepted), Vec::<String>::new());
        }
        let quota = built("", "", &plan("quota: {limit: 5, period: DAY}"));
        let accepted = Choices { limits_per_instance: true, ..CHOICES };
        let told = refused(&quota, &accepted);
        assert!(told.len() == 1 && told[0].contains("`quota`"), "never: {told:?}");
    }

    #[test]
    fn a_store_keeps_quotas_and_one_that_compares_and_swaps_keeps_throttles() {
        let plan = plan("quota: {limit: 5, period: DAY}, throttle: {rateLimit: 1, burstLimit: 1}");
        let built = built("", THROTTLED, &plan);
        let told = |draft| refused(&built, &Choices { keyvalue: draft, ..CHOICES });
        assert_eq!(told(None).len(), 3);
        let counting = told(Some(Draft::Draft));
        assert!(counting.len() == 2 && counting.iter().all(|told| !told.contains("quota")));
        assert_eq!(told(Some(Draft::Draft2)), Vec::<String>::new());
    }

    #[test]
    fn a_component_with_another_draft_is_refused() {
        const IMPORTS: u8 = 10;
        let component = |imports: &[u8]| {
            let length = u8::try_from(imports.len()).unwrap();
            [b"\0asm\x0d\0\x01\0", &[IMPORTS, length][..], imports].concat()
        };
        let first = component(b"\x01\0\x1fwasi:keyvalue/store@0.2.0-draft\x05\0");
        let second = component(b"\x01\0\x20wasi:keyvalue/store@0.2.0-draft2\x05\0");
        let (draft, draft2) = (Some(Draft::Draft), Some(Draft::Draft2));
        for (component, right, wrong) in [
            (component(b""), None, [draft, draft2]),
            (first, draft, [None, draft2]),
            (second, draft2, [None, draft]),
        ] {
            assert_eq!(other_draft(&component, right), None);
            for wrong in wrong {
                assert!(other_draft(&component, wrong).is_some(), "{wrong:?}");
            }
        }
    }

    #[test]
    fn addresses_that_nobody_tells_decide_nothing() {
        let built = built(POLICY, "", "");
        let told = refused(&built, &CHOICES);
        assert!(told.len() == 1 && told[0].contains("aws:SourceIp"), "{told:?}");
        let named = Choices { source_ip_field: Some("x-forwarded-for"), ..CHOICES };
        assert_eq!(refused(&built, &named), Vec::<String>::new());
        let wrong = Choices { source_ip_field: Some("no field"), ..CHOICES };
        assert_eq!(refused(&built, &wrong).len(), 1);
    }

    #[test]
    fn a_cache_of_a_stage_is_warned_of() {
        let caching = ", cacheClusterEnabled: true, cacheClusterSize: '0.5'";
        assert_eq!(warned(&built("", caching, "")).len(), 1);
        assert_eq!(warned(&built("", "", "")).len(), 0);
    }
}
