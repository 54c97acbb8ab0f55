//! When a council whose members talk stops: conditions over what was said, joined with `all`, `any` and `not`.
//!
//! A condition sees what members answered, never the words of the task itself, so a task that quotes a word to stop at
//! does not stop anything. Times are virtual. It is evaluated after each statement of a conversation and after each round
//! of a debate; the first part of an `any` that holds, in the order of the file, is the one that is recorded.
//!
//! This module must not know patterns: they keep a [`Progress`] and ask.
//!
//! ```
//! use moot_council::exposure::Statement;
//! use moot_council::stop::{Condition, Progress};
//!
//! let stop: Condition = serde_json::from_str(
//!     r#"{ "any": [ { "agreement": 1.0 }, { "statements": 10 } ] }"#,
//! ).unwrap();
//! let mut progress = Progress::new(2);
//! for slot in 0..2 {
//!     let name = format!("speaker {slot}").into();
//!     progress.said(Statement { round: 0, slot, name, answer: Some("A".into()), words: "A".into() }, Default::default());
//! }
//! progress.end_round();
//! assert_eq!(stop.holds(&progress).as_deref(), Some("agreement of 1"));
//! ```

mod answers;
mod progress;

use moot_core::{Money, Text, ToolUse, ToolsUsed, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Named, OptionProblem};

pub use progress::Progress;

/// How deep conditions may be nested.
const DEPTH_MAX: u32 = 16;

/// When a council stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All of these hold; at least one is to be given.
    All(Vec<Condition>),
    /// One of these holds; at least one is to be given.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// So many rounds were held.
    Rounds(u32),
    /// So many statements were made, over all rounds.
    Statements(u32),
    /// Somebody said this.
    Said(Said),
    /// The member of this name made the last statement.
    Speaker(String),
    /// The last statement hands over to the member of this name.
    HandedTo(String),
    /// Somebody has called this tool and had its result, in whichever of its answers.
    ToolCalled(ToolCalled),
    /// So many model calls were made by members and whoever directs them, failed attempts included.
    Calls(u32),
    /// So many tokens were used by members and whoever directs them, as far as they are known.
    Tokens(u64),
    /// So much was spent on members and whoever directs them, in USD, as far as it is known.
    Money(f64),
    /// So much virtual time has passed since the council was given its task.
    Time(#[schemars(with = "String")] VirtualDuration),
    /// So many asks brought no answer.
    Failures(u32),
    /// The last so many statements held nothing: no word but an abstention.
    Silence(u32),
    /// At least this share of the answers of the last round, above 0 and at most 1, is the same answer. Who gave none
    /// counts as disagreeing.
    Agreement(f64),
    /// In the last so many rounds nobody's answer changed from the round before.
    Stable(u32),
    /// So many members gave an answer in the last round.
    Quorum(u32),
    /// One answer of the last round has so many votes that those who have not answered in it can't change the outcome.
    Decided,
    /// Wald's sequential test on the statements so far: the leading answer is this many ahead of the second.
    Margin(u32),
    /// The last so many rounds brought no answer that was not given before.
    NoNewAnswer(u32),
    /// The last so many statements are, in who speaks and what is said, the same as the ones right before them: the
    /// conversation goes back and forth.
    PingPong(u32),
}

/// Words that end a council when somebody says them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The words are part of a statement, in any case of letters. One of `contains` and `equals` is to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// The words are a whole statement but for white space around it, in any case of letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<String>,
    /// Only what the member of this name says counts. Default: whoever says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// A tool that ends a council when it was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCalled {
    /// The tool's name.
    pub name: String,
    /// Only calls of the member of this name count. Default: whoever calls it, members and whoever directs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Whether only calls count that came to a result without an error: one that was denied or failed does not. Default:
    /// false.
    #[serde(default)]
    pub succeeded: bool,
}

impl Condition {
    /// Whether the condition holds now: then in which words it is recorded.
    #[must_use]
    pub fn holds(&self, progress: &Progress) -> Option<Text> {
        self.reason(progress).map(Text::from)
    }

