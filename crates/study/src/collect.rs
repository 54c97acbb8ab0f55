//! From the events of a run to its cell.
//!
//! A collector is fed every event as it happens, or from a kept journal, and gives the same. It counts as the run's own
//! metrics do: attempts of model calls one by one, messages without those from and to the world. This module must not
//! know who plays the run.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Outcome, Task, TaskId, VirtualTime};
//! use moot_study::Collector;
//!
//! let task = Task::new(TaskId(0), "Is it A or B?").with_choices(["A", "B"]).with_answer("A");
//! let kinds = [
//!     (0, EventKind::TaskStarted { task: Arc::new(task) }),
//!     (250, EventKind::TaskEnded { task: TaskId(0), outcome: Outcome::decided("A") }),
//! ];
//! let mut collector = Collector::new();
//! for (number, (time_ms, kind)) in (0..).zip(kinds) {
//!     let (sequence, time) = (EventSequence(number), VirtualTime::from_millis(time_ms));
//!     collector.push(&Event { sequence, time, actor: ActorPath::world(), cause: None, kind });
//! }
//! let cell = collector.finish("jury");
//! assert_eq!((cell.tasks[0].score, cell.tasks[0].latency_ms), (Some(1.0), 250));
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Event, EventKind, Money, Outcome, Task, TaskId, Text, Usage, VirtualTime};

use crate::cell::{Cell, TaskRow};
use crate::common::fingerprint;

/// The path of the world itself.
const WORLD: &str = "world";

/// Takes in the events of one run.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    noise: Option<(u64, u32)>,
    /// Sorted by number.
    tasks: Vec<TaskRow>,
    open: BTreeMap<TaskId, Open>,
    /// Those whom the world gave a task; usually one.
    roots: Vec<ActorPath>,
}

/// A task that has not ended.
#[derive(Debug, Clone)]
struct Open {
    answer: Option<Text>,
    since: VirtualTime,
}

