//! The regression requests of the OWASP Core Rule Set, in a checkout of it beside the project.
//!
//! A test there belongs to a rule, and says whether the rule must find something in its request. Those
//! that it must are attacks. Which paranoia level a rule has, its own file says.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::{Case, Request, yaml};

/// The families of attacks that are looked at.
const FAMILIES: [(&str, &str); 4] = [
    ("930", "930 local files"),
    ("932", "932 commands"),
    ("941", "941 cross-site scripting"),
    ("942", "942 SQL injection"),
];

/// The attacks of these families whose rules are of paranoia level 1.
pub fn attacks(checkout: &Path) -> Result<Vec<Case>, String> {
    let levels = levels(&checkout.join("rules"))?;
    let mut cases = Vec::new();
    for file in files(&checkout.join("tests/regression/tests"), "yaml")? {
        let rule = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some((_, family)) = FAMILIES.iter().find(|(digits, _)| rule.starts_with(digits)) else {
            continue;
        };
        if levels.get(&rule).is_none_or(|level| *level != 1) {
            continue;
        }
        let problem = |error: String| format!("{}: {error}", file.display());
        let text = fs::read_to_string(&file).map_err(|error| problem(error.to_string()))?;
        let document = yaml::read(&text).map_err(problem)?;
        for test in document["tests"].as_array().into_iter().flatten() {
            cases.extend(attack(test, &rule, family));
        }
    }
    Ok(cases)
}

/// The paranoia level of each rule: its `tag:'paranoia-level/N'`.
fn levels(rules: &Path) -> Result<HashMap<String, u8>, String> {
    let mut levels = HashMap::new();
    for file in files(rules, "conf")? {
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut id = String::new();
        for line in String::from_utf8_lossy(&text).lines().map(str::trim) {
            if line.starts_with("SecRule") || line.starts_with("SecAction") {
                id.clear();
            }
            let after = |mark: &str| {
                let rest = &line[line.find(mark)? + mark.len()..];
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                (!digits.is_empty() && !line.starts_with('#')).then_some(digits)
            };
            if id.is_empty()
                && let Some(found) = after("id:")
            {
                id = found;
            }
            if let Some(level) = after("paranoia-level/") {
                levels.insert(id.clone(), level.parse().unwrap_or(0));
            }
        }
    }
    Ok(levels)
}

/// Files with that ending, in folders within folders too, in the order of their names.
pub(super) fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_dir() {
            all.extend(files(&path, ending)?);
        } else if path.extension().is_some_and(|own| own == ending) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// A test whose rule must find something: of the format of CRS 4, or that of CRS 3.
fn attack(test: &Value, rule: &str, family: &str) -> Option<Case> {
    let requests: Vec<Request> = test["stages"]
        .as_array()?
        .iter()
        .map(|stage| if stage["stage"].is_object() { &stage["stage"] } else { stage })
        .filter(|stage| expects(&stage["output"], rule))
        .map(|stage| request(&stage["input"]))
        .collect();
    let title = test["test_title"].as_str().map(str::to_owned);
    let title = title.unwrap_or_else(|| format!("{rule}-{}", test["test_id"]));
    let shown = requests.first().map(|request| {
        let content = String::from_utf8_lossy(&request.content);
        let fields = request.fields.iter().filter(|(name, _)| {
            !["Host", "Accept", "Accept-Encoding", "Accept-Language", "Connection"]
                .contains(&name.as_str())
        });
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
        format!("{title} {} {} {} {content}", request.method, request.target, fields.join(" | "))
    });
    (!requests.is_empty()).then(|| Case {
        family: family.to_owned(),
        group: rule.to_owned(),
        name: shown.unwrap_or_default(),
        requests,
    })
}

fn expects(output: &Value, rule: &str) -> bool {
    let ids = output["log"]["expect_ids"].as_array().into_iter().flatten();
    let mut ids = ids.map(|id| id.to_string());
    let contains = output["log_contains"].as_str().unwrap_or_default();
    ids.any(|id| id == rule) || contains.contains("id") && contains.contains(rule)
}

fn request(input: &Value) -> Request {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    let encoded = text("encoded_request").and_then(|text| BASE64.decode(text.trim()).ok());
    if let Some(raw) = encoded.and_then(|bytes| parse(&bytes)) {
        return raw;
    }
    let fields = input["headers"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), value)
    });
    // Some data is a list of lines.
    let lines = input["data"].as_array().map(|lines| {
        lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n").into_bytes()
    });
    let data = text("data").map(String::into_bytes).or(lines);
    let encoded = text("encoded_data").and_then(|text| BASE64.decode(text.trim()).ok());
    let mut fields: Vec<(String, String)> = fields.collect();
    let content = data.or(encoded).unwrap_or_default();
    let has_type = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    // As the tool that runs these tests does.
    if !content.is_empty() && !has_type {
        fields.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
    }
    Request {
        method: text("method").unwrap_or_else(|| "GET".into()),
        target: text("uri").unwrap_or_else(|| "/".into()),
        fields,
        content,
    }
}

/// A request that is given as it is on the wire.
fn parse(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(bytes);
    let (head, content) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))?;
    let mut lines = head.lines();
    let mut start = lines.next()?.splitn(2, ' ');
    let (method, rest) = (start.next()?, start.next()?);
    let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
    let fields = lines.filter_map(|line| line.split_once(':'));
    Some(Request {
        method: method.into(),
        target: target.into(),
        fields: fields.map(|(name, value)| (name.into(), value.trim().into())).collect(),
        content: content.as_bytes().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_expect_their_rule_are_attacks() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "rules/a.conf",
            "SecRule X \"y\" \\\n \"id:942100,\\\n tag:'paranoia-level/1',\\\n\nSecRule X \\\n \"id:942101,\\\n tag:'paranoia-level/2'\"",
        );
        let tests = "tests:\n- test_id: 1\n  stages:\n  - input: {method: POST, uri: /p, data: a=b}\n    output: {log: {expect_ids: [942100]}}\n\
            - test_id: 2\n  stages:\n  - input: {uri: /q}\n    output: {log: {no_expect_ids: [942100]}}\n";
        write("tests/regression/tests/X/942100.yaml", tests);
        write("tests/regression/tests/X/942101.yaml", &tests.replace("942100", "942101"));
        let old = "tests:\n- test_title: 930100-1\n  stages:\n  - stage:\n      input: {uri: /?x=y}\n      output:\n        log_contains: id \"930100\"\n";
        write("tests/regression/tests/Y/930100.yaml", old);
        write("rules/b.conf", "SecRule X \"y\" \\\n \"id:930100,\\\n tag:'paranoia-level/1'\"");
        let cases = attacks(folder.path()).unwrap();
        let found: Vec<(&str, &str, &str)> = cases
            .iter()
            .map(|c| {
                (c.group.as_str(), c.requests[0].method.as_str(), c.requests[0].target.as_str())
            })
            .collect();
        assert_eq!(found, [("942100", "POST", "/p"), ("930100", "GET", "/?x=y")]);
        assert_eq!(cases[0].requests[0].fields[0].0, "Content-Type");
    }
}
