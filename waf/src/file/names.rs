//! Names of files that systems, servers and tools keep.

use alloc::vec::Vec;

use crate::text::starts_with;

/// Folders of Unix, and what is in them that tells of a system. `*` is all.
const UNIX: [(&[u8], &[&[u8]]); 15] = [
    (
        b"etc/",
        &[
            b"passwd",
            b"shadow",
            b"group",
            b"gshadow",
            b"hosts",
            b"hostname",
            b"issue",
            b"motd",
            b"fstab",
            b"mtab",
            b"crontab",
            b"sudoers",
            b"resolv.conf",
            b"inittab",
            b"profile",
            b"bashrc",
            b"ssh/",
            b"ssl/",
            b"apache",
            b"httpd/",
            b"nginx/",
            b"mysql/",
            b"my.cnf",
            b"php",
            b"cron",
            b"init.d/",
            b"network/",
            b"security/",
            b"os-release",
            b"redhat-release",
            b"debian_version",
            b"lsb-release",
            b"exports",
            b"ldap",
            b"pam",
            b"postgresql/",
            b"proftpd",
            b"vsftpd",
            b"pure-ftpd",
            b"samba/",
            b"snmp/",
            b"squid/",
            b"syslog",
            b"logrotate",
            b"master.passwd",
            b"sysctl",
            b"services",
            b"shells",
            b"rc",
            b"environment",
            b"aliases",
            b"lighttpd",
            b"tomcat",
            b"phpmyadmin",
            b"kubernetes",
            b"docker",
            b"gitconfig",
            b"pki/",
            b"wgetrc",
            b"ftpusers",
            b"at.",
            b"chroot",
            b"dhcp",
            b"firewall",
            b"grub",
            b"host.",
            b"inputrc",
            b"ld.so",
            b"login",
            b"mail",
            b"modules",
            b"openldap",
            b"rsync",
            b"sysconfig",
            b"updatedb",
            b"x11",
            b"zypp",
        ],
    ),
    (
        b"proc/",
        &[
            b"self/",
            b"version",
            b"cpuinfo",
            b"meminfo",
            b"mounts",
            b"net/",
            b"cmdline",
            b"devices",
            b"filesystems",
            b"interrupts",
            b"ioports",
            b"modules",
            b"partitions",
            b"sched_debug",
            b"stat",
            b"swaps",
            b"thread-self/",
        ],
    ),
    (
        b"sys/",
        &[
            b"block/",
            b"bus/",
            b"class",
            b"dev/",
            b"devices/",
            b"firmware/",
            b"fs/",
            b"hypervisor/",
            b"kernel/",
            b"module/",
            b"power/",
        ],
    ),
    (b"var/log/", &[b""]),
    (b"run/", &[b"secrets/", b"docker.sock", b"containerd"]),
    (b"boot/", &[b"grub", b"vmlinuz", b"initrd", b"efi/"]),
    (b"var/spool/", &[b""]),
    (b"var/backups/", &[b""]),
    (b"var/mail/", &[b""]),
    (b"var/www/", &[b"html/.", b"html/config", b"html/wp-", b".", b"conf", b"log"]),
    (b"var/lib/", &[b"mysql", b"mlocate", b"pgsql"]),
    (
        b"usr/local/",
        &[
            b"apache", b"etc/", b"nginx/", b"php", b"cpanel", b"pgsql", b"zeus", b"app/",
            b"jakarta", b"samba", b"psa/", b"lib/php",
        ],
    ),
    (b"root/", &[b"."]),
    (b"dev/", &[b"tcp/", b"udp/", b"fd/", b"shm/", b"stdin", b"mem"]),
    (b"opt/", &[b"apache", b"httpd/", b"lampp/", b"xampp/", b"nginx", b"tomcat", b"lsws"]),
];

