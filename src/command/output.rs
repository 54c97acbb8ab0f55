//! What a command writes: results to standard output, everything else to standard error.
//!
//! When whoever read standard output has gone (`moot show run | head`), what is written is dropped and that is no error;
//! a command that writes much looks whether it [is closed](Output::is_closed) and stops.

use std::io::{self, BufWriter, ErrorKind, Write};

/// Standard output, or what stands for it in a test.
pub(crate) struct Output<'a> {
    writer: BufWriter<Pipe<'a>>,
}

struct Pipe<'a> {
    inner: Box<dyn Write + 'a>,
    closed: bool,
}

impl<'a> Output<'a> {
    /// Writes to this, in large pieces.
    pub(crate) fn new(inner: impl Write + 'a) -> Self {
        Self { writer: BufWriter::new(Pipe { inner: Box::new(inner), closed: false }) }
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.writer.get_ref().closed
    }

    /// Everything written so far goes out.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        match self.inner.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.inner.flush() {
            Err(error) if self.closed || error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            flushed => flushed,
        }
    }
}

/// Tells the person at the terminal. When that is not possible, there is nobody to be told.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one write and then fails so.
    struct Fails(ErrorKind, bool);

    impl Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1 { Err(self.0.into()) } else { Ok(bytes.len()) }
        }
        fn flush(&mut self) -> io::Result<()> {
            self.1 = true;
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
        for (kind, fine) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let mut output = Output::new(Fails(kind, false));
            assert!(writeln!(output, "one").and_then(|()| output.flush()).is_ok());
            assert!(!output.is_closed());
            assert_eq!(writeln!(output, "two").and_then(|()| output.flush()).is_ok(), fine);
            assert_eq!(output.is_closed(), fine);
        }
    }
}
