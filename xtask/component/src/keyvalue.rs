//! Components that import one draft of `wasi:keyvalue`, or none, of one core module that calls both.
//!
//! A component's imports are there or it does not start, and hosts have one draft at most. What a component is not to
//! import is answered inside it, by a module of functions that trap: nothing calls them. Building the core module three
//! times would take minutes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection, ValType,
};
use wasmparser::{FuncType, Parser, Payload, TypeRef};

/// What modules put before the names of interfaces by the component model's standard names; wit-bindgen does not yet.
const STANDARD_NAMES: &str = "cm32p2|";
/// The package of all drafts.
const PACKAGE: &str = "wasi:keyvalue/";
/// Those that hosts have: wasmtime and wasmCloud, and Spin.
pub(crate) const DRAFTS: [&str; 2] = ["0.2.0-draft", "0.2.0-draft2"];

/// Whether an import is of `wasi:keyvalue` in another draft than this.
pub(crate) fn is_foreign(import: &str, draft: Option<&str>) -> bool {
    let version = import.starts_with(PACKAGE).then(|| import.rsplit_once('@'));
    version.is_some_and(|version| version.map(|(_, version)| version) != draft)
}

/// What stands in place of each interface that the component is not to import, by its name.
pub(crate) fn stubs(core_module: &[u8], draft: Option<&str>) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut functions: BTreeMap<String, Vec<(String, FuncType)>> = BTreeMap::new();
    let mut types: Vec<FuncType> = Vec::new();
    for payload in Parser::new(0).parse_all(core_module) {
        match payload.context("reading the core module")? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else { continue };
                    let interface = import.module.trim_start_matches(STANDARD_NAMES);
                    if is_foreign(interface, draft) {
                        let ty = types.get(ty as usize).context("an import without a type")?;
                        let of_interface = functions.entry(import.module.into()).or_default();
                        of_interface.push((import.name.into(), ty.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    functions.into_iter().map(|(name, functions)| Ok((name, module(&functions)?))).collect()
}

/// A module with these functions, which trap.
fn module(functions: &[(String, FuncType)]) -> Result<Vec<u8>> {
    let (mut types, mut declared) = (TypeSection::new(), FunctionSection::new());
    let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
    for (index, (name, ty)) in (0..).zip(functions) {
        let parameters = ty.params().iter().map(|ty| value_type(*ty));
        let results = ty.results().iter().map(|ty| value_type(*ty));
        let (parameters, results): (Result<Vec<_>>, Result<Vec<_>>) =
            (parameters.collect(), results.collect());
        types.ty().function(parameters?, results?);
        declared.function(index);
        exports.export(name, ExportKind::Func, index);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&exports).section(&code);
    Ok(module.finish())
}

fn value_type(ty: wasmparser::ValType) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        other => bail!("no interface has a parameter of type {other}"),
    })
}
