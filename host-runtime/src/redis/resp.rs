//! RESP2, the protocol of Redis and Valkey: commands are arrays of texts, answers are told apart by
//! their first byte.

/// Most bytes of an answer, and deepest: none that is asked for here comes near.
const REPLY_BYTES_MAX: usize = 4 * 1024 * 1024;
const REPLY_DEPTH_MAX: usize = 4;

/// A command, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(pub(super) Vec<u8>);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Status(String),
    /// `-ERR …`
    Error(String),
    /// A whole number.
    Integer(i64),
    /// Bytes, or nothing.
    Bulk(Option<Vec<u8>>),
    /// Answers, or nothing.
    Array(Option<Vec<Reply>>),
}

impl Command {
    /// Of its words.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        let (mut bytes, mut count) = (Vec::with_capacity(512), 0_usize);
        for word in words {
            let word = word.as_ref();
            bytes.push(b'$');
            bytes.extend_from_slice(word.len().to_string().as_bytes());
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
            count += 1;
        }
        let head = format!("*{count}\r\n");
        bytes.splice(0..0, head.into_bytes());
        Self(bytes)
    }
}

impl Reply {
    /// The first answer of these bytes and its length; `None` if it is not all there.
    ///
    /// # Errors
    /// When this is no answer, or none of bearable size.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, &'static str> {
        let mut reader = Reader { bytes, at: 0 };
        match reader.reply(0)? {
            Some(reply) => Ok(Some((reply, reader.at))),
            None if bytes.len() > REPLY_BYTES_MAX => Err("an answer that is too long"),
            None => Ok(None),
        }
    }

    /// The whole numbers of an array of nothing else.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let Self::Array(Some(items)) = self else { return None };
        let integer = |item: &Self| match item {
            Self::Integer(number) => Some(*number),
            _ => None,
        };
        items.iter().map(integer).collect()
    }

    /// The texts of an array of nothing else.
    pub fn texts(&self) -> Option<Vec<&str>> {
        let Self::Array(Some(items)) = self else { return None };
        let text = |item| match item {
            &Self::Bulk(Some(ref bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        items.iter().map(text).collect()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn reply(&mut self, depth: usize) -> Result<Option<Reply>, &'static str> {
        if depth > REPLY_DEPTH_MAX {
            return Err("an answer that is too deep");
        }
        let Some(line) = self.line() else { return Ok(None) };
        let Some((kind, rest)) = line.split_first() else { return Err("an answer without a kind") };
        let text = || String::from_utf8_lossy(rest).into_owned();
        Ok(match kind {
            b'+' => Some(Reply::Status(text())),
            b'-' => Some(Reply::Error(text())),
            b':' => Some(Reply::Integer(number(rest)?)),
            b'$' => match length(rest)? {
                None => Some(Reply::Bulk(None)),
                Some(length) => self.bulk(length)?.map(|bytes| Reply::Bulk(Some(bytes))),
            },
            b'*' => match length(rest)? {
                None => Some(Reply::Array(None)),
                Some(count) => self.array(count, depth)?.map(|items| Reply::Array(Some(items))),
            },
            _ => return Err("an answer of an unknown kind"),
        })
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'\r', rest)?;
        (rest.get(end + 1) == Some(&b'\n')).then(|| {
            self.at += end + 2;
            &rest[..end]
        })
    }

    fn bulk(&mut self, length: usize) -> Result<Option<Vec<u8>>, &'static str> {
        let Some(bytes) = self.bytes.get(self.at..self.at + length + 2) else { return Ok(None) };
        if !bytes.ends_with(b"\r\n") {
            return Err("bytes that do not end");
        }
        self.at += length + 2;
        Ok(Some(bytes[..length].to_vec()))
    }

    fn array(&mut self, count: usize, depth: usize) -> Result<Option<Vec<Reply>>, &'static str> {
        let mut items = Vec::new();
        for _ in 0..count {
            let Some(item) = self.reply(depth + 1)? else { return Ok(None) };
            items.push(item);
        }
        Ok(Some(items))
    }
}

fn number(digits: &[u8]) -> Result<i64, &'static str> {
    let digits = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    digits.ok_or("a number that is none")
}

/// `None` for nothing.
fn length(digits: &[u8]) -> Result<Option<usize>, &'static str> {
    match number(digits)? {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(length) if length <= REPLY_BYTES_MAX => Ok(Some(length)),
            _ => Err("a length that cannot be"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_array_of_its_words() {
        let command = Command::new(["SET", "a key", ""]);
        assert_eq!(command.0, b"*3\r\n$3\r\nSET\r\n$5\r\na key\r\n$0\r\n\r\n");
    }

    #[test]
    fn answers_of_all_kinds_are_read_as_soon_as_they_are_there() {
        let bytes = b"*6\r\n+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n";
        let bulk = |text: &[u8]| Reply::Bulk(Some(text.to_vec()));
        let expected = Reply::Array(Some(vec![
            Reply::Status("OK".into()),
            Reply::Error("ERR no".into()),
            Reply::Integer(-7),
            bulk(b"a\r\n"),
            Reply::Bulk(None),
            Reply::Array(None),
        ]));
        for end in 0..bytes.len() {
            assert_eq!(Reply::read(&bytes[..end]), Ok(None), "{end}");
        }
        let more = [bytes, &b":1\r\n"[..]].concat();
        assert_eq!(Reply::read(&more), Ok(Some((expected, bytes.len()))));
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_never_a_panic() {
        for bytes in [
            &b"?\r\n"[..],
            b"\r\n",
            b":x\r\n",
            b"$-2\r\n",
            b"$99999999999\r\n",
            b"$1\r\nabc",
            b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
            &[b'+'; REPLY_BYTES_MAX + 1],
        ] {
            assert!(Reply::read(bytes).is_err(), "{:?}", &bytes[..bytes.len().min(20)]);
        }
    }

    #[test]
    fn arrays_of_one_kind_are_taken_as_such() {
        let integers = Reply::Array(Some(vec![Reply::Integer(1), Reply::Integer(2)]));
        assert_eq!((integers.integers(), integers.texts()), (Some(vec![1, 2]), None));
        let texts = Reply::Array(Some(vec![Reply::Bulk(Some(b"a".to_vec()))]));
        assert_eq!((texts.integers(), texts.texts()), (None, Some(vec!["a"])));
    }
}
