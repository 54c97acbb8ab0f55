//! Which tool calls may run at the same time.
//!
//! A call claims what it touches: reads are shared, writes are exclusive. All claims of a call are granted at once or
//! not at all, so nobody holds one thing while waiting for another and there is no deadlock: whenever nothing is held,
//! the first that waits is admitted. A call never overtakes an earlier one that it conflicts with, so nobody starves
//! either. Calls that don't conflict don't wait for each other, however many there are; only an owner's own cap holds
//! them back.
//!
//! The table must not know tools, actors or time. Touches that hold no claims conflict with nothing.
//!
//! ```
//! use moot_core::{Claim, Touch};
//! use moot_mind::claims::ClaimTable;
//!
//! let mut table = ClaimTable::default();
//! let writes = || Touch::claims([Claim::writes_file("a.txt")]);
//! let reads = || Touch::claims([Claim::reads_file("a.txt")]);
//! assert!(table.request(1, 0, 8, writes()));
//! assert!(!table.request(2, 1, 8, reads()) && !table.request(3, 2, 8, reads()), "call 1 writes the file");
//! assert!(table.request(4, 3, 8, Touch::claims([Claim::writes_file("b.txt")])), "another file");
//! assert_eq!(table.release(1), [2, 3]);
//! ```

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use moot_core::Touch;
use serde::{Deserialize, Serialize};

/// The calls that run and the ones that wait to. The default is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClaimTable {
    /// In the order in which they came; an entry goes when its call ends.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    id: u64,
    owner: u32,
    at_once_max: u32,
    touch: Touch,
    admitted: bool,
    /// How many earlier entries, admitted or not, it conflicts with. It is admitted only when there are none.
    conflicts: usize,
}

impl ClaimTable {
    /// Asks for a call to be admitted; whether it is, at once. If not, it waits, and [`ClaimTable::release`] or
    /// [`ClaimTable::withdraw`] of another call names it when its turn has come.
    ///
    /// At most `at_once_max` calls of one `owner` are admitted at the same time (0 counts as 1: a cap that admits
    /// nobody would wait for ever). An id that is in the table already changes nothing.
    ///
    /// Takes time proportional to the calls in the table, and next to none when it is empty.
    pub fn request(&mut self, id: u64, owner: u32, at_once_max: u32, touch: Touch) -> bool {
        if let Some(known) = self.entries.iter().find(|entry| entry.id == id) {
            return known.admitted;
        }
        let conflicts = self.entries.iter().filter(|entry| entry.touch.conflicts_with(&touch)).count();
        // A call that waits on account of its owner's cap finds it full, and so does whatever the owner asks for later.
        let admitted = conflicts == 0 && has_room(self.admitted_of(owner), at_once_max);
        self.entries.push(Entry { id, owner, at_once_max, touch, admitted, conflicts });
        admitted
    }

    /// A call has ended, however it did. Gives the calls that are admitted because of it, in the order in which they
    /// came. An id that is not in the table changes nothing.
    pub fn release(&mut self, id: u64) -> Vec<u64> {
        let Some(place) = self.entries.iter().position(|entry| entry.id == id) else { return Vec::new() };
        let gone = self.entries.remove(place);
        for later in self.entries.iter_mut().skip(place) {
            if !later.admitted && later.touch.conflicts_with(&gone.touch) {
                later.conflicts = later.conflicts.saturating_sub(1);
            }
        }
        self.admit()
    }

    /// A call is no longer wanted: it leaves the table whether it waits or runs. Gives the calls that are admitted
    /// because of it, in the order in which they came.
    pub fn withdraw(&mut self, id: u64) -> Vec<u64> {
        self.release(id)
    }

    /// Whether the call is in the table and admitted.
    #[must_use]
    pub fn is_admitted(&self, id: u64) -> bool {
        self.entries.iter().any(|entry| entry.id == id && entry.admitted)
    }

    /// The calls that wait, in the order in which they came.
    pub fn waiting(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(|entry| !entry.admitted).map(|entry| entry.id)
    }

    /// The calls that are admitted, in the order in which they came.
    pub fn admitted(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(|entry| entry.admitted).map(|entry| entry.id)
    }

    /// Whether no call is in the table.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Admits whoever conflicts with nothing earlier and whose owner has room, first come first served.
    fn admit(&mut self) -> Vec<u64> {
        let mut newly = Vec::new();
        if self.entries.iter().all(|entry| entry.admitted || entry.conflicts > 0) {
            return newly;
        }
        let mut admitted_of: BTreeMap<u32, usize> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.admitted) {
            *admitted_of.entry(entry.owner).or_default() += 1;
        }
        for entry in self.entries.iter_mut().filter(|entry| !entry.admitted && entry.conflicts == 0) {
            let admitted = admitted_of.entry(entry.owner).or_default();
            if has_room(*admitted, entry.at_once_max) {
                *admitted += 1;
                entry.admitted = true;
                newly.push(entry.id);
            }
        }
        newly
    }

    fn admitted_of(&self, owner: u32) -> usize {
        self.entries.iter().filter(|entry| entry.admitted && entry.owner == owner).count()
    }
}

/// Whether an owner with so many admitted calls may have one more.
fn has_room(admitted: usize, at_once_max: u32) -> bool {
    admitted < usize::try_from(at_once_max.max(1)).unwrap_or(usize::MAX)
}
