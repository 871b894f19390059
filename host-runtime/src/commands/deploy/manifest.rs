//! `wrangler.toml`, filled in: what else the operator wrote stays as it is, comments and blanks included.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, Item, RawString, Table, TableLike, TomlError, Value};

use crate::commands::bundle::Secret;

/// The one at the root of this project.
pub(super) const TEMPLATE: &str = include_str!("../../../../wrangler.toml");

/// How a comment begins that names a secret.
const SECRET: &str = "# wrangler secret put ";

/// Where clients reach a Worker: under names of the operator's.
const ROUTES: [&str; 2] = ["route", "routes"];

/// A manifest that was read. What it says of named environments (`[env.…]`) is not looked at: `edgeway deploy` asks
/// wrangler for none, so nothing of theirs is bound.
#[derive(Debug)]
pub(super) struct Manifest(DocumentMut);

impl Manifest {
    /// Reads one; why it is no TOML otherwise, with the line.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: TomlError| error.to_string().trim_end().into())
    }

    /// The manifest for a folder that holds all modules itself.
    pub(super) fn filled(
        &self,
        name: &str,
        variables: &BTreeMap<String, String>,
        secrets: &[Secret],
    ) -> Result<String, String> {
        let mut manifest = self.0.clone();
        for (key, text) in [("name", name), ("main", "index.js"), ("base_dir", ".")] {
            set(manifest.as_table_mut(), key, text);
        }
        forget_secrets(&mut manifest);
        let vars = manifest.entry("vars").or_insert_with(toml_edit::table);
        let Some(vars) = vars.as_table_like_mut() else {
            return Err("`vars` is no table: what the configuration binds is written there".into());
        };
        for (key, text) in variables {
            set(vars, key, text);
        }
        remind_of_secrets(&mut manifest, secrets);
        Ok(manifest.to_string())
    }

    /// Whether it says where clients reach the Worker.
    pub(super) fn has_routes(&self) -> bool {
        ROUTES.iter().any(|key| self.0.contains_key(key))
    }

    /// Whether it binds the KV namespace that invalidations come from.
    pub(super) fn has_invalidations(&self) -> bool {
        binds(self.0.get("kv_namespaces"), "binding", "INVALIDATIONS")
    }

    /// Whether it binds the Durable Objects that isolates share limits by.
    pub(super) fn has_buckets(&self) -> bool {
        let bindings = self.0.get("durable_objects").and_then(|objects| objects.get("bindings"));
        binds(bindings, "name", "BUCKETS")
    }

    /// Whether it says that isolates share nothing but quotas.
    pub(super) fn shares_nothing(&self) -> bool {
        let said = self.0.get("vars").and_then(|vars| vars.get("EDGEWAY_BUCKETS"));
        said.and_then(Item::as_str) == Some("local")
    }
}

/// Whether one of these has that name.
fn binds(bindings: Option<&Item>, key: &str, name: &str) -> bool {
    let is_named = |binding: &dyn TableLike| binding.get(key).and_then(Item::as_str) == Some(name);
    match bindings {
        Some(Item::ArrayOfTables(tables)) => tables.iter().any(|table| is_named(table)),
        Some(Item::Value(Value::Array(values))) => {
            values.iter().filter_map(Value::as_inline_table).any(|table| is_named(table))
        }
        _ => false,
    }
}

/// Sets a text where the key stands, with the comment behind it, or behind all others.
fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    let mut value = Value::from(text);
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Names what is to be put, right under the header of the variables.
fn remind_of_secrets(manifest: &mut DocumentMut, secrets: &[Secret]) {
    let lines = secrets.iter().map(|Secret { name, what_for }| {
        format!("\n{SECRET}{name}: {}", what_for.replace(['\n', '\r'], " "))
    });
    let lines: String = lines.collect();
    if let Some(vars) = manifest.get_mut("vars").and_then(Item::as_table_mut) {
        let behind = vars.decor().suffix().and_then(RawString::as_str).unwrap_or_default();
        let behind = format!("{behind}{lines}");
        vars.decor_mut().set_suffix(behind);
    }
}

/// Takes out what another time has named, wherever it has come to stand.
fn forget_secrets(manifest: &mut DocumentMut) {
    let trailing = without_secrets(Some(manifest.trailing()));
    manifest.set_trailing(trailing);
    forget_secrets_in(manifest.as_table_mut());
}

fn forget_secrets_in(table: &mut Table) {
    for (mut key, item) in table.iter_mut() {
        let prefix = without_secrets(key.leaf_decor().prefix());
        key.leaf_decor_mut().set_prefix(prefix);
        match item {
            Item::Table(table) => forget_secrets_around(table),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(forget_secrets_around),
            Item::None | Item::Value(_) => {}
        }
    }
}

fn forget_secrets_around(table: &mut Table) {
    if !table.is_implicit() {
        let prefix = without_secrets(table.decor().prefix());
        table.decor_mut().set_prefix(prefix);
    }
    forget_secrets_in(table);
}

fn without_secrets(comments: Option<&RawString>) -> String {
    let comments = comments.and_then(RawString::as_str).unwrap_or_default();
    let lines = comments.split_inclusive('\n');
    lines.filter(|line| !line.trim_start().starts_with(SECRET)).collect()
}

