//! MAST 2.5, ignored other agent's input: what another agent said was not looked at.
//!
//! The rule: an agent ends its assignment with an answer although something for it has come that its model never saw.
//! That is either a message of another agent that was sent after its last model call had begun (its reply's time less its
//! latency); or the answer of an agent that it had started, which none of its tool results names since, by the agent's
//! path or by the answer's text, and which that agent did not tell it by a message either.
//!
//! ```
//! let (asked_at_ms, message_at_ms) = (1_000, 1_500);
//! assert!(message_at_ms > asked_at_ms, "sent while the model was thinking, and never read");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, Event, EventKind, EventSequence, TaskId, Text};

use super::open_tasks::OpenTasks;
use super::{Finding, MastTag};

/// What was said to those who are at work.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct IgnoredInput {
    open: OpenTasks<Open>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    /// Who started an agent.
    parents: BTreeMap<ActorPath, ActorPath>,
    /// Started agents that have told their parents something themselves.
    told: BTreeSet<ActorPath>,
    working: BTreeMap<ActorPath, Inbox>,
}

/// What has come for an agent and was not seen yet.
#[derive(Debug, Clone, PartialEq, Default)]
struct Inbox {
    /// With the time at which it was sent, in ms.
    messages: Vec<(EventSequence, u64)>,
    answers: Vec<(EventSequence, ActorPath, Text)>,
}

impl IgnoredInput {
    pub(super) fn push(&mut self, event: &Event, found: &mut Vec<Finding>) {
        if let Some((task, open)) = self.open.of(event) {
            found.extend(open.push(task, event));
        }
    }
}

impl Open {
    fn push(&mut self, task: TaskId, event: &Event) -> Option<Finding> {
        let actor = &event.actor;
        match &event.kind {
            EventKind::Assigned { .. } => {
                self.working.insert(actor.clone(), Inbox::default());
            }
            EventKind::AgentSpawned { agent, .. } => {
                self.parents.insert(agent.clone(), actor.clone());
            }
            EventKind::MessageSent { to, .. } if to != actor => {
                if self.parents.get(actor) == Some(to) {
                    self.told.insert(actor.clone());
                }
                self.working.get_mut(to)?.messages.push((event.sequence, event.time.as_millis()));
            }
            EventKind::ModelReplied { reply, .. } => {
                let asked_ms = event.time.as_millis().saturating_sub(reply.latency.as_millis());
                self.working.get_mut(actor)?.messages.retain(|(_, sent_ms)| *sent_ms > asked_ms);
            }
            EventKind::ToolReturned { result, .. } => {
                let names = |text: &str| result.content.contains(text);
                let inbox = self.working.get_mut(actor)?;
                inbox.answers.retain(|(_, agent, answer)| !names(agent.as_str()) && !names(answer));
            }
            EventKind::Finished { outcome, .. } => {
                let inbox = self.working.remove(actor)?;
                let answer = outcome.answer()?;
                if let Some(parent) = self.parents.get(actor)
                    && let Some(parent) = self.working.get_mut(parent)
                {
                    parent.answers.push((event.sequence, actor.clone(), answer.into()));
                }
                return self.judge(task, event, &inbox);
            }
            _ => {}
        }
        None
    }

    /// What an agent that ends with an answer has not seen.
    fn judge(&self, task: TaskId, event: &Event, inbox: &Inbox) -> Option<Finding> {
        let answers = inbox.answers.iter().filter(|(_, agent, _)| !self.told.contains(agent)).map(|(at, ..)| *at);
        let mut events: Vec<EventSequence> = inbox.messages.iter().map(|(at, _)| *at).chain(answers).collect();
        if events.is_empty() {
            return None;
        }
        events.sort_unstable();
        let what = format!("answered without having seen {} that had come for it", many(events.len())).into();
        events.push(event.sequence);
        Some(Finding { task, tag: MastTag::IgnoredInput, actor: event.actor.clone(), events, what })
    }
}

fn many(count: usize) -> String {
    if count == 1 { "something".to_owned() } else { format!("{count} things") }
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use crate::coordination::testing::Script;
    use crate::mast::tags;

    fn begun() -> Script {
        let mut script = Script::new();
        script.task(None).assigned("lead", "world");
        script
    }

    #[test]
    fn a_message_that_came_too_late_for_the_last_call_is_tagged() {
        let mut script = begun();
        script.at_ms(1_500).sent("peer", "lead", "wait!").at_ms(2_000).replied("lead", "A", &[], 1_000);
        script.decided("lead", 0, "A");
        assert_eq!(tags(&script), ["2.5 lead 2 4"]);
    }

    #[test]
    fn a_message_that_a_later_call_saw_is_none() {
        let mut script = begun();
        script.at_ms(1_500).sent("peer", "lead", "wait!").at_ms(2_000).replied("lead", "A", &[], 1_000);
        script.at_ms(3_000).replied("lead", "B", &[], 1_000).decided("lead", 0, "B");
        // Who has answered is told for another time, and what one says to oneself is no input.
        script.sent("peer", "lead", "too late").ended(Outcome::decided("B"));
        script.task(None).assigned("lead", "world").sent("lead", "lead", "x").decided("lead", 0, "A");
        assert_eq!(tags(&script), [""; 0]);
    }

    #[test]
    fn who_comes_to_no_answer_has_ignored_nothing() {
        let mut script = begun();
        script.at_ms(5).sent("peer", "lead", "wait!").finished("lead", 0, Outcome::Cancelled { reason: "x".into() });
        assert_eq!(tags(&script), [""; 0]);
    }

    #[test]
    fn an_answer_that_was_asked_for_and_not_fetched_is_tagged() {
        let scouts = |fetch: &dyn Fn(&mut Script)| {
            let mut script = begun();
            for scout in ["lead/scout[0]", "lead/scout[1]"] {
                script.spawned("lead", scout).assigned(scout, "lead").decided(scout, 0, &format!("it is {scout}"));
            }
            fetch(&mut script);
            script.replied("lead", "A", &[], 0).decided("lead", 0, "A");
            tags(&script)
        };
        let nothing: [&str; 0] = [];
        assert_eq!(scouts(&|_| ()), ["2.5 lead 4 7 9"]);
        assert_eq!(
            scouts(&|script| {
                script.used(
                    "lead",
                    "wait_for_agents",
                    "{}",
                    "- lead/scout[0] answered: x\n- lead/scout[1] answered: y",
                );
            }),
            nothing
        );
        assert_eq!(
            scouts(&|script| {
                script.used("lead", "read_blackboard", "{}", "it is lead/scout[1]").sent("lead/scout[0]", "lead", "x");
            }),
            nothing
        );
    }
}
