//! Mending: the good lines of a journal that breaks off or is damaged, as a journal of their own.
//!
//! The lines are copied byte for byte, so their check values stay what they were, and whoever goes on with the new journal
//! writes what would have followed. This module must not know why a journal breaks off, nor which file it is.
//!
//! ```
//! use moot_journal::{JournalReader, JournalWriter, Note, Record, mend};
//!
//! let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
//! writer.append(&Record::Note(Note::new("hint", "kept"))).unwrap();
//! writer.commit().unwrap();
//! let whole = writer.finish().unwrap();
//! let torn = [whole.as_slice(), &whole[..9]].concat();
//!
//! let mut mended = Vec::new();
//! assert_eq!(mend(torn.as_slice(), &mut mended).unwrap().records, 1);
//! let mut reader = JournalReader::new(mended.as_slice()).unwrap();
//! assert_eq!(reader.by_ref().count(), 1);
//! let tail = reader.tail();
//! let mut writer = JournalWriter::continue_after(mended, &tail).unwrap();
//! writer.append(&Record::Note(Note::new("resumed", "after the first note"))).unwrap();
//! let mended = writer.finish().unwrap();
//! assert!(JournalReader::new(mended.as_slice()).unwrap().all(|record| record.is_ok()));
//! ```

use std::io::{self, Read, Write};

use crate::reader::{JournalError, JournalReader};
use crate::writer::{COMPRESSION_LEVEL, FRAME_BYTES_MAX};

/// What was good of a journal.
#[derive(Debug)]
pub struct Mended {
    /// How many records.
    pub records: u64,
    /// Why there are no more; `None` when the journal was whole.
    pub end: Option<JournalError>,
}

/// Copies the header and all good records in front of the first place where a journal breaks off or is damaged.
///
/// # Errors
/// When there is not even a header, or the output fails.
pub fn mend<W: Write>(input: impl Read, output: &mut W) -> Result<Mended, MendError> {
    let mut reader = JournalReader::new(input)?;
    let mut frame = Vec::new();
    push_line(&mut frame, reader.line());
    let end = loop {
        match reader.next_line() {
            None => break None,
            Some(Err(error)) => break Some(error),
            Some(Ok(())) => push_line(&mut frame, reader.line()),
        }
        if frame.len() >= FRAME_BYTES_MAX {
            write_frame(&mut frame, output)?;
        }
    };
    write_frame(&mut frame, output)?;
    output.flush()?;
    Ok(Mended { records: reader.good_records(), end })
}

/// Why a journal could not be mended.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// Nothing of it is good.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The copy could not be written.
    #[error("the good part could not be written")]
    Output(#[from] io::Error),
}

fn push_line(frame: &mut Vec<u8>, line: &[u8]) {
    frame.extend_from_slice(line);
    frame.push(b'\n');
}

fn write_frame(frame: &mut Vec<u8>, output: &mut impl Write) -> io::Result<()> {
    if !frame.is_empty() {
        output.write_all(&zstd::bulk::compress(frame, COMPRESSION_LEVEL)?)?;
        frame.clear();
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::jury_run;
    use crate::writer::JournalWriter;

    /// A journal in frames of so many events.
    fn journal(events: usize, frame: usize) -> Vec<u8> {
        let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
        for (number, event) in jury_run(50).iter().take(events).enumerate() {
            writer.append_event(event).unwrap();
            if number % frame == frame - 1 {
                writer.commit().unwrap();
            }
        }
        writer.finish().unwrap()
    }

    fn text(file: &[u8]) -> Vec<u8> {
        zstd::decode_all(file).unwrap()
    }

    /// Q14: wherever a journal of 200 records breaks off, its lines are recovered byte for byte and nothing is made up.
    #[test]
    fn every_truncation_is_mended() {
        let file = journal(200, 7);
        let whole = text(&file);
        let mut recovered = Vec::new();
        for length in 0..=file.len() {
            let mut mended = Vec::new();
            match mend(&file[..length], &mut mended) {
                Ok(_) => {
                    let lines = text(&mended);
                    assert!(whole.starts_with(&lines), "{length} bytes");
                    assert!(lines.ends_with(b"\n"));
                    recovered.push(lines.len());
                }
                Err(MendError::Journal(JournalError::TornTail { good_records: 0, .. })) => {}
                Err(error) => panic!("{length} bytes: {error}"),
            }
        }
        assert!(recovered.is_sorted(), "a longer file never gives less");
        assert_eq!(recovered.last(), Some(&whole.len()));
    }

    /// Q14: a bit that flips is found, or changes nothing that is read.
    #[test]
    fn flipped_bits_are_found() {
        let file = journal(200, 7);
        let whole = text(&file);
        for flip in 0..10_000_u64 {
            let place = (flip.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (file.len() as u64 * 8)) as usize;
            let mut changed = file.clone();
            changed[place / 8] ^= 1 << (place % 8);
            let mut mended = Vec::new();
            if mend(changed.as_slice(), &mut mended).is_ok() {
                assert!(whole.starts_with(&text(&mended)), "bit {place}");
            }
        }
    }
}
