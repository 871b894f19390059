//! Corpora of values: a folder of `.txt` files with one value a line (`#` begins a remark), as
//! libinjection keeps them, and of `.yml` files with a list `payload`, as gotestwaf does.

use std::fs;
use std::path::Path;

use super::{Case, Request, crs, yaml};
use crate::percent;

/// Every value of a folder as attacks: one case for each place, as each has to be stopped.
pub fn attacks(folder: &Path) -> Result<Vec<Case>, String> {
    let each = |case: Case| {
        let (family, group, name) = (case.family, case.group, case.name);
        case.requests.into_iter().zip(PLACES).map(move |(request, place)| Case {
            family: family.clone(),
            group: format!("{group}, {place}"),
            name: name.clone(),
            requests: vec![request],
        })
    };
    Ok(benign(folder)?.into_iter().flat_map(each).collect())
}

/// Where a value stands.
const PLACES: [&str; 4] = ["query", "form", "JSON", "multipart"];

/// Every value of a folder, in every place where an application takes one.
pub fn benign(folder: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for ending in ["txt", "yml", "yaml"] {
        for file in crs::files(folder, ending)? {
            let problem = |error: String| format!("{}: {error}", file.display());
            let text = fs::read(&file).map_err(|error| problem(error.to_string()))?;
            let text = String::from_utf8_lossy(&text);
            let values: Vec<String> = if ending == "txt" {
                let lines = text.lines().map(str::trim_end);
                let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                lines.map(str::to_owned).collect()
            } else {
                let document = yaml::read(&text).map_err(problem)?;
                let payloads = document["payload"].as_array().into_iter().flatten();
                payloads
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect()
            };
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            cases.extend(values.into_iter().map(|value| case(&name, value)));
        }
    }
    Ok(cases)
}

/// A value as an argument of the query, a form's field, a member of JSON and a part of a multipart form.
fn case(file: &str, value: String) -> Case {
    let encoded = percent::encode(value.as_bytes(), b"");
    let posted = |media: &str, content: String| Request {
        method: "POST".into(),
        target: "/".into(),
        fields: vec![("Content-Type".into(), media.into())],
        content: content.into_bytes(),
    };
    let query =
        Request { method: "GET".into(), target: format!("/?text={encoded}"), ..Request::default() };
    let json = serde_json::json!({"id": 7, "text": value}).to_string();
    let part =
        format!("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{value}\r\n--b--\r\n");
    Case {
        family: file.into(),
        group: file.into(),
        requests: vec![
            query,
            posted("application/x-www-form-urlencoded", format!("text={encoded}")),
            posted("application/json", json),
            posted("multipart/form-data; boundary=b", part),
        ],
        name: value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_payloads_are_values() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "# remark\nO'Brien\n\n1 < 2\n").unwrap();
        fs::write(folder.path().join("b.yml"), "payload:\n  - x and y\nencoder:\n  - URL\n")
            .unwrap();
        let cases = benign(folder.path()).unwrap();
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["O'Brien", "1 < 2", "x and y"]);
        assert_eq!(cases[0].requests[0].target, "/?text=O%27Brien");
        assert_eq!(cases[0].requests[2].content, br#"{"id":7,"text":"O'Brien"}"#);
        assert_eq!(attacks(folder.path()).unwrap().len(), 12);
    }
}
