//! The signing key: one file for `serve` and `token`, made at the first use.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use jwt_simple::{algorithms::RS256KeyPair, reexports::rand};

use crate::Failure;

/// The size that Cognito uses too.
const MODULUS_BITS: usize = 2048;
/// A private JWK of 4096 bits takes about 3.2 KB.
const KEY_FILE_BYTES_MAX: u64 = 8 * 1024;

/// Loads the key from `path`, or makes one and keeps it there, readable by its owner only.
///
/// # Errors
/// When the file cannot be read or written, is readable by others, or holds no RSA key.
pub(crate) fn load_or_generate(path: &Path) -> Result<RS256KeyPair, Failure> {
    if let Some(key) = load(path)? {
        return Ok(key);
    }
    let key = RS256KeyPair::generate(MODULUS_BITS)?;
    let key = identified(key);
    keep(path, &key.to_jwk())
        .map_err(|error| format!("cannot write the signing key {}: {error}", path.display()))?;
    // Another process may have been quicker; then its key is the one that counts.
    load(path)?.ok_or_else(|| format!("the signing key {} disappeared", path.display()).into())
}

fn load(path: &Path) -> Result<Option<RS256KeyPair>, Failure> {
    let in_file = |problem: &dyn std::fmt::Display| {
        format!("cannot use the signing key {}: {problem}", path.display())
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(in_file(&error).into()),
    };
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(
            in_file(&"others may read it; chmod 600 it, or delete it to get a new one").into()
        );
    }
    if !metadata.is_file() || metadata.len() > KEY_FILE_BYTES_MAX {
        return Err(in_file(&"this is not a file with a JSON Web Key").into());
    }
    let jwk = fs::read_to_string(path).map_err(|error| in_file(&error))?;
    let key = RS256KeyPair::from_jwk(&jwk).map_err(|error| in_file(&error))?;
    Ok(Some(identified(key)))
}

/// `kid`: the key's RFC 7638 thumbprint, so that a new key has a new one.
fn identified(key: RS256KeyPair) -> RS256KeyPair {
    let thumbprint = key.jwk_thumbprint();
    key.with_key_id(&thumbprint)
}

/// Writes beside `path` and links: the file appears whole, and never replaces another.
fn keep(path: &Path, jwk: &str) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".issuer-key-{:032x}", rand::random::<u128>()));
    let written =
        write_private(&unfinished, jwk).and_then(|()| match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        });
    let removed = fs::remove_file(&unfinished);
    written.and(removed)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A folder of this test's own, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(
                std::env::temp_dir()
                    .join(format!("products-issuer-{:032x}", rand::random::<u128>())),
            )
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_first_use_makes_the_key_and_the_next_finds_it() {
        let folder = Folder::new();
        let path = folder.0.join("deep").join("key.json");
        let made = load_or_generate(&path).expect("a key is made");
        let found = load_or_generate(&path).expect("the key is found");
        assert_eq!(made.to_jwk(), found.to_jwk());
        assert!(found.to_jwk().contains(&found.jwk_thumbprint()), "the thumbprint is its id");
        assert_eq!(
            fs::read_dir(folder.0.join("deep")).expect("readable").count(),
            1,
            "nothing else is left"
        );
    }

    #[test]
    fn a_quicker_process_wins() {
        let folder = Folder::new();
        let path = folder.0.join("key.json");
        keep(&path, "first").expect("written");
        keep(&path, "second").expect("not an error");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "first");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let path = folder.0.join("key.json");
        keep(&path, "{}").expect("written");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let refused = load_or_generate(&path).map(|_| ()).expect_err("others may read it");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = Folder::new();
        let path = folder.0.join("key.json");
        keep(&path, "not a key").expect("written");
        assert!(load_or_generate(&path).is_err());
        assert_eq!(fs::read_to_string(&path).expect("readable"), "not a key");
    }
}
