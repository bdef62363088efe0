//! A program that launches a server as the suite does, and panics:  `panicking COMMAND URL`

use std::process::ExitCode;
use std::time::Duration;

use conformance::launch::{GUARD, Launched};
use url::Url;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Launching starts this program a second time, as the guard of the command.
    if args.first().is_some_and(|arg| arg == GUARD) {
        return conformance::cli::main();
    }
    let [command, url] = args.as_slice() else { return ExitCode::from(2) };
    let url = Url::parse(url).expect("the URL is one");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be had");
    runtime.block_on(async {
        let server = Launched::start(command, &[], &url, Duration::from_secs(60)).await;
        let _server = server.expect("the command becomes a server");
        panic!("a bug of ours");
    })
}
