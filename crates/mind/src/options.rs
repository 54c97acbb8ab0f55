//! The limits of an agent's turns and tool calls, as a scenario sets them.
//!
//! This module must not know files or positions in them: a problem names the option, and whoever read the file knows
//! where that stands.
//!
//! ```
//! use moot_mind::TurnOptions;
//!
//! let options: TurnOptions = serde_json::from_str(r#"{ "turns_max": 0 }"#).unwrap();
//! assert_eq!(options.same_failing_call_max, 3, "what is not given has its default");
//! assert_eq!(options.check()[0].to_string(), "turns_max: 0 is not allowed; it must be from 1 to 100000");
//! ```

use std::fmt;
use std::ops::RangeInclusive;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an agent may use up on an assignment or a task before it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TurnOptions {
    /// The most model calls for one assignment, from 1 to 100,000; default 50. An agent that still calls tools in the
    /// last one ends as exhausted (turns).
    #[schemars(range(min = 1, max = 100_000))]
    pub turns_max: u32,
    /// The most tokens, input and output together, that the model calls of one task may take before a further call is
    /// made, at least 1; default 10,000,000, and `null` for no limit. Calls whose usage nobody stated don't count. An
    /// answer that crosses the limit still counts.
    #[schemars(range(min = 1))]
    pub tokens_max: Option<u64>,
    /// How often the same tool call, with the same arguments, may fail without any successful call in between, from 1
    /// to 1,000; default 3. When it has failed that often, the task ends as failed (repetition).
    #[schemars(range(min = 1, max = 1_000))]
    pub same_failing_call_max: u32,
    /// How often the same round of tool calls, or the same cycle of two or three rounds, may come in a row with the
    /// same arguments and the same results, successes too, from 2 to 1,000; default 4. When it has come that often, the
    /// task ends as failed (repetition).
    #[schemars(range(min = 2, max = 1_000))]
    pub same_exchange_max: u32,
    /// How often a hook may send the agent on instead of letting its answer stand, for one assignment, from 0 to 100;
    /// default 3.
    #[schemars(range(max = 100))]
    pub send_on_max: u32,
    /// The most tool calls of the agent that run at the same time, from 1 to 1,000; default 8. Further ones wait.
    #[schemars(range(min = 1, max = 1_000))]
    pub tool_calls_at_once_max: u32,
    /// How long a tool call may take in virtual time, waiting for other calls included, from 1ms; default: no limit.
    /// Then it ends as timed out, and the agent goes on. While a person is asked to approve the call its time stands
    /// still: the person's own timeout holds.
    #[schemars(with = "Option<String>")]
    pub tool_call_timeout: Option<VirtualDuration>,
    /// How long an assignment may take in virtual time, from 1ms; default 24h. Then it ends as exhausted (time).
    #[schemars(with = "String")]
    pub time_max: VirtualDuration,
}

/// An option with a value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// Which option, relative to the options that were checked.
    pub path: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

const TURNS_ALLOWED: RangeInclusive<u64> = 1..=100_000;
const SAME_FAILING_CALL_ALLOWED: RangeInclusive<u64> = 1..=1_000;
const SAME_EXCHANGE_ALLOWED: RangeInclusive<u64> = 2..=1_000;
const SEND_ON_ALLOWED: RangeInclusive<u64> = 0..=100;
const TOOL_CALLS_AT_ONCE_ALLOWED: RangeInclusive<u64> = 1..=1_000;

impl TurnOptions {
    /// How long an assignment may take unless it is said.
    pub const TIME_MAX_DEFAULT: VirtualDuration = VirtualDuration::from_millis(24 * 60 * 60 * 1_000);
    /// How many tokens the model calls of a task may take unless it is said.
    pub const TOKENS_MAX_DEFAULT: u64 = 10_000_000;

    /// Every option whose value is out of its range; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        check_range(&mut problems, "turns_max", u64::from(self.turns_max), TURNS_ALLOWED);
        if self.tokens_max == Some(0) {
            let message = "0 is not allowed; it must be at least 1, or be left out for no limit".to_owned();
            problems.push(OptionProblem { path: "tokens_max".to_owned(), message });
        }
        for (path, value, allowed) in [
            ("same_failing_call_max", self.same_failing_call_max, SAME_FAILING_CALL_ALLOWED),
            ("same_exchange_max", self.same_exchange_max, SAME_EXCHANGE_ALLOWED),
            ("send_on_max", self.send_on_max, SEND_ON_ALLOWED),
            ("tool_calls_at_once_max", self.tool_calls_at_once_max, TOOL_CALLS_AT_ONCE_ALLOWED),
        ] {
            check_range(&mut problems, path, u64::from(value), allowed);
        }
        if self.time_max == VirtualDuration::ZERO {
            let message = "0ms is not allowed; it must be at least 1ms".to_owned();
            problems.push(OptionProblem { path: "time_max".to_owned(), message });
        }
        if self.tool_call_timeout == Some(VirtualDuration::ZERO) {
            let message = "0ms is not allowed; it must be at least 1ms, or be left out for no limit".to_owned();
            problems.push(OptionProblem { path: "tool_call_timeout".to_owned(), message });
        }
        problems
    }
}

