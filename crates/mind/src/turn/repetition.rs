//! The count of failing calls that an agent makes again and again.
//!
//! It must not know which tools there are: a call is its name and its arguments as the model wrote them.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, FailureKind, ModelReply, Outcome, Task, TaskId, ToolCall};
//! use moot_core::{ToolErrorCode, ToolResult};
//! use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions { same_failing_call_max: 2, ..TurnOptions::default() }, None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "Read a.txt."));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! for id in ["c0", "c1"] {
//!     let call = ToolCall { id: id.into(), name: "read_file".into(), arguments: r#"{"path":"a.txt"}"#.into() };
//!     turn.step(TurnInput::ModelReplied(ModelReply::calls(vec![call.clone()])), &mut effects);
//!     let result = ToolResult::error(&call, ToolErrorCode::NotFound, "there is no file a.txt");
//!     turn.step(TurnInput::ToolReturned(result), &mut effects);
//! }
//! let Some(TurnEffect::Finish(Outcome::Failed(failure))) = effects.last() else { panic!("{effects:?}") };
//! assert_eq!(failure.kind, FailureKind::Repetition);
//! ```

use moot_core::{Text, ToolCall, ToolResult};
use serde::{Deserialize, Serialize};

/// How many characters of the arguments and of the error a failure quotes.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// The failing calls since the last successful one.
///
/// Several are counted side by side, so that an agent that alternates between two failing calls is found as well.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Repetition {
    /// Sorted by name and arguments.
    failing: Vec<FailingCall>,
    reached: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FailingCall {
    name: Text,
    arguments: Text,
    times: u32,
}

impl Repetition {
    /// Takes note of a result, in the order in which the calls were asked for.
    pub(super) fn note(&mut self, call: &ToolCall, result: &ToolResult, times_max: u32) {
        if !result.is_error() {
            self.failing.clear();
            return;
        }
        let key = (&*call.name, &*call.arguments);
        let found = self.failing.binary_search_by(|failing| (&*failing.name, &*failing.arguments).cmp(&key));
        let place = found.unwrap_or_else(|place| {
            let failing = FailingCall { name: call.name.clone(), arguments: call.arguments.clone(), times: 0 };
            self.failing.insert(place, failing);
            place
        });
        let Some(failing) = self.failing.get_mut(place) else { return };
        failing.times = failing.times.saturating_add(1);
        if failing.times >= times_max && self.reached.is_none() {
            self.reached = Some(describe(failing, result));
        }
    }

    /// What was repeated too often, in words; stays once it is so.
    pub(super) const fn reached(&self) -> Option<&Text> {
        self.reached.as_ref()
    }
}

fn describe(failing: &FailingCall, result: &ToolResult) -> Text {
    format!(
        "the tool call {} with the arguments {} failed {} times without a successful call in between, which is as \
         often as same_failing_call_max allows; its last error: {}",
        failing.name,
        shorten(&failing.arguments),
        failing.times,
        shorten(&result.content),
    )
    .into()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use moot_core::ToolErrorCode;

    /// Plays results written as `name` for a success and `name!` for an error; says after how many the limit of 3 was
    /// reached.
    fn reached_after(results: &str) -> Option<usize> {
        let mut repetition = Repetition::default();
        for (index, word) in results.split_whitespace().enumerate() {
            let call = ToolCall { id: "c".into(), name: word.trim_end_matches('!').into(), arguments: "{}".into() };
            let result = match word.ends_with('!') {
                true => ToolResult::error(&call, ToolErrorCode::Failed, "no"),
                false => ToolResult::success(&call, "yes"),
            };
            repetition.note(&call, &result, 3);
            if repetition.reached().is_some() {
                return Some(index + 1);
            }
        }
        None
    }

    #[test]
    fn only_a_success_ends_a_row_of_failures() {
        for (results, expected) in [
            ("a! a! a!", Some(3)),
            ("a! a! b a! a!", None),
            ("a! a! a a! a! a!", Some(6)),
            ("a! b! a! b! a!", Some(5)),
            ("a! b! c! d! e!", None),
            ("a a a a", None),
        ] {
            assert_eq!(reached_after(results), expected, "{results}");
        }
    }

    #[test]
    fn other_arguments_are_another_call() {
        let mut repetition = Repetition::default();
        for arguments in ["1", "2", "3"] {
            let call = ToolCall { id: "c".into(), name: "a".into(), arguments: arguments.into() };
            repetition.note(&call, &ToolResult::error(&call, ToolErrorCode::Failed, "no"), 2);
        }
        assert_eq!(repetition.reached(), None);
    }

    #[test]
    fn long_texts_are_quoted_in_part() {
        let call = ToolCall { id: "c".into(), name: "a".into(), arguments: "ä".repeat(5_000).into() };
        let mut repetition = Repetition::default();
        repetition.note(&call, &ToolResult::error(&call, ToolErrorCode::Failed, "no"), 1);
        let message = repetition.reached().unwrap();
        assert!(message.contains(&format!("{}…", "ä".repeat(200))) && message.chars().count() < 500, "{message}");
    }
}
