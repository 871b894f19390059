mod connection;
mod curl;
mod edge;
mod signed;
mod web_acl;

use super::curl::at_url;
use super::har::from_json;
use super::recorded::to_the_only_api;
use super::*;
use crate::snapshot::Built;
use clap::Parser;
use gateway_core::definition::openapi::BasePathMode;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: ExplainArguments,
}

fn read_line(line: &[&str]) -> Result<Asked, String> {
    let line = ["explain", "--definition", "a.yaml"].iter().chain(line);
    Ok(asked(&Line::try_parse_from(line).unwrap().arguments)?.1)
}

#[test]
fn a_definition_stands_before_the_request_or_is_named() {
    let read = |line: &str| {
        let line = Line::try_parse_from(line.split(' ')).map_err(|error| error.to_string())?;
        let (origin, asked) = asked(&line.arguments)?;
        let file = match origin {
            Origin::Config(file) | Origin::Definition { file, .. } => file.display().to_string(),
        };
        Ok::<_, String>((file, asked.target))
    };
    let of = |file: &str| Ok((file.to_owned(), "/prod/a".to_owned()));
    assert_eq!(read("explain a.yaml /prod/a"), of("a.yaml"));
    assert_eq!(read("explain a.yaml -H x:y https://h/prod/a"), of("a.yaml"));
    assert_eq!(read("explain a.yaml --url /prod/a"), of("a.yaml"));
    assert_eq!(read("explain --definition a.yaml /prod/a"), of("a.yaml"));
    assert_eq!(read("explain --config c.yaml -X POST /prod/a"), of("c.yaml"));
    for (line, reason) in [
        ("explain /prod/a", "say what answers: `OPENAPI URL`, or `--config FILE`"),
        ("explain a.yaml", "say what is asked of `a.yaml`: URL, or its path"),
        ("explain --config c.yaml", "say what is asked for"),
        ("explain --config c.yaml a.yaml /prod/a", "there is one request"),
        ("explain --config c.yaml --definition a.yaml /a", "cannot be used with"),
        ("explain a.yaml /a --har x", "--har says what is asked for: `/a` is one request too many"),
        ("explain --config c.yaml /a --url /b", "--url says what is asked for: `/a` is one"),
        ("explain a.yaml /a /b", "unexpected"),
    ] {
        let told = read(line).unwrap_err();
        assert!(told.contains(reason), "{line}: {told}");
    }
}

/// What is sent where nobody says which program asks.
fn agent() -> (String, String) {
    ("User-Agent".into(), AGENT.into())
}

#[test]
fn a_user_agent_is_sent_unless_one_is_said_or_none() {
    for (line, agents) in [
        (&["/p"][..], &[AGENT][..]),
        (&["/p", "-A", "a"], &["a"]),
        (&["/p", "-H", "user-agent: b"], &["b"]),
        (&["/p", "-H", "User-Agent;"], &[""]),
        (&["/p", "-H", "User-Agent:"], &[]),
        (&["/p", "-A", ""], &[]),
    ] {
        let asked = read_line(line).unwrap();
        let named = asked.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        let named: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
        assert_eq!(named, agents, "{line:?}");
    }
}

#[test]
fn the_client_is_whoever_it_is_said_to_be() {
    assert_eq!(read_line(&["/p"]).unwrap().client, Client::default());
    let said = ["/p", "--source-ip", "203.0.113.7", "--country", "de", "--asn", "64500"];
    let client = read_line(&said).unwrap().client;
    let expected =
        Client { ip: "203.0.113.7".parse().unwrap(), country: Some("DE".into()), asn: Some(64500) };
    assert_eq!(client, expected);
    for wrong in [["--source-ip", "203.0.113"], ["--country", "Germany"], ["--asn", "AS1"]] {
        let line = ["explain", "--definition", "a.yaml", "/p"].iter().chain(&wrong);
        assert!(Line::try_parse_from(line).is_err(), "{wrong:?}");
    }
}

