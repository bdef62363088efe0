//! Proves that a protected MCP server really is protected: the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::cli::main()
}
