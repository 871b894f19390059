//! `wrangler.toml`, filled in line by line: what the operator wrote stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::commands::bundle::Secret;

/// The one at the root of this project.
pub(super) const TEMPLATE: &str = include_str!("../../../../wrangler.toml");

/// How a comment begins that names a secret.
const SECRET: &str = "# wrangler secret put ";

/// The manifest for a folder that holds all modules itself.
pub(super) fn fill(
    template: &str,
    name: &str,
    variables: &BTreeMap<String, String>,
    secrets: &[Secret],
) -> Result<String, String> {
    let top = [("name", name), ("main", "index.js"), ("base_dir", ".")];
    let mut missing: Vec<&str> = vec!["name", "main", "base_dir", "[vars]"];
    let mut table = "";
    let mut out = String::with_capacity(template.len() + 1_024);
    for line in template.lines() {
        let (trimmed, said) = (line.trim(), without_comment(line));
        if said.starts_with('[') {
            table = said;
        }
        let key = said.split_once('=').map_or("", |(key, _)| key.trim());
        let filled = top.iter().find(|(known, _)| table.is_empty() && *known == key);
        if let Some((key, value)) = filled {
            missing.retain(|other| other != key);
            let _ = writeln!(out, "{key} = {}", quoted(value));
            continue;
        }
        // The configuration decides what it names.
        let is_named = variables.contains_key(key.trim_matches('"'));
        if is_vars(table) && (is_named || trimmed.starts_with(SECRET)) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if is_vars(said) {
            missing.retain(|other| *other != "[vars]");
            for (name, value) in variables {
                let _ = writeln!(out, "{} = {}", quoted(name), quoted(value));
            }
            for Secret { name, what_for } in secrets {
                let _ = writeln!(out, "{SECRET}{name}: {}", what_for.replace(['\n', '\r'], " "));
            }
        }
    }
    match missing.is_empty() {
        true => Ok(out),
        false => Err(format!("the manifest has no {}", missing.join(", no "))),
    }
}

/// The project's own manifest with what a distribution needs, for the operator to complete: an account's ids and
/// zones are nobody else's to know.
pub(super) fn for_distributions(aliases: &[String]) -> String {
    let routes = aliases.iter().filter(|name| !name.starts_with('*'));
    let routes: Vec<String> = routes
        .map(|name| format!("{{ pattern = {}, custom_domain = true }}", quoted(name)))
        .collect();
    let routes = match routes.is_empty() {
        true => "{ pattern = \"shop.example\", custom_domain = true }".into(),
        false => routes.join(", "),
    };
    let routes = format!(
        "# Distributions store nothing under workers.dev: they need host names of a zone of yours.\n# routes = [{routes}]\n"
    );
    let namespace = "\n# What distributions are to forget: `wrangler kv namespace create INVALIDATIONS` tells the id.\n\
                     # [[kv_namespaces]]\n# binding = \"INVALIDATIONS\"\n# id = \"\"\n";
    // What belongs to no table stands before the first one.
    let (top, tables) = TEMPLATE.split_once("\n\n").unwrap_or((TEMPLATE, ""));
    format!("{top}\n{routes}\n{tables}{namespace}")
}

/// Whether a manifest says where clients reach the Worker.
pub(super) fn has_routes(manifest: &str) -> bool {
    written(manifest).any(|line| {
        let key = line.split('=').next().unwrap_or_default().trim();
        ["routes", "route", "[[routes]]"].contains(&key)
    })
}

/// Whether a manifest binds the KV namespace that invalidations come from.
pub(super) fn has_invalidations(manifest: &str) -> bool {
    names(manifest, "INVALIDATIONS")
}

/// Whether a manifest binds the Durable Objects that isolates share limits by.
pub(super) fn has_buckets(manifest: &str) -> bool {
    names(manifest, "BUCKETS")
}

/// Whether a manifest says that isolates share nothing but quotas.
pub(super) fn shares_nothing(manifest: &str) -> bool {
    written(manifest).any(|line| {
        let (key, value) = line.split_once('=').unwrap_or_default();
        let text = |part: &str| part.trim().trim_matches(['"', '\'']).to_owned();
        text(key) == "EDGEWAY_BUCKETS" && text(value) == "local"
    })
}

/// Whether this is one of the manifest's strings.
fn names(manifest: &str, name: &str) -> bool {
    let strings = [format!("\"{name}\""), format!("'{name}'")];
    written(manifest).any(|line| strings.iter().any(|string| line.contains(string)))
}

/// What its lines say.
fn written(manifest: &str) -> impl Iterator<Item = &str> {
    manifest.lines().map(without_comment).filter(|line| !line.is_empty())
}

/// A line up to its comment, which a `#` begins that is in no string (TOML 1.0: Comment).
fn without_comment(line: &str) -> &str {
    let (mut quote, mut is_escaped) = (None, false);
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return line[..at].trim(),
            (None, '"' | '\'') => quote = Some(character),
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some('"'), '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    line.trim()
}

