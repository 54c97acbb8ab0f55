//! What every coordination machine is told and what it says: the protocol between a coordinator's body and its mind.
//!
//! This module must not know any pattern, nor how an ask reaches a member or who keeps the time.
//!
//! ```
//! use moot_core::Outcome;
//! use moot_council::{CouncilEffect, CouncilInput, CouncilMachine};
//!
//! /// Takes the first answer, whoever gives it.
//! #[derive(Default)]
//! struct First { is_finished: bool }
//! impl CouncilMachine for First {
//!     fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
//!         if let CouncilInput::Answered { outcome, .. } = input && !self.is_finished {
//!             self.is_finished = true;
//!             effects.push(CouncilEffect::Finish(outcome));
//!         }
//!     }
//! }
//!
//! let (mut machine, mut effects) = (First::default(), Vec::new());
//! machine.step(CouncilInput::Answered { member: 2, round: 0, outcome: Outcome::decided("A") }, &mut effects);
//! assert_eq!(effects, [CouncilEffect::Finish(Outcome::decided("A"))]);
//! ```

use std::fmt::Debug;
use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{ActorPath, Assignment, EventKind, Outcome, Text, VirtualDuration};
use serde::{Deserialize, Serialize};

/// Who sits where: what a machine knows of the council that it decides for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The council's own path.
    pub path: ActorPath,
    /// Its members, in the order of `members:`; inputs and effects name them by their index here.
    pub members: Arc<[ActorPath]>,
    /// The key of the council's randomness, made from its path.
    pub random: RandomKey,
}

/// A coordination pattern with its options.
pub trait Pattern: Send + Sync + Debug {
    /// The pattern's name, as in scenario files.
    fn name(&self) -> &str;

    /// A fresh machine for one assignment of the council at this seat.
    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine>;
}

/// The mind of a council for one assignment.
///
/// A machine is deterministic: fresh machines fed the same inputs give the same effects, which is how one is restarted.
/// It never panics; an input that makes no sense in its state is ignored or noted. It finishes once, and after its
/// [`CouncilEffect::Finish`] it ignores everything.
pub trait CouncilMachine: Send {
    /// Takes an input and appends what is to be done, in order.
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>);
}

/// What happened, as a machine is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouncilInput {
    /// What the council is to do; a machine serves one assignment and ignores a second.
    Assigned(Assignment),
    /// A member answered an ask.
    Answered {
        /// The member's index in [`Seat::members`].
        member: usize,
        /// The round of the ask that it answers.
        round: u32,
        /// The answer.
        outcome: Outcome,
    },
    /// The time of a timer has come.
    TimerFired {
        /// The number under which it was set.
        timer: u32,
    },
    /// The assignment was called off.
    Cancelled {
        /// Why or by whom.
        reason: Text,
    },
}

/// What is to be done, as a machine says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouncilEffect {
    /// Assign the task to a member.
    Ask {
        /// The member's index in [`Seat::members`].
        member: usize,
        /// The round of the member's assignment.
        round: u32,
        /// What the member is to do; `None` is the prompt of the council's own assignment.
        prompt: Option<Text>,
    },
    /// Cancel an ask that was not answered; no answer to it is waited for.
    Withdraw {
        /// The member's index in [`Seat::members`].
        member: usize,
        /// The round of the ask.
        round: u32,
        /// Why.
        reason: Text,
    },
    /// Give [`CouncilInput::TimerFired`] with this number after so much virtual time.
    SetTimer {
        /// The number.
        timer: u32,
        /// How long from now.
        after: VirtualDuration,
    },
    /// Write an event of the council into the journal.
    Record(EventKind),
    /// Answer the assignment; the last effect of a machine.
    Finish(Outcome),
}
