//! Files that the user names, which need not be files: a pipe may have nobody at its other end, and a device no end.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

/// How long the other end of a pipe may take: a command in `<(…)` to write all, one in `>(…)` to read on.
const WITHIN: Duration = Duration::from_secs(20);

/// What a file holds, read within bounds of size and time; what a command writes into a pipe (`<(…)`) will do.
///
/// # Errors
/// Where it cannot be read, is larger, or is a pipe into which not all was written in good time.
pub fn read(path: &Path, at_most: u64) -> io::Result<Vec<u8>> {
    read_within(path, at_most, WITHIN)
}

fn read_within(path: &Path, at_most: u64, within: Duration) -> io::Result<Vec<u8>> {
    let file = without_waiting(OpenOptions::new().read(true)).open(path)?;
    let until = Instant::now() + within;
    let mut bytes = Vec::new();
    let mut limited = (&file).take(at_most.saturating_add(1));
    loop {
        let why = || format!("it is a pipe into which nobody wrote all within {} s", within.as_secs());
        await_until(&file, PollFlags::IN, until, why)?;
        match limited.read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > at_most => {
                return Err(io::Error::new(ErrorKind::InvalidData, format!("it has more than {at_most} bytes")));
            }
            Ok(_) => return Ok(bytes),
            // What came before is kept.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file to read, for which nothing else will do: what is read again, or while somebody writes it.
///
/// # Errors
/// Where it cannot be opened, or is no regular file.
pub fn regular(path: &Path) -> io::Result<File> {
    // Looked at once it is open: what stands at the path may be another thing a moment later.
    let file = without_waiting(OpenOptions::new().read(true)).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// A file to write in place of what it holds; a pipe must have a reader.
///
/// # Errors
/// Where it cannot be opened.
pub fn replaced(path: &Path) -> io::Result<Patient> {
    to_write(path, OpenOptions::new().write(true).truncate(true))
}

/// A file to write to, which keeps what it holds; a pipe must have a reader.
///
/// # Errors
/// Where it cannot be opened.
pub fn continued(path: &Path) -> io::Result<Patient> {
    to_write(path, OpenOptions::new().append(true))
}

fn to_write(path: &Path, options: &mut OpenOptions) -> io::Result<Patient> {
    let opened = without_waiting(options.create(true)).open(path);
    opened.map(|file| Patient { file, within: WITHIN }).map_err(|error| {
        let is_pipe = || path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
        match Errno::from_io_error(&error) {
            Some(Errno::NXIO) if is_pipe() => io::Error::new(error.kind(), "it is a pipe that nobody reads"),
            _ => error,
        }
    })
}

/// A file that is written to as fast as it takes what is written, and given up where it takes nothing for long.
#[derive(Debug)]
pub struct Patient {
    file: File,
    within: Duration,
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let until = Instant::now() + self.within;
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let why = || format!("it is a pipe whose reader took nothing for {} s", self.within.as_secs());
                    await_until(&self.file, PollFlags::OUT, until, why)?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Without the wait for the other end of a pipe, in which no signal would end the program.
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed())
}

/// Waits until a file can be read from or written to.
fn await_until(file: &File, what: PollFlags, until: Instant, why: impl Fn() -> String) -> io::Result<()> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(file, what)], Some(&timeout)) {
            Ok(0) => return Err(io::Error::new(ErrorKind::TimedOut, why())),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;
    use crate::survey::random_id;

    /// A named pipe; it is gone when dropped.
    struct Fifo(PathBuf);

    impl Fifo {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("conformance-{}.fifo", random_id()));
            assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be run").success());
            Self(path)
        }
    }

    impl Drop for Fifo {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// The path of what is open here, as a shell gives it for `<(…)` and `>(…)`.
    fn path_of(file: &impl AsRawFd) -> PathBuf {
        PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()))
    }

    #[test]
    fn a_pipe_that_nobody_writes_into_is_waited_for_so_long_and_no_longer() {
        let fifo = Fifo::new();
        let error = read_within(&fifo.0, 10, Duration::ZERO).unwrap_err();
        assert!(error.kind() == ErrorKind::TimedOut && error.to_string().contains("nobody wrote"), "{error}");

        let (reader, mut writer) = io::pipe().expect("a pipe can be had");
        writer.write_all(b"begun").expect("it takes a few bytes");
        let error = read_within(&path_of(&reader), 10, Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    }

    #[test]
    fn what_a_command_writes_into_a_pipe_is_read_to_its_end() {
        let (reader, mut writer) = io::pipe().expect("a pipe can be had");
        // More than a pipe holds, so that the writer has to wait for us as well.
        let written = "x".repeat(300_000).into_bytes();
        let all = written.clone();
        let writing = std::thread::spawn(move || writer.write_all(&all));
        assert_eq!(read(&path_of(&reader), 1 << 20).expect("it can be read"), written);
        writing.join().expect("the writer ends").expect("all is taken");
    }

    #[test]
    fn what_has_no_end_is_too_large() {
        let error = read(Path::new("/dev/zero"), 1000).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 1000 bytes");
        assert!(read(Path::new("/dev/null"), 1000).expect("it can be read").is_empty());
    }

    #[test]
    fn only_a_regular_file_is_one() {
        let fifo = Fifo::new();
        for path in [&fifo.0, Path::new("/dev/zero"), Path::new("/")] {
            assert_eq!(regular(path).unwrap_err().to_string(), "it is no regular file", "{}", path.display());
        }
        assert_eq!(regular(Path::new("/nonexistent")).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(regular(&std::env::current_exe().expect("this runs")).is_ok());
    }

    #[test]
    fn a_pipe_is_written_to_where_it_has_a_reader() {
        let fifo = Fifo::new();
        let error = replaced(&fifo.0).unwrap_err();
        assert_eq!(error.to_string(), "it is a pipe that nobody reads");

        let (mut reader, writer) = io::pipe().expect("a pipe can be had");
        let mut file = replaced(&path_of(&writer)).expect("it has a reader");
        drop(writer);
        let written = "x".repeat(300_000).into_bytes();
        let reading = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map(|_| bytes)
        });
        file.write_all(&written).expect("it is read");
        drop(file);
        assert_eq!(reading.join().expect("the reader ends").expect("it reads"), written);
    }

    #[test]
    fn a_reader_that_takes_nothing_is_given_up() {
        let (_reader, writer) = io::pipe().expect("a pipe can be had");
        let mut file = continued(&path_of(&writer)).expect("it has a reader");
        file.within = Duration::ZERO;
        let error = file.write_all(&vec![0; 1 << 20]).unwrap_err();
        assert!(error.kind() == ErrorKind::TimedOut && error.to_string().contains("took nothing"), "{error}");
    }
}
