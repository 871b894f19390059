//! HTTP/1.1 messages as they are on the wire: what both the recording backends and the client read.
//!
//! A library would normalise what the tests must see: the case and order of fields, repeated fields,
//! targets that are no valid URI.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;

const HEAD_BYTES_MAX: usize = 256 * 1024;
const CONTENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A start line and the fields, in order and as written. Bytes above 0x7F are read as Latin-1.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The request line or status line.
    pub start: String,
    /// The fields.
    pub fields: Fields,
}

/// Header fields in order, names as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The values of the fields of this name, whatever its case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The fields of this name joined with `, `.
    pub fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.all(name).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The names in lower case, each once, in the order of their first appearance.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in &self.0 {
            let name = name.to_ascii_lowercase();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn is_chunked(&self) -> bool {
        self.all("transfer-encoding").any(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    fn content_length(&self) -> io::Result<Option<usize>> {
        let parsed = self.all("content-length").next().map(|value| value.trim().parse::<usize>());
        parsed.transpose().map_err(|_| invalid("Content-Length is not a number"))
    }
}

/// How the end of content is known where neither chunks nor a length say it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Otherwise {
    /// There is no content: a request.
    Empty,
    /// The connection ends with it: a response.
    UntilClosed,
}

/// Reads up to the empty line after the fields; `None` if the connection ended before a first byte.
pub async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Head>> {
    let mut read = 0;
    let Some(start) = read_line(stream, &mut read).await? else { return Ok(None) };
    let mut fields = Vec::new();
    loop {
        let line = read_line(stream, &mut read).await?.ok_or_else(cut_off)?;
        if line.is_empty() {
            return Ok(Some(Head { start, fields: Fields(fields) }));
        }
        let (name, value) =
            line.split_once(':').ok_or_else(|| invalid("a field without a colon"))?;
        fields.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

/// Reads the content that follows a head.
pub async fn read_content(
    stream: &mut BufReader<TcpStream>,
    fields: &Fields,
    otherwise: Otherwise,
) -> io::Result<Vec<u8>> {
    if fields.is_chunked() {
        return read_chunks(stream).await;
    }
    match (fields.content_length()?, otherwise) {
        (Some(length), _) => read_exactly(stream, length).await,
        (None, Otherwise::Empty) => Ok(Vec::new()),
        (None, Otherwise::UntilClosed) => {
            let mut content = Vec::new();
            stream.take(CONTENT_BYTES_MAX as u64).read_to_end(&mut content).await?;
            Ok(content)
        }
    }
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let (mut content, mut read) = (Vec::new(), 0);
    loop {
        let line = read_line(stream, &mut read).await?.ok_or_else(cut_off)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size =
            usize::from_str_radix(size, 16).map_err(|_| invalid("a chunk without a size"))?;
        if size == 0 {
            break;
        }
        if content.len() + size > CONTENT_BYTES_MAX {
            return Err(invalid("content too large"));
        }
        content.extend(read_exactly(stream, size).await?);
        read_line(stream, &mut read).await?.ok_or_else(cut_off)?;
        read = 0;
    }
    // Trailers, up to the empty line.
    while !read_line(stream, &mut read).await?.ok_or_else(cut_off)?.is_empty() {}
    Ok(content)
}

async fn read_exactly(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    if length > CONTENT_BYTES_MAX {
        return Err(invalid("content too large"));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await?;
    Ok(content)
}

/// One line without its end, or `None` at the end of the connection.
async fn read_line(
    stream: &mut BufReader<TcpStream>,
    read: &mut usize,
) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let left = HEAD_BYTES_MAX.saturating_sub(*read);
    let length = (&mut *stream).take(left as u64).read_until(b'\n', &mut line).await?;
    if length == 0 {
        return if left == 0 { Err(invalid("head too large")) } else { Ok(None) };
    }
    if line.pop() != Some(b'\n') {
        return Err(cut_off());
    }
    line.pop_if(|byte| *byte == b'\r');
    *read += length;
    Ok(Some(latin1_to_string(&line)))
}

/// Each byte as the character of the same number.
pub fn latin1_to_string(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Each character as one byte; text that has others is written as UTF-8.
pub fn string_to_latin1(text: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> =
        text.chars().map(|character| u8::try_from(character).ok()).collect();
    bytes.unwrap_or_else(|| text.as_bytes().to_vec())
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended within a message")
}