/// Whether this is the header of the table of variables.
fn is_vars(header: &str) -> bool {
    let name = header.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    name.is_some_and(|name| name.trim() == "vars")
}

/// TOML's basic string; JSON's escapes are among its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn the_projects_own_manifest_is_filled_in() {
        let values =
            variables(&[("AWS_REGION", "eu-west-1"), ("FUNCTION_URL_F", "http://f/\"x\"")]);
        let filled = fill(TEMPLATE, "shop", &values, &[]).unwrap();
        for line in [
            r#"name = "shop""#,
            r#"main = "index.js""#,
            r#"base_dir = ".""#,
            r#""AWS_REGION" = "eu-west-1""#,
            r#""FUNCTION_URL_F" = "http://f/\"x\"""#,
            r#"class_name = "BucketObject""#,
        ] {
            assert!(filled.lines().any(|other| other == line), "{line}\n{filled}");
        }
        assert!(!filled.contains("us-east-1"), "the template's own value is gone\n{filled}");
        assert!(!filled.contains("edge-worker/dist\""), "{filled}");
        // The name of a binding is not the Worker's.
        assert!(filled.contains("name = \"BUCKETS\""));
    }

    #[test]
    fn what_distributions_need_stands_there_to_be_completed() {
        let aliases = ["shop.example".to_owned(), "*.shop.example".to_owned()];
        let template = for_distributions(&aliases);
        assert!(!has_routes(&template) && !has_invalidations(&template), "comments bind nothing");
        let filled = fill(&template, "shop", &variables(&[]), &[]).unwrap();
        // Where they stand they can be taken as they are.
        let completed = filled.replace("# routes", "routes").replace("# [[kv", "[[kv");
        let completed = completed.replace("# binding", "binding").replace("# id", "id");
        assert!(has_routes(&completed) && has_invalidations(&completed), "{completed}");
        let before = completed.split("[[").next().unwrap();
        let line = r#"routes = [{ pattern = "shop.example", custom_domain = true }]"#;
        assert!(before.lines().any(|other| other == line), "{before}");
        let without = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(without(&template), without(TEMPLATE) + 1, "nothing else is changed");
    }

    #[test]
    fn what_the_operator_wrote_stays() {
        let own = "name = \"x\"\nmain = \"y\"\nbase_dir = \"z\"\nroutes = [\"a.example/*\"]\n[vars]\nEDGEWAY_BUCKETS = \"8\"\nAWS_REGION = \"old\"\n[env.test]\nname = \"t\"\n";
        let filled = fill(own, "n", &variables(&[("AWS_REGION", "new")]), &[]).unwrap();
        let expected = "name = \"n\"\nmain = \"index.js\"\nbase_dir = \".\"\nroutes = [\"a.example/*\"]\n[vars]\n\"AWS_REGION\" = \"new\"\nEDGEWAY_BUCKETS = \"8\"\n[env.test]\nname = \"t\"\n";
        assert_eq!(filled, expected);
    }

    #[test]
    fn comments_say_nothing_wherever_they_stand() {
        let own = "name = \"x\" # the Worker\nmain = 'y'#\nbase_dir = \"z\"\n[ vars ] # of us\n\"AWS_REGION\" = \"o#d\" # old\nX = \"\\\"#\" # \"BUCKETS\"\n[[rules]] # none\nname = 'n'\n";
        let filled = fill(own, "n", &variables(&[("AWS_REGION", "new")]), &[]).unwrap();
        let expected = "name = \"n\"\nmain = \"index.js\"\nbase_dir = \".\"\n[ vars ] # of us\n\"AWS_REGION\" = \"new\"\nX = \"\\\"#\" # \"BUCKETS\"\n[[rules]] # none\nname = 'n'\n";
        assert_eq!(filled, expected);
        assert!(!has_buckets(own) && !shares_nothing("# EDGEWAY_BUCKETS = \"local\""));
        assert!(has_buckets("bindings = [{ name = 'BUCKETS' }] # #"));
        assert!(shares_nothing("EDGEWAY_BUCKETS = 'local' # each alone"));
    }

    #[test]
    fn secrets_are_named_as_what_is_to_be_put_and_once_however_often_it_is_filled() {
        let name = "IAM_SECRET_AKIA".to_owned();
        let secrets = [Secret { name, what_for: "verifies".into() }];
        let once = fill(TEMPLATE, "n", &variables(&[]), &secrets).unwrap();
        assert!(
            once.contains("[vars]\n# wrangler secret put IAM_SECRET_AKIA: verifies\n"),
            "{once}"
        );
        assert_eq!(fill(&once, "n", &variables(&[]), &secrets).unwrap(), once);
    }

    #[test]
    fn a_manifest_without_a_place_to_fill_is_refused() {
        let told = fill("name = \"x\"\nmain = \"y\"\n", "n", &variables(&[]), &[]).unwrap_err();
        assert_eq!(told, "the manifest has no base_dir, no [vars]");
    }
}
