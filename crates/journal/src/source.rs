//! The text of a journal's file, whether it stands there as it is or compressed in frames.
//!
//! What matters here is how a file ends. A writer that is killed leaves a frame that breaks off, and a machine that
//! loses power may leave a tail of zeros: both are a torn tail, after which everything before is good. Anything else
//! that can't be decompressed is damage. This module must not know lines, check values or records.
//!
//! ```
//! // Both forms of a file read alike.
//! use moot_journal::{JournalReader, JournalWriter};
//! let file = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap().finish().unwrap();
//! let plain = zstd::decode_all(file.as_slice()).unwrap();
//! let read = |bytes: &[u8]| JournalReader::new(bytes).unwrap().header().clone();
//! assert_eq!(read(&file), read(&plain));
//! ```

use std::fmt;
use std::io::{self, Read};

use zstd::stream::raw::{Decoder, Operation};

/// The bytes that start a zstd frame (RFC 8878, section 3.1.1).
const FRAME_START: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

const INPUT_BYTES: usize = 64 * 1024;
const OUTPUT_BYTES: usize = 128 * 1024;

/// So many zeros at the end of a frame that breaks are a tail that was never written.
const ZEROS_MIN: u64 = 16;

/// Reads a file and gives its text piece by piece.
pub(crate) struct TextSource<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer was read from the input and not yet used.
    start: usize,
    end: usize,
    /// How many bytes came from the input so far, and how many of the last of them are zeros.
    read_bytes: u64,
    zeros: u64,
    form: Form,
}

enum Form {
    /// Nothing was read yet.
    Unknown,
    /// The lines as they are.
    Plain,
    /// Frames of compressed lines.
    Frames(Box<Frames>),
}

struct Frames {
    decoder: Decoder<'static>,
    output: Vec<u8>,
    /// Where in the file the current frame starts.
    frame_start: u64,
    /// Whether the current frame has begun and not ended.
    open: bool,
    /// Whether the decoder may hold text that did not fit into the output.
    more: bool,
}

/// What came of asking for more text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// There was more.
    More,
    /// The file ends where it may.
    End,
    /// The file ends within a frame, or has nothing in it.
    Torn,
}

/// Why there is no more text.
#[derive(Debug)]
pub(crate) enum SourceError {
    Read(io::Error),
    /// The first byte is that of no journal.
    Unknown,
    /// The compressed bytes make no sense.
    Damaged(String),
}

impl<R: Read> TextSource<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; INPUT_BYTES], start: 0, end: 0, read_bytes: 0, zeros: 0, form: Form::Unknown }
    }

    /// Appends the next piece of text to `text`.
    pub(crate) fn fill(&mut self, text: &mut Vec<u8>) -> Result<Fill, SourceError> {
        loop {
            let flushing = matches!(&self.form, Form::Frames(frames) if frames.more);
            if self.start == self.end && !flushing && !self.refill()? {
                return Ok(self.at_end());
            }
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            match &mut self.form {
                Form::Unknown => self.form = Form::of(unread)?,
                Form::Plain => {
                    text.extend_from_slice(unread);
                    self.start = self.end;
                    return Ok(Fill::More);
                }
                Form::Frames(frames) => {
                    let file_position = self.read_bytes - unread.len() as u64;
                    match frames.decompress(unread, file_position, text) {
                        Ok((used, wrote)) => {
                            self.start += used;
                            if wrote {
                                return Ok(Fill::More);
                            }
                        }
                        Err(error) => return self.broken_frame(&error),
                    }
                }
            }
        }
    }

    /// Reads on; `false` at the end of the file.
    fn refill(&mut self) -> Result<bool, SourceError> {
        let length = loop {
            match self.input.read(&mut self.buffer) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SourceError::Read(error)),
            }
        };
        (self.start, self.end) = (0, length);
        let read = self.buffer.get(..length).unwrap_or_default();
        let zeros = read.iter().rev().take_while(|byte| **byte == 0).count() as u64;
        self.zeros = if zeros == length as u64 { self.zeros + zeros } else { zeros };
        self.read_bytes += length as u64;
        Ok(length > 0)
    }

    fn at_end(&self) -> Fill {
        match &self.form {
            Form::Unknown => Fill::Torn,
            Form::Frames(frames) if frames.open => Fill::Torn,
            Form::Frames(_) | Form::Plain => Fill::End,
        }
    }

    /// Tells a tail that was never written from damage: after it the file holds zeros and nothing else.
    fn broken_frame(&mut self, error: &io::Error) -> Result<Fill, SourceError> {
        let frame_start = match &self.form {
            Form::Frames(frames) => frames.frame_start,
            Form::Unknown | Form::Plain => 0,
        };
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let another_follows = unread.windows(FRAME_START.len()).skip(1).any(|bytes| bytes == FRAME_START);
        let piece_end = self.read_bytes;
        while self.refill()? {
            if self.zeros < self.read_bytes - piece_end {
                break;
            }
        }
        let nothing_after = self.zeros >= self.read_bytes - piece_end;
        let never_written = self.zeros >= ZEROS_MIN.min(self.read_bytes - frame_start);
        if nothing_after && never_written && !another_follows {
            return Ok(Fill::Torn);
        }
        Err(SourceError::Damaged(format!(
            "the frame at byte {frame_start} of the file can't be decompressed ({error})"
        )))
    }
}

