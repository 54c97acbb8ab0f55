//! MAST 1.5, unaware of termination conditions: it is over, and nobody notices.
//!
//! The rule has two halves. Either an agent has its answer and does not stop: a reply that calls tools says, word for word
//! (spaces around it aside), the answer with which its assignment ends later. Or nothing ends of itself: the task ends as
//! exhausted at its limit of turns. A limit that is set too low shows the same.
//!
//! ```
//! let (said_while_it_went_on, answer) = (" 42 ", "42");
//! assert_eq!(said_while_it_went_on.trim(), answer.trim());
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence, Limit, Outcome, TaskId, Text};

use super::{Finding, MastTag};

/// What agents said while they went on.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct UnawareOfTermination {
    open: BTreeMap<TaskId, Open>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    said: BTreeMap<ActorPath, Vec<(EventSequence, Text)>>,
    /// Who was stopped last at a limit of turns.
    stopped: Option<(ActorPath, EventSequence)>,
}

const OUT_OF_TURNS: Outcome = Outcome::Exhausted { limit: Limit::Turns };

impl UnawareOfTermination {
    pub(super) fn push(&mut self, event: &Event, found: &mut Vec<Finding>) {
        let tag = MastTag::UnawareOfTermination;
        let agent = &event.actor;
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, Open::default());
            }
            EventKind::Assigned { task, .. } => {
                if let Some(open) = self.open.get_mut(task) {
                    open.said.remove(agent);
                }
            }
            EventKind::ModelReplied { task, reply, .. }
                if !reply.tool_calls.is_empty() && !reply.text.trim().is_empty() =>
            {
                if let Some(open) = self.open.get_mut(task) {
                    open.said.entry(agent.clone()).or_default().push((event.sequence, reply.text.clone()));
                }
            }
            EventKind::Finished { task, outcome, .. } => {
                let Some(open) = self.open.get_mut(task) else { return };
                if *outcome == OUT_OF_TURNS {
                    open.stopped = Some((agent.clone(), event.sequence));
                }
                let Some((said, answer)) = open.said.remove(agent).zip(outcome.answer()) else { return };
                if let Some((first, _)) = said.iter().find(|(_, text)| text.trim() == answer.trim()) {
                    let (task, actor, events) = (*task, agent.clone(), vec![*first, event.sequence]);
                    let what = "had said its answer and went on all the same".into();
                    found.push(Finding { task, tag, actor, events, what });
                }
            }
            EventKind::TaskEnded { task, outcome } => {
                let stopped = self.open.remove(task).and_then(|open| open.stopped);
                if *outcome == OUT_OF_TURNS {
                    let (actor, first) = stopped.map_or((agent.clone(), None), |(actor, at)| (actor, Some(at)));
                    let events = first.into_iter().chain([event.sequence]).collect();
                    let what = "went on until its turns were used up".into();
                    found.push(Finding { task: *task, tag, actor, events, what });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordination::testing::Script;
    use crate::mast::tags;

    fn begun() -> Script {
        let mut script = Script::new();
        script.task(None).assigned("clerk", "world");
        script
    }

    #[test]
    fn an_answer_that_is_said_before_the_end_is_tagged() {
        let mut script = begun();
        script.replied("clerk", " 42\n", &["look"], 0).used("clerk", "look", "{}", "x").replied("clerk", "42", &[], 0);
        script.decided("clerk", 0, "42").ended(Outcome::decided("42"));
        assert_eq!(tags(&script), ["1.5 clerk 2 6"]);
    }

    #[test]
    fn a_thought_on_the_way_and_an_earlier_assignment_are_none() {
        let mut script = begun();
        script.replied("clerk", "It may be 42.", &["look"], 0).replied("clerk", "42", &[], 0);
        script.decided("clerk", 0, "42");
        // Said in an assignment that ended otherwise.
        script.told("clerk", "jury", 0, "One.").replied("clerk", "B", &["look"], 0).replied("clerk", "A", &[], 0);
        script
            .decided("clerk", 0, "A")
            .told("clerk", "jury", 1, "Two.")
            .replied("clerk", "B", &[], 0)
            .decided("clerk", 0, "B");
        script.ended(Outcome::decided("B"));
        assert_eq!(tags(&script), [""; 0]);
    }

    #[test]
    fn a_task_that_only_a_limit_of_turns_ends_is_tagged() {
        let mut script = begun();
        script.finished("clerk", 0, OUT_OF_TURNS).ended(OUT_OF_TURNS);
        assert_eq!(tags(&script), ["1.5 clerk 2 3"]);
        // A worker that is out of turns is told to go on, and another limit is another matter.
        let mut script = begun();
        script.finished("clerk/scout[0]", 0, OUT_OF_TURNS).ended(Outcome::decided("A"));
        script.task(None).ended(Outcome::Exhausted { limit: Limit::Money });
        assert_eq!(tags(&script), [""; 0]);
    }
}
