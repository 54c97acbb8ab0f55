//! A world: one run on one thread, with its own time, actors and journal.
//!
//! `shared` is what actors of a world have in common, `start` brings the actors up and down, `drive` plays the tasks
//! and takes the idle step.

mod books;
mod drive;
mod household;
mod kinds;
mod shared;
mod start;

use std::collections::BTreeMap;

use moot_core::{Event, RunStatus, Text, VirtualTime};
use moot_journal::{DigestValue, Summary};
use moot_safety::fault::Fired;
use moot_safety::invariant::Violation;
use moot_tool::Notes;

pub(crate) use household::Household;
pub(crate) use shared::{OpenAttempt, OpenCall, World, WorldSignal};
pub(crate) use start::servant;
#[cfg(test)]
pub(crate) use start::start_supervisors;

use crate::recall::Divergence;
use crate::spec::WorldSpec;
use crate::{LedgerTotals, WorldProgress};

/// What a run left behind.
#[derive(Debug)]
pub struct WorldReport {
    /// The digest over the canonical records.
    pub digest: DigestValue,
    /// The counts over all events.
    pub summary: Summary,
    /// How the run ended.
    pub status: RunStatus,
    /// Why, when it did not complete.
    pub reason: Option<Text>,
    /// The ledger's books.
    pub ledger: LedgerTotals,
    /// The files in the in-memory workspace at the end; none when the files are outside.
    pub files: BTreeMap<String, String>,
    /// The notes at the end.
    pub notes: Notes,
    /// Where the run went otherwise than an earlier play that it was to repeat.
    pub divergence: Option<Divergence>,
    /// All events, when they were to be kept.
    pub events: Option<Vec<Event>>,
    /// The virtual time at the end.
    pub ended_at: VirtualTime,
    /// What the invariants found; `None` when they were not asked.
    pub violations: Option<Vec<Violation>>,
    /// What was reached that no event tells, and how often, when invariants were asked.
    pub reached: BTreeMap<&'static str, u64>,
    /// How often which planned fault has struck.
    pub fired: Fired,
    /// How many tasks of the world's tokio runtime were left when all actors had stopped; anything but 0 is a defect.
    pub leftover_tasks: usize,
}

/// Why a world could not be played at all.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The world's thread could not get what it needs.
    #[error("the world's runtime could not be started")]
    Runtime(#[source] std::io::Error),
    /// The parts of the specification do not fit together.
    #[error("{who}: {problem}")]
    Specification {
        /// The part.
        who: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An actor could not be started.
    #[error("the actor {who} could not be started: {reason}")]
    Start {
        /// The actor.
        who: String,
        /// Why.
        reason: String,
    },
    /// The earlier play that is to be repeated can't be read.
    #[error("the run that is to be repeated can't be read")]
    Recall(#[from] moot_journal::KeptEventError),
}

/// Plays a world on this thread until its tasks are done or it ends otherwise.
///
/// # Errors
/// Only when the world could not be started; whatever happens to a run that has started is in the report.
pub fn play(spec: WorldSpec) -> Result<WorldReport, WorldError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(WorldError::Runtime)?;
    let live = spec.live.clone();
    let progress = live.as_ref().map(|live| live.enter(&spec.scenario));
    let report = runtime.block_on(async {
        let (started, tasks) = start::start(spec).await?;
        let driven = drive::drive(&started, tasks, progress.as_deref()).await;
        let mut report = start::stop(started, driven).await;
        report.leftover_tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        Ok(report)
    });
    if let Some((live, progress)) = live.zip(progress) {
        live.leave(&progress);
    }
    report
}

/// Counts a task for whoever watches.
fn note_progress(progress: Option<&WorldProgress>) {
    if let Some(progress) = progress {
        progress.task_ended();
    }
}
