//! What becomes of a message between participants: its own fate, or the fates of several faults together.
//!
//! It must not know what is in a message.
//!
//! ```
//! use moot_core::{ActorPath, EventSequence, VirtualTime};
//! use moot_safety::fault::{FaultOptions, FaultPlan, MessageKind};
//!
//! let options: Vec<FaultOptions> = serde_json::from_str(
//!     r#"[{ "delay_messages": { "to": "judge", "by": "2s" } }, { "duplicate_messages": { "messages": "answer" } }]"#,
//! ).unwrap();
//! let mut plan = FaultPlan::new(&options, 42, 0);
//! let (from, to) = (ActorPath::new("ann").unwrap(), ActorPath::new("judge").unwrap());
//! let delivery = plan.deliver(&from, &to, MessageKind::Answer, VirtualTime::ZERO, EventSequence(0));
//! assert_eq!(delivery.delay.as_millis(), 2_000);
//! assert_eq!(delivery.copies.len(), 1, "faults of one message add up");
//! ```

use moot_core::VirtualDuration;
use serde::{Deserialize, Serialize};

use super::{FaultAction, Lie, Strike};

/// The fate of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageFault {
    /// It comes so much later, so others may overtake it.
    Delay {
        /// How much later.
        by: VirtualDuration,
    },
    /// It comes once more, or more often.
    Duplicate {
        /// How many copies come beside it.
        copies: u32,
        /// How long after it the first copy comes, and each further one after that.
        apart: VirtualDuration,
    },
    /// It never comes, and nobody is told.
    Drop,
    /// It says what is not true.
    Lie(Lie),
}

/// How a message is delivered when the fates of all faults that strike it are taken together.
///
/// A message that is dropped has no other fate: the first fault that drops it is the only one that strikes. Otherwise
/// delays add up, copies add up (each comes so long after the message itself), and the first lie is the only one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delivery {
    /// The faults that struck, in their order; none for a message that is delivered as it is.
    pub strikes: Vec<Strike>,
    /// Whether it never comes.
    pub is_dropped: bool,
    /// How much later it comes.
    pub delay: VirtualDuration,
    /// For each copy, how long after the message itself it comes.
    pub copies: Vec<VirtualDuration>,
    /// What it says instead.
    pub lie: Option<Lie>,
}

impl Delivery {
    /// Whether the message is delivered as it is.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.strikes.is_empty()
    }

    /// The delivery with these faults, all of which could strike; those that others rule out are left out.
    pub(crate) fn of(strikes: Vec<Strike>) -> Self {
        if let Some(drop) = strikes.iter().find(|strike| is_drop(strike)) {
            return Self { strikes: vec![drop.clone()], is_dropped: true, ..Self::default() };
        }
        let mut delivery = Self::default();
        for strike in strikes {
            if delivery.take(&strike.action) {
                delivery.strikes.push(strike);
            }
        }
        delivery
    }

    /// Adds a fate; whether it has one.
    fn take(&mut self, action: &FaultAction) -> bool {
        match action {
            FaultAction::Message(MessageFault::Delay { by }) => self.delay = self.delay + *by,
            FaultAction::Message(MessageFault::Duplicate { copies, apart }) => {
                for number in 1..=u64::from(*copies) {
                    self.copies.push(VirtualDuration::from_millis(apart.as_millis().saturating_mul(number)));
                }
            }
            FaultAction::Message(MessageFault::Lie(lie)) if self.lie.is_none() => self.lie = Some(lie.clone()),
            _ => return false,
        }
        true
    }
}

fn is_drop(strike: &Strike) -> bool {
    strike.action == FaultAction::Message(MessageFault::Drop)
}
