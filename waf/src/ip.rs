//! Sets of IP addresses.

use alloc::vec::Vec;
use core::net::IpAddr;

/// Address ranges, sorted and disjoint: a look-up is a binary search, however long the list.
#[derive(Debug, Clone, Default)]
pub struct IpSet {
    /// First and last address, IPv4 as mapped into IPv6.
    ranges: Vec<(u128, u128)>,
}

impl IpSet {
    /// A set of CIDR blocks; an address without a prefix is a block of its own.
    ///
    /// # Errors
    /// The index of the first text that is no block.
    pub fn new<'t>(blocks: impl IntoIterator<Item = &'t str>) -> Result<Self, usize> {
        let read = |(index, text)| range(text).ok_or(index);
        let mut ranges =
            blocks.into_iter().enumerate().map(read).collect::<Result<Vec<_>, usize>>()?;
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => merged.push((first, last)),
            }
        }
        Ok(Self { ranges: merged })
    }

    /// Whether an address is in the set. Text that is no address is in none.
    pub fn contains(&self, address: &str) -> bool {
        parse(address).is_some_and(|address| self.has(address))
    }

    /// Whether an address is in the set.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        let address = number(address);
        let behind = self.ranges.partition_point(|range| range.0 <= address);
        behind.checked_sub(1).is_some_and(|index| address <= self.ranges[index].1)
    }

    /// Whether there is no address in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// An address, also in the forms that proxies write: with a port, or in brackets.
pub(crate) fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let socket = text.parse::<core::net::SocketAddr>().ok().map(|socket| socket.ip());
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    socket.or_else(bare).map(|address: IpAddr| address.to_canonical())
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn range(text: &str) -> Option<(u128, u128)> {
    let (address, prefix) = match text.trim().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text.trim(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let host_bits = bits - prefix.unwrap_or(bits).min(bits + 1).min(bits);
    if prefix.is_some_and(|prefix| prefix > bits) {
        return None;
    }
    let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
    let first = number(address) & !mask;
    Some((first, first | mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_both_versions_are_found_by_their_edges() {
        let set = IpSet::new(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "10.1.0.0/16"]).unwrap();
        for inside in
            ["10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8:ffff::1", "::ffff:10.0.0.1"]
        {
            assert!(set.contains(inside), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.8", "2001:db9::", "", "ten"] {
            assert!(!set.contains(outside), "{outside}");
        }
        assert!(IpSet::new(["0.0.0.0/0"]).unwrap().contains("1.2.3.4"));
        assert!(!IpSet::new(["0.0.0.0/0"]).unwrap().contains("2001:db8::1"));
        assert!(IpSet::new(["::/0"]).unwrap().contains("2001:db8::1"));
    }

    #[test]
    fn what_is_no_block_is_told_by_its_place() {
        for wrong in ["10.0.0.0/33", "ten", "10.0.0.0/", "::/129", "10.0.0"] {
            assert_eq!(IpSet::new(["1.2.3.4", wrong]).unwrap_err(), 1, "{wrong}");
        }
    }
}
