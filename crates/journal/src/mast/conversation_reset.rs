//! MAST 2.1, conversation reset: a conversation begins anew, and what was reached in it is left behind.
//!
//! The rule: within one task, somebody is given the words again with which the same assigner had begun before, although
//! that ended with an answer, and hears nothing of it. That is either an agent of the scenario, asked again without
//! anything heard (unless its brief says that it is to start afresh, as when one agent is sampled several times); or a
//! further copy that an agent starts of the same declaration, after its model has spoken since the first copy answered.
//! To ask again in the same words after a failure is no reset.
//!
//! ```
//! let (begun_with, answered, now) = ("Count the stores.", true, "Count the stores.");
//! assert!(answered && begun_with == now);
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Brief, Event, EventKind, EventSequence, TaskId, Text};

use super::open_tasks::OpenTasks;
use super::{Finding, MastTag};

/// How conversations began.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ConversationReset {
    open: OpenTasks<Open>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    /// The declarations of the agents that agents started.
    kinds: BTreeMap<ActorPath, Text>,
    /// When the model of an agent spoke last.
    spoke: BTreeMap<ActorPath, EventSequence>,
    begun: BTreeMap<Opening, Begun>,
    /// What an actor works on.
    current: BTreeMap<ActorPath, Opening>,
}

/// How a conversation begins: who speaks to whom (an agent, or copies of a declaration), and with what words.
type Opening = (ActorPath, Text, Text);

#[derive(Debug, Clone, PartialEq)]
struct Begun {
    with: ActorPath,
    at: EventSequence,
    answered: Option<EventSequence>,
}

impl ConversationReset {
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
            EventKind::AgentSpawned { agent, kind, .. } => {
                self.kinds.insert(agent.clone(), kind.clone());
            }
            EventKind::ModelReplied { .. } => {
                self.spoke.insert(actor.clone(), event.sequence);
            }
            EventKind::Assigned { from, prompt, brief, .. } => {
                let kind = self.kinds.get(actor);
                let whom = kind.cloned().unwrap_or_else(|| actor.as_str().into());
                let opening = (from.clone(), whom, prompt.clone());
                let begun = Begun { with: actor.clone(), at: event.sequence, answered: None };
                let before = self.begun.insert(opening.clone(), begun);
                self.current.insert(actor.clone(), opening);
                let Begun { with, at, answered: Some(answered) } = before? else { return None };
                let is_reset = match kind {
                    Some(_) => with != *actor && self.spoke.get(from).is_some_and(|spoke| *spoke > answered),
                    None => heard_nothing(brief.as_deref()),
                };
                let events = vec![at, answered, event.sequence];
                let what = format!("was told by {from} what {with} had been told and had answered").into();
                let tag = MastTag::ConversationReset;
                return is_reset.then(|| Finding { task, tag, actor: actor.clone(), events, what });
            }
            EventKind::Finished { outcome, .. } => {
                let begun = self.current.remove(actor).and_then(|opening| self.begun.get_mut(&opening))?;
                begun.answered = outcome.answer().map(|_| event.sequence);
            }
            _ => {}
        }
        None
    }
}

/// Whether somebody is told nothing of what was said before, and not on purpose.
fn heard_nothing(brief: Option<&Brief>) -> bool {
    brief.is_none_or(|brief| brief.heard.is_empty() && !brief.fresh)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use moot_core::{FailureKind, Outcome};

    use super::*;
    use crate::coordination::testing::Script;
    use crate::mast::tags;

    fn begun() -> Script {
        let mut script = Script::new();
        script.task(None).assigned("lead", "world").replied("lead", "", &["spawn_agent"], 0);
        script
    }

    /// A copy of a scout is started and answers.
    fn scout(script: &mut Script, number: u32, prompt: &str, outcome: Outcome) {
        let path = format!("lead/scout[{number}]");
        script.spawned("lead", &path).told(&path, "lead", 0, prompt).finished(&path, 0, outcome);
    }

    #[test]
    fn a_further_copy_for_what_was_answered_is_tagged() {
        let mut script = begun();
        scout(&mut script, 0, "Count.", Outcome::decided("3"));
        script.replied("lead", "", &["spawn_agent"], 0);
        scout(&mut script, 1, "Count.", Outcome::decided("3"));
        assert_eq!(tags(&script), ["2.1 lead/scout[1] 4 5 8"]);
    }

    #[test]
    fn copies_for_something_else_or_at_once_or_after_a_failure_are_none() {
        let mut script = begun();
        scout(&mut script, 0, "Count.", Outcome::decided("3"));
        // Started by the same reply: the lead did not know yet.
        scout(&mut script, 1, "Count.", Outcome::failed(FailureKind::Model, "broken"));
        script.replied("lead", "", &["spawn_agent"], 0);
        scout(&mut script, 2, "Count.", Outcome::decided("3"));
        script.replied("lead", "", &["spawn_agent"], 0);
        scout(&mut script, 3, "Count again.", Outcome::decided("3"));
        // The same copy goes on and knows what was said.
        script.replied("lead", "", &["send_message"], 0).told("lead/scout[3]", "lead", 1, "Count again.");
        assert_eq!(tags(&script), [""; 0]);
    }

    #[test]
    fn an_agent_of_the_scenario_is_asked_again_in_the_same_words() {
        let ask = |script: &mut Script, brief: Option<Brief>| {
            let (from, prompt) = (script_path("jury"), "A or B?".into());
            let brief = brief.map(Arc::new);
            script.add("juror", EventKind::Assigned { task: TaskId(0), round: 0, from, prompt, brief });
            script.decided("juror", 0, "A");
        };
        let mut script = Script::new();
        script.task(None);
        ask(&mut script, None);
        ask(&mut script, Some(Brief { fresh: true, ..Brief::default() }));
        let heard =
            moot_core::Heard { round: 0, speaker: "b".into(), answer: None, words: "I say B".into(), own: false };
        ask(&mut script, Some(Brief { heard: [heard].into(), ..Brief::default() }));
        assert_eq!(tags(&script), [""; 0], "sampled on purpose, or told what was said");
        ask(&mut script, None);
        assert_eq!(tags(&script), ["2.1 juror 5 6 7"]);
    }

    #[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    fn script_path(text: &str) -> ActorPath {
        ActorPath::new(text).unwrap()
    }
}
