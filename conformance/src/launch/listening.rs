//! Where a command's processes listen, as far as the system tells: a server that listens on another port than the one it
//! was given is found nowhere else.

use std::net::SocketAddr;

/// The TCP addresses at which a process or any that it started listens; none where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn listening(root: u32) -> Vec<SocketAddr> {
    let sockets: Vec<String> = family(root).into_iter().flat_map(sockets_of).collect();
    let mut addresses: Vec<SocketAddr> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| table.lines().filter_map(entry).collect::<Vec<_>>())
        .filter(|(_, inode)| sockets.contains(inode))
        .map(|(address, _)| address)
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(not(target_os = "linux"))]
pub(super) fn listening(_root: u32) -> Vec<SocketAddr> {
    Vec::new()
}

/// A process and all that descend from it.
#[cfg(target_os = "linux")]
fn family(root: u32) -> Vec<u32> {
    let listed = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = pids.filter_map(|pid| Some((pid, super::parent_of(pid)?))).collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(pid, p)| *p == parent && *pid != root).map(|(pid, _)| *pid));
        next += 1;
    }
    family
}

/// The inodes of a process's sockets.
#[cfg(target_os = "linux")]
fn sockets_of(pid: u32) -> Vec<String> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let targets = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let inode =
        |target: std::path::PathBuf| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    targets.filter_map(inode).collect()
}

/// The address and inode of a line of `/proc/net/tcp` that is about a listening socket (proc_pid_net(5)).
#[cfg(target_os = "linux")]
fn entry(line: &str) -> Option<(SocketAddr, String)> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != LISTEN {
        return None;
    }
    let (host, port) = fields.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some((SocketAddr::new(host_of(host)?, port), (*fields.get(9)?).to_owned()))
}

/// An address is written as words of 32 bits in the machine's own byte order.
#[cfg(target_os = "linux")]
fn host_of(hex: &str) -> Option<std::net::IpAddr> {
    let words = hex.as_bytes().chunks(8).map(|word| {
        let word = std::str::from_utf8(word).ok()?;
        u32::from_str_radix(word, 16).ok().map(u32::to_ne_bytes)
    });
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(Into::into),
        16 => <[u8; 16]>::try_from(bytes).ok().map(Into::into),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_this_process_listens_at_is_found() {
        for host in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"] {
            let Ok(listener) = TcpListener::bind(host) else { continue };
            let address = listener.local_addr().unwrap();
            assert!(listening(std::process::id()).contains(&address), "{address}");
            drop(listener);
            assert!(!listening(std::process::id()).contains(&address), "{address}");
        }
    }
}
