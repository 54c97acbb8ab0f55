//! How well a group works together: metrics of coordination, folded event by event.
//!
//! Each metric stands in a file of its own with its definition and source. What is kept is bounded by what is open: it is
//! dropped when its task ends. The cheap ones are always computed, the others when they are asked for, see
//! [`Measured`]; live and from a kept journal they come out the same. This module must not know files, nor what a
//! pattern is.
//!
//! ```
//! use moot_journal::{Measured, METRIC_NAMES, Summary};
//!
//! let summary = Summary::measuring(Measured::everything());
//! let metrics = summary.metrics();
//! assert!(metrics.contains_key("mast_1_3") && !Summary::new().metrics().contains_key("mast_1_3"));
//! assert!(summary.samples().keys().all(|name| METRIC_NAMES.iter().any(|(known, _)| known == name)));
//! ```

use std::collections::BTreeMap;

use moot_core::{Event, EventKind, TaskId};

use crate::mast::MastCounts;
use crate::metrics::MetricValue;
use agreement::Agreement;
use ballots::{Ballots, Counted, Vote};
use consensus::Consensus;
use correctness::Correctness;
use flips::Flips;
use paths::Paths;
use redundancy::Redundancy;
use rounds::ByRound;

mod agreement;
mod ballots;
mod consensus;
mod correctness;
pub(crate) mod efficiency;
mod flips;
pub(crate) mod liveness;
mod measured;
mod paths;
mod redundancy;
pub(crate) mod rounds;
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod testing;

pub use measured::Measured;
pub use sample::Sample;

/// The metrics of coordination of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Coordination {
    turns: u64,
    ballots: Ballots,
    agreement: Agreement,
    correctness: Correctness,
    flips: Flips,
    consensus: Consensus,
    by_round: ByRound,
    /// Only what is asked for; one place for all, so that a run that asks for nothing carries nothing.
    dear: Option<Box<Dear>>,
}

/// What is computed only when it is asked for.
#[derive(Debug, Clone, PartialEq, Default)]
struct Dear {
    redundancy: Option<Redundancy>,
    paths: Option<Paths>,
    tags: Option<MastCounts>,
}

impl Coordination {
    pub(crate) fn new(measured: Measured) -> Self {
        let dear = Dear {
            redundancy: measured.outputs.then(Redundancy::default),
            paths: measured.paths.then(Paths::default),
            tags: measured.tags.then(MastCounts::default),
        };
        let asked = measured != Measured::default();
        Self { dear: asked.then(|| Box::new(dear)), ..Self::default() }
    }

    /// Takes in the next event. The end of a task is told by [`task_ended`](Self::task_ended) beside.
    pub(crate) fn push(&mut self, event: &Event) {
        self.turns += u64::from(matches!(event.kind, EventKind::ModelReplied { .. }));
        self.ballots.push(event);
        if let Some(dear) = &mut self.dear {
            dear.redundancy.iter_mut().for_each(|redundancy| redundancy.push(event));
            dear.paths.iter_mut().for_each(|paths| paths.push(event));
            dear.tags.iter_mut().for_each(|tags| tags.push(event));
        }
    }

    /// Takes in the vote on a task that ended, whose right answer may be known.
    pub(crate) fn task_ended(&mut self, task: TaskId, right: Option<&str>) {
        let rounds = self.ballots.take(task);
        if rounds.is_empty() {
            return;
        }
        let counted: Vec<Counted<'_>> = rounds.iter().map(ballots::Round::counted).collect();
        let vote = Vote { rounds: &rounds, counted: &counted, right };
        self.agreement.push(&vote);
        self.correctness.push(&vote);
        self.flips.push(&vote);
        self.consensus.push(&vote);
        self.by_round.push(&vote);
    }

    /// Replies of models.
    pub(crate) const fn turns(&self) -> u64 {
        self.turns
    }

    /// The metrics that are means or shares, by name, with what they are computed from.
    pub(crate) fn samples(&self) -> BTreeMap<String, Sample> {
        let mut samples = Vec::new();
        samples.extend(self.agreement.named());
        samples.extend(self.correctness.named());
        samples.extend(self.flips.named());
        samples.extend(self.consensus.named());
        if let Some(dear) = &self.dear {
            samples.extend(dear.redundancy.iter().flat_map(Redundancy::named));
            samples.extend(dear.paths.iter().flat_map(Paths::named));
        }
        let series = self.by_round.named().into_iter().flat_map(|(name, rounds)| {
            let named = (0_u32..).zip(rounds).map(move |(round, sample)| (format!("{name}.{round}"), sample));
            named.collect::<Vec<_>>()
        });
        samples.into_iter().map(|(name, sample)| (name.to_owned(), sample)).chain(series).collect()
    }

    /// The metrics that are neither, by name.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&'static str, MetricValue)> {
        let dear = self.dear.as_deref();
        let parallelism = dear.and_then(|dear| dear.paths.as_ref()?.parallelism());
        let parallelism = parallelism.map(|ratio| ("parallelism", MetricValue::Number(ratio)));
        let tags = dear.and_then(|dear| dear.tags.as_ref()).into_iter().flat_map(MastCounts::named);
        parallelism.into_iter().chain(tags.map(|(name, tasks)| (name, MetricValue::Count(tasks))))
    }
}
