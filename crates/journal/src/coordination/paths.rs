//! Critical path and parallelism: how much of the work stood in each other's way, in virtual time.
//!
//! - `work_ms`: the sum of the latencies of all model attempts and tool calls of a task; the mean over tasks. The time
//!   that `spawn_agent` and `wait_for_agents` wait for other agents is no work of their own: the others' work counts.
//! - `critical_path_ms`: the sum of the latencies along the chain of causes that leads from the task's start to its end;
//!   the mean over tasks. Each event names the one that led to it, and what is waited for longest leads on, so this chain
//!   is the longest path through the task. Here the waiting of those two tools counts, as it stands for the work it
//!   waits for.
//! - `parallelism`: all work / all critical paths; 1 when everything was done one after another.
//!
//! Waits that are nobody's work (before another attempt, for a free place at a model's limit, for a timer) count in
//! neither, so a critical path can be shorter than the task's latency.
//!
//! For each event of an open task the length of its chain is kept, and dropped at the task's end. Source: work and span
//! of a computation's graph (Brent, J. ACM 21, 1974). This module must not know who works.
//!
//! ```
//! // Two members of 100 and 300 ms at the same time, then a judge of 50 ms.
//! let (work_ms, critical_path_ms) = (100 + 300 + 50, 300 + 50);
//! assert!(f64::from(work_ms) / f64::from(critical_path_ms) > 1.28);
//! ```

use std::collections::BTreeMap;

use moot_core::{Event, EventKind, EventSequence, TaskId, VirtualDuration};

use super::sample::{Sample, as_f64};

/// The tools whose latency is that of others whom they wait for.
const WAITING_TOOLS: &[&str] = &["spawn_agent", "wait_for_agents"];

/// Work and critical paths.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Paths {
    open: BTreeMap<TaskId, Open>,
    work: Sample,
    critical: Sample,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Open {
    work_ms: u64,
    /// The length of the chain up to each event whose chain has a length, by number of the event.
    chains_ms: Vec<(EventSequence, u64)>,
}

impl Paths {
    /// Takes in the next event.
    pub(crate) fn push(&mut self, event: &Event) {
        match (&event.kind, event.kind.task()) {
            (EventKind::TaskStarted { task }, _) => {
                self.open.insert(task.id, Open::default());
            }
            (EventKind::TaskEnded { task, .. }, _) => {
                if let Some(open) = self.open.remove(task) {
                    self.critical.add(as_f64(open.chain_ms(event.cause)));
                    self.work.add(as_f64(open.work_ms));
                }
            }
            (kind, Some(task)) => {
                if let Some(open) = self.open.get_mut(&task) {
                    open.push(event, latency(kind));
                }
            }
            // What is of no task, such as a restart, may stand in the chain of one.
            (_, None) => self.open.values_mut().for_each(|open| open.push(event, None)),
        }
    }

    /// The means by name.
    pub(crate) const fn named(&self) -> [(&'static str, Sample); 2] {
        [("critical_path_ms", self.critical), ("work_ms", self.work)]
    }

    /// All work in relation to all critical paths; `None` when nothing took any time.
    pub(crate) fn parallelism(&self) -> Option<f64> {
        (self.critical.sum > 0.0).then(|| self.work.sum / self.critical.sum)
    }
}

impl Open {
    /// Appends an event with its latency and whether that is work.
    fn push(&mut self, event: &Event, latency: Option<(VirtualDuration, bool)>) {
        let (latency_ms, is_work) = latency.map_or((0, false), |(latency, is_work)| (latency.as_millis(), is_work));
        if is_work {
            self.work_ms = self.work_ms.saturating_add(latency_ms);
        }
        let chain_ms = self.chain_ms(event.cause).saturating_add(latency_ms);
        if chain_ms > 0 {
            self.chains_ms.push((event.sequence, chain_ms));
        }
    }

