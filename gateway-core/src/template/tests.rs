use super::*;
use crate::context::{AuthorizerContext, ContextValue, LambdaContext};
use crate::message::{Content, Fields, Version};
use alloc::string::ToString;

struct Exchange {
    context: Context<'static>,
    request: Request,
    variables: BTreeMap<String, String>,
    overrides: Overrides,
}

fn exchange() -> Exchange {
    let mut fields = Fields::new();
    for (name, value) in [("X-Id", "1"), ("X-Id", "2"), ("TE", "trailers"), ("q", "header")] {
        fields.push(name, value);
    }
    let mut context = crate::context::example();
    context.path_parameters = [("id".into(), "42".into()), ("both".into(), "path".into())].into();
    context.raw_query = "q=a+b%2B&q=last&both=query".into();
    Exchange {
        context,
        request: Request {
            method: "POST".into(),
            target: "/".into(),
            version: Version::Http11,
            fields,
            content: Content::Empty,
        },
        variables: [("env".into(), "prod".into())].into(),
        overrides: Overrides::default(),
    }
}

impl Exchange {
    fn render(&self, template: &str, content: &str) -> String {
        let inputs = Inputs {
            content,
            request: &self.request,
            context: &self.context,
            stage_variables: &self.variables,
            now: Timestamp(0),
        };
        let template = match MappingTemplate::parse(template) {
            Ok(template) => template,
            Err(error) => return error.to_string(),
        };
        match template.render(&inputs, &self.overrides) {
            Ok(text) => text,
            Err(error) => error.to_string(),
        }
    }
}

fn all(cases: &[(&str, &str, &str)]) {
    for (template, content, expected) in cases {
        assert_eq!(exchange().render(template, content), *expected, "{template}");
    }
}

#[test]
fn integers_of_json_are_integers_or_longs_by_their_size() {
    let json = r#"{"int": 2147483647, "long": 2147483648, "at": 1, "list": ["a", "b"]}"#;
    all(&[
        ("$input.path('$.int').parseInt('1') $input.path('$.int').parseLong('1')", json, "1 "),
        ("$input.path('$.long').parseLong('1') $input.path('$.long').parseInt('1')", json, "1 "),
        ("$input.path('$.list').get($input.path('$.at'))", json, "b"),
        ("$util.parseJson('[-2147483649]').get(0).equals(-2147483649)", "", "true"),
        ("$input.path('$.int').equals(2147483647) $context.size().equals(1)", json, "true false"),
    ]);
}

