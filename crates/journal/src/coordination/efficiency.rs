//! Efficiency: what a success costs in tokens, and how much talk there is to a turn.
//!
//! - `tokens`: input and output tokens of all model attempts, orchestrators and retries included.
//! - `success_per_1000_tokens`: 1000 S / (tokens of a task), where S is the share of tasks that ended right and the
//!   tokens are those of the mean task.
//! - `turns`: replies of models.
//! - `message_density`: messages between agents (assignments, answers and what they tell each other) / turns.
//!
//! Source: arXiv 2512.08296. Its overhead and coordination efficiency compare two systems, and so does its error
//! amplification; they are for who compares runs. This module must not know events.
//!
//! ```
//! // 6 of 10 tasks right, 20,000 tokens in all, so 2,000 a task.
//! let success_per_1000_tokens = 1000.0 * 0.6 / 2_000.0;
//! assert_eq!(success_per_1000_tokens, 0.3);
//! ```

use super::sample::as_f64;
use crate::metrics::MetricValue;

/// The counts that efficiency follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Efficiency {
    /// Tasks that ended.
    pub(crate) tasks: u64,
    /// Tasks that ended right, and those whose right answer is known.
    pub(crate) correct: (u64, u64),
    /// Input and output tokens; `None` when those of one attempt are unknown.
    pub(crate) tokens: Option<u64>,
    /// Replies of models.
    pub(crate) turns: u64,
    /// Messages between agents.
    pub(crate) messages: u64,
}

impl Efficiency {
    /// The metrics that make sense, by name.
    pub(crate) fn named(self) -> impl Iterator<Item = (&'static str, MetricValue)> {
        let always = [("tokens", self.tokens.into()), ("turns", MetricValue::Count(self.turns))];
        let success = self.success_per_1000_tokens().map(|value| ("success_per_1000_tokens", value));
        let density = as_f64(self.messages) / as_f64(self.turns);
        let density = (self.turns > 0).then_some(("message_density", MetricValue::Number(density)));
        always.into_iter().chain(success).chain(density)
    }

    /// Absent without a known answer or a token, unknown when the tokens are.
    fn success_per_1000_tokens(self) -> Option<MetricValue> {
        let (correct, known) = self.correct;
        if known == 0 || self.tokens == Some(0) {
            return None;
        }
        let success = as_f64(correct) / as_f64(known);
        let of = |tokens| MetricValue::Number(1000.0 * success * as_f64(self.tasks) / as_f64(tokens));
        Some(self.tokens.map_or(MetricValue::Unknown, of))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn named(change: impl FnOnce(&mut Efficiency)) -> BTreeMap<&'static str, MetricValue> {
        let mut counts = Efficiency { tasks: 10, correct: (3, 5), tokens: Some(20_000), turns: 40, messages: 60 };
        change(&mut counts);
        counts.named().collect()
    }

    #[test]
    fn numbers_by_hand() {
        let metrics = named(|_| ());
        let expected = [
            ("message_density", MetricValue::Number(1.5)),
            ("success_per_1000_tokens", MetricValue::Number(1000.0 * 0.6 * 10.0 / 20_000.0)),
            ("tokens", MetricValue::Count(20_000)),
            ("turns", MetricValue::Count(40)),
        ];
        assert_eq!(metrics, expected.into());
    }

    #[test]
    fn what_is_not_known_is_not_zero() {
        let unknown = named(|counts| counts.tokens = None);
        assert_eq!(unknown.get("tokens"), Some(&MetricValue::Unknown));
        assert_eq!(unknown.get("success_per_1000_tokens"), Some(&MetricValue::Unknown));
        assert!(!named(|counts| counts.correct = (0, 0)).contains_key("success_per_1000_tokens"));
        assert!(!named(|counts| counts.tokens = Some(0)).contains_key("success_per_1000_tokens"));
        assert!(!named(|counts| counts.turns = 0).contains_key("message_density"));
        let none_right = named(|counts| counts.correct = (0, 5));
        assert_eq!(none_right.get("success_per_1000_tokens"), Some(&MetricValue::Number(0.0)), "known to be none");
    }
}
