//! Costs by edge: who asked whom, and what the answering took.
//!
//! An edge leads from who assigns to who is assigned; the tasks come from `world`. A model call belongs to the assignment
//! that its agent works on, so an orchestrator's own calls stand on the edge that leads to it, beside what it caused on
//! the edges that lead on. A call under a path that nobody assigned, such as the summary of a transcript
//! (`clerk/compaction`), stands on the edge from the nearest actor that the path lies in. Every attempt counts on exactly
//! one edge. This module must not know prices; it displays as a table.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, ModelReply, Money, TaskId, Usage, VirtualTime};
//! use moot_journal::CostEdges;
//!
//! let (task, model, cost) = (TaskId(0), "small".into(), Some(Money::from_picodollars(42)));
//! let reply = ModelReply { usage: Some(Usage::new(120, 40)), ..ModelReply::text("A") };
//! let kinds = [
//!     EventKind::Assigned { task, round: 0, from: ActorPath::world(), prompt: "A or B?".into(), brief: None },
//!     EventKind::ModelReplied { task, call: 0, attempt: 0, model, reply, cost },
//! ];
//! let mut edges = CostEdges::new();
//! for (number, kind) in (0..).zip(kinds) {
//!     let (time, actor) = (VirtualTime::ZERO, ActorPath::new("solo").unwrap());
//!     edges.push(&Event { sequence: EventSequence(number), time, actor, cause: None, kind });
//! }
//! let edge = edges.edges().next().unwrap();
//! assert_eq!((edge.from.as_str(), edge.to.as_str(), edge.assignments, edge.totals.calls), ("world", "solo", 1, 1));
//! assert_eq!(edges.totals().known_cost(), Some(Money::from_picodollars(42)));
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::{ActorPath, Event, EventKind, Money, TaskId, Usage};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::cost::outer_paths;
use crate::cost_table::{COLUMNS, count, end_of, known_part, money, write_unknown};
use crate::totals::CallTotals;

/// The costs of a run by who asked whom.
#[derive(Debug, Clone, PartialEq)]
pub struct CostEdges {
    edges: BTreeMap<(ActorPath, ActorPath), (u64, CallTotals)>,
    /// Who assigned an actor last, by open task.
    open: BTreeMap<TaskId, BTreeMap<ActorPath, ActorPath>>,
    /// Who assigned an actor last at all: for attempts that end after their task.
    latest: BTreeMap<ActorPath, ActorPath>,
    totals: CallTotals,
}

/// What one asked of another, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CostEdge<'a> {
    /// Who assigned.
    pub from: &'a ActorPath,
    /// Who was assigned.
    pub to: &'a ActorPath,
    /// How often.
    pub assignments: u64,
    /// The attempts of model calls that the assigned made itself while it worked on these assignments.
    pub totals: &'a CallTotals,
}

impl CostEdges {
    /// The edges of a run of which nothing is known yet: none.
    #[must_use]
    pub fn new() -> Self {
        let (edges, open, latest) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { edges, open, latest, totals: CallTotals::default() }
    }

    /// Takes in the next event.
    pub fn push(&mut self, event: &Event) {
        let actor = &event.actor;
        match &event.kind {
            EventKind::Assigned { task, from, .. } => {
                self.open.entry(*task).or_default().insert(actor.clone(), from.clone());
                self.latest.insert(actor.clone(), from.clone());
                self.edge(from.clone(), actor.clone()).0 += 1;
            }
            EventKind::ModelReplied { task, reply, cost, .. } => {
                self.book(*task, actor, reply.usage, *cost, false);
            }
            EventKind::ModelFailed { task, failure, cost, .. } => {
                self.book(*task, actor, failure.usage, *cost, true);
            }
            EventKind::TaskEnded { task, .. } => drop(self.open.remove(task)),
            _ => {}
        }
    }

