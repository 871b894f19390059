use super::har::from_json;
use super::*;
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: ExplainArguments,
}

fn read_line(line: &[&str]) -> Result<Asked, String> {
    let line = ["explain", "--definition", "a.yaml"].iter().chain(line);
    asked(&Line::try_parse_from(line).unwrap().arguments)
}

#[test]
fn arguments_are_read_as_curl_reads_them() {
    let plain = read_line(&["/prod/a?b=c"]).unwrap();
    assert_eq!((&*plain.method, &*plain.target), ("GET", "/prod/a?b=c"));
    assert!(plain.fields.is_empty() && plain.content.is_empty());
    let form = read_line(&["https://x.example/a", "-d", "b=c", "-H", "X-Y:  z "]).unwrap();
    assert_eq!((&*form.method, &*form.content), ("POST", &b"b=c"[..]));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let fields = [
        pair("Host", "x.example"),
        pair("X-Y", "z"),
        pair("Content-Type", "application/x-www-form-urlencoded"),
    ];
    assert_eq!(form.fields, fields);
    let put = ["http://x/a", "-X", "PUT", "-d", "{}", "-H", "content-type: a/b", "-H", "Host: y"];
    let put = read_line(&put).unwrap();
    assert_eq!(put.method, "PUT");
    assert_eq!(put.fields, [pair("content-type", "a/b"), pair("Host", "y")]);
    for wrong in [&["a b"][..], &["a"], &["/a", "-H", "x"], &["/a", "-d", "@/nonexistent/file"]] {
        assert!(read_line(wrong).is_err(), "{wrong:?}");
    }
}

/// The readme's example is what is printed, but for ids and times.
#[test]
fn the_readme_shows_what_is_printed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let command = "$ edgeway explain --config examples/products/edgeway.yaml ";
    let (_, example) = readme.split_once(command).expect("an example");
    let (url, shown) = example.split_once('\n').unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let asked = at_url(url).unwrap();
    let built = Origin::Config(root.join("examples/products/edgeway.yaml")).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let settings = Settings::new(&built.config, None);
    let answered = alone::answer(&built.snapshot, settings, &asked).unwrap();
    let printed = explained::text(&built.config, &answered.explained);
    assert_eq!(masked(&printed), masked(shown));
}

/// What differs from one time to the next, taken out.
fn masked(text: &str) -> String {
    let changing = ["request id ", "header x-amzn-RequestId: ", "header x-amz-apigw-id: ", "("];
    let mask = |line: &str| {
        let found = changing.iter().find_map(|c| line.find(c).map(|at| at + c.len()));
        line[..found.unwrap_or(line.len())].to_owned()
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_request_is_taken_from_an_archive() {
    let archive = br#"{"log": {"version": "1.2", "entries": [{}, {"time": 1, "request": {"method": "POST",
        "url": "https://x.example/a?b=c", "httpVersion": "h2", "headers": [{"name": ":path", "value": "/"},
        {"name": "X", "value": "y"}, {"name": "content-length", "value": "9"}],
        "postData": {"mimeType": "text/plain", "text": "hi"}}}]}}"#;
    let archive = String::from_utf8_lossy(archive).replace("{}, ", "");
    let asked = from_json(archive.as_bytes(), 0).unwrap();
    assert_eq!((&*asked.method, &*asked.target, &*asked.content), ("POST", "/a?b=c", &b"hi"[..]));
    let names: Vec<&str> = asked.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Host", "X", "Content-Type"]);
    assert!(from_json(archive.as_bytes(), 1).unwrap_err().contains("it has 1"));
    assert!(from_json(b"{}", 0).is_err());
}
