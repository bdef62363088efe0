//! The program: one file per subcommand. Only here are the runtime and the terminal touched.

mod access;
mod config;
mod demo;
mod docs;
mod explain;
mod interruptions;
mod list;
mod run;
mod session;
mod untestable;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use config::Settings;

use crate::exit_status::ExitStatus;
use crate::launch;

/// Proves that a protected MCP server really is protected.
#[derive(Debug, Parser)]
#[command(name = "conformance", version, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 tested, and no failure (a warning is one with --strict alone); 1 findings; 2 usage or configuration; 3 could not test; 130 interrupted.

Start here:
  conformance demo
  conformance run --launch \"npx tsx server.ts\" --url http://localhost:8080/mcp";

#[derive(Debug, Subcommand)]
enum Command {
    /// Tests a server
    Run(Box<run::Run>),
    /// Tests the reference server against an embedded zone: no argument, no network
    Demo(Box<demo::Demo>),
    /// Lists every check
    List(list::List),
    /// Explains a check: what it does, why it matters, how to fix what it finds
    Explain(explain::Explain),
    /// Writes the page of every check into a directory
    #[command(hide = true)]
    Docs(docs::Docs),
    /// Runs a launched command and ends it with us
    #[command(name = launch::GUARD, hide = true)]
    Guard {
        /// For `sh -c`.
        command: String,
    },
}

/// The program's entry, for its `main` and for thin binaries elsewhere.
pub fn main() -> ExitCode {
    let (words, configuration) = match config::with_file(std::env::args_os().collect()) {
        Ok(read) => read,
        Err(why) => return fail(ExitStatus::Usage, why).into(),
    };
    let mut cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            if let Some(place) = configuration.and_then(|file| file.blamed_for(&error)) {
                say(format_args!("{place}"));
            }
            // clap's own code for usage errors is 2 as well; help and version are successes.
            return if error.use_stderr() { ExitStatus::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    if let (Command::Run(run), Some(configuration)) = (&mut cli.command, configuration) {
        run.take(configuration);
    }
    match cli.command {
        Command::Run(run) => block_on(run.execute()),
        Command::Demo(demo) => block_on(demo.execute()),
        Command::List(list) => list.execute().into(),
        Command::Explain(explain) => explain.execute().into(),
        Command::Docs(docs) => docs.execute().into(),
        Command::Guard { command } => launch::guard(&command),
    }
}

fn block_on(program: impl Future<Output = ExitStatus>) -> ExitCode {
    let logs = tracing_subscriber::EnvFilter::try_from_env("CONFORMANCE_LOG").unwrap_or_else(|_| "off".into());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(logs)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .log_internal_errors(false)
        .try_init();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(program).into(),
        Err(error) => fail(ExitStatus::CouldNotTest, format_args!("could not start the runtime: {error}")).into(),
    }
}

/// Prints an error in the form that all subcommands use, and is its exit status.
fn fail(status: ExitStatus, message: impl std::fmt::Display) -> ExitStatus {
    say(format_args!("error: {message}"));
    status
}

/// Prints a line to standard error. Nobody may be there to read it, which must not be what the program ends of.
fn say(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line to standard output; a reader that has closed it has what it wanted.
fn print(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}
