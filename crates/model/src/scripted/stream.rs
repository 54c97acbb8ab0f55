//! The pieces in which a scripted reply comes.
//!
//! It must not know why a reply is what it is: it is handed the whole and cuts it.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::{Model, ModelRequest, ScriptedModel, ScriptedOptions};
//!
//! let options: ScriptedOptions = serde_json::from_str(
//!     r#"{ "steps": [{ "say": "Hello you", "latency": "3s" }], "stream": { "characters": 3 } }"#,
//! ).unwrap();
//! let model = ScriptedModel::new(&options);
//! let request = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "Greet me.")), 1);
//! let pieces = model.deltas(&request, &model.answer(&request).unwrap());
//! let seen: Vec<_> = pieces.iter().map(|(at, piece)| (at.as_millis(), piece.text().unwrap())).collect();
//! assert_eq!(seen, [(1_000, "Hel"), (2_000, "lo "), (3_000, "you")]);
//! ```

use std::num::NonZeroUsize;

use moot_core::{ModelDelta, ModelReply, Text, ToolCall, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// How a script streams its replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamOptions {
    /// How many characters a piece of text or of a call's arguments has, from 1 to 1,000,000; the last may have fewer.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub characters: u32,
}

const CHARACTERS_MAX: u32 = 1_000_000;

impl StreamOptions {
    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        if (1..=CHARACTERS_MAX).contains(&self.characters) {
            return Vec::new();
        }
        let message = format!("{} is not allowed; it must be from 1 to {CHARACTERS_MAX}", self.characters);
        vec![OptionProblem::new("characters", message)]
    }

    /// The pieces of a reply, spread evenly over its latency, the last one at its end.
    pub(super) fn pieces_of(self, reply: &ModelReply) -> Vec<(VirtualDuration, ModelDelta)> {
        let mut pieces = self.text_pieces(&reply.text);
        for (index, call) in (0_u32..).zip(&reply.tool_calls) {
            pieces.extend(self.call_pieces(index, call));
        }
        spread(pieces, reply.latency)
    }

    /// The pieces of a text that came before a failure, spread evenly over the time until it.
    pub(super) fn pieces_of_text(self, text: &str, latency: VirtualDuration) -> Vec<(VirtualDuration, ModelDelta)> {
        spread(self.text_pieces(text), latency)
    }

    fn text_pieces(self, text: &str) -> Vec<ModelDelta> {
        self.cut(text).map(ModelDelta::Text).collect()
    }

    /// A call as providers stream it: first its id and name, then its arguments bit by bit.
    fn call_pieces(self, index: u32, call: &ToolCall) -> Vec<ModelDelta> {
        let (id, name) = (Some(call.id.clone()), Some(call.name.clone()));
        let opening = ModelDelta::ToolCall { index, id, name, arguments: Text::from("") };
        let more = |arguments| ModelDelta::ToolCall { index, id: None, name: None, arguments };
        std::iter::once(opening).chain(self.cut(&call.arguments).map(more)).collect()
    }

    fn cut(self, text: &str) -> impl Iterator<Item = Text> {
        // Options that were not checked may ask for pieces of nothing.
        let characters = NonZeroUsize::new(self.characters as usize).unwrap_or(NonZeroUsize::MIN);
        let mut rest = text;
        std::iter::from_fn(move || {
            let end = rest.char_indices().nth(characters.get()).map_or(rest.len(), |(end, _)| end);
            let (piece, after) = rest.split_at(end);
            rest = after;
            (!piece.is_empty()).then(|| Text::from(piece))
        })
    }
}

/// Piece number k of n comes after k n-ths of the latency.
fn spread(pieces: Vec<ModelDelta>, latency: VirtualDuration) -> Vec<(VirtualDuration, ModelDelta)> {
    let count = pieces.len() as u128;
    let at = |number: u128| {
        let at_ms = u128::from(latency.as_millis()) * number / count.max(1);
        VirtualDuration::from_millis(u64::try_from(at_ms).unwrap_or(u64::MAX))
    };
    (1..).zip(pieces).map(|(number, piece)| (at(number), piece)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::StopReason;
    use proptest::prelude::*;

    use super::*;

    fn call(id: &str, arguments: &str) -> ToolCall {
        ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into() }
    }

    #[test]
    fn calls_come_after_the_text_id_and_name_first() {
        let latency = VirtualDuration::from_millis(10);
        let reply =
            ModelReply { text: "So:".into(), latency, ..ModelReply::calls(vec![call("a", "{}"), call("b", "[1]")]) };
        let pieces = StreamOptions { characters: 2 }.pieces_of(&reply);
        let piece = |index, id: Option<&str>, arguments: &str| ModelDelta::ToolCall {
            index,
            id: id.map(Text::from),
            name: id.map(|_| "look".into()),
            arguments: arguments.into(),
        };
        let expected = [
            (1, ModelDelta::Text("So".into())),
            (2, ModelDelta::Text(":".into())),
            (4, piece(0, Some("a"), "")),
            (5, piece(0, None, "{}")),
            (7, piece(1, Some("b"), "")),
            (8, piece(1, None, "[1")),
            (10, piece(1, None, "]")),
        ];
        assert_eq!(pieces, expected.map(|(at, piece)| (VirtualDuration::from_millis(at), piece)));
    }

    #[test]
    fn a_piece_has_at_least_one_character() {
        let problems = |characters| StreamOptions { characters }.check().len();
        assert_eq!([0, 1, 1_000_000, 1_000_001].map(problems), [1, 0, 0, 1]);
        let unchecked = StreamOptions { characters: 0 }.pieces_of(&ModelReply::text("ab"));
        assert_eq!(unchecked.len(), 2, "options that were not checked end all the same");
        assert_eq!(StreamOptions { characters: 8 }.pieces_of(&ModelReply::text("")), []);
    }

    proptest! {
        /// The pieces make the reply again, come in order, and none comes after its latency.
        #[test]
        fn the_pieces_are_the_reply(
            text in ".{0,40}",
            arguments in prop::collection::vec(".{0,20}", 0..4),
            characters in 1_u32..12,
            latency_ms in prop_oneof![Just(0), Just(u64::MAX), 0_u64..5_000],
        ) {
            let latency = VirtualDuration::from_millis(latency_ms);
            let tool_calls: Vec<_> = arguments.iter().map(|arguments| call("id", arguments)).collect();
            let reply = ModelReply { text: text.into(), tool_calls, usage: None, stop: StopReason::End, latency };
            let pieces = StreamOptions { characters }.pieces_of(&reply);
            prop_assert!(pieces.is_sorted_by_key(|(at, _)| *at));
            if let Some((last, _)) = pieces.last() {
                prop_assert_eq!(*last, latency);
            }
            let mut text = String::new();
            let mut calls = vec![String::new(); reply.tool_calls.len()];
            for (_, piece) in &pieces {
                match piece {
                    ModelDelta::Text(piece) => text.push_str(piece),
                    ModelDelta::ToolCall { index, arguments, .. } => calls.get_mut(*index as usize).unwrap().push_str(arguments),
                }
            }
            prop_assert_eq!(&*text, &*reply.text);
            prop_assert!(calls.iter().eq(reply.tool_calls.iter().map(|call| &*call.arguments)));
        }
    }
}
