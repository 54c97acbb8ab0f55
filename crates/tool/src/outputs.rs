//! Texts kept aside: results too long for a transcript, and results that were cleared out of one.
//!
//! A text is kept whole under a handle made from its content, so the same text is kept once and always has the same
//! handle. The model sees the beginning and how to read on. This module must not know who keeps or reads.
//!
//! ```
//! use moot_core::port::Outputs;
//! use moot_tool::outputs::{OutputStore, preview};
//!
//! let store = OutputStore::default();
//! let long = "line\n".repeat(5_000);
//! let handle = store.keep(&long);
//! assert_eq!(store.keep(&long), handle);
//! assert!(preview(&long, &handle).contains(&*handle));
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use moot_core::Text;
use moot_core::port::{OutputPart, Outputs, PortError, PortFuture};

/// A result with more characters than this is kept aside.
pub const INLINE_CHARACTERS_MAX: usize = 16_000;

/// So many characters of a text kept aside are shown at once.
pub const PREVIEW_CHARACTERS: usize = 3_000;

/// The most that all texts kept aside may hold together, in bytes. When it is passed, the oldest are let go.
pub const STORE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The name of the tool that reads them.
pub const READ_OUTPUT: &str = "read_output";

/// Whether a result is too long for a transcript.
#[must_use]
pub fn is_long(text: &str) -> bool {
    // A character has at least one byte: most texts need not be counted.
    text.len() > INLINE_CHARACTERS_MAX && text.chars().nth(INLINE_CHARACTERS_MAX).is_some()
}

/// What the model reads in place of a text that is kept aside.
#[must_use]
pub fn preview(text: &str, handle: &str) -> String {
    let end = text.char_indices().nth(PREVIEW_CHARACTERS).map_or(text.len(), |(end, _)| end);
    let total = text.chars().count();
    let beginning = text.get(..end).unwrap_or(text);
    format!(
        "{beginning}\n[the first {PREVIEW_CHARACTERS} of {total} characters; the whole is kept as {handle}: read on with \
         {READ_OUTPUT} {{\"handle\": \"{handle}\", \"offset\": {PREVIEW_CHARACTERS}}}]"
    )
}

/// Texts kept aside, in memory.
#[derive(Debug, Default)]
pub struct OutputStore(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    texts: BTreeMap<Text, Text>,
    /// The handles in the order in which they came.
    order: std::collections::VecDeque<Text>,
    bytes: usize,
}

impl OutputStore {
    fn locked(&self) -> MutexGuard<'_, Kept> {
        // No code that can panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle of a text: the first 12 hexadecimal digits of its blake3 hash.
fn handle_of(text: &str) -> Text {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("output-{}", hash.get(..12).unwrap_or_default()).into()
}

impl Outputs for OutputStore {
    fn keep(&self, text: &str) -> Text {
        let handle = handle_of(text);
        let mut kept = self.locked();
        if kept.texts.contains_key(&handle) {
            return handle;
        }
        kept.bytes += text.len();
        kept.texts.insert(handle.clone(), text.into());
        kept.order.push_back(handle.clone());
        while kept.bytes > STORE_BYTES_MAX && kept.order.len() > 1 {
            let Some(oldest) = kept.order.pop_front() else { break };
            kept.bytes -= kept.texts.remove(&oldest).map_or(0, |text| text.len());
        }
        handle
    }

    fn read<'a>(&'a self, handle: &'a str, offset: u64, limit: u64) -> PortFuture<'a, OutputPart> {
        let found = self.locked().texts.get(handle).cloned();
        Box::pin(std::future::ready(found.map_or_else(
            || Err(PortError::NotFound { what: format!("output {handle:?}; a handle stands where the text was cut") }),
            |text| {
                let (skip, take) = (usize::try_from(offset), usize::try_from(limit));
                let characters = text.chars().skip(skip.unwrap_or(usize::MAX)).take(take.unwrap_or(usize::MAX));
                Ok(OutputPart { text: characters.collect(), total_characters: text.chars().count() as u64 })
            },
        )))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::ready;

    #[test]
    fn a_text_is_long_by_its_characters() {
        assert!(!is_long(&"ä".repeat(INLINE_CHARACTERS_MAX)));
        assert!(is_long(&"ä".repeat(INLINE_CHARACTERS_MAX + 1)));
    }

    #[test]
    fn any_part_of_a_kept_text_can_be_read() {
        let store = OutputStore::default();
        let handle = store.keep("äbcdef");
        let part = |offset, limit| ready(store.read(&handle, offset, limit)).unwrap().unwrap();
        assert_eq!(part(1, 3), OutputPart { text: "bcd".into(), total_characters: 6 });
        assert_eq!(part(9, 3).text, "");
        assert!(ready(store.read("output-0", 0, 1)).unwrap().is_err());
    }

    #[test]
    fn the_oldest_are_let_go_when_there_is_no_room() {
        let store = OutputStore::default();
        let first = store.keep(&"a".repeat(STORE_BYTES_MAX / 2));
        let second = store.keep(&"b".repeat(STORE_BYTES_MAX / 2 + 1));
        assert!(ready(store.read(&first, 0, 1)).unwrap().is_err());
        assert_eq!(ready(store.read(&second, 0, 1)).unwrap().unwrap().text, "b");
    }
}
