//! Counts the values of a TOML text without making them.
//!
//! The TOML parser knows no limits, so a file of millions of tiny tables is refused before it is asked. This module must
//! not know what TOML means beyond where its texts and comments end.
//!
//! ```
//! use moot_scenario::tree::toml_count::passes;
//!
//! assert_eq!(passes("a = 1\nb = [2, 3]\n", 3), Some(12), "the comma before the fourth value");
//! assert_eq!(passes("a = 1\nb = [2, 3]\n", 4), None);
//! ```

/// The byte at which a text has more than so many values: each `=`, each opening bracket, each comma between items and
/// each dot of a key makes at most one.
#[must_use]
pub fn passes(text: &str, most: usize) -> Option<usize> {
    Counter { bytes: text.as_bytes(), at: 0, open: Vec::new(), in_key: true }.passes(most)
}

struct Counter<'t> {
    bytes: &'t [u8],
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    /// Whether what stands here is part of a key.
    in_key: bool,
}

impl Counter<'_> {
    fn passes(mut self, most: usize) -> Option<usize> {
        let mut count = 0;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            let start = self.at;
            self.at += 1;
            count += usize::from(self.counts(byte));
            if count > most {
                return Some(start);
            }
        }
        None
    }

    fn counts(&mut self, byte: u8) -> bool {
        match byte {
            b'#' => self.skip_to(b"\n"),
            b'"' | b'\'' => self.skip_text(byte),
            b'\n' if self.open.is_empty() => self.in_key = true,
            b'=' => self.in_key = false,
            b'[' | b'{' => {
                // The bracket of a table's header holds a key; any other stands behind a `=`.
                self.in_key = byte == b'{' || self.in_key && self.open.iter().all(|open| *open == b'[');
                self.open.push(byte);
            }
            b']' | b'}' => drop(self.open.pop()),
            b',' => self.in_key = self.open.last() == Some(&b'{'),
            _ => {}
        }
        match byte {
            b'=' | b'[' | b'{' => true,
            // In a map the `=` counts.
            b',' => !self.in_key,
            b'.' => self.in_key,
            _ => false,
        }
    }

    /// Goes to behind the end of a text that this quote opens.
    fn skip_text(&mut self, quote: u8) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(&[quote, quote]) {
            self.at += 2;
            return self.skip_to(&[quote; 3]);
        }
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += if byte == b'\\' && quote == b'"' { 2 } else { 1 };
            // A text on one line holds no newline; the parser will say so.
            if byte == quote || byte == b'\n' {
                return;
            }
        }
    }

    /// Goes to behind the next of these; to a newline only up to it.
    fn skip_to(&mut self, end: &[u8]) {
        let is_line = end == b"\n";
        let escapes = end == b"\"\"\"";
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(end)) {
                self.at += if is_line { 0 } else { end.len() };
                return;
            }
            self.at += if escapes && byte == b'\\' { 2 } else { 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_are_passed_over() {
        for (text, count) in [
            ("", 0),
            ("a = 1\n# b = 2\nc = 'x = 1, [2]'\n", 2),
            ("a.b.c = 1.5\n", 3),
            ("[a.b]\nc = [1.5, 2, 3]\n", 6),
            ("[[a.b]]\nc = 1\n", 4),
            ("a = { b = 1, c.d = 2 }\n", 5),
            ("a = \"\"\"\n= = \\\"\"\" \"\"\"\nb = '''\n= '' = '''\nc = 1\n", 3),
            ("a = \"\\\" = \"\nb = ''\nc = 1\n", 3),
        ] {
            assert_eq!(passes(text, count), None, "{text}");
            if let Some(fewer) = count.checked_sub(1) {
                assert!(passes(text, fewer).is_some(), "{text}");
            }
        }
    }
}
