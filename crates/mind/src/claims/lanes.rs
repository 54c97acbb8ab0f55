//! Who comes before whom, found without looking at every call.
//!
//! Each resource is a lane in which calls stand in the order they came, readers apart from writers. What lies within
//! something greater (a file in its folders, a task among all tasks) passes through the greater one's lane too, where it
//! is in nobody's way but of those who claim the whole: locks of several granularities (Gray et al., *Granularity of
//! locks in a shared data base*, 1975). A call is free when in none of its lanes an earlier one is in its way. This
//! module must not know owners or caps.
//!
//! ```
//! use moot_core::{Claim, Touch};
//! use moot_mind::claims::ClaimTable;
//!
//! let mut table = ClaimTable::default();
//! for id in 0..1_000 {
//!     table.request(id, 0, 8, Touch::claims([Claim::writes_file(format!("notes/{}.txt", id % 2))]));
//! }
//! assert!(!table.request(1_000, 1, 8, Touch::claims([Claim::reads_folder("notes")])), "a folder waits for its files");
//! assert_eq!(table.admitted().collect::<Vec<_>>(), [0, 1]);
//! assert_eq!(table.release(0), [2]);
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::{Access, Claim, Resource, Text, Touch};

/// The lanes of all calls in the table.
#[derive(Debug, Clone, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<Place, Lane>,
}

/// What a lane is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File(Text),
    Folder(Box<str>),
    Kind(Text),
    Entity(Text, Text),
    Host(Text),
}

/// How a call stands in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    writes: bool,
    /// Whether it only passes through, on the way to something smaller.
    passes: bool,
}

const WAYS: [Way; 4] = [
    Way { writes: true, passes: false },
    Way { writes: false, passes: false },
    Way { writes: true, passes: true },
    Way { writes: false, passes: true },
];

impl Way {
    /// Whether two calls that stand so exclude each other.
    const fn excludes(self, other: Self) -> bool {
        (self.writes || other.writes) && !(self.passes && other.passes)
    }
}

/// The arrivals of the calls in a lane, in the order of [`WAYS`].
#[derive(Debug, Clone, Default)]
struct Lane {
    arrivals: [BTreeSet<u64>; 4],
}

impl Lane {
    /// The earliest call that is in the way of those that stand so.
    fn first_before(&self, way: Way) -> Option<u64> {
        let in_the_way = WAYS.iter().zip(&self.arrivals).filter(|(other, _)| other.excludes(way));
        in_the_way.filter_map(|(_, arrivals)| arrivals.first().copied()).min()
    }

    fn with(&mut self, way: Way) -> Option<&mut BTreeSet<u64>> {
        WAYS.iter().zip(&mut self.arrivals).find(|(other, _)| **other == way).map(|(_, arrivals)| arrivals)
    }
}

impl Lanes {
    pub(super) fn add(&mut self, arrival: u64, touch: &Touch) {
        for_each_place(touch, |place, way| {
            if let Some(arrivals) = self.lanes.entry(place).or_default().with(way) {
                arrivals.insert(arrival);
            }
        });
    }

    /// Whether no earlier call is in the way of this one, which need not be in the lanes itself.
    pub(super) fn is_free(&self, arrival: u64, touch: &Touch) -> bool {
        let mut free = true;
        for_each_place(touch, |place, way| {
            let first = self.lanes.get(&place).and_then(|lane| lane.first_before(way));
            free &= first.is_none_or(|first| first >= arrival);
        });
        free
    }

    /// Takes a call out; gives the later ones for which the way became free in one of its lanes. In another lane they
    /// may still have to wait.
    pub(super) fn remove(&mut self, arrival: u64, touch: &Touch) -> BTreeSet<u64> {
        let mut freed = BTreeSet::new();
        for_each_place(touch, |place, way| {
            let Some(lane) = self.lanes.get_mut(&place) else { return };
            // A call with two claims on one thing is taken out at the first.
            if !lane.with(way).is_some_and(|arrivals| arrivals.remove(&arrival)) {
                return;
            }
            for (other, arrivals) in WAYS.iter().zip(&lane.arrivals).filter(|(other, _)| other.excludes(way)) {
                // They are free up to the first that is in their way, which may be one of them.
                match lane.first_before(*other) {
                    None => freed.extend(arrivals.range(arrival..)),
                    Some(first) if first > arrival => freed.extend(arrivals.range(arrival..=first)),
                    Some(_) => {}
                }
            }
            if lane.arrivals.iter().all(BTreeSet::is_empty) {
                self.lanes.remove(&place);
            }
        });
        freed
    }
}

/// Every place that a touch stands in or passes through, and how.
fn for_each_place(touch: &Touch, mut visit: impl FnMut(Place, Way)) {
    for Claim { resource, access } in &touch.claims {
        let writes = *access == Access::Write;
        let (stands, passes) = (Way { writes, passes: false }, Way { writes, passes: true });
        match resource {
            Resource::File(path) => {
                visit(Place::File(path.clone()), stands);
                for folder in folders_of(path) {
                    visit(Place::Folder(folder.into()), passes);
                }
                // A claim on a folder of this name means the file, too.
                visit(Place::Folder(path.as_ref().into()), passes);
            }
            Resource::Folder(path) => {
                let folder = path.trim_end_matches('/');
                visit(Place::Folder(folder.into()), stands);
                for above in folders_of(folder).filter(|above| *above != folder) {
                    visit(Place::Folder(above.into()), passes);
                }
            }
            Resource::Entity { kind, name } if name.is_empty() => visit(Place::Kind(kind.clone()), stands),
            Resource::Entity { kind, name } => {
                visit(Place::Entity(kind.clone(), name.clone()), stands);
                visit(Place::Kind(kind.clone()), passes);
            }
            Resource::Host(name) => visit(Place::Host(name.clone()), stands),
        }
    }
}

/// The folders that a path lies in, from the whole workspace on.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    let whole = std::iter::once("");
    whole.chain(path.match_indices('/').filter_map(|(end, _)| path.get(..end)).filter(|folder| !folder.is_empty()))
}
