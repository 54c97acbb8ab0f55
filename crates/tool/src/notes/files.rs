//! Notes as the files of a folder, so that a later run can go on with them.
//!
//! `notes.jsonl` holds one note per line, with author, team, scope and all; it alone is read again. `MEMORY.md` shows
//! the same to people. Both are functions of the notes alone, to the byte. This module must not know where the folder
//! lies: reading and writing it is the caller's.
//!
//! ```
//! use moot_core::port::Note;
//! use moot_core::{ActorPath, VirtualTime};
//! use moot_tool::{Notes, notes};
//!
//! let mut kept = Notes::new();
//! kept.remember(Note::new(ActorPath::new("scribe").unwrap(), VirtualTime::ZERO, "Use metric units.")).unwrap();
//! let mut files = notes::to_files(&kept);
//! assert!(files["MEMORY.md"].contains("- Use metric units. (scribe, project)"));
//! assert_eq!(notes::from_files(&files), Ok(kept));
//!
//! files.insert("notes.jsonl".into(), "{}\n".into());
//! let problem = notes::from_files(&files).unwrap_err();
//! assert_eq!(problem.to_string(), "notes.jsonl:1: this is no note: missing field `author` (column 2)");
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;

use moot_core::port::{Note, NoteKind, NoteScope, PortError, Remembered};

use super::Notes;
use crate::describe;

/// The file that is read again: one note per line, as JSON, oldest first.
pub const NOTES_FILE: &str = "notes.jsonl";

/// The file for people.
pub const INDEX_FILE: &str = "MEMORY.md";

/// The longest that the file of notes may be, in bytes.
pub const NOTES_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

const INDEX_HEAD: &str = "# Memory\n\nWritten from notes.jsonl, which alone is read again.\n";

/// What is wrong with a file of notes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct NoteFileProblem {
    /// The name of the file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, what was expected, what to try.
    pub message: String,
}

/// The files that hold these notes, by name.
#[must_use]
pub fn to_files(notes: &Notes) -> BTreeMap<String, String> {
    let mut lines = String::new();
    for note in notes.iter() {
        // A note is made of texts and numbers only, which can always be written.
        if let Ok(line) = serde_json::to_string(note) {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    BTreeMap::from([(NOTES_FILE.to_owned(), lines), (INDEX_FILE.to_owned(), index(notes))])
}

/// The notes that these files hold; none when [`NOTES_FILE`] is not among them. Other files are not looked at, empty
/// lines are passed over.
///
/// # Errors
/// The first line that is no note or that the store would not keep, such as one that stands twice.
pub fn from_files(files: &BTreeMap<String, String>) -> Result<Notes, NoteFileProblem> {
    let text = files.get(NOTES_FILE).map_or("", String::as_str);
    let problem = |line: usize, message: String| NoteFileProblem { file: NOTES_FILE, line, message };
    if text.len() > NOTES_FILE_BYTES_MAX {
        let message = format!("the file is {} bytes long; at most {NOTES_FILE_BYTES_MAX} are read", text.len());
        return Err(problem(1, message));
    }
    let mut notes = Notes::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let note: Note = serde_json::from_str(line).map_err(|error| problem(number, no_note(&error)))?;
        match notes.remember(note) {
            Ok(Remembered::New) => {}
            Ok(Remembered::Known) => {
                return Err(problem(number, "this note stands there already; remove the line".to_owned()));
            }
            Err(PortError::Limit { reason } | PortError::Denied { reason }) => return Err(problem(number, reason)),
            Err(other) => return Err(problem(number, other.to_string())),
        }
    }
    Ok(notes)
}

/// The parser's words, with the column alone: each line is a text of its own to it.
fn no_note(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let end = told.rfind(" at line ").unwrap_or(told.len());
    format!("this is no note: {} (column {})", told.get(..end).unwrap_or(&told), error.column())
}

fn index(notes: &Notes) -> String {
    let mut text = INDEX_HEAD.to_owned();
    let headings = [
        (NoteKind::Fact, "Facts"),
        (NoteKind::Preference, "Preferences"),
        (NoteKind::Feedback, "Feedback"),
        (NoteKind::Reference, "References"),
    ];
    for (kind, heading) in headings {
        let entries: Vec<String> = notes.iter().filter(|note| note.kind == kind).map(entry).collect();
        if !entries.is_empty() {
            // Writing into a String can't fail.
            let _ = write!(text, "\n## {heading}\n\n{}\n", entries.join("\n"));
        }
    }
    text
}

/// One note; further lines are indented, so that none can pass itself off as another note.
fn entry(note: &Note) -> String {
    let readers = match note.scope {
        NoteScope::Private => "private".to_owned(),
        NoteScope::Team => format!("team {}", note.team),
        NoteScope::Project => "project".to_owned(),
    };
    let until = note.expires_at.map_or_else(String::new, |expiry| format!(", until {expiry}"));
    format!("- {} ({}, {readers}{until})", describe::indented(&note.text), note.author)
}
