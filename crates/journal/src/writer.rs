//! The writer: records in, compressed frames out.
//!
//! Lines collect in a frame of at most 1 MiB, and a commit compresses the frame with zstd (level -3) and hands it to the
//! output in one piece. Frames stand one behind the other, so a file that breaks off loses its last frame at most, and
//! `zstd -dc` shows any journal. What was appended since the last commit is in memory only: who needs it in the file
//! commits first. A line may be longer than a frame; then it has a frame of its own. A long text that was written before
//! is written as its hash.
//!
//! This module must not know what kind of output it has, nor make anything durable: that is for the owner of the file.
//!
//! ```
//! use moot_journal::{JournalWriter, Note, Record};
//!
//! let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
//! writer.append(&Record::Note(Note::new("hint", "nothing happened yet"))).unwrap();
//! writer.commit().unwrap();
//! let file = writer.finish().unwrap();
//! assert!(!file.is_empty());
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use moot_core::{Event, EventKind};
use serde::Serialize;

use crate::chain::{AFTER_CHECK, BEFORE_CHECK, CHECK_DIGITS, check_of};
use crate::contents::{CONTENT_BYTES_MIN, ContentHash, take_out};
use crate::reader::JournalTail;
use crate::record::{Header, LINE_BYTES_MAX, Note, NoteLine, Record};

/// How many bytes of lines a frame holds at most.
pub(crate) const FRAME_BYTES_MAX: usize = 1 << 20;

/// The level that costs least; lines of a journal shrink well at any.
pub(crate) const COMPRESSION_LEVEL: i32 = -3;

/// Writes a journal.
///
/// Dropping a writer loses what was not committed; [`finish`](Self::finish) loses nothing.
pub struct JournalWriter<W: Write> {
    output: W,
    compressor: zstd::bulk::Compressor<'static>,
    /// The check value of the last line, and behind it the line being made: hashed in one piece.
    line: Vec<u8>,
    frame: Vec<u8>,
    compressed: Vec<u8>,
    next_sequence: u64,
    /// The long texts that are in the journal.
    contents: BTreeSet<ContentHash>,
    /// A write failed: nobody knows what the output holds.
    failed: bool,
}

/// Why a record is not in the journal.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output did not take a frame.
    #[error("could not {doing} (a frame with {bytes} bytes of lines)")]
    Output {
        /// What was tried.
        doing: &'static str,
        /// How many bytes of lines the frame holds, before compression.
        bytes: usize,
        /// What the output said.
        source: io::Error,
    },
    /// An earlier write failed, so more would follow a gap.
    #[error("nothing more is written because an earlier write failed; start a new journal")]
    FailedBefore,
    /// The event's number is not the next one.
    #[error("the event has number {found}, but the next in the journal is {expected}; events go in without gaps")]
    Sequence {
        /// The next number.
        expected: u64,
        /// The number of the event.
        found: u64,
    },
    /// A number in the event can't be written as JSON.
    #[error("event {sequence} ({kind}) holds a weight that is not a finite number; a journal can't keep it")]
    NotFinite {
        /// The number of the event.
        sequence: u64,
        /// The name of its kind.
        kind: &'static str,
    },
    /// The record can't be written as JSON.
    #[error("the record could not be written as JSON")]
    Encode {
        /// What the encoder said.
        source: serde_json::Error,
    },
    /// The record is too long to be read back.
    #[error("the record takes {bytes} bytes as a line; at most {LINE_BYTES_MAX} are allowed")]
    TooLong {
        /// The length found, in bytes.
        bytes: usize,
    },
}

impl<W: Write> JournalWriter<W> {
    /// Starts a journal, written by `program` (a name with a version). Its header is committed at once, so an output
    /// that takes nothing is found now.
    ///
    /// # Errors
    /// [`WriteError::Output`] when the output does not take the header.
    pub fn new(output: W, program: &str) -> Result<Self, WriteError> {
        Self::with_header(output, &Header::new(program))
    }

    /// Starts a journal with this header, as [`new`](Self::new) does.
    ///
    /// # Errors
    /// [`WriteError::Output`] when the output does not take the header.
    pub fn with_header(output: W, header: &Header) -> Result<Self, WriteError> {
        let mut writer = Self::at(output, &JournalTail::of_nothing())?;
        writer.append_line(header)?;
        writer.commit()?;
        Ok(writer)
    }

    /// Goes on with a journal whose whole lines end here. The output must stand behind the last of them; nothing is
    /// written yet.
    ///
    /// # Errors
    /// [`WriteError::Output`] when the compression can't be started.
    pub fn continue_after(output: W, tail: &JournalTail) -> Result<Self, WriteError> {
        Self::at(output, tail)
    }

    fn at(output: W, tail: &JournalTail) -> Result<Self, WriteError> {
        let compressor = zstd::bulk::Compressor::new(COMPRESSION_LEVEL).map_err(|source| WriteError::Output {
            doing: "start the compression",
            bytes: 0,
            source,
        })?;
        let (line, frame, compressed) = (tail.check.to_vec(), Vec::new(), Vec::new());
        let (next_sequence, contents) = (tail.next_sequence, tail.contents.clone());
        Ok(Self { output, compressor, line, frame, compressed, next_sequence, contents, failed: false })
    }