#[test]
fn arguments_are_read_as_curl_reads_them() {
    let plain = read_line(&["/prod/a?b=c"]).unwrap();
    assert_eq!((&*plain.method, &*plain.target), ("GET", "/prod/a?b=c"));
    assert!(plain.fields == [agent()] && plain.content.is_empty());
    let form = read_line(&["https://x.example/a", "-d", "b=c", "-H", "X-Y:  z "]).unwrap();
    assert_eq!((&*form.method, &*form.content), ("POST", &b"b=c"[..]));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let fields = [
        pair("Host", "x.example"),
        pair("X-Y", "z"),
        pair("Content-Type", "application/x-www-form-urlencoded"),
        agent(),
    ];
    assert_eq!(form.fields, fields);
    let put = ["http://x/a", "-X", "PUT", "-d", "{}", "-H", "content-type: a/b", "-H", "Host: y"];
    let put = read_line(&put).unwrap();
    assert_eq!(put.method, "PUT");
    assert_eq!(put.fields, [pair("content-type", "a/b"), pair("Host", "y"), agent()]);
    let host = read_line(&["localhost:8080/x?y"]).unwrap();
    assert_eq!(
        (&*host.target, host.connection.port(), host.connection.is_https),
        ("/x?y", 8080, false)
    );
    assert_eq!(host.fields[0], pair("Host", "localhost:8080"));
    assert!(
        read_line(&["/a", "--aws-sigv4", "aws:amz"]).unwrap_err().contains("no request is signed")
    );
    for wrong in [&["a b"][..], &["a"], &["/a", "-H", "x"], &["/a", "-d", "@/nonexistent/file"]] {
        assert!(read_line(wrong).is_err(), "{wrong:?}");
    }
}

/// As curl 8 sends them, but for what it adds of its own accord.
#[test]
fn what_curl_knows_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    std::fs::write(&file, "a\r\nb").unwrap();
    let at_file = format!("@{}", file.display());
    let named_file = format!("n{at_file}");
    for (line, request, content) in [
        (vec!["-d", "a=1", "-d", "b=2"], "POST /p", "a=1&b=2"),
        (vec!["-d", &at_file], "POST /p", "ab"),
        (vec!["--data-binary", &at_file], "POST /p", "a\r\nb"),
        (vec!["--data-raw", "@x"], "POST /p", "@x"),
        (vec!["--data-urlencode", "n=a b&c"], "POST /p", "n=a%20b%26c"),
        (vec!["--data-urlencode", "=é"], "POST /p", "%C3%A9"),
        (vec!["--data-urlencode", &named_file], "POST /p", "n=a%0D%0Ab"),
        (vec!["-G", "-d", "a=1", "-d", "b=2"], "GET /p?a=1&b=2", ""),
        (vec!["-I"], "HEAD /p", ""),
        (vec!["--json", "{}", "-X", "PATCH"], "PATCH /p", "{}"),
        (vec!["-s", "-i", "-k", "-v", "--compressed"], "GET /p", ""),
        (vec!["-L", "--path-as-is"], "GET /p", ""),
    ] {
        let asked = read_line(&[&["/p"], &line[..]].concat()).unwrap();
        assert_eq!(format!("{} {}", asked.method, asked.target), request, "{line:?}");
        assert_eq!(String::from_utf8_lossy(&asked.content), content, "{line:?}");
    }
    let fields = read_line(&[
        "--url",
        "/p",
        "-u",
        "me:secret",
        "-A",
        "agent",
        "-b",
        "a=1",
        "-b",
        "c=2",
        "-H",
        "X-Empty;",
        "-H",
        "X-None:",
        "-e",
        "http://r",
    ]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("X-Empty", ""),
        pair("Authorization", "Basic bWU6c2VjcmV0"),
        pair("User-Agent", "agent"),
        pair("Referer", "http://r"),
        pair("Cookie", "a=1; c=2"),
    ];
    assert_eq!(fields.unwrap().fields, expected);
    let json = read_line(&["/p", "--json", "{}"]).unwrap().fields;
    let of_json =
        [pair("Content-Type", "application/json"), pair("Accept", "application/json"), agent()];
    assert_eq!(json, of_json);
    let both = ["explain", "--definition", "a", "/p", "--har", "x"];
    assert!(asked(&Line::try_parse_from(both).unwrap().arguments).is_err());
    assert!(Line::try_parse_from(["explain", "--har", "x", "-X", "PUT"]).is_err());
}

