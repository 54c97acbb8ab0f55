//! The reader: a journal's file in, verified records out.
//!
//! Every line's check value and every event's number is verified before a record is handed out, so what comes out is
//! what was written. A file that breaks off (its writer was killed, its machine lost power) is told from one that was
//! changed: the first has a [torn tail](JournalError::TornTail), after which one goes on; the second is
//! [damaged](JournalError::Damaged). In both cases the records that were handed out before are good. A file that ends
//! between two commits reads without error; whether the run came to its end is told by its last event.
//!
//! This module must not know what to do about a torn tail, nor what events mean.
//!
//! ```
//! use moot_journal::{JournalError, JournalReader, JournalWriter, Note, Record};
//!
//! let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
//! writer.append(&Record::Note(Note::new("hint", "kept"))).unwrap();
//! writer.commit().unwrap();
//! writer.append(&Record::Note(Note::new("hint", "lost"))).unwrap();
//! let file = writer.finish().unwrap();
//!
//! let mut reader = JournalReader::new(&file[..file.len() - 1]).unwrap();
//! assert_eq!(reader.next().unwrap().unwrap(), Record::Note(Note::new("hint", "kept")));
//! assert!(matches!(reader.last().unwrap(), Err(JournalError::TornTail { good_records: 1, .. })));
//! ```

use std::collections::BTreeSet;
use std::io::{self, Read};

use crate::chain::{Check, START, Verifier, body_of};
use crate::contents::{ContentHash, Contents, has_contents};
use crate::kept_events::KeptEvents;
use crate::lines::{Lines, Step};
use crate::record::{
    HEADER_START, Header, JOURNAL_FORMAT, LineKind, Note, Record, format_of, kind_of, number_of, read_header,
    read_record,
};
use crate::source::SourceError;

/// Reads a journal: an iterator of its records that ends after the first error.
#[derive(Debug)]
pub struct JournalReader<R> {
    lines: Lines<R>,
    verifier: Verifier,
    header: Header,
    good_records: u64,
    next_sequence: u64,
    contents: Contents,
    ended: bool,
}

/// Where a journal that was read so far goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalTail {
    pub(crate) check: Check,
    pub(crate) next_sequence: u64,
    /// The long texts that are in it.
    pub(crate) contents: BTreeSet<ContentHash>,
}

impl JournalTail {
    /// Where a journal begins.
    pub(crate) const fn of_nothing() -> Self {
        Self { check: START, next_sequence: 0, contents: BTreeSet::new() }
    }
}

/// Why a journal does not read to its end.
///
/// Lines count from 1; bytes count from 0 in the decompressed text.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be read.
    #[error("the journal could not be read on from line {line} (byte {offset})")]
    Read {
        /// The line being read.
        line: u64,
        /// Where it starts.
        offset: u64,
        /// What the input said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("this is no journal: expected a first line that starts with {expected}, plain or compressed with zstd", expected = String::from_utf8_lossy(HEADER_START))]
    NotAJournal,
    /// A newer program wrote the file.
    #[error(
        "the journal has format {found}, and this program reads up to format {JOURNAL_FORMAT}; it needs a folkmoot that reads format {found}"
    )]
    NewerFormat {
        /// The version of the format found.
        found: u64,
    },
    /// The file breaks off in the middle of a frame or a line; what comes before is good.
    #[error("the journal breaks off in line {line} (byte {offset}); the {good_records} records before it are good")]
    TornTail {
        /// How many records come before.
        good_records: u64,
        /// The line that breaks off.
        line: u64,
        /// Where it starts.
        offset: u64,
    },
    /// The file was changed after it was written; what comes before the line is good.
    #[error(
        "the journal is damaged in line {line} (byte {offset}): {what}; the {good_records} records before it are good"
    )]
    Damaged {
        /// How many records come before.
        good_records: u64,
        /// The line that is wrong.
        line: u64,
        /// Where it starts.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
}

impl<R: Read> JournalReader<R> {
    /// Starts reading; the form (plain or compressed) is told by the first byte. The input needs no buffer.
    ///
    /// # Errors
    /// When there is no whole header, it is not that of a journal, or its format is newer than this program knows.
    pub fn new(input: R) -> Result<Self, JournalError> {
        let mut reader = Self {
            lines: Lines::new(input),
            verifier: Verifier::new(),
            header: Header::new(""),
            good_records: 0,
            next_sequence: 0,
            contents: Contents::default(),
            ended: false,
        };
        if !reader.advance()? {
            return Err(reader.torn());
        }
        reader.header = reader.read_header()?;
        Ok(reader)
    }