/// Files and folders of Windows.
const WINDOWS: [&[u8]; 17] = [
    b"boot.ini",
    b"win.ini",
    b"system.ini",
    b"autoexec.bat",
    b"config.sys",
    b"system32/",
    b"windows/repair",
    b"windows/system",
    b"winnt/",
    b"windows/win",
    b"windows/php",
    b"inetpub/",
    b"ntuser.dat",
    b"pagefile.sys",
    b"sysprep",
    b"unattend",
    b"iis.log",
];

/// What a person's or a project's folder has that is not for others.
const HIDDEN: [&[u8]; 63] = [
    b".aws",
    b".azure",
    b".bash_history",
    b".bash_logout",
    b".bash_profile",
    b".bashrc",
    b".boto",
    b".bzr",
    b".cshrc",
    b".cvsignore",
    b".docker",
    b".dockercfg",
    b".dockerenv",
    b".ds_store",
    b".env",
    b".ftpconfig",
    b".git",
    b".git-credentials",
    b".gitconfig",
    b".gitignore",
    b".gitmodules",
    b".gnupg",
    b".google_authenticator",
    b".hg",
    b".hgignore",
    b".history",
    b".htaccess",
    b".htdigest",
    b".htpasswd",
    b".idea",
    b".java",
    b".jenkins",
    b".ksh_history",
    b".kube",
    b".lesshst",
    b".lftp",
    b".lhistory",
    b".lighttpdpassword",
    b".local",
    b".my.cnf",
    b".mysql_history",
    b".nano_history",
    b".netrc",
    b".node_repl_history",
    b".npmrc",
    b".nsconfig",
    b".pearrc",
    b".pgpass",
    b".php_history",
    b".profile",
    b".psql_history",
    b".python_history",
    b".rediscli_history",
    b".rhosts",
    b".sh_history",
    b".sqlite_history",
    b".ssh",
    b".subversion",
    b".svn",
    b".tconn",
    b".viminfo",
    b".vscode",
    b".zsh_history",
];
/// Files of that kind without a dot before their name.
const NAMED: [&[u8]; 24] = [
    b"id_rsa",
    b"id_dsa",
    b"id_ecdsa",
    b"id_ed25519",
    b"authorized_keys",
    b"known_hosts",
    b"wp-config.php",
    b"wp-config.bak",
    b"web.config",
    b"web-inf",
    b"meta-inf",
    b"global.asa",
    b"localsettings.php",
    b"configuration.php~",
    b"config.inc.php",
    b"composer.lock",
    b"yarn.lock",
    b"package-lock.json",
    b"npm-debug.log",
    b"dump.sql",
    b"database.yml",
    b"secrets.yml",
    b"php.ini",
    b"user.ini",
];

/// Whether a segment of a path is one that is not served.
pub(super) fn is_hidden(segment: &[u8]) -> bool {
    // What editors and people leave beside it is as much of a secret.
    const COPIES: [&[u8]; 8] =
        [b"~", b".bak", b".backup", b".old", b".orig", b".save", b".swp", b".txt"];
    const NAME_BYTES_MAX: usize = 48;
    let mut small = [0; NAME_BYTES_MAX];
    let Some(small) = small.get_mut(..segment.len()) else {
        return starts_with(segment, b".env.");
    };
    small.copy_from_slice(segment);
    small.make_ascii_lowercase();
    let bare = COPIES.iter().find_map(|copy| small.strip_suffix(*copy)).unwrap_or(small);
    if !bare.starts_with(b".") {
        return NAMED.contains(&bare);
    }
    const BEGINNINGS: [&[u8]; 5] = [b".env.", b".zsh", b".user.ini", b".npm", b".wp-config"];
    const MORE: [&[u8]; 6] =
        [b".addressbook", b".config", b".gnome", b".xinitrc", b".vimrc", b".bash_aliases"];
    HIDDEN.contains(&bare)
        || BEGINNINGS.iter().any(|beginning| bare.starts_with(beginning))
        || MORE.contains(&bare)
}

