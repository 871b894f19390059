//! Bytes put into a component: behind the memory that its module begins with, where the module is told to look.
//!
//! A section is an id, a length and so many bytes, in components as in modules (WebAssembly core specification 5.5,
//! component model "Binary"). All but three of one module are copied as they are.

use edge_common::bundled::SLOT_MARKER;

/// Both kinds of file begin with it.
const MAGIC: &[u8; 4] = b"\0asm";
/// The first two bytes behind it tell the kind.
const MODULE: [u8; 4] = [1, 0, 0, 0];
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];
const PREAMBLE_BYTES: usize = 8;
const PAGE_BYTES: u64 = 64 * 1024;
/// Addresses are signed numbers of 32 bits in the instruction that names them.
const ADDRESS_MAX: u64 = i32::MAX as u64;

/// Sections of a component.
const CORE_MODULE: u8 = 1;
const IMPORTS: u8 = 10;
/// Sections of a module.
const MEMORY: u8 = 5;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// The component with these bytes in it.
///
/// # Errors
/// Says why the file is none of those that have a place for them.
pub(super) fn embed(component: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = preamble(component, COMPONENT)?.to_vec();
    let mut is_embedded = false;
    for section in sections(component) {
        let Section { id, content } = section?;
        if id == CORE_MODULE && find(content, &SLOT_MARKER).is_some() {
            if is_embedded {
                return Err("it has two places for a snapshot".into());
            }
            is_embedded = true;
            write_section(&mut out, id, &embed_in_module(content, bytes)?);
        } else {
            write_section(&mut out, id, content);
        }
    }
    match is_embedded {
        true => Ok(out),
        false => Err("it has no place for a snapshot".into()),
    }
}

/// Whether a component imports an interface of exactly this name. One that cannot be read imports nothing.
pub(super) fn imports(component: &[u8], name: &str) -> bool {
    // A name stands behind its length.
    let wanted = [&number(name.len() as u64)[..], name.as_bytes()].concat();
    let mut sections = sections(component).flatten();
    sections.any(|section| section.id == IMPORTS && find(section.content, &wanted).is_some())
}

fn embed_in_module(module: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = preamble(module, MODULE)?.to_vec();
    let mut address = None;
    let mut is_written = false;
    for section in sections(module) {
        let Section { id, content } = section?;
        match id {
            MEMORY => {
                let (memory, end) = grown(content, bytes.len() as u64)?;
                address = Some(end);
                write_section(&mut out, id, &memory);
            }
            DATA_COUNT => {
                let (count, _) = read_number(content)?;
                write_section(&mut out, id, &number(count + 1));
            }
            DATA => {
                let address = address.ok_or("it has no memory of its own")?;
                write_section(&mut out, id, &with_segment(content, address, bytes)?);
                is_written = true;
            }
            _ => write_section(&mut out, id, content),
        }
    }
    match is_written {
        true => Ok(out),
        false => Err("it has no data".into()),
    }
}

/// The memory section with room for so many bytes more, and the address where they go.
fn grown(content: &[u8], bytes: u64) -> Result<(Vec<u8>, u32), String> {
    let (count, rest) = read_number(content)?;
    let (flags, rest) = rest.split_first().ok_or("its memory has no limits")?;
    let (pages, rest) = read_number(rest)?;
    // Anything else is 64 bits wide, shared, or has pages of its own size.
    if count != 1 || *flags > 1 {
        return Err("its memory is of another kind".into());
    }
    let end = pages * PAGE_BYTES;
    if end + bytes > ADDRESS_MAX {
        return Err("its memory is too large for the snapshot".into());
    }
    let grown = pages + bytes.div_ceil(PAGE_BYTES);
    if *flags == 1 && read_number(rest)?.0 < grown {
        return Err("its memory may not grow for the snapshot".into());
    }
    let mut out = number(count);
    out.push(*flags);
    out.extend(number(grown));
    out.extend(rest);
    let address = u32::try_from(end).map_err(|_| "its memory is too large")?;
    Ok((out, address))
}

/// The data section with one more segment, and a slot that says where it is.
fn with_segment(content: &[u8], address: u32, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (count, segments) = read_number(content)?;
    let marker = find(segments, &SLOT_MARKER).ok_or("its slot is not in its data")?;
    let slot = marker + SLOT_MARKER.len();
    let length = u32::try_from(bytes.len()).map_err(|_| "the snapshot is too large")?;
    let told = [address.to_le_bytes(), length.to_le_bytes()].concat();
    let mut segments = segments.to_vec();
    let slot = segments.get_mut(slot..slot + told.len()).ok_or("its slot is cut off")?;
    if slot.iter().any(|byte| *byte != 0) {
        return Err("it has a snapshot already: take the component that was built".into());
    }
    slot.copy_from_slice(&told);
    if find(&segments[marker + 1..], &SLOT_MARKER).is_some() {
        return Err("it has two places for a snapshot".into());
    }
    let mut out = number(count + 1);
    out.extend(segments);
    out.extend([0, I32_CONST]); // active, in memory 0, at:
    out.extend(signed(address));
    out.push(END);
    out.extend(number(u64::from(length)));
    out.extend(bytes);
    Ok(out)
}