    /// Every edge, by who assigned, then by who was assigned.
    pub fn edges(&self) -> impl Iterator<Item = CostEdge<'_>> {
        self.edges.iter().map(|((from, to), (assignments, totals))| CostEdge {
            from,
            to,
            assignments: *assignments,
            totals,
        })
    }

    /// All attempts of the run. They are counted apart from the edges, so that the sum of the edges can be held against
    /// them.
    #[must_use]
    pub const fn totals(&self) -> &CallTotals {
        &self.totals
    }

    /// Whether the edges add up to the totals exactly.
    #[must_use]
    pub fn sums_agree(&self) -> bool {
        let mut sum = CallTotals::default();
        self.edges.values().for_each(|(_, totals)| sum.merge(totals));
        sum == self.totals
    }

    fn book(&mut self, task: TaskId, actor: &ActorPath, usage: Option<Usage>, cost: Option<Money>, failed: bool) {
        self.totals.add(usage, cost, failed);
        let from = self.assigner(task, actor);
        self.edge(from, actor.clone()).1.add(usage, cost, failed);
    }

    /// On whose behalf an actor makes a call.
    fn assigner(&self, task: TaskId, actor: &ActorPath) -> ActorPath {
        let known = self.open.get(&task).and_then(|open| open.get(actor)).or_else(|| self.latest.get(actor));
        let around = || outer_paths(actor).find(|outer| self.latest.contains_key(outer));
        known.cloned().or_else(around).unwrap_or_else(ActorPath::world)
    }

    fn edge(&mut self, from: ActorPath, to: ActorPath) -> &mut (u64, CallTotals) {
        self.edges.entry((from, to)).or_default()
    }
}

impl Default for CostEdges {
    fn default() -> Self {
        Self::new()
    }
}

impl Serialize for CostEdges {
    /// `totals`, and `edges` with `from`, `to`, `assignments` and `totals` each.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut edges = serializer.serialize_struct("CostEdges", 2)?;
        edges.serialize_field("totals", &self.totals)?;
        edges.serialize_field("edges", &self.edges().collect::<Vec<_>>())?;
        edges.end()
    }
}

impl fmt::Display for CostEdges {
    /// A table of at most 80 columns, with the totals in the last line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["from", "to", "assignments", "calls", "tokens", "USD"].map(str::to_owned);
        let row = |from: &str, to: &str, assignments: u64, totals: &CallTotals| {
            let (tokens, cost) = (count(totals.usage.total_tokens()), money(totals.cost));
            [
                from.to_owned(),
                to.to_owned(),
                count(assignments),
                count(totals.calls),
                known_part(tokens, totals.attempts_without_usage > 0),
                known_part(cost, totals.attempts_without_cost > 0),
            ]
        };
        let assignments = self.edges().map(|edge| edge.assignments).sum();
        let rows = self.edges().map(|edge| row(edge.from.as_str(), edge.to.as_str(), edge.assignments, edge.totals));
        let rows: Vec<[String; 6]> =
            [heading].into_iter().chain(rows).chain([row("all", "", assignments, &self.totals)]).collect();
        let mut widths: [usize; 6] = std::array::from_fn(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or_default()
        });
        // The names share what the numbers leave.
        let [from, to, numbers @ ..] = &mut widths;
        let room = COLUMNS.saturating_sub(numbers.iter().map(|width| width + 1).sum::<usize>() + 1);
        if *from + *to > room {
            let half = room / 2;
            let (short, long) = if from <= to { (from, to) } else { (to, from) };
            *short = (*short).min(half);
            *long = room - *short;
        }
        let [from_width, to_width, number_widths @ ..] = widths;
        for [from, to, numbers @ ..] in &rows {
            let (from, to) = (end_of(from, from_width), end_of(to, to_width));
            write!(formatter, "{from:<from_width$} {to:<to_width$}")?;
            for (number, width) in numbers.iter().zip(number_widths) {
                write!(formatter, " {number:>width$}")?;
            }
            writeln!(formatter)?;
        }
        write_unknown(formatter, &self.totals)
    }
}

#[cfg(test)]
#[path = "edges_tests.rs"]
mod tests;
