// Shared by build scripts and tests: what components were built from.
//
// The component is built before the host and embedded in it, and the bytes that cross between them
// have no version of their own. A host that embeds a component of other sources refuses to start. Tests refuse a
// component for `wasi:http` of other sources than theirs.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything that decides what crosses and what the component does with it.
const SOURCES: [&str; 5] = [
    "gateway-core/src",
    "gateway-core/Cargo.toml",
    "gateway-component/src",
    "gateway-component/fingerprint.rs",
    "wit/gateway.wit",
];

/// What the component for `wasi:http` is made of.
#[allow(dead_code)] // each of those that share this has one of the lists
const WASI_SOURCES: [&str; 8] = [
    "gateway-core/src",
    "gateway-core/Cargo.toml",
    "velocity/src",
    "problems/src",
    "waf/src",
    "edge-common/src",
    "wasi-http/src",
    "wasi-http/Cargo.toml",
];

/// Of everything that decides what crosses, for a build script.
#[allow(dead_code)]
fn fingerprint(workspace: &Path) -> u64 {
    told(workspace, &SOURCES)
}

/// Of these sources, for a build script, which runs again when they change.
#[allow(dead_code)]
fn told(workspace: &Path, sources: &[&str]) -> u64 {
    for source in sources {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    fingerprint_of(workspace, sources)
}

/// FNV-1a over names and contents, in the order of the names.
fn fingerprint_of(workspace: &Path, sources: &[&str]) -> u64 {
    let mut files = Vec::new();
    sources.iter().for_each(|source| collect(workspace, Path::new(source), &mut files));
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().copied().filter(|byte| *byte != b'\r') {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        add(file.to_string_lossy().replace('\\', "/").as_bytes());
        add(&[0]);
        add(&fs::read(workspace.join(&file)).expect("a source file is readable"));
        add(&[0]);
    }
    hash
}

fn collect(workspace: &Path, path: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(workspace.join(path)) else {
        return files.push(path.to_path_buf());
    };
    for entry in entries {
        let name = entry.expect("a source directory is readable").file_name();
        // Tests are not in the component; editors leave their own files beside the sources.
        let text = name.to_string_lossy();
        if !["tests", "tests.rs"].contains(&&*text)
            && !text.starts_with('.')
            && !text.ends_with('~')
        {
            collect(workspace, &path.join(name), files);
        }
    }
}
