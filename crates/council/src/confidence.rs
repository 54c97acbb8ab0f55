//! How sure a member says it is: `confidence: 0.83` in its words.
//!
//! The last `confidence:` of the words counts, in any case of letters, with a number from 0 to 1 or a percentage behind
//! it. Nothing there, or something else, is no confidence at all, which weighs as [`UNSTATED`]. It must not know ballots.
//!
//! ```
//! use moot_council::confidence::{read, without};
//!
//! assert_eq!(read("I think A.\nConfidence: 0.83"), Some(0.83));
//! assert_eq!(read("confidence: 0.2 at first, confidence: 90%"), Some(0.9));
//! assert_eq!(read("confidence: high"), None);
//! assert_eq!(without("A > B\nconfidence: 0.83"), "A > B");
//! ```

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mark;
use crate::weights::log_odds;

/// The mark behind which a member says how sure it is, in any case of letters.
const MARK: &str = "confidence:";

/// The confidence of a member that states none, or one that is not from 0 to 1: as good as a coin between two answers.
/// Saying nothing must not weigh more than saying how sure one is.
pub const UNSTATED: f64 = 0.5;

/// The least confidence that log-odds take at its word, so that no member outweighs all others; the greatest is 1 less
/// this. Their weights lie between -4.6 and 4.6.
pub const LOG_ODDS_FROM: f64 = 0.01;

/// How a confidence c becomes a weight. Who states none is taken to be at 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceWeight {
    /// The weight is c: from 0 to 1, 0.5 for who states none.
    Linear,
    /// The weight is ln(c / (1 - c)), with c between 0.01 and 0.99: from -4.6 to 4.6, 0 for who states none. The best
    /// there is between two answers, if members are right as often as they are sure.
    LogOdds,
}

impl ConfidenceWeight {
    /// What a ballot with these words weighs.
    #[must_use]
    pub fn of(self, words: Option<&str>) -> f64 {
        let confidence = words.and_then(read).unwrap_or(UNSTATED);
        match self {
            Self::Linear => confidence,
            Self::LogOdds => log_odds(confidence.clamp(LOG_ODDS_FROM, 1.0 - LOG_ODDS_FROM)),
        }
    }
}

/// The confidence that these words state, from 0 to 1.
#[must_use]
pub fn read(words: &str) -> Option<f64> {
    let behind = words.get(mark::last(words, MARK)? + MARK.len()..)?;
    let behind = behind.trim_start_matches([' ', '\t', '*', '_']);
    let end = behind.find(|sign: char| !(sign.is_ascii_digit() || matches!(sign, '.' | '-' | '+' | 'e' | 'E')));
    let (number, rest) = behind.split_at_checked(end.unwrap_or(behind.len()))?;
    let number: f64 = number.trim_end_matches('.').parse().ok()?;
    let confidence = if rest.trim_start_matches(' ').starts_with('%') { number / 100.0 } else { number };
    (0.0..=1.0).contains(&confidence).then_some(confidence)
}

/// The words without the confidence that they state: all from the last mark to the end of its line.
#[must_use]
pub fn without(words: &str) -> Cow<'_, str> {
    let Some((head, tail)) = mark::last(words, MARK).and_then(|start| words.split_at_checked(start)) else {
        return Cow::Borrowed(words);
    };
    let head = head.trim_end_matches([' ', '\t', ',', ';', '(', '*', '_']);
    let rest = tail.find('\n').and_then(|end| tail.get(end..)).unwrap_or("");
    // A line of its own leaves no empty line behind.
    let rest = if head.is_empty() || head.ends_with('\n') { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
    if rest.trim().is_empty() { Cow::Borrowed(head.trim_end()) } else { Cow::Owned(format!("{head}{rest}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_statement_counts_and_only_a_number_from_0_to_1_is_one() {
        let cases = [
            ("confidence: 0.83", Some(0.83)),
            ("**Confidence:** 0.5.", Some(0.5)),
            ("CONFIDENCE:1", Some(1.0)),
            ("confidence: 0", Some(0.0)),
            ("confidence: 75 %", Some(0.75)),
            ("confidence: 0.9\nOn second thought, confidence: 0.4, no more", Some(0.4)),
            ("confidence: 0.9, then confidence: unknown", None),
            ("confidence: 1.01", None),
            ("confidence: -0.1", None),
            ("confidence: 120%", None),
            ("confidence: NaN", None),
            ("confidence: inf", None),
            ("confidence:", None),
            ("overconfidence: 0.5", None),
            ("I am confident", None),
        ];
        for (words, expected) in cases {
            assert_eq!(read(words), expected, "{words}");
        }
    }

    #[test]
    fn who_states_nothing_is_no_surer_than_a_coin() {
        assert_eq!(ConfidenceWeight::Linear.of(Some("confidence: 0.83")), 0.83);
        for words in [None, Some("A"), Some("confidence: 7")] {
            assert_eq!(ConfidenceWeight::Linear.of(words), 0.5, "{words:?}");
            assert_eq!(ConfidenceWeight::LogOdds.of(words), 0.0, "{words:?}");
        }
    }

    #[test]
    fn log_odds_are_bounded() {
        let weight = |words| ConfidenceWeight::LogOdds.of(Some(words));
        assert!((weight("confidence: 0.9") - 9.0_f64.ln()).abs() < 1e-12);
        assert!((weight("confidence: 1") - 99.0_f64.ln()).abs() < 1e-12);
        assert!((weight("confidence: 0") + 99.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn what_is_left_is_the_rest_of_the_words() {
        let cases = [
            ("A > B", "A > B"),
            ("A > B, confidence: 0.9", "A > B"),
            ("answer: A (confidence: 0.9)", "answer: A"),
            ("confidence: 0.9\nanswer: A", "answer: A"),
            ("A: 3\nconfidence: 0.9\nB: 2", "A: 3\nB: 2"),
        ];
        for (words, expected) in cases {
            assert_eq!(without(words), expected, "{words}");
        }
    }
}
