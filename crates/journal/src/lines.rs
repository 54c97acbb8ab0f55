//! Lines out of a text that comes in pieces, with their numbers and places.
//!
//! This module must not know what lines say.
//!
//! ```
//! // Lines are counted from 1, and errors name them.
//! use moot_journal::JournalReader;
//! let error = JournalReader::new(b"{\"folkmoot_journal\":1}\n".as_slice()).unwrap_err();
//! assert!(error.to_string().contains("line 1 (byte 0)"), "{error}");
//! ```

use std::io::Read;

use crate::record::LINE_BYTES_MAX;
use crate::source::{Fill, SourceError, TextSource};

/// Finds the lines of a file's text.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    source: TextSource<R>,
    text: Vec<u8>,
    /// Where in `text` the current line starts, where it ends (without its line break), and where the next starts.
    start: usize,
    end: usize,
    next: usize,
    number: u64,
    offset: u64,
}

/// What came of looking for the next line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is one.
    Line,
    /// The text ended with the last line.
    End,
    /// The text breaks off within this line, or before it in the middle of a frame.
    Torn,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { source: TextSource::new(input), text: Vec::new(), start: 0, end: 0, next: 0, number: 0, offset: 0 }
    }

    /// Goes to the next line.
    pub(crate) fn advance(&mut self) -> Result<Step, SourceError> {
        self.offset += (self.next - self.start) as u64;
        self.number += 1;
        (self.start, self.end) = (self.next, self.next);
        let mut searched = self.start;
        loop {
            let unsearched = self.text.get(searched..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', unsearched) {
                self.end = searched + length;
                self.next = self.end + 1;
                return Ok(Step::Line);
            }
            self.text.drain(..self.start);
            (self.start, self.end, self.next) = (0, 0, 0);
            searched = self.text.len();
            if searched > LINE_BYTES_MAX {
                return Err(SourceError::Damaged(format!("it is longer than {LINE_BYTES_MAX} bytes")));
            }
            match self.source.fill(&mut self.text)? {
                Fill::More => {}
                Fill::End if searched == 0 => return Ok(Step::End),
                Fill::End | Fill::Torn => return Ok(Step::Torn),
            }
        }
    }
}

impl<R> Lines<R> {
    /// The current line, without its line break.
    pub(crate) fn line(&self) -> &[u8] {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// The number of the current line, from 1.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Where the current line starts in the (decompressed) text, in bytes from 0.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_places() {
        let long = "x".repeat(300_000);
        let text = format!("{{\n\n{long}\nlast");
        let mut lines = Lines::new(text.as_bytes());
        let mut found = Vec::new();
        let end = loop {
            match lines.advance().unwrap() {
                Step::Line => found.push((lines.number(), lines.offset(), lines.line().len())),
                end => break end,
            }
        };
        assert_eq!(found, [(1, 0, 1), (2, 2, 0), (3, 3, 300_000)]);
        assert_eq!((end, lines.number(), lines.offset()), (Step::Torn, 4, 300_004));
    }

    #[test]
    fn a_last_line_with_its_break_ends_the_text() {
        let mut lines = Lines::new(b"{\n".as_slice());
        assert_eq!(lines.advance().unwrap(), Step::Line);
        assert_eq!(lines.advance().unwrap(), Step::End);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let endless = b"{".chain(std::io::repeat(b' '));
        let error = Lines::new(endless).advance().unwrap_err();
        assert!(matches!(error, SourceError::Damaged(what) if what.contains("longer than 67108864 bytes")));
    }
}
