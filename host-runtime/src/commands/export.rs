//! `edgeway export`: the document of an API, as AWS's `GetExport` and `ExportApi` write it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use gateway_core::definition::openapi::{self, ExportType, Exported, Extensions};
use gateway_core::definition::{Api, Snapshot, Stage};

use super::{
    ExportArguments, ExportTypeName, ExtensionName, LISTEN_DEFAULT, MediaType, print_refused,
};
use crate::document;

/// Writes the document.
pub(super) fn export(arguments: &ExportArguments) -> ExitCode {
    let built = match arguments.source.origin(LISTEN_DEFAULT).build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    let written = document_of(&built.snapshot, arguments).and_then(|text| {
        write(arguments.out.as_deref(), &text).map_err(|error| {
            let place = arguments.out.as_deref().unwrap_or(Path::new("standard output"));
            format!("{}: {error}", place.display())
        })
    });
    match written {
        Ok(()) => {
            if let Some(file) = &arguments.out {
                tell!("wrote {}", file.display());
            }
            ExitCode::SUCCESS
        }
        Err(reason) => {
            tell!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn document_of(snapshot: &Snapshot, arguments: &ExportArguments) -> Result<String, String> {
    let api = api(snapshot, arguments.api.as_deref())?;
    let stage = stage(api, arguments.stage.as_deref())?;
    let exported = Exported {
        api,
        deployment: &api.deployments[stage.deployment as usize],
        stage_name: &stage.stage_name,
        region: &snapshot.region,
        export_type: match arguments.export_type {
            ExportTypeName::Oas30 => ExportType::Oas30,
            ExportTypeName::Swagger => ExportType::Swagger,
        },
        extensions: extensions(&arguments.extensions)?,
    };
    let written = openapi::export(&exported).map_err(|error| error.to_string())?;
    Ok(match arguments.accepts {
        MediaType::Json => document::json(&written),
        MediaType::Yaml => document::yaml(&written),
    })
}

fn api<'s>(snapshot: &'s Snapshot, id: Option<&str>) -> Result<&'s Api, String> {
    let ids = || snapshot.apis.iter().map(|api| api.id.as_str()).collect::<Vec<_>>().join(", ");
    match (id, &snapshot.apis[..]) {
        (None, [one]) => Ok(one),
        (None, _) => Err(format!("there are several APIs: add `--api` with one of {}", ids())),
        (Some(id), apis) => {
            let found = apis.iter().find(|api| api.id == id);
            found.ok_or_else(|| format!("no API has the id `{id}`, only {}", ids()))
        }
    }
}

fn stage<'a>(api: &'a Api, name: Option<&str>) -> Result<&'a Stage, String> {
    let names = || api.stages.iter().map(|s| s.stage_name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, &api.stages[..]) {
        (None, [one]) => Ok(one),
        (None, _) => {
            Err(format!("there are several stages: add `--stage` with one of {}", names()))
        }
        (Some(name), stages) => {
            let found = stages.iter().find(|stage| stage.stage_name == name);
            found.ok_or_else(|| format!("API `{}` has no stage `{name}`, only {}", api.id, names()))
        }
    }
}

fn extensions(names: &[ExtensionName]) -> Result<Extensions, String> {
    let has = |name| names.contains(&name);
    if has(ExtensionName::None) && names.len() > 1 {
        return Err("`--extensions none` stands alone".into());
    }
    let apigateway = has(ExtensionName::Apigateway);
    Ok(Extensions {
        integrations: apigateway || has(ExtensionName::Integrations),
        authorizers: apigateway || has(ExtensionName::Authorizers),
        apigateway,
    })
}

fn write(out: Option<&Path>, text: &str) -> io::Result<()> {
    match out {
        Some(file) => fs::write(file, text),
        None => io::stdout().lock().write_all(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Origin;
    use clap::Parser;
    use gateway_core::definition::openapi::BasePathMode;

    use super::super::{Command, CommandLine};

    const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

    fn arguments(line: &str) -> ExportArguments {
        let line = format!("edgeway export {line}");
        match CommandLine::try_parse_from(line.split(' ')).unwrap().command {
            Command::Export(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    fn built(file: &Path, protocol: gateway_core::definition::Protocol) -> Snapshot {
        let origin = Origin::Definition {
            file: file.to_owned(),
            protocol: Some(protocol),
            listen: LISTEN_DEFAULT,
            basepath: BasePathMode::Ignore,
        };
        origin.build().unwrap_or_else(|refused| panic!("{refused:?}")).snapshot
    }

    /// Without what depends on the text rather than on what it says.
    fn comparable(snapshot: &Snapshot) -> Snapshot {
        let mut snapshot = snapshot.clone();
        for deployment in snapshot.apis.iter_mut().flat_map(|api| &mut api.deployments) {
            deployment.id.clear();
            for method in &mut deployment.methods {
                method.source = Default::default();
                method.integration.source = Default::default();
                let connection = &mut method.integration.connection_type;
                if let gateway_core::definition::ConnectionType::VpcLink(private) = connection {
                    private.source = Default::default();
                }
            }
            deployment.authorizers.iter_mut().for_each(|a| a.source = Default::default());
            deployment.models.iter_mut().for_each(|m| m.source = Default::default());
        }
        snapshot
    }

    #[test]
    fn what_is_exported_of_the_examples_is_served_alike() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["quickstart/openapi.yaml", "products/rest.yaml", "products/http.yaml"] {
            for accepts in ["application/json", "application/yaml"] {
                let file = Path::new(EXAMPLES).join(name);
                let arguments = arguments(&format!("{} --accepts {accepts}", file.display()));
                let snapshot = arguments.source.origin(LISTEN_DEFAULT).build().unwrap().snapshot;
                let text = document_of(&snapshot, &arguments).unwrap();
                let out = directory.path().join("exported");
                fs::write(&out, &text).unwrap();
                let again = built(&out, snapshot.apis[0].protocol);
                assert_eq!(comparable(&again), comparable(&snapshot), "{name}\n{text}");
            }
        }
    }

    #[test]
    fn one_of_several_apis_is_named() {
        let config = format!("--config {EXAMPLES}/products/edgeway.yaml");
        let snapshot = arguments(&config).source.origin(LISTEN_DEFAULT).build().unwrap().snapshot;
        let refused = document_of(&snapshot, &arguments(&config)).unwrap_err();
        assert!(refused.contains("add `--api` with one of"), "{refused}");
        let id = &snapshot.apis[0].id;
        let named = document_of(&snapshot, &arguments(&format!("{config} --api {id}")));
        assert!(named.unwrap().starts_with("{\n  \"openapi\": \"3.0.1\""));
        let absent = arguments(&format!("{config} --api {id} --stage nowhere"));
        assert!(document_of(&snapshot, &absent).unwrap_err().contains("no stage `nowhere`"));
    }
}
