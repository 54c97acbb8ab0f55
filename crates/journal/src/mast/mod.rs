//! Tags of failure: what in a run looks like one of the failure modes of MAST, told from its events alone.
//!
//! MAST (Cemri et al., arXiv 2503.13657) names fourteen ways in which multi-agent systems fail and lets a language model
//! judge traces by them. Seven can be told mechanically. Each has one rule, stated in a file of its own, that looks only
//! at events; a rule errs on the side of silence and says which events made it speak. A tag is a sign, not a verdict: in
//! its place the paper's own judges agree with kappa .88. This module must not know files, nor who is told.
//!
//! ```
//! use moot_journal::{MastTag, METRIC_NAMES};
//!
//! assert_eq!((MastTag::StepRepetition.code(), MastTag::StepRepetition.metric()), ("1.3", "mast_1_3"));
//! assert!(MastTag::ALL.iter().all(|tag| METRIC_NAMES.iter().any(|(name, _)| *name == tag.metric())));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{ActorPath, Event, EventKind, EventSequence, TaskId, Text};
use serde::{Serialize, Serializer};

use calls::Calls;
use conversation_reset::ConversationReset;
use ignored_input::IgnoredInput;
use no_verification::NoVerification;
use premature_stop::PrematureStop;
use unaware_of_termination::UnawareOfTermination;

mod calls;
mod conversation_reset;
mod ignored_input;
mod lost_history;
mod no_verification;
mod open_tasks;
mod premature_stop;
mod step_repetition;
mod unaware_of_termination;

/// The failure modes that are told from events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MastTag {
    /// 1.3: the same step again and again.
    StepRepetition,
    /// 1.4: a step again because its result was forgotten.
    LostHistory,
    /// 1.5: going on although it was over.
    UnawareOfTermination,
    /// 2.1: a conversation that begins anew.
    ConversationReset,
    /// 2.5: what another agent said was not looked at.
    IgnoredInput,
    /// 3.1: an end before the work was done.
    PrematureStop,
    /// 3.2: a change that nobody checked.
    NoVerification,
}

/// A tag on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The task.
    pub task: TaskId,
    /// The tag.
    pub tag: MastTag,
    /// Whose doing it is.
    pub actor: ActorPath,
    /// The events that show it, in order.
    pub events: Vec<EventSequence>,
    /// What they show, in words.
    pub what: Text,
}

/// Finds tags, event by event. What it keeps is dropped when a task ends.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MastTagger {
    calls: Calls,
    unaware: UnawareOfTermination,
    reset: ConversationReset,
    ignored: IgnoredInput,
    premature: PrematureStop,
    unverified: NoVerification,
}

/// How many tasks have each tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct MastCounts {
    tagger: MastTagger,
    /// Kept for its capacity.
    found: Vec<Finding>,
    open: BTreeMap<TaskId, BTreeSet<MastTag>>,
    tasks: BTreeMap<MastTag, u64>,
}

impl MastTag {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::StepRepetition,
        Self::LostHistory,
        Self::UnawareOfTermination,
        Self::ConversationReset,
        Self::IgnoredInput,
        Self::PrematureStop,
        Self::NoVerification,
    ];

    /// Its number in MAST, such as `1.3`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::StepRepetition => "1.3",
            Self::LostHistory => "1.4",
            Self::UnawareOfTermination => "1.5",
            Self::ConversationReset => "2.1",
            Self::IgnoredInput => "2.5",
            Self::PrematureStop => "3.1",
            Self::NoVerification => "3.2",
        }
    }

    /// Its name in MAST.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::StepRepetition => "step repetition",
            Self::LostHistory => "loss of conversation history",
            Self::UnawareOfTermination => "unaware of termination conditions",
            Self::ConversationReset => "conversation reset",
            Self::IgnoredInput => "ignored other agent's input",
            Self::PrematureStop => "premature termination",
            Self::NoVerification => "no or incomplete verification",
        }
    }

    /// The metric that counts the tasks that have it.
    #[must_use]
    pub const fn metric(self) -> &'static str {
        match self {
            Self::StepRepetition => "mast_1_3",
            Self::LostHistory => "mast_1_4",
            Self::UnawareOfTermination => "mast_1_5",
            Self::ConversationReset => "mast_2_1",
            Self::IgnoredInput => "mast_2_5",
            Self::PrematureStop => "mast_3_1",
            Self::NoVerification => "mast_3_2",
        }
    }
}

