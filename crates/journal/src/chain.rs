//! Check values: each line of a journal carries a hash of itself and of the line before it.
//!
//! So no line can be changed, taken out, put in or moved without notice. The value of a line is the first 16
//! hexadecimal digits of the BLAKE3 hash over the 16 digits of the line before it and the line's bytes up to, not
//! including, `,"check"`; the first line continues from sixteen zeros. This is against accidents, not against people:
//! who rewrites a whole journal can compute new values. This module must not know what lines say.
//!
//! ```
//! // The first line of a journal, computed by hand.
//! let body = br#"{"folkmoot_journal":3,"program":"folkmoot 0.1.0""#;
//! let hash = blake3::hash(&[b"0000000000000000".as_slice(), body].concat()).to_hex();
//! let file = moot_journal::JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap().finish().unwrap();
//! let text = String::from_utf8(zstd::decode_all(file.as_slice()).unwrap()).unwrap();
//! assert_eq!(text, format!("{},\"check\":\"{}\"}}\n", String::from_utf8_lossy(body), &hash[..16]));
//! ```

/// The digits of a check value.
pub(crate) const CHECK_DIGITS: usize = 16;

/// A check value as it stands in a line.
pub(crate) type Check = [u8; CHECK_DIGITS];

/// What the first line continues from.
pub(crate) const START: Check = *b"0000000000000000";

/// What stands between a line's body and its check value.
pub(crate) const BEFORE_CHECK: &[u8] = b",\"check\":\"";
/// What ends a line behind its check value, the line break aside.
pub(crate) const AFTER_CHECK: &[u8] = b"\"}";

/// The check value of a line, given the previous value and the line's body in one piece.
pub(crate) fn check_of(previous_and_body: &[u8]) -> Check {
    digits(&blake3::hash(previous_and_body))
}

/// Recomputes the values of the lines that are read.
#[derive(Debug)]
pub(crate) struct Verifier {
    previous: Check,
    /// The value of the line before, and behind it the line's body: hashed in one piece.
    scratch: Vec<u8>,
    /// Whether every value is taken for right.
    trusts: bool,
}

impl Verifier {
    pub(crate) fn new() -> Self {
        Self { previous: START, scratch: Vec::new(), trusts: false }
    }

    /// From now on, every value is taken for right.
    pub(crate) const fn trust(&mut self) {
        self.trusts = true;
    }

    /// The value of the line that was taken last.
    pub(crate) const fn last(&self) -> Check {
        self.previous
    }

    /// Takes the next line (without its line break).
    ///
    /// # Errors
    /// Says what is wrong with it, in words.
    pub(crate) fn verify(&mut self, line: &[u8]) -> Result<(), String> {
        let (body, found) = split(line).ok_or_else(|| "it does not end with its check value".to_owned())?;
        if self.trusts {
            self.previous = found.try_into().unwrap_or(START);
            return Ok(());
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.previous);
        self.scratch.extend_from_slice(body);
        let expected = check_of(&self.scratch);
        if found != expected {
            let (expected, found) = (String::from_utf8_lossy(&expected), String::from_utf8_lossy(found));
            return Err(format!("its check value is {found:?}, its content gives {expected:?}"));
        }
        self.previous = expected;
        Ok(())
    }
}

/// A line up to its check value.
pub(crate) fn body_of(line: &[u8]) -> &[u8] {
    split(line).map(|(body, _)| body).unwrap_or_default()
}

/// Takes a line apart into its body and its check value.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(AFTER_CHECK)?;
    let (line, check) = line.split_at_checked(line.len().checked_sub(CHECK_DIGITS)?)?;
    Some((line.strip_suffix(BEFORE_CHECK)?, check))
}

fn digits(hash: &blake3::Hash) -> Check {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    let mut check = START;
    for (pair, byte) in check.chunks_exact_mut(2).zip(hash.as_bytes()) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    check
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_the_beginning_of_the_hash() {
        for text in ["", "a", "0000000000000000{\"n\":0"] {
            let hash = blake3::hash(text.as_bytes());
            assert_eq!(check_of(text.as_bytes()), hash.to_hex().as_bytes()[..CHECK_DIGITS]);
        }
    }

    #[test]
    fn a_value_depends_on_the_line_before() {
        let line = |previous: &Check, body: &[u8]| {
            let check = check_of(&[previous.as_slice(), body].concat());
            (check, [body, BEFORE_CHECK, &check, AFTER_CHECK].concat())
        };
        let (check, first) = line(&START, b"{\"a\":1");
        let (_, second) = line(&check, b"{\"a\":2");
        let mut verifier = Verifier::new();
        verifier.verify(&first).unwrap();
        verifier.verify(&second).unwrap();
        assert!(Verifier::new().verify(&second).is_err(), "the first line is missing");
        assert!(verifier.verify(&second).is_err(), "the same line twice");
    }

    #[test]
    fn lines_without_a_value_are_no_lines() {
        for line in ["", "{}", "\"}", "{\"check\":\"0123456789abcdef\"}", ",\"check\":\"0123456789abcde\"}"] {
            assert!(Verifier::new().verify(line.as_bytes()).unwrap_err().contains("does not end"), "{line}");
        }
    }
}