    fn chain_ms(&self, event: Option<EventSequence>) -> u64 {
        let found = event.and_then(|event| self.chains_ms.binary_search_by_key(&event, |(number, _)| *number).ok());
        found.and_then(|place| self.chains_ms.get(place)).map_or(0, |(_, chain_ms)| *chain_ms)
    }
}

/// How long something took that takes time, and whether that is work of its own.
fn latency(kind: &EventKind) -> Option<(VirtualDuration, bool)> {
    match kind {
        EventKind::ModelReplied { reply, .. } => Some((reply.latency, true)),
        EventKind::ModelFailed { failure, .. } => Some((failure.latency, true)),
        EventKind::ToolReturned { tool, latency, .. } => Some((*latency, !WAITING_TOOLS.contains(&&**tool))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use super::*;
    use crate::coordination::testing::Script;

    fn numbers(script: &Script) -> [Option<f64>; 3] {
        ["work_ms", "critical_path_ms", "parallelism"].map(|name| script.metric(name))
    }

    #[test]
    fn members_at_the_same_time_then_a_judge() {
        let mut script = Script::new();
        script.task(None).assigned("jury", "world");
        let asked = script.last();
        for (member, latency_ms) in [("a", 100), ("b", 300)] {
            script.cause(asked).assigned(member, "jury").replied(member, "A", &[], latency_ms).decided(member, 0, "A");
        }
        // The last answer leads on.
        script.assigned("judge", "jury").replied("judge", "A", &[], 50).decided("judge", 1, "A");
        script.decided("jury", 0, "A").ended(Outcome::decided("A"));
        assert_eq!(numbers(&script), [Some(450.0), Some(350.0), Some(450.0 / 350.0)]);
    }

    #[test]
    fn tools_and_failed_attempts_stand_in_the_chain() {
        let mut script = Script::new();
        script.task(None).assigned("solo", "world");
        let failure = moot_core::ModelFailure {
            latency: VirtualDuration::from_millis(20),
            ..moot_core::ModelFailure::new(moot_core::ModelFailureKind::Overloaded, "busy")
        };
        let (task, call, attempt, model) = (TaskId(0), 0, 0, "m".into());
        script.add("solo", EventKind::ModelFailed { task, call, attempt, model, failure, cost: None });
        // What is of no task stands in the chain too.
        script.add("solo", EventKind::ActorRestarted { restarts: 1 });
        script.replied("solo", "", &["slow", "quick"], 100);
        let replied = script.last();
        script.cause(replied).called("solo", "slow", "{}").cause(replied).called("solo", "quick", "{}");
        script
            .cause(replied + 2)
            .returned("solo", "quick", "x", 10)
            .cause(replied + 1)
            .returned("solo", "slow", "x", 70);
        script.replied("solo", "A", &[], 100).decided("solo", 0, "A").ended(Outcome::decided("A"));
        assert_eq!(numbers(&script), [Some(300.0), Some(290.0), Some(300.0 / 290.0)]);
    }

    #[test]
    fn waiting_for_others_is_no_work_but_stands_for_theirs() {
        let mut script = Script::new();
        script.task(None).assigned("lead", "world").replied("lead", "", &["spawn_agent"], 10);
        script.called("lead", "spawn_agent", "{}");
        let called = script.last();
        script.spawned("lead", "lead/scout[0]").assigned("lead/scout[0]", "lead");
        script.replied("lead/scout[0]", "A", &[], 500).decided("lead/scout[0]", 0, "A");
        script.cause(called).returned("lead", "spawn_agent", "A", 500).replied("lead", "A", &[], 10);
        script.decided("lead", 0, "A").ended(Outcome::decided("A"));
        assert_eq!(numbers(&script), [Some(520.0), Some(520.0), Some(1.0)]);
    }

    #[test]
    fn means_over_tasks_and_nothing_is_kept() {
        let mut script = Script::new();
        for latency_ms in [100, 200] {
            script.task(None).assigned("solo", "world").replied("solo", "A", &[], latency_ms).decided("solo", 0, "A");
            script.ended(Outcome::decided("A"));
        }
        assert_eq!(numbers(&script), [Some(150.0), Some(150.0), Some(1.0)]);
        let mut paths = Paths::default();
        script.events().iter().for_each(|event| paths.push(event));
        assert!(paths.open.is_empty());
        let mut instant = Script::new();
        instant.task(None).assigned("solo", "world").replied("solo", "A", &[], 0).ended(Outcome::decided("A"));
        assert_eq!(numbers(&instant), [Some(0.0), Some(0.0), None], "no time, no ratio of times");
    }
}
