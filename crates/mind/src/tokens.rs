//! Estimates of tokens: how long a request is before a model has counted it.
//!
//! The estimate is a rule of thumb that errs upwards; a [`Calibration`] corrects it by what providers report. This
//! module must not know any provider's tokenizer, nor what an estimate is used for.
//!
//! ```
//! use moot_mind::tokens::{Calibration, estimate};
//!
//! assert_eq!(estimate("twelve chars"), 4, "12 characters are 3 quarters, and a third more to be safe");
//!
//! let mut calibration = Calibration::default();
//! calibration.observe(1_000, 750);
//! assert_eq!(calibration.apply(200), 150);
//! ```

use moot_core::{Message, ToolSpec, Transcript};
use serde::{Deserialize, Serialize};

/// The estimated tokens of a text: a quarter of its characters, rounded up, times 4/3, rounded up. Source: the estimator
/// of OpenHarness (github.com/HKUDS/OpenHarness). An empty text has none.
#[must_use]
pub fn estimate(text: &str) -> u64 {
    of_characters(characters(text))
}

/// The estimated tokens of a text of so many characters.
#[must_use]
pub const fn of_characters(characters: u64) -> u64 {
    characters.div_ceil(4).saturating_mul(4).div_ceil(3)
}

/// The most characters whose estimate is not above so many tokens: the other way round of [`of_characters`].
#[must_use]
pub const fn characters_within(tokens: u64) -> u64 {
    // n quarters are ceil(4n / 3) tokens, so at most floor(3 * tokens / 4) quarters fit.
    (tokens.saturating_mul(3) / 4).saturating_mul(4)
}

/// The estimated tokens of one message: its text and, for each tool call in it, the id, the name and the arguments.
#[must_use]
pub fn of_message(message: &Message) -> u64 {
    let mut all = characters(message.text());
    if let Message::Assistant { tool_calls, .. } = message {
        for call in tool_calls {
            all = all.saturating_add(characters(&call.id));
            all = all.saturating_add(characters(&call.name));
            all = all.saturating_add(characters(&call.arguments));
        }
    }
    of_characters(all)
}

/// The estimated tokens of several messages.
#[must_use]
pub fn of_messages(messages: &[Message]) -> u64 {
    messages.iter().map(of_message).fold(0, u64::saturating_add)
}

/// The estimated tokens of a whole transcript, the system message included. It reads every message; a body that asks
/// before every model call keeps a [`RunningEstimate`] instead.
#[must_use]
pub fn of_transcript(transcript: &Transcript) -> u64 {
    of_messages(transcript.messages())
}

/// The estimated tokens of tools as a model is told of them: name, description and schema as compact JSON.
#[must_use]
pub fn of_tools(tools: &[ToolSpec]) -> u64 {
    let one = |tool: &ToolSpec| {
        let schema = characters(&tool.schema.to_string());
        of_characters(characters(&tool.name).saturating_add(characters(&tool.description)).saturating_add(schema))
    };
    tools.iter().map(one).fold(0, u64::saturating_add)
}

/// How many characters a text has, as Unicode scalar values.
pub(crate) fn characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// The estimate of a transcript that grows at its end: each message is counted once.
///
/// ```
/// use moot_core::{ActorPath, Transcript};
/// use moot_mind::tokens::{RunningEstimate, of_transcript};
///
/// let (mut transcript, mut running) = (Transcript::new(), RunningEstimate::default());
/// transcript.push_user(ActorPath::world(), "hello").unwrap();
/// assert_eq!(running.update(&transcript), of_transcript(&transcript));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunningEstimate {
    messages: usize,
    tokens: u64,
}

impl RunningEstimate {
    /// The estimated tokens of the transcript, which must be the one of the last update with or without more messages at
    /// its end. A shorter one is counted anew; after any other change (a compaction) start from `default()`.
    pub fn update(&mut self, transcript: &Transcript) -> u64 {
        if transcript.len() < self.messages {
            *self = Self::default();
        }
        let new = transcript.messages().get(self.messages..).unwrap_or_default();
        self.tokens = self.tokens.saturating_add(of_messages(new));
        self.messages = transcript.len();
        self.tokens
    }
}

/// What the reported usage of past calls says about estimates: the ratio of reported to estimated input tokens, from
/// 1/2 to 4. Without any report it is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calibration {
    estimated_tokens: u64,
    reported_tokens: u64,
}

/// Above so many estimated tokens the past counts half, so that a model that changes its counting is followed.
const MEMORY_TOKENS: u64 = 1_000_000;

impl Calibration {
    /// Takes in one call: what its request was estimated at (before any calibration) and what input tokens the provider
    /// reported. Zeros say nothing and are left out.
    pub const fn observe(&mut self, estimated_tokens: u64, reported_tokens: u64) {
        if estimated_tokens == 0 || reported_tokens == 0 {
            return;
        }
        if self.estimated_tokens > MEMORY_TOKENS {
            self.estimated_tokens /= 2;
            self.reported_tokens /= 2;
        }
        self.estimated_tokens = self.estimated_tokens.saturating_add(estimated_tokens);
        self.reported_tokens = self.reported_tokens.saturating_add(reported_tokens);
    }

