use super::*;

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
fn addresses_and_extensions() {
    assert!(is_remote_file(b"http://10.0.0.1/x.txt"));
    assert!(is_remote_file(b"php://input"));
    assert!(is_remote_file(br"\\10.0.0.1\share\x"));
    assert!(!is_remote_file(b"https://example.com/10.0.0.1"));
    assert!(!is_remote_file(br"\\server\share\10.0.0.1"));
    assert!(is_metadata_address(b"http://169.254.169.254/latest/meta-data/"));
    assert!(!is_metadata_address(
        b"The address 169.254.169.254 is what the link local metadata has"
    ));
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