    fn reason(&self, progress: &Progress) -> Option<String> {
        let when = |holds: bool, reason: String| holds.then_some(reason);
        match self {
            Self::All(parts) => {
                let reasons: Option<Vec<String>> = parts.iter().map(|part| part.reason(progress)).collect();
                reasons.map(|reasons| reasons.join(" and "))
            }
            Self::Any(parts) => parts.iter().find_map(|part| part.reason(progress)),
            Self::Not(part) => when(part.reason(progress).is_none(), format!("not {}", part.name())),
            Self::Rounds(most) => when(progress.rounds() >= *most as usize, format!("{most} rounds")),
            Self::Statements(most) => when(progress.statements().len() >= *most as usize, format!("{most} statements")),
            Self::Said(said) => said.reason(progress),
            Self::Speaker(name) => {
                when(progress.last().is_some_and(|last| *last.name == **name), format!("{name} spoke"))
            }
            Self::HandedTo(name) => {
                when(progress.handed_to().is_some_and(|to| **to == **name), format!("handed over to {name}"))
            }
            Self::ToolCalled(called) => called.reason(progress),
            Self::Calls(most) => when(progress.bill().attempts >= *most, format!("{most} model calls")),
            Self::Tokens(most) => when(progress.bill().tokens >= *most, format!("{most} tokens")),
            Self::Money(usd) => when(progress.bill().cost >= money(*usd), format!("{usd} USD")),
            Self::Time(time) => when(progress.has_passed(*time), format!("{time} of virtual time")),
            Self::Failures(most) => when(progress.failures() >= *most, format!("{most} asks without an answer")),
            Self::Silence(length) => when(progress.is_silent_for(*length), format!("{length} statements of nothing")),
            Self::Agreement(share) => when(progress.agreement() >= *share - 1e-9, format!("agreement of {share}")),
            Self::Stable(rounds) => {
                when(progress.is_stable_for(*rounds), format!("answers stable for {rounds} rounds"))
            }
            Self::Quorum(number) => when(progress.answered() >= *number as usize, format!("{number} answers")),
            Self::Decided => when(progress.is_decided(), "the outcome can't change any more".to_owned()),
            Self::Margin(ahead) => when(progress.margin() >= *ahead as usize, format!("a margin of {ahead}")),
            Self::NoNewAnswer(rounds) => {
                when(progress.has_no_new_answer_for(*rounds), format!("no new answer for {rounds} rounds"))
            }
            Self::PingPong(length) => when(progress.repeats(*length), format!("the last {length} statements repeat")),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Rounds(_) => "rounds",
            Self::Statements(_) => "statements",
            Self::Said(_) => "said",
            Self::Speaker(_) => "speaker",
            Self::HandedTo(_) => "handed_to",
            Self::ToolCalled(_) => "tool_called",
            Self::Calls(_) => "calls",
            Self::Tokens(_) => "tokens",
            Self::Money(_) => "money",
            Self::Time(_) => "time",
            Self::Failures(_) => "failures",
            Self::Silence(_) => "silence",
            Self::Agreement(_) => "agreement",
            Self::Stable(_) => "stable",
            Self::Quorum(_) => "quorum",
            Self::Decided => "decided",
            Self::Margin(_) => "margin",
            Self::NoNewAnswer(_) => "no_new_answer",
            Self::PingPong(_) => "ping_pong",
        }
    }

