//! The two steps that change texts and take no message away: clearing old tool results, shortening long texts.
//!
//! Both hand what they take out to `keep_aside`, leave pinned and newest messages as they are, and change a text only if
//! it becomes shorter. This module must not know budgets.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, ToolCall, ToolResult, Transcript};
//! use moot_mind::compaction::{CompactionEffect, CompactionOptions, CompactionStep, Compactor};
//!
//! let mut transcript = Transcript::new();
//! transcript.push_user(ActorPath::world(), "Look seven times.").unwrap();
//! for number in 0..7 {
//!     let call = ToolCall { id: number.to_string().into(), name: "look".into(), arguments: "{}".into() };
//!     transcript.push_assistant("", vec![call.clone()]).unwrap();
//!     let result = format!("Box {number} is full. {}", "Dust. ".repeat(200));
//!     transcript.push_result(ToolResult::success(&call, result)).unwrap();
//! }
//! let options = CompactionOptions { steps: Some(vec![CompactionStep::ClearResults]), ..CompactionOptions::new(2_600) };
//! let mut compactor = Compactor::new(options, Arc::new(transcript), 0);
//! let CompactionEffect::Done(compaction) = compactor.start(&mut |_| "output-0".into()) else { panic!() };
//! let note = "[This result was cleared to save room: 1215 characters. To read it again call read_output with \
//!     {\"handle\":\"output-0\"}.]\nFrom it: Box 1 is full. Dust.";
//! assert_eq!(compaction.transcript.messages()[4].text(), note);
//! assert!(compaction.transcript.messages()[6].text().starts_with("Box 2 is full. Dust. Dust."), "the last five stay");
//! ```

use moot_core::{Message, Text, ToolResult};

use super::digest::weightiest;
use super::layout::Layout;
use super::options::{ClearResultsOptions, ShortenOptions};
use super::{KeepAside, author, text};
use crate::tokens::{characters, estimate};

/// Replaces old tool results by notes and their weightiest sentences. Answers whether something changed.
pub(super) fn clear_results(
    messages: &mut [Message],
    layout: &Layout,
    options: &ClearResultsOptions,
    keep_aside: &mut KeepAside<'_>,
) -> bool {
    let results = messages.iter().filter(|message| matches!(message, Message::Tool(_))).count();
    let clearable = results.saturating_sub(usize::try_from(options.keep_last).unwrap_or(usize::MAX));
    let mut changed = false;
    let mut seen = 0;
    for (index, message) in messages.iter_mut().enumerate() {
        let Message::Tool(result) = message else { continue };
        seen += 1;
        let long = characters(&result.content) > u64::from(options.over_characters);
        if seen <= clearable && long && layout.is_in_block(index) {
            let kept = weightiest(&result.content, options.kept_characters);
            let note = text::cleared(&result.content, &kept, &keep_aside(&result.content));
            changed |= put_if_shorter(&mut result.content, note);
        }
    }
    changed
}

/// Takes the middle out of long texts. Arguments of tool calls stay: cut, they would no longer be JSON. Answers whether
/// something changed.
pub(super) fn shorten(
    messages: &mut [Message],
    layout: &Layout,
    options: &ShortenOptions,
    keep_aside: &mut KeepAside<'_>,
) -> bool {
    let mut changed = false;
    for (index, message) in messages.iter_mut().enumerate() {
        if !layout.is_in_block(index) {
            continue;
        }
        let content = match message {
            Message::System { .. } => continue,
            // A digest's lines are short, and what it has left out it names itself.
            Message::User { from, .. } if *from == author() => continue,
            Message::User { text, .. } | Message::Assistant { text, .. } => text,
            Message::Tool(ToolResult { content, .. }) => content,
        };
        if characters(content) > u64::from(options.over_characters) {
            let handle = keep_aside(content);
            let short = text::shortened(content, options.head_characters, options.tail_characters, &handle);
            changed |= put_if_shorter(content, short);
        }
    }
    changed
}

fn put_if_shorter(content: &mut Text, new: String) -> bool {
    let shorter = estimate(&new) < estimate(content);
    if shorter {
        *content = new.into();
    }
    shorter
}
