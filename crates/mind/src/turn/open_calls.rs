//! The calls of the last reply that still wait for results.
//!
//! Results enter the transcript in the order of the request; one that comes before its turn is kept here. Which calls
//! there are stands in the transcript alone. This module must not know what happens when all results are in.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, ModelReply, Task, TaskId, ToolCall, ToolResult};
//! use moot_mind::{Turn, TurnInput, TurnOptions, Waiting};
//!
//! let mut turn = Turn::new(TurnOptions::default(), None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "Look twice."));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! let call = |id: &str| ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
//! turn.step(TurnInput::ModelReplied(ModelReply::calls(vec![call("c0"), call("c1")])), &mut effects);
//!
//! turn.step(TurnInput::ToolReturned(ToolResult::success(&call("c1"), "second")), &mut effects);
//! assert_eq!((turn.waiting_for(), turn.transcript().len()), (Waiting::Tools(1), 2));
//! turn.step(TurnInput::ToolReturned(ToolResult::success(&call("c0"), "first")), &mut effects);
//! assert_eq!((turn.waiting_for(), turn.transcript().len()), (Waiting::Model, 4));
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Message, Text, ToolCall, ToolErrorCode, ToolResult, Transcript};
use serde::{Deserialize, Serialize};

/// What a model reads as the result of a call that was open when its agent was restarted.
const RESTARTED_TEXT: &str = "the agent was restarted while this call was open; it is unknown whether the call took \
                              effect, so look before making it again";

/// How far the results of the last assistant message have come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct OpenCalls {
    /// So many results, from the first call on, stand in the transcript.
    answered: usize,
    early: Early,
    #[serde(skip)]
    places: Places,
}

/// Results that came before their turn, by the place of their call in the reply. They lie in blocks that copies of the
/// state share, for there is a copy of every step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Early {
    blocks: BTreeMap<usize, Arc<BTreeMap<usize, ToolResult>>>,
    count: usize,
}

/// How many places one block is for.
const BLOCK: usize = 64;

impl Early {
    fn holds(&self, place: usize) -> bool {
        self.blocks.get(&(place / BLOCK)).is_some_and(|block| block.contains_key(&place))
    }

    fn insert(&mut self, place: usize, result: ToolResult) {
        let block = self.blocks.entry(place / BLOCK).or_default();
        if Arc::make_mut(block).insert(place, result).is_none() {
            self.count += 1;
        }
    }

    fn remove(&mut self, place: usize) -> Option<ToolResult> {
        let block = self.blocks.get_mut(&(place / BLOCK))?;
        let result = Arc::make_mut(block).remove(&place)?;
        if block.is_empty() {
            self.blocks.remove(&(place / BLOCK));
        }
        self.count -= 1;
        Some(result)
    }
}

/// Where the call of each id stands in a long reply. It follows from the transcript alone, so it is neither written nor
/// compared.
#[derive(Debug, Clone, Default)]
struct Places(Option<Arc<BTreeMap<Text, usize>>>);

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// So many calls are looked through one by one.
const CALLS_LOOKED_THROUGH_MAX: usize = 32;

impl Places {
    /// Where the call of this id stands, from `start` on.
    fn of(&mut self, id: &Text, calls: &[ToolCall], start: usize) -> Option<usize> {
        let near = calls.iter().enumerate().skip(start).take(CALLS_LOOKED_THROUGH_MAX);
        if let Some((place, _)) = near.clone().find(|(_, call)| call.id == *id) {
            return Some(place);
        }
        if calls.len() <= start + CALLS_LOOKED_THROUGH_MAX {
            return None;
        }
        let index = || Arc::new(calls.iter().enumerate().map(|(place, call)| (call.id.clone(), place)).collect());
        self.0.get_or_insert_with(index).get(id).copied().filter(|place| *place >= start)
    }
}

impl OpenCalls {
    /// How many calls have no result, neither here nor in the transcript.
    pub(super) fn missing(&self, transcript: &Transcript) -> usize {
        self.calls(transcript).len().saturating_sub(self.answered + self.early.count)
    }

    /// Keeps a result; false when no call waits for it.
    pub(super) fn keep(&mut self, transcript: &Transcript, result: ToolResult) -> bool {
        let calls = self.calls(transcript);
        let place = self.places.of(&result.call_id, calls, self.answered);
        let Some(place) = place.filter(|place| !self.early.holds(*place)) else { return false };
        self.early.insert(place, result);
        true
    }

    /// Takes the next call in order together with its result when that is here. The caller puts it into the transcript
    /// before anything else happens.
    pub(super) fn take_next(&mut self, transcript: &Transcript) -> Option<(ToolCall, ToolResult)> {
        let call = self.calls(transcript).get(self.answered)?.clone();
        let result = self.early.remove(self.answered)?;
        self.answered += 1;
        Some((call, result))
    }

    /// The next call in order when its result is not here; it counts as answered from now on, and the caller puts a
    /// result into the transcript before anything else happens.
    pub(super) fn give_up_next(&mut self, transcript: &Transcript) -> Option<ToolCall> {
        let call = self.calls(transcript).get(self.answered)?.clone();
        self.answered += 1;
        Some(call)
    }

    /// All calls of the last assistant message.
    fn calls<'a>(&self, transcript: &'a Transcript) -> &'a [ToolCall] {
        // The results of this message, and nothing else, stand behind it.
        let message =
            transcript.len().checked_sub(self.answered + 1).and_then(|place| transcript.messages().get(place));
        match message {
            Some(Message::Assistant { tool_calls, .. }) => tool_calls,
            _ => &[],
        }
    }
}

/// The result of a call whose result may have been lost.
pub(super) fn lost(call: &ToolCall) -> ToolResult {
    ToolResult::error(call, ToolErrorCode::Unknown, RESTARTED_TEXT)
}