    /// The lengths of virtual time that it looks for: whoever evaluates it sets a timer for each and calls
    /// [`Progress::pass`].
    #[must_use]
    pub fn times(&self) -> Vec<VirtualDuration> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::times).collect(),
            Self::Not(part) => part.times(),
            Self::Time(time) => vec![*time],
            _ => Vec::new(),
        }
    }

    /// The names of the tools that it looks for, each with its place below this key.
    #[must_use]
    pub fn tools(&self, key: &str) -> Vec<Named<'_>> {
        self.tools_at(format!("{key}.{}", self.name()))
    }

    fn tools_at(&self, place: String) -> Vec<Named<'_>> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let below = |(index, part): (usize, &'_ Self)| format!("{place}[{index}].{}", part.name());
                parts.iter().enumerate().flat_map(|(index, part)| part.tools_at(below((index, part)))).collect()
            }
            Self::Not(part) => part.tools_at(format!("{place}.{}", part.name())),
            Self::ToolCalled(called) => vec![Named::under(&format!("{place}.name"), &called.name)],
            _ => Vec::new(),
        }
    }

    /// What is wrong with it; it stands under this key.
    #[must_use]
    pub fn check(&self, key: &str) -> Vec<OptionProblem> {
        self.check_at(&format!("{key}.{}", self.name()), DEPTH_MAX)
    }

    fn check_at(&self, place: &str, depth: u32) -> Vec<OptionProblem> {
        let one = |message: &str| vec![OptionProblem::new(place, message)];
        if depth == 0 {
            return one("conditions are nested too deep; at most 16 levels are allowed");
        }
        match self {
            Self::All(parts) | Self::Any(parts) if parts.is_empty() => one("no condition is listed; name at least one"),
            Self::All(parts) | Self::Any(parts) => {
                let below = |(index, part): (usize, &Self)| {
                    part.check_at(&format!("{place}[{index}].{}", part.name()), depth - 1)
                };
                parts.iter().enumerate().flat_map(below).collect()
            }
            Self::Not(part) => part.check_at(&format!("{place}.{}", part.name()), depth - 1),
            Self::Rounds(0)
            | Self::Statements(0)
            | Self::Calls(0)
            | Self::Failures(0)
            | Self::Silence(0)
            | Self::Stable(0)
            | Self::Quorum(0)
            | Self::Margin(0)
            | Self::NoNewAnswer(0)
            | Self::PingPong(0)
            | Self::Tokens(0) => one("0 holds before anything was said; write at least 1"),
            Self::Money(usd) if !(usd.is_finite() && *usd > 0.0) => one("an amount in USD is above 0"),
            Self::Time(VirtualDuration::ZERO) => one("no time at all is too short; write a duration such as 30s"),
            Self::Agreement(share) if !(*share > 0.0 && *share <= 1.0) => one("a share is above 0 and at most 1"),
            Self::Said(said) => said.check(place),
            Self::ToolCalled(called) if called.name.trim().is_empty() => {
                vec![OptionProblem::new(format!("{place}.name"), "the name is empty; write the name of a tool")]
            }
            Self::Speaker(name) | Self::HandedTo(name) if name.trim().is_empty() => one("the name is empty"),
            _ => Vec::new(),
        }
    }
}

impl ToolCalled {
    fn reason(&self, progress: &Progress) -> Option<String> {
        let counts = |used: &ToolUse| if self.succeeded { used.successes > 0 } else { used.calls > 0 };
        let meant = |who: &Text| self.from.as_deref().is_none_or(|from| **who == *from);
        let called = |(who, used): &&(Text, ToolsUsed)| meant(who) && used.of(&self.name).is_some_and(counts);
        let (who, _) = progress.tools().iter().find(called)?;
        Some(format!("{who} called {}", self.name))
    }
}

impl Said {
    fn reason(&self, progress: &Progress) -> Option<String> {
        let last = progress.last()?;
        if self.from.as_deref().is_some_and(|from| *last.name != *from) {
            return None;
        }
        let words = last.words.to_lowercase();
        let contains = self.contains.as_deref().filter(|part| words.contains(&part.to_lowercase()));
        let equals = self.equals.as_deref().filter(|whole| words.trim() == whole.trim().to_lowercase());
        contains.or(equals).map(|what| format!("{} said {what:?}", last.name))
    }

    fn check(&self, place: &str) -> Vec<OptionProblem> {
        let given = [&self.contains, &self.equals].into_iter().flatten().collect::<Vec<_>>();
        let message = match given.as_slice() {
            [one] if one.trim().is_empty() => "the words are empty, which every statement contains",
            [_] => return Vec::new(),
            _ => "give one of `contains` and `equals`",
        };
        vec![OptionProblem::new(place, message)]
    }
}

fn money(usd: f64) -> Money {
    // A price for a million pieces, divided by a million: the same scale as prices of tokens.
    let picodollars = (usd * 1e12).round();
    Money::from_picodollars(if picodollars.is_finite() && picodollars > 0.0 { picodollars as u128 } else { 0 })
}

#[cfg(test)]
mod tests;
