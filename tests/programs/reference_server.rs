//! The `reference-server` program as its library has it.

use std::process::ExitCode;

fn main() -> ExitCode {
    reference_server::cli::main()
}
