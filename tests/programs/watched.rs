//! Runs a command, and tells how it ended and whether anything that it started outlived it:  `watched COMMAND…`
//!
//! It is the subreaper of all that the command starts, so whatever loses its parent becomes its child. What it says on
//! standard output: `PID=` at once, then, after the command's own output, `STATUS=` and `SURVIVORS=`.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, wait};

/// How long what was started may take to be gone: the suite gives a launched command three seconds to end by itself.
const GRACE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let (Some((program, args)), Ok(())) = (args.split_first(), set_child_subreaper(Pid::from_raw(1))) else {
        return ExitCode::from(2);
    };
    let Ok(mut command) = Command::new(program).args(args).stdin(Stdio::null()).spawn() else {
        return ExitCode::from(2);
    };
    println!("PID={}", command.id());
    let Ok(status) = command.wait() else { return ExitCode::from(2) };
    let status =
        status.code().map_or_else(|| format!("signal {}", status.signal().unwrap_or(0)), |code| code.to_string());

    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        // Each orphan is waited for; an error says that there is none left.
        while wait(WaitOptions::empty()).is_ok() {}
        let _ = tell.send(());
    });
    let survivors = if told.recv_timeout(GRACE).is_ok() { Vec::new() } else { children() };
    // Who loses its parent by this becomes our child, too.
    for _ in 0..100 {
        for pid in children().into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    println!("\nSTATUS={status}\nSURVIVORS={}", survivors.len());
    ExitCode::SUCCESS
}

/// The processes whose parent we are.
fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let listed = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name, which is in parentheses and may hold anything: state, then the parent.
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)).is_some_and(|parent| parent == own)
    })
    .collect()
}
