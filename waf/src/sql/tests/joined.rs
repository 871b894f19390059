//! Strings that an application's own quotes complete.

use super::*;

#[test]
fn operators_between_two_quotes_of_the_application_are_an_injection() {
    let attacks = [
        "'notnull or'1",
        "'isnull or'1",
        "'::text or'1",
        "' notnull and 't",
        "'isnull or not'",
        "x'or not'x",
        "x' is not 'y",
        "' glob '*",
        "'is not'",
        "'=-'",
        "'-0-'",
        "'|0|'",
        "')or(id)or('",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "D'Angelo or not 'x",
        "`0.5.17`",
        "`=` in args: `a=\"b`",
        "\"is not\"",
        "\"is\" stamps",
        "/search?q=\"like\"+stamps&page=2",
        "\"<3\" & more",
        "1/4\"-1/2\" wide tape",
        "'+'",
        "'==='",
        "5' - 6'",
        "5'-6'",
        "10' x 12'",
        "rock 'n' roll",
        "'tis not 'twas",
        "the dogs' or the cats'",
        "O'Brien and O'Neill",
        "'90s or '80s",
    ];
    assert_eq!(missed(&benign), benign);
}

#[test]
fn a_string_that_another_field_may_close_is_an_injection() {
    let attacks =
        ["'-\"a", "\"-'a", "'-\"8", "x'*\"1", "'=\"a", "' or \"a", "'is not \"a", "5'-\"6"];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign =
        ["16\" - '4", "12\" - '80s remixes", "5'9\" - 'tall", "the boys' - \"live", "say \"hi"];
    assert_eq!(missed(&benign), benign);
}

#[test]
fn short_statements_behind_a_number_are_an_injection() {
    let attacks = [
        "1;exec x",
        "1; exec x;",
        "1;attach 'x' as y",
        "1;do 1",
        "1;set role admin",
        "1;discard all",
        "1;use master",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "1;set;2",
        "1; use the other one",
        "2; do not touch",
        "3; attach the file",
        "open it; use master key",
        "1;1;1;CONTROL;0;0;1;",
        "4; set the table",
    ];
    assert_eq!(missed(&benign), benign);
}
