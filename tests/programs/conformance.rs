//! The `conformance` program as its library has it.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::cli::main()
}
