//! The `mock-zone` program as its library has it.

use std::process::ExitCode;

fn main() -> ExitCode {
    mock_zone::cli::main()
}
