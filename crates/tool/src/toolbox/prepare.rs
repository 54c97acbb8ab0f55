//! From a call as a model wrote it to one that is ready to run: look up, parse, check, convert.
//!
//! Every way to be wrong ends in a result that the model reads; none of them runs anything. This module must not know
//! what happens between preparing and running, such as a permission.
//!
//! ```
//! use moot_core::{Text, ToolCall};
//! use moot_tool::{Toolbox, builtin};
//!
//! let mut toolbox = Toolbox::new();
//! toolbox.add(builtin::ReadFile).unwrap();
//! let allowed: [Text; 1] = ["read_file".into()];
//! let call = ToolCall { id: "c1".into(), name: "read_file".into(), arguments: r#"{"path": "a", "lines": "3"}"#.into() };
//! assert_eq!(
//!     &*toolbox.prepare(&allowed, &call).unwrap_err().content,
//!     "the arguments of read_file do not fit:\n- /lines: expected an integer or null, found the text \"3\""
//! );
//! ```

use std::fmt::{self, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use moot_core::{Placement, Text, ToolCall, ToolEffect, ToolErrorCode, ToolResult, Touch, VirtualDuration};
use serde_json::Value;

use super::Toolbox;
use crate::tool::{AnyTool, ArgumentFault, BoundCall};
use crate::{ToolContext, arguments, describe, schema};

/// How many faults one observation tells.
const FAULTS_MAX: usize = 10;

/// How many names an observation lists.
const NAMES_MAX: usize = 50;

/// How much of one line of an observation is told, in characters.
const LINE_CHARACTERS_MAX: usize = 400;

/// A call whose tool exists and has accepted the arguments.
pub struct PreparedCall {
    call: ToolCall,
    tool: Arc<dyn AnyTool>,
    arguments: Arc<Value>,
    bound: Box<dyn BoundCall>,
}

impl Toolbox {
    /// Looks the tool up among those that the agent is allowed, reads the arguments and checks them.
    ///
    /// # Errors
    /// The result that the model reads instead: [`ToolErrorCode::UnknownTool`] with the names of the allowed tools
    /// (nothing similar is ever taken for it), [`ToolErrorCode::Limit`] for arguments that are too long or too deep,
    /// [`ToolErrorCode::InvalidArguments`] with the place of every fault.
    pub fn prepare(&self, allowed: &[Text], call: &ToolCall) -> Result<PreparedCall, ToolResult> {
        let permitted = allowed.contains(&call.name);
        let Some(entry) = self.tools.get(&call.name).filter(|_| permitted) else {
            return Err(ToolResult::error(call, ToolErrorCode::UnknownTool, self.unknown(allowed, &call.name)));
        };
        let value = arguments::parse(&call.arguments)
            .map_err(|error| ToolResult::error(call, error.code(), error.to_string()))?;
        let faults = schema::faults(&entry.schema, &value);
        if !faults.is_empty() {
            return Err(unfit(call, &faults));
        }
        let bound = Arc::clone(&entry.tool).bind(&value).map_err(|fault| unfit(call, &[fault]))?;
        Ok(PreparedCall { call: call.clone(), tool: Arc::clone(&entry.tool), arguments: Arc::new(value), bound })
    }

    fn unknown(&self, allowed: &[Text], name: &str) -> String {
        let known: Vec<&str> = allowed.iter().map(|name| &**name).filter(|name| self.contains(name)).collect();
        let shown = describe::quote_name(name);
        if known.is_empty() {
            return format!("there is no tool {shown}; no tool can be called here");
        }
        let listed = known.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
        match known.len().saturating_sub(NAMES_MAX) {
            0 => format!("there is no tool {shown}; the tools here are {listed}"),
            more => format!("there is no tool {shown}; the tools here are {listed} and {more} more"),
        }
    }
}

/// The observation that lists the faults.
fn unfit(call: &ToolCall, faults: &[ArgumentFault]) -> ToolResult {
    let mut content = format!("the arguments of {} do not fit:", call.name);
    for ArgumentFault { pointer, message } in faults.iter().take(FAULTS_MAX) {
        let place = if pointer.is_empty() { "(all)".to_owned() } else { pointer.escape_debug().to_string() };
        let line = describe::cut(&format!("{place}: {message}"), LINE_CHARACTERS_MAX);
        // Writing into a String can't fail.
        let _ = write!(content, "\n- {line}");
    }
    if let more @ 1.. = faults.len().saturating_sub(FAULTS_MAX) {
        let _ = write!(content, "\n- and {more} more");
    }
    ToolResult::error(call, ToolErrorCode::InvalidArguments, content)
}

impl PreparedCall {
    /// The call that was prepared.
    #[must_use]
    pub const fn call(&self) -> &ToolCall {
        &self.call
    }

    /// Where the tool runs.
    #[must_use]
    pub fn placement(&self) -> Placement {
        self.tool.placement()
    }

    /// What the tool can do to the world.
    #[must_use]
    pub fn effect(&self) -> ToolEffect {
        self.tool.spec().effect
    }

    /// The arguments, parsed and checked.
    #[must_use]
    pub const fn arguments(&self) -> &Arc<Value> {
        &self.arguments
    }

    /// What the call touches.
    #[must_use]
    pub fn touch(&self) -> Touch {
        self.bound.touch()
    }

    /// Whether the call may be done twice.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.bound.is_idempotent()
    }

    /// How long the call takes, beside what the scenario says of the tool.
    #[must_use]
    pub fn latency(&self) -> VirtualDuration {
        self.bound.latency()
    }

    /// What the call would change, for a person who is asked to approve it.
    pub async fn preview(&self, context: &ToolContext) -> Option<String> {
        self.bound.preview(context).await
    }

    /// Runs the tool. Nothing has happened before the future is polled first. A panic of the tool's code passes
    /// through: who polls decides what it means.
    #[must_use]
    pub fn run(self, context: ToolContext) -> Pin<Box<dyn Future<Output = ToolResult> + Send>> {
        let Self { call, bound, .. } = self;
        Box::pin(async move {
            match bound.run(context).await {
                Ok(content) => ToolResult::success(&call, content),
                Err(failure) => ToolResult::error(&call, failure.code, failure.message),
            }
        })
    }
}

impl fmt::Debug for PreparedCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PreparedCall").field("call", &self.call).finish_non_exhaustive()
    }
}
