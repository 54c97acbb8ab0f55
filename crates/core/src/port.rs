//! Ports: the traits through which tools reach a world. The runtime implements them with messages and stores.
//!
//! A tool never holds a store itself; it is handed ports in its context. So the same tool works over an in-memory
//! workspace and over any other, and a test can put a double behind a port.
//!
//! ```
//! use moot_core::port::{PortError, PortFuture, Workspace};
//!
//! struct Empty;
//! impl Workspace for Empty {
//!     fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
//!         Box::pin(async move { Err(PortError::NotFound { what: path.to_owned() }) })
//!     }
//!     fn write<'a>(&'a self, _path: &'a str, _content: String) -> PortFuture<'a, ()> {
//!         Box::pin(async { Err(PortError::Denied { reason: "read only".into() }) })
//!     }
//!     fn replace<'a>(&'a self, _path: &'a str, _old: &'a str, _new: String) -> PortFuture<'a, ()> {
//!         Box::pin(async { Err(PortError::Denied { reason: "read only".into() }) })
//!     }
//!     fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
//!         Box::pin(async { Ok(Vec::new()) })
//!     }
//! }
//! ```

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::{ActorPath, Text, VirtualTime};

/// What a port answers with, sooner or later.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// Why a port did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// What was asked for is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// What is there is not what the caller thought.
    #[error("{reason}")]
    Conflict {
        /// What differs.
        reason: String,
    },
    /// The port refuses.
    #[error("{reason}")]
    Denied {
        /// Why.
        reason: String,
    },
    /// A documented limit would be passed.
    #[error("{reason}")]
    Limit {
        /// Which limit, and what was asked.
        reason: String,
    },
    /// Nobody is behind the port.
    #[error("no {port} is available here")]
    Unavailable {
        /// The name of the port.
        port: &'static str,
    },
}

/// Files by relative path.
pub trait Workspace: Send + Sync {
    /// The whole text of a file.
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String>;
    /// Creates or replaces a file.
    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()>;
    /// Replaces a file's text by `new` if it still is `old`, else answers [`PortError::Conflict`].
    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()>;
    /// The paths of all files, sorted.
    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>>;
}

/// A note that an agent asked to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who wrote it.
    pub author: ActorPath,
    /// When, in virtual time.
    pub written_at: VirtualTime,
    /// What to remember.
    pub text: Text,
}

/// Notes that outlive a task.
pub trait Memory: Send + Sync {
    /// Keeps a note; answers whether it was new (`false`: the same author had kept the same text).
    fn remember<'a>(&'a self, note: Note) -> PortFuture<'a, bool>;
    /// The notes that hold every word of the query, ignoring case; newest first, at most `limit`.
    fn recall<'a>(&'a self, query: &'a str, limit: usize) -> PortFuture<'a, Vec<Note>>;
}

/// A port with nobody behind it: every request is answered with [`PortError::Unavailable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

impl Workspace for Closed {
    fn read<'a>(&'a self, _path: &'a str) -> PortFuture<'a, String> {
        Box::pin(async { Err(PortError::Unavailable { port: "workspace" }) })
    }
    fn write<'a>(&'a self, _path: &'a str, _content: String) -> PortFuture<'a, ()> {
        Box::pin(async { Err(PortError::Unavailable { port: "workspace" }) })
    }
    fn replace<'a>(&'a self, _path: &'a str, _old: &'a str, _new: String) -> PortFuture<'a, ()> {
        Box::pin(async { Err(PortError::Unavailable { port: "workspace" }) })
    }
    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        Box::pin(async { Err(PortError::Unavailable { port: "workspace" }) })
    }
}

impl Memory for Closed {
    fn remember<'a>(&'a self, _note: Note) -> PortFuture<'a, bool> {
        Box::pin(async { Err(PortError::Unavailable { port: "memory" }) })
    }
    fn recall<'a>(&'a self, _query: &'a str, _limit: usize) -> PortFuture<'a, Vec<Note>> {
        Box::pin(async { Err(PortError::Unavailable { port: "memory" }) })
    }
}
