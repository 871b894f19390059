//! What the dialects have alike and what not, bounds, and where errors are.

use velocity::{
    Bounds, Dialect, List, Map, Notation, Position, RenderErrorKind, Scope, Template, Value,
};

fn scope() -> Scope {
    let map = Map::new();
    map.put("k", "v");
    map.put("none", Value::Null);
    map.put("json", List::new(vec![1.into(), map_of("a", "x/\"")], Notation::Json));
    let mut scope = Scope::new();
    scope.set("map", map);
    scope.set("no", false);
    scope.set("int", 5);
    scope.set("long", 5_i64);
    scope.set("one", 1_i64);
    scope.set("low", -1_i64);
    scope.set("null", Value::Null);
    scope
}

fn map_of(name: &str, value: &str) -> Value {
    let map = Map::new();
    map.put(name, value);
    map.into()
}

fn rendered(dialect: Dialect, template: &str) -> String {
    let template = Template::parse(template, dialect).map_err(|error| error.to_string());
    template
        .and_then(|template| {
            template.render(&scope(), &Bounds::default()).map_err(|error| error.to_string())
        })
        .unwrap_or_else(|error| format!("error: {error}"))
}

#[test]
fn stop_ends_a_template_in_strings_and_conditions_too() {
    for (template, text) in [
        ("a#set($x = \"b#{stop}c\")d$x", "a"),
        ("a#define($q)b#{stop}c#{end}#if($q)d#{end}e", "a"),
        ("a#define($q)b#{stop}c#{end}d$q e", "adb"),
        ("a#foreach($x in [1..3])$x#if(\"$x\" == '2')#stop#end#end b", "a12"),
    ] {
        assert_eq!(rendered(Dialect::ApiGateway, template), text, "{template}");
    }
}

#[test]
fn too_many_arguments_and_those_of_another_class_fail_as_in_java() {
    let failed = |call: &str| rendered(Dialect::ApiGateway, call).starts_with("error");
    for call in ["$map.size(1)", "$map.k.length('x')", "$map.keySet().clear(0)"] {
        assert!(failed(call), "{call}");
    }
    assert!(failed("$map.k.compareTo(1)"));
    // None of these methods is there without parameters.
    assert_eq!(rendered(Dialect::ApiGateway, "[$map.k.substring(0, 1, 2)$map.nope(1)]"), "[]");
}

#[test]
fn integers_and_longs_have_one_value_and_two_classes() {
    for (template, text) in [
        (
            "#if($long == 5)E#end#if($long < 6)L#end $long.equals(5) $int.equals($long)",
            "EL false false",
        ),
        (
            "#set($m = {5: 'a'})$m.get(5) $m.get($long)|#set($o = $m.put($long, 'b'))$m",
            "a |{5=a, 5=b}",
        ),
        (
            "#set($l = ['a', 'b'])$l.get(1) $l.get($one)$l[$one]|$l.remove($one)$l.remove(1)$l",
            "b |falseb[a]",
        ),
        ("[$map.k.substring($one)]$map.k.substring(1).length()", "[]0"),
        ("$int.hashCode() $long.hashCode() $low.hashCode() $low.intValue().hashCode()", "5 5 0 -1"),
        ("$map.k.format('%x %x', -1, $low)", "ffffffff ffffffffffffffff"),
        ("$int.bitCount(-1) $long.bitCount(-1) $int.bitCount($low)", "32 64 "),
        ("$int.parseInt('7') $int.parseLong('7')$long.parseInt('7')|$long.parseLong('7')", "7 |7"),
        ("#set($l = [5])$l.equals([$long]) $l.contains($long) $l.indexOf(5)", "false false 0"),
    ] {
        assert_eq!(rendered(Dialect::ApiGateway, template), text, "{template}");
    }
    assert!(rendered(Dialect::ApiGateway, "$int.compareTo($long)").starts_with("error"));
}

