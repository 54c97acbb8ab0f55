//! MAST 3.1, premature termination: an end before what was asked for is there.
//!
//! The rule: an agent ends its assignment with an answer while an agent that it had started is still at work, neither
//! ended nor stopped by it. Councils that end early do so by their pattern and are no sign of it.
//!
//! ```
//! let (started, ended) = (["scout[0]", "scout[1]"], ["scout[0]"]);
//! assert!(started.iter().any(|scout| !ended.contains(scout)), "answered too early");
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, EventSequence};

use super::open_tasks::OpenTasks;
use super::{Finding, MastTag};

/// The note with which the runtime tells that an agent stopped one that it had started; its text is that one's path.
const STOPPED_NOTE: &str = "stopped_agent";

/// Who was started by whom and is at work.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PrematureStop {
    open: OpenTasks<BTreeMap<ActorPath, Started>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Started {
    by: ActorPath,
    /// When it was given what it works on; `None` when it does not.
    working: Option<EventSequence>,
}

impl PrematureStop {
    pub(super) fn push(&mut self, event: &Event, found: &mut Vec<Finding>) {
        let Some((task, started)) = self.open.of(event) else { return };
        let actor = &event.actor;
        match &event.kind {
            EventKind::AgentSpawned { agent, .. } => {
                started.insert(agent.clone(), Started { by: actor.clone(), working: Some(event.sequence) });
            }
            EventKind::Assigned { .. } => set(started, actor.as_str(), Some(event.sequence)),
            EventKind::Noted { name, text, .. } if **name == *STOPPED_NOTE => set(started, text, None),
            EventKind::Finished { outcome, .. } => {
                set(started, actor.as_str(), None);
                if outcome.answer().is_none() {
                    return;
                }
                let own = started.values().filter(|started| started.by == *actor);
                let mut events: Vec<EventSequence> = own.filter_map(|started| started.working).collect();
                if !events.is_empty() {
                    events.sort_unstable();
                    events.push(event.sequence);
                    let what = "answered while an agent that it had started was still at work".into();
                    found.push(Finding { task, tag: MastTag::PrematureStop, actor: actor.clone(), events, what });
                }
            }
            _ => {}
        }
    }
}

/// Notes since when an agent that was started is at work, if it is.
fn set(started: &mut BTreeMap<ActorPath, Started>, agent: &str, working: Option<EventSequence>) {
    if let Some((_, started)) = started.iter_mut().find(|(path, _)| path.as_str() == agent) {
        started.working = working;
    }
}

#[cfg(test)]
mod tests {
    use moot_core::{Outcome, TaskId};

    use super::*;
    use crate::coordination::testing::Script;
    use crate::mast::tags;

    /// A lead that has started two scouts.
    fn begun() -> Script {
        let mut script = Script::new();
        script.task(None).assigned("lead", "world");
        for scout in ["lead/scout[0]", "lead/scout[1]"] {
            script.spawned("lead", scout).assigned(scout, "lead");
        }
        script
    }

    #[test]
    fn who_answers_without_waiting_is_tagged() {
        let mut script = begun();
        script.finished("lead/scout[0]", 0, Outcome::Cancelled { reason: "x".into() }).decided("lead", 0, "A");
        assert_eq!(tags(&script), ["3.1 lead 5 7"]);
    }

    #[test]
    fn who_waited_or_stopped_the_others_is_not() {
        let mut script = begun();
        script.finished("lead/scout[0]", 0, Outcome::Cancelled { reason: "x".into() });
        let (task, name, text) = (TaskId(0), STOPPED_NOTE.into(), "lead/scout[1]".into());
        script.add("lead", EventKind::Noted { task, name, text }).decided("lead", 0, "A");
        // A scout that ends is none of its siblings' business, and an end without an answer is no early answer.
        let mut other = begun();
        other.finished("lead/scout[0]", 0, Outcome::Cancelled { reason: "x".into() });
        other.finished("lead", 0, Outcome::Exhausted { limit: moot_core::Limit::Turns });
        assert_eq!([tags(&script), tags(&other)], [Vec::<String>::new(), Vec::new()]);
    }

    #[test]
    fn an_agent_that_is_given_more_is_at_work_again() {
        let mut script = begun();
        script.finished("lead/scout[0]", 0, Outcome::Cancelled { reason: "x".into() });
        script.finished("lead/scout[1]", 0, Outcome::Cancelled { reason: "x".into() });
        script.told("lead/scout[1]", "lead", 1, "and now?").decided("lead", 0, "A");
        assert_eq!(tags(&script), ["3.1 lead 8 9"]);
    }
}
