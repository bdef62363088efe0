//! Gives a minute of leeway for clocks that differ.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault { name: "allows-for-clocks", rules: |r| r.leeway = 60, ..Fault::NONE };
