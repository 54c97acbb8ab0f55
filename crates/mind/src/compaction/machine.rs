//! The machine that takes the steps: one per compaction.
//!
//! ```text
//!            start                        summarised
//!   new ───────────────▶ summary asked ───────────────▶ done
//!    └────── start ────────────────────────────────────▶ done
//! ```
//!
//! It must not know models or stores: a summary is asked for by an effect, and texts are kept aside by the function that
//! is handed in.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Transcript};
//! use moot_mind::compaction::{CompactionEffect, CompactionOptions, Compactor};
//!
//! let mut transcript = Transcript::new();
//! transcript.push_user(ActorPath::world(), "hello").unwrap();
//! let transcript = Arc::new(transcript);
//! let mut compactor = Compactor::new(CompactionOptions::new(1_000), Arc::clone(&transcript), 0);
//! let CompactionEffect::Done(compaction) = compactor.start(&mut |_| unreachable!()) else { unreachable!() };
//! assert!(Arc::ptr_eq(&compaction.transcript, &transcript), "within its budget a transcript stays as it is");
//! ```

use std::sync::Arc;

use moot_core::{Message, Text, Transcript};
use serde::{Deserialize, Serialize};

use super::digest::digest;
use super::layout::Layout;
use super::options::{CompactionOptions, CompactionStep};
use super::{Compaction, CompactionEffect, KeepAside, summary, text, trim};
use crate::tokens::{Calibration, characters_within, of_message, of_messages};

/// After a provider refused a request as too long, at most this share of it is tried next, in percent.
const AFTER_REFUSAL_PERCENT: u64 = 80;
/// A digest with less room for its lines than this is made for the budget instead of the target.
const DIGEST_ROOM_CHARACTERS: u64 = 600;

/// One compaction of one transcript. See the module for its states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compactor {
    options: CompactionOptions,
    transcript: Arc<Transcript>,
    /// What is sent beside the transcript, uncorrected.
    overhead_tokens: u64,
    calibration: Calibration,
    /// What must be met and what is aimed at, in corrected tokens.
    budget_tokens: u64,
    target_tokens: u64,
    /// The messages as the steps so far left them.
    messages: Vec<Message>,
    /// The messages one by one as they were before their texts were cleared or shortened in this compaction: digests and
    /// summaries are made of these, or what the cheap steps took out would be lost to them.
    source: Vec<Message>,
    steps: Vec<CompactionStep>,
    /// Index of the step that comes next.
    next: usize,
    taken: Vec<Text>,
    /// What a digest would make of the messages, kept back for when no summary meets the budget.
    fallback: Option<Vec<Message>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    New,
    /// A summary was asked for.
    Asked,
    Done,
}

impl Compactor {
    /// A compaction that has not begun. `overhead_tokens` is the uncorrected estimate of what is sent beside the
    /// transcript, which are the tools.
    #[must_use]
    pub fn new(options: CompactionOptions, transcript: Arc<Transcript>, overhead_tokens: u64) -> Self {
        let budget_tokens = options.budget_tokens;
        Self {
            budget_tokens,
            target_tokens: percent(budget_tokens, u64::from(options.target_percent)),
            steps: options.steps(),
            options,
            transcript,
            overhead_tokens,
            calibration: Calibration::default(),
            messages: Vec::new(),
            source: Vec::new(),
            next: 0,
            taken: Vec::new(),
            fallback: None,
            state: State::New,
        }
    }

    /// The same with estimates corrected by what the provider reported.
    #[must_use]
    pub const fn calibrated(mut self, calibration: Calibration) -> Self {
        self.calibration = calibration;
        self
    }

    /// The same for a request that a provider has just refused as too long: whatever the estimates say, the budget is
    /// now at most 80 % of it.
    #[must_use]
    pub fn after_refusal(mut self) -> Self {
        let refused = self.tokens(self.transcript.messages());
        self.budget_tokens = self.budget_tokens.min(percent(refused, AFTER_REFUSAL_PERCENT));
        self.target_tokens = self.target_tokens.min(self.budget_tokens);
        self
    }

    /// The options of this compaction; they name the summarising model.
    #[must_use]
    pub const fn options(&self) -> &CompactionOptions {
        &self.options
    }

    /// Takes the steps up to the one that asks a model, or to the end. `keep_aside` is handed every text before it is
    /// taken out. Called again, it answers what there is and changes nothing.
    pub fn start(&mut self, keep_aside: &mut KeepAside<'_>) -> CompactionEffect {
        if self.state == State::New {
            self.messages = self.transcript.messages().to_vec();
            if self.tokens(&self.messages) <= self.budget_tokens {
                return self.done();
            }
            self.source = self.messages.clone();
            return self.go_on(keep_aside);
        }
        if self.state == State::Asked { self.ask() } else { self.done() }
    }

    /// Takes the summary, or the reason why there is none, and goes on to the end. When no summary was asked for, it
    /// changes nothing.
    pub fn summarised(&mut self, summary: Result<Text, Text>, keep_aside: &mut KeepAside<'_>) -> CompactionEffect {
        if self.state != State::Asked {
            return self.start(keep_aside);
        }
        if let Err(reason) = summary.and_then(|answer| self.take_summary(&answer, keep_aside)) {
            self.taken.push(format!("summarise (not used: {reason})").into());
        }
        self.go_on(keep_aside)
    }