/// The project's own manifest with what a distribution needs, for the operator to complete: an account's ids and
/// zones are nobody else's to know.
pub(super) fn for_distributions(aliases: &[String]) -> String {
    let routes = aliases.iter().filter(|name| !name.starts_with('*'));
    let routes: Vec<String> = routes
        .map(|name| format!("{{ pattern = {}, custom_domain = true }}", Value::from(name.as_str())))
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
        let filled = filled(TEMPLATE, "shop", &values, &[]);
        for line in [
            r#"name = "shop""#,
            r#"main = "index.js""#,
            r#"base_dir = ".""#,
            r#"AWS_REGION = "eu-west-1""#,
            r#"FUNCTION_URL_F = 'http://f/"x"'"#,
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
        let read = Manifest::read(&template).unwrap();
        assert!(!read.has_routes() && !read.has_invalidations(), "comments bind nothing");
        let filled = filled(&template, "shop", &variables(&[]), &[]);
        // Where they stand they can be taken as they are.
        let completed = filled.replace("# routes", "routes").replace("# [[kv", "[[kv");
        let completed = completed.replace("# binding", "binding").replace("# id", "id");
        let read = Manifest::read(&completed).unwrap();
        assert!(read.has_routes() && read.has_invalidations(), "{completed}");
        let before = completed.split("[[").next().unwrap();
        let line = r#"routes = [{ pattern = "shop.example", custom_domain = true }]"#;
        assert!(before.lines().any(|other| other == line), "{before}");
        let without = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(without(&template), without(TEMPLATE) + 1, "nothing else is changed");
    }

    #[test]
    fn what_the_operator_wrote_stays() {
        let own = "name = \"x\" # the Worker\nmain = 'y'#\nbase_dir = \"z\"\nroutes = [\n  \"a.example/*\", # ours\n]\n\
                   [ vars ] # of us\nEDGEWAY_BUCKETS = \"8\"\n\"AWS_REGION\" = \"o#d\" # old\nX = \"\"\"\n[vars]\n\"\"\"\n\
                   [[rules]] # none\nname = 'n'\n[env.test]\nname = \"t\"\n";
        let filled = filled(own, "n", &variables(&[("AWS_REGION", "new"), ("B", "b")]), &[]);
        let expected = "name = \"n\" # the Worker\nmain = \"index.js\"#\nbase_dir = \".\"\nroutes = [\n  \"a.example/*\", # ours\n]\n\
                        [ vars ] # of us\nEDGEWAY_BUCKETS = \"8\"\n\"AWS_REGION\" = \"new\" # old\nX = \"\"\"\n[vars]\n\"\"\"\nB = \"b\"\n\
                        [[rules]] # none\nname = 'n'\n[env.test]\nname = \"t\"\n";
        assert_eq!(filled, expected);
    }

    #[test]
    fn a_manifest_binds_what_its_tables_say_and_no_comment_text_or_named_environment() {
        let [in_tables, inline, named, in_text] = [
            "[[durable_objects.bindings]]\nname = 'BUCKETS'\n[vars]\nEDGEWAY_BUCKETS = 'local' # each alone\n",
            "durable_objects = { bindings = [{ name = \"BUCKETS\" }] } # #\nvars = { EDGEWAY_BUCKETS = \"local\" }\n",
            "# name = \"BUCKETS\"\n[[env.p.durable_objects.bindings]]\nname = \"BUCKETS\"\n[env.p.vars]\nEDGEWAY_BUCKETS = \"local\"\n",
            "[vars]\nX = \"\"\"\nEDGEWAY_BUCKETS = \"local\"\nname = \"BUCKETS\"\nroutes = []\"\"\"\n",
        ]
        .map(|text| Manifest::read(text).unwrap());
        for bound in [in_tables, inline] {
            assert!(bound.has_buckets() && bound.shares_nothing(), "{bound:?}");
        }
        for unbound in [named, in_text] {
            assert!(!unbound.has_buckets() && !unbound.shares_nothing(), "{unbound:?}");
            assert!(!unbound.has_routes(), "{unbound:?}");
        }
    }

    #[test]
    fn secrets_are_named_as_what_is_to_be_put_and_once_however_often_it_is_filled() {
        let name = "IAM_SECRET_AKIA".to_owned();
        let secrets = [Secret { name, what_for: "verifies".into() }];
        for template in [TEMPLATE, "[vars]\n", "[vars]\n[[rules]]\ntype = \"Data\"\n"] {
            let once = filled(template, "n", &variables(&[]), &secrets);
            let line = "[vars]\n# wrangler secret put IAM_SECRET_AKIA: verifies\n";
            assert!(once.contains(line), "{once}");
            assert_eq!(filled(&once, "n", &variables(&[]), &secrets), once);
            assert!(!filled(&once, "n", &variables(&[]), &[]).contains("secret put IAM"), "{once}");
        }
    }

    #[test]
    fn what_a_manifest_lacks_is_written_and_what_is_none_is_refused_by_its_line() {
        let filled = filled(
            "main = \"y\"\n[observability]\nenabled = true\n",
            "n",
            &variables(&[("A", "a")]),
            &[],
        );
        let expected = "main = \"index.js\"\nname = \"n\"\nbase_dir = \".\"\n[observability]\nenabled = true\n\n[vars]\nA = \"a\"\n";
        assert_eq!(filled, expected);
        let told = Manifest::read("name = \"x\"\nmain = y\n").unwrap_err();
        assert!(told.contains("line 2"), "{told}");
        let told =
            Manifest::read("vars = 1\n").unwrap().filled("n", &variables(&[]), &[]).unwrap_err();
        assert!(told.contains("`vars`"), "{told}");
    }

    fn filled(
        text: &str,
        name: &str,
        values: &BTreeMap<String, String>,
        secrets: &[Secret],
    ) -> String {
        Manifest::read(text).unwrap().filled(name, values, secrets).unwrap()
    }
}
