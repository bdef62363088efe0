//! The second copy of this program: runs the command in a group of its own and ends the group when our pipe closes.
//!
//! Nothing of ours runs after a SIGKILL, so the one that cleans up must be another process. It starts the command
//! itself: no instant passes in which the command runs and nobody watches it.

use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
#[cfg(target_os = "linux")]
use rustix::process::{WaitOptions, kill_process, waitpid};

/// How long the command's group may take to end by itself after SIGTERM.
const GRACE: Duration = Duration::from_secs(3);

enum Event {
    LifelineClosed,
    CommandEnded,
}

/// Runs `command` until it ends or standard input closes; then nothing of its group is left.
pub fn guard(command: &str) -> ExitCode {
    // Whoever of the command's processes leaves its group and its parent comes to us.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let spawned = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).process_group(0).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "could not run sh: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Ok(raw) = i32::try_from(child.id()) else { return ExitCode::FAILURE };
    let Some(group) = Pid::from_raw(raw) else { return ExitCode::FAILURE };

    let (tell, told) = mpsc::channel();
    let tell_of_end = tell.clone();
    std::thread::spawn(move || {
        let mut sink = [0u8; 64];
        let mut lifeline = std::io::stdin().lock();
        while lifeline.read(&mut sink).is_ok_and(|n| n > 0) {}
        let _ = tell.send(Event::LifelineClosed);
    });
    std::thread::spawn(move || {
        // Left unreaped, so that the group's number cannot pass to strangers before we are done with it.
        let _ = waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = tell_of_end.send(Event::CommandEnded);
    });

    if matches!(told.recv(), Ok(Event::LifelineClosed)) {
        let _ = kill_process_group(group, Signal::TERM);
        // Whether it ends in time or not, what is left of the group goes next.
        let _ = told.recv_timeout(GRACE);
    }
    let _ = kill_process_group(group, Signal::KILL);
    // First its end, which hands its children to us.
    let ended = child.wait();
    end_orphans();
    match ended {
        Ok(status) => exit_code(status.code(), status.signal()),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Ends what left the group: whoever loses its parent becomes a child of ours, since we are the subreaper.
#[cfg(target_os = "linux")]
fn end_orphans() {
    // Killing one may hand us its children, so it takes rounds; their number is a bound, not a need.
    for _ in 0..100 {
        let orphans = children();
        if orphans.is_empty() {
            return;
        }
        for orphan in orphans {
            let _ = kill_process(orphan, Signal::KILL);
            let _ = waitpid(Some(orphan), WaitOptions::empty());
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn end_orphans() {}

/// The processes whose parent we are.
#[cfg(target_os = "linux")]
fn children() -> Vec<Pid> {
    let listed = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = pids.filter(|pid| super::parent_of(*pid) == Some(std::process::id()));
    ours.filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).collect()
}

/// A shell's way to say how a command ended: its code, or 128 and the signal's number.
fn exit_code(code: Option<i32>, signal: Option<i32>) -> ExitCode {
    let number = code.unwrap_or_else(|| 128 + signal.unwrap_or(0));
    u8::try_from(number).map_or(ExitCode::FAILURE, ExitCode::from)
}