#[test]
fn what_is_calculated_has_the_wider_class_of_both_numbers_or_the_one_that_holds_it() {
    let max = i64::MAX;
    for (sum, class) in [
        ("2147483646 + 1", "int"),
        ("2147483647 + 1", "long"),
        ("-2147483648 / -1", "long"),
        ("2147483648 - 1", "long"),
        ("$long - $long", "long"),
        ("$int * $int", "int"),
        ("7 % $long", "long"),
        (&format!("{max} + 1"), "big"),
    ] {
        // Each class has a method of its own.
        let template = format!(
            "#set($x = {sum})$!x.parseInt('0').toString().replace('0', 'int')$!x.parseLong('0').toString().replace('0', 'long')$!x.bitLength().toString().replace('64', 'big')"
        );
        assert_eq!(rendered(Dialect::ApiGateway, &template), class, "{sum}");
    }
}

#[test]
fn lengths_places_and_counts_are_integers() {
    for template in [
        "$map.k.length().equals(1)",
        "$map.size().equals(3)",
        "$map.k.indexOf('v').equals(0)",
        "$map.k.hashCode().equals(118)",
        "#foreach($x in [1..1])#if($foreach.index.equals(0) && $velocityCount.equals($x))true#end#end",
        "$int.longValue().equals($long)",
        "$long.intValue().equals($int)",
        "$int.valueOf('5').equals(5)",
    ] {
        assert_eq!(rendered(Dialect::ApiGateway, template), "true", "{template}");
    }
}

#[test]
fn nothing_is_the_empty_string_to_api_gateway_and_itself_to_velocity() {
    for (template, velocity, api_gateway) in [
        ("$nope ${nope.a} $!nope", "$nope ${nope.a} ", "  "),
        ("#if($nope)T#else F#end", " F", "T"),
        ("#if($nope.a.b)T#end#if(!$nope)F#end", "F", "T"),
        ("#if($no)T#end", "", ""),
        ("#if($map.none == '')E#end#if($map.none == $nope)N#end", "N", "EN"),
        ("#set($x = 1)#set($x = $nope)$x", "1", ""),
        ("\\$nope \\\\$nope", "\\$nope \\\\$nope", "$nope \\"),
        ("#set(${x} = 1)$x", "$x", "1"),
        (
            "#macro(m $a)hi#end#m('x')",
            "error: line 1, column 1: `#macro` is not supported",
            "#m('x')",
        ),
        (
            "#evaluate('$map')#return",
            "error: line 1, column 1: `#evaluate` is not supported",
            "#evaluate('$map')#return",
        ),
        ("#set($m = {})#set($o = $m.put('k', null))[$m.k]$m", "[$m.k]{k=null}", "[]{k=null}"),
    ] {
        assert_eq!(rendered(Dialect::Velocity17, template), velocity, "{template}");
        assert_eq!(rendered(Dialect::ApiGateway, template), api_gateway, "{template}");
    }
}

#[test]
fn maps_print_as_java_does_and_lists_of_json_as_json() {
    for (template, text) in [
        ("$map", "{k=v, none=null, json=[1,{\"a\":\"x\\/\\\"\"}]}"),
        ("$map.json $map.json.toString().length()", "[1,{\"a\":\"x\\/\\\"\"}] 17"),
        ("#set($l = [1, 'a', {'b': 2.0}])$l", "[1, a, {b=2.0}]"),
    ] {
        assert_eq!(rendered(Dialect::ApiGateway, template), text, "{template}");
    }
}