fn check_range(problems: &mut Vec<OptionProblem>, path: &str, value: u64, allowed: RangeInclusive<u64>) {
    if !allowed.contains(&value) {
        let message = format!("{value} is not allowed; it must be from {} to {}", allowed.start(), allowed.end());
        problems.push(OptionProblem { path: path.to_owned(), message });
    }
}

impl Default for TurnOptions {
    fn default() -> Self {
        Self {
            turns_max: 50,
            tokens_max: Some(Self::TOKENS_MAX_DEFAULT),
            same_failing_call_max: 3,
            same_exchange_max: 4,
            send_on_max: 3,
            tool_calls_at_once_max: 8,
            tool_call_timeout: None,
            time_max: Self::TIME_MAX_DEFAULT,
        }
    }
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn paths(options: TurnOptions) -> Vec<String> {
        options.check().into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn the_ends_of_each_range_are_allowed_and_one_further_is_not() {
        let least = TurnOptions {
            turns_max: 1,
            tokens_max: Some(1),
            same_failing_call_max: 1,
            same_exchange_max: 2,
            send_on_max: 0,
            tool_calls_at_once_max: 1,
            tool_call_timeout: Some(VirtualDuration::from_millis(1)),
            time_max: VirtualDuration::from_millis(1),
        };
        let most = TurnOptions {
            turns_max: 100_000,
            tokens_max: Some(u64::MAX),
            same_failing_call_max: 1_000,
            same_exchange_max: 1_000,
            send_on_max: 100,
            tool_calls_at_once_max: 1_000,
            tool_call_timeout: Some(VirtualDuration::from_millis(u64::MAX)),
            time_max: VirtualDuration::from_millis(u64::MAX),
        };
        for options in [TurnOptions::default(), least, most] {
            assert!(paths(options).is_empty(), "{options:?}");
        }
        let below = TurnOptions {
            turns_max: 0,
            tokens_max: Some(0),
            same_failing_call_max: 0,
            same_exchange_max: 1,
            send_on_max: 0,
            tool_calls_at_once_max: 0,
            tool_call_timeout: Some(VirtualDuration::ZERO),
            time_max: VirtualDuration::ZERO,
        };
        let expected = [
            "turns_max",
            "tokens_max",
            "same_failing_call_max",
            "same_exchange_max",
            "tool_calls_at_once_max",
            "time_max",
            "tool_call_timeout",
        ];
        assert_eq!(paths(below), expected);
        let above = TurnOptions {
            turns_max: 100_001,
            tokens_max: None,
            same_failing_call_max: 1_001,
            same_exchange_max: 1_001,
            send_on_max: 101,
            tool_calls_at_once_max: 1_001,
            tool_call_timeout: None,
            time_max: VirtualDuration::from_millis(1),
        };
        let expected =
            ["turns_max", "same_failing_call_max", "same_exchange_max", "send_on_max", "tool_calls_at_once_max"];
        assert_eq!(paths(above), expected);
    }

    #[test]
    fn unknown_options_are_refused_and_missing_ones_have_defaults() {
        let error = serde_json::from_str::<TurnOptions>(r#"{ "turn_max": 3 }"#).unwrap_err().to_string();
        assert!(error.contains("turn_max") && error.contains("turns_max"), "{error}");
        assert_eq!(serde_json::from_str::<TurnOptions>("{}").unwrap(), TurnOptions::default());
        let timeout =
            serde_json::from_str::<TurnOptions>(r#"{ "tool_call_timeout": "2s" }"#).unwrap().tool_call_timeout;
        assert_eq!(timeout, Some(VirtualDuration::from_millis(2_000)));
    }

    #[test]
    fn the_schema_says_what_is_allowed() {
        let schema = serde_json::to_value(schemars::schema_for!(TurnOptions)).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        let turns = &schema["properties"]["turns_max"];
        assert_eq!((&turns["minimum"], &turns["maximum"], &turns["default"]), (&1.into(), &100_000.into(), &50.into()));
    }
}
