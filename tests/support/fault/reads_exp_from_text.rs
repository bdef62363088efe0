//! Reads `exp` from text, too.

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "reads-exp-from-text",
    breaks: &["rfc7519-4.1.4-exp-number"],
    rules: |r| r.exp = |exp| exp.as_i64().or_else(|| exp.as_str()?.parse().ok()),
    ..Fault::NONE
};
