//! For tests of tools: run one call at once, without a runtime.
//!
//! Everything here polls once and never waits, so it serves tools that need nothing but ports in memory. This module
//! must not know which tools exist.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::ActorPath;
//! use moot_tool::{ToolContext, builtin, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap())
//!     .with_memory(Arc::new(testing::NotesInMemory::default()));
//! let result = testing::call(builtin::Remember, r#"{"text": "metres, not feet"}"#, context);
//! assert_eq!(&*result.content, "remembered");
//! ```

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use moot_core::port::{Blackboard, Caller, Entry, Memory, Note, PortFuture, RecallQuery, Remembered};
use moot_core::{Text, ToolCall, ToolErrorCode, ToolResult};

use crate::{Board, Notes, Tool, ToolContext, Toolbox};

/// What the future answers at its first poll; `None` when it would have to wait.
pub fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// One call of a tool with the arguments as a model writes them: checked, run, and answered at once. A tool that
/// can't be put into a toolbox or would have to wait is answered as a failure that says so.
#[must_use]
pub fn call(tool: impl Tool, arguments: &str, context: ToolContext) -> ToolResult {
    let name: Text = tool.name().into();
    let call = ToolCall { id: context.caller.call_id.clone(), name: name.clone(), arguments: arguments.into() };
    let mut toolbox = Toolbox::new();
    if let Err(error) = toolbox.add(tool) {
        return ToolResult::error(&call, ToolErrorCode::Failed, error.to_string());
    }
    match toolbox.prepare(&[name], &call) {
        Ok(prepared) => ready(prepared.run(context)).unwrap_or_else(|| {
            ToolResult::error(&call, ToolErrorCode::Failed, "the tool had no answer when it was first polled")
        }),
        Err(refusal) => refusal,
    }
}

/// Notes kept in memory and behind the port that tools use.
#[derive(Debug, Default)]
pub struct NotesInMemory(Mutex<Notes>);

impl Memory for NotesInMemory {
    fn remember<'a>(&'a self, note: Note) -> PortFuture<'a, Remembered> {
        Box::pin(async move { self.0.lock().unwrap_or_else(PoisonError::into_inner).remember(note) })
    }

    fn recall<'a>(&'a self, recall: RecallQuery) -> PortFuture<'a, Vec<Note>> {
        let locked = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(async move { Ok(locked().recall(&recall)) })
    }
}

/// A blackboard in memory and behind the port that tools use.
#[derive(Debug, Default)]
pub struct BoardInMemory(Mutex<Board>);

impl Blackboard for BoardInMemory {
    fn post<'a>(&'a self, caller: &'a Caller, key: &'a str, value: Text, expected: Option<u64>) -> PortFuture<'a, u64> {
        let locked = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(async move { locked().post(caller, key, value, expected) })
    }

    fn read<'a>(&'a self, key: &'a str) -> PortFuture<'a, Entry> {
        Box::pin(async move { self.0.lock().unwrap_or_else(PoisonError::into_inner).read(key) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>> {
        Box::pin(async move { Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).list(prefix)) })
    }
}
