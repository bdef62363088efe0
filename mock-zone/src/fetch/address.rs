//! Which network addresses a URL of somebody else's may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the zone may connect to `ip`: a public address, or its own machine where that is allowed.
pub(super) fn is_permitted(ip: IpAddr, loopback: bool) -> bool {
    match ip.to_canonical() {
        ip if ip.is_loopback() => loopback,
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Not among the IANA special-purpose addresses (RFC 6890), of which some are globally reachable and yet no place for
/// a document.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    // This network; shared addresses (RFC 6598); benchmarking (RFC 2544); IETF protocols; relays of 6to4, AS112 and AMT;
    // what is reserved, the limited broadcast among it.
    let is_special = matches!(
        (a, b, c),
        (0 | 240.., ..)
            | (100, 64..=127, _)
            | (198, 18..=19, _)
            | (192, 0, 0)
            | (192, 88, 99)
            | (192, 31, 196)
            | (192, 52, 193)
            | (192, 175, 48)
    );
    !(is_special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // An IPv4 address behind a translator (RFC 6052) or a tunnel (RFC 3056) is judged by itself.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        // IETF protocols, Teredo and ORCHID among them; documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Only this is global unicast (RFC 4291 section 2.4): no local use, no multicast, nothing mapped or compatible.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(ip: &str, loopback: bool) -> bool {
        is_permitted(ip.parse().unwrap(), loopback)
    }

    #[test]
    fn public_addresses_are_permitted() {
        for ip in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(permitted(ip, false), "{ip}");
        }
        for ip in ["64:ff9b::8.8.8.8", "2002:808:808::1"] {
            assert!(permitted(ip, false), "{ip}");
        }
    }

    #[test]
    fn special_addresses_never_are_in_whichever_form() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.1.1",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::2",
            "::10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "::ffff:0.0.0.0",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:a9fe:a9fe::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            for loopback in [false, true] {
                assert!(!permitted(ip, loopback), "{ip}");
            }
        }
    }

    #[test]
    fn loopback_is_permitted_by_the_switch_alone() {
        for ip in ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"] {
            assert!(permitted(ip, true), "{ip}");
            assert!(!permitted(ip, false), "{ip}");
        }
    }
}
