//! Expressions that are whole up to where the query's rest is cut off or closed, whatever they ask for.

use super::*;

#[test]
fn any_expression_behind_a_string_up_to_a_comment_or_the_querys_own_quote_is_an_injection() {
    let attacks = [
        "'or(id)-- ",
        "x' or(now())#",
        "' or 1 OPERATOR(pg_catalog.=) 1 -- x",
        "' or name sounds like name-- ",
        "'or(length(name))-- ",
        "' or pass^@'F'-- ",
        "'or('a'@@'a')-- ",
        "' or users.* is not null-- ",
        "' or (users).name<>''-- ",
        "' or name not rlike 'zz' -- x",
        "' or bool 't'-- ",
        "' or (date '2020-01-01',date '2020-02-01') overlaps (date '2020-01-01',date '2020-02-01')-- ",
        "'or('{1}'::int[]&&'{1}')-- ",
        "'or(1=any(array[1]))-- ",
        "' or- {d'2020-01-01'}#",
        "' or {`a` 1} or '",
        "' xor 0b1#",
        "x' or mod(1,2)-- ",
        "' or(case id when id then 1 end)-- ",
        "' or(exists(table users))-- ",
        "' or 1>=all(select 1)-- ",
        "' or tableoid notnull and '1",
        "' or(name is distinct from null) and '1",
        "'|| 1 is not distinct from 1 or '",
        "' or name=binary name-- ",
        "'<id-- ",
        "'|id#",
        "admin')or(id)-- ",
        "x\" or(id)-- ",
        "1 or name notnull",
        "1 or length(name)>0",
        "1 xor 1 operator(=) 1",
        "1 or(exists(table users))",
        "1 or(id)-- ",
        "'-pass#",
        "' like pass-- ",
        "'::text||pass-- ",
        "' in (convert(pass using utf8))-- ",
        "' where true-- ",
        "' where b='y'#",
        "' returning version()-- ",
        "'in(length(pass))-- ",
        "'||(sleep(id))-- ",
        "1 and sleep(id)",
        "1|sleep(true)",
        "'||(pass::int)-- ",
        "',(sleep(1)))-- ",
        "',(query_to_xml('table secrets',true,true,'')))-- ",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "15 | require_send(foo());",
        "15 | std::mem::take(x)",
        "13 | | map.get_mut(&key).unwrap()",
        "19 | world.inspector = Some(Inspector(&world.days));",
        "\"Lib\" not in p and \"lib\" in p and not p.endswith(\"site-packages\")",
        "'Basic ' + Buffer.from(proxy.auth).toString('base64');",
        "decn = r'[0-9]+'",
        "(r'/[imsx]*', String.Regex, '#pop')",
        "'%r in sys.path and %r not in sys.path and '",
        "- `.pop() -> Option<char>`",
        "## Solved: `!` and `^`",
        "_A85START = b\"<~\"",
        "the parents' or (legal) guardian's signature",
        "the users' and admins' rights",
        "\"Using 'Retry.BACKOFF_MAX' is deprecated and \"",
        "the kids' where they play -- outside",
        "the dogs' like cats' -- more or less",
        "1 or (more) cats",
        "2 or (3)",
        "0 or f(x)",
    ];
    for text in benign {
        assert!(!is_injection(text.as_bytes(), false), "{text}");
    }
}

#[test]
fn unions_with_anything_and_set_operations_are_an_injection() {
    let attacks = [
        "' union select s.* from secrets as s-- ",
        "'union select secrets.*from secrets-- ",
        "'union select s.*from secrets s;--",
        "'union select~id,v,k from secrets-- ",
        "'union select distinctrow id,v,k from secrets-- ",
        "'union select straight_join id,v,k from secrets-- ",
        "'union(with a as(table secrets)table a)-- ",
        "'union select 1,(secrets).v,'' from secrets-- ",
        "'union-- x y z '\nselect-- a b'\nid,v,k from secrets-- ",
        "1 except select 1,'a','b'",
        "1 intersect select id,name,role from users",
        "1 and (select v like 'F%' from secrets)",
        "0 union select id as a,v,k from secrets",
        "0 union select id a,v,k from secrets",
        "' union select id is null,v,k from secrets-- ",
        "0 union select row_number()over(),v,k from secrets",
        "0 union select distinct on(id) id,v,k from secrets",
        "0 union select a.oid::int,a.rolname,a.rolpassword from pg_authid a",
        "1 and(select a.v>'G' from secrets a)",
        "id=(select s.id from secrets s where s.v like 'F%')",
        "' returning (select s.v from secrets s)-- ",
        "x'||(select s.v from secrets s)||'",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    for text in [
        "\"except\",",
        "'intersect',",
        "\"minus\",",
        "all except select items",
        "union, select one as a start from the list",
        "select a few, then some, from our range",
    ] {
        assert!(!is_injection(text.as_bytes(), false), "{text}");
    }
}

#[test]
fn statements_of_any_shape_right_behind_a_number_or_a_string_are_an_injection() {
    let attacks = [
        "1;delete users from users",
        "1;delete quick from users",
        "1;delete a from users a",
        "1;delete from only users",
        "1;delete from users returning *",
        "1;update low_priority users set role='x'",
        "1;update or ignore users set role='x'",
        "1;update users as a set role='x'",
        "1;update users,t set role='x'",
        "1;insert users values(9,'a')",
        "1;insert into users table users",
        "1;insert users set id=9",
        "1;insert or replace into users(id)values(9)",
        "1;replace into users(id)values(9)",
        "1;replace into users select*from users",
        "1;truncate only users",
        "1;drop tables users",
        "';with a as(delete from users returning 1)select 1-- ",
        "1;explain analyze delete from users",
        "1;explain(analyze)delete from users",
        "';analyze delete from users-- ",
        "1;prepare a as delete from users;execute a",
        "1;begin not atomic delete from users;end",
        "1;if 1 then delete from users;end if",
        "';while 0 do delete from users;end while-- ",
        "';for i in 1..1 do delete from users;end for-- ",
        "';do $a$begin delete from users;end$a$-- ",
        "1;do language plpgsql 'begin delete from users;end'",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    for text in [
        "1; update the docs and set a date",
        "2; replace batteries (AA)",
        "1; insert coin",
        "3; with friends as usual",
        "1; if it rains then stay in",
        "1; do language exercises",
        "2; analyze results",
    ] {
        assert!(!is_injection(text.as_bytes(), false), "{text}");
    }
}
