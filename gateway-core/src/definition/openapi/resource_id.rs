//! Resource ids: AWS draws them by lot, here they follow from the path, so that they stay the same
//! from one deployment to the next.

use alloc::collections::BTreeSet;
use alloc::string::String;

/// Gives each path of an API its id.
#[derive(Default)]
pub(super) struct ResourceIds {
    taken: BTreeSet<String>,
}

impl ResourceIds {
    /// Six characters, ten for the root, as AWS's are.
    pub(super) fn of(&mut self, path: &str) -> String {
        let characters = if path == "/" { 10 } else { 6 };
        let mut hash = fnv1a(path.as_bytes());
        loop {
            let id = base36(hash, characters);
            if self.taken.insert(id.clone()) {
                return id;
            }
            hash = fnv1a(&hash.to_le_bytes());
        }
    }
}

/// FNV-1a, 64 bits, with MurmurHash3's finaliser: FNV's low bits alone are too regular.
fn fnv1a(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn base36(number: u64, characters: usize) -> String {
    let mut rest = number;
    let digits = core::iter::repeat_with(|| {
        let digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
        char::from(digit)
    });
    digits.take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn ids_follow_from_paths_and_have_aws_lengths() {
        let id = |path| ResourceIds::default().of(path);
        assert_eq!((id("/").len(), id("/products").len()), (10, 6));
        assert_eq!(id("/products"), id("/products"));
        assert_ne!(id("/products"), id("/products/{id}"));
    }

    #[test]
    fn no_two_resources_of_an_api_have_the_same_id() {
        let mut ids = ResourceIds::default();
        let all: BTreeSet<_> = (0..20_000).map(|i| ids.of(&format!("/r{i}"))).collect();
        assert_eq!(all.len(), 20_000);
    }
}
