//! The coordination patterns, one file each: options, machine, tests.
//!
//! To add one, write its file beside the others and a line in the list below. This module must not know what a pattern
//! does; it tells which there are, and passes questions on to the one that was chosen.
//!
//! ```
//! use moot_council::PatternOptions;
//!
//! let options: PatternOptions = serde_json::from_str(r#"{ "single": { "member": "judge" } }"#).unwrap();
//! assert_eq!(options.name(), "single");
//! assert_eq!(options.members()[0].name, "judge");
//! assert_eq!(options.check(&[2]).len(), 1, "two judges are not a single one");
//! ```

use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OptionProblem, Pattern};

pub mod custom;
pub mod debate;
pub mod delegation;
pub mod fan_out;
pub mod graph;
pub mod handoff;
pub mod hierarchy;
pub mod judged;
pub mod mixture;
pub mod pipeline;
pub mod reflection;
pub mod round_robin;
pub mod sample;
pub mod selector;
pub mod single;
pub mod vote;

#[cfg(test)]
pub(crate) mod conduct;

/// What the options of a pattern can say of themselves.
pub trait DescribesPattern: Debug {
    /// Whom the options name as members: agents, groups of agents or councils, in the order of their seats.
    fn members(&self) -> Vec<Named<'_>>;

    /// Whether the council gets copies of its members instead of sharing them.
    fn fresh(&self) -> bool;

    /// How many copies of each member it gets; only a council of [`fresh`](Self::fresh) members may want several.
    fn copies(&self) -> u32 {
        1
    }

    /// The tools that the options name, such as those at which a council stops.
    fn tools(&self) -> Vec<Named<'_>> {
        Vec::new()
    }

    /// What is wrong with the options, given how many seats each of the [`members`](Self::members) stands for, in the
    /// same order: a group has one for each who belongs to it. Paths are relative to these options.
    fn check(&self, seats: &[usize]) -> Vec<OptionProblem>;

    /// The pattern with these options; `None` when it is not one of this crate's. Options that [`check`](Self::check)
    /// refuses make a pattern all the same: it never panics, and its outcomes mean little.
    fn build(&self) -> Option<Arc<dyn Pattern>>;
}

/// A name that options give, such as that of a member, and where they give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// The name: of an agent, a group of agents or a council, or of a tool.
    pub name: &'a str,
    /// Where it stands, relative to the options, such as `members[2]` or `judge`.
    pub place: String,
}

impl<'a> Named<'a> {
    /// The name that stands under a key.
    #[must_use]
    pub fn under(key: &str, name: &'a str) -> Self {
        Self { name, place: key.to_owned() }
    }

    /// The names that stand in the list under a key.
    pub fn list(key: &str, names: &'a [String]) -> impl Iterator<Item = Self> {
        names.iter().enumerate().map(move |(index, name)| Self { name, place: format!("{key}[{index}]") })
    }
}

/// Writes the list of patterns as the enum that stands in scenario files.
macro_rules! patterns {
    ($($(#[doc = $text:literal])+ $variant:ident($options:ty) = $name:literal,)+) => {
        /// A coordination pattern with its options.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        pub enum PatternOptions {
            $($(#[doc = $text])+ #[serde(rename = $name)] $variant($options),)+
        }

        impl PatternOptions {
            /// The names of all patterns, as in scenario files.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The name of the chosen pattern, as in scenario files: the key above its options.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            fn chosen(&self) -> &dyn DescribesPattern {
                match self {
                    $(Self::$variant(options) => options,)+
                }
            }
        }
    };
}

patterns! {
    /// One member does the task; its outcome is the council's.
    Single(single::SingleOptions) = "single",
    /// Every member answers for itself; the ballots are counted once.
    Vote(vote::VoteOptions) = "vote",
    /// One member answers several times, each time anew, and the answers are counted.
    Sample(sample::SampleOptions) = "sample",
    /// Members answer, see what others answered, and answer again; the last answers are counted.
    Debate(debate::DebateOptions) = "debate",
    /// Sides argue in rounds, and a judge who hears them decides.
    Judged(judged::JudgedOptions) = "judged",
    /// Layers of proposers, and one that aggregates.
    Mixture(mixture::MixtureOptions) = "mixture",
    /// Members speak one after another, and everybody hears everything.
    RoundRobin(round_robin::RoundRobinOptions) = "round_robin",
    /// Before each statement somebody or a rule picks who speaks.
    Selector(selector::SelectorOptions) = "selector",
    /// One member has the floor until it hands over to another by name.
    Handoff(handoff::HandoffOptions) = "handoff",
    /// An author drafts, a critic approves or sends back.
    Reflection(reflection::ReflectionOptions) = "reflection",
    /// Steps work one after another on what the step before made; a verifier may send work back.
    Pipeline(pipeline::PipelineOptions) = "pipeline",
    /// All members work at the same time, and what they made is put together.
    FanOut(fan_out::FanOutOptions) = "fan_out",
    /// Nodes that work when what they depend on is done.
    Graph(graph::GraphOptions) = "graph",
    /// A lead gives subtasks to workers and answers when it has heard enough.
    Delegation(delegation::DelegationOptions) = "delegation",
    /// A lead takes a task apart, workers do the parts, and the lead puts the results together.
    Hierarchy(hierarchy::HierarchyOptions) = "hierarchy",
    /// A pattern added in Rust, by the name under which it is registered.
    Custom(custom::CustomOptions) = "custom",
}

impl PatternOptions {
    /// Whom the options name as members: agents, groups of agents or councils, in the order of their seats.
    #[must_use]
    pub fn members(&self) -> Vec<Named<'_>> {
        self.chosen().members()
    }

    /// Whether the council gets copies of its members instead of sharing them.
    #[must_use]
    pub fn fresh(&self) -> bool {
        self.chosen().fresh()
    }

    /// How many copies of each member it gets; 1 for all that does not copy.
    #[must_use]
    pub fn copies(&self) -> u32 {
        if self.fresh() { self.chosen().copies().max(1) } else { 1 }
    }

    /// The tools that the options name, such as those at which a council stops.
    #[must_use]
    pub fn tools(&self) -> Vec<Named<'_>> {
        self.chosen().tools()
    }

    /// What is wrong with the options, given how many seats each of the members stands for. Paths are relative to the
    /// pattern's own options, what stands below its [`name`](Self::name).
    #[must_use]
    pub fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        self.chosen().check(seats)
    }

    /// The pattern with these options; `None` for a custom one, which is looked up elsewhere.
    #[must_use]
    pub fn build(&self) -> Option<Arc<dyn Pattern>> {
        self.chosen().build()
    }
}

