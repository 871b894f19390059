//! A response's content, out of the bytes that a connection brings (RFC 9112 §6, §7).

use bytes::{Buf, Bytes, BytesMut};

use super::head::Length;

/// Longest line between chunks: a size with its extensions, or a trailer.
const LINE_BYTES_MAX: usize = 4096;
/// Most bytes of trailers, which are passed over.
const TRAILER_BYTES_MAX: usize = 16 * 1024;

/// Where the content is up to.
#[derive(Debug)]
pub(super) enum Decoder {
    /// So many bytes are to come.
    Length(u64),
    /// Whatever comes is content.
    UntilClose,
    /// The next line is a chunk's size.
    Size,
    /// So many bytes of a chunk are to come.
    Chunk(u64),
    /// The end of a chunk's line.
    ChunkEnd,
    /// After the last chunk, with so many bytes of trailers seen.
    Trailers(usize),
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A part of the content, never empty.
    Part(Bytes),
    /// More bytes must come first.
    More,
    /// The end.
    End,
}

impl Decoder {
    pub(super) fn new(length: Length) -> Self {
        match length {
            Length::Exactly(length) => Self::Length(length),
            Length::Chunked => Self::Size,
            Length::UntilClose => Self::UntilClose,
        }
    }

    /// How much is to come, if that is known.
    pub(super) fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(length) => Some(*length),
            _ => None,
        }
    }

    /// Whether the end of the connection is the end of the content.
    pub(super) fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }

    /// Takes the next part of the content.
    ///
    /// # Errors
    /// What is no content, in words.
    pub(super) fn decode(&mut self, received: &mut BytesMut) -> Result<Decoded, &'static str> {
        loop {
            match self {
                Self::Length(0) => return Ok(Decoded::End),
                Self::Length(length) => {
                    let part = take(received, *length);
                    *length -= part.len() as u64;
                    return Ok(part_or_more(part));
                }
                Self::UntilClose => return Ok(part_or_more(received.split().freeze())),
                Self::Size => {
                    let Some(line) = line(received)? else { return Ok(Decoded::More) };
                    *self = match chunk_size(&line).ok_or("a chunk without a size")? {
                        0 => Self::Trailers(0),
                        size => Self::Chunk(size),
                    };
                }
                Self::Chunk(size) => {
                    let part = take(received, *size);
                    *size -= part.len() as u64;
                    if *size == 0 {
                        *self = Self::ChunkEnd;
                    }
                    return Ok(part_or_more(part));
                }
                Self::ChunkEnd if received.len() < 2 => return Ok(Decoded::More),
                Self::ChunkEnd => {
                    if !received.starts_with(b"\r\n") {
                        return Err("a chunk is longer than its size");
                    }
                    received.advance(2);
                    *self = Self::Size;
                }
                Self::Trailers(seen) => {
                    let Some(line) = line(received)? else { return Ok(Decoded::More) };
                    *seen += line.len();
                    if *seen > TRAILER_BYTES_MAX {
                        return Err("more trailers than are read");
                    }
                    if line.is_empty() {
                        *self = Self::Length(0);
                    }
                }
            }
        }
    }
}

fn take(received: &mut BytesMut, most: u64) -> Bytes {
    let length = usize::try_from(most).map_or(received.len(), |most| most.min(received.len()));
    received.split_to(length).freeze()
}

fn part_or_more(part: Bytes) -> Decoded {
    if part.is_empty() { Decoded::More } else { Decoded::Part(part) }
}

/// The next line without its end, when it is there.
fn line(received: &mut BytesMut) -> Result<Option<Bytes>, &'static str> {
    let Some(end) = received.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n') else {
        return match received.len() < LINE_BYTES_MAX {
            true => Ok(None),
            false => Err("a line between chunks that is too long"),
        };
    };
    if end == 0 || received[end - 1] != b'\r' {
        return Err("a line between chunks that ends in no CRLF");
    }
    let mut line = received.split_to(end + 1).freeze();
    line.truncate(end - 1);
    Ok(Some(line))
}

/// The size; extensions mean nothing to anybody (RFC 9112 §7.1.1).
fn chunk_size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = line[..end].trim_ascii_end();
    let is_size = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_size)?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All content of a chunked message that comes in pieces of a size.
    fn decode(text: &str, piece: usize) -> Result<(String, String), &'static str> {
        let (mut decoder, mut received) = (Decoder::new(Length::Chunked), BytesMut::new());
        let mut content = Vec::new();
        let mut pieces = text.as_bytes().chunks(piece);
        loop {
            match decoder.decode(&mut received)? {
                Decoded::Part(part) => content.extend_from_slice(&part),
                Decoded::More => match pieces.next() {
                    Some(piece) => received.extend_from_slice(piece),
                    None => return Err("ended too early"),
                },
                Decoded::End => break,
            }
        }
        pieces.for_each(|piece| received.extend_from_slice(piece));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok((text(&content), text(&received)))
    }

    #[test]
    fn chunks_are_joined_however_they_come() {
        let text = "5\r\nfirst\r\n00b;a=\"b\"\r\n and second\r\nA \r\n0123456789\r\n0\r\nX: 1\r\nY: 2\r\n\r\nnext";
        for piece in 1..text.len() {
            let (content, rest) = decode(text, piece).unwrap();
            assert_eq!((&*content, &*rest), ("first and second0123456789", "next"), "{piece}");
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        for text in [
            "\r\n\r\n",
            "g\r\n\r\n",
            "-1\r\n\r\n",
            "+1\r\na\r\n0\r\n\r\n",
            "0x1\r\na\r\n0\r\n\r\n",
            "1 1\r\na\r\n0\r\n\r\n",
            "1\na\r\n0\r\n\r\n",
            "1\r\nab\r\n0\r\n\r\n",
            "10000000000000000\r\na",
            "1\r\na\r\n",
            "1\r\na\r\n0\r\n",
        ] {
            assert!(decode(text, 3).is_err(), "{text:?}");
        }
        assert!(decode(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(LINE_BYTES_MAX)), 9).is_err());
        let trailer = format!("A: {}\r\n", "x".repeat(4000));
        assert!(decode(&format!("0\r\n{}\r\n", trailer.repeat(4)), 999).is_ok());
        assert!(decode(&format!("0\r\n{}\r\n", trailer.repeat(5)), 999).is_err());
    }

    #[test]
    fn no_more_than_the_length_is_taken() {
        let mut decoder = Decoder::new(Length::Exactly(5));
        let mut received = BytesMut::from("fir");
        assert_eq!(decoder.decode(&mut received), Ok(Decoded::Part("fir".into())));
        assert_eq!(decoder.decode(&mut received), Ok(Decoded::More));
        assert_eq!(decoder.remaining(), Some(2));
        received.extend_from_slice(b"stnext");
        assert_eq!(decoder.decode(&mut received), Ok(Decoded::Part("st".into())));
        assert_eq!(decoder.decode(&mut received), Ok(Decoded::End));
        assert_eq!(received, "next");
    }
}
