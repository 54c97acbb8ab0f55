//! A scenario in the making: who is there so far, and how wild it is to be.
//!
//! This module must not know patterns, tools or faults.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::dice::Dice;

/// What an agent is asked for, which its model has to be able to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Role {
    /// One of the choices.
    Answers,
    /// A ballot that orders, approves of or scores the choices.
    Votes(&'static str),
    /// One of these words.
    Says(Vec<String>),
    /// Subtasks for these, then an answer.
    Delegates(Vec<String>),
    /// Parts of a task, then an answer.
    TakesApart,
    /// A part of a task, which may fail.
    Works,
    /// The floor to one of these, or an answer.
    HandsOver(Vec<String>),
    /// A verdict over what was argued, or that it goes on.
    Judges,
}

/// An agent declaration: a group of one or more.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) model: String,
    pub(crate) tools: Vec<&'static str>,
    pub(crate) role: Role,
    /// Whether it is only there to be started.
    pub(crate) is_on_demand: bool,
}

/// Sets an option, as one writes it into a file.
pub(crate) fn set(options: &mut Value, key: &str, value: Value) {
    if let Value::Object(options) = options {
        options.insert(key.to_owned(), value);
    }
}

/// A scenario in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) seed: u64,
    /// From 0, quiet, to 1, violent: what all rates of faults are measured by.
    pub(crate) violence: f64,
    /// When the faults end.
    pub(crate) chaos_ms: u64,
    /// How long the run may take then.
    pub(crate) quiet_ms: u64,
    pub(crate) choices: Vec<&'static str>,
    pub(crate) agents: Map<String, Value>,
    pub(crate) models: Map<String, Value>,
    pub(crate) councils: Map<String, Value>,
    pub(crate) declared: Vec<Declared>,
    /// The paths of all councils: the root's is `council`.
    pub(crate) council_paths: Vec<String>,
    /// How many more agents there are to be.
    pub(crate) agents_left: u64,
    /// The agents that sit in a council as copies, which live below its path.
    pub(crate) copied: BTreeSet<String>,
    /// Whether messages may get lost: then every council has a deadline.
    pub(crate) loses_messages: bool,
    pub(crate) has_canary: bool,
    next_name: u64,
}

impl Draft {
    pub(crate) fn new(seed: u64, agents: u64) -> Self {
        let mut dice = Dice::new(seed, "temper");
        // A seed in eight is quiet, one in eight violent, the others lie between.
        let violence = match dice.between(0, 7) {
            0 => 0.0,
            7 => 1.0,
            _ => dice.share(0.05, 0.9),
        };
        let choices = if dice.chance(0.6) { vec!["A", "B"] } else { vec!["A", "B", "C"] };
        Self {
            seed,
            violence,
            chaos_ms: dice.between(5_000, 120_000),
            // Nobody waits longer than a council waits for a silent member.
            quiet_ms: 48 * 3_600_000,
            choices,
            agents: Map::new(),
            models: Map::new(),
            councils: Map::new(),
            declared: Vec::new(),
            council_paths: Vec::new(),
            agents_left: agents,
            copied: BTreeSet::new(),
            loses_messages: dice.chance(0.6),
            has_canary: dice.chance(0.05),
            next_name: 0,
        }
    }

    /// The dice for what this names.
    pub(crate) fn dice(&self, concern: &str) -> Dice {
        Dice::new(self.seed, concern)
    }

    /// A name that nobody has yet.
    pub(crate) fn name(&mut self, kind: &str) -> String {
        let number = self.next_name;
        self.next_name += 1;
        format!("{kind}{number}")
    }
}
