//! Redeems a voucher as often as it is asked to.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "redeems-vouchers-twice",
    breaks: &["mcp-mrtr-single-use"],
    inputs: |rules| rules.once = false,
    ..Fault::NONE
};
