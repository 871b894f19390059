//! Content of the type `multipart/form-data` (RFC 7578), as curl makes it of `-F` and `--form-string`.

use std::path::Path;

use memchr::memmem;

use super::curl::file_content;

/// A form.
pub(super) struct Form {
    pub(super) content: Vec<u8>,
    /// With its boundary.
    pub(super) media_type: String,
}

#[derive(Default)]
struct Part {
    name: String,
    file_name: Option<String>,
    media_type: Option<String>,
    content: Vec<u8>,
}

/// The form of these fields, if there is one.
pub(super) fn of(fields: &[String], as_they_are: &[String]) -> Result<Option<Form>, String> {
    let mut parts = Vec::new();
    for field in fields {
        parts.push(part(field)?);
    }
    for field in as_they_are {
        let (name, text) = split(field)?;
        parts.push(Part { name: name.into(), content: text.into(), ..Part::default() });
    }
    Ok((!parts.is_empty()).then(|| written(&parts)))
}

fn split(field: &str) -> Result<(&str, &str), String> {
    field
        .split_once('=')
        .ok_or_else(|| format!("`{field}` is no field of a form: write NAME=CONTENT"))
}

/// `NAME=TEXT`, `NAME=<FILE`, `NAME=@FILE`, each with `;type=` and `;filename=` behind it.
fn part(field: &str) -> Result<Part, String> {
    let (name, value) = split(field)?;
    let said = [";type=", ";filename=", ";headers=", ";encoder="];
    let end = said.iter().filter_map(|word| value.find(word)).min().unwrap_or(value.len());
    let (value, parameters) = value.split_at(end);
    let mut part = match (value.strip_prefix('@'), value.strip_prefix('<')) {
        (Some(file), _) => Part {
            file_name: Path::new(file).file_name().map(|name| name.to_string_lossy().into()),
            media_type: Some(type_of(file).into()),
            content: file_content(file)?,
            ..Part::default()
        },
        (_, Some(file)) => Part { content: file_content(file)?, ..Part::default() },
        _ => Part { content: value.into(), ..Part::default() },
    };
    part.name = name.into();
    for parameter in parameters.split(';').skip(1) {
        match (parameter.split_once('='), &mut part.media_type) {
            (Some(("type", media_type)), kept) => *kept = Some(media_type.into()),
            (Some(("filename", name)), _) => part.file_name = Some(name.trim_matches('"').into()),
            (Some(("headers" | "encoder", _)), _) | (_, None) => {
                return Err(format!("`{field}`: ;{parameter} is not taken here"));
            }
            // A parameter of the type itself.
            (_, Some(media_type)) => *media_type = format!("{media_type};{parameter}"),
        }
    }
    Ok(part)
}

/// By the ending of a file's name, as curl has them.
fn type_of(file: &str) -> &'static str {
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref().unwrap_or_default() {
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

fn written(parts: &[Part]) -> Form {
    let is_in =
        |boundary: &str, part: &Part| memmem::find(&part.content, boundary.as_bytes()).is_some();
    let mut boundaries = (0_u64..).map(|number| format!("------------------------{number:022}"));
    let free = boundaries.find(|one| !parts.iter().any(|part| is_in(one, part)));
    let boundary = free.unwrap_or_default();
    let mut content = Vec::new();
    for part in parts {
        let name = quoted(&part.name);
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some(file_name) = &part.file_name {
            head.push_str(&format!("; filename=\"{}\"", quoted(file_name)));
        }
        if let Some(media_type) = &part.media_type {
            head.push_str(&format!("\r\nContent-Type: {media_type}"));
        }
        content.extend_from_slice(head.as_bytes());
        content.extend_from_slice(b"\r\n\r\n");
        content.extend_from_slice(&part.content);
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Form { content, media_type: format!("multipart/form-data; boundary={boundary}") }
}

/// What would end a quoted name is percent-encoded, as browsers do.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
