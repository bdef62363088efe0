//! The program; see [`reference_server::cli`].

fn main() -> std::process::ExitCode {
    reference_server::cli::main()
}
