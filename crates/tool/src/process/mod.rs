//! One external process, run to its end: fed, drained while it runs, and killed with all its children when its time
//! is over.
//!
//! For commands that a person trusts, such as hooks. It blocks and uses real time and threads, so only the port to the
//! outside may call it, never a handler and never a tool inside the world. This module must not know what the process
//! is for.
//!
//! ```
//! use std::time::Duration;
//! use moot_tool::process::{self, ProcessEnd, ProcessRequest};
//!
//! let mut request = ProcessRequest::new(["/bin/sh", "-c", "read -r name; echo hello $name"]);
//! request.stdin = b"you\n".to_vec();
//! request.timeout = Duration::from_secs(10);
//! let outcome = process::run(&request);
//! assert_eq!(outcome.end, ProcessEnd::Exited(0));
//! assert_eq!(outcome.stdout, b"hello you\n");
//! ```

mod child;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use child::run;

/// How long a process may run unless the request says otherwise.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

/// How much each of the two outputs may hold unless the request says otherwise, in bytes.
pub const OUTPUT_BYTES_MAX_DEFAULT: usize = 1024 * 1024;

/// How long, after the process ended or was killed, its outputs may stay open: only a descendant that left the
/// process group can keep them so, and it is not waited for.
pub const GRACE: Duration = Duration::from_millis(500);

/// A process to run. Nothing passes through a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRequest {
    /// The program, by path or looked up in `PATH`, and its arguments.
    pub argv: Vec<String>,
    /// All variables it gets, besides `PATH`, which is this process's own unless it is named here.
    pub environment: BTreeMap<String, String>,
    /// The folder it starts in; this process's own when `None`.
    pub folder: Option<PathBuf>,
    /// What it can read from its standard input. It need not read it.
    pub stdin: Vec<u8>,
    /// How long it may run, in real time.
    pub timeout: Duration,
    /// How many bytes its standard output and its standard error may hold, each.
    pub output_bytes_max: usize,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessEnd {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, which did not come from here.
    Signalled(i32),
    /// It was killed because its time was over.
    TimedOut,
    /// It was killed because it wrote more than it may.
    OutputTooLong,
    /// It never ran, and why.
    NotStarted(String),
}

/// What came of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessOutcome {
    /// How it ended.
    pub end: ProcessEnd,
    /// What it wrote to standard output, at most as much as was allowed.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, at most as much as was allowed.
    pub stderr: Vec<u8>,
    /// Whether both outputs were read to their end. They are not when the process was killed over their length, or when
    /// a descendant that left its process group still holds them open.
    pub complete: bool,
}

impl ProcessRequest {
    /// A request with these words, no input, no variables and the default limits.
    pub fn new<W: Into<String>>(argv: impl IntoIterator<Item = W>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            environment: BTreeMap::new(),
            folder: None,
            stdin: Vec::new(),
            timeout: TIMEOUT_DEFAULT,
            output_bytes_max: OUTPUT_BYTES_MAX_DEFAULT,
        }
    }
}

impl ProcessOutcome {
    /// Whether it ended by itself with code 0 and everything it wrote was read.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.end == ProcessEnd::Exited(0) && self.complete
    }

    fn not_started(reason: impl Into<String>) -> Self {
        Self { end: ProcessEnd::NotStarted(reason.into()), stdout: Vec::new(), stderr: Vec::new(), complete: true }
    }
}

/// In words, to follow "the command": `exited with code 1`.
impl fmt::Display for ProcessEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(formatter, "exited with code {code}"),
            Self::Signalled(signal) => write!(formatter, "was ended by signal {signal}"),
            Self::TimedOut => formatter.write_str("was killed because its time was over"),
            Self::OutputTooLong => formatter.write_str("was killed because it wrote more than it may"),
            Self::NotStarted(reason) => write!(formatter, "could not be started: {reason}"),
        }
    }
}
