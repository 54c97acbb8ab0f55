//! I10: no message is lost.
//!
//! Whenever nothing is runnable and the run shows what its mailboxes have seen ([`Probe::AtRest`]), for each of them:
//!
//! - sent = handled + rejected + dead-lettered + kept until a restart;
//! - there was an `overloaded` event for each message that was rejected and a `dead_lettered` event for each that will
//!   never be taken in: nothing ends silently;
//! - no number is smaller than it was before, whatever was restarted.
//!
//! When the run has ended, nothing is kept in what was shown last.
//!
//! Source: reliability reference §5.3, I10, S14 and S19.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::invariant::{Invariant, MailboxCount, Mailboxes, Probe};
//!
//! let ann = ActorPath::new("ann").unwrap();
//! let lost = MailboxCount { sent: 3, handled: 2, ..MailboxCount::of(ann) };
//! let violation = Mailboxes::default().probe(&Probe::AtRest(vec![lost])).unwrap_err();
//! assert_eq!(violation.found, "2 handled, 0 rejected, 0 dead-lettered, 0 kept");
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind};

use super::by_task::Name;
use super::{Invariant, InvariantName, MailboxCount, Probe, Violation};

/// The machine.
#[derive(Debug, Default)]
pub struct Mailboxes {
    /// How many messages of each actor events have told to be rejected and dead-lettered.
    told: BTreeMap<Name, (u64, u64)>,
    last: BTreeMap<Name, MailboxCount>,
    has_ended: bool,
}

fn violated(expected: String, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I10, expected, found))
}

impl Mailboxes {
    fn told(&mut self, actor: &ActorPath) -> &mut (u64, u64) {
        self.told.entry(Name(actor.clone())).or_default()
    }

    fn look_at(&mut self, count: &MailboxCount) -> Result<(), Violation> {
        let MailboxCount { actor, sent, handled, rejected, dead_lettered, kept } = count;
        if !count.is_balanced() {
            let found = format!("{handled} handled, {rejected} rejected, {dead_lettered} dead-lettered, {kept} kept");
            return violated(format!("an end of each of the {sent} messages to {actor}"), found);
        }
        let (overloaded, dead) = self.told.get(actor.as_str()).copied().unwrap_or_default();
        for (told, counted, what) in [(overloaded, *rejected, "overloaded"), (dead, *dead_lettered, "dead_lettered")] {
            if told != counted {
                return violated(format!("{counted} events {what} of {actor}"), format!("{told}"));
            }
        }
        let before = self.last.insert(Name(actor.clone()), count.clone());
        let Some(before) = before else { return Ok(()) };
        let went_back = before.sent > *sent
            || before.handled > *handled
            || before.rejected > *rejected
            || before.dead_lettered > *dead_lettered;
        match went_back {
            true => violated(format!("the counts of {actor} go on from {before:?}"), format!("{count:?}")),
            false => Ok(()),
        }
    }

    fn nothing_kept(&self) -> Result<(), Violation> {
        match self.last.values().find(|count| count.kept > 0) {
            Some(count) if self.has_ended => violated(
                "no message waits when the run has ended".to_owned(),
                format!("{} of {}", count.kept, count.actor),
            ),
            _ => Ok(()),
        }
    }
}

impl Invariant for Mailboxes {
    fn name(&self) -> InvariantName {
        InvariantName::I10
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        match &event.kind {
            EventKind::Overloaded { .. } => self.told(&event.actor).0 += 1,
            EventKind::DeadLettered { .. } => self.told(&event.actor).1 += 1,
            EventKind::RunEnded { .. } => self.has_ended = true,
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        match probe {
            Probe::AtRest(counts) => counts.iter().try_for_each(|count| self.look_at(count)),
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Violation> {
        self.nothing_kept()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariant::testing::{Fed, breaks, passes, path, run_ended};

    fn machine() -> Mailboxes {
        Mailboxes::default()
    }

    fn at_rest(sent: u64, handled: u64, rejected: u64, dead_lettered: u64, kept: u64) -> Fed {
        let actor = path("ann");
        Fed::Probe(Probe::AtRest(vec![MailboxCount { actor, sent, handled, rejected, dead_lettered, kept }]))
    }

    fn overloaded() -> Fed {
        let kind = EventKind::Overloaded { task: None, from: path("jury"), message: "assignment".into() };
        Fed::Event("ann", kind)
    }

    fn dead_lettered() -> Fed {
        let kind = EventKind::DeadLettered { task: None, message: "assignment".into(), reason: "given up".into() };
        Fed::Event("ann", kind)
    }

    #[test]
    fn mailboxes_in_which_every_message_has_an_end_pass() {
        let end = vec![Fed::Event("world", run_ended()), Fed::Finish];
        let fed = vec![at_rest(3, 2, 0, 0, 1), overloaded(), dead_lettered(), at_rest(6, 4, 1, 1, 0)];
        passes(&mut machine(), [fed, end].concat());
    }

    #[test]
    fn a_lost_message_is_found() {
        breaks(&mut machine(), vec![at_rest(3, 2, 0, 0, 0)], "2 handled");
        breaks(&mut machine(), vec![at_rest(3, 4, 0, 0, 0)], "4 handled");
    }

    #[test]
    fn a_silent_end_is_found() {
        breaks(&mut machine(), vec![at_rest(3, 2, 1, 0, 0)], "0");
        breaks(&mut machine(), vec![at_rest(3, 2, 0, 1, 0)], "0");
        breaks(&mut machine(), vec![overloaded(), at_rest(3, 3, 0, 0, 0)], "1");
        breaks(&mut machine(), vec![dead_lettered(), at_rest(3, 3, 0, 0, 0)], "1");
    }

    #[test]
    fn counts_that_start_anew_are_found() {
        breaks(&mut machine(), vec![at_rest(3, 3, 0, 0, 0), at_rest(1, 1, 0, 0, 0)], "sent: 1");
    }

    #[test]
    fn what_is_kept_when_the_run_has_ended_is_found() {
        let fed = vec![at_rest(3, 2, 0, 0, 1), Fed::Event("world", run_ended()), Fed::Finish];
        breaks(&mut machine(), fed, "1 of ann");
        passes(&mut machine(), vec![at_rest(3, 2, 0, 0, 1), Fed::Finish]);
    }
}
