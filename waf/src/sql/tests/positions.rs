//! Injections by the place of a query that they continue.

use super::*;

#[test]
fn tables_rows_and_rarer_statements_are_injections_where_queries_have_them() {
    let attacks = [
        "0 union table users",
        "' union all table users limit 1#",
        "0 union (table users)",
        "0 union values row(1,2)",
        "(values row(1))",
        "1;do sleep(1)",
        "';do $$begin perform x(); end$$-- ",
        "1;prepare a from 0x41",
        "1;execute a using @b",
        "';set global general_log=1#",
        "1;pragma writable_schema=1",
        "1;vacuum into '/var/www/x.php'",
        "1;flush privileges",
        "1;if 1=1 drop table x",
        "1;select 1",
        "'; select null, 'a'-- ",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "Student Union table tennis",
        "the union table for 5",
        "(table tennis)",
        "(values rowed twice)",
        "while true; do sleep 1; done",
        "clean up; do the dishes",
        "wash; vacuum; dust",
        "dust; vacuum into the corners",
        "open settings; set global volume",
        "pick 1; select 2 of them",
        "press 1; select one",
        "prepare a meal from scratch",
        "a(); if (x == 1) b();",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn what_goes_on_in_the_lists_of_an_update_or_an_insert_is_an_injection() {
    let attacks = [
        "', role='admin",
        "x', `role`='admin",
        "', is_admin=1 where id=5-- ",
        "x',role=1-- ",
        ", password=(select 1) where id=1",
        "1, role=1 where id=5-- ",
        "','x'),('y','admin')#",
        "',1),('a','b",
        "x',null,now())-- ",
        "',version())#",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "the dogs', and the cats'",
        "print('x', end='')",
        "width=5', height=3'",
        "split(',')",
        "[',', ';']",
        "('a',1),('b',2)",
        "f', g=2 where x=3",
        "1, x=3 where y=4",
        "replace(',','.')",
        ", name=(first, last)",
        "join(',', names) -- all of them",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}
