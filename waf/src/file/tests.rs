use super::*;

fn is_local_file(text: &[u8]) -> bool {
    super::is_local_file(text, Marks::of(text))
}

fn has_restricted_extension(text: &[u8]) -> bool {
    super::has_restricted_extension(text, Marks::of(text))
}

#[test]
fn no_text_is_passed_over_by_its_marks_that_leads_to_a_file() {
    let rare: [&[u8]; 3] = [br"\\?\C:\x", b"id_rsa", b"file:///x"];
    for text in crate::samples::texts().chain(rare.map(<[u8]>::to_vec)) {
        assert!(may_be_file(Marks::of(&text)) || !leads_to_file(&text), "{}", text.escape_ascii());
    }
}

#[test]
fn files_of_the_system_are_found_and_paths_in_prose_are_not() {
    let attacks: [&[u8]; 20] = [
        b"../../etc/passwd",
        b"../x",
        b"..\\..\\windows\\win.ini",
        b"/etc/passwd",
        b"/etc/./passwd",
        b"//etc//shadow",
        b"file:///etc/hosts",
        b"/proc/self/environ",
        b"/var/log/apache/access.log",
        b"c:\\boot.ini",
        b"C:/Windows/win.ini",
        b".htaccess",
        b"/home/a/.ssh/id_rsa",
        b"..\xc0\xaf..\xc0\xafetc/passwd",
        b"..0x2f..0x2fetc",
        b"....//....//x",
        b"/..;/manager",
        b"a/../../b",
        b"../../etc/passwd\0.jpg",
        b"wp-config.php",
    ];
    for attack in attacks {
        assert!(is_local_file(attack), "{}", attack.escape_ascii());
    }
    let benign: [&[u8]; 12] = [
        b"The configuration is in /etc/nginx/nginx.conf on the server",
        b"see ../docs/README.md for how it works",
        b"import a from '../utils'",
        b"[guide](../guide.md)",
        b"and so on...",
        b"Wait.../or not",
        b"https://example.com/etc/hosts",
        b"/products/1/reviews",
        b"a.b.c",
        b"1..5",
        b"my.env.file",
        b"root/child",
    ];
    for text in benign {
        assert!(!is_local_file(text), "{}", text.escape_ascii());
    }
}

#[test]
fn a_path_is_told_from_a_sentence_that_names_one() {
    let attacks: [&[u8]; 6] = [
        b"web.config",
        b"/etc/passwd .jpg",
        b"path: /etc/hosts",
        b"cat /etc/passwd",
        b"include '/etc/passwd'",
        b"x /../../etc/passwd",
    ];
    for attack in attacks {
        assert!(is_local_file(attack), "{}", attack.escape_ascii());
    }
    let benign: [&[u8]; 7] = [
        b"Use web.config",
        b"package.json or web.config",
        b"path is $HOME/.config",
        b"edit /etc/hosts",
        b"/var/log/syslog is full",
        "prüfe /etc/hosts".as_bytes(),
        b"require('../config')",
    ];
    for text in benign {
        assert!(!is_local_file(text), "{}", text.escape_ascii());
    }
}

#[test]
fn extensions_that_nobody_serves_are_found() {
    assert!(has_restricted_extension(b"/app/debug.log") && has_restricted_extension(b"x.INI"));
    assert!(!has_restricted_extension(b"/a.b/c") && !has_restricted_extension(b"see the a.log"));
    assert!(is_restricted_name(b".htaccess") && !is_restricted_name(b"photo.jpg"));
}

#[test]
fn copies_of_secrets_and_files_of_containers_are_found() {
    let attacks: [&[u8]; 8] = [
        b"wp-config.php.bak",
        b"/app/.env.old",
        b".hg/hgrc",
        b"/.dockerenv",
        b"id_rsa",
        b"/run/secrets/kubernetes.io/serviceaccount/token",
        b"/var/run/docker.sock",
        b"file://localhost/etc/shadow",
    ];
    for attack in attacks {
        assert!(is_local_file(attack), "{}", attack.escape_ascii());
    }
    for text in [&b"https://example.com/run/secrets/x"[..], b"id_rsa_backup_policy", b"ids.txt"] {
        assert!(!is_local_file(text), "{}", text.escape_ascii());
    }
}

#[test]
fn files_two_steps_up_and_those_a_system_opens_or_keeps_are_found() {
    let attacks: [&[u8]; 18] = [
        b"../../app.js",
        b"./../../app.js",
        b"../../index.html",
        b"..\\..\\server.js",
        b"../../../logo.png",
        b"/proc/42/environ",
        b"/proc/thread-self/environ",
        b"file:///home/a/x.txt",
        b"FILE:/srv/x",
        b"url:file://localhost/home/x",
        b"file:///C:/x",
        br"\\?\C:\x",
        br"\\.\d:\",
        b"/etc/letsencrypt/live/x/privkey.pem",
        b"/var/www/app/config.php",
        b"/var/lib/app/db.sqlite",
        b"netdoc:///home/a/x.txt",
        b"https://example.com/?x=c:/windows/win.ini",
    ];
    for attack in attacks {
        assert!(is_local_file(attack), "{}", attack.escape_ascii());
    }
    let benign: [&[u8]; 14] = [
        b"https://example.com/en-us/windows/win32/api",
        b"../app.js",
        b"../index.html",
        b"../../assets/style.css",
        b"[guide](../../guide.html)",
        b"import a from '../../utils.js'",
        b"open file:///home/a/x.txt in a browser",
        b"file: /home/a",
        b"file://share/x",
        b"/app/src/index.js",
        b"/home/a/x.py",
        b"/etc/our-app",
        b"/var/www",
        br"\\.\d+",
    ];
    for text in benign {
        assert!(!is_local_file(text), "{}", text.escape_ascii());
    }
}

#[test]
fn an_address_that_steps_up_and_does_not_leave_its_host_leads_to_no_file() {
    for text in [
        "https://a.example/b/../../../etc/x",
        "https://a.example/..",
        "jar:file:///srv/a.jar!/b.yml",
        "a https://b.example/c/../d ../../x",
    ] {
        assert!(is_local_file(text.as_bytes()), "{text}");
    }
    for text in [
        "https://a.example/b/../c",
        "see http://a.example/b/c/../../d#e",
        "jar:https://a.example/b.jar",
    ] {
        assert!(!is_local_file(text.as_bytes()), "{text}");
    }
}
