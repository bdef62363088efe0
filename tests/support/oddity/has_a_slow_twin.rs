//! Runs as two processes, each with its own copy of the zone's keys, of which one is slow to fetch it anew.

use crate::fault::Fault;

pub(super) const ODDITY: Fault =
    Fault { name: "has-a-slow-twin", rules: |rules| rules.keys.has_slow_twin = true, ..Fault::NONE };
