//! From the core module that cargo builds to what the host loads: `component-compiler CORE_MODULE FOLDER` writes
//! `gateway.wasm`, the component, and `gateway.cwasm`, the same as machine code. `component-compiler --proxy CORE_MODULE
//! FILE` writes components for hosts of `wasi:http`, which compile them themselves: FILE, and beside it one for each draft
//! of `wasi:keyvalue`; `--bridge` writes what tests put between a component with the second and a host with the first.
//!
//! A program of its own, because a Wasm compiler takes minutes to build, and most of what xtask does needs none.

#[path = "../../../host-runtime/src/engine_config.rs"]
mod engine_config;
mod keyvalue;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasmparser::{ComponentExternalKind, Parser, Payload};

/// The WIT packages that the component may import: the project's own.
const OWN_PACKAGES: &str = "edgeway:";
/// Those of WASI, which a proxy may import.
const WASI_PACKAGES: &str = "wasi:";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [flag, core_module, file] if flag == "--proxy" => {
            proxy(Path::new(core_module), Path::new(file))
        }
        [flag, core_module, file] if flag == "--bridge" => {
            let module = read(Path::new(core_module))?;
            let component = component_of(&module, WASI_PACKAGES, Some(keyvalue::DRAFTS[0]))?;
            write(Path::new(file), &component)
        }
        [core_module, folder] => gateway(Path::new(core_module), Path::new(folder)),
        _ => bail!("component-compiler CORE_MODULE FOLDER, or --proxy|--bridge CORE_MODULE FILE"),
    }
}

fn gateway(core_module: &Path, folder: &Path) -> Result<()> {
    let component = component_of(&read(core_module)?, OWN_PACKAGES, None)?;
    let compiled = precompile(&component)?;
    write(&folder.join("gateway.wasm"), &component)?;
    write(&folder.join("gateway.cwasm"), &compiled)?;
    println!("compiled   {}", kib(&compiled));
    Ok(())
}

fn proxy(core_module: &Path, file: &Path) -> Result<()> {
    let module = read(core_module)?;
    for draft in keyvalue::DRAFTS {
        let component = component_of(&module, WASI_PACKAGES, Some(draft))?;
        write(&with_keyvalue(file, draft), &component)?;
    }
    // The last, since it is what tells whether all are as new as the core module.
    write(file, &component_of(&module, WASI_PACKAGES, None)?)
}

/// `wasi-http.wasm` with a draft is `wasi-http-keyvalue-0.2.0-draft.wasm`.
fn with_keyvalue(file: &Path, draft: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}-keyvalue-{draft}.wasm"))
}

fn read(core_module: &Path) -> Result<Vec<u8>> {
    std::fs::read(core_module).with_context(|| format!("reading {}", core_module.display()))
}

/// A component that imports interfaces of these packages alone, and of `wasi:keyvalue` this draft, if any.
fn component_of(module: &[u8], packages: &str, draft: Option<&str>) -> Result<Vec<u8>> {
    let component = make_component(module, draft)?;
    check_imports(&component, packages, draft)?;
    println!("component  {}, of which the core module {}", kib(&component), kib(module));
    println!("           imports: {}", imports(&component)?.join(", "));
    Ok(component)
}

fn kib(bytes: &[u8]) -> String {
    format!("{:.1} KiB", bytes.len() as f64 / 1024.0)
}

fn make_component(module: &[u8], draft: Option<&str>) -> Result<Vec<u8>> {
    let stubs = keyvalue::stubs(module, draft)?;
    let encoder = wit_component::ComponentEncoder::default().validate(true).module(module);
    encoder
        .and_then(|encoder| {
            stubs.iter().try_fold(encoder, |encoder, (name, stub)| encoder.adapter(name, stub))
        })
        .and_then(|mut encoder| encoder.encode())
        .context("making a component of the core module; has it the types that wit_bindgen::generate! leaves?")
}

/// Everything that the component takes from outside, as the component's own import section names it.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("reading the component")? {
            // The imports of what is nested inside are satisfied inside.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.context("reading the component's imports")?;
                    if import.ty.kind() != ComponentExternalKind::Type {
                        found.push(import.name.name.to_string());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn check_imports(component: &[u8], packages: &str, draft: Option<&str>) -> Result<()> {
    let is_foreign = |name: &str| !name.starts_with(packages) || keyvalue::is_foreign(name, draft);
    let foreign: Vec<String> =
        imports(component)?.into_iter().filter(|name| is_foreign(name)).collect();
    if !foreign.is_empty() {
        bail!(
            "the component imports what its host does not have: {}\n\
             It may only use interfaces of the packages `{packages}*`; the pipeline itself uses no clock, no randomness, no WASI. \
             A dependency that was added lately probably brings these in (`cargo tree -p gateway-component --target {}`).",
            foreign.join(", "),
            "wasm32-unknown-unknown"
        );
    }
    Ok(())
}

fn precompile(component: &[u8]) -> Result<Vec<u8>> {
    let mut config = engine_config::engine_config();
    // Named, so that the code is for the architecture and not for the very processor that built it: the file is shipped
    // with the program, and wasmtime refuses code that uses instructions which the machine lacks.
    config
        .target(&host_triple()?)
        .map_err(|error| anyhow::anyhow!("{error:?}"))?
        .cranelift_opt_level(wasmtime::OptLevel::Speed);
    let engine = wasmtime::Engine::new(&config)
        .map_err(|error| anyhow::anyhow!("setting up wasmtime: {error:?}"))?;
    engine
        .precompile_component(component)
        .map_err(|error| anyhow::anyhow!("compiling the component: {error:?}"))
}

fn host_triple() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = std::process::Command::new(rustc)
        .arg("-vV")
        .output()
        .context("asking rustc for its host")?;
    String::from_utf8_lossy(&told.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_string)
        .context("`rustc -vV` names no host")
}