    /// Appends a record. A full frame is committed first.
    ///
    /// # Errors
    /// When the record is not the next one, can't be kept, or a full frame could not be committed. All but the last
    /// leave the journal as it was.
    pub fn append(&mut self, record: &Record) -> Result<(), WriteError> {
        match record {
            Record::Event(event) => self.append_event(event),
            Record::Note(note) => self.append_note(note),
        }
    }

    /// Appends an event, as [`append`](Self::append) does, without a record being made of it.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_event(&mut self, event: &Event) -> Result<(), WriteError> {
        if event.sequence.0 != self.next_sequence {
            return Err(WriteError::Sequence { expected: self.next_sequence, found: event.sequence.0 });
        }
        if !is_finite(&event.kind) {
            return Err(WriteError::NotFinite { sequence: event.sequence.0, kind: event.kind.name() });
        }
        self.append_line(event)?;
        self.next_sequence += 1;
        Ok(())
    }

    /// Appends a note, as [`append`](Self::append) does, without a record being made of it.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_note(&mut self, note: &Note) -> Result<(), WriteError> {
        self.append_line(&NoteLine { note })
    }

    /// Compresses what was appended since the last commit into a frame of its own, writes it and flushes the output.
    ///
    /// # Errors
    /// [`WriteError::Output`] when the output fails; after that the writer takes nothing more, because nobody knows
    /// how much of the frame the output holds.
    pub fn commit(&mut self) -> Result<(), WriteError> {
        if self.failed {
            return Err(WriteError::FailedBefore);
        }
        let bytes = self.frame.len();
        let written = self.write_frame();
        self.failed = written.is_err();
        self.frame.clear();
        written.map_err(|(doing, source)| WriteError::Output { doing, bytes, source })
    }

    /// Commits and gives the output back.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.commit()?;
        Ok(self.output)
    }

    /// Makes a line of `content`, which serialises as a JSON object with at least one field.
    fn append_line(&mut self, content: &impl Serialize) -> Result<(), WriteError> {
        if self.failed {
            return Err(WriteError::FailedBefore);
        }
        self.line.truncate(CHECK_DIGITS);
        serde_json::to_writer(&mut self.line, content).map_err(|source| WriteError::Encode { source })?;
        // The closing brace goes behind the check value.
        self.line.pop();
        if self.line.len() < CONTENT_BYTES_MIN {
            return self.push_line();
        }
        let body = self.line.split_off(CHECK_DIGITS);
        let Some(taken) = take_out(&body, &self.contents) else {
            self.line.extend_from_slice(&body);
            return self.push_line();
        };
        for (hash, body) in &taken.contents {
            self.line.extend_from_slice(body);
            self.push_line()?;
            self.contents.insert(*hash);
            self.line.truncate(CHECK_DIGITS);
        }
        self.line.extend_from_slice(&taken.body);
        self.push_line()
    }

    /// Puts the line that was made into the frame.
    fn push_line(&mut self) -> Result<(), WriteError> {
        let body_bytes = self.line.len() - CHECK_DIGITS;
        let bytes = body_bytes + BEFORE_CHECK.len() + CHECK_DIGITS + AFTER_CHECK.len() + 1;
        if bytes > LINE_BYTES_MAX {
            return Err(WriteError::TooLong { bytes });
        }
        if !self.frame.is_empty() && self.frame.len() + bytes > FRAME_BYTES_MAX {
            self.commit()?;
        }
        let check = check_of(&self.line);
        if let Some((previous, body)) = self.line.split_first_chunk_mut::<CHECK_DIGITS>() {
            self.frame.extend_from_slice(body);
            *previous = check;
        }
        self.frame.extend_from_slice(BEFORE_CHECK);
        self.frame.extend_from_slice(&check);
        self.frame.extend_from_slice(AFTER_CHECK);
        self.frame.push(b'\n');
        Ok(())
    }

    fn write_frame(&mut self) -> Result<(), (&'static str, io::Error)> {
        if !self.frame.is_empty() {
            self.compressed.clear();
            self.compressed.reserve(zstd::zstd_safe::compress_bound(self.frame.len()));
            self.compressor
                .compress_to_buffer(self.frame.as_slice(), &mut self.compressed)
                .map_err(|error| ("compress a frame", error))?;
            self.output.write_all(&self.compressed).map_err(|error| ("write a frame", error))?;
        }
        self.output.flush().map_err(|error| ("flush the output", error))
    }
}

impl<W: Write> fmt::Debug for JournalWriter<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JournalWriter")
            .field("next_sequence", &self.next_sequence)
            .field("uncommitted_bytes", &self.frame.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// JSON has no word for numbers that are not finite: they would come back as nothing.
fn is_finite(kind: &EventKind) -> bool {
    match kind {
        EventKind::BallotCast { weight, .. } => weight.is_finite(),
        EventKind::Tallied { counts, .. } => counts.iter().all(|(_, weight)| weight.is_finite()),
        _ => true,
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
