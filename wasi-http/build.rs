//! Tells the component what it is built from.

include!("../gateway-component/fingerprint.rs");

fn main() {
    let component = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let workspace = component.parent().expect("the component is a member of a workspace");
    println!("cargo::rustc-env=EDGEWAY_FINGERPRINT={}", told(workspace, &WASI_SOURCES));
}