/// What is wrong with a list of members: an empty one, an empty name, a name given twice.
fn check_members(members: &[String]) -> Vec<OptionProblem> {
    check_members_under("members", members)
}

/// What is wrong with the name of a member of which there is to be one, given how many seats it stands for.
fn check_one(key: &str, name: &str, seats: Option<usize>) -> Option<OptionProblem> {
    let message = match (name.trim(), seats) {
        ("", _) => "the name is empty; name an agent or a council".to_owned(),
        (_, None | Some(1)) => return None,
        (name, Some(seats)) => format!("{name} is {seats} members; name one of them, such as {name}[0]"),
    };
    Some(OptionProblem::new(key, message))
}

/// What is wrong with a list of members that stands under this key.
fn check_members_under(key: &str, members: &[String]) -> Vec<OptionProblem> {
    let mut problems = Vec::new();
    if members.is_empty() {
        problems.push(OptionProblem::new(key, "nobody is named; name at least one agent, group or council"));
    }
    for (index, name) in members.iter().enumerate() {
        let earlier = members.iter().take(index).any(|earlier| earlier == name);
        let message = match name.trim() {
            "" => "the name is empty; name an agent, a group or a council".to_owned(),
            _ if earlier => format!("{name} is named twice; each member has one seat"),
            _ => continue,
        };
        problems.push(OptionProblem::new(format!("{key}[{index}]"), message));
    }
    problems
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_reads_writes_and_names_itself() {
        let cases = [
            (r#"{"single":{"member":"judge"}}"#, "single", true),
            (r#"{"vote":{"members":["a","b"],"rule":"unanimity"}}"#, "vote", true),
            (r#"{"sample":{"member":"a","samples":3}}"#, "sample", true),
            (r#"{"debate":{"members":["a","b"],"decide":{"rule":"unanimity"}}}"#, "debate", true),
            (r#"{"judged":{"sides":["a","b"],"judge":"c"}}"#, "judged", true),
            (r#"{"mixture":{"proposers":["a","b"],"aggregator":"c"}}"#, "mixture", true),
            (r#"{"round_robin":{"members":["a","b"]}}"#, "round_robin", true),
            (r#"{"selector":{"members":["a","b"],"selector":{"rule":"first"}}}"#, "selector", true),
            (r#"{"handoff":{"members":["a","b"]}}"#, "handoff", true),
            (r#"{"reflection":{"author":"a","critic":"b"}}"#, "reflection", true),
            (r#"{"pipeline":{"steps":["a","b"],"verifier":"c"}}"#, "pipeline", true),
            (r#"{"fan_out":{"members":["a","b"]}}"#, "fan_out", true),
            (r#"{"graph":{"nodes":{"a":{"member":"x"},"b":{"member":"y","after":["a"]}}}}"#, "graph", true),
            (r#"{"delegation":{"lead":"a","workers":["b","c"]}}"#, "delegation", true),
            (r#"{"hierarchy":{"lead":"a","workers":["b","c"]}}"#, "hierarchy", true),
            (r#"{"custom":{"name":"mine","members":["a"],"options":{"rounds":3},"fresh":true}}"#, "custom", false),
        ];
        assert_eq!(cases.map(|(_, name, _)| name), PatternOptions::NAMES);
        for (text, name, is_built_in) in cases {
            let options: PatternOptions = serde_json::from_str(text).unwrap();
            assert_eq!(options.name(), name);
            assert_eq!(options.check(&vec![1; options.members().len()]), [], "{text}");
            assert_eq!(options.build().map(|pattern| pattern.name().to_owned()), is_built_in.then(|| name.to_owned()));
            let written = serde_json::to_string(&options).unwrap();
            assert_eq!(serde_json::from_str::<PatternOptions>(&written).unwrap(), options);
        }
    }

    #[test]
    fn unknown_keys_are_refused_and_named() {
        for (text, key) in [
            (r#"{"single":{"member":"judge","members":[]}}"#, "members"),
            (r#"{"vote":{"members":["a"],"rule":"plurality","tie":"coin"}}"#, "tie"),
            (r#"{"custom":{"name":"mine","rounds":3}}"#, "rounds"),
            (r#"{"votes":{"members":["a"],"rule":"plurality"}}"#, "votes"),
        ] {
            let error = serde_json::from_str::<PatternOptions>(text).unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")), "{error}");
        }
    }

    #[test]
    fn the_schema_knows_every_pattern_and_refuses_other_keys() {
        let schema = serde_json::to_string(&schemars::schema_for!(PatternOptions)).unwrap();
        for name in PatternOptions::NAMES {
            assert!(schema.contains(&format!("\"{name}\"")), "{name}");
        }
        for options in ["SingleOptions", "VoteOptions", "CustomOptions", "ScoreRange", "ConfidenceWeight"] {
            assert!(schema.contains(options), "{options}");
        }
        for key in ["eligible", "chair", "scores", "confidence", "ranked_pairs", "instant_runoff", "log_odds"] {
            assert!(schema.contains(&format!("\"{key}\"")), "{key}");
        }
        assert!(schema.matches("\"additionalProperties\":false").count() >= 4);
    }

    /// Every pattern that stops by a condition stops by what its members called, and tells the name for a check.
    #[test]
    fn whatever_stops_early_stops_by_the_tools_that_were_called() {
        let decide = r#""decide": { "rule": "plurality", "ties": "first" }"#;
        let stop = r#""stop": { "tool_called": { "name": "submit", "succeeded": true } }"#;
        for (options, asks) in [
            (format!(r#"{{ "vote": {{ "members": ["a"], "rule": "plurality", "ties": "first", {stop} }} }}"#), 5),
            (format!(r#"{{ "sample": {{ "member": "a", "samples": 1, "one_at_a_time": true, {stop} }} }}"#), 2),
            (format!(r#"{{ "debate": {{ "members": ["a"], "rounds": 9, {decide}, {stop} }} }}"#), 10),
            (format!(r#"{{ "judged": {{ "sides": ["a"], "judge": "z", "rounds": 9, {stop} }} }}"#), 6),
            (format!(r#"{{ "round_robin": {{ "members": ["a"], {stop} }} }}"#), 2),
            (
                format!(r#"{{ "selector": {{ "members": ["a"], "selector": {{ "rule": "least_often" }}, {stop} }} }}"#),
                2,
            ),
            (format!(r#"{{ "handoff": {{ "members": ["a"], {stop} }} }}"#), 2),
        ] {
            let options: PatternOptions = serde_json::from_str(&options).unwrap();
            let places: Vec<String> = options.tools().into_iter().map(|tool| tool.place).collect();
            assert_eq!(places, ["stop.tool_called.name"], "{}", options.name());
            let seat = conduct::seat_for(&options, &[5, 1]);
            let mut spoken = 0;
            let played = conduct::play(&options, &seat, &conduct::task(), None, |_| {
                spoken += 1;
                let is_chat = matches!(options, PatternOptions::Handoff(_));
                match (spoken, is_chat) {
                    // The first call fails; the second succeeds, in a debate that of its second round.
                    (1, true) => conduct::Act::Say("A (tried submit)\nHANDOFF: a[1]", 1),
                    (2, true) => conduct::Act::Say("A (called submit)\nHANDOFF: a[2]", 1),
                    (1, _) => conduct::Act::Say("A (tried submit)", 1),
                    (2, _) if options.name() != "debate" => conduct::Act::Say("A (called submit)", 1),
                    (7, _) => conduct::Act::Say("A (called submit)", 1),
                    _ => conduct::Act::Say("A", 1),
                }
            });
            assert_eq!((played.asks, played.outcome.answer()), (asks, Some("A")), "{}", options.name());
            let noted = conduct::notes(&played, "stopped");
            assert!(noted.iter().any(|note| note.contains(" called submit")), "{}: {noted:?}", options.name());
        }
    }

    #[test]
    fn members_are_somebody_and_sit_once() {
        let paths = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            check_members(&names).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        assert_eq!(paths(&["a", "b", "a[2]"]), [""; 0]);
        assert_eq!(paths(&[]), ["members"]);
        assert_eq!(paths(&["a", "", "a", "a"]), ["members[1]", "members[2]", "members[3]"]);
    }
}
