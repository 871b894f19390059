use sha2::{Digest, Sha256};

use super::*;

fn fingerprints(records: &[u8]) -> Option<Fingerprints> {
    Fingerprints::of(records, &|text| Sha256::digest(text).into())
}

fn long(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&length.to_be_bytes()[..], content].concat()
}

fn short(content: &[u8]) -> Vec<u8> {
    [&[u8::try_from(content.len()).unwrap()][..], content].concat()
}

fn list(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &long(content)].concat()
}

/// A greeting in records of so many bytes.
fn hello(version: u16, ciphers: &[u16], extensions: &[Vec<u8>], record_bytes: usize) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.extend(short(&[9; 32]));
    body.extend(long(&list(ciphers)));
    body.extend(short(&[0]));
    body.extend(long(&extensions.concat()));
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    let records = message.chunks(record_bytes);
    records.flat_map(|part| [&[22, 3, 1][..], &long(part)].concat()).collect()
}

/// The example of the specification of JA4, shuffled and with GREASE, as Chrome sends it.
fn chrome() -> (Vec<u16>, Vec<Vec<u8>>) {
    let ciphers = [
        0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
        0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
    ];
    let signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
    let mut extensions = [
        extension(0x1a1a, b""),
        extension(PROTOCOLS, &long(&[short(b"h2"), short(b"http/1.1")].concat())),
        extension(SIGNATURES, &long(&list(&signatures))),
        extension(VERSIONS, &short(&list(&[0xdada, 0x0304, 0x0303]))),
        extension(GROUPS, &long(&list(&[0x2a2a, 0x001d, 0x0017, 0x0018]))),
        extension(POINT_FORMATS, &short(&[0])),
        extension(SERVER_NAME, &long(&[&[0][..], &long(b"example.com")].concat())),
    ]
    .to_vec();
    let empty = [0x0005, 0x0012, 0x0015, 0x0017, 0x001b, 0x0023, 0x002d, 0x0033, 0x4469, 0xff01];
    extensions.extend(empty.map(|kind| extension(kind, b"")));
    (ciphers.to_vec(), extensions)
}

#[test]
fn the_example_of_the_specification_has_its_fingerprint_however_it_is_shuffled() {
    let (ciphers, mut extensions) = chrome();
    let first = fingerprints(&hello(0x0303, &ciphers, &extensions, 16_384)).unwrap();
    assert_eq!(first.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    extensions.reverse();
    let shuffled = fingerprints(&hello(0x0303, &ciphers, &extensions, 100)).unwrap();
    assert_eq!(shuffled.ja4, first.ja4);
    assert_ne!(shuffled.ja3, first.ja3, "JA3 goes by the order");
}

#[test]
fn ja3_is_the_digest_of_what_its_specification_lists() {
    // 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0
    let ciphers = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
    let extensions = [
        extension(SERVER_NAME, b""),
        extension(GROUPS, &long(&list(&[23, 24, 25]))),
        extension(POINT_FORMATS, &short(&[0])),
    ];
    let found = fingerprints(&hello(769, &ciphers, &extensions, 16_384)).unwrap();
    assert_eq!(found.ja3, "ada70206e40642a3e4461f35503241d5");
    assert!(found.ja4.starts_with("t10d120300_"), "{}", found.ja4);
}

#[test]
fn names_of_protocols_are_told_by_their_ends() {
    let with = |name: &[u8]| {
        let extensions = [extension(PROTOCOLS, &long(&short(name)))];
        fingerprints(&hello(0x0303, &[47], &extensions, 16_384)).unwrap().ja4
    };
    assert!(with(b"http/1.1").starts_with("t12i0101h1_"));
    assert!(with(b"x").starts_with("t12i0101xx_"));
    assert!(with(&[0xab, 0xcd]).starts_with("t12i0101ad_"));
    let none = fingerprints(&hello(0x0303, &[], &[], 16_384)).unwrap();
    assert_eq!(none.ja4, "t12i000000_000000000000_000000000000");
}

#[test]
fn what_is_cut_or_no_greeting_has_none() {
    let (ciphers, extensions) = chrome();
    let whole = hello(0x0303, &ciphers, &extensions, 64);
    for end in 0..whole.len() {
        assert_eq!(fingerprints(&whole[..end]), None, "{end}");
    }
    for at in 0..whole.len() {
        let mut odd = whole.clone();
        odd[at] ^= 0xff;
        fingerprints(&odd); // it only has to return
    }
    assert_eq!(fingerprints(b"GET / HTTP/1.1\r\n\r\n"), None);
    assert_eq!(fingerprints(&[22, 3, 1, 0, 0].repeat(8_192)), None);
}
