//! Real programs on free ports: started, waited for, and stopped when dropped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running program that said on standard output where it listens.
#[derive(Debug)]
pub struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it said: the values of its first lines `NAME=value`, in order.
    said: Vec<(String, String)>,
}

impl Program {
    /// Starts a program and reads its standard output until it has said `wanted`.
    ///
    /// # Panics
    /// Where it does not start, or ends before it has said so: a test cannot go on then.
    pub fn start(path: &Path, args: &[&str], env: &[(&str, &str)], wanted: &str) -> Self {
        let mut command = Command::new(path);
        command.args(args).envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut program = Self { child, stdout, said: Vec::new() };
        if !program.listen_for(wanted) {
            let stderr = program.child.stderr.take().map(std::io::read_to_string);
            panic!("{} {args:?} ended before it said {wanted}: {stderr:?}", path.display());
        }
        // Nobody reads it any more, and a full pipe would stop the program.
        if let Some(mut stderr) = program.child.stderr.take() {
            std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        }
        program
    }

    /// Reads lines until one has said `wanted`; false where the output ends before.
    fn listen_for(&mut self, wanted: &str) -> bool {
        let mut line = String::new();
        while self.stdout.read_line(&mut line).unwrap_or(0) > 0 {
            if let Some((name, value)) = line.trim().split_once('=') {
                self.said.push((name.trim().to_owned(), value.trim().to_owned()));
                if name.trim() == wanted {
                    return true;
                }
            }
            line.clear();
        }
        false
    }

    /// What the program said under this name.
    ///
    /// # Panics
    /// Where it said no such thing.
    pub fn said(&self, name: &str) -> &str {
        let found = self.said.iter().find(|(n, _)| n == name);
        &found.unwrap_or_else(|| panic!("{name} was not said: {:?}", self.said)).1
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program has ended, and gives what else it wrote to standard output.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        let _ = self.stdout.read_to_string(&mut rest);
        let _ = self.child.wait();
        rest
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
