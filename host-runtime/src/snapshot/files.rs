//! Files as they are found: what they are, and their text.

use std::path::Path;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{DefinitionError, Source, openapi};
use gateway_core::limits::DEFINITION_BYTES_MAX;

use crate::{config, pipes};

/// Whether a text is a configuration rather than a definition.
pub(super) fn is_config(text: &str) -> bool {
    crate::document::read(text).is_ok_and(|document| !is_definition(&At::root(&document)))
}

fn is_definition(root: &At<'_>) -> bool {
    root.get("openapi").is_some()
        || root.get("swagger").is_some()
        // Where that is misspelt.
        || root.get("paths").is_some() && root.get("apis").is_none()
        || openapi::is_template(root)
}

/// What to do with a document that is neither.
pub(super) fn neither(document: &Node) -> Option<DefinitionError> {
    let root = At::root(document);
    let is_key = |name: &str| {
        config::KEYS.contains(&name) || did_you_mean(name, config::KEYS.iter().copied()).is_some()
    };
    let is_config = root.members().any(|(name, _)| is_key(name));
    (!is_config && !is_definition(&root)).then(|| neither_at(&root.source()))
}

/// The same of a text that is no document: a page that was downloaded in a definition's place is often none.
pub(super) fn is_markup(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

pub(super) fn neither_at(source: &Source) -> DefinitionError {
    let message = "this is neither an OpenAPI document nor a configuration";
    let help = "an OpenAPI document has `openapi` or `swagger`, a configuration `apis`";
    DefinitionError::error(source.clone(), message).help(help)
}

/// What to do with a definition in the place of a configuration.
pub(super) fn no_config(document: &Node) -> Option<DefinitionError> {
    let root = At::root(document);
    let is_openapi = root.get("openapi").or_else(|| root.get("swagger")).is_some();
    let error =
        DefinitionError::error(root.source(), "this is an API's definition, not a configuration");
    let help = "give it without `--config`, or name it as the `definition` of an API";
    (root.get("apis").is_none() && is_openapi).then(|| error.help(help))
}

/// What to do with a configuration in the place of a definition.
pub(super) fn no_definition(document: &Node) -> Option<DefinitionError> {
    let root = At::root(document);
    let error =
        DefinitionError::error(root.source(), "this is a configuration, not an API's definition");
    (root.get("apis").is_some() && !is_definition(&root))
        .then(|| error.help("give it by `--config`"))
}

/// The text of a file that is not too long. Pipes, and standard input, `-`, tell it once: whoever asks again has it from
/// there.
pub(crate) fn read_text(file: &Path) -> Result<String, String> {
    let bytes = pipes::read(file, DEFINITION_BYTES_MAX as u64)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() > DEFINITION_BYTES_MAX {
        return Err(format!("it has more than {DEFINITION_BYTES_MAX} bytes"));
    }
    if let Some(encoding) = other_encoding(&bytes) {
        return Err(format!(
            "it is {encoding} text, and must be UTF-8: `iconv -f {encoding} -t UTF-8` makes it that"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

/// UTF-16 or UTF-32, by its byte order mark or, since a document begins with a character of ASCII, by the pattern
/// of its zeros (YAML 1.2.2 §5.2). PowerShell's `>` writes UTF-16.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0, 0, ..] => Some("UTF-32"),
        [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => Some("UTF-32"),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::SocketAddr;

    use gateway_core::definition::openapi::BasePathMode;

    use super::*;
    use crate::snapshot::{Origin, Refused};

    #[test]
    fn a_file_without_end_is_not_read_for_ever() {
        let refused = read_text(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(refused, "it has more than 6291456 bytes");
    }

    #[test]
    fn a_definition_in_utf_16_is_told_to_be_that() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openapi.json");
        let units: Vec<u16> = "{\"openapi\": \"3.0.1\"}".encode_utf16().collect();
        let little = |units: &[u16]| units.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<_>>();
        let big = |units: &[u16]| units.iter().flat_map(|u| u.to_be_bytes()).collect::<Vec<_>>();
        let marked = [&[0xFEFF], &units[..]].concat();
        for bytes in [little(&marked), big(&marked), little(&units), big(&units)] {
            fs::write(&file, bytes).unwrap();
            let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
            let definition = Origin::Definition {
                file: file.clone(),
                protocol: None,
                listen,
                basepath: BasePathMode::Ignore,
            };
            let refused = definition.build().unwrap_err();
            let told = refused.diagnostics[0].to_string();
            assert!(told.contains("it is UTF-16 text, and must be UTF-8"), "{told}");
        }
        fs::write(&file, [0xFF, 0xFE, 0, 0, b'{', 0, 0, 0]).unwrap();
        assert!(read_text(&file).unwrap_err().starts_with("it is UTF-32 text"));
        fs::write(&file, "\u{feff}{}").unwrap();
        assert_eq!(read_text(&file).as_deref(), Ok("\u{feff}{}"));
        fs::write(&file, [b'{', 0xE9, b'}']).unwrap();
        assert_eq!(read_text(&file).unwrap_err(), "it is not UTF-8 text");
    }

    #[test]
    fn what_is_neither_a_configuration_nor_a_definition_is_told_to_be_that() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let definition = Origin::Definition {
            file: file.clone(),
            protocol: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            basepath: BasePathMode::Ignore,
        };
        let page = "<!DOCTYPE html>\n<html><body style=\"a: b\">{ x: [</body></html>\n";
        for text in ["hello", "<html></html>", page, "- a\n- b\n", "{\"foo\": 1}"] {
            fs::write(&file, text).unwrap();
            let refused = [
                Origin::build_either(definition.clone()),
                definition.build(),
                Origin::Config(file.clone()).build(),
            ];
            for refused in refused {
                let told = refused.unwrap_err().diagnostics;
                assert_eq!(told.len(), 1, "{text}: {told:?}");
                let told = told[0].to_string();
                assert!(told.contains("neither an OpenAPI document nor a configuration"), "{told}");
            }
        }
        fs::write(&file, "apiz: []\n").unwrap();
        let told = Origin::build_either(definition).unwrap_err().diagnostics;
        assert!(told.iter().any(|told| told.to_string().contains("did you mean `apis`?")));
    }

    #[test]
    fn a_configuration_and_a_definition_in_each_other_s_place_are_told_apart() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/products");
        let told = |refused: Refused| match refused.diagnostics.as_slice() {
            [alone] => alone.to_string(),
            several => panic!("{several:?}"),
        };
        let definition = Origin::Config(root.join("rest.yaml")).build().unwrap_err();
        assert!(told(definition).contains("this is an API's definition, not a configuration"));
        let configuration = Origin::Definition {
            file: root.join("edgeway.yaml"),
            protocol: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            basepath: BasePathMode::Ignore,
        };
        let configuration = told(configuration.build().unwrap_err());
        assert!(configuration.contains("this is a configuration, not an API's definition"));
        assert!(configuration.contains("help: give it by `--config`"));
    }
}
