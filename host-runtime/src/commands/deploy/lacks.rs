//! What a configuration has and its Worker has not.

use gateway_core::definition::Stage;

use super::manifest::Manifest;
use crate::snapshot::Built;

/// Where web ACLs, distributions and stages write that is no file of a Worker's.
const STREAMS: [&str; 2] = ["stdout", "stderr"];

/// What is to be said of a Worker with this manifest.
pub(super) fn lacks(built: &Built, manifest: &Manifest) -> Vec<String> {
    let mut lacks = Vec::new();
    if !built.config.edges.is_empty() {
        if !manifest.has_routes() {
            lacks.push(format!(
                "the manifest has no `routes`: under workers.dev nothing is stored of distributions, and no client \
                 reaches {} (--manifest: docs/edge.md)",
                hosts(built).unwrap_or_else(|| "them by a host name of yours".into())
            ));
        }
        if !manifest.has_invalidations() {
            lacks.push(
                "the manifest binds no KV namespace `INVALIDATIONS`: what distributions store stays until it expires \
                 (--manifest: docs/edge-cache.md)"
                    .into(),
            );
        }
    }
    if !manifest.has_buckets() && !manifest.shares_nothing() {
        lacks.push(
            "the manifest binds no Durable Object `BUCKETS`: each isolate grants the whole rate of every throttle and of \
             every rate-based rule, and there are as many as Cloudflare likes (docs/edge.md)"
                .into(),
        );
    }
    if logs_to_files(built) {
        lacks.push(
            "logs go to the Worker's own, whatever file they name: `wrangler tail`, or Logpush to keep them".into(),
        );
    }
    if built.config.admin.is_some() {
        lacks.push("`admin`: a Worker has no operator's listener: no metrics, no calls".into());
    }
    lacks
}

/// What a Worker with this manifest cannot do at all.
pub(super) fn refused(built: &Built, manifest: &Manifest) -> Vec<String> {
    if manifest.has_buckets() {
        return Vec::new();
    }
    let plans = built.snapshot.usage_plans.iter().filter(|plan| plan.quota.is_some());
    let refused = plans.map(|plan| {
        format!(
            "the quota of the usage plan `{}` is counted by a Durable Object, and the manifest binds none: it needs \
             `BUCKETS`, of the class `BucketObject` (docs/edge.md)",
            plan.name
        )
    });
    refused.collect()
}

/// The host names that distributions have.
pub(super) fn aliases(built: &Built) -> Vec<String> {
    let edges = built.config.edges.iter();
    edges.flat_map(|edge| edge.aliases().to_vec()).collect()
}

fn hosts(built: &Built) -> Option<String> {
    let aliases = aliases(built);
    (!aliases.is_empty()).then(|| aliases.join(", "))
}

fn logs_to_files(built: &Built) -> bool {
    let is_file = |destination: &str| !STREAMS.contains(&destination);
    let edges = built.config.distributions.iter();
    let of_edges = edges.flat_map(|one| [&one.log_destination, &one.real_time_destination]);
    let of_acls = built.config.web_acls.iter().map(|acl| &acl.log_destination);
    let stages = built.snapshot.apis.iter().flat_map(|api| &api.stages);
    let of_stage = |stage: &Stage| {
        stage.access_log_settings.as_ref().is_some_and(|settings| is_file(&settings.destination))
    };
    let mut named = of_edges.chain(of_acls).flatten();
    named.any(|destination| is_file(destination)) || stages.into_iter().any(of_stage)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::manifest;
    use super::*;
    use crate::snapshot::Origin;

    const OBJECTS: &str =
        "[[durable_objects.bindings]]\nname = \"BUCKETS\"\nclass_name = \"BucketObject\"\n";

    fn read(text: &str) -> Manifest {
        Manifest::read(text).unwrap()
    }

    fn built(more: &str) -> Built {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("edgeway.yaml", more);
        let document = serde_json::json!({"DistributionConfig": {"Aliases": {"Items": ["shop.example"]},
            "Origins": {"Items": [{"Id": "o", "DomainName": "o.example", "CustomOriginConfig": {"HTTPPort": 80,
                "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}});
        write("d.json", &document.to_string());
        Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge().unwrap()
    }

    #[test]
    fn a_distribution_needs_routes_and_a_namespace() {
        let built = built("apis: []\ndistributions: [{id: d, definition: d.json}]\n");
        let told = lacks(&built, &read(manifest::TEMPLATE));
        let [routes, namespace] = &told[..] else { panic!("{told:?}") };
        assert!(routes.contains("`routes`") && routes.contains("shop.example"), "{routes}");
        assert!(namespace.contains("`INVALIDATIONS`"), "{namespace}");
        let own = "name = \"x\"\nroutes = [\"shop.example/*\"]\n[[kv_namespaces]]\nbinding = \"INVALIDATIONS\"\nid = \"1\"\n";
        assert_eq!(lacks(&built, &read(&format!("{own}{OBJECTS}"))), [""; 0]);
    }

    #[test]
    fn a_manifest_without_objects_is_warned_of_and_refused_where_quotas_are_counted() {
        let plan = |limit: &str| {
            built(&format!(
                "apis: []\ndistributions: [{{id: d, definition: d.json}}]\nusagePlans: [{{name: basic, {limit}}}]\n"
            ))
        };
        let throttled = plan("throttle: {rateLimit: 1, burstLimit: 1}");
        let counted = plan("quota: {limit: 5, period: DAY}");
        let own = "route = \"shop.example/*\" # BUCKETS\nkv_namespaces = [{ binding = \"INVALIDATIONS\" }]\n";
        let texts = [
            own,
            &format!("{own}{OBJECTS}"),
            &format!("{own}[vars]\nEDGEWAY_BUCKETS = \"local\"\n"),
        ];
        let [own, bound, local] = &texts.map(read);
        for built in [&throttled, &counted] {
            let told = lacks(built, own);
            assert!(matches!(&told[..], [one] if one.contains("`BUCKETS`")), "{told:?}");
            assert_eq!(lacks(built, bound), [""; 0]);
            assert_eq!(lacks(built, local), [""; 0], "it is asked for");
            assert_eq!(refused(built, bound), [""; 0]);
        }
        assert_eq!(refused(&throttled, own), [""; 0]);
        for manifest in [own, local] {
            let told = refused(&counted, manifest);
            assert!(matches!(&told[..], [one] if one.contains("`basic`")), "{told:?}");
        }
    }

    #[test]
    fn files_and_listeners_that_a_worker_has_not_are_told() {
        let files = "admin: 127.0.0.1:9901\nadminToken: 0123456789abcdef0123\napis: []\ndistributions:\n\
                     - {id: d, definition: d.json, logging: {destination: cdn.log}}\n";
        let own = "route = \"shop.example/*\"\nkv_namespaces = [{ binding = \"INVALIDATIONS\", id = \"1\" }]\n";
        let own = &read(&format!("{own}{OBJECTS}"));
        let told = lacks(&built(files), own);
        let [logs, admin] = &told[..] else { panic!("{told:?}") };
        assert!(logs.contains("wrangler tail") && admin.starts_with("`admin`"), "{told:?}");
        assert_eq!(lacks(&built(&files.replace("cdn.log", "stdout")), own).len(), 1);
    }
}
