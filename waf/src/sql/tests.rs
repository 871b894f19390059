use super::*;
use alloc::vec::Vec;

fn missed(attacks: &[&str]) -> Vec<alloc::string::String> {
    let lines = attacks.iter().filter(|text| !is_injection(text.as_bytes(), false));
    lines.map(|text| (*text).into()).collect()
}

#[test]
fn what_continues_a_string_is_an_injection() {
    let attacks = [
        "' or '1'='1",
        "' or 1=1--",
        "x' OR 'x'='x",
        "\" or \"\"=\"",
        "admin'--",
        "admin' #",
        "admin'/*",
        "' or 1=1#",
        "') or ('1'='1",
        "' or true --",
        "' || 1=1 --",
        "1' and sleep(5)#",
        "' union select null,null--",
        "' UNION ALL SELECT user, password FROM users--",
        "a' and substring(password,1,1)='a",
        "'; drop table users; --",
        "'; exec master..xp_cmdshell 'dir'--",
        "' having 1=1--",
        "' group by id having 1=1--",
        "' order by 3--",
        "' and (select count(*) from users)>0--",
        "'='",
        "' or username like '%admin%",
        "' or 1 in (select @@version)--",
        "'+(select 1)+'",
        "' and 1=cast((select version()) as int)--",
        "'/**/or/**/1=1/**/--",
        "\\' or 1=1 --",
        "' or not 1=2 --",
        "' procedure analyse(extractvalue(1,2))--",
        "';waitfor delay '0:0:5'--",
        "x' and email is null; --",
        "' and case when 1=1 then 1 else 0 end --",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
}

#[test]
fn what_continues_a_number_is_an_injection() {
    let attacks = [
        "1 or 1=1",
        "1 OR 1=1 --",
        "1 and 1=2",
        "-1 union select 1,2,3",
        "1 union all select null, version()",
        "1;drop table users",
        "1; shutdown --",
        "1 and sleep(5)",
        "1-sleep(5)",
        "1 or sleep(5)",
        "1 and (select 1 from dual)",
        "1 order by 10",
        "1 having 1=1",
        "1) or (1=1",
        "1 AND ascii(substr((select 1),1,1))>64",
        "1 /*!50000union*/ select 1",
        "1 procedure analyse(0,0)",
        "1 and if(1=1,sleep(3),0)",
        "1 waitfor delay '0:0:3'",
        "1||1=1",
        "(select 1 from users)",
        "1.e(1)",
        "1 and 1 like 1",
        "1 and benchmark(1000000,md5(1))",
        "if(1=1,sleep(5),0)",
        "id and 1=1",
        "1 into outfile '/tmp/x'",
        "case when 1=1 then 1 else 2 end",
        "1 and exists(select 1)",
        "1,(select 2)",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
}

#[test]
fn statements_and_traces_are_found_where_they_stand() {
    let attacks = [
        "select * from users",
        "SELECT name, pass FROM users WHERE id=1",
        "drop table users",
        "insert into users values (1,2)",
        "information_schema.tables",
        "select @@version",
        "pg_sleep(10)",
        "extractvalue(1,concat(0x7e,version()))",
        "load_file('/etc/passwd')",
        "user[$ne]",
        "exec xp_cmdshell 'dir'",
        "merge into a using b on (1=1)",
        "create function f returns string soname 'x.so'",
        "json_extract('{}','$')=1",
        "match(a) against ('b')",
        "declare @x varchar(100)",
        "execute immediate 'drop'",
        "4294967296",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
}

#[test]
fn words_that_prose_shows_titles_and_predicates_are_told_from_queries() {
    for text in [
        "2 or (select 3 from dual connect by level<4)=3",
        "') and (select count(*) from dual start with 1=1 connect by level<9)>1--",
        "drop table records",
        "SELECT * FROM orders",
        "a` or `b`=`b",
    ] {
        assert!(is_injection(text.as_bytes(), false), "{text}");
    }
    for text in [
        "`union` and `join` differ",
        "`or` binds less than `and`",
        "Drop Table Hockey",
        "SELECT name FROM clients is slow since Monday",
    ] {
        assert!(!is_injection(text.as_bytes(), false), "{text}");
    }
}

#[test]
fn prose_names_and_code_are_no_injections() {
    let benign = [
        "O'Brien",
        "Conan O'Brien and Sinead O'Connor",
        "it's a dog and 'twas = great",
        "rock 'n' roll",
        "Rock 'n' roll or jazz",
        "the dogs' -- all of them -- were barking",
        "fish 'and' chips",
        "'yes' or 'no'",
        "Select an option from the list",
        "please select from the menu and insert a coin",
        "The European Union select committee met",
        "union select members of the club",
        "drop table in the kitchen, please",
        "update your profile and set it to private",
        "create a table for two",
        "delete from cart",
        "order by phone or online",
        "group by the fire having a good time",
        "1 or 2 apples",
        "pick 1 or 2",
        "5 and 10",
        "Terms and conditions apply (see page 5)",
        "time.sleep(5) blocks the loop",
        "function a(b) { return b || 'x'; }",
        "if (a && b) { c = d; }",
        "$('#id').hide()",
        "href='#top'",
        "C# or Java",
        "a -- b",
        "1--2",
        "2024-01-01--2024-02-01",
        "#hashtag and #another",
        "email@example.com; other@example.com",
        "SGVsbG8gV29ybGQhIFRoaXMgaXMgYmFzZTY0Lg==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "100% or more",
        "x = y and z",
        "a=b&c=d",
        "C:\\Program Files\\app",
        "don't you? I can't; he won't",
        "He said \"yes\" and she said \"no\"",
        "5'10\" tall and 6'2\" wide",
        "in case of fire, when the alarm sounds, then leave",
        "query { user(id: 1) { name } }",
        "SELECT is a keyword",
        "price >= 10",
        "The query SELECT id, name FROM users WHERE name = 'x' is slow",
        "1234567890",
        "+1 (555) 123-4567",
        "Is 5 > 3 and 2 < 4?",
        "https://example.com/a?b=c&d=e#f",
        "I'd like to order, and it's 'urgent'",
        "let x = a ? 'b' : 'c';",
        "name LIKE this",
        "Bobby; Tables",
        "7/11 and 3-4",
        "Choose options (select 2)",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

/// A thread of the component has no more.
#[test]
fn thousands_of_conditions_need_no_more_of_the_stack_than_one() {
    let inspect = || {
        for start in ["1 ", "x' ", ""] {
            let text = [start, &"or a ".repeat(4_000)].concat();
            assert!(!is_injection(text.as_bytes(), false), "{start}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(inspect);
    thread.expect("a thread").join().expect("room on its stack");
}

#[test]
fn what_each_dialect_takes_for_white_space_strings_and_conditions_hides_nothing() {
    let attacks = [
        "7' where 2=3 and 'a'='b",
        "5\") as x where 1=2 or elt(1=1,2) -- ",
        "x' in boolean mode) and elt(2=2,3)#",
        "1') rlike !sleep(5)#",
        "1; select count(*) from a t1, b t2",
        "1;select like('a',upper('b'))",
        "1,iif(1=2,1,1/0)",
        "(3=4)*5",
        "1 or\n2 between 2 and 2#",
        "9$$ or 1=1--",
        "1;waitfor delay $$0:0:5$$--",
        "1' and 'a'=q'[a]'--",
        "1) and binary 5=binary 5#",
        "1' and like 1.e('a',upper 1.e('b'))--",
        "1--x\nor--y\n1=1",
        "1#a\nunion#b\nselect#c\n1",
        "1' or\x011=1--",
        "1' rlike '.*",
        "' or true",
        "1' && 1;--",
        "1 or like('a',hex('b'))--",
        "a'; return true;//",
        "begin dbms_session.sleep(5); end;",
        "{\"$ne\": null}",
        "', $where: '1 == 1",
        "db.users.insert({a:1})",
        "db.users.find({$where: 'x'})",
        "db.users.find('sleep(9)')",
        "db.users.find().forEach(u => db.users.remove(u))",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "# Title\nselect one of the items",
        "open the menu; select items from the list",
        "the answer is 5 where x = 3",
        "costs $$ and more $$",
        "in natural light",
        "the price is between 5 and 10",
        "a--b\nc--d",
        "{\"$type\": \"x\"}",
        "db.session.add(user)",
        "db.users.find({ name: 'Ann' })",
        "OPERATOR 5 pg_catalog.~ (text, text)",
        "db is down; find out why",
        "say \"yes\" and truly mean it",
        "q'est-ce que c'est",
        "binary 1 and text 2",
        "list (3=4) and more",
        "filter: {\"name\": {\"first\": \"$ne\"}}",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn queries_that_are_cut_off_and_conditions_in_braces_are_injections() {
    let attacks = [
        "7 union all select concat",
        "2019-05-06 union distinct select pass",
        "x' union all select name",
        "1 or {x 1=1}",
        "5 or {if length((user where id=1))>0}",
        "' or {a 'b'='b'} -- ",
        "1 and {x (select 1 from users)}",
        "-1 union select{x 1},{y 2}",
        "-1 union select{x name}from{y users}",
        "cos(",
        "Rand (",
        "md5\\(",
        "encode=(",
        "SUBSTRING(\n",
        "alter table t add (x text) character set latin1",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "European Union all select",
        "Local 5 Union Select Committee",
        "1 union all select teams may join",
        "Dear {first name} or {last name}",
        "5 or {number of items} apples",
        "if (a && {b: 1}) { return c == 1; }",
        "x = {name} and y = {other}",
        "select {fields} from {table}",
        "where {column} = {value}",
        "call(",
        "setTimeout(",
        "my cos(",
        "cos",
        "(",
        "trim the hedge (",
        "alter table t add column (x text)",
        "color: red } or { color: blue",
        "not {x y}",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn numbers_that_loop_whoever_reads_them_are_injections() {
    assert!(is_injection(b"2.2250738585072011e-308", false));
    assert!(!is_injection(b"2.2250738585072014e-308", false));
}

#[test]
fn what_is_asked_of_null_by_collations_and_in_rows_is_an_injection() {
    let attacks = [
        "' is not null#",
        "' is not true-- ",
        "' is not distinct from null#",
        "' not in ('x')-- ",
        "' collate nocase or 1-- ",
        "x' collate \"C\" union select 1,2",
        "1 collate binary or 1=1",
        "' or (1,2)=(1,2)#",
        "1 or (1,1)=(1,1)",
        "' and (a,b)=(1,2)-- ",
        "' or (1,1) in ((1,1))#",
        "1' && 'a",
        "' div '1",
        "'<'z",
        "id from users where 1=1 or name",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "the id is not null",
        "'id' is not null",
        "check that \"name\" is not null and not empty",
        "O'Neill is not in",
        "5 is not 6 -- it is 5",
        "collate the pages, or one by one",
        "Texas' not so big",
        "the points (1,2) and (3,4)",
        "f(1,2)=(1,2) or so",
        "name or (first, last)",
        "a && b",
        "'-'",
        "5'-6'",
        "from users where they are",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

#[test]
fn calls_that_take_time_are_found_within_others_arguments() {
    let attacks = [
        "1-if(1,sleep(5),0)",
        "1-coalesce(null,sleep(5))",
        "id-if(1,benchmark(9,md5(1)),0)",
        "(if(1,sleep(5),0))",
        "id,sleep(5)",
        "name,if(1=1,id,name)",
    ];
    assert_eq!(missed(&attacks), Vec::<alloc::string::String>::new());
    let benign = [
        "1-if(a,b,c)",
        "x - max(1, 2)",
        "a, sleep(5)",
        "eat, sleep (8 hours), repeat",
        "5-minimum(least(1, 2))",
    ];
    let stopped: Vec<&&str> =
        benign.iter().filter(|text| is_injection(text.as_bytes(), false)).collect();
    assert_eq!(stopped, Vec::<&&str>::new());
}

mod completed;
mod joined;
mod marks;
mod nothing;
mod positions;
mod quotations;
