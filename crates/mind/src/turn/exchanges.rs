//! The rounds of tool calls that an agent goes through again and again, successes too.
//!
//! An exchange is one reply with all its calls and their results. Two are the same when names, arguments, results and
//! errors are, in order; ids and the text beside the calls don't matter. A cycle of up to three exchanges (ping-pong is
//! one of two) that comes round too often ends the task, since nothing new can come of it. Whatever the agent hears in
//! between is new, and the count begins again. This module must not know what the calls do.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, FailureKind, ModelReply, Outcome, Task, TaskId, ToolCall, ToolResult};
//! use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions { same_exchange_max: 2, ..TurnOptions::default() }, None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "Look around."));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! for (id, name) in [("c0", "look_left"), ("c1", "look_right"), ("c2", "look_left"), ("c3", "look_right")] {
//!     let call = ToolCall { id: id.into(), name: name.into(), arguments: "{}".into() };
//!     turn.step(TurnInput::ModelReplied(ModelReply::calls(vec![call.clone()])), &mut effects);
//!     turn.step(TurnInput::ToolReturned(ToolResult::success(&call, "nothing there")), &mut effects);
//! }
//! let Some(TurnEffect::Finish(Outcome::Failed(failure))) = effects.last() else { panic!("{effects:?}") };
//! assert_eq!(failure.kind, FailureKind::Repetition);
//! ```

use moot_core::{Message, Text, ToolCall, Transcript};
use serde::{Deserialize, Serialize};

/// The longest cycle that is looked for, in exchanges.
const CYCLE_MAX: usize = 3;

/// The latest exchanges without anything in between.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Exchanges {
    /// Where the replies of the latest exchanges stand in the transcript; the latest first, `None` before the first.
    recent: [Option<usize>; CYCLE_MAX],
    /// For cycles of one, two and three exchanges: how many exchanges in a row are the same as the one so far back.
    same: [u32; CYCLE_MAX],
    reached: Option<Text>,
}

impl Exchanges {
    /// Takes note of the exchange that the transcript ends with. It costs as much as that exchange is long.
    pub(super) fn note(&mut self, transcript: &Transcript, times_max: u32) {
        let messages = transcript.messages();
        let results = messages.iter().rev().take_while(|message| matches!(message, Message::Tool(_))).count();
        let Some(place) = messages.len().checked_sub(results + 1) else { return };
        for ((back, same), length) in self.recent.iter().zip(&mut self.same).zip(1_u32..) {
            let repeats = back.is_some_and(|back| is_same(messages, back, place));
            *same = if repeats { same.saturating_add(1) } else { 0 };
            // The first time round is not counted above: it has nothing to be compared with.
            let times = *same / length + 1;
            if times >= times_max && *same > 0 && self.reached.is_none() {
                self.reached = Some(describe(messages, place, length, times));
            }
        }
        let [first, second, _] = self.recent;
        self.recent = [Some(place), first, second];
    }

    /// Something new came, or the transcript is another one: the count begins again.
    pub(super) fn begin_again(&mut self) {
        *self = Self { reached: self.reached.take(), ..Self::default() };
    }

    /// What was repeated too often, in words; stays once it is so.
    pub(super) const fn reached(&self) -> Option<&Text> {
        self.reached.as_ref()
    }
}

/// Whether the exchanges whose replies stand at these places are the same.
fn is_same(messages: &[Message], one: usize, other: usize) -> bool {
    let (calls, others) = (calls_at(messages, one), calls_at(messages, other));
    let same_calls = || calls.iter().zip(others).all(|(a, b)| a.name == b.name && a.arguments == b.arguments);
    let result_of = |place: usize| match messages.get(place) {
        Some(Message::Tool(result)) => Some((&result.content, result.error)),
        _ => None,
    };
    calls.len() == others.len()
        && same_calls()
        && (1..=calls.len()).all(|offset| result_of(one + offset) == result_of(other + offset))
}

fn calls_at(messages: &[Message], place: usize) -> &[ToolCall] {
    match messages.get(place) {
        Some(Message::Assistant { tool_calls, .. }) => tool_calls,
        _ => &[],
    }
}

fn describe(messages: &[Message], place: usize, length: u32, times: u32) -> Text {
    let names: Vec<&str> = calls_at(messages, place).iter().map(|call| &*call.name).collect();
    let what = match length {
        1 => "the same tool calls".to_owned(),
        _ => format!("the same {length} rounds of tool calls"),
    };
    format!(
        "{what} came {times} times in a row with the same arguments and the same results, which is as often as \
         same_exchange_max allows; the last round called {}",
        names.join(", "),
    )
    .into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{ActorPath, ToolResult};

    use super::*;

    /// Plays exchanges written as calls with results, `a=1` or `a=1+b=2` for two calls of one reply, `!` for something
    /// new; says after how many words the limit of 4 was reached.
    fn reached_after(words: &str) -> Option<usize> {
        let mut transcript = Transcript::new();
        let mut exchanges = Exchanges::default();
        for (index, word) in words.split_whitespace().enumerate() {
            if word == "!" {
                transcript.push_user(ActorPath::world(), "news").unwrap();
                exchanges.begin_again();
                continue;
            }
            let call = |(place, text): (usize, &str)| {
                let (name, content) = text.split_once('=').unwrap();
                let id = format!("{index}-{place}").into();
                (ToolCall { id, name: name.into(), arguments: "{}".into() }, content.to_owned())
            };
            let calls: Vec<_> = word.split('+').enumerate().map(call).collect();
            let text = format!("text {index}");
            transcript.push_assistant(text, calls.iter().map(|(call, _)| call.clone()).collect()).unwrap();
            for (call, content) in &calls {
                transcript.push_result(ToolResult::success(call, content.as_str())).unwrap();
            }
            exchanges.note(&transcript, 4);
            if exchanges.reached().is_some() {
                return Some(index + 1);
            }
        }
        None
    }

    #[test]
    fn cycles_of_up_to_three_are_found_and_whatever_differs_is_none() {
        for (words, expected) in [
            ("a=1 a=1 a=1 a=1", Some(4)),
            ("a=1 a=1 a=1", None),
            ("a=1 a=1 a=1 a=2 a=2 a=2", None),
            ("a=1 a=2 a=3 a=4 a=5", None),
            ("a=1 b=1 a=1 b=1 a=1 b=1 a=1", None),
            ("a=1 b=1 a=1 b=1 a=1 b=1 a=1 b=1", Some(8)),
            ("x=1 a=1 b=1 a=1 b=1 a=1 b=1 a=1 b=1", Some(9)),
            ("a=1 b=1 c=1 a=1 b=1 c=1 a=1 b=1 c=1 a=1 b=1 c=1", Some(12)),
            ("a=1 b=1 c=1 a=1 b=1 c=1 a=1 b=2 c=1 a=1 b=1 c=1", None),
            ("a=1 b=1 c=1 d=1 a=1 b=1 c=1 d=1 a=1 b=1 c=1 d=1 a=1 b=1 c=1 d=1", None),
            ("a=1+b=1 a=1+b=1 a=1+b=1 a=1+b=1", Some(4)),
            ("a=1+b=1 b=1+a=1 a=1+b=1 b=1+a=1", None),
            ("a=1+a=1+a=1+a=1+a=1", None),
            ("a=1 a=1 a=1 ! a=1 a=1 a=1 a=1", Some(8)),
            ("a=1 a=1 a=1 ! a=1 a=1 a=1", None),
        ] {
            assert_eq!(reached_after(words), expected, "{words}");
        }
    }
}
