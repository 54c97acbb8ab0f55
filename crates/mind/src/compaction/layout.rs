//! Which messages of a transcript stay word for word, and which may give way to a digest or a summary.
//!
//! ```text
//! [system] [first user] … older messages … [last user]? … older messages … │ newest messages
//! └──── pinned ───────┘   └─ the block ─┘  └─ pinned ─┘   └─ the block ─┘   └─ tail ───────┘
//! ```
//!
//! This module must not know what takes the place of the block.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Message, Transcript};
//! use moot_mind::compaction::{CompactionEffect, CompactionOptions, CompactionStep, Compactor, author};
//!
//! let mut transcript = Transcript::new();
//! transcript.push_system("You are a clerk.").unwrap();
//! for text in ["the task", &"older ".repeat(400), "asked last"] {
//!     transcript.push_user(ActorPath::world(), text).unwrap();
//! }
//! for text in ["1", "2", "3", "4", "5", "6"] {
//!     transcript.push_assistant(text, vec![]).unwrap();
//! }
//! let options = CompactionOptions { steps: Some(vec![CompactionStep::Digest]), ..CompactionOptions::new(300) };
//! let mut compactor = Compactor::new(options, Arc::new(transcript), 0);
//! let CompactionEffect::Done(compaction) = compactor.start(&mut |_| "output-0".into()) else { panic!() };
//! let messages = compaction.transcript.messages();
//! assert_eq!([1, 2, 4, 9].map(|index| messages[index].text()), ["the task", "asked last", "1", "6"]);
//! assert!(matches!(&messages[3], Message::User { from, .. } if *from == author()));
//! ```

use moot_core::Message;

use super::author;

/// The parts of a list of messages.
pub(super) struct Layout {
    /// Indices of messages before the tail that stay, ascending. All are system or user messages, so no pair is split.
    pinned: Vec<usize>,
    /// Where the newest messages begin; never a tool's result.
    tail_start: usize,
}

impl Layout {
    /// The parts when so many of the newest messages stay.
    pub(super) fn of(messages: &[Message], recent_messages_min: u32) -> Self {
        let recent = usize::try_from(recent_messages_min).unwrap_or(usize::MAX);
        let mut tail_start = messages.len().saturating_sub(recent);
        // A result stays with its call: the tail reaches back to the assistant message that asked for it.
        while tail_start > 0 && matches!(messages.get(tail_start), Some(Message::Tool(_))) {
            tail_start -= 1;
        }
        let older = messages.get(..tail_start).unwrap_or_default();
        let newest = messages.get(tail_start..).unwrap_or_default();
        let system = older.iter().position(|message| matches!(message, Message::System { .. }));
        let first = older.iter().position(is_said);
        // The newest messages tell what was asked last if one of them is from a user.
        let last = if newest.iter().any(is_said) { None } else { older.iter().rposition(is_said) };
        let mut pinned: Vec<usize> = [system, first, last].into_iter().flatten().collect();
        pinned.sort_unstable();
        pinned.dedup();
        Self { pinned, tail_start }
    }

    /// Whether the message of this index may be changed or give way.
    pub(super) fn is_in_block(&self, index: usize) -> bool {
        index < self.tail_start && !self.pinned.contains(&index)
    }

    /// The messages that may give way, in order.
    pub(super) fn block(&self, messages: &[Message]) -> Vec<Message> {
        let inside = |(index, message): (usize, &Message)| self.is_in_block(index).then(|| message.clone());
        messages.iter().enumerate().filter_map(inside).collect()
    }

    /// The messages that stay whatever takes the place of the block, in order.
    pub(super) fn kept<'a>(&self, messages: &'a [Message]) -> impl Iterator<Item = &'a Message> {
        messages.iter().enumerate().filter(|(index, _)| !self.is_in_block(*index)).map(|(_, message)| message)
    }

    /// The messages with one in place of the whole block: the pinned ones, the new one, the newest.
    pub(super) fn replaced(&self, messages: &[Message], by: Message) -> Vec<Message> {
        let pinned = self.pinned.iter().filter_map(|index| messages.get(*index)).cloned();
        let newest = messages.get(self.tail_start..).unwrap_or_default().iter().cloned();
        pinned.chain(std::iter::once(by)).chain(newest).collect()
    }
}

/// Whether somebody said it to the agent; what a compaction wrote was not said by anybody.
fn is_said(message: &Message) -> bool {
    matches!(message, Message::User { from, .. } if *from != author())
}

#[cfg(test)]
mod tests {
    use moot_core::{ActorPath, Text, ToolCall, ToolResult};

    use super::*;

    fn messages(kinds: &str) -> Vec<Message> {
        let text: Text = "x".into();
        let call = ToolCall { id: "c".into(), name: "t".into(), arguments: "{}".into() };
        let message = |kind| match kind {
            's' => Message::System { text: text.clone() },
            'u' => Message::User { from: ActorPath::world(), text: text.clone() },
            'd' => Message::User { from: author(), text: text.clone() },
            'r' => Message::Tool(ToolResult::success(&call, "r")),
            _ => Message::Assistant { text: text.clone(), tool_calls: vec![] },
        };
        kinds.chars().map(message).collect()
    }

    #[test]
    fn system_first_and_last_user_and_the_newest_stay() {
        // The messages, how many of the newest stay, and what each is: pinned, block or tail.
        let table = [
            ("", 3, ""),
            ("su", 3, "tt"),
            ("suaraar", 2, "ppbbbtt"),
            ("suararr", 2, "ppbbttt"),
            ("suararr", 1, "ppbbttt"),
            ("suaruar", 2, "ppbbptt"),
            ("suaruau", 2, "ppbbbtt"),
            ("sudaraaa", 2, "ppbbbbtt"),
            ("auaua", 1, "bpbpt"),
            ("aaaa", 1, "bbbt"),
        ];
        for (kinds, recent, expected) in table {
            let messages = messages(kinds);
            let layout = Layout::of(&messages, recent);
            let found: String = (0..messages.len())
                .map(|index| match index {
                    _ if index >= layout.tail_start => 't',
                    _ if layout.is_in_block(index) => 'b',
                    _ => 'p',
                })
                .collect();
            assert_eq!(found, expected, "{kinds} {recent}");
            assert_eq!(layout.block(&messages).len() + layout.kept(&messages).count(), messages.len());
        }
    }

    #[test]
    fn the_new_message_stands_before_the_newest() {
        let all = messages("suaruaar");
        let new = Message::User { from: author(), text: "digest".into() };
        let replaced = Layout::of(&all, 2).replaced(&all, new);
        let roles: Vec<_> = replaced.iter().map(|message| (message.role(), message.text())).collect();
        let expected =
            [("system", "x"), ("user", "x"), ("user", "x"), ("user", "digest"), ("assistant", "x"), ("tool", "r")];
        assert_eq!(roles, expected);
    }
}
