//! Knows Mcp-Method in lower case only.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "minds-header-case",
    breaks: &["mcp-transport-header-names-case-insensitive"],
    wire: |bytes| {
        const TITLE: &[u8] = b"\r\nMcp-Method:";
        if let Some(at) = bytes.windows(TITLE.len()).position(|window| window == TITLE) {
            bytes[at + 4] = b'q';
        }
    },
    ..Fault::NONE
};
