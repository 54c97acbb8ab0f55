//! A list that grows at its end and is copied at every step.
//!
//! A supervisor keeps the state before each step, so a plain list of n entries would be copied n times while it grows.
//! Here a copy shares the entries: they lie in blocks of halving sizes, at most one for each power of two, and each
//! entry is moved into a greater block as often as the list doubles. This module must not know what the entries are.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_mind::{Turn, TurnInput, TurnOptions};
//!
//! let mut turn = Turn::new(TurnOptions::default(), None);
//! for word in ["one", "two", "three"] {
//!     let before = turn.progress();
//!     turn.step(TurnInput::Told { from: ActorPath::world(), text: word.into() }, &mut Vec::new());
//!     assert_ne!(before, turn.progress());
//! }
//! let told = serde_json::to_value(turn.progress()).unwrap()["state"]["told"].clone();
//! assert_eq!(told.as_array().unwrap().len(), 3);
//! ```

use std::sync::Arc;

use moot_core::Text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list whose copies share its entries.
#[derive(Debug, Clone)]
pub(super) struct Growing<T> {
    /// Each less than half as long as the one before.
    blocks: Vec<Arc<[T]>>,
}

impl<T: Clone> Growing<T> {
    pub(super) fn push(&mut self, entry: T) {
        let mut length = 1;
        let mut merged = self.blocks.len();
        while let Some(block) = merged.checked_sub(1).and_then(|place| self.blocks.get(place))
            && block.len() <= length
        {
            length += block.len();
            merged -= 1;
        }
        let last = self.blocks.get(merged..).unwrap_or_default().iter().flat_map(|block| block.iter().cloned());
        let block = last.chain([entry]).collect();
        self.blocks.truncate(merged);
        self.blocks.push(block);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flat_map(|block| block.iter())
    }
}

impl<T> Default for Growing<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Clone + PartialEq> PartialEq for Growing<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Clone + Serialize> Serialize for Growing<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Growing<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::deserialize(deserializer)?;
        Ok(Self { blocks: if entries.is_empty() { Vec::new() } else { vec![entries.into()] } })
    }
}

/// A text that comes in pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces(Growing<Text>);

impl Pieces {
    pub(super) fn push(&mut self, piece: Text) {
        if !piece.is_empty() {
            self.0.push(piece);
        }
    }

    /// All pieces as one text.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|piece| &**piece).collect()
    }
}

impl PartialEq for Pieces {
    fn eq(&self, other: &Self) -> bool {
        let bytes = |pieces: &Self| pieces.0.iter().map(|piece| piece.len()).sum::<usize>();
        bytes(self) == bytes(other) && self.text() == other.text()
    }
}

impl Serialize for Pieces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut pieces = Self::default();
        pieces.push(String::deserialize(deserializer)?.into());
        Ok(pieces)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn it_grows_in_order_and_copies_stay_as_they_were() {
        let mut list = Growing::default();
        let mut copies = Vec::new();
        for entry in 0..1_000_usize {
            copies.push(list.clone());
            list.push(entry);
            assert!(list.blocks.len() <= 10, "few blocks: {}", list.blocks.len());
            assert!(list.blocks.windows(2).all(|two| two[0].len() > two[1].len()), "each shorter than the one before");
        }
        for (length, copy) in copies.iter().enumerate() {
            assert!(copy.iter().copied().eq(0..length), "the copy of {length}");
        }
        let read: Growing<usize> = serde_json::from_str(&serde_json::to_string(&list).unwrap()).unwrap();
        assert_eq!(read, list);
    }

    #[test]
    fn pieces_are_one_text_however_they_came() {
        let of = |pieces: &[&str]| {
            let mut text = Pieces::default();
            pieces.iter().for_each(|piece| text.push((*piece).into()));
            text
        };
        assert_eq!(of(&["ab", "", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ac"]));
        assert_eq!(serde_json::to_string(&of(&["a", "b"])).unwrap(), r#""ab""#);
        assert_eq!(serde_json::from_str::<Pieces>(r#""ab""#).unwrap(), of(&["a", "b"]));
    }
}
