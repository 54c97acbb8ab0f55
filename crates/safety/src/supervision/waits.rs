//! Who waits for whom: finds the call that would wait for itself before anybody waits.
//!
//! An actor that calls itself, or one that waits for it, gets no answer ever. OTP notices by a timeout; here the call is
//! refused at once, with the names of all who would wait in a circle. Only waits that nothing else can end belong here.
//! This module must not know what is waited for.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_safety::supervision::WaitGraph;
//!
//! let [a, b] = ["a", "b"].map(|name| ActorPath::new(name).unwrap());
//! let mut waits = WaitGraph::default();
//! waits.begin(&a, &b).unwrap();
//! assert_eq!(waits.begin(&b, &a).unwrap_err().to_string(), "b -> a -> b wait for each other in a circle");
//! waits.end(&a, &b);
//! assert!(waits.begin(&b, &a).is_ok());
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::ActorPath;
use serde::{Deserialize, Serialize};

/// Who waits for whom at the moment, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WaitGraph {
    awaited: BTreeMap<ActorPath, BTreeMap<ActorPath, u32>>,
}

/// Why a wait would never end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WaitProblem {
    /// An actor would wait for itself.
    #[error("{actor} would wait for itself")]
    Itself {
        /// Which.
        actor: ActorPath,
    },
    /// Several actors would wait for each other.
    #[error("{} wait for each other in a circle", circle(.actors))]
    Circle {
        /// All of them, each waiting for the next one and the last for the first. The first is who wanted to wait.
        actors: Vec<ActorPath>,
    },
}

fn circle(actors: &[ActorPath]) -> String {
    let names: Vec<&str> = actors.iter().chain(actors.first()).map(ActorPath::as_str).collect();
    names.join(" -> ")
}

impl WaitGraph {
    /// Takes note that one actor waits for another, once more if it already does.
    ///
    /// # Errors
    /// When the wait could never end; it is not taken note of.
    pub fn begin(&mut self, waiter: &ActorPath, awaited: &ActorPath) -> Result<(), WaitProblem> {
        if waiter == awaited {
            return Err(WaitProblem::Itself { actor: waiter.clone() });
        }
        if let Some(way) = self.way(awaited, waiter) {
            let actors = std::iter::once(waiter.clone()).chain(way).collect();
            return Err(WaitProblem::Circle { actors });
        }
        *self.awaited.entry(waiter.clone()).or_default().entry(awaited.clone()).or_insert(0) += 1;
        Ok(())
    }

    /// One wait is over.
    pub fn end(&mut self, waiter: &ActorPath, awaited: &ActorPath) {
        let Some(counts) = self.awaited.get_mut(waiter) else { return };
        let Some(count) = counts.get_mut(awaited) else { return };
        *count -= 1;
        if *count == 0 {
            counts.remove(awaited);
        }
        if counts.is_empty() {
            self.awaited.remove(waiter);
        }
    }

    /// An actor has ended: it waits for nobody any more, and nobody for it.
    pub fn forget(&mut self, actor: &ActorPath) {
        self.awaited.remove(actor);
        self.awaited.retain(|_, counts| {
            counts.remove(actor);
            !counts.is_empty()
        });
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.awaited.is_empty()
    }

    /// The shortest way along waits from one actor to another, both ends but the last included; among equally short
    /// ones the first in the order of paths.
    fn way(&self, from: &ActorPath, to: &ActorPath) -> Option<Vec<ActorPath>> {
        let mut came_from: BTreeMap<&ActorPath, &ActorPath> = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut layer = vec![from];
        while !layer.is_empty() {
            let mut next = Vec::new();
            for actor in layer {
                for awaited in self.awaited.get(actor).into_iter().flat_map(BTreeMap::keys) {
                    if seen.insert(awaited) {
                        came_from.insert(awaited, actor);
                        next.push(awaited);
                    }
                }
            }
            if seen.contains(to) {
                let mut way: Vec<ActorPath> = std::iter::successors(came_from.get(to), |actor| came_from.get(**actor))
                    .map(|actor| (*actor).clone())
                    .collect();
                way.reverse();
                return Some(way);
            }
            layer = next;
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(name: &str) -> ActorPath {
        ActorPath::new(name).unwrap()
    }

    #[test]
    fn a_call_to_oneself_is_refused_at_once() {
        let mut waits = WaitGraph::default();
        let problem = waits.begin(&path("a"), &path("a")).unwrap_err();
        assert_eq!(problem, WaitProblem::Itself { actor: path("a") });
        assert!(waits.is_empty(), "what is refused is not taken note of");
    }

    #[test]
    fn the_shortest_circle_is_named_in_order() {
        let mut waits = WaitGraph::default();
        for (waiter, awaited) in [("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")] {
            waits.begin(&path(waiter), &path(awaited)).unwrap();
        }
        let problem = waits.begin(&path("d"), &path("a")).unwrap_err();
        assert_eq!(problem, WaitProblem::Circle { actors: ["d", "a", "b"].map(path).to_vec() });
        assert_eq!(problem.to_string(), "d -> a -> b -> d wait for each other in a circle");
    }

    #[test]
    fn a_wait_counts_as_often_as_it_began() {
        let (a, b) = (path("a"), path("b"));
        let mut waits = WaitGraph::default();
        waits.begin(&a, &b).unwrap();
        waits.begin(&a, &b).unwrap();
        waits.end(&a, &b);
        assert!(waits.begin(&b, &a).is_err(), "one of two waits still stands");
        waits.end(&a, &b);
        waits.end(&a, &b);
        assert!(waits.is_empty());
        waits.begin(&b, &a).unwrap();
        waits.forget(&a);
        assert!(waits.is_empty(), "nobody waits for an actor that has ended");
    }

    proptest! {
        /// What is taken note of never holds a circle: from nobody does a way lead back.
        #[test]
        fn no_circle_is_ever_taken_note_of(edges in proptest::collection::vec((0_u8..8, 0_u8..8), 0..60)) {
            let mut waits = WaitGraph::default();
            for (waiter, awaited) in edges {
                let (waiter, awaited) = (path(&format!("a{waiter}")), path(&format!("a{awaited}")));
                match waits.begin(&waiter, &awaited) {
                    Ok(()) => {}
                    Err(WaitProblem::Itself { actor }) => prop_assert_eq!((&actor, &actor), (&waiter, &awaited)),
                    Err(WaitProblem::Circle { actors }) => {
                        prop_assert_eq!((&actors[0], &actors[1]), (&waiter, &awaited));
                        for pair in actors[1..].windows(2) {
                            prop_assert!(waits.awaited[&pair[0]].contains_key(&pair[1]));
                        }
                        prop_assert!(waits.awaited[&actors[actors.len() - 1]].contains_key(&waiter));
                    }
                }
                for (waiter, counts) in &waits.awaited {
                    for awaited in counts.keys() {
                        prop_assert!(waits.way(awaited, waiter).is_none(), "{awaited} waits for {waiter}, its waiter");
                    }
                }
            }
        }
    }
}
