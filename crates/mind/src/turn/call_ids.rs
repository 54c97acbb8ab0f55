//! Ids of tool calls: models leave them empty or use them twice, and a result must name exactly one call.
//!
//! An id that is already good stays as the model wrote it. This module must not know what the calls do.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, ModelReply, Task, TaskId, ToolCall};
//! use moot_mind::{Turn, TurnEffect, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions::default(), None);
//! let mut effects = Vec::new();
//! let task = Arc::new(Task::new(TaskId(0), "Look twice."));
//! turn.step(TurnInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! let nameless = ToolCall { id: "".into(), name: "look".into(), arguments: "{}".into() };
//! turn.step(TurnInput::ModelReplied(ModelReply::calls(vec![nameless])), &mut effects);
//! assert!(matches!(effects.last(), Some(TurnEffect::CallTool(call)) if &*call.id == "call-0-0"));
//! ```

use std::collections::BTreeSet;

use moot_core::{Message, Text, ToolCall, Transcript};

/// The ids of the calls in a transcript, so that each message is read once and not at every reply.
///
/// It follows from the transcript alone, so it need not be kept when that is: an empty one reads all again.
#[derive(Debug, Clone, Default)]
pub(super) struct CallIds {
    /// So many messages, from the first on, were read.
    messages_read: usize,
    used: BTreeSet<Text>,
}

impl CallIds {
    /// The transcript was cut off behind so many messages, or is another one from there on.
    pub(super) fn cut(&mut self, length: usize) {
        if self.messages_read > length {
            *self = Self::default();
        }
    }

    fn read(&mut self, transcript: &Transcript) {
        let messages = transcript.messages();
        let unread = messages.get(self.messages_read..).unwrap_or_default();
        self.used.extend(unread.iter().flat_map(asked_for).map(|call| call.id.clone()));
        self.messages_read = messages.len();
    }
}

/// Renames the empty ids and the ones that stand earlier in the reply or in the transcript. The new id is a function of
/// the number of the model call and of the place in the reply, so that equal runs have equal ids.
///
/// Ids are made unique in the whole transcript, not only in the reply, so that a late result of an earlier call is
/// never taken for the result of a later one.
pub(super) fn make_unique(calls: &mut [ToolCall], ids: &mut CallIds, transcript: &Transcript, model_call: u32) {
    ids.read(transcript);
    let mut written: BTreeSet<Text> = BTreeSet::new();
    let mut wrong: Vec<usize> = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        // Good ids are all taken before any new one is made: a new id must not push out what the model wrote later.
        if call.id.is_empty() || ids.used.contains(&call.id) || !written.insert(call.id.clone()) {
            wrong.push(index);
        }
    }
    let is_used = |id: &str| ids.used.contains(id) || written.contains(id);
    for index in wrong {
        let Some(call) = calls.get_mut(index) else { continue };
        // New ids need not be taken: each ends with its own place in the reply.
        call.id = new_id(&call.id, model_call, index, is_used);
    }
}

fn asked_for(message: &Message) -> &[ToolCall] {
    match message {
        Message::Assistant { tool_calls, .. } => tool_calls,
        Message::System { .. } | Message::User { .. } | Message::Tool(_) => &[],
    }
}

fn new_id(id: &str, model_call: u32, index: usize, is_used: impl Fn(&str) -> bool) -> Text {
    let mut candidate = match id {
        "" => format!("call-{model_call}-{index}"),
        _ => format!("{id}#{model_call}-{index}"),
    };
    while is_used(&candidate) {
        candidate.push('+');
    }
    candidate.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn renamed(ids: &[&str], transcript: &Transcript) -> Vec<String> {
        let call = |id: &&str| ToolCall { id: (*id).into(), name: "look".into(), arguments: "{}".into() };
        let mut calls: Vec<ToolCall> = ids.iter().map(call).collect();
        make_unique(&mut calls, &mut CallIds::default(), transcript, 7);
        calls.iter().map(|call| call.id.to_string()).collect()
    }

    #[test]
    fn good_ids_stay_and_wrong_ones_are_renamed() {
        let empty = Transcript::new();
        for (given, expected) in [
            (vec!["a", "b"], vec!["a", "b"]),
            (vec!["", ""], vec!["call-7-0", "call-7-1"]),
            (vec!["a", "a", "a"], vec!["a", "a#7-1", "a#7-2"]),
            (vec!["a", "a", "a#7-1"], vec!["a", "a#7-1+", "a#7-1"]),
            (vec!["", "call-7-0"], vec!["call-7-0+", "call-7-0"]),
        ] {
            assert_eq!(renamed(&given, &empty), expected, "{given:?}");
        }
    }

    #[test]
    fn an_id_of_an_earlier_reply_is_not_used_again() {
        let mut transcript = Transcript::new();
        let call = ToolCall { id: "a".into(), name: "look".into(), arguments: "{}".into() };
        transcript.push_assistant("", vec![call.clone()]).unwrap();
        transcript.push_result(moot_core::ToolResult::success(&call, "seen")).unwrap();
        assert_eq!(renamed(&["a", "b"], &transcript), ["a#7-0", "b"]);
    }

    #[test]
    fn what_was_read_is_read_again_only_behind_a_cut() {
        let call = |id: &str| ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
        let mut transcript = Transcript::new();
        let mut ids = CallIds::default();
        for id in ["a", "b"] {
            transcript.push_assistant("", vec![call(id)]).unwrap();
            transcript.push_result(moot_core::ToolResult::success(&call(id), "seen")).unwrap();
            ids.read(&transcript);
        }
        assert_eq!((ids.messages_read, ids.used.len()), (4, 2));
        let mut emptied = CallIds { used: BTreeSet::new(), ..ids.clone() };
        emptied.read(&transcript);
        assert!(emptied.used.is_empty(), "no message is read twice");
        ids.cut(4);
        assert_eq!(ids.messages_read, 4, "nothing was cut off");
        transcript.truncate(2);
        ids.cut(2);
        let mut calls = [call("b"), call("a")];
        make_unique(&mut calls, &mut ids, &transcript, 7);
        assert_eq!(calls.map(|call| call.id.to_string()), ["b", "a#7-1"], "b is free again");
    }
}
