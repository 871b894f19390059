//! Quotes behind white space, which open quotations in prose and end strings in attacks.

use super::*;

#[test]
fn a_quote_behind_a_blank_ends_a_string_unless_prose_closes_it_again() {
    let attacks = [
        "x 'or 1=1--",
        "x 'or '1",
        "x 'or 1='1",
        "x 'or/**/1='1",
        "x \"or 1=1 -- ",
        "x 'union select 1,2 -- '",
        "x 'union select 1,2 -- x'",
        "x 'union select 1,2#'",
        "x 'union select 1,'2",
        "john 'and sleep(5) and '1",
        "(a 'union all select password from users where 'a'='a",
        "x 'or' ' or 1=1 -- ",
        "x 'AND' 'or 1=1 -- ",
        "x \"like\" \" or 1=1 -- ",
        "x 'or b' or 'c'='c",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "he said 'or else' and left",
        "the 'union select' keywords",
        "error: expected 'or', found 'and'",
        "a 'b' or 'c' = d",
        "rock 'n' roll",
        "get 'em or die trying",
        "the boys 'round here or there",
        "(see \"having fun\") and 'or not'.",
    ];
    assert_eq!(missed(&benign), benign);
}
