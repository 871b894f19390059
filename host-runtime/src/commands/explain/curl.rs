//! A request as curl's command line has it: what a browser's "Copy as cURL" gives is understood.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{ArgGroup, Args};
use gateway_core::target::encode_query;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::form;
use super::read;
use super::unsent::Unsent;
use crate::alone::{Asked, Client, Connection};
use crate::tls::files::certificates;

/// curl's arguments, as far as they say what is sent.
#[derive(Debug, Default, Args)]
#[command(group = ArgGroup::new("request").multiple(true))]
pub(super) struct CurlArguments {
    /// The URL, by name
    #[arg(long = "url", value_name = "URL", group = "request")]
    pub(super) url: Option<String>,
    /// The method; GET, or POST with data
    #[arg(short = 'X', long = "request", value_name = "METHOD", group = "request", id = "method")]
    method: Option<String>,
    /// A header field; may be given several times. `Name;` has no value
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", group = "request")]
    headers: Vec<String>,
    /// Content, or @FILE without its line breaks; several are joined by `&`, as a form's
    #[arg(
        short = 'd',
        long = "data",
        visible_alias = "data-ascii",
        value_name = "DATA",
        group = "request"
    )]
    data: Vec<String>,
    /// Content as it is, a leading @ too
    #[arg(long, value_name = "DATA", group = "request")]
    data_raw: Vec<String>,
    /// Content, or @FILE as it is
    #[arg(long, value_name = "DATA", group = "request")]
    data_binary: Vec<String>,
    /// Content, percent-encoded: TEXT, =TEXT, NAME=TEXT, @FILE or NAME@FILE
    #[arg(long, value_name = "DATA", group = "request")]
    data_urlencode: Vec<String>,
    /// Content, or @FILE, with a Content-Type and an Accept of application/json
    #[arg(long, value_name = "DATA", group = "request")]
    json: Vec<String>,
    /// Sends data in the query, by GET
    #[arg(short = 'G', long, group = "request")]
    get: bool,
    /// Asks by HEAD
    #[arg(short = 'I', long, group = "request")]
    head: bool,
    /// Basic authentication
    #[arg(short = 'u', long, value_name = "USER:PASSWORD", group = "request")]
    user: Option<String>,
    /// User-Agent
    #[arg(short = 'A', long, value_name = "NAME", group = "request")]
    user_agent: Option<String>,
    /// Referer
    #[arg(short = 'e', long, value_name = "URL", group = "request")]
    referer: Option<String>,
    /// Cookie
    #[arg(short = 'b', long, value_name = "NAME=VALUE", group = "request")]
    cookie: Vec<String>,
    /// Accept-Encoding, as curl has it
    #[arg(long, group = "request")]
    compressed: bool,
    /// A form's field, or NAME=@FILE: content of the type multipart/form-data
    #[arg(short = 'F', long, value_name = "NAME=CONTENT", group = "request")]
    form: Vec<String>,
    /// A form's field as it is, a leading @ too
    #[arg(long, value_name = "NAME=TEXT", group = "request")]
    form_string: Vec<String>,
    /// PUTs a file, under its name where the URL ends in `/`
    #[arg(short = 'T', long, value_name = "FILE", group = "request")]
    upload_file: Option<String>,
    /// Range, in bytes: 0-99
    #[arg(short = 'r', long, value_name = "RANGE", group = "request")]
    range: Option<String>,
    /// More of the query, encoded as --data-urlencode does; +TEXT as it is
    #[arg(long, value_name = "DATA", group = "request")]
    url_query: Vec<String>,
    /// Authorization: Bearer
    #[arg(long, value_name = "TOKEN", group = "request")]
    oauth2_bearer: Option<String>,
    /// The client's certificate (PEM), which is shown where mutual TLS asks for one
    #[arg(short = 'E', long, value_name = "FILE", group = "request")]
    cert: Option<String>,
    #[command(flatten)]
    unsent: Unsent,
    #[arg(long, hide = true, value_name = "PROVIDER")]
    aws_sigv4: Option<String>,
}

