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

mod index;
mod lanes;

#[cfg(test)]
mod tests;

use moot_core::Touch;
use serde::{Deserialize, Serialize};

use index::Index;

/// So many calls are looked through one by one; for more there is an index.
const FEW: usize = if cfg!(test) { 3 } else { 16 };

/// The calls that run and the ones that wait to. The default is empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct ClaimTable {
    /// In the order in which they came. An entry goes when its call ends; of many it stays as one that is gone until
    /// half of them are.
    entries: Vec<Entry>,
    gone: usize,
    /// The arrival of the next call.
    next: u64,
    /// What follows from the entries, while there are many.
    index: Option<Box<Index>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    id: u64,
    owner: u32,
    at_once_max: u32,
    touch: Touch,
    admitted: bool,
    /// When it came, as a number that grows from call to call.
    #[serde(skip)]
    arrival: u64,
    #[serde(skip)]
    gone: bool,
}

/// The table as it is written.
#[derive(Serialize, Deserialize)]
struct Stored {
    entries: Vec<Entry>,
}

impl ClaimTable {
    /// Asks for a call to be admitted; whether it is, at once. If not, it waits, and [`ClaimTable::release`] or
    /// [`ClaimTable::withdraw`] of another call names it when its turn has come.
    ///
    /// At most `at_once_max` calls of one `owner` are admitted at the same time (0 counts as 1: a cap that admits
    /// nobody would wait for ever). An id that is in the table already changes nothing.
    ///
    /// Takes time proportional to what the call claims (a file counts once for each folder above it), and next to none
    /// when the table is empty.
    pub fn request(&mut self, id: u64, owner: u32, at_once_max: u32, touch: Touch) -> bool {
        if let Some(known) = self.place(id).and_then(|place| self.entries.get(place)) {
            return known.admitted;
        }
        let arrival = self.next;
        self.next += 1;
        let free = match &self.index {
            Some(index) => index.is_free(arrival, &touch),
            None => !self.entries.iter().any(|entry| entry.touch.conflicts_with(&touch)),
        };
        // A call that waits on account of its owner's cap finds it full, and so does whatever the owner asks for later.
        let admitted = free && has_room(self.admitted_of(owner), at_once_max);
        let entry = Entry { id, owner, at_once_max, touch, admitted, arrival, gone: false };
        match &mut self.index {
            Some(index) => index.add(&entry, free),
            None if self.entries.len() >= FEW => {
                self.entries.push(entry);
                self.index = Some(Box::new(Index::of(&self.entries)));
                return admitted;
            }
            None => {}
        }
        self.entries.push(entry);
        admitted
    }

    /// A call has ended, however it did. Gives the calls that are admitted because of it, in the order in which they
    /// came. An id that is not in the table changes nothing.
    ///
    /// Takes time proportional to what the call claims and to how many calls need not wait for it any more.
    pub fn release(&mut self, id: u64) -> Vec<u64> {
        let Some(place) = self.place(id) else { return Vec::new() };
        let Some(index) = &mut self.index else {
            self.entries.remove(place);
            return self.admit_few();
        };
        let Some(entry) = self.entries.get_mut(place) else { return Vec::new() };
        entry.gone = true;
        self.gone += 1;
        // What is gone is in nobody's way.
        let touch = std::mem::take(&mut entry.touch);
        let mut owners = vec![entry.owner];
        for freed in index.remove(entry, &touch) {
            let Some(later) = place_of(&self.entries, freed).and_then(|place| self.entries.get(place)) else {
                continue;
            };
            if !later.gone && !later.admitted && index.is_free(freed, &later.touch) {
                index.make_ready(later);
                owners.push(later.owner);
            }
        }
        let mut newly: Vec<usize> = Vec::new();
        for owner in owners {
            while let Some(arrival) = index.admit_next(owner) {
                newly.extend(place_of(&self.entries, arrival));
            }
        }
        newly.sort_unstable();
        let mut ids = Vec::with_capacity(newly.len());
        for place in newly {
            if let Some(entry) = self.entries.get_mut(place) {
                entry.admitted = true;
                ids.push(entry.id);
            }
        }
        self.tidy();
        ids
    }