    fn read_header(&mut self) -> Result<Header, JournalError> {
        let line = self.lines.line();
        match format_of(line) {
            Some(found) if found > JOURNAL_FORMAT => Err(JournalError::NewerFormat { found }),
            None if !line.starts_with(HEADER_START) => Err(JournalError::NotAJournal),
            Some(_) | None => {
                let header = self.verifier.verify(line).and_then(|()| read_header(line));
                header.map_err(|what| self.damaged(what))
            }
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, JournalError> {
        let Some(kind) = self.next_verified(false)? else { return Ok(None) };
        self.read_line(kind).map(Some).map_err(|what| self.damaged(what))
    }

    /// Reads the record of the line where it stands.
    fn read_line(&mut self, kind: LineKind) -> Result<Record, String> {
        let line = self.lines.line();
        let body = body_of(line);
        let record = match has_contents(body) {
            false => read_record(kind, line)?,
            true => {
                let mut whole = self.contents.put_back(body)?;
                whole.push(b'}');
                read_record(kind, &whole)?
            }
        };
        if let Record::Event(event) = &record {
            self.take_number(event.sequence.0)?;
        }
        self.good_records += 1;
        Ok(record)
    }

    /// Events have numbers without gaps.
    fn take_number(&mut self, found: u64) -> Result<(), String> {
        let expected = self.next_sequence;
        if found != expected {
            return Err(format!("it holds event {found}, expected event {expected}"));
        }
        self.next_sequence += 1;
        Ok(())
    }

    /// Goes to the next line of a record, whose check value is right; lines of long texts are taken in on the way, or
    /// stopped at as well.
    pub(crate) fn next_verified(&mut self, stops_at_contents: bool) -> Result<Option<LineKind>, JournalError> {
        loop {
            if !self.advance()? {
                return Ok(None);
            }
            let line = self.lines.line();
            let kind = self.verifier.verify(line).and_then(|()| match kind_of(line)? {
                LineKind::Content => self.contents.push_body(body_of(line)).map(|_| LineKind::Content),
                kind => Ok(kind),
            });
            let kind = kind.map_err(|what| self.damaged(what))?;
            if kind != LineKind::Content || stops_at_contents {
                return Ok(Some(kind));
            }
        }
    }

    /// Takes the check values of all further lines for right: for who has them verified elsewhere, by
    /// [`verify`](Self::verify), before anything that was read is relied on.
    #[must_use]
    pub const fn trusting(mut self) -> Self {
        self.verifier.trust();
        self
    }

    /// Verifies the check values and numbers of all further lines, and reads none of them.
    ///
    /// # Errors
    /// What is wrong with the first line that is not good.
    pub fn verify(mut self) -> Result<(), JournalError> {
        while let Some(kind) = self.next_verified(false)? {
            self.pass_line(kind)?;
        }
        Ok(())
    }

    /// Passes a line whose check value is right, and reads no more of it than an event's number.
    fn pass_line(&mut self, kind: LineKind) -> Result<(), JournalError> {
        if kind == LineKind::Event {
            let number = number_of(self.lines.line()).ok_or_else(|| "it is no event: it has no number".to_owned());
            number.and_then(|number| self.take_number(number)).map_err(|what| self.damaged(what))?;
        }
        if kind != LineKind::Content {
            self.good_records += 1;
        }
        Ok(())
    }

    /// Goes on as the iterator does, and stops at lines of long texts as well.
    pub(crate) fn next_line(&mut self) -> Option<Result<(), JournalError>> {
        if self.ended {
            return None;
        }
        let next = self.next_verified(true).and_then(|kind| kind.map(|kind| self.pass_line(kind)).transpose());
        let next = next.transpose();
        self.ended = !matches!(next, Some(Ok(())));
        next
    }

    /// Goes on as the iterator does, and reads notes alone: an event is put to the others as it stands in its line, and
    /// `None` comes in its place. Many times faster than reading it.
    pub fn next_note(&mut self, events: &mut KeptEvents) -> Option<Result<Option<Note>, JournalError>> {
        if self.ended {
            return None;
        }
        let next = self.next_unread(events).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }

    fn next_unread(&mut self, events: &mut KeptEvents) -> Result<Option<Option<Note>>, JournalError> {
        let Some(kind) = self.next_verified(false)? else { return Ok(None) };
        let line = self.lines.line();
        let unread = match (kind, number_of(line)) {
            (LineKind::Event, Some(number)) => self.take_number(number).and_then(|()| {
                self.good_records += 1;
                events.push_body(body_of(self.lines.line()), &self.contents).map(|()| None)
            }),
            (kind, _) => self.read_line(kind).map(|record| match record {
                Record::Note(note) => Some(note),
                Record::Event(_) => None,
            }),
        };
        unread.map(Some).map_err(|what| self.damaged(what))
    }

    /// Goes to the next line; `false` when there is none.
    fn advance(&mut self) -> Result<bool, JournalError> {
        match self.lines.advance() {
            Ok(Step::Line) => Ok(true),
            Ok(Step::End) => Ok(false),
            Ok(Step::Torn) => Err(self.torn()),
            Err(SourceError::Read(source)) => {
                Err(JournalError::Read { line: self.lines.number(), offset: self.lines.offset(), source })
            }
            Err(SourceError::Unknown) => Err(JournalError::NotAJournal),
            Err(SourceError::Damaged(what)) => Err(self.damaged(what)),
        }
    }
}

impl<R> JournalReader<R> {
    /// The journal's first line.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How many records were handed out so far.
    #[must_use]
    pub const fn good_records(&self) -> u64 {
        self.good_records
    }

    /// Where the journal goes on behind what was handed out so far.
    #[must_use]
    pub fn tail(&self) -> JournalTail {
        let contents = self.contents.known();
        JournalTail { check: self.verifier.last(), next_sequence: self.next_sequence, contents }
    }

    /// The line of the record that was handed out last, or the first line; without its line break.
    pub(crate) fn line(&self) -> &[u8] {
        self.lines.line()
    }

    const fn torn(&self) -> JournalError {
        JournalError::TornTail {
            good_records: self.good_records,
            line: self.lines.number(),
            offset: self.lines.offset(),
        }
    }

    const fn damaged(&self, what: String) -> JournalError {
        JournalError::Damaged {
            good_records: self.good_records,
            line: self.lines.number(),
            offset: self.lines.offset(),
            what,
        }
    }
}

impl<R: Read> Iterator for JournalReader<R> {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_record().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "formats_tests.rs"]
mod formats_tests;