impl CurlArguments {
    /// The request, as curl makes it.
    pub(super) fn asked(&self, url: &str) -> Result<Asked, String> {
        if self.aws_sigv4.is_some() {
            return Err("--aws-sigv4: no request is signed here: sign it by what your client has, and give the header \
                        fields that this makes (-H 'Authorization: AWS4-HMAC-SHA256 …', -H 'X-Amz-Date: …')"
                .into());
        }
        let mut asked = at_url(url)?;
        if let Some(file) = &self.cert {
            asked.connection.certificates = certificates_of(file)?;
        }
        for more in &self.url_query {
            let more = match more.strip_prefix('+') {
                Some(plain) => plain.into(),
                None => encoded(more)?,
            };
            add_to_query(&mut asked, more)?;
        }
        let data = self.content()?;
        self.add_fields(&mut asked)?;
        self.add_upload(&mut asked)?;
        let form = form::of(&self.form, &self.form_string)?;
        let ways = [data.is_some(), form.is_some(), self.upload_file.is_some()];
        if ways.iter().filter(|is_one| **is_one).count() > 1 {
            return Err("-d, -F and -T make different contents: choose one".into());
        }
        if let Some(form) = form {
            asked.content = form.content;
            "POST".clone_into(&mut asked.method);
            add_missing(&mut asked, "Content-Type", &form.media_type);
        }
        if let Some(data) = data {
            if self.get {
                add_to_query(&mut asked, data)?;
            } else {
                asked.content = data;
                "POST".clone_into(&mut asked.method);
                let form = "application/x-www-form-urlencoded";
                let media_type = if self.json.is_empty() { form } else { "application/json" };
                add_missing(&mut asked, "Content-Type", media_type);
                if !self.json.is_empty() {
                    add_missing(&mut asked, "Accept", "application/json");
                }
            }
        }
        if self.head {
            "HEAD".clone_into(&mut asked.method);
        }
        if let Some(method) = &self.method {
            asked.method.clone_from(method);
        }
        Ok(asked)
    }

    /// Whether curl would send its own `User-Agent`: nobody says which, or that there is to be none.
    pub(super) fn has_default_agent(&self) -> bool {
        let names_it = |header: &String| {
            let name = header.split([':', ';']).next().unwrap_or_default();
            name.trim().eq_ignore_ascii_case("user-agent")
        };
        self.user_agent.is_none() && !self.headers.iter().any(names_it)
    }

    fn add_fields(&self, asked: &mut Asked) -> Result<(), String> {
        for header in &self.headers {
            let (name, value) = match (header.split_once(':'), header.strip_suffix(';')) {
                // curl leaves out a field without a value.
                (Some((_, value)), _) if value.trim().is_empty() => continue,
                (Some((name, value)), _) => (name, value),
                (None, Some(name)) => (name, ""),
                (None, None) => {
                    return Err(format!("`{header}` is no header field: write `Name: value`"));
                }
            };
            if name.eq_ignore_ascii_case("host") {
                asked.fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
            }
            asked.fields.push((name.trim().into(), value.trim().into()));
        }
        if let Some(user) = &self.user {
            let credentials = if user.contains(':') { user.clone() } else { format!("{user}:") };
            add_missing(asked, "Authorization", &format!("Basic {}", STANDARD.encode(credentials)));
        }
        if let Some(token) = &self.oauth2_bearer {
            add_missing(asked, "Authorization", &format!("Bearer {token}"));
        }
        if let Some(range) = &self.range {
            add_missing(asked, "Range", &format!("bytes={range}"));
        }
        let cookies = self.cookie.join("; ");
        let encodings = if self.compressed { "deflate, gzip, br, zstd" } else { "" };
        for (name, value) in [
            ("User-Agent", self.user_agent.as_deref().unwrap_or_default()),
            ("Referer", self.referer.as_deref().unwrap_or_default()),
            ("Cookie", &cookies),
            ("Accept-Encoding", encodings),
        ] {
            if !value.is_empty() {
                add_missing(asked, name, value);
            }
        }
        Ok(())
    }

