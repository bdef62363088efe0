//! `conformance docs DIRECTORY`: writes the generated pages; a test keeps the committed ones equal to them.

use std::path::PathBuf;

use clap::Args;

use super::fail;
use crate::docs;
use crate::exit_status::ExitStatus;

/// Writes the page of every check into a directory.
#[derive(Debug, Args)]
pub(super) struct Docs {
    /// Where to write; `conformance/docs` in this repository
    directory: PathBuf,
}

impl Docs {
    pub(super) fn execute(&self) -> ExitStatus {
        for (name, text) in docs::pages() {
            let path = self.directory.join(name);
            let written =
                path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
            if let Err(error) = written {
                return fail(ExitStatus::Usage, format!("could not write {}: {error}", path.display()));
            }
        }
        ExitStatus::Success
    }
}