impl Collector {
    /// Nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next event.
    pub fn push(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { seed, replicate, .. } => self.noise = Some((*seed, *replicate)),
            EventKind::TaskStarted { task } => self.started(task, event.time),
            EventKind::Assigned { task, from, .. } => self.assigned(*task, &event.actor, from),
            EventKind::Finished { task, .. } if !self.roots.contains(&event.actor) => self.message(*task),
            EventKind::ModelReplied { task, reply, cost, .. } => self.called(*task, reply.usage, *cost),
            EventKind::ModelFailed { task, failure, cost, .. } => self.called(*task, failure.usage, *cost),
            EventKind::TaskEnded { task, outcome } => self.ended(*task, outcome, event.time),
            _ => {}
        }
    }

    /// What the run gave.
    #[must_use]
    pub fn finish(self, name: impl Into<String>) -> Cell {
        Cell { name: name.into(), noise: self.noise, tasks: self.tasks }
    }

    fn started(&mut self, task: &Task, time: VirtualTime) {
        self.open.insert(task.id, Open { answer: task.answer.clone(), since: time });
        let place = self.tasks.partition_point(|known| known.task < task.id);
        if self.tasks.get(place).is_none_or(|known| known.task != task.id) {
            self.tasks.insert(place, TaskRow::of(task.id, fingerprint(task)));
        }
    }

    /// What the world hands out is no message between participants, and neither is what comes back to it.
    fn assigned(&mut self, task: TaskId, actor: &ActorPath, from: &ActorPath) {
        if from.as_str() != WORLD {
            self.message(task);
        } else if !self.roots.contains(actor) {
            self.roots.push(actor.clone());
        }
    }

    fn ended(&mut self, task: TaskId, outcome: &Outcome, time: VirtualTime) {
        let Some(open) = self.open.remove(&task) else { return };
        let Some(row) = self.row(task) else { return };
        row.outcome = Some(outcome.status());
        row.latency_ms = time.since(open.since).as_millis();
        row.score = open.answer.map(|answer| f64::from(u8::from(outcome.answer() == Some(&*answer))));
    }

    fn message(&mut self, task: TaskId) {
        if let Some(row) = self.row(task) {
            row.messages = row.messages.saturating_add(1);
        }
    }

    fn called(&mut self, task: TaskId, usage: Option<Usage>, cost: Option<Money>) {
        if let Some(row) = self.row(task) {
            row.calls = row.calls.saturating_add(1);
            let tokens = usage.map(|usage| usage.input_tokens.saturating_add(usage.output_tokens));
            row.tokens = row.tokens.zip(tokens).map(|(before, more)| before.saturating_add(more));
            row.cost = row.cost.zip(cost).map(|(before, more)| before + more);
        }
    }

    fn row(&mut self, task: TaskId) -> Option<&mut TaskRow> {
        let place = self.tasks.partition_point(|known| known.task < task);
        self.tasks.get_mut(place).filter(|row| row.task == task)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::Arc;

    use moot_core::{EventSequence, ModelFailure, ModelFailureKind, ModelReply, OutcomeStatus};

    use super::*;

    fn path(text: &str) -> ActorPath {
        ActorPath::new(text).unwrap()
    }

    fn collected(events: Vec<(u64, &str, EventKind)>) -> Cell {
        let mut collector = Collector::new();
        for (number, (time_ms, actor, kind)) in (0..).zip(events) {
            let (sequence, time) = (EventSequence(number), VirtualTime::from_millis(time_ms));
            collector.push(&Event { sequence, time, actor: path(actor), cause: None, kind });
        }
        collector.finish("x")
    }

    fn assigned(task: TaskId, from: &str) -> EventKind {
        EventKind::Assigned { task, round: 0, from: path(from), prompt: "?".into(), brief: None }
    }

    fn replied(task: TaskId, picodollars: Option<u128>) -> EventKind {
        let cost = picodollars.map(Money::from_picodollars);
        let reply = ModelReply { usage: cost.map(|_| Usage::new(20, 3)), ..ModelReply::text("A") };
        EventKind::ModelReplied { task, call: 0, attempt: 0, model: "m".into(), reply, cost }
    }

    fn failed(task: TaskId) -> EventKind {
        let usage = Some(Usage::new(7, 0));
        let failure = ModelFailure { usage, ..ModelFailure::new(ModelFailureKind::Overloaded, "full") };
        EventKind::ModelFailed { task, call: 0, attempt: 0, model: "m".into(), failure, cost: Some(Money::ZERO) }
    }

    fn finished(task: TaskId) -> EventKind {
        EventKind::Finished { task, round: 0, outcome: Outcome::decided("A") }
    }

    #[test]
    fn tasks_that_overlap_are_told_apart() {
        let (first, second) = (TaskId(0), TaskId(1));
        let start = |id: TaskId| EventKind::TaskStarted { task: Arc::new(Task::new(id, "?").with_answer("A")) };
        let end = |task, outcome| EventKind::TaskEnded { task, outcome };
        let cell = collected(vec![
            (0, "world", EventKind::RunStarted { scenario: "x".into(), seed: 7, replicate: 3 }),
            (0, "world", start(first)),
            (0, "jury", assigned(first, "world")),
            (5, "world", start(second)),
            (5, "jury", assigned(second, "world")),
            (5, "juror", assigned(second, "jury")),
            (6, "juror", failed(second)),
            (9, "juror", replied(second, Some(4))),
            (9, "juror", finished(second)),
            (9, "jury", finished(second)),
            (9, "world", end(second, Outcome::Tied { among: vec!["A".into()] })),
            (20, "jury", replied(first, None)),
            (20, "world", end(first, Outcome::decided("A"))),
        ]);
        assert_eq!(cell.noise, Some((7, 3)));
        let [one, two] = cell.tasks[..] else { unreachable!("two tasks") };
        assert_eq!((one.task, one.score, one.latency_ms, one.messages, one.calls), (first, Some(1.0), 20, 0, 1));
        assert_eq!((two.task, two.score, two.latency_ms, two.messages, two.calls), (second, Some(0.0), 4, 2, 2));
        assert_eq!((one.cost, two.cost), (None, Some(Money::from_picodollars(4))));
        assert_eq!((one.tokens, two.tokens), (None, Some(30)), "those of the failed attempt among them");
        assert_eq!((one.outcome, two.outcome), (Some(OutcomeStatus::Decided), Some(OutcomeStatus::Tied)));
        assert_eq!(one.fingerprint, two.fingerprint, "the number is no part of what is asked");
    }

    #[test]
    fn what_did_not_end_has_no_score_and_what_is_not_known_neither() {
        let task = Task::new(TaskId(3), "?");
        let start = |task: Task| EventKind::TaskStarted { task: Arc::new(task) };
        let end = EventKind::TaskEnded { task: TaskId(3), outcome: Outcome::decided("A") };
        let open = Task::new(TaskId(4), "?").with_answer("A");
        let cell = collected(vec![
            (0, "world", start(task)),
            (1, "world", end),
            (1, "world", start(open)),
            (2, "j", finished(TaskId(9))),
        ]);
        let rows: Vec<_> = cell.tasks.iter().map(|row| (row.task.0, row.outcome, row.score)).collect();
        assert_eq!(rows, [(3, Some(OutcomeStatus::Decided), None), (4, None, None)]);
        assert_eq!(cell.tasks_ended(), 1);
    }
}