/// Written beside and renamed: a running host maps the old file, which must not change under it.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, bytes).with_context(|| format!("writing {}", fresh.display()))?;
    std::fs::rename(&fresh, path).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component of an empty core module with the given WIT world.
    fn component_of(wit: &str) -> Vec<u8> {
        make_component(&module_of(wit), None).expect("the module is one of that world")
    }

    fn module_of(wit: &str) -> Vec<u8> {
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve.push_str("test.wit", wit).expect("the WIT parses");
        let world = resolve.select_world(&[package], None).expect("the package has one world");
        let mut module =
            wit_component::dummy_module(&resolve, world, wit_parser::ManglingAndAbi::Standard32);
        wit_component::embed_component_metadata(
            &mut module,
            &resolve,
            world,
            wit_component::StringEncoding::UTF8,
        )
        .expect("the world fits the module");
        module
    }

    #[test]
    fn of_the_drafts_of_keyvalue_one_is_imported_or_none() {
        let store = "interface store { resource bucket { get: func(key: string) -> option<u64>; } open: func(name: string) -> bucket; }";
        let packages =
            keyvalue::DRAFTS.map(|draft| format!("package wasi:keyvalue@{draft} {{ {store} }}"));
        let imports_of =
            keyvalue::DRAFTS.map(|draft| format!("import wasi:keyvalue/store@{draft};"));
        let world = format!("world w {{ {} export run: func(); }}", imports_of.concat());
        let module = module_of(&format!("package edgeway:test; {world} {}", packages.concat()));
        for draft in [None, Some(keyvalue::DRAFTS[0]), Some(keyvalue::DRAFTS[1])] {
            let component = make_component(&module, draft).unwrap();
            let expected = draft.map(|draft| format!("wasi:keyvalue/store@{draft}"));
            assert_eq!(imports(&component).unwrap(), Vec::from_iter(expected));
            assert!(check_imports(&component, WASI_PACKAGES, draft).is_ok());
            let other = if draft.is_none() { keyvalue::DRAFTS[0] } else { "0.2.0" };
            let as_other = check_imports(&component, WASI_PACKAGES, Some(other));
            assert_eq!(as_other.is_ok(), draft.is_none(), "{draft:?}");
        }
    }

    #[test]
    fn imports_of_our_own_packages_are_accepted() {
        let component = component_of(
            "package edgeway:gateway@0.1.0; interface host { now: func() -> u64; } world w { import host; export run: func(); }",
        );
        assert_eq!(imports(&component).unwrap(), ["edgeway:gateway/host@0.1.0"]);
        assert!(check_imports(&component, OWN_PACKAGES, None).is_ok());
    }

    #[test]
    fn a_foreign_import_is_refused_by_name() {
        let component = component_of(
            "package other:clock@1.0.0; interface wall { now: func() -> u64; } world w { import wall; export run: func(); }",
        );
        let refused = check_imports(&component, OWN_PACKAGES, None).unwrap_err().to_string();
        assert!(refused.contains("other:clock/wall@1.0.0"), "{refused}");
    }

    #[test]
    fn a_module_without_types_is_no_component() {
        assert!(
            make_component(b"\0asm\x01\0\0\0", None)
                .map(|component| imports(&component).unwrap().is_empty())
                .unwrap_or(true)
        );
        assert!(make_component(b"not wasm", None).is_err());
    }

    #[test]
    fn what_is_compiled_here_is_accepted_by_an_engine_with_the_hosts_settings() {
        let component =
            component_of("package edgeway:gateway@0.1.0; world w { export run: func(); }");
        let compiled = precompile(&component).unwrap();
        let engine = wasmtime::Engine::new(&engine_config::engine_config()).unwrap();
        // SAFETY: wasmtime itself made these bytes a line above.
        let loaded = unsafe { wasmtime::component::Component::deserialize(&engine, &compiled) };
        assert!(loaded.is_ok(), "{:?}", loaded.err());
    }
}
