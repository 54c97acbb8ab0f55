//! Records: what stands in the lines of a journal.
//!
//! A journal is text in lines, compressed with zstd. The first line is the [`Header`]; each other line is a
//! [`Record`]: an event, in the order of its number, or a note. Events are canonical: what the world did, which is what
//! the digest is taken over. Notes are what it took to get there (a resume after a kill, a warning); they stand beside.
//!
//! | line | what it holds |
//! | --- | --- |
//! | header | `{"folkmoot_journal":3,"program":"folkmoot 0.1.0","check":"…"}` |
//! | event | `{"n":0,"t":0,"a":"world","c":null,"e":{"run_started":{…}},"check":"…"}` |
//! | note | `{"note":{"kind":"resumed","text":"…"},"check":"…"}`, some with `"data":{…}` behind the text |
//! | content | `{"content":"…","hash":"…","check":"…"}`: a long text that the lines behind it hold |
//!
//! A line with `"contents":[7,9]` in front of its check value has at its strings 7 and 9, counted from 0 with the names of
//! fields, the hashes of long texts in place of the texts.
//!
//! `n` is the event's number, `t` its virtual time in ms, `a` its actor, `c` the number of its cause, `e` its kind.
//! `check` ties each line to the one before it. This module must not know files or compression.
//!
//! ```
//! use moot_journal::{Note, Record};
//!
//! let record = Record::Note(Note::new("resumed", "after 120 events"));
//! assert!(record.event().is_none(), "a note is not canonical");
//! ```

use moot_core::{Event, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contents::CONTENT_START;

/// The version of the journal's format that this program writes, and the newest that it reads. Format 2 has more kinds of
/// events, and cached tokens in what calls took, which is also part of the digest; format 3 keeps long texts once. Older
/// formats are read as they were, for ever.
pub const JOURNAL_FORMAT: u64 = 3;

/// The longest line that is written or read, in bytes.
pub(crate) const LINE_BYTES_MAX: usize = 64 << 20;

/// The kind of the note that says that somebody called the run off: what follows is no consequence of what was before.
pub const CALLED_OFF: &str = "called_off";

/// The key that tells a journal's first line, and with it a journal.
pub(crate) const HEADER_START: &[u8] = b"{\"folkmoot_journal\":";
const EVENT_START: &[u8] = b"{\"n\":";
const NOTE_START: &[u8] = b"{\"note\":";

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format, see [`JOURNAL_FORMAT`].
    #[serde(rename = "folkmoot_journal")]
    pub format: u64,
    /// The program that wrote it, with its version.
    pub program: Text,
    /// The hash of the scenario that is played, when the writer knew it: a resume with another one is refused by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<Text>,
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// What the world did: canonical, part of the digest.
    Event(Event),
    /// What stands beside.
    Note(Note),
}

/// Something worth knowing that is not part of what the world did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What kind of thing, as a snake_case name.
    pub kind: Text,
    /// What it is, for readers.
    pub text: Text,
    /// What it is, for programs, where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// A note as it stands in a line.
#[derive(Serialize)]
pub(crate) struct NoteLine<'a> {
    pub(crate) note: &'a Note,
}

#[derive(Deserialize)]
struct NoteLineRead {
    note: Note,
}

/// The version alone, which every format to come keeps where it is.
#[derive(Deserialize)]
struct FormatLine {
    folkmoot_journal: u64,
}

impl Header {
    /// The header of a journal written by `program`.
    #[must_use]
    pub fn new(program: impl Into<Text>) -> Self {
        Self { format: JOURNAL_FORMAT, program: program.into(), source_hash: None }
    }

    /// The same header for a run of the scenario with this hash.
    #[must_use]
    pub fn with_source_hash(mut self, source_hash: impl Into<Text>) -> Self {
        self.source_hash = Some(source_hash.into());
        self
    }
}

impl Note {
    /// A note.
    #[must_use]
    pub fn new(kind: impl Into<Text>, text: impl Into<Text>) -> Self {
        Self { kind: kind.into(), text: text.into(), data: None }
    }

    /// The same note with something for programs.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}

impl Record {
    /// The event, if it is one.
    #[must_use]
    pub const fn event(&self) -> Option<&Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Note(_) => None,
        }
    }
}

impl From<Event> for Record {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

impl From<Note> for Record {
    fn from(note: Note) -> Self {
        Self::Note(note)
    }
}

/// The version of the format that a first line names; `None` when it is not the first line of a journal.
pub(crate) fn format_of(line: &[u8]) -> Option<u64> {
    if !line.starts_with(HEADER_START) {
        return None;
    }
    serde_json::from_slice::<FormatLine>(line).ok().map(|line| line.folkmoot_journal)
}

/// Reads a first line whose check value was verified.
pub(crate) fn read_header(line: &[u8]) -> Result<Header, String> {
    serde_json::from_slice(line).map_err(|error| format!("it is no header: {error}"))
}

/// What a further line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    Event,
    Note,
    /// A long text.
    Content,
}

/// Tells by its beginning what a line holds.
pub(crate) fn kind_of(line: &[u8]) -> Result<LineKind, String> {
    match line {
        line if line.starts_with(EVENT_START) => Ok(LineKind::Event),
        line if line.starts_with(NOTE_START) => Ok(LineKind::Note),
        line if line.starts_with(CONTENT_START) => Ok(LineKind::Content),
        _ => Err("it is neither an event nor a note".to_owned()),
    }
}

/// The number of an event, from its line.
pub(crate) fn number_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(EVENT_START)?;
    let digits = rest.get(..rest.iter().position(|byte| *byte == b',')?)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads a further line whose check value was verified.
pub(crate) fn read_record(kind: LineKind, line: &[u8]) -> Result<Record, String> {
    match kind {
        LineKind::Event => {
            serde_json::from_slice(line).map(Record::Event).map_err(|error| format!("it is no event: {error}"))
        }
        LineKind::Note => {
            let read = serde_json::from_slice::<NoteLineRead>(line);
            read.map(|read| Record::Note(read.note)).map_err(|error| format!("it is no note: {error}"))
        }
        LineKind::Content => Err("it is neither an event nor a note".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn only_a_first_line_has_a_format() {
        assert_eq!(format_of(br#"{"folkmoot_journal":7,"shape":"unheard of"}"#), Some(7));
        for line in [r#"{"folkmoot_journal":"7"}"#, r#"{"program":"x","folkmoot_journal":1}"#, r#"{"n":0}"#, "", "{"] {
            assert_eq!(format_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn other_lines_say_what_they_are_not() {
        for (line, said) in [
            (r#"{"n":0,"check":""}"#, "no event: missing field `t`"),
            (r#"{"note":{"kind":"k"},"check":""}"#, "no note: missing field `text`"),
            (r#"{"folkmoot_journal":1,"check":""}"#, "neither"),
            (r#"{ "n":0}"#, "neither"),
        ] {
            let read = kind_of(line.as_bytes()).and_then(|kind| read_record(kind, line.as_bytes()));
            let message = read.unwrap_err();
            assert!(message.contains(said), "{line}: {message}");
        }
    }
}