#[test]
fn input_is_the_content_in_several_forms() {
    let json = r#"{"a": {"b": [1, {"c": "x/y"}], "n": null}, "s": "text", "d": 1.50, "t": true}"#;
    all(&[
        ("$input.body", "", "{}"),
        ("$input.body", "plain", "plain"),
        ("[$input.body.nope]", json, "[]"),
        ("$input.json('$.a')", json, r#"{"b":[1,{"c":"x/y"}],"n":null}"#),
        ("$input.json('$.s')", json, "\"text\""),
        ("$input.json('$.nope')", json, "\"\""),
        ("$input.json('$')", "", "{}"),
        ("$input.path('$.s') $input.path('$.d') $input.path('$.t')", json, "text 1.5 true"),
        ("[$input.path('$.nope')] [$input.path('$.a.n')]", json, "[] []"),
        ("$input.path('$.a')", json, r#"{b=[1,{"c":"x\/y"}], n=null}"#),
        ("$input.path('$').a.b[1].c $input.path('$.a.b').size()", json, "x/y 2"),
        (
            "$input.path('$.a.b[')",
            json,
            "line 1, column 1: `path` failed: `$.a.b[`: expected a name in quotes, an index, `*` or `?(` (character 7)",
        ),
        ("$input.path('$.n')", r#"{"n": 12345678901234567890}"#, "12345678901234567890"),
        (
            "#set($x = $input.path('$.n'))#set($y = $x + 1)$y#if($x > 1.5) $x.negate()#end $input.path('$')",
            r#"{"n": 12345678901234567890, "l": [12345678901234567890]}"#,
            "12345678901234567891 -12345678901234567890 {n=12345678901234567890, l=[12345678901234567890]}",
        ),
        (
            "#set($x = $input.path('$.n'))#set($y = $x * 2.0)$x $y",
            r#"{"n": 1.23456789012345678901}"#,
            "1.23456789012345678901 2.46913578024691357802",
        ),
        (
            "#set($x = $input.path('$.n'))#if($x == 1)E#end$x#set($y = $x + 1)",
            r#"{"n": 1e400}"#,
            "line 1, column 62: a number has more than 2000 digits",
        ),
    ]);
}

#[test]
fn content_that_is_no_json_is_a_text() {
    let form = "a=1&b=x%20y+z&c=&d=&e";
    let each = "#foreach($pair in $input.path('$').split('&'))[$pair]#end";
    all(&[
        (r#"{ "body": $input.json("$") }"#, form, r#"{ "body": "a=1&b=x%20y+z&c=&d=&e" }"#),
        ("$input.path('$')", form, form),
        (each, form, "[a=1][b=x%20y+z][c=][d=][e]"),
        ("$input.json('$') $input.path('$')", "{\"a\": 1", "\"{\\\"a\\\": 1\" {\"a\": 1"),
        ("[$input.path('$.a')] [$input.path('$').a] [$input.path('$[0]')]", form, "[] [] []"),
        ("$input.json('$.a') $input.json('$.a.b')", form, r#""" """#),
        ("$input.path('$') $input.json('$')", "", "{} {}"),
    ]);
}

#[test]
fn what_a_path_does_not_find_is_the_empty_string_with_its_methods() {
    let is_empty = "#if($input.path('$.name').length() == 0)none#{else}some#end";
    let is_empty_set = "#set($n = $input.path('$.name'))#if($n.length() == 0)none#{else}some#end";
    let has_failed =
        "#if($input.path('$.status').toString().equals('FAILED'))failed#{else}well#end";
    let null = r#"{"name": null, "status": null}"#;
    all(&[
        (is_empty, "{}", "none"),
        (is_empty_set, "{}", "none"),
        (is_empty, null, "none"),
        (is_empty, r#"{"name": "n"}"#, "some"),
        (has_failed, "{}", "well"),
        (has_failed, null, "well"),
        (has_failed, r#"{"status": "FAILED"}"#, "failed"),
        ("$input.path('$.name').isEmpty() [$input.path('$.name').first]", "", "true []"),
    ]);
}

#[test]
fn parameters_are_looked_for_in_path_query_and_fields() {
    all(&[
        ("$input.params('id') $input.params('both') $input.params('q')", "", "42 path last"),
        ("$input.params('X-Id')|$input.params('x-id')|$input.params('TE')|", "", "2|||"),
        (
            "$input.params().path $input.params().querystring",
            "",
            "{id=42, both=path} {q=last, both=query}",
        ),
        ("$input.params().header.get('X-Id')", "", "2"),
        ("#foreach($p in $input.params().keySet())$p #end", "", "path querystring header "),
    ]);
}

#[test]
fn what_a_template_changes_of_its_parameters_is_in_its_own_maps_alone() {
    let change = concat!(
        "#set($q = $input.params().querystring)#set($none = $q.put('q', 'x'))",
        "#set($none = $q.remove('both'))",
    );
    let template = alloc::format!("{change}$q $input.params().querystring $input.params('q')");
    all(&[(&template, "", "{q=x} {q=last, both=query} last")]);
}

/// Each call would go through the whole query, and each name is asked for.
#[test]
fn parameters_are_found_in_a_long_query_as_in_a_short_one() {
    let mut exchange = exchange();
    let many: Vec<String> = (0..1_500).map(|n| alloc::format!("n{n}=v%3{}", n % 10)).collect();
    exchange.context.raw_query = alloc::format!("n7=first&id=x&{}", many.join("&")).into();
    let template = concat!(
        "#foreach($n in $input.params().querystring.keySet())",
        "#if($input.params().querystring.get($n) != $input.params($n))$n #end#end",
        "$input.params('n7') $input.params('n1499') $input.params('X-Id') [$input.params('n')]",
    );
    // A parameter of the path comes before that of the query.
    assert_eq!(exchange.render(template, ""), "id v7 v9 2 []");
}

#[test]
fn paths_that_a_template_names_are_compiled_with_it() {
    let template = concat!(
        "$input.json('$.a')#foreach($x in $input.path(\"$.b\"))#if($x == $input.path('$.c').d)",
        "#set($y = \"text $input.json('$.e')\")#end#end$input.json(\"$.f.$x\")$input.json('$[')",
    );
    let compiled = MappingTemplate::parse(template).unwrap();
    for path in ["$.a", "$.b", "$.c", "$.e"] {
        assert!(compiled.paths.find(path).is_some(), "{path}");
    }
    assert!(compiled.paths.find("$[").is_none());
    let content = r#"{"a": 1, "f": {"x": 2}}"#;
    all(&[
        ("$input.json('$.a') $input.json(\"$.a\") $input.path('$').a", content, "1 1 1"),
        ("#set($x = 'x')$input.json(\"$.f.$x\") #set($p = '$.a')$input.json($p)", content, "21"),
        ("#if(false)$input.json('$[')#{else}not reached#end", content, "not reached"),
    ]);
}

/// Over HTTP/2, and in a Worker, all names come in lower case: how a client wrote them is not known.
#[test]
fn a_field_is_found_whatever_its_case_where_its_spelling_is_lost() {
    let mut exchange = exchange();
    // Without the fields that the front end adds, which have a spelling of their own.
    exchange.context.is_test_invoke = true;
    exchange.request.fields = Fields::new();
    for (name, value) in [("host", "h"), ("x-id", "1"), ("x-id", "2"), ("te", "trailers")] {
        exchange.request.fields.push(name, value);
    }
    for (template, expected) in [
        ("$input.params('X-Id')|$input.params('x-id')|$input.params('TE')|", "2|2||"),
        (
            "#set($h = $input.params().header)$h.get('X-Id') $h['X-ID'] $h.containsKey('X-Id')",
            "2 2 true",
        ),
        ("$input.params().header", "{host=h, x-id=2}"),
        ("#set($h = $input.params().header)#set($none = $h.remove('X-Id'))$h", "{host=h}"),
        (
            "#set($h = $input.params().header)#set($none = $h.put('Host', 'i'))$h.host $h.size()",
            "i 2",
        ),
    ] {
        assert_eq!(exchange.render(template, ""), expected, "{template}");
    }
}

#[test]
fn util_has_the_real_services_functions() {
    all(&[
        (
            "$util.escapeJavaScript($input.body)",
            "it's \"a/b\" \\ é\n",
            "it\\'s \\\"a\\/b\\\" \\\\ \\u00E9\\n",
        ),
        (
            "$util.urlEncode($input.body) $util.urlDecode('a+b%20%2B')",
            "{a b}*~",
            "%7Ba+b%7D*%7E a b +",
        ),
        ("$util.base64Encode($input.body) $util.base64Decode('aMOp')", "hé", "aMOp hé"),
        ("#set($o = $util.parseJson($input.body))$o.a[1] $o", r#"{"a": [1, 2]}"#, "2 {a=[1,2]}"),
        ("$util.parseJson('[1]') $util.parseJson('5')", "", "[1] 5"),
        ("[$util.nope('a')] [$util.urlEncode($nope)]", "", "[] []"),
        (
            "$util.parseJson('{')",
            "",
            "line 1, column 1: `parseJson` failed: this is not JSON: no member's name in double quotes at byte 1",
        ),
    ]);
}

#[test]
fn context_and_stage_variables_are_found_by_name() {
    let mut exchange = exchange();
    let lambda = LambdaContext {
        principal_id: Some("user".into()),
        members: [("n".into(), ContextValue::Json("5".into()))].into(),
        ..LambdaContext::default()
    };
    exchange.context.authorizer = AuthorizerContext::Lambda(lambda);
    for (template, expected) in [
        ("$context.stage $context.identity.sourceIp", "test 205.255.255.176"),
        ("[$context.identity] [$context.identity.userArn] [$context.nope.nope]", "[] [] []"),
        ("$context.authorizer.principalId $context.authorizer.n", "user 5"),
        ("$context['stage'] $context.get('stage') $stageVariables.env", "test test prod"),
        ("[$stageVariables.nope] $stageVariables", "[] {env=prod}"),
        ("#foreach($k in $context.identity.keySet())#if($k == 'caller')found#end#end", "found"),
        (
            "$context.requestOverride.keySet() $context.responseOverride.keySet()",
            "[path, header, querystring] [header]",
        ),
        ("$context.requestTimeEpoch $context.error.message|", "1584039838390 |"),
    ] {
        assert_eq!(exchange.render(template, ""), expected, "{template}");
    }
    exchange.context.authorizer = AuthorizerContext::None;
    let loop_over_nothing = "{#foreach($k in $context.authorizer.keySet())$k#end}";
    assert_eq!(exchange.render(loop_over_nothing, ""), "{}");
}

#[test]
fn overrides_go_from_template_to_template() {
    let exchange = exchange();
    exchange.render(
        "#set($context.requestOverride.header.a = \"1\")#set($context.requestOverride.header.m = ['x', 'y'])\
         #set($context.requestOverride.path.p = $input.params('id'))#set($context.requestOverride.foo = 'kept')\
         $context.requestOverride.querystring.put('q', 5)#set($context.responseOverride.status = 201)",
        "",
    );
    assert_eq!(exchange.render("$context.requestOverride.foo", ""), "kept");
    let overrides = &exchange.overrides;
    assert_eq!(
        overrides.request_headers(),
        [("a".into(), ["1".into()].into()), ("m".into(), ["x".into(), "y".into()].into())]
    );
    assert_eq!(overrides.request_path(), [("p".into(), "42".into())]);
    assert_eq!(overrides.request_query(), [("q".into(), ["5".into()].into())]);
    assert_eq!(overrides.response_status(), Some(201));
    for status in ["99", "600", "'x'", "2.5", "true"] {
        exchange.render(&alloc::format!("#set($context.responseOverride.status = {status})"), "");
        assert_eq!(exchange.overrides.response_status(), None, "{status}");
    }
}

#[test]
fn a_template_that_goes_too_far_is_stopped() {
    let list = "[".to_string() + &"1,".repeat(1_999) + "1]";
    let count = exchange()
        .render("#set($n = 0)#foreach($x in $input.path('$'))#set($n = $n + 1)#end$n", &list);
    assert_eq!(count, "1000");
    let doubled = "#set($s = \"0123456789\")#foreach($i in [1..60])#set($s = \"$s$s\")#end$s";
    assert!(exchange().render(doubled, "").contains("too long"));
    let nested =
        "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])#end#end#end";
    assert!(exchange().render(nested, "").contains("too many steps"));
}

#[test]
fn what_calls_look_at_in_content_is_taken_from_the_steps_of_their_template() {
    let ids = |count: usize| "1,".repeat(count) + "1";
    let items = |count: usize| "{\"id\":\"a\"},".repeat(count) + "{}";
    let body = |ids_count, count| {
        alloc::format!("{{\"ids\":[{}],\"items\":[{}]}}", ids(ids_count), items(count))
    };
    for (call, text_is_looked_at) in [
        ("$input.path(\"$.items[?(@.id == 'q')]\")", false),
        ("$input.json('$..name')", false),
        ("$input.path(\"$.items[?(@.id == '$i')]\")", false),
        ("$input.path('$')", false),
        ("$util.parseJson($input.body)", true),
        ("$util.escapeJavaScript($input.body)", true),
    ] {
        let template =
            alloc::format!("#foreach($i in $input.path('$.ids'))#set($x = {call})#end done");
        // A tenth of the work is done, ten times of it is not.
        assert_eq!(exchange().render(&template, &body(20, 200)), " done", "{call}");
        let stopped = exchange()
            .render(&template, &body(999, if text_is_looked_at { 20_000 } else { 4_000 }));
        let is_stopped = stopped.contains("too many steps") || stopped.contains("memory");
        assert!(is_stopped, "{call}: {stopped}");
    }
}
