//! Is meant for this machine, and listens on every address of it.

use std::net::Ipv4Addr;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "listens-everywhere",
    breaks: &["mcp-transport-bind-localhost"],
    listens_on: Ipv4Addr::UNSPECIFIED,
    ..Fault::NONE
};
