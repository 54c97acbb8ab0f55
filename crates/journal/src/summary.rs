//! The summary: what a run came to, folded event by event.
//!
//! It is fed while a run is live and when its file is read, and both give the same. What one event costs matters,
//! because every event of every run of a study passes here: nothing is allocated but for what is seen first.
//! This module must not know files, nor what people want to see; [`crate::metrics`] names the numbers.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Outcome, Task, TaskId, VirtualTime};
//! use moot_journal::Summary;
//!
//! let task = Task::new(TaskId(0), "Is it A or B?").with_choices(["A", "B"]).with_answer("A");
//! let kinds = [
//!     (0, EventKind::TaskStarted { task: Arc::new(task) }),
//!     (250, EventKind::TaskEnded { task: TaskId(0), outcome: Outcome::decided("A") }),
//! ];
//! let mut summary = Summary::new();
//! for (number, (time_ms, kind)) in (0..).zip(kinds) {
//!     let (sequence, time) = (EventSequence(number), VirtualTime::from_millis(time_ms));
//!     summary.push(&Event { sequence, time, actor: ActorPath::world(), cause: None, kind });
//! }
//! assert_eq!((summary.correct(), summary.with_known_answer()), (1, 1));
//! assert_eq!(summary.latency_max_ms(), Some(250));
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{ActorPath, Event, EventKind, Money, Outcome, RunStatus, Task, TaskId, Text, Usage, VirtualTime};

use crate::coordination::efficiency::Efficiency;
use crate::coordination::{Coordination, Measured, Sample, liveness};
use crate::harness_counts::HarnessCounts;
use crate::latencies::Latencies;
use crate::metrics::MetricValue;
use crate::result::TaskResult;
use crate::status::OutcomeCounts;
use crate::table::Table;
use crate::totals::CallTotals;

/// How many tasks are kept with their outcomes: those with the lowest numbers.
pub const TASKS_KEPT_MAX: usize = 1_000;

/// What a run came to, as far as its events were taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    started: Option<Started>,
    ended: Option<(RunStatus, Option<Text>)>,
    outcomes: OutcomeCounts,
    /// Sorted by number.
    tasks: Vec<TaskResult>,
    open: BTreeMap<TaskId, Open>,
    correct: u64,
    with_known_answer: u64,
    latencies: Latencies,
    messages: u64,
    /// Those whom the world gave a task; usually one.
    roots: Vec<ActorPath>,
    calls: CallTotals,
    agents: Table<ActorPath>,
    models: Table<Text>,
    tool_calls: u64,
    tool_errors: u64,
    restarts: u64,
    harness: HarnessCounts,
    coordination: Coordination,
    events: u64,
    now: VirtualTime,
}

/// What the first event says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Started {
    scenario: Text,
    seed: u64,
    replicate: u32,
}

/// A task that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    task: Arc<Task>,
    since: VirtualTime,
}

impl Summary {
    /// The summary of no events, with the metrics that are always computed.
    #[must_use]
    pub fn new() -> Self {
        Self::measuring(Measured::default())
    }

    /// The summary of no events, with these metrics beside those that are always computed.
    #[must_use]
    pub fn measuring(measured: Measured) -> Self {
        Self {
            started: None,
            ended: None,
            outcomes: OutcomeCounts::default(),
            tasks: Vec::new(),
            open: BTreeMap::new(),
            correct: 0,
            with_known_answer: 0,
            latencies: Latencies::default(),
            messages: 0,
            roots: Vec::new(),
            calls: CallTotals::default(),
            agents: Table::new(),
            models: Table::new(),
            tool_calls: 0,
            tool_errors: 0,
            restarts: 0,
            harness: HarnessCounts::default(),
            coordination: Coordination::new(measured),
            events: 0,
            now: VirtualTime::ZERO,
        }
    }

