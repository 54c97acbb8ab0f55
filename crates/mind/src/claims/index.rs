//! What is looked up about the calls in a table when there are many.
//!
//! All of it follows from the entries alone. This module must not know when a call is admitted.
//!
//! ```
//! use moot_core::Touch;
//! use moot_mind::claims::ClaimTable;
//!
//! let mut table = ClaimTable::default();
//! let admitted = (0..20_000).filter(|id| table.request(*id, 0, 8, Touch::default())).count();
//! assert_eq!(admitted, 8, "the owner's cap");
//! for id in 0..20_000 {
//!     let next = if id + 8 < 20_000 { vec![id + 8] } else { vec![] };
//!     assert_eq!(table.release(id), next);
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::Touch;

use super::lanes::Lanes;
use super::{Entry, has_room};

/// Calls by what they are looked for by.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    lanes: Lanes,
    /// The arrivals of the calls, by id.
    arrivals: BTreeMap<u64, u64>,
    owners: BTreeMap<u32, Owner>,
}

#[derive(Debug, Clone, Default)]
struct Owner {
    admitted: usize,
    /// The arrivals of the calls that wait for nothing but room, by the cap that they came with.
    ready: BTreeMap<u32, BTreeSet<u64>>,
}

impl Index {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut index = Self::default();
        for entry in entries {
            let free = index.is_free(entry.arrival, &entry.touch);
            index.add(entry, free);
        }
        index
    }

    /// Takes in a call that came later than all others; `free` says whether none of them is in its way.
    pub(super) fn add(&mut self, entry: &Entry, free: bool) {
        self.lanes.add(entry.arrival, &entry.touch);
        self.arrivals.insert(entry.id, entry.arrival);
        if entry.admitted {
            self.owners.entry(entry.owner).or_default().admitted += 1;
        } else if free {
            self.make_ready(entry);
        }
    }

    /// Takes out a call that touched this; gives the arrivals of the calls that may wait for nothing any more.
    pub(super) fn remove(&mut self, entry: &Entry, touch: &Touch) -> BTreeSet<u64> {
        self.arrivals.remove(&entry.id);
        if let Some(owner) = self.owners.get_mut(&entry.owner) {
            if entry.admitted {
                owner.admitted = owner.admitted.saturating_sub(1);
            } else if let Some(ready) = owner.ready.get_mut(&entry.at_once_max) {
                ready.remove(&entry.arrival);
            }
            owner.ready.retain(|_, ready| !ready.is_empty());
        }
        self.lanes.remove(entry.arrival, touch)
    }

    pub(super) fn is_free(&self, arrival: u64, touch: &Touch) -> bool {
        self.lanes.is_free(arrival, touch)
    }

    /// Nothing is in the call's way any more.
    pub(super) fn make_ready(&mut self, entry: &Entry) {
        let owner = self.owners.entry(entry.owner).or_default();
        owner.ready.entry(entry.at_once_max).or_default().insert(entry.arrival);
    }

    /// Counts the owner's first ready call that finds room as admitted, and says which it is.
    pub(super) fn admit_next(&mut self, owner: u32) -> Option<u64> {
        let owner = self.owners.get_mut(&owner)?;
        let admitted = owner.admitted;
        let with_room = owner.ready.iter_mut().filter(|(at_once_max, _)| has_room(admitted, **at_once_max));
        let ready =
            with_room.min_by_key(|(_, ready)| ready.first().copied().unwrap_or(u64::MAX)).map(|(_, ready)| ready);
        let arrival = ready?.pop_first()?;
        owner.admitted += 1;
        Some(arrival)
    }

    pub(super) fn arrival(&self, id: u64) -> Option<u64> {
        self.arrivals.get(&id).copied()
    }

    pub(super) fn admitted_of(&self, owner: u32) -> usize {
        self.owners.get(&owner).map_or(0, |owner| owner.admitted)
    }
}
