//! The `mock-zone` program; everything it does is in the library, where it is tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    mock_zone::cli::main()
}