#[test]
fn who_asks_for_a_stage_that_is_not_there_is_told_those_that_are() {
    let explained = |config: &str, url: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/products");
        let built = Origin::Config(root.join(config)).build().unwrap();
        let asked = at_url(url).unwrap();
        let settings = Settings::new(&built.config, None);
        let answered = alone::answer(&built.snapshot, settings, &asked).unwrap();
        explained::text(&built.config, &answered.explained)
    };
    let told = explained("edgeway.yaml", "/_aws/execute-api/products/dev/health");
    assert!(told.contains("served here: /_aws/execute-api/products/prod/…, "), "{told}");
    assert!(told.contains("refused: no such stage"), "{told}");
    assert!(!told.contains("gateway response"), "{told}");
    let told = explained("edgeway.yaml", "/_aws/execute-api/nothing/prod/health");
    assert!(told.contains("refused: no such API") && told.contains("served here: "), "{told}");
    let told = explained("edgeway.yaml", "/_aws/execute-api/products/prod/nowhere");
    assert!(!told.contains("served here"), "{told}");
}

/// The readme's example is what is printed, but for ids and times.
#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let command = "$ edgeway explain --config examples/products/edgeway.yaml ";
    let (_, example) = readme.split_once(command).expect("an example");
    let (url, shown) = example.split_once('\n').unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let asked = read_line(&[url]).unwrap();
    let built = Origin::Config(root.join("examples/products/edgeway.yaml")).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let settings = Settings::new(&built.config, None);
    let answered = alone::answer(&built.snapshot, settings, &asked).unwrap();
    let printed = text(&built.config, &answered.explained, true);
    assert_eq!(masked(&printed), masked(shown));
}

/// What differs from one time to the next, taken out.
fn masked(text: &str) -> String {
    let changing = [
        "request id ",
        "header X-Amzn-Trace-Id: ",
        "header x-amzn-RequestId: ",
        "header x-amz-apigw-id: ",
        "(",
    ];
    let mask = |line: &str| {
        let found = changing.iter().find_map(|c| line.find(c).map(|at| at + c.len()));
        line[..found.unwrap_or(line.len())].to_owned()
    };
    text.lines().map(mask).collect::<Vec<_>>().join("\n")
}

