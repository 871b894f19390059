//! Embeds the precompiled component, if it is built.

include!("../gateway-component/fingerprint.rs");

fn main() {
    let host = variable("CARGO_MANIFEST_DIR");
    let workspace = host.parent().expect("the host is a member of a workspace");
    println!("cargo::rustc-env=EDGEWAY_FINGERPRINT={}", fingerprint(workspace));

    println!("cargo::rerun-if-env-changed=EDGEWAY_COMPONENT");
    let component = std::env::var_os("EDGEWAY_COMPONENT")
        .map_or_else(|| target(workspace).join("edgeway/gateway.cwasm"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", component.display());
    // Without one the program is built all the same, and says at start what to do.
    let code = fs::read(&component).unwrap_or_default();
    fs::write(variable("OUT_DIR").join("gateway.cwasm"), code).expect("OUT_DIR is writable");
}

fn target(workspace: &Path) -> PathBuf {
    println!("cargo::rerun-if-env-changed=CARGO_TARGET_DIR");
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), |directory| workspace.join(directory))
}

fn variable(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(name).expect("cargo sets it"))
}
