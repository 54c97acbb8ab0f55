//! The digest: one number for what a run did. Two runs with equal digests did the same, to the last text.
//!
//! It is the BLAKE3 hash (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020, 256 bits) over all events in order. Each
//! event goes in as its encoding (postcard 1: integers as variable-length numbers, floats as IEEE 754 little-endian,
//! enum variants by their position, texts with their length), which tells by itself where it ends. Nothing else goes in: no header, no notes, no check values, no sizes of blocks or frames. The mapping is
//! frozen by a test; an event kind may be added behind the last, never moved.
//!
//! This module must not know where events come from or where they are kept.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, RunStatus, VirtualTime};
//! use moot_journal::{Digest, DigestValue};
//!
//! let kind = EventKind::RunEnded { status: RunStatus::Completed, reason: None };
//! let event = Event { sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ActorPath::world(), cause: None, kind };
//! let mut digest = Digest::new();
//! let nothing = digest.finish();
//! digest.push(&event);
//! assert_ne!(digest.finish(), nothing);
//!
//! let text = digest.finish().to_string();
//! assert_eq!(text.len(), 64);
//! assert_eq!(text.parse::<DigestValue>().unwrap(), digest.finish());
//! ```

use std::fmt;
use std::str::FromStr;

use moot_core::Event;
use serde::{Deserialize, Serialize};

use crate::compact::encode;

/// How many bytes are hashed at once: sixteen chunks of the hash, which its widest instructions take in together, and few
/// enough to stay in a processor's nearest cache.
const BLOCK_BYTES: usize = 16 * 1024;

/// How much room there is at first; it grows as it is needed.
const ROOM_BYTES: usize = 2 * 1024;

/// A digest that takes in event after event.
#[derive(Debug, Clone)]
pub struct Digest {
    hasher: blake3::Hasher,
    /// Room for what was encoded and not yet hashed, which stands at its beginning.
    room: Vec<u8>,
    filled: usize,
    block_bytes: usize,
}

/// The digest of a list of events: 32 bytes, written as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DigestValue([u8; 32]);

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a digest; expected 64 hexadecimal digits")]
pub struct DigestError {
    /// The text that was found.
    pub text: String,
}

impl Digest {
    /// The digest of no events.
    #[must_use]
    pub fn new() -> Self {
        Self::with_block_bytes(BLOCK_BYTES)
    }

    fn with_block_bytes(block_bytes: usize) -> Self {
        Self { hasher: blake3::Hasher::new(), room: Vec::new(), filled: 0, block_bytes }
    }

    /// Takes in the next event.
    pub fn push(&mut self, event: &Event) {
        let end = loop {
            let end = self.filled + encode(event, self.room.get_mut(self.filled..).unwrap_or_default());
            if end <= self.room.len() {
                break end;
            }
            self.room.resize(end.next_power_of_two().max(ROOM_BYTES), 0);
        };
        self.filled = end;
        if end >= self.block_bytes {
            self.hash_blocks();
        }
    }

    /// Hashes what fills whole blocks: these lie as the tree of the hash does. The rest moves to the beginning.
    #[inline(never)]
    fn hash_blocks(&mut self) {
        let whole = self.filled - self.filled % self.block_bytes;
        self.hasher.update(self.room.get(..whole).unwrap_or_default());
        self.room.copy_within(whole..self.filled, 0);
        self.filled -= whole;
    }

    /// What was encoded and not yet hashed.
    fn rest(&self) -> &[u8] {
        self.room.get(..self.filled).unwrap_or_default()
    }