/// An export does not tell the id that the API has at AWS; an archive of its requests does.
#[test]
fn a_request_that_was_recorded_at_aws_is_one_to_the_only_api() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Origin::Config(root.join("examples/products/edgeway.yaml")).build();
    let mut snapshot = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics)).snapshot;
    let products = snapshot.apis.iter().find(|api| api.id == "products").unwrap().clone();
    let host = |host: &str, snapshot: &_| {
        let asked =
            to_the_only_api(at_url(&format!("https://{host}/prod/health")).unwrap(), snapshot);
        asked.fields.into_iter().find(|(name, _)| name == "Host").unwrap().1
    };
    snapshot.apis = vec![products.clone()];
    for (recorded, asked) in [
        (
            "a1b2c3.execute-api.eu-west-1.amazonaws.com",
            "products.execute-api.eu-west-1.amazonaws.com",
        ),
        (
            "a1.execute-api.cn-north-1.amazonaws.com.cn",
            "products.execute-api.cn-north-1.amazonaws.com.cn",
        ),
        ("api.example.com", "api.example.com"),
        ("a1.lambda-url.eu-west-1.amazonaws.com", "a1.lambda-url.eu-west-1.amazonaws.com"),
    ] {
        assert_eq!(host(recorded, &snapshot), asked);
    }
    snapshot.apis = vec![products.clone(), products];
    let recorded = "a1b2c3.execute-api.eu-west-1.amazonaws.com";
    assert_eq!(host(recorded, &snapshot), recorded, "which of them is not known");
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
    for (data, content) in [
        (r#""text": "aGk=", "encoding": "base64""#, &b"hi"[..]),
        (r#""params": [{"name": "a b", "value": "c&d"}, {"name": "e"}]"#, b"a%20b=c%26d&e="),
    ] {
        let archive = archive.replace(r#""text": "hi""#, data);
        assert_eq!(from_json(archive.as_bytes(), 0).unwrap().content, content);
    }
    assert!(from_json(archive.as_bytes(), 1).unwrap_err().contains("it has 1"));
    assert!(from_json(b"{}", 0).is_err());
}

#[test]
fn what_a_canarys_own_definition_decides_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let method = |name: &str| {
        format!(
            "  /{name}:\n    get:\n      responses: {{'200': {{description: ok}}}}\n      x-amazon-apigateway-integration:\n        \
             type: http_proxy\n        httpMethod: GET\n        uri: http://127.0.0.1:9\n"
        )
    };
    let head = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n";
    write("a.yaml", &format!("{head}paths:\n{}", method("x")));
    write("b.yaml", &format!("{head}tags: []\npaths:\n{}{}", method("x"), method("y")));
    let config = |canary: &str| {
        write(
            "c.yaml",
            &format!(
                "apis:\n- id: a\n  protocol: REST\n  definition: a.yaml\n  stages:\n  - stageName: s\n    canarySettings: {{{canary}}}\n"
            ),
        );
        let built = Origin::Config(folder.path().join("c.yaml")).build();
        built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics))
    };
    let explained = |built: &Built, path: &str| {
        let settings = Settings::new(&built.config, None);
        let answered = alone::answer(&built.snapshot, settings, &at_url(path).unwrap()).unwrap();
        explained::text(&built.config, &answered.explained)
    };
    let mut built = config("percentTraffic: 100, definition: b.yaml");
    let told = explained(&built, "/s/y");
    assert!(told.contains("by b.yaml:13 /paths/~1y/get\n"), "{told}");
    assert!(!told.contains("a.yaml"), "{told}");
    // As `UpdateStage` promotes it.
    let stage = &mut built.snapshot.apis[0].stages[0];
    *stage = stage.as_canary().unwrap();
    let told = explained(&built, "/s/x");
    assert!(told.contains("by b.yaml:6 /paths/~1x/get\n") && !told.contains("a.yaml"), "{told}");
    let told = explained(&config("percentTraffic: 0, definition: b.yaml"), "/s/x");
    assert!(told.contains("by a.yaml:5 /paths/~1x/get\n") && !told.contains("b.yaml"), "{told}");
}

#[test]
fn the_statement_of_a_resource_policy_that_decided_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let explained = |policy: &str| {
        let definition = format!(
            "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    get:\n      responses: {{}}\n      \
             x-amazon-apigateway-integration: {{type: http_proxy, httpMethod: GET, uri: 'http://127.0.0.1:9'}}\n\
             x-amazon-apigateway-policy:\n  Version: '2012-10-17'\n{policy}"
        );
        let file = folder.path().join("api.yaml");
        std::fs::write(&file, definition).unwrap();
        let import = Import { protocol: None, basepath: BasePathMode::Ignore };
        let built = import.origin(Some(&file), None, LISTEN_DEFAULT).build().unwrap();
        let settings = Settings::new(&built.config, None);
        let asked = at_url("/prod/a").unwrap();
        let answered = alone::answer(&built.snapshot, settings, &asked).unwrap();
        let text = explained::text(&built.config, &answered.explained);
        let json = answered.explained.to_json(&built.config).to_string();
        (text, json)
    };
    const ARN: &str = "arn:aws:execute-api:us-east-1:********0000:api/prod/GET/a";
    let allow = "Effect: Allow, Principal: '*', Action: '*', Resource: '*'";
    let (text, json) = explained(&format!(
        "  Statement:\n  - {{{allow}}}\n  - Effect: Deny\n    Principal: '*'\n    Action: '*'\n    Resource: '*'\n"
    ));
    let denied = format!(
        "  resource policy: statement 1 of the policy denies {ARN}\n    \
         by api.yaml:12 /x-amazon-apigateway-policy/Statement/1\n"
    );
    assert!(text.contains(&denied), "{text}");
    let place = r#""source":{"file":"api.yaml","line":12,"pointer":"/x-amazon-apigateway-policy/Statement/1"}"#;
    assert!(json.contains(place), "{json}");
    let (text, _) = explained(&format!("  Statement: {{{allow}}}\n"));
    let allowed = format!(
        "  resource policy: statement 0 of the policy allows {ARN}\n    \
         by api.yaml:10 /x-amazon-apigateway-policy/Statement\n"
    );
    assert!(text.contains(&allowed), "{text}");
}
