//! Parts of a state that most turns never need.
//!
//! The state is copied before each step. A part that lies elsewhere, and only where there is one, makes that copy a small
//! one; a part that is not there is as good as an empty one. This module must not know what the parts are.
//!
//! ```
//! use moot_mind::{Turn, TurnOptions};
//!
//! // Nobody has told the turn anything, and that is written as a list of nothing.
//! let state = serde_json::to_value(Turn::new(TurnOptions::default(), None)).unwrap()["state"].clone();
//! assert_eq!(state["told"].as_array().unwrap().len(), 0);
//! ```

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part that is seldom there.
#[derive(Debug, Clone)]
pub(super) struct Seldom<T>(Option<Box<T>>);

impl<T: Default> Seldom<T> {
    /// The part, if it is there.
    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// The part, to be changed, if it is there.
    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// The part, to be changed; an empty one is made if it is not there.
    pub(super) fn made(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }

    /// From now on it is not there.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Takes the part out, if it is there.
    pub(super) fn take(&mut self) -> Option<T> {
        self.0.take().map(|part| *part)
    }
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Default + PartialEq> PartialEq for Seldom<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self.get(), other.get()) {
            (Some(own), Some(other)) => own == other,
            (Some(there), None) | (None, Some(there)) => *there == T::default(),
            (None, None) => true,
        }
    }
}

impl<T: Default + Serialize> Serialize for Seldom<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.get() {
            Some(part) => part.serialize(serializer),
            None => T::default().serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Seldom<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|part| Self(Some(Box::new(part))))
    }
}