    /// The digest of all events so far; more may follow.
    #[must_use]
    pub fn finish(&self) -> DigestValue {
        let mut hasher = self.hasher.clone();
        hasher.update(self.rest());
        DigestValue(*hasher.finalize().as_bytes())
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl DigestValue {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DigestValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for DigestValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for DigestValue {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| DigestError { text: text.to_owned() })?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl TryFrom<String> for DigestValue {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<DigestValue> for String {
    fn from(value: DigestValue) -> Self {
        value.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{ActorPath, EventKind, EventSequence, VirtualTime};

    use super::*;
    use crate::testing::{every_kind, jury_run};

    fn digest_of(events: &[Event], block_bytes: usize) -> DigestValue {
        let mut digest = Digest::with_block_bytes(block_bytes);
        events.iter().for_each(|event| digest.push(event));
        digest.finish()
    }

    /// The format in three lines, as somebody outside would compute it.
    fn by_the_book(events: &[Event]) -> DigestValue {
        let mut bytes = Vec::new();
        for event in events {
            bytes.extend(postcard::to_stdvec(event).unwrap());
        }
        DigestValue(*blake3::hash(&bytes).as_bytes())
    }

    #[test]
    fn it_is_the_documented_format() {
        assert_eq!(digest_of(&[], BLOCK_BYTES).to_string(), blake3::hash(b"").to_string());
        assert_eq!(digest_of(&every_kind(), BLOCK_BYTES), by_the_book(&every_kind()));
    }

    /// One event, encoded by hand.
    #[test]
    fn the_bytes_are_the_documented_ones() {
        let kind = EventKind::RunStarted { scenario: "jury".into(), seed: 300, replicate: 0 };
        let (sequence, time, cause) = (EventSequence(1), VirtualTime::from_millis(250), Some(EventSequence(0)));
        let event = Event { sequence, time, actor: ActorPath::world(), cause, kind };
        let mut bytes = vec![1, 0xfa, 0x01];
        bytes.extend(b"\x05world");
        bytes.extend([1, 0]);
        bytes.push(0);
        bytes.extend(b"\x04jury");
        bytes.extend([0xac, 0x02, 0]);
        let mut digest = Digest::new();
        digest.push(&event);
        assert_eq!(digest.rest(), bytes);
        assert_eq!(digest.finish().to_string(), blake3::hash(&bytes).to_string());
    }

    /// Changing these values changes every published digest: that is a new format, never a repair.
    #[test]
    fn the_format_is_frozen() {
        assert_eq!(
            digest_of(&every_kind(), BLOCK_BYTES).to_string(),
            "da2d31a8323e7f98e6f49e89dfaf60b916492ecbc674a8e255879db37adaecdf"
        );
        assert_eq!(
            digest_of(&jury_run(20), BLOCK_BYTES).to_string(),
            "aef348744c46525ef7cab7f17b7f1f73a32f4106893a4fb087cb76061d5fa51f"
        );
    }

    #[test]
    fn it_does_not_depend_on_the_size_of_blocks_or_on_looking() {
        let events = jury_run(50);
        let expected = by_the_book(&events);
        for block_bytes in [1, 7, 64, 1_000, 1_024, 65_536, usize::MAX] {
            assert_eq!(digest_of(&events, block_bytes), expected, "blocks of {block_bytes} bytes");
        }
        let mut watched = Digest::new();
        for event in &events {
            watched.push(event);
            let _ = watched.finish();
        }
        assert_eq!(watched.finish(), expected);
    }

    #[test]
    fn order_and_every_event_count() {
        let events = jury_run(1);
        let mut swapped = events.clone();
        swapped.swap(3, 4);
        assert_ne!(digest_of(&swapped, BLOCK_BYTES), digest_of(&events, BLOCK_BYTES));
        let shorter: Vec<Event> = events.iter().skip(1).cloned().collect();
        assert_ne!(digest_of(&shorter, BLOCK_BYTES), digest_of(&events, BLOCK_BYTES));
    }

    #[test]
    fn a_value_reads_back_and_nothing_else_does() {
        let value = digest_of(&jury_run(1), BLOCK_BYTES);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json.len(), 66);
        assert_eq!(serde_json::from_str::<DigestValue>(&json).unwrap(), value);
        let wrong = ["", "ab", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)];
        for text in wrong {
            assert_eq!(text.parse::<DigestValue>(), Err(DigestError { text: text.to_owned() }));
        }
    }
}
