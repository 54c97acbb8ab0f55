//! Starting a child, draining it, and ending its whole process group.
//!
//! One thread each reads an output, writes the input and waits for the exit; they tell this one through a bounded
//! channel, and each ends by itself when nobody listens any more or the pipes close. The exit is observed without
//! collecting it (`waitid` with `WNOWAIT`), so that the process group's number still belongs to the child when the group
//! is killed; only then is it collected. This module must not know what the process is for.
//!
//! ```
//! use std::time::Duration;
//! use moot_tool::process::{self, ProcessEnd, ProcessRequest};
//!
//! let mut request = ProcessRequest::new(["/bin/sh", "-c", "sleep 60 & wait"]);
//! request.timeout = Duration::from_millis(20);
//! assert_eq!(process::run(&request).end, ProcessEnd::TimedOut);
//! ```

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{GRACE, ProcessEnd, ProcessOutcome, ProcessRequest};
use crate::describe::quote;

/// How much is read from a pipe at once, in bytes.
const CHUNK_BYTES: usize = 8 * 1024;

/// How many pieces of news may wait; then the reading threads do.
const NEWS_MAX: usize = 16;

/// The longest timeout that is told apart from a longer one.
const TIMEOUT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Which output of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Error,
}

/// What the threads around the process tell.
#[derive(Debug)]
enum News {
    Wrote(Stream, Vec<u8>),
    Closed,
    Exited,
}

/// Runs a process to its end. Returns at the latest when its timeout and [`GRACE`] have passed; on return nothing of
/// its process group runs any more. Whatever goes wrong is part of the outcome.
#[must_use]
pub fn run(request: &ProcessRequest) -> ProcessOutcome {
    match start(request) {
        Err(reason) => ProcessOutcome::not_started(reason),
        Ok(mut child) => match watch(&mut child, request) {
            Ok(news) => Run::new(request).follow(child, &news),
            Err(error) => {
                end_group(&child);
                // It was killed: this can't take long.
                let _ = child.wait();
                ProcessOutcome::not_started(format!("the system refuses a thread to watch it: {error}"))
            }
        },
    }
}

fn start(request: &ProcessRequest) -> Result<Child, String> {
    let Some((program, arguments)) = request.argv.split_first().filter(|(program, _)| !program.is_empty()) else {
        return Err("no program is named".to_owned());
    };
    let broken_name = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
    if let Some(name) = request.environment.keys().find(broken_name) {
        return Err(format!("{} can't be the name of a variable", quote(name)));
    }
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs(&request.environment).process_group(0);
    if let Some(folder) = &request.folder {
        command.current_dir(folder);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no program {}, or no folder to start it in", quote(program)),
        io::ErrorKind::PermissionDenied => format!("{} may not be executed", quote(program)),
        _ => format!("{}: {error}", quote(program)),
    })
}

/// Starts the threads around a child.
fn watch(child: &mut Child, request: &ProcessRequest) -> io::Result<Receiver<News>> {
    let (sender, news) = sync_channel(NEWS_MAX);
    if let Some(pipe) = child.stdout.take() {
        let sender = sender.clone();
        spawn(move || read_all(pipe, Stream::Out, &sender))?;
    }
    if let Some(pipe) = child.stderr.take() {
        let sender = sender.clone();
        spawn(move || read_all(pipe, Stream::Error, &sender))?;
    }
    if let Some(mut pipe) = child.stdin.take() {
        let input = request.stdin.clone();
        // A process need not read its input; what it leaves unread is no fault.
        spawn(move || drop(pipe.write_all(&input)))?;
    }
    let process = pid(child);
    spawn(move || {
        if let Some(process) = process {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            // Only an interruption is tried again: any other error means that there is nothing to wait for.
            while matches!(waitid(WaitId::Pid(process), options), Err(rustix::io::Errno::INTR)) {}
        }
        let _ = sender.send(News::Exited);
    })?;
    Ok(news)
}

#[expect(clippy::disallowed_methods, reason = "a process is outside: its pipes block, so they are read by threads")]
fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("process".to_owned()).spawn(work).map(drop)
}

fn read_all(mut pipe: impl Read, stream: Stream, sender: &SyncSender<News>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match pipe.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => {
                let bytes = chunk.get(..length).unwrap_or_default().to_vec();
                if sender.send(News::Wrote(stream, bytes)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = sender.send(News::Closed);
}

#[expect(clippy::disallowed_methods, reason = "a process is outside: its timeout is real time")]
fn now() -> Instant {
    Instant::now()
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Kills whatever is left of the child's process group. The child must not have been collected yet.
fn end_group(child: &Child) {
    if let Some(group) = pid(child) {
        // That nobody is left to kill is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// What is known so far about a running process.
struct Run {
    bytes_max: usize,
    outputs: [Vec<u8>; 2],
    /// How many outputs are still open.
    open: u8,
    exited: bool,
    /// Why it was killed.
    killed: Option<ProcessEnd>,
    /// When to stop waiting: the timeout, then the end of the grace.
    until: Instant,
}

impl Run {
    fn new(request: &ProcessRequest) -> Self {
        let until = now() + request.timeout.min(TIMEOUT_MAX);
        let outputs = [Vec::new(), Vec::new()];
        Self { bytes_max: request.output_bytes_max, outputs, open: 2, exited: false, killed: None, until }
    }

    fn follow(mut self, child: Child, news: &Receiver<News>) -> ProcessOutcome {
        while !(self.exited && self.open == 0) {
            let left = self.until.saturating_duration_since(now());
            // A flood of news must not push the deadline back, so the time is looked at first.
            match if left.is_zero() { None } else { news.recv_timeout(left).ok() } {
                Some(News::Wrote(stream, bytes)) => self.wrote(stream, &bytes, &child),
                Some(News::Closed) => self.open = self.open.saturating_sub(1),
                Some(News::Exited) => {
                    self.exited = true;
                    self.end(&child);
                }
                None if self.exited || self.killed.is_some() => break,
                None => {
                    self.killed = Some(ProcessEnd::TimedOut);
                    self.end(&child);
                }
            }
        }
        self.outcome(child)
    }

    fn wrote(&mut self, stream: Stream, bytes: &[u8], child: &Child) {
        let [out, error] = &mut self.outputs;
        let output = if stream == Stream::Out { out } else { error };
        let room = self.bytes_max.saturating_sub(output.len());
        output.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if bytes.len() > room && self.killed.is_none() {
            self.killed = Some(ProcessEnd::OutputTooLong);
            self.end(child);
        }
    }

    /// Ends the group and allows for the grace from now on.
    fn end(&mut self, child: &Child) {
        end_group(child);
        self.until = now() + GRACE;
    }

    fn outcome(self, mut child: Child) -> ProcessOutcome {
        // A process that does not even die at once when killed (it waits for a device) is left to the system.
        let status = if self.exited { child.wait() } else { child.try_wait().map(Option::unwrap_or_default) };
        let too_long = self.killed == Some(ProcessEnd::OutputTooLong);
        let end = self.killed.unwrap_or_else(|| match status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => ProcessEnd::Exited(code),
                (None, signal) => ProcessEnd::Signalled(signal.unwrap_or_default()),
            },
            // Somebody else collected the child, so that how it ended is not known: never taken for a success.
            Err(_) => ProcessEnd::Signalled(0),
        });
        let [stdout, stderr] = self.outputs;
        ProcessOutcome { end, stdout, stderr, complete: self.open == 0 && !too_long }
    }
}
