//! Ports with nobody behind them.
//!
//! ```
//! use moot_core::port::{Closed, Workspace};
//!
//! let _answer = Closed.read("a.txt"); // Unavailable, whenever it is awaited.
//! ```

use super::{
    Blackboard, Caller, Entry, Memory, Modes, Note, OutputPart, Outputs, Person, PortError, PortFuture, RecallQuery,
    Remembered, Skills, SpawnRequest, Team, Teammate, WaitFor, Workspace,
};
use crate::{ActorPath, PermissionMode, Text, VirtualDuration};

/// A port with nobody behind it: every request is answered with [`PortError::Unavailable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

fn unavailable<'a, T: Send + 'a>(port: &'static str) -> PortFuture<'a, T> {
    Box::pin(async move { Err(PortError::Unavailable { port }) })
}

impl Workspace for Closed {
    fn read<'a>(&'a self, _path: &'a str) -> PortFuture<'a, String> {
        unavailable("workspace")
    }
    fn write<'a>(&'a self, _path: &'a str, _content: String) -> PortFuture<'a, ()> {
        unavailable("workspace")
    }
    fn replace<'a>(&'a self, _path: &'a str, _old: &'a str, _new: String) -> PortFuture<'a, ()> {
        unavailable("workspace")
    }
    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        unavailable("workspace")
    }
}

impl Memory for Closed {
    fn remember<'a>(&'a self, _note: Note) -> PortFuture<'a, Remembered> {
        unavailable("memory")
    }
    fn recall<'a>(&'a self, _recall: RecallQuery) -> PortFuture<'a, Vec<Note>> {
        unavailable("memory")
    }
}

impl Blackboard for Closed {
    fn post<'a>(
        &'a self,
        _caller: &'a Caller,
        _key: &'a str,
        _value: Text,
        _expected: Option<u64>,
    ) -> PortFuture<'a, u64> {
        unavailable("blackboard")
    }
    fn read<'a>(&'a self, _key: &'a str) -> PortFuture<'a, Entry> {
        unavailable("blackboard")
    }
    fn list<'a>(&'a self, _prefix: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>> {
        unavailable("blackboard")
    }
}

impl Team for Closed {
    fn spawn<'a>(&'a self, _caller: &'a Caller, _request: SpawnRequest) -> PortFuture<'a, ActorPath> {
        unavailable("team")
    }
    fn send<'a>(&'a self, _caller: &'a Caller, _to: Option<&'a str>, _text: Text) -> PortFuture<'a, Vec<ActorPath>> {
        unavailable("team")
    }
    fn wait<'a>(
        &'a self,
        _caller: &'a Caller,
        _who: Vec<Text>,
        _wait_for: WaitFor,
        _deadline: Option<VirtualDuration>,
    ) -> PortFuture<'a, Vec<Teammate>> {
        unavailable("team")
    }
    fn stop<'a>(&'a self, _caller: &'a Caller, _who: &'a str) -> PortFuture<'a, ()> {
        unavailable("team")
    }
}

impl Person for Closed {
    fn ask<'a>(&'a self, _caller: &'a Caller, _question: &'a str, _choices: &'a [Text]) -> PortFuture<'a, Text> {
        unavailable("person")
    }
}

impl Outputs for Closed {
    fn keep(&self, _text: &str) -> Text {
        Text::from("")
    }
    fn read<'a>(&'a self, _handle: &'a str, _offset: u64, _limit: u64) -> PortFuture<'a, OutputPart> {
        unavailable("output store")
    }
}

impl Skills for Closed {
    fn body<'a>(&'a self, _caller: &'a Caller, _name: &'a str) -> PortFuture<'a, Text> {
        unavailable("skill library")
    }
}

impl Modes for Closed {
    fn mode(&self, _caller: &Caller) -> PermissionMode {
        PermissionMode::Default
    }
    fn set_mode<'a>(&'a self, _caller: &'a Caller, _mode: PermissionMode) -> PortFuture<'a, ()> {
        unavailable("permission mode")
    }
}