impl Serialize for MastTag {
    /// Its code.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl MastTagger {
    /// Takes in the next event and appends what is found with it.
    pub fn push(&mut self, event: &Event, found: &mut Vec<Finding>) {
        if let Some(repeated) = self.calls.push(event) {
            found.extend(step_repetition::judge(&repeated, event));
            found.extend(lost_history::judge(&repeated, event));
        }
        self.unaware.push(event, found);
        self.reset.push(event, found);
        self.ignored.push(event, found);
        self.premature.push(event, found);
        self.unverified.push(event, found);
    }
}

impl MastCounts {
    /// Takes in the next event.
    pub(crate) fn push(&mut self, event: &Event) {
        if let EventKind::TaskStarted { task } = &event.kind {
            self.open.insert(task.id, BTreeSet::new());
        }
        self.tagger.push(event, &mut self.found);
        for Finding { task, tag, .. } in self.found.drain(..) {
            // What is found after a task's end is no part of it any more.
            if let Some(tags) = self.open.get_mut(&task) {
                tags.insert(tag);
            }
        }
        if let EventKind::TaskEnded { task, .. } = &event.kind {
            for tag in self.open.remove(task).unwrap_or_default() {
                *self.tasks.entry(tag).or_default() += 1;
            }
        }
    }

    /// How many tasks that ended have each tag, by the names of the metrics.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        MastTag::ALL.into_iter().map(|tag| (tag.metric(), self.tasks.get(&tag).copied().unwrap_or(0)))
    }
}

/// What the rules' tests hold their findings against: `code actor events`, such as `1.3 clerk 4 6 8`.
#[cfg(test)]
pub(crate) fn tags(script: &crate::coordination::testing::Script) -> Vec<String> {
    let mut tagger = MastTagger::default();
    let mut found = Vec::new();
    script.events().iter().for_each(|event| tagger.push(event, &mut found));
    let line = |finding: &Finding| {
        assert!(!finding.what.is_empty() && !finding.what.contains('\n'), "{finding:?}");
        let events: Vec<String> = finding.events.iter().map(|event| event.0.to_string()).collect();
        format!("{} {} {}", finding.tag.code(), finding.actor, events.join(" "))
    };
    found.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use super::*;
    use crate::coordination::testing::Script;

    #[test]
    fn tasks_are_counted_not_findings() {
        let mut script = Script::new();
        // Two findings of one tag in one task, one in another, none in the third.
        for files in [2, 1, 0] {
            script.task(None).assigned("clerk", "world");
            for file in 0..files {
                for _ in 0..3 {
                    script.used("clerk", "read_file", &format!("{{\"path\":\"{file}.txt\"}}"), "text");
                }
            }
            script.decided("clerk", 0, "A").ended(Outcome::decided("A"));
        }
        assert_eq!(tags(&script).len(), 3);
        assert_eq!(script.metric("mast_1_3"), Some(2.0));
        assert_eq!(script.metric("mast_1_4"), Some(0.0), "looked for, and known to be none");
        assert_eq!(Summary::new().metrics().get("mast_1_3"), None, "not looked for");
    }

    use crate::Summary;

    #[test]
    fn nothing_is_kept_of_tasks_that_ended() {
        let mut script = Script::new();
        script.task(None).assigned("lead", "world").spawned("lead", "lead/scout[0]").assigned("lead/scout[0]", "lead");
        script.replied("lead/scout[0]", "looking", &["write_file"], 0).called("lead/scout[0]", "write_file", "{}");
        script.sent("lead", "lead/scout[0]", "hurry").ended(Outcome::Cancelled { reason: "enough".into() });
        let mut counts = MastCounts::default();
        script.events().iter().for_each(|event| counts.push(event));
        let tasks = std::mem::take(&mut counts.tasks);
        assert_eq!(counts, MastCounts { found: Vec::new(), ..MastCounts::default() });
        assert!(tasks.is_empty());
    }
}
