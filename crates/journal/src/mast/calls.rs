//! The tool calls of each agent on each open task: which are made again, with what result, and which results its
//! transcript has lost.
//!
//! Two calls are the same when they name the same tool with equal arguments, as JSON values. What makes a repeated call a
//! failure is for the rules of 1.3 and 1.4 to say.
//!
//! ```
//! let equal = |one: &str, other: &str| {
//!     let read = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
//!     read(one) == read(other)
//! };
//! assert!(equal(r#"{"path":"a.txt","lines":3}"#, r#"{ "lines": 3, "path": "a.txt" }"#));
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence, Message, TaskId, Text, ToolErrorCode};
use serde_json::Value;

/// How often a call has to give the same result to be told.
pub(super) const SAME_RESULTS: usize = 3;

/// The calls of the tasks that are open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Calls {
    open: BTreeMap<TaskId, BTreeMap<ActorPath, OfAgent>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct OfAgent {
    made: Vec<Made>,
    /// Calls without a result: id, event, place in `made`.
    under_way: Vec<(Text, EventSequence, usize)>,
}

/// All calls that are the same.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    tool: Text,
    arguments: Value,
    result: Option<(Text, Option<ToolErrorCode>)>,
    /// The calls that gave this result one after another.
    same: Vec<EventSequence>,
    /// The compaction that took the result out of the transcript.
    lost: Option<EventSequence>,
}

/// A call that was made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repeated {
    pub(super) task: TaskId,
    pub(super) tool: Text,
    pub(super) how: How,
}

/// What is remarkable about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// These calls, [`SAME_RESULTS`] of them, gave the same result, which the agent still had before it.
    SameResult(Vec<EventSequence>),
    /// The result of an earlier call was in the transcript no longer.
    AfterLoss { earlier: EventSequence, compaction: EventSequence, again: EventSequence },
}

impl Calls {
    /// Takes in the next event.
    pub(super) fn push(&mut self, event: &Event) -> Option<Repeated> {
        let agent = &event.actor;
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, BTreeMap::new());
                None
            }
            EventKind::TaskEnded { task, .. } => {
                self.open.remove(task);
                None
            }
            // Who is to start from an empty transcript does nothing again.
            EventKind::Assigned { task, brief: Some(brief), .. } if brief.fresh => {
                self.open.get_mut(task)?.remove(agent);
                None
            }
            EventKind::ToolCalled { task, call, .. } => {
                let agent = self.open.get_mut(task)?.entry(agent.clone()).or_default();
                let how = agent.called(event.sequence, &call.id, &call.name, &call.arguments)?;
                Some(Repeated { task: *task, tool: call.name.clone(), how })
            }
            EventKind::ToolReturned { task, tool, result, .. } => {
                let agent = self.open.get_mut(task)?.get_mut(agent)?;
                let how = agent.returned(&result.call_id, &result.content, result.error)?;
                Some(Repeated { task: *task, tool: tool.clone(), how })
            }
            EventKind::Compacted { task, messages, .. } => {
                self.open.get_mut(task)?.get_mut(agent)?.compacted(event.sequence, messages);
                None
            }
            _ => None,
        }
    }
}

impl OfAgent {
    fn called(&mut self, event: EventSequence, id: &Text, tool: &Text, arguments: &str) -> Option<How> {
        // What is no JSON is compared as it stands.
        let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned()));
        let found = self.made.iter().position(|made| made.tool == *tool && made.arguments == arguments);
        let place = found.unwrap_or_else(|| {
            self.made.push(Made { tool: tool.clone(), arguments, result: None, same: Vec::new(), lost: None });
            self.made.len() - 1
        });
        self.under_way.push((id.clone(), event, place));
        let made = self.made.get_mut(place)?;
        let compaction = made.lost.take()?;
        let earlier = made.same.last().copied().unwrap_or(compaction);
        (made.result, made.same) = (None, Vec::new());
        Some(How::AfterLoss { earlier, compaction, again: event })
    }

    fn returned(&mut self, id: &str, content: &Text, error: Option<ToolErrorCode>) -> Option<How> {
        let position = self.under_way.iter().position(|(known, ..)| **known == *id)?;
        let (_, call, place) = self.under_way.remove(position);
        // A call that was broken off shows nothing.
        if matches!(error, Some(ToolErrorCode::Cancelled | ToolErrorCode::Unknown)) {
            return None;
        }
        let made = self.made.get_mut(place)?;
        let result = Some((content.clone(), error));
        if made.result != result {
            (made.result, made.same) = (result, Vec::new());
        }
        // One telling is enough, however often it goes on.
        if made.same.len() < SAME_RESULTS {
            made.same.push(call);
            return (made.same.len() == SAME_RESULTS).then(|| How::SameResult(made.same.clone()));
        }
        None
    }

    fn compacted(&mut self, event: EventSequence, messages: &[Message]) {
        for made in self.made.iter_mut().filter(|made| made.lost.is_none()) {
            let Some((content, _)) = &made.result else { continue };
            if !messages.iter().any(|message| message.text().contains(&**content)) {
                made.lost = Some(event);
            }
        }
    }
}
