//! Small databases in MaxMind's format, for tests ("MaxMind DB File Format Specification", version 2.0).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

/// A database in a file that goes when this does.
#[derive(Debug)]
pub struct File(PathBuf);

impl File {
    /// A database of this kind with what is known of these networks.
    pub fn new(kind: &str, networks: &[(&str, Value)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("edgeway-{}-{number}.mmdb", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, database(kind, networks)).expect("a file in the temporary folder");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The database's bytes.
pub fn database(kind: &str, networks: &[(&str, Value)]) -> Vec<u8> {
    // A node has two records; what they lead to is another node, a place in the data, or nothing.
    let mut nodes: Vec<[Record; 2]> = vec![[Record::Nothing; 2]];
    let mut data = Vec::new();
    for (network, value) in networks {
        let (bits, length) = bits(network);
        let bit = |at: u32| usize::from(bits >> (127 - at) & 1 == 1);
        let mut node = 0;
        for at in 0..length - 1 {
            node = match nodes[node][bit(at)] {
                Record::Node(next) => next,
                before => {
                    nodes.push([before; 2]);
                    let next = nodes.len() - 1;
                    nodes[node][bit(at)] = Record::Node(next);
                    next
                }
            };
        }
        nodes[node][bit(length - 1)] = Record::Data(data.len());
        encode(value, &mut data);
    }
    let mut database = Vec::new();
    for record in nodes.iter().flatten() {
        let number = match record {
            Record::Nothing => nodes.len(),
            Record::Node(node) => *node,
            Record::Data(at) => nodes.len() + SEPARATOR.len() + at,
        };
        database.extend_from_slice(&(number as u32).to_be_bytes());
    }
    database.extend_from_slice(&SEPARATOR);
    database.extend_from_slice(&data);
    database.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let texts =
        [("database_type", json!(kind)), ("languages", json!([])), ("description", json!({}))];
    let numbers = [
        ("ip_version", UINT16, 6),
        ("record_size", UINT16, 32),
        ("binary_format_major_version", UINT16, 2),
        ("binary_format_minor_version", UINT16, 0),
        ("node_count", UINT32, nodes.len() as u64),
        ("build_epoch", UINT64, 1_700_000_000),
    ];
    control(MAP, texts.len() + numbers.len(), &mut database);
    for (name, value) in texts {
        encode(&name.into(), &mut database);
        encode(&value, &mut database);
    }
    for (name, kind, number) in numbers {
        encode(&name.into(), &mut database);
        encode_number(kind, number, &mut database);
    }
    database
}

const SEPARATOR: [u8; 16] = [0; 16];

#[derive(Debug, Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

/// An IPv4 network is one of IPv6 behind 96 zeros.
fn bits(network: &str) -> (u128, u32) {
    let (address, length) = network.split_once('/').expect("a network with its length");
    let length: u32 = length.parse().expect("a length");
    match address.parse().expect("an address") {
        IpAddr::V4(v4) => (u32::from(v4).into(), length + 96),
        IpAddr::V6(v6) => (v6.into(), length),
    }
}

/// The types of the format.
const STRING: u8 = 2;
const DOUBLE: u8 = 3;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;

fn encode(value: &Value, data: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            control(STRING, text.len(), data);
            data.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) => match number.as_u64() {
            Some(whole) => encode_number(UINT32, whole, data),
            None => {
                control(DOUBLE, 8, data);
                let double = number.as_f64().expect("what JSON has for numbers");
                data.extend_from_slice(&double.to_be_bytes());
            }
        },
        Value::Object(members) => {
            control(MAP, members.len(), data);
            for (name, value) in members {
                encode(&name.as_str().into(), data);
                encode(value, data);
            }
        }
        Value::Array(items) => {
            control(ARRAY, items.len(), data);
            items.iter().for_each(|item| encode(item, data));
        }
        Value::Null | Value::Bool(_) => panic!("not needed"),
    }
}

fn encode_number(kind: u8, number: u64, data: &mut Vec<u8>) {
    let bytes = match kind {
        UINT16 => 2,
        UINT32 => 4,
        _ => 8,
    };
    control(kind, bytes, data);
    data.extend_from_slice(&number.to_be_bytes()[8 - bytes..]);
}

/// Types above 7 are in a byte of their own, and so is what a size is more than 29.
fn control(kind: u8, size: usize, data: &mut Vec<u8>) {
    let first = if kind > MAP { 0 } else { kind };
    data.push(first << 5 | size.min(29) as u8);
    data.extend((kind > MAP).then(|| kind - MAP));
    let more = size.checked_sub(29);
    data.extend(more.map(|more| u8::try_from(more).expect("longer ones are not needed")));
}
