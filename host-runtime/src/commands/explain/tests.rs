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
