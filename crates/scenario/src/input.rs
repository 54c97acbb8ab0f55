//! Reads text files, with limits, and says what is wrong with those that are none.
//!
//! This module must not know what the text means.
//!
//! ```
//! let problems = moot_scenario::load("no/such.yaml".as_ref(), &[]).unwrap_err();
//! assert_eq!(problems.to_string(), "no/such.yaml: there is no file `no/such.yaml`\n");
//! ```

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::Problem;
use crate::source::{Mark, Sources};

/// Why a file gave no text.
pub(crate) struct InputFault {
    /// What is wrong.
    pub(crate) message: String,
    /// What to try.
    pub(crate) hint: Option<&'static str>,
    /// For text that is not UTF-8: the file as far as it can be shown, and the byte in it where it goes wrong.
    pub(crate) broken: Option<(String, usize)>,
}

impl InputFault {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, broken: None }
    }

    /// The problem that this is for a file of this name.
    pub(crate) fn problem(self, name: &str) -> Problem {
        let problem = match self.broken {
            Some((text, at)) => Sources::new(name, text).problem(Mark::new(0, at, at + 1), self.message),
            None => Problem::of_file(name, self.message),
        };
        match self.hint {
            Some(hint) => problem.hinting(hint),
            None => problem,
        }
    }
}

/// The text of a file of at most so many bytes, without a byte order mark.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> Result<String, InputFault> {
    let name = path.display().to_string();
    let io = |error: &std::io::Error| InputFault::new(explain_io(error, &name));
    let metadata = path.metadata().map_err(|error| io(&error))?;
    if metadata.is_dir() {
        return Err(InputFault::new("this is a folder, not a file"));
    }
    // A pipe could block for ever and a device never end.
    if !metadata.is_file() {
        return Err(InputFault::new("this is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| io(&error))?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| io(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        let size = metadata.len().max(bytes_max + 1);
        return Err(InputFault::new(format!("the file has {size} bytes; at most {bytes_max} are read")));
    }
    decode(bytes)
}

/// Bytes as text.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, InputFault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(InputFault {
            hint: Some("save the file as UTF-8"),
            ..InputFault::new("the file is UTF-16, not UTF-8")
        });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or(0);
            Err(InputFault {
                message: format!("the byte 0x{byte:02x} at offset {at} is not UTF-8"),
                hint: Some("save the file as UTF-8"),
                broken: Some((String::from_utf8_lossy(error.as_bytes()).into_owned(), at)),
            })
        }
    }
}

/// What went wrong with a file, in words.
pub(crate) fn explain_io(error: &std::io::Error, name: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{name}`"),
        std::io::ErrorKind::PermissionDenied => format!("`{name}` can't be read: permission denied"),
        _ => format!("`{name}` can't be read: {error}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn only_utf_8_is_text() {
        assert_eq!(decode(b"\xef\xbb\xbfname".to_vec()).ok().unwrap(), "name");
        assert_eq!(decode(b"\xff\xfen\0".to_vec()).err().unwrap().message, "the file is UTF-16, not UTF-8");
        let problem = decode(b"a: 1\nb: \xe9x\n".to_vec()).err().unwrap().problem("a.yaml");
        assert_eq!((problem.line, problem.column), (2, 4));
        assert_eq!(problem.message, "the byte 0xe9 at offset 8 is not UTF-8");
    }
}