impl Form {
    fn of(beginning: &[u8]) -> Result<Self, SourceError> {
        match beginning.first() {
            Some(b'{') => Ok(Self::Plain),
            Some(first) if FRAME_START.first() == Some(first) => Ok(Self::Frames(Box::new(Frames {
                decoder: Decoder::new().map_err(SourceError::Read)?,
                output: vec![0; OUTPUT_BYTES],
                frame_start: 0,
                open: false,
                more: false,
            }))),
            _ => Err(SourceError::Unknown),
        }
    }
}

impl Frames {
    /// Takes one step; answers how many bytes of the input it used and whether it wrote text.
    fn decompress(&mut self, input: &[u8], file_position: u64, text: &mut Vec<u8>) -> io::Result<(usize, bool)> {
        if !self.open {
            self.frame_start = file_position;
            self.open = true;
        }
        let status = self.decoder.run_on_buffers(input, &mut self.output)?;
        text.extend_from_slice(self.output.get(..status.bytes_written).unwrap_or_default());
        self.open = status.remaining != 0;
        self.more = self.open && status.bytes_written == self.output.len();
        Ok((status.bytes_read, status.bytes_written > 0))
    }
}

impl<R> fmt::Debug for TextSource<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TextSource").field("read_bytes", &self.read_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    /// Gives its bytes a few at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn frame(text: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(text, 1).unwrap()
    }

    fn read(file: &[u8], step: usize) -> (Vec<u8>, Result<Fill, SourceError>) {
        let mut source = TextSource::new(Drip(file, step));
        let mut text = Vec::new();
        loop {
            match source.fill(&mut text) {
                Ok(Fill::More) => {}
                end => return (text, end),
            }
        }
    }

    /// Text that does not shrink to nothing.
    fn text(length: usize) -> Vec<u8> {
        (0..length as u64).map(|index| (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as u8 + b'a').collect()
    }

    #[test]
    fn several_frames_are_one_text_however_they_arrive() {
        let (first, second) = (text(400_000), text(30));
        let file = [frame(&first), frame(b""), frame(&second)].concat();
        for step in [1, 3, 1_000, usize::MAX] {
            let (found, end) = read(&file, step);
            assert!(found == [first.clone(), second.clone()].concat(), "steps of {step}");
            assert_eq!(end.unwrap(), Fill::End);
        }
    }

    #[test]
    fn a_file_may_end_between_frames_only() {
        let (first, second) = (frame(b"one\n"), frame(b"two\n"));
        let file = [first.clone(), second].concat();
        for length in 0..=file.len() {
            let whole = length == file.len() || length == first.len();
            let expected = if whole { Fill::End } else { Fill::Torn };
            assert_eq!(read(&file[..length], usize::MAX).1.unwrap(), expected, "{length} bytes");
        }
    }

    #[test]
    fn a_tail_of_zeros_was_never_written() {
        let good = frame(b"one\n");
        let lost = frame(&text(5_000));
        for (kept, zeros) in [(0, 1), (0, 5), (0, 300_000), (3, 40), (9, 2_000), (lost.len() - 20, 20)] {
            let file = [good.as_slice(), &lost[..kept], &vec![0; zeros]].concat();
            let (found, end) = read(&file, usize::MAX);
            assert!(found.starts_with(b"one\n"));
            assert_eq!(end.unwrap(), Fill::Torn, "{kept} bytes and {zeros} zeros");
        }
    }

    #[test]
    fn what_is_followed_by_something_is_damaged() {
        let (good, lost) = (frame(b"one\n"), frame(&text(5_000)));
        let zeroed = [lost[..9].to_vec(), vec![0; lost.len() - 9]].concat();
        for file in [
            [good.clone(), zeroed, good.clone()].concat(),
            [good.clone(), vec![0; 40], good.clone()].concat(),
            [good.clone(), b"{\"n\":0}\n".to_vec()].concat(),
            [good.clone(), vec![0; 100_000], vec![1]].concat(),
        ] {
            let (found, end) = read(&file, usize::MAX);
            assert!(found.starts_with(b"one\n"));
            let Err(SourceError::Damaged(what)) = end else { panic!("{end:?}") };
            assert!(what.contains(&format!("the frame at byte {} of the file", good.len())), "{what}");
        }
    }

    #[test]
    fn other_files_are_not_read() {
        assert!(matches!(read(b"", 1), (_, Ok(Fill::Torn))));
        for file in ["[]", " {}", "\u{feff}{}", "\0\0\0\0"] {
            assert!(matches!(read(file.as_bytes(), 1), (_, Err(SourceError::Unknown))), "{file:?}");
        }
    }

    #[test]
    fn a_failing_input_is_told() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("pulled out"))
            }
        }
        let error = TextSource::new(Failing).fill(&mut Vec::new()).unwrap_err();
        assert!(matches!(error, SourceError::Read(error) if error.to_string() == "pulled out"));
    }
}