    /// Takes in the next event.
    pub fn push(&mut self, event: &Event) {
        self.events += 1;
        self.now = self.now.max(event.time);
        self.harness.push(event);
        self.coordination.push(event);
        match &event.kind {
            EventKind::RunStarted { scenario, seed, replicate } => {
                self.started = Some(Started { scenario: scenario.clone(), seed: *seed, replicate: *replicate });
            }
            EventKind::TaskStarted { task } => {
                self.open.insert(task.id, Open { task: Arc::clone(task), since: event.time });
            }
            EventKind::Assigned { from, .. } => self.assigned(&event.actor, from),
            EventKind::ModelReplied { model, reply, cost, .. } => {
                self.called(&event.actor, model, reply.usage, *cost, false);
            }
            EventKind::ModelFailed { model, failure, cost, .. } => {
                self.called(&event.actor, model, failure.usage, *cost, true);
            }
            EventKind::ToolCalled { .. } => self.tool_calls += 1,
            EventKind::ToolReturned { result, .. } => self.tool_errors += u64::from(result.is_error()),
            EventKind::Finished { .. } => self.messages += u64::from(!self.roots.contains(&event.actor)),
            EventKind::ActorRestarted { .. } => self.restarts += 1,
            EventKind::TaskEnded { task, outcome } => self.task_ended(*task, outcome, event.time),
            EventKind::RunEnded { status, reason } => self.ended = Some((*status, reason.clone())),
            EventKind::ModelStreamed { .. }
            | EventKind::RetryScheduled { .. }
            | EventKind::BudgetRefused { .. }
            | EventKind::PermissionDecided { .. }
            | EventKind::ApprovalRequested { .. }
            | EventKind::ApprovalAnswered { .. }
            | EventKind::HookRan { .. }
            | EventKind::ModeChanged { .. }
            | EventKind::OutputKept { .. }
            | EventKind::Compacted { .. }
            | EventKind::AgentSpawned { .. }
            | EventKind::MessageSent { .. }
            | EventKind::PersonAnswered { .. }
            | EventKind::NotesLoaded { .. }
            | EventKind::ActorStarted { .. }
            | EventKind::ModelRequested { .. }
            | EventKind::BallotCast { .. }
            | EventKind::Tallied { .. }
            | EventKind::Noted { .. }
            | EventKind::ActorFailed { .. }
            | EventKind::ActorGivenUp { .. }
            | EventKind::FaultInjected { .. }
            | EventKind::Overloaded { .. }
            | EventKind::DeadLettered { .. }
            | EventKind::RestartScheduled { .. }
            | EventKind::ActorStopped { .. } => {}
        }
    }

    /// What the world hands out is no message between participants, and neither is what comes back to it.
    fn assigned(&mut self, actor: &ActorPath, from: &ActorPath) {
        if from.as_str() != WORLD {
            self.messages += 1;
        } else if !self.roots.contains(actor) {
            self.roots.push(actor.clone());
        }
    }

    fn called(&mut self, agent: &ActorPath, model: &Text, usage: Option<Usage>, cost: Option<Money>, failed: bool) {
        self.calls.add(usage, cost, failed);
        self.agents.update(agent, |totals| totals.add(usage, cost, failed));
        self.models.update(model, |totals| totals.add(usage, cost, failed));
    }

    fn task_ended(&mut self, task: TaskId, outcome: &Outcome, time: VirtualTime) {
        self.outcomes.add(outcome.status());
        let open = self.open.remove(&task);
        self.coordination.task_ended(task, open.as_ref().and_then(|open| open.task.answer.as_deref()));
        if let Some(open) = open {
            self.latencies.add(time.since(open.since).as_millis());
            if let Some(answer) = &open.task.answer {
                self.with_known_answer += 1;
                self.correct += u64::from(outcome.answer() == Some(answer));
            }
        }
        self.keep(task, outcome);
    }

    fn keep(&mut self, task: TaskId, outcome: &Outcome) {
        let place = self.tasks.partition_point(|kept| kept.id <= task);
        if place < TASKS_KEPT_MAX {
            self.tasks.truncate(TASKS_KEPT_MAX - 1);
            self.tasks.insert(place, TaskResult { id: task, outcome: outcome.clone() });
        }
    }
}

/// The path of the world itself.
const WORLD: &str = "world";

/// What was found.
impl Summary {
    /// How often the agent runtime stepped in.
    #[must_use]
    pub const fn harness_counts(&self) -> &HarnessCounts {
        &self.harness
    }

