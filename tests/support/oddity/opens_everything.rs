//! Serves everything to anybody: no protected server at all.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault { name: "opens-everything", lets_in: |asked| asked.is_mcp(), ..Fault::NONE };