    /// A call is no longer wanted: it leaves the table whether it waits or runs. Gives the calls that are admitted
    /// because of it, in the order in which they came.
    pub fn withdraw(&mut self, id: u64) -> Vec<u64> {
        self.release(id)
    }

    /// Whether the call is in the table and admitted.
    #[must_use]
    pub fn is_admitted(&self, id: u64) -> bool {
        self.place(id).and_then(|place| self.entries.get(place)).is_some_and(|entry| entry.admitted)
    }

    /// The calls that wait, in the order in which they came.
    pub fn waiting(&self) -> impl Iterator<Item = u64> {
        self.present().filter(|entry| !entry.admitted).map(|entry| entry.id)
    }

    /// The calls that are admitted, in the order in which they came.
    pub fn admitted(&self) -> impl Iterator<Item = u64> {
        self.present().filter(|entry| entry.admitted).map(|entry| entry.id)
    }

    /// Whether no call is in the table.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.len() == self.gone
    }

    fn present(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.gone)
    }

    /// Where the call of this id stands among the entries.
    fn place(&self, id: u64) -> Option<usize> {
        match &self.index {
            Some(index) => place_of(&self.entries, index.arrival(id)?),
            None => self.entries.iter().position(|entry| entry.id == id),
        }
    }

    /// Admits whoever conflicts with nothing earlier and whose owner has room, first come first served. There are few
    /// calls, so they are looked through.
    fn admit_few(&mut self) -> Vec<u64> {
        let mut newly = Vec::new();
        for place in 0..self.entries.len() {
            let (earlier, later) = self.entries.split_at_mut(place);
            let Some((entry, later)) = later.split_first_mut() else { break };
            if entry.admitted || earlier.iter().any(|other| other.touch.conflicts_with(&entry.touch)) {
                continue;
            }
            let admitted = earlier.iter().chain(&*later).filter(|other| other.admitted && other.owner == entry.owner);
            if has_room(admitted.count(), entry.at_once_max) {
                entry.admitted = true;
                newly.push(entry.id);
            }
        }
        newly
    }

    fn admitted_of(&self, owner: u32) -> usize {
        match &self.index {
            Some(index) => index.admitted_of(owner),
            None => self.entries.iter().filter(|entry| entry.admitted && entry.owner == owner).count(),
        }
    }

    /// Drops the entries that are gone when they are half of all, and the index when few are left.
    fn tidy(&mut self) {
        let present = self.entries.len() - self.gone;
        if present <= FEW / 2 {
            self.index = None;
        }
        if present <= self.gone || self.index.is_none() {
            self.entries.retain(|entry| !entry.gone);
            self.gone = 0;
        }
    }
}

/// Where the call that came then stands among the entries.
fn place_of(entries: &[Entry], arrival: u64) -> Option<usize> {
    entries.binary_search_by_key(&arrival, |entry| entry.arrival).ok()
}

/// Whether an owner with so many admitted calls may have one more.
fn has_room(admitted: usize, at_once_max: u32) -> bool {
    admitted < usize::try_from(at_once_max.max(1)).unwrap_or(usize::MAX)
}

impl PartialEq for ClaimTable {
    fn eq(&self, other: &Self) -> bool {
        let without_arrival = |entry: &Entry| Entry { arrival: 0, ..entry.clone() };
        self.present().map(without_arrival).eq(other.present().map(without_arrival))
    }
}

impl From<ClaimTable> for Stored {
    fn from(mut table: ClaimTable) -> Self {
        table.entries.retain(|entry| !entry.gone);
        Self { entries: table.entries }
    }
}

impl From<Stored> for ClaimTable {
    fn from(Stored { mut entries }: Stored) -> Self {
        let mut next = 0;
        for entry in &mut entries {
            entry.arrival = next;
            next += 1;
        }
        let index = (entries.len() > FEW).then(|| Box::new(Index::of(&entries)));
        Self { entries, gone: 0, next, index }
    }
}
