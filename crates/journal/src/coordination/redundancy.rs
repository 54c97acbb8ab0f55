//! Redundancy: how much of what members said was the same, word for word.
//!
//! - `redundancy`: of all pairs of members that the same assigner asked in the same round of the same task, the share
//!   whose outputs are the same text. An agent's output is the last text that its model replied before it decided, else
//!   (of a council) its answer; who did not decide has none.
//!
//! Source: redundancy R of arXiv 2512.08296, the mean similarity of agents' outputs, with word-for-word equality in
//! place of an embedding's cosine, so that it needs no model. This module must not know what the outputs are for.
//!
//! ```
//! // Outputs A, A and B: one of three pairs says the same.
//! let outputs = ["A", "A", "B"];
//! let pairs = (0..3).flat_map(|first| (first + 1..3).map(move |second| (first, second)));
//! assert_eq!(pairs.filter(|(first, second)| outputs[*first] == outputs[*second]).count(), 1);
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, TaskId, Text};

use super::sample::Sample;

/// How much of what members said was the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Redundancy {
    open: BTreeMap<TaskId, Open>,
    same: Sample,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    /// Who is at work, for whom, and what it said last.
    working: BTreeMap<ActorPath, Working>,
    /// What came back, by assigner and round.
    outputs: BTreeMap<(ActorPath, u32), Vec<Text>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Working {
    from: ActorPath,
    said: Option<Text>,
}

impl Redundancy {
    /// Takes in the next event.
    pub(crate) fn push(&mut self, event: &Event) {
        let actor = &event.actor;
        match &event.kind {
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, Open::default());
            }
            EventKind::Assigned { task, from, .. } => {
                if let Some(open) = self.open.get_mut(task) {
                    open.working.insert(actor.clone(), Working { from: from.clone(), said: None });
                }
            }
            EventKind::ModelReplied { task, reply, .. } if !reply.text.is_empty() => {
                let working = self.open.get_mut(task).and_then(|open| open.working.get_mut(actor));
                if let Some(working) = working {
                    working.said = Some(reply.text.clone());
                }
            }
            EventKind::Finished { task, round, outcome } => {
                let Some(open) = self.open.get_mut(task) else { return };
                if let Some((Working { from, said }, answer)) = open.working.remove(actor).zip(outcome.answer()) {
                    let output = said.unwrap_or_else(|| answer.into());
                    open.outputs.entry((from, *round)).or_default().push(output);
                }
            }
            EventKind::TaskEnded { task, .. } => {
                let groups = self.open.remove(task).map(|open| open.outputs).unwrap_or_default();
                let mut task = Sample::default();
                groups.into_values().for_each(|outputs| compare(outputs, &mut task));
                self.same.add_together(&task);
            }
            _ => {}
        }
    }

    /// The metric by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 1] {
        [("redundancy", self.same)]
    }
}

/// Adds how many pairs of these outputs are the same text.
fn compare(mut outputs: Vec<Text>, task: &mut Sample) {
    let pairs = |count: usize| (count as u64).saturating_mul((count as u64).saturating_sub(1)) / 2;
    outputs.sort_unstable();
    let same = outputs.chunk_by(|one, next| one == next).map(|same| pairs(same.len())).sum();
    task.add_share(same, pairs(outputs.len()));
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use crate::coordination::testing::Script;

    /// Members of a council who each reply and answer.
    fn answered(script: &mut Script, council: &str, round: u32, members: &[(&str, &str, &str)]) {
        for (member, said, answer) in members {
            script.told(member, council, round, "A or B?");
            if !said.is_empty() {
                script.replied(member, said, &[], 0);
            }
            script.decided(member, round, answer);
        }
    }

    #[test]
    fn pairs_of_one_round_by_hand() {
        let mut script = Script::new();
        script.council("jury").task(Some("A")).assigned("jury", "world");
        // Said the same, or the same answer in other words: one of three pairs.
        answered(&mut script, "jury", 0, &[("a", "I say A", "A"), ("b", "A", "A"), ("c", "I say A", "A")]);
        // Another round is compared by itself: one pair, which is the same.
        answered(&mut script, "jury", 1, &[("a", "A", "A"), ("b", "A", "A")]);
        // So is what another council asked, of whose members nothing is known but their answers.
        answered(&mut script, "other", 1, &[("x", "", "A"), ("y", "", "B")]);
        script.decided("jury", 0, "A").ended(Outcome::decided("A"));
        assert_eq!(script.metric("redundancy"), Some(2.0 / 5.0));
    }

    #[test]
    fn who_did_not_decide_said_nothing_that_counts() {
        let mut script = Script::new();
        script.task(None);
        for member in ["a", "b"] {
            script.told(member, "jury", 0, "?").replied(member, "A", &[], 0);
            script.finished(member, 0, Outcome::Exhausted { limit: moot_core::Limit::Turns });
        }
        script.ended(Outcome::decided("A"));
        assert_eq!(script.metric("redundancy"), None);
    }

    #[test]
    fn what_was_said_before_counts_no_more() {
        let mut script = Script::new();
        script.task(None).told("a", "jury", 0, "?").replied("a", "let me look", &["read_file"], 0);
        script.used("a", "read_file", "{}", "text").replied("a", "A", &[], 0).decided("a", 0, "A");
        script.told("b", "jury", 0, "?").replied("b", "A", &[], 0).decided("b", 0, "A").ended(Outcome::decided("A"));
        assert_eq!(script.metric("redundancy"), Some(1.0));
    }
}