fn preamble(file: &[u8], version: [u8; 4]) -> Result<&[u8], String> {
    let preamble = file.get(..PREAMBLE_BYTES).unwrap_or_default();
    match preamble.starts_with(MAGIC) && preamble[MAGIC.len()..] == version {
        true => Ok(preamble),
        false => Err("it is no WebAssembly component".into()),
    }
}

struct Section<'f> {
    id: u8,
    content: &'f [u8],
}

fn sections(file: &[u8]) -> impl Iterator<Item = Result<Section<'_>, String>> {
    let mut rest = file.get(PREAMBLE_BYTES..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (id, after) = rest.split_first()?;
        let section = read_number(after).and_then(|(length, after)| {
            let length = usize::try_from(length).ok().filter(|length| *length <= after.len());
            let (content, after) = after.split_at(length.ok_or("it is cut off")?);
            rest = after;
            Ok(Section { id: *id, content })
        });
        if section.is_err() {
            rest = &[];
        }
        Some(section)
    })
}

fn write_section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    out.extend(number(content.len() as u64));
    out.extend(content);
}

/// LEB128, unsigned, of at most 32 bits.
fn read_number(bytes: &[u8]) -> Result<(u64, &[u8]), String> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[place + 1..]));
        }
    }
    Err("it has a number that is none".into())
}

fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// LEB128 of what is not negative: a last byte with the sign's bit would say that it is.
fn signed(value: u32) -> Vec<u8> {
    let mut out = number(value.into());
    if let Some(last) = out.last_mut().filter(|last| **last & 0x40 != 0) {
        *last |= 0x80;
        out.push(0);
    }
    out
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_section(&mut out, id, content);
        out
    }

    fn module(memory: &[u8], data: &[u8]) -> Vec<u8> {
        let segment = [&[0, I32_CONST, 8, END], &number(data.len() as u64)[..], data].concat();
        let data = [&[1], &segment[..]].concat();
        let sections = [section(MEMORY, memory), section(DATA_COUNT, &[1]), section(DATA, &data)];
        [&MAGIC[..], &MODULE, &sections.concat()].concat()
    }

    fn component(modules: &[Vec<u8>]) -> Vec<u8> {
        let modules = modules.iter().flat_map(|module| section(CORE_MODULE, module));
        [&MAGIC[..], &COMPONENT].concat().into_iter().chain(modules).collect()
    }

    fn slot() -> Vec<u8> {
        [&SLOT_MARKER[..], &[0; 8]].concat()
    }

    #[test]
    fn bytes_go_behind_the_memory_and_the_slot_says_where() {
        let other = module(&[1, 0, 1], b"no slot here");
        let out =
            embed(&component(&[other.clone(), module(&[1, 0, 17], &slot())]), b"abc").unwrap();
        let sections: Vec<_> = sections(&out).map(Result::unwrap).collect();
        assert_eq!(sections[0].content, other, "what has no slot is not touched");
        let address = 17 * PAGE_BYTES as u32;
        let told = [&SLOT_MARKER[..], &address.to_le_bytes(), &3_u32.to_le_bytes()].concat();
        let module = sections[1].content;
        assert!(find(module, &told).is_some());
        let within: Vec<_> = super::sections(module).map(Result::unwrap).collect();
        assert_eq!((within[0].content, within[1].content), (&[1, 0, 18][..], &[2][..]));
        let segment = [&[0, I32_CONST], &signed(address)[..], &[END, 3], b"abc"].concat();
        assert!(within[2].content.starts_with(&[2]) && within[2].content.ends_with(&segment));
        assert!(embed(&out, b"abc").unwrap_err().contains("already"));
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for value in [0, 1, 63, 64, 127, 128, 8_191, 8_192, 1_114_112, u32::MAX] {
            assert_eq!(read_number(&number(value.into())), Ok((value.into(), &[][..])));
        }
        assert_eq!(signed(64), [0xc0, 0]);
        assert_eq!(signed(63), [63]);
        assert_eq!(signed(1_114_112), [0x80, 0x80, 0xc4, 0]);
    }

    #[test]
    fn what_has_no_place_is_refused_with_the_reason() {
        for (file, reason) in [
            (b"".to_vec(), "no WebAssembly component"),
            (module(&[1, 0, 1], &slot()), "no WebAssembly component"),
            (component(&[module(&[1, 0, 1], b"x")]), "no place"),
            (component(&[module(&[1, 4, 1], &slot())]), "another kind"),
            (component(&[module(&[1, 1, 1, 1], &slot())]), "may not grow"),
            (component(&[module(&[1, 0, 1], &SLOT_MARKER)]), "slot"),
            (component(&[module(&[1, 0, 1], &[slot(), slot()].concat())]), "two places"),
            (component(&[module(&[1, 0, 1], &slot()), module(&[1, 0, 1], &slot())]), "two places"),
            (component(&[MAGIC.to_vec(), slot()].map(|part| part.to_vec())), "no WebAssembly"),
        ] {
            let refused = embed(&file, b"abc").unwrap_err();
            assert!(refused.contains(reason), "{reason}: {refused}");
        }
        let whole = component(&[module(&[1, 0, 1], &slot())]);
        for end in PREAMBLE_BYTES..whole.len() {
            assert!(embed(&whole[..end], b"abc").is_err(), "{end}");
        }
    }
}
