//! Free ports on the loopback interface.
//!
//! The gateway sets `SO_REUSEPORT`, so two gateways given one port would both start and share its
//! connections. Asking the kernel for a free port and closing it again is therefore not enough: each test
//! process takes a block of ports for its lifetime, below the range from which the kernel serves others.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 31_999;
const BLOCK_PORTS: u16 = 400;

/// A port nobody listens on, and that no other caller of this function gets soon.
pub fn free_port() -> u16 {
    static BLOCK: OnceLock<(u16, TcpListener)> = OnceLock::new();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, _guard) = BLOCK.get_or_init(take_block);
    for _ in 1..BLOCK_PORTS {
        let port = first + 1 + NEXT.fetch_add(1, Ordering::Relaxed) % (BLOCK_PORTS - 1);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port in {first}..{}", first + BLOCK_PORTS);
}

/// Takes the first block that no other test process holds; its first port is the lock.
fn take_block() -> (u16, TcpListener) {
    (FIRST_PORT..=LAST_PORT)
        .step_by(usize::from(BLOCK_PORTS))
        .find_map(|first| Some((first, TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?)))
        .expect("fewer test processes than blocks of ports")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_ports_differ_and_can_be_bound() {
        let (one, two) = (free_port(), free_port());
        assert_ne!(one, two);
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, one)).is_ok());
    }
}
