//! Is started by the suite, which then knows the API that it calls, reads its log, and can start it under other conditions.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault { name: "is-started-by-the-suite", launched: true, ..Fault::NONE };