    /// The corrected estimate, rounded up.
    #[must_use]
    pub fn apply(&self, estimated_tokens: u64) -> u64 {
        let (numerator, denominator) = self.ratio();
        let product = u128::from(estimated_tokens) * u128::from(numerator);
        u64::try_from(product.div_ceil(u128::from(denominator))).unwrap_or(u64::MAX)
    }

    /// The greatest estimate whose corrected value is not above so many tokens: the other way round of `apply`.
    #[must_use]
    pub fn estimate_within(&self, tokens: u64) -> u64 {
        let (numerator, denominator) = self.ratio();
        let product = u128::from(tokens) * u128::from(denominator);
        u64::try_from(product / u128::from(numerator)).unwrap_or(u64::MAX)
    }

    /// Reported over estimated as a fraction within the bounds; both parts are at least 1.
    fn ratio(&self) -> (u64, u64) {
        if self.estimated_tokens == 0 {
            return (1, 1);
        }
        if self.reported_tokens < self.estimated_tokens.div_ceil(2) {
            return (1, 2);
        }
        if self.reported_tokens / 4 >= self.estimated_tokens {
            return (4, 1);
        }
        (self.reported_tokens, self.estimated_tokens)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{ActorPath, ToolCall, ToolEffect, ToolResult};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_a_quarter_of_its_characters_and_a_third_more() {
        let table = [("", 0), ("a", 2), ("four", 2), ("fives", 3), ("twelve chars", 4), ("üüüü", 2), ("漢字漢字漢", 3)];
        for (text, tokens) in table {
            assert_eq!(estimate(text), tokens, "{text:?}");
        }
        assert_eq!(estimate(&"x".repeat(4_000)), 1_334);
    }

    #[test]
    fn everything_that_is_sent_counts() {
        let call = ToolCall { id: "c1".into(), name: "read".into(), arguments: "{\"p\":\"a\"}".into() };
        let mut transcript = Transcript::new();
        transcript.push_system("12345678").unwrap();
        transcript.push_user(ActorPath::world(), "1234").unwrap();
        transcript.push_assistant("1", vec![call.clone()]).unwrap();
        transcript.push_result(ToolResult::success(&call, "1234567890ab")).unwrap();
        // 8 + 4 + (1 + 2 + 4 + 9 = 16) + 12 characters.
        assert_eq!(of_transcript(&transcript), 3 + 2 + 6 + 4);
        let tool = ToolSpec {
            name: "read".into(),
            description: "Reads.".into(),
            schema: serde_json::json!({ "type": "object" }),
            effect: ToolEffect::Read,
        };
        assert_eq!(of_tools(&[tool.clone(), tool]), 2 * of_characters(4 + 6 + 17));
    }

    #[test]
    fn a_calibration_follows_reports_within_its_bounds() {
        // Estimated and reported tokens, then what an estimate of 300 becomes.
        let table = [
            (vec![], 300),
            (vec![(100, 200)], 600),
            (vec![(100, 200), (300, 200)], 300),
            (vec![(1_000, 1)], 150),
            (vec![(1, 1_000)], 1_200),
            (vec![(0, 10), (10, 0)], 300),
        ];
        for (reports, expected) in table {
            let mut calibration = Calibration::default();
            for (estimated, reported) in &reports {
                calibration.observe(*estimated, *reported);
            }
            assert_eq!(calibration.apply(300), expected, "{reports:?}");
        }
        let mut changed = Calibration::default();
        (0..20).for_each(|_| changed.observe(200_000, 200_000));
        (0..60).for_each(|_| changed.observe(200_000, 400_000));
        assert!(changed.apply(100) > 190, "the past is forgotten: {}", changed.apply(100));
    }

    proptest! {
        /// The way back never promises too much, and promises all that fits.
        #[test]
        fn what_fits_is_exact(tokens in 0_u64..100_000, estimated in 0_u64..5_000, reported in 0_u64..20_000) {
            prop_assert!(of_characters(characters_within(tokens)) <= tokens);
            prop_assert!(of_characters(characters_within(tokens) + 1) > tokens);
            let mut calibration = Calibration::default();
            calibration.observe(estimated, reported);
            let most = calibration.estimate_within(tokens);
            prop_assert!(calibration.apply(most) <= tokens);
            prop_assert!(calibration.apply(most + 1) > tokens);
        }

        /// A longer text is never estimated shorter, and the running estimate is the whole one.
        #[test]
        fn a_running_estimate_is_the_whole_one(texts in prop::collection::vec(".{0,40}", 0..20), cut in 0_usize..20) {
            let (mut transcript, mut running) = (Transcript::new(), RunningEstimate::default());
            for text in texts {
                let longer = format!("{text}x");
                prop_assert!(estimate(&text) <= estimate(&longer));
                transcript.push_user(ActorPath::world(), text).unwrap();
                prop_assert_eq!(running.update(&transcript), of_transcript(&transcript));
            }
            transcript.truncate(cut);
            prop_assert_eq!(running.update(&transcript), of_transcript(&transcript));
        }
    }
}