/// Whether a folder is a hidden one: what tools keep beside what is served. Some names are there to be
/// asked for.
pub(super) fn is_hidden_folder(segment: &[u8]) -> bool {
    const SERVED: [&[u8]; 8] =
        [b"api", b"auth", b"circleci", b"github", b"gitlab", b"netlify", b"proxy", b"well-known"];
    let Some(name) = segment.strip_prefix(b".") else { return false };
    name.len() > 1
        && name[0].is_ascii_alphabetic()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && !SERVED.iter().any(|known| name.eq_ignore_ascii_case(known))
        && !name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"kibana"))
}

/// Whether a file is an application's own configuration, which no upload replaces.
pub(super) fn is_configuration(name: &[u8]) -> bool {
    const STEMS: [&[u8]; 9] = [
        b"config",
        b"configuration",
        b"credentials",
        b"database",
        b"local",
        b"parameters",
        b"secrets",
        b"services",
        b"settings",
    ];
    let small = name.to_ascii_lowercase();
    let Some(dot) = small.iter().rposition(|b| *b == b'.') else { return false };
    let (stem, ending) = small.split_at(dot);
    STEMS.contains(&stem) && matches!(ending, b".php" | b".inc" | b".yml")
}

/// Whether a path leads to a file that systems have.
pub(super) fn is_system(text: &[u8]) -> bool {
    if !text.iter().any(|b| matches!(b, b'/' | b'\\' | b'.')) {
        return text.starts_with(b"id_") && NAMED[..4].contains(&text);
    }
    let path = normalized(text);
    // `https://example.com/windows/win32`: what a site has there.
    let is_site = path.starts_with(b"http:/") || path.starts_with(b"https:/");
    let is_within = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let has_folders = path.contains(&b'/');
    for at in 0..path.len() {
        let before = at.checked_sub(1).map(|index| path[index]);
        if before.is_some_and(|b| is_within(&b)) {
            continue;
        }
        if has_folders && is_file_of_unix(&path, at) {
            return true;
        }
        let is_place = match before {
            Some(b'/') => !is_site || path[..at].ends_with(b":/"),
            Some(b) => matches!(b, b':' | b'=' | b'"' | b'\'' | b' '),
            None => true,
        };
        if is_place && WINDOWS.iter().any(|file| path[at..].starts_with(file)) {
            return true;
        }
    }
    path.split(|b| matches!(b, b'/' | b' ' | b'=' | b'"' | b'\'' | b';'))
        .any(|segment| segment.len() >= 3 && is_hidden(segment))
}

/// Whether a file of Unix begins at a place of a path, where a name begins.
fn is_file_of_unix(path: &[u8], at: usize) -> bool {
    let rest = &path[at..];
    UNIX.iter().any(|(folder, files)| {
        if !rest.starts_with(folder) {
            return false;
        }
        // `root/x` and `opt/y` begin paths of projects too.
        let is_absolute = at.checked_sub(1).is_some_and(|before| path[before] == b'/');
        let is_common = !matches!(*folder, b"etc/" | b"proc/" | b"var/log/");
        let is_address = is_absolute
            && !path.starts_with(b"file:")
            && at >= 2
            && path[..at - 1]
                .iter()
                .rposition(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'.'))
                .is_some_and(|i| path[..=i].ends_with(b"://"));
        let behind = &rest[folder.len()..];
        // `proc/42/environ`
        let is_process = || {
            let digits = behind.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
            *folder == b"proc/" && digits > 0 && behind.get(digits) == Some(&b'/')
        };
        !is_address
            && (is_absolute || !is_common)
            && (files.iter().any(|file| behind.starts_with(file)) || is_process())
    })
}

/// In small letters, with `/` for every separator, and without `./` and doubled ones.
fn normalized(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        let byte = if *byte == b'\\' { b'/' } else { byte.to_ascii_lowercase() };
        if byte == b'/' && out.ends_with(b"/.") && !out.ends_with(b"/..") {
            out.pop();
        } else if byte == b'/' && out.ends_with(b"/") && !out.ends_with(b":/") {
            continue;
        } else {
            out.push(byte);
        }
    }
    out
}