#[test]
fn texts_are_formatted_as_java_formats_them() {
    for (template, text) in [
        (
            "$s.format('%05d|%,d|%x|%X|%c', 42, 1234567, 255, -1, 65)",
            "00042|1,234,567|ff|FFFFFFFF|A",
        ),
        ("$s.format('%.2f|%8.1f|%f', 1.005, 3.14, 2.0)", "1.01|     3.1|2.000000"),
        ("$s.format('%-5s|%5s|%.2s|%2$S|%b|%%', 'a', 'b', 'xyz', true)", "a    |    b|xy|B|true|%"),
        ("$s.format('%s', $map.k) $s.format('none')", "v none"),
    ] {
        let template = ["#set($s = '')", template].concat();
        assert_eq!(rendered(Dialect::ApiGateway, &template), text, "{template}");
    }
    for call in
        ["'%d', 'a'", "'%f', 1", "'%s'", "'%q', 1", "'%-d', 1", "'%.1d', 1", "'%05s', 1", "'%'"]
    {
        let template = format!("#set($s = '')$s.format({call})");
        let template = Template::parse(&template, Dialect::ApiGateway).unwrap();
        let error = template.render(&scope(), &Bounds::default()).unwrap_err();
        assert!(
            matches!(error.kind, RenderErrorKind::Method { name, .. } if name == "format"),
            "{call}"
        );
    }
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    for (template, line, column) in [
        ("a\n  #if($x", 2, 9),
        ("#end", 1, 1),
        ("é $", 1, 4),
        ("#set($x = \"a\n $\")#set($y = )", 2, 15),
        ("#set($x = \"#if(1)\")", 1, 19),
        ("#foreach($x of $y)#end #foreach($x)\n#end", 1, 24),
        ("#set($x = \"say \\\"hi\\\"\")", 1, 18),
    ] {
        for dialect in [Dialect::Velocity17, Dialect::ApiGateway] {
            let error = Template::parse(template, dialect).expect_err(template);
            assert_eq!(error.position, Position { line, column }, "{template:?}: {error}");
        }
    }
    let template = Template::parse("ok\n $map.k.substring(5)", Dialect::ApiGateway).unwrap();
    let error = template.render(&scope(), &Bounds::default()).unwrap_err();
    assert_eq!(error.position, Position { line: 2, column: 2 });
    assert!(matches!(error.kind, RenderErrorKind::Method { name, .. } if name == "substring"));
}

#[test]
fn no_template_exceeds_its_bounds() {
    use RenderErrorKind::{OutputTooLong, TooDeep, TooManyDigits, TooManySteps, TooMuchMemory};
    let small = Bounds {
        output_bytes_max: 10_000,
        memory_bytes_max: 100_000,
        steps_max: 100_000,
        iterations_max: 5_000,
        depth_max: 16,
    };
    let blocks = (0..20).map(|n| format!("#define($a{n})$a{}#end", n + 1));
    let blocks = blocks.collect::<String>() + "$a0";
    for (template, kind) in [
        ("#foreach($i in [1..5000])#foreach($j in [1..5000])#end#end", TooManySteps),
        ("#foreach($i in [1..5000])0123456789#end", OutputTooLong),
        ("#set($s = '0123456789')#foreach($i in [1..99])#set($s = \"$s$s\")#end", OutputTooLong),
        ("#set($s = 'x')$s.repeat(2000000000)", OutputTooLong),
        ("#set($s = '')$s.format('%2000000000d', 1)", OutputTooLong),
        ("#set($s = '')$s.format('%.2000000000f', 0.5)", OutputTooLong),
        ("#set($l = [])#foreach($i in [1..5000])#set($o = $l.add($i))#end", TooMuchMemory),
        ("#set($l = [1..2000000000])", TooManySteps),
        ("#set($n = 7)#foreach($i in [1..99])#set($n = $n * $n)#end$n", TooManyDigits),
        (
            "#set($n = 0.5 + 9999999999999999999)#foreach($i in [1..99])#set($n = $n * $n)#end",
            TooManyDigits,
        ),
        ("#set($n = 9999999999999999999)$n.pow(2000000000)", TooManyDigits),
        (
            "#set($n = 9999999999999999999)#set($n = $n.pow(100))#foreach($i in [1..5000])#if($n / $n > 2)#end#end",
            TooManySteps,
        ),
        (
            "#set($n = 9999999999999999999)#set($n = $n.pow(100))#foreach($i in [1..5000])#set($x = $n - 1)#end",
            TooMuchMemory,
        ),
        ("#set($l = [])#foreach($i in [1..99])#set($l = [$l])#end$l", TooDeep),
        (
            "#set($l = [1])#foreach($i in [1..60])#set($l = [$l, $l])#end#if($l == [])#end$l",
            TooDeep,
        ),
        (&blocks, TooDeep),
        ("#set($s = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')$s.matches('(a+)+b')", TooManySteps),
    ] {
        let compiled = Template::parse(template, Dialect::Velocity17).expect(template);
        let error = compiled.render(&scope(), &small).expect_err(template);
        assert_eq!(error.kind, kind, "{template}");
    }
    let itself = Template::parse("#set($o = $map.put('m', [$map]))", Dialect::ApiGateway).unwrap();
    let error = itself.render(&scope(), &small).unwrap_err();
    assert!(matches!(error.kind, RenderErrorKind::Unsupported(_)));
}

