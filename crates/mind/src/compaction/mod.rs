//! Compaction: how a transcript that has grown beyond its budget of tokens becomes shorter.
//!
//! The steps go from cheap to dear: clear old tool results, shorten long texts, replace older messages by a digest made
//! without a model, replace them by a summary that a model writes. After each the length is estimated anew, and what
//! comes after the step that suffices is not taken. What suffices is the target, somewhat below the budget
//! (`target_percent`), so that the next turn does not compact again.
//!
//! What holds whatever the options are:
//!
//! - The result is a valid transcript: a call is never parted from its result.
//! - The system message, the first user message (the task) and the newest messages stay word for word. When no user
//!   message is among the newest, the last one before them stays too, so that the agent knows what it was asked last.
//! - What is taken out is handed to `keep_aside` first, and what stands in its place says how to read it again.
//! - The budget is met, or the compaction says that it is not and the body ends the task by name.
//! - Within its budget a transcript stays as it is, so compacting twice is compacting once.
//!
//! It has no clock, no randomness and no input or output, and must not know models, tools or stores.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, ToolCall, ToolResult, Transcript};
//! use moot_mind::compaction::{CompactionEffect, CompactionOptions, Compactor};
//!
//! let mut transcript = Transcript::new();
//! transcript.push_user(ActorPath::world(), "Read all the logs.").unwrap();
//! for number in 0..20 {
//!     let call = ToolCall { id: format!("c{number}").into(), name: "read_file".into(), arguments: "{}".into() };
//!     transcript.push_assistant("", vec![call.clone()]).unwrap();
//!     transcript.push_result(ToolResult::success(&call, "all is well. ".repeat(100))).unwrap();
//! }
//!
//! let mut kept = Vec::new();
//! let mut keep_aside = |text: &str| {
//!     kept.push(text.to_owned());
//!     format!("output-{}", kept.len()).into()
//! };
//! let mut compactor = Compactor::new(CompactionOptions::new(4_000), Arc::new(transcript), 0);
//! let CompactionEffect::Done(compaction) = compactor.start(&mut keep_aside) else { panic!("no model is asked") };
//! assert!(compaction.met && compaction.tokens_before > 4_000 && compaction.tokens_after <= 4_000);
//! assert_eq!(compaction.steps, ["clear_results".into()], "the cheapest step was enough");
//! assert_eq!(kept.len(), 15, "the last five results are still there");
//! assert!(compaction.transcript.messages()[2].text().contains(r#"read_output with {"handle":"output-1"}"#));
//! ```

mod digest;
mod layout;
mod machine;
mod options;
mod summary;
mod text;
mod trim;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use moot_core::{ActorPath, Text, Transcript};

use crate::tokens::Calibration;

pub use machine::Compactor;
pub use options::{
    ClearResultsOptions, CompactionOptions, CompactionStep, DigestOptions, ShortenOptions, SummariseOptions,
};
pub use summary::{TRANSCRIPT_BEGIN, TRANSCRIPT_END};

/// Keeps a text whole and answers the handle under which `read_output` finds it.
pub type KeepAside<'a> = dyn FnMut(&str) -> Text + 'a;

/// What a [`Compactor`] wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum CompactionEffect {
    /// Ask the summarising model of the options, and hand what it says to [`Compactor::summarised`].
    Summarise {
        /// What to show the model, as the only message.
        request: Text,
    },
    /// The compaction ended.
    Done(Compaction),
}

/// What came of a compaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Compaction {
    /// The transcript from now on; the very same `Arc` when nothing was changed.
    pub transcript: Arc<Transcript>,
    /// The names of the steps that changed something, in order; a summary that could not be used is named with its
    /// reason in brackets.
    pub steps: Vec<Text>,
    /// Estimated tokens of the request before, overhead included.
    pub tokens_before: u64,
    /// Estimated tokens of the request after, overhead included.
    pub tokens_after: u64,
    /// The budget that was to be met, in estimated tokens.
    pub budget_tokens: u64,
    /// Whether the request is within its budget now.
    pub met: bool,
}

impl Compaction {
    /// Why the task can't go on when the budget is not met, for its outcome; `None` when it is met.
    #[must_use]
    pub fn unmet(&self) -> Option<Text> {
        if self.met {
            return None;
        }
        let steps = if self.steps.is_empty() { "no step could shorten it".to_owned() } else { self.steps.join(", ") };
        let message = format!(
            "the request takes about {} tokens after compaction ({} before; {steps}), and the budget is {}; raise \
             compaction.budget_tokens, lower compaction.recent_messages_min, or let tools return less",
            self.tokens_after, self.tokens_before, self.budget_tokens
        );
        Some(message.into())
    }
}

/// Whether a request is longer than its budget. `transcript_tokens` is the uncorrected estimate of the transcript (see
/// [`RunningEstimate`](crate::tokens::RunningEstimate)), `overhead_tokens` that of what is sent beside it, which are the
/// tools ([`of_tools`](crate::tokens::of_tools)).
#[must_use]
pub fn needs_compaction(
    options: &CompactionOptions,
    transcript_tokens: u64,
    overhead_tokens: u64,
    calibration: &Calibration,
) -> bool {
    calibration.apply(transcript_tokens.saturating_add(overhead_tokens)) > options.budget_tokens
}

/// Who stands as the sender of digests and summaries. No agent can have this path, so no text can pass for one.
#[must_use]
pub fn author() -> ActorPath {
    let world = ActorPath::world();
    world.child("compaction").unwrap_or(world)
}
