//! What every coordination machine is told and what it says: the protocol between a coordinator's body and its mind.
//!
//! This module must not know any pattern, nor how an ask reaches a member or who keeps the time.
//!
//! ```
//! use moot_core::Outcome;
//! use moot_council::{Answered, CouncilEffect, CouncilInput, CouncilMachine};
//!
//! /// Takes the first answer, whoever gives it.
//! #[derive(Default)]
//! struct First { is_finished: bool }
//! impl CouncilMachine for First {
//!     fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
//!         if let CouncilInput::Answered(Answered { outcome, .. }) = input && !self.is_finished {
//!             self.is_finished = true;
//!             effects.push(CouncilEffect::Finish(outcome));
//!         }
//!     }
//! }
//!
//! let (mut machine, mut effects) = (First::default(), Vec::new());
//! machine.step(CouncilInput::answered(2, 0, Outcome::decided("A")), &mut effects);
//! assert_eq!(effects, [CouncilEffect::Finish(Outcome::decided("A"))]);
//! ```

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{ActorPath, Assignment, Bill, Brief, EventKind, Outcome, Text, ToolsUsed, VirtualDuration};
use serde::{Deserialize, Serialize};

/// Who sits where: what a machine knows of the council that it decides for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The council's own path.
    pub path: ActorPath,
    /// Its members, in the order of `members:`; inputs and effects name them by their index here.
    pub members: Arc<[ActorPath]>,
    /// For each member, which of the names that the options give it sits there for: the index among
    /// [`DescribesPattern::members`](crate::DescribesPattern::members). A group of five has five seats of one name.
    pub names: Arc<[u32]>,
    /// What each member is called when others are told of it, see [`Seat::called`].
    pub called: Arc<[Text]>,
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
    Answered(Answered),
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

/// The answer of a member, as the runtime stamps it: who gave it, and to which ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The member's index in [`Seat::members`].
    pub member: usize,
    /// The round of the ask that it answers.
    pub round: u32,
    /// The answer.
    pub outcome: Outcome,
    /// What an agent said last, whole; `None` when it said nothing, and for a council, which has no words.
    pub words: Option<Text>,
    /// What the answer took.
    pub bill: Bill,
    /// Which tools were called for it.
    pub tools: ToolsUsed,
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
        /// What comes with the prompt; `None` is the brief of the council's own assignment.
        brief: Option<Arc<Brief>>,
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

impl Seat {
    /// A council at this path with these members, each of a name of its own; its randomness belongs to the path, as in
    /// replicate 0 of a run with this seed. For tests and examples.
    #[must_use]
    pub fn of(path: ActorPath, members: impl IntoIterator<Item = ActorPath>, seed: u64) -> Self {
        let members: Arc<[ActorPath]> = members.into_iter().collect();
        let names = (0_u32..).take(members.len()).collect();
        let called = Self::called(&members);
        Self { random: RandomKey::new(seed, 0, path.as_str()), path, members, names, called }
    }

    /// What members are called when others are told of them: the last parts of their paths.
    #[must_use]
    pub fn called(members: &[ActorPath]) -> Arc<[Text]> {
        let last = |path: &ActorPath| path.as_str().rsplit('/').next().unwrap_or_default().into();
        members.iter().map(last).collect()
    }

    /// The seats of those who sit there for one of these names of the options, in order.
    #[must_use]
    pub fn seats_of(&self, names: Range<usize>) -> Vec<usize> {
        let seats = self.names.iter().enumerate();
        seats.filter(|(_, name)| names.contains(&(**name as usize))).map(|(seat, _)| seat).collect()
    }

    /// The name of a member, as others are told it: the last part of its path.
    #[must_use]
    pub fn name_of(&self, member: usize) -> Text {
        self.called.get(member).cloned().unwrap_or_else(|| "?".into())
    }
}

impl CouncilInput {
    /// A member's answer without words, which took nothing.
    #[must_use]
    pub fn answered(member: usize, round: u32, outcome: Outcome) -> Self {
        let (words, bill, tools) = (None, Bill::default(), ToolsUsed::default());
        Self::Answered(Answered { member, round, outcome, words, bill, tools })
    }
}

impl CouncilEffect {
    /// Assigns the council's own task to a member as it stands.
    #[must_use]
    pub const fn ask(member: usize, round: u32) -> Self {
        Self::Ask { member, round, prompt: None, brief: None }
    }
}
