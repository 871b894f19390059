//! Ranges of IP addresses (RFC 4632, RFC 4291 §2.3).

use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// `203.0.113.0/24`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IpRange {
    is_v4: bool,
    /// The bits of the address, an IPv4 address in the lowest 32.
    bits: u128,
    /// How many of the lowest bits may be anything.
    free: u8,
}

impl IpRange {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let (is_v4, bits) = bits(address.parse().ok()?);
        let length: u8 = if is_v4 { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => length,
        };
        let free = length.checked_sub(prefix)?;
        Some(Self { is_v4, bits, free })
    }

    /// `203.0.113.0/24`
    pub(super) fn to_source(self) -> String {
        // An IPv4 address stands in the lowest 32 bits.
        let (address, length) = match self.is_v4 {
            true => (IpAddr::V4(Ipv4Addr::from(self.bits as u32)), 32),
            false => (IpAddr::V6(Ipv6Addr::from(self.bits)), 128),
        };
        alloc::format!("{address}/{}", length - self.free)
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let (is_v4, bits) = bits(address.to_canonical());
        // A shift by all 128 bits is none that a number can make.
        let prefix = |bits: u128| bits.checked_shr(self.free.into()).unwrap_or(0);
        is_v4 == self.is_v4 && prefix(bits) == prefix(self.bits)
    }
}

fn bits(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (true, u32::from(address).into()),
        IpAddr::V6(address) => (false, address.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_contains_its_prefix_and_nothing_else() {
        for (range, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.9/24", "203.0.113.1", true),
            ("203.0.113.9", "203.0.113.9", true),
            ("203.0.113.9", "203.0.113.8", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::/0", "1.2.3.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("1.2.3.4/32", "::ffff:1.2.3.4", true),
        ] {
            let range = IpRange::parse(range).unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), expected, "{range:?} {address}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in
            ["", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/+8", "x", "1.2.3.4/8/8"]
        {
            assert_eq!(IpRange::parse(text), None, "{text}");
        }
    }
}