    fn add_upload(&self, asked: &mut Asked) -> Result<(), String> {
        let Some(file) = &self.upload_file else { return Ok(()) };
        asked.content = file_content(file)?;
        "PUT".clone_into(&mut asked.method);
        let (path, query) = match asked.target.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (asked.target.as_str(), String::new()),
        };
        let name = Path::new(file).file_name().filter(|_| path.ends_with('/'));
        if let Some(name) = name {
            let mut target = path.to_owned();
            encode_query(&name.to_string_lossy(), &mut target);
            asked.target = target + &query;
        }
        Ok(())
    }

    /// All data, joined as curl joins it.
    fn content(&self) -> Result<Option<Vec<u8>>, String> {
        let mut parts = Vec::new();
        for data in &self.data {
            parts.push(match data.strip_prefix('@') {
                Some(file) => {
                    let mut bytes = file_content(file)?;
                    bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                    bytes
                }
                None => data.clone().into_bytes(),
            });
        }
        parts.extend(self.data_raw.iter().map(|data| data.clone().into_bytes()));
        for data in self.data_binary.iter() {
            parts.push(text_or_file(data)?);
        }
        for data in &self.data_urlencode {
            parts.push(encoded(data)?);
        }
        // curl does not put anything between these.
        let json: Result<Vec<_>, _> = self.json.iter().map(|data| text_or_file(data)).collect();
        let json = json?.concat();
        if !self.json.is_empty() {
            parts.push(json);
        }
        Ok((!parts.is_empty()).then(|| parts.join(&b'&')))
    }
}

fn add_to_query(asked: &mut Asked, more: Vec<u8>) -> Result<(), String> {
    let more = String::from_utf8(more).map_err(|_| "a query is text")?;
    let sign = if asked.target.contains('?') { '&' } else { '?' };
    asked.target = format!("{}{sign}{more}", asked.target);
    Ok(())
}

/// `--cert`: a password may follow the file's name; no key is needed here.
fn certificates_of(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let named = match file.rsplit_once(':') {
        Some((named, _)) if !Path::new(file).exists() => named,
        _ => file,
    };
    let pem = String::from_utf8_lossy(&file_content(named)?).into_owned();
    certificates(&pem).map_err(|unusable| format!("{named}: {}", unusable.reason))
}

fn add_missing(asked: &mut Asked, name: &str, value: &str) {
    if !asked.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        asked.fields.push((name.into(), value.into()));
    }
}

/// A GET of a URL, or of a path at whatever host.
pub(super) fn at_url(url: &str) -> Result<Asked, String> {
    let is_host = !url.starts_with('/') && !url.contains("://") && url.contains(['.', ':', '/']);
    // As curl guesses: "If you provide a URL without a leading protocol:// scheme, curl guesses what scheme you want",
    // which is HTTP for hosts that are called by no other protocol.
    let guessed = if is_host { format!("http://{url}") } else { url.to_owned() };
    let uri: http::Uri = guessed.parse().map_err(|_| format!("`{url}` is no URL and no path"))?;
    if uri.path().is_empty() || uri.scheme().is_none() && !url.starts_with('/') {
        return Err(format!("`{url}` is no URL and no path: a path begins with `/`"));
    }
    let host = uri.authority().map(|authority| ("Host".into(), authority.as_str().into()));
    Ok(Asked {
        method: "GET".into(),
        target: uri.path_and_query().map_or("/", |target| target.as_str()).into(),
        fields: host.into_iter().collect(),
        content: Vec::new(),
        is_complete: false,
        connection: Connection {
            is_https: uri.scheme() == Some(&http::uri::Scheme::HTTPS),
            host: uri.host().map(Into::into),
            port: uri.port_u16(),
            ..Connection::default()
        },
        client: Client::default(),
    })
}

fn text_or_file(data: &str) -> Result<Vec<u8>, String> {
    match data.strip_prefix('@') {
        Some(file) => file_content(file),
        None => Ok(data.into()),
    }
}

pub(super) fn file_content(file: &str) -> Result<Vec<u8>, String> {
    if file == "-" {
        return read(std::io::stdin(), "standard input");
    }
    let open = std::fs::File::open(file).map_err(|error| format!("{file}: {error}"))?;
    read(open, file)
}

/// `--data-urlencode`
fn encoded(data: &str) -> Result<Vec<u8>, String> {
    let (name, text) = match data.find(['=', '@']) {
        Some(at) if data.as_bytes()[at] == b'@' => (&data[..at], file_content(&data[at + 1..])?),
        Some(at) => (&data[..at], data[at + 1..].into()),
        None => ("", data.into()),
    };
    let mut encoded = String::new();
    if !name.is_empty() {
        encoded = format!("{name}=");
    }
    encode_query(&String::from_utf8_lossy(&text), &mut encoded);
    Ok(encoded.into_bytes())
}