#[test]
fn a_literal_has_as_many_digits_as_a_number_may_have() {
    let number = "7".repeat(Bounds::DIGITS_MAX);
    let set = |number: &str| rendered(Dialect::Velocity17, &format!("#set($x = {number})$x"));
    assert_eq!(set(&number), number);
    assert!(set(&(number + "7")).contains("too many digits"));
}

#[test]
fn whatever_is_nested_deep_is_refused_or_rendered_and_dropped() {
    let deep = |open: &str, close: &str| {
        let template = open.repeat(20_000) + "1" + &close.repeat(20_000);
        let parsed = Template::parse(&template, Dialect::ApiGateway);
        parsed.map(|template| template.render(&Scope::new(), &Bounds::default())).is_err()
    };
    assert!(deep("#if(true)", "#end"));
    assert!(deep("#set($x = (", "))"));
    assert!(deep("#set($x = [", "])"));
    assert!(deep("#set($x = !", ")"));
    assert!(deep("$a.b(", ")"));
    assert!(deep("$a[", "]"));
    let long = format!("#set($x = 1{})$x", " + 1".repeat(20_000));
    assert_eq!(rendered(Dialect::ApiGateway, &long), "20001");
    let nested = "#set($l = [])#foreach($i in [1..200000])#set($l = [$l])#end done";
    assert_eq!(rendered(Dialect::ApiGateway, nested), " done");
    assert!(rendered(Dialect::ApiGateway, &"\\".repeat(5_000)).starts_with("error"));
}

/// Each of them fifty thousand times on one line: whatever looks back at all that it has read, as often as it
/// reads something, does not come to an end here.
#[test]
fn reading_takes_as_long_as_the_text_whatever_it_is_made_of() {
    let many = |part: &dyn Fn(usize) -> String| (0..50_000).map(part).collect::<String>();
    for text in [
        format!("#set($a = 1{})", many(&|_| " + $none".into())),
        format!("#set($a = 1{})", many(&|_| " + 2 * 3".into())),
        format!("#if($a{})#end", many(&|_| " && $b".into())),
        format!("#set($a = [1{}])", many(&|i| format!(", '{i}'"))),
        format!("#set($a = {{{}'k': 1}})", many(&|i| format!("'{i}': $n{i}, "))),
        format!("$a{}", many(&|_| ".b".into())),
        many(&|i| format!("$v{i} ")),
        many(&|i| format!("#set($v{i} = \"$v{i}\")")),
        many(&|_| "#if($a)b#end".into()),
        many(&|_| "\\\\#set($a = 1)".into()),
        many(&|_| "$a( ".into()),
        many(&|_| "#[[ ]]#".into()),
    ] {
        Template::parse(&text, Dialect::ApiGateway).unwrap();
    }
}

#[test]
fn a_method_that_throws_for_null_fails_where_it_is_called() {
    for dialect in [Dialect::Velocity17, Dialect::ApiGateway] {
        for call in ["$s.indexOf(null)", "$s.concat($m.none)", "$l.addAll(null)"] {
            let template = format!("#set($s = 'a')#set($m = {{}})#set($l = [])\n {call}");
            let rendered = rendered(dialect, &template);
            let is_null = matches!((dialect, call), (Dialect::ApiGateway, "$s.concat($m.none)"));
            // There what is not there is the empty string.
            let expected = if is_null { " a" } else { "error: line 2, column 2: " };
            assert!(rendered.starts_with(expected), "{call}: {rendered}");
        }
    }
}

#[test]
fn a_sum_with_null_shows_what_stands_behind_the_last_operator_of_a_side() {
    for (template, expected) in [
        ("#set($a = $none + 'x')$a", "$nonex"),
        ("#set($a = 1 + 2 + $none  +  'x')$a", " $none  x"),
        ("#set($a = 'x' +  $none * 2 + 'y')$a", "x 2 y"),
        ("#set($a = ( $none + 'x' ) + ($none))$a", "$nonex$none"),
    ] {
        assert_eq!(rendered(Dialect::Velocity17, template), expected, "{template}");
    }
}