    /// The metrics of coordination that are means or shares, by name, with what they are computed from: how many
    /// numbers, their sum and their squares, as intervals need them. A sample of nothing is absent.
    #[must_use]
    pub fn samples(&self) -> BTreeMap<String, Sample> {
        let mut samples = self.coordination.samples();
        samples.extend(liveness::named(&self.outcomes).map(|(name, sample)| (name.to_owned(), sample)));
        samples.retain(|_, sample| sample.count > 0);
        samples
    }

    /// The metrics of coordination that are neither, by name.
    pub(crate) fn other_coordination(&self) -> impl Iterator<Item = (&'static str, MetricValue)> {
        let usage = self.calls.known_usage();
        let counts = Efficiency {
            tasks: self.tasks_total(),
            correct: (self.correct, self.with_known_answer),
            tokens: usage.map(|usage| usage.total_tokens()),
            turns: self.coordination.turns(),
            messages: self.messages + self.harness.team_messages,
        };
        counts.named().chain(self.coordination.others())
    }

    /// How many events were taken in.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The scenario's name, when the first event was seen.
    #[must_use]
    pub fn scenario(&self) -> Option<&Text> {
        self.started.as_ref().map(|started| &started.scenario)
    }

    /// The study seed, when the first event was seen.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.started.as_ref().map(|started| started.seed)
    }

    /// The number of the replicate, when the first event was seen.
    #[must_use]
    pub fn replicate(&self) -> Option<u32> {
        self.started.as_ref().map(|started| started.replicate)
    }

    /// How the run ended; `None` when it has not.
    #[must_use]
    pub fn status(&self) -> Option<RunStatus> {
        self.ended.as_ref().map(|(status, _)| *status)
    }

    /// Why the run did not complete.
    #[must_use]
    pub fn reason(&self) -> Option<&Text> {
        self.ended.as_ref().and_then(|(_, reason)| reason.as_ref())
    }

    /// How many tasks ended in each way.
    #[must_use]
    pub const fn outcome_counts(&self) -> &OutcomeCounts {
        &self.outcomes
    }

    /// The tasks that ended, sorted by number: all up to [`TASKS_KEPT_MAX`], else those with the lowest numbers.
    #[must_use]
    pub fn tasks(&self) -> &[TaskResult] {
        &self.tasks
    }

    /// How many tasks ended.
    #[must_use]
    pub fn tasks_total(&self) -> u64 {
        self.outcomes.total()
    }

    /// How many tasks ended with the answer that is known to be right.
    #[must_use]
    pub const fn correct(&self) -> u64 {
        self.correct
    }

    /// How many tasks ended, in whatever way, whose right answer is known.
    #[must_use]
    pub const fn with_known_answer(&self) -> u64 {
        self.with_known_answer
    }

    /// Messages between participants: assignments and answers, those from and to the world left out.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// The model calls of the run; attempts count one by one.
    #[must_use]
    pub const fn calls(&self) -> &CallTotals {
        &self.calls
    }

    /// The model calls of each agent that made any.
    #[must_use]
    pub fn agents(&self) -> BTreeMap<ActorPath, CallTotals> {
        self.agents.sorted()
    }

    /// The calls of each model that was called.
    #[must_use]
    pub fn models(&self) -> BTreeMap<Text, CallTotals> {
        self.models.sorted()
    }

    /// How many tool calls were made.
    #[must_use]
    pub const fn tool_calls(&self) -> u64 {
        self.tool_calls
    }

    /// How many tool calls ended with an error.
    #[must_use]
    pub const fn tool_errors(&self) -> u64 {
        self.tool_errors
    }

    /// How often an actor was restarted.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// The virtual time of the last event.
    #[must_use]
    pub const fn virtual_time(&self) -> VirtualTime {
        self.now
    }

    /// The mean time from a task's start to its end, in ms; `None` when no task ended.
    #[must_use]
    pub fn latency_mean_ms(&self) -> Option<f64> {
        self.latencies.mean_ms()
    }

    /// The percentile (0 to 100, nearest rank) of the times from a task's start to its end, in ms; `None` when no task
    /// ended or `percent` is above 100.
    #[must_use]
    pub fn latency_percentile_ms(&self, percent: u64) -> Option<u64> {
        self.latencies.percentile_ms(percent)
    }

    /// The longest time from a task's start to its end, in ms; `None` when no task ended.
    #[must_use]
    pub fn latency_max_ms(&self) -> Option<u64> {
        self.latencies.max_ms()
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