    /// Takes steps until the target is met, a model is to be asked, or none is left.
    fn go_on(&mut self, keep_aside: &mut KeepAside<'_>) -> CompactionEffect {
        while self.tokens(&self.messages) > self.target_tokens {
            let Some(step) = self.steps.get(self.next).copied() else {
                self.fall_back();
                break;
            };
            self.next += 1;
            let layout = Layout::of(&self.messages, self.options.recent_messages_min);
            let changed = match step {
                CompactionStep::ClearResults => {
                    trim::clear_results(&mut self.messages, &layout, &self.options.clear_results, keep_aside)
                }
                CompactionStep::Shorten => {
                    trim::shorten(&mut self.messages, &layout, &self.options.shorten, keep_aside)
                }
                CompactionStep::Digest => self.digest(&layout, keep_aside),
                CompactionStep::Summarise if layout.block(&self.messages).is_empty() => false,
                CompactionStep::Summarise => return self.ask(),
            };
            if changed {
                self.taken.push(step.as_str().into());
            }
        }
        self.done()
    }

    /// Replaces the block by a digest, or keeps that back when a summary may do better. Answers whether it was used.
    fn digest(&mut self, layout: &Layout, keep_aside: &mut KeepAside<'_>) -> bool {
        let block = layout.block(&self.source);
        if block.is_empty() {
            return false;
        }
        let kept: u64 = layout.kept(&self.messages).map(of_message).fold(self.overhead_tokens, u64::saturating_add);
        let room_in = |tokens| characters_within(self.calibration.estimate_within(tokens).saturating_sub(kept));
        let mut room = room_in(self.target_tokens);
        if room < DIGEST_ROOM_CHARACTERS {
            room = room_in(self.budget_tokens);
        }
        let handle = keep_aside(&text::rendered(&block));
        let digest = digest(&block, &self.options.digest, room, &handle);
        let replaced = layout.replaced(&self.messages, digest.message);
        let after = self.tokens(&replaced);
        if after >= self.tokens(&self.messages) {
            return false;
        }
        let lossy = digest.kept_percent < u64::from(self.options.digest.kept_percent_min);
        let summary_follows = self.steps.iter().skip(self.next).any(|step| *step == CompactionStep::Summarise);
        if summary_follows && (lossy || after > self.budget_tokens) {
            self.fallback = Some(replaced);
            return false;
        }
        self.put(replaced);
        true
    }

    fn ask(&mut self) -> CompactionEffect {
        self.state = State::Asked;
        let layout = Layout::of(&self.messages, self.options.recent_messages_min);
        let request = self.options.summarise.as_ref().map(|options| {
            let whole = summary::request(options, &text::rendered(&layout.block(&self.source)));
            let tokens = self.calibration.apply(crate::tokens::estimate(&whole));
            if tokens <= self.budget_tokens {
                return whole;
            }
            // What the model could not take in whole it is shown cleared and shortened.
            summary::request(options, &text::rendered(&layout.block(&self.messages)))
        });
        match request {
            Some(request) => CompactionEffect::Summarise { request },
            // Options that were never checked may name the step without a model.
            None => self.done(),
        }
    }

    fn take_summary(&mut self, answer: &str, keep_aside: &mut KeepAside<'_>) -> Result<(), Text> {
        let Some(options) = &self.options.summarise else { return Err("no model is given".into()) };
        let layout = Layout::of(&self.messages, self.options.recent_messages_min);
        let block = layout.block(&self.source);
        let handle = keep_aside(&text::rendered(&block));
        let message = summary::message(options, answer, block.len(), &handle)?;
        let replaced = layout.replaced(&self.messages, message);
        if self.tokens(&replaced) >= self.tokens(&self.messages) {
            return Err("it is no shorter than what it would replace".into());
        }
        if self.tokens(&replaced) <= self.budget_tokens {
            self.fallback = None;
        }
        self.put(replaced);
        self.taken.push(CompactionStep::Summarise.as_str().into());
        Ok(())
    }

    /// Uses the digest that was kept back, if it is shorter than what there is.
    fn fall_back(&mut self) {
        if let Some(messages) = self.fallback.take()
            && self.tokens(&messages) < self.tokens(&self.messages)
        {
            self.put(messages);
            self.taken.push(CompactionStep::Digest.as_str().into());
        }
    }

    /// Goes on with messages whose block was replaced.
    fn put(&mut self, messages: Vec<Message>) {
        self.source.clone_from(&messages);
        self.messages = messages;
    }

    fn done(&mut self) -> CompactionEffect {
        self.state = State::Done;
        let before = self.tokens(self.transcript.messages());
        let changed = self.messages.as_slice() != self.transcript.messages();
        let transcript = if changed { Transcript::try_from(self.messages.clone()).ok() } else { None };
        let transcript = transcript.map_or_else(|| Arc::clone(&self.transcript), Arc::new);
        let after = self.tokens(transcript.messages());
        CompactionEffect::Done(Compaction {
            transcript,
            steps: self.taken.clone(),
            tokens_before: before,
            tokens_after: after,
            budget_tokens: self.budget_tokens,
            met: after <= self.budget_tokens,
        })
    }

    /// The corrected estimate of a request with these messages.
    fn tokens(&self, messages: &[Message]) -> u64 {
        self.calibration.apply(of_messages(messages).saturating_add(self.overhead_tokens))
    }
}

fn percent(of: u64, percent: u64) -> u64 {
    // Divided first, a greatest budget would not overflow but a small one would lose its digits.
    of.saturating_mul(percent) / 100
}
