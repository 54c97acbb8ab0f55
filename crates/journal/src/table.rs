//! A table of totals by name that is looked up for every event.
//!
//! Names are hashed by their text and kept on first sight, so a lookup allocates nothing; equal texts meet whether or
//! not they share memory, so a live run and its file fill the table alike. The order inside is that of first sight and
//! never leaves: who reads the table sorts it. This module must not know what the names are.
//!
//! ```
//! // What it is for: totals by agent, however many events name the agent.
//! use moot_journal::Summary;
//! assert!(Summary::new().agents().is_empty());
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Text};

use crate::totals::CallTotals;

/// What a table is looked up by.
pub(crate) trait Name: Clone + Ord {
    fn text(&self) -> &str;

    /// Whether both are the same text in one place: then there is no need to look at it.
    fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.text(), other.text())
    }
}

impl Name for ActorPath {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Name for Text {
    fn text(&self) -> &str {
        self
    }
}

/// Totals by name.
#[derive(Debug, Clone)]
pub(crate) struct Table<K> {
    entries: Vec<(K, CallTotals)>,
    /// Where in `entries` a name stands, plus one; zero is free. The number of slots is a power of two, and at most
    /// half of them are taken.
    slots: Vec<usize>,
    /// Where the name stands that was looked up last.
    last: usize,
}

impl<K: PartialEq> PartialEq for Table<K> {
    /// What was looked up last is no part of what the table says.
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<K: Name> Table<K> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), slots: Vec::new(), last: 0 }
    }

    /// Changes the totals of `name`, which start at nothing on first sight.
    pub(crate) fn update(&mut self, name: &K, change: impl FnOnce(&mut CallTotals)) {
        // Members speak in turn, round after round: who comes next is mostly whoever came next the first time.
        let next = if self.last + 1 < self.entries.len() { self.last + 1 } else { 0 };
        for guess in [self.last, next] {
            if let Some((known, totals)) = self.entries.get_mut(guess)
                && known.is_same(name)
            {
                self.last = guess;
                return change(totals);
            }
        }
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mut slot = self.first_slot(name.text());
        while let Some(taken) = self.slots.get_mut(slot) {
            if *taken == 0 {
                let mut totals = CallTotals::default();
                change(&mut totals);
                self.last = self.entries.len();
                self.entries.push((name.clone(), totals));
                *taken = self.entries.len();
                return;
            }
            match self.entries.get_mut(*taken - 1) {
                Some((known, totals)) if known.text() == name.text() => {
                    self.last = *taken - 1;
                    return change(totals);
                }
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// All totals, sorted by name.
    pub(crate) fn sorted(&self) -> BTreeMap<K, CallTotals> {
        self.entries.iter().cloned().collect()
    }

    fn first_slot(&self, text: &str) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "only the lowest bits are wanted")]
        let hash = hash(text) as usize;
        hash & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(16)];
        for index in 0..self.entries.len() {
            let Some((name, _)) = self.entries.get(index) else { return };
            let mut slot = self.first_slot(name.text());
            while self.slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            if let Some(free) = self.slots.get_mut(slot) {
                *free = index + 1;
            }
        }
    }
}

/// A short mixing of eight bytes at a time; names come from scenario files, so nobody gains by making them collide.
fn hash(text: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, value: u64| (state ^ value).wrapping_mul(FACTOR).rotate_left(29);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let state = words.iter().fold(text.len() as u64, |state, word| mix(state, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let state = mix(state, last);
    state ^ (state >> 32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_own_totals_however_many_there_are() {
        let mut table = Table::new();
        let names: Vec<ActorPath> = (0..5_000).map(|index| ActorPath::new("juror").unwrap().indexed(index)).collect();
        for round in 0..3 {
            for (index, name) in names.iter().enumerate() {
                // A name that shares no memory with the one first seen, as names from a file do not.
                let name = if round == 1 { ActorPath::new(name.as_str()).unwrap() } else { name.clone() };
                table.update(&name, |totals| totals.calls += index as u64);
            }
        }
        let sorted = table.sorted();
        assert_eq!(sorted.len(), names.len());
        for (index, (name, totals)) in sorted.iter().enumerate() {
            assert_eq!((name, totals.calls), (&names[index], 3 * index as u64));
        }
    }

    #[test]
    fn names_spread_over_the_slots() {
        let mut taken = [0_u32; 1_024];
        for index in 0..1_024_u32 {
            taken[(hash(&format!("jury/juror[{index}]")) & 1_023) as usize] += 1;
        }
        let longest = taken.iter().max().unwrap();
        assert!(*longest <= 8, "{longest} names in one of 1,024 slots, about 5 by chance");
    }
}
