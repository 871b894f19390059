//! Queries and strings that give nothing to whoever sends them.

use super::*;

#[test]
fn queries_of_words_alone_and_unfinished_ones_give_nothing() {
    let benign = [
        "select 'and'",
        "Select 'All'",
        "Select \"Save as\"",
        "select 'yes';",
        "Select 2",
        "select x from y where",
        "SELECT name, age FROM people WHERE",
        "select * from orders o where o.id =",
        "select x from y where c and",
        "select x from y order by",
    ];
    assert_eq!(missed(&benign), benign);
    let attacks = [
        // More than the words, or a string that is none of words.
        "select 'x' into outfile '/tmp/x'",
        "select 'and' from users",
        "select 'and' union select pass from users",
        "select 'a', pass",
        "select 'and' --",
        "select 'and'; drop table users",
        "select @@version",
        "select x'41'",
        "select 0x41",
        "(select 'and')",
        "select '1-sleep(5)'",
        "select 'union select pass from users --'",
        // What an application's string would end before, and be true.
        "select 'or'",
        "select 'regexp'",
        // Behind something that was broken out of.
        "1 union select 'and'",
        "' union select 'and'",
        "x' select 'and'",
        "1;select 1",
        "; select pg_sleep(1)",
        "1 union select pass from users where",
        "'; select pass from users where",
        "x' select pass from users where",
        "1 select pass from users where",
        "(select pass from users where",
        // What ends, or calls something.
        "select x from y where 1",
        "select pass from users where --",
        "select sleep(5) from y where",
        "select current_user from y where",
        "select (select pass from users) from y where",
        "select pass from users where 1=1 and",
        "select table_name from information_schema.tables where",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
}
