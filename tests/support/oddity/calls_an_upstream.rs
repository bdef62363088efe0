//! Calls an API behind it, rightly, and keeps a log of its calls: what a run sees that starts the server and is told so.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault { name: "calls-an-upstream", launched: true, ..Fault::NONE };
