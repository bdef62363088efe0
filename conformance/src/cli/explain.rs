//! `conformance explain ID`: the page of a check, and the clauses behind it.

use clap::Args;

use super::fail;
use crate::checks;
use crate::docs;
use crate::exit_status::ExitStatus;

/// Explains a check.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The check's id; see `conformance list`
    id: String,
}

impl Explain {
    pub(super) fn execute(&self) -> ExitStatus {
        match checks::find(&self.id) {
            Some(check) => {
                super::print(docs::page(check).trim_end());
                ExitStatus::Success
            }
            None => fail(ExitStatus::Usage, checks::unknown(&self.id)),
        }
    }
}
