//! What happened: versioned format, writer, reader, digest, canonical result.
//!
//! A run is its events in order. From them come the [`Digest`] (are two runs the same?), the journal's file
//! ([`JournalWriter`], [`JournalReader`]), the counts ([`Summary`]) and the object that `--json` prints ([`RunResult`]).
//! All of them are folds over events, so what is computed while a run is live and what is computed from its file is
//! the same. This crate must not know actors, models, tools or the format of scenario files; it opens no files itself
//! and reads no clock.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, RunStatus, VirtualTime};
//! use moot_journal::{Digest, JournalReader, JournalWriter, Record, Summary};
//!
//! let kinds = [
//!     EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 },
//!     EventKind::RunEnded { status: RunStatus::Completed, reason: None },
//! ];
//! let mut live = Digest::new();
//! let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
//! for (number, kind) in (0..).zip(kinds) {
//!     let (sequence, time, actor) = (EventSequence(number), VirtualTime::ZERO, ActorPath::world());
//!     let event = Event { sequence, time, actor, cause: None, kind };
//!     live.push(&event);
//!     writer.append(&Record::Event(event)).unwrap();
//! }
//! let file = writer.finish().unwrap();
//!
//! let (mut read, mut summary) = (Digest::new(), Summary::new());
//! for record in JournalReader::new(file.as_slice()).unwrap() {
//!     if let Record::Event(event) = record.unwrap() {
//!         read.push(&event);
//!         summary.push(&event);
//!     }
//! }
//! assert_eq!(read.finish(), live.finish());
//! assert_eq!(summary.status(), Some(RunStatus::Completed));
//! ```

mod chain;
mod compact;
mod contents;
mod coordination;
pub mod cost;
mod cost_table;
pub mod digest;
pub mod edges;
mod harness_counts;
pub mod kept_events;
mod latencies;
mod lines;
mod mast;
pub mod mend;
pub mod metrics;
mod outcome_form;
pub mod outside;
pub mod reader;
pub mod record;
pub mod result;
mod source;
pub mod status;
pub mod summary;
mod table;
#[cfg(test)]
mod testing;
pub mod totals;
pub mod writer;

pub use coordination::{Measured, Sample};
pub use cost::{CostAttempt, CostName, CostNode, CostTree};
pub use digest::{Digest, DigestError, DigestValue};
pub use edges::{CostEdge, CostEdges};
pub use harness_counts::{HarnessCounts, SKILLS_NOTE};
pub use kept_events::{KeptEventError, KeptEvents};
pub use mast::{Finding, MastTag, MastTagger};
pub use mend::{MendError, Mended, mend};
pub use metrics::{METRIC_NAMES, METRIC_SERIES, MetricValue, SERIES_ROUNDS_MAX};
pub use outside::{OutsideLog, OutsideNote, OutsideNoteError};
pub use reader::{JournalError, JournalReader, JournalTail};
pub use record::{CALLED_OFF, Header, JOURNAL_FORMAT, Note, Record};
pub use result::{RESULT_FORMAT, ResultError, RunResult, TaskResult};
pub use status::{EndedEarly, OutcomeCounts, run_status};
pub use summary::Summary;
pub use totals::CallTotals;
pub use writer::{JournalWriter, WriteError};
