//! What a turn remembers besides its transcript.
//!
//! It is small and cheap to clone, so that a supervisor can keep a copy of every step. This module must not know how
//! the state changes.
//!
//! ```
//! use moot_mind::{Turn, TurnOptions};
//!
//! let state = serde_json::to_value(Turn::new(TurnOptions::default(), None)).unwrap()["state"].clone();
//! assert_eq!((&state["phase"], &state["calls"]), (&"idle".into(), &0.into()));
//! ```

use std::sync::Arc;

use moot_core::{ActorPath, Outcome, Text, Usage};
use serde::{Deserialize, Serialize};

use super::exchanges::Exchanges;
use super::growing::{Growing, Pieces};
use super::open_calls::OpenCalls;
use super::repetition::Repetition;
use super::seldom::Seldom;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// Model calls asked for on this task; the next one's number.
    pub(super) calls: u32,
    /// Model calls asked for on this assignment.
    pub(super) turns: u32,
    /// Known usage of this task.
    pub(super) usage: Usage,
    /// What the present task lets its answer be.
    pub(super) choices: Arc<[Text]>,
    /// Who gave the present assignment.
    pub(super) from: ActorPath,
    pub(super) repetition: Seldom<Repetition>,
    pub(super) exchanges: Exchanges,
    /// What came so far of the text of the reply that is awaited.
    pub(super) partial: Seldom<Pieces>,
    /// What the agent was told and has not read yet.
    pub(super) told: Seldom<Growing<Told>>,
    /// How the assignment ends when the open calls have their results.
    pub(super) concluding: Option<Box<Outcome>>,
    /// How often the present assignment was sent on.
    pub(super) sent_on: u32,
    /// Whether the last assignment ended with an answer.
    pub(super) answered: bool,
    /// How often the transcript was replaced by a compacted one.
    pub(super) compactions: u32,
}

/// A message that waits to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) from: ActorPath,
    pub(super) text: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Nothing was assigned yet.
    Idle,
    /// The model was asked.
    Model,
    /// Tools were called.
    Tools(OpenCalls),
    /// The last assignment ended.
    Finished,
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            calls: 0,
            turns: 0,
            usage: Usage::default(),
            choices: Arc::default(),
            from: ActorPath::world(),
            repetition: Seldom::default(),
            exchanges: Exchanges::default(),
            partial: Seldom::default(),
            told: Seldom::default(),
            concluding: None,
            sent_on: 0,
            answered: false,
            compactions: 0,
        }
    }
}
