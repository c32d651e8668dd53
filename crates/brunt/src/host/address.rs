//! Whether a host is this machine, without asking anybody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// Whether `host` is this machine: a loopback name or address, an address of one of its interfaces, or a Unix
/// socket (`unix:...` or an absolute path).
///
/// Never resolves a name: any but `localhost` and those below it counts as elsewhere, also where DNS or a
/// hosts file would lead back here.
pub(crate) fn is_local(host: &str) -> bool {
    match place_of(host) {
        Place::Here => true,
        Place::Elsewhere => false,
        Place::OwnedBy(address) => is_own(address),
    }
}

/// What a host's text alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Here,
    Elsewhere,
    /// On the machine that has this address.
    OwnedBy(IpAddr),
}

fn place_of(host: &str) -> Place {
    if host.starts_with("unix:") || host.starts_with('/') {
        return Place::Here;
    }
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let Ok(address) = bare.parse::<IpAddr>() else {
        // RFC 6761, 6.3: `localhost` and all names below it are loopback.
        let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
        let here = name == "localhost" || name.ends_with(".localhost");
        return if here { Place::Here } else { Place::Elsewhere };
    };
    let address = address.to_canonical();
    // Connecting to "any address" leads to the own machine.
    if address.is_loopback() || address.is_unspecified() {
        return Place::Here;
    }
    // These can be bound to without being owned.
    if address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Place::Elsewhere;
    }
    Place::OwnedBy(address)
}

/// An address that a socket can be bound to is one of ours: no packet is sent. A machine that lets any
/// address be bound (`ip_nonlocal_bind`) would own a documentation address as well (RFC 5737, RFC 3849).
fn is_own(address: IpAddr) -> bool {
    let nobodys = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    };
    can_bind(address) && !can_bind(nobodys)
}

fn can_bind(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let owned = |text: &str| Place::OwnedBy(text.parse().expect("an address"));
        let rows = [
            ("localhost", Place::Here),
            ("LocalHost.", Place::Here),
            ("shop.localhost", Place::Here),
            ("127.0.0.1", Place::Here),
            ("127.9.9.9", Place::Here),
            ("::1", Place::Here),
            ("[::1]", Place::Here),
            ("::ffff:127.0.0.1", Place::Here),
            ("0.0.0.0", Place::Here),
            ("::", Place::Here),
            ("unix:/run/app.sock", Place::Here),
            ("/run/app.sock", Place::Here),
            ("10.1.2.3", owned("10.1.2.3")),
            ("[2001:db8::7]", owned("2001:db8::7")),
            ("::ffff:10.1.2.3", owned("10.1.2.3")),
            ("224.0.0.1", Place::Elsewhere),
            ("ff02::1", Place::Elsewhere),
            ("255.255.255.255", Place::Elsewhere),
            ("example.com", Place::Elsewhere),
            ("localhost.example.com", Place::Elsewhere),
            ("notlocalhost", Place::Elsewhere),
            ("fe80::1%eth0", Place::Elsewhere),
            ("127.0.0.1.", Place::Elsewhere),
            ("", Place::Elsewhere),
            ("[", Place::Elsewhere),
        ];
        for (host, expected) in rows {
            assert_eq!(place_of(host), expected, "{host}");
        }
    }

    #[test]
    fn own_addresses_and_others() {
        for (host, expected) in [("127.0.0.1", true), ("192.0.2.77", false), ("2001:db8::77", false)] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }
}
