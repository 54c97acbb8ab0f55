//! The blackboard: values by key that all agents of a world share while they work, as a value without any actor.
//!
//! Every write of a key has a version, counted from 1. Who names the version that was read (compare-and-set) never
//! overwrites what somebody else wrote since; who names none overwrites whatever is there. This module must not know
//! who stands in front of the store or what the values mean.
//!
//! ```
//! use moot_core::port::Caller;
//! use moot_core::{ActorPath, TaskId, VirtualTime};
//! use moot_tool::Board;
//!
//! let agent = ActorPath::new("lead").unwrap();
//! let lead = Caller { agent, task: TaskId(0), call_id: "c1".into(), now: VirtualTime::ZERO };
//! let mut board = Board::new();
//! assert_eq!(board.post(&lead, "plan", "draft".into(), Some(0)), Ok(1));
//! assert_eq!(board.post(&lead, "plan", "final".into(), Some(1)), Ok(2));
//! let late = board.post(&lead, "plan", "lost".into(), Some(1)).unwrap_err();
//! assert_eq!(late.to_string(), "plan has version 2, written by lead, not 1; read it again");
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;

use moot_core::Text;
use moot_core::port::{Caller, Entry, PortError};
use serde::{Deserialize, Serialize};

use crate::describe::quote;

/// How many keys a blackboard holds.
pub const KEYS_MAX: usize = 10_000;

/// The longest that a key may be, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// The longest that a value may be, in bytes.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Values by key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Board {
    entries: BTreeMap<Text, Entry>,
}

impl Board {
    /// An empty blackboard.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new() }
    }

    /// How many keys have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Writes a value; answers its version. With `expected` given, only if the key's version is that one; 0 stands for
    /// a key that has no value yet.
    ///
    /// # Errors
    /// [`PortError::Conflict`] when the key has another version, [`PortError::Denied`] for a key that is empty or holds
    /// control characters or white space, [`PortError::Limit`] for a key or value that is too long or one key too many.
    /// Nothing has changed then.
    pub fn post(&mut self, caller: &Caller, key: &str, value: Text, expected: Option<u64>) -> Result<u64, PortError> {
        check(key, &value)?;
        let before = self.entries.get(key);
        let version = before.map_or(0, |entry| entry.version);
        if let Some(expected) = expected.filter(|expected| *expected != version) {
            return Err(PortError::Conflict { reason: conflict(key, before, expected) });
        }
        if before.is_none() && self.entries.len() >= KEYS_MAX {
            return Err(PortError::Limit {
                reason: format!("the blackboard holds {KEYS_MAX} keys, which is the limit; write to one of them"),
            });
        }
        let entry = Entry { value, version: version + 1, author: caller.agent.clone(), written_at: caller.now };
        match self.entries.get_mut(key) {
            Some(place) => *place = entry,
            None => drop(self.entries.insert(key.into(), entry)),
        }
        Ok(version + 1)
    }

    /// What stands under a key.
    ///
    /// # Errors
    /// [`PortError::NotFound`] when nothing does.
    pub fn read(&self, key: &str) -> Result<Entry, PortError> {
        let not_found = || PortError::NotFound { what: format!("key {} on the blackboard", quote(key)) };
        self.entries.get(key).cloned().ok_or_else(not_found)
    }

    /// Everything whose key begins so, sorted by key; the empty text begins every key.
    #[must_use]
    pub fn list(&self, prefix: &str) -> Vec<(Text, Entry)> {
        let from = self.entries.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let fitting = from.take_while(|(key, _)| key.starts_with(prefix));
        fitting.map(|(key, entry)| (key.clone(), entry.clone())).collect()
    }
}

fn check(key: &str, value: &str) -> Result<(), PortError> {
    if key.is_empty() || key.contains(|character: char| character.is_whitespace() || character.is_control()) {
        let reason = format!("the key {} is not allowed; give one such as plan or results/north", quote(key));
        return Err(PortError::Denied { reason });
    }
    let too_long = |what: &str, length: usize, most: usize| PortError::Limit {
        reason: format!("the {what} is {length} bytes long; at most {most} are allowed"),
    };
    if key.len() > KEY_BYTES_MAX {
        return Err(too_long("key", key.len(), KEY_BYTES_MAX));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(too_long("value", value.len(), VALUE_BYTES_MAX));
    }
    Ok(())
}

fn conflict(key: &str, found: Option<&Entry>, expected: u64) -> String {
    match (found, expected) {
        (None, _) => format!("{key} has no value yet, so not version {expected}; write it with version 0"),
        (Some(Entry { version, author, .. }), 0) => {
            format!("{key} has a value already, version {version}, written by {author}; read it first")
        }
        (Some(Entry { version, author, .. }), _) => {
            format!("{key} has version {version}, written by {author}, not {expected}; read it again")
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{ActorPath, TaskId, VirtualTime};
    use proptest::prelude::*;

    use super::*;

    fn caller(name: &str, milliseconds: u64) -> Caller {
        let agent = ActorPath::new(name).unwrap();
        Caller { agent, task: TaskId(0), call_id: "c".into(), now: VirtualTime::from_millis(milliseconds) }
    }

    #[test]
    fn a_write_tells_its_version_and_keeps_who_and_when() {
        let mut board = Board::new();
        assert_eq!(board.post(&caller("a", 1), "k", "one".into(), None), Ok(1));
        assert_eq!(board.post(&caller("b", 2), "k", "two".into(), None), Ok(2));
        let author = ActorPath::new("b").unwrap();
        let entry = Entry { value: "two".into(), version: 2, author, written_at: VirtualTime::from_millis(2) };
        assert_eq!(board.read("k"), Ok(entry));
        assert_eq!(board.read("K").unwrap_err().to_string(), "there is no key \"K\" on the blackboard");
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let conflict = |reason: &str| PortError::Conflict { reason: reason.into() };
        let denied = |reason: &str| PortError::Denied { reason: reason.into() };
        let limit = |reason: &str| PortError::Limit { reason: reason.into() };
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        let table = [
            ("k", "v", Some(2), conflict("k has version 1, written by a, not 2; read it again")),
            ("k", "v", Some(0), conflict("k has a value already, version 1, written by a; read it first")),
            ("new", "v", Some(1), conflict("new has no value yet, so not version 1; write it with version 0")),
            ("", "v", None, denied("the key \"\" is not allowed; give one such as plan or results/north")),
            ("a b", "v", None, denied("the key \"a b\" is not allowed; give one such as plan or results/north")),
            ("a\n", "v", None, denied("the key \"a\\n\" is not allowed; give one such as plan or results/north")),
            (&long, "v", None, limit("the key is 201 bytes long; at most 200 are allowed")),
            (
                "k",
                &"v".repeat(VALUE_BYTES_MAX + 1),
                None,
                limit("the value is 65537 bytes long; at most 65536 are allowed"),
            ),
        ];
        let mut board = Board::new();
        board.post(&caller("a", 0), "k", "kept".into(), None).unwrap();
        let before = board.clone();
        for (key, value, expected, error) in table {
            assert_eq!(board.post(&caller("b", 1), key, value.into(), expected), Err(error));
            assert_eq!(board, before);
        }
    }

    #[test]
    fn a_full_board_takes_new_values_but_no_new_keys() {
        let mut board = Board::new();
        for number in 0..KEYS_MAX {
            board.post(&caller("a", 0), &number.to_string(), "v".into(), None).unwrap();
        }
        assert!(matches!(board.post(&caller("a", 0), "more", "v".into(), None), Err(PortError::Limit { .. })));
        assert_eq!(board.post(&caller("a", 0), "7", "w".into(), None), Ok(2));
        assert_eq!(board.len(), KEYS_MAX);
    }

    #[test]
    fn keys_are_listed_by_how_they_begin() {
        let mut board = Board::new();
        for key in ["tasks/0002", "plan", "tasks/0001", "tasks", "tasksaside"] {
            board.post(&caller("a", 0), key, "v".into(), None).unwrap();
        }
        let keys = |prefix: &str| board.list(prefix).into_iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
        assert_eq!(keys("tasks/"), ["tasks/0001", "tasks/0002"]);
        assert_eq!(keys(""), ["plan", "tasks", "tasks/0001", "tasks/0002", "tasksaside"]);
        assert_eq!(keys("x"), [""; 0]);
    }

    proptest! {
        /// However writers interleave: of those that read the same version exactly one succeeds, so no counted step
        /// is lost; and the store comes back from its serialised form.
        #[test]
        fn no_write_that_names_its_version_is_lost(order in prop::collection::vec((0_usize..4, any::<bool>()), 0..60)) {
            let mut board = Board::new();
            let mut seen = [(0_u64, 0_u64); 4];
            let mut successes = 0_u64;
            for (writer, reads) in order {
                let Some(known) = seen.get_mut(writer) else { continue };
                if reads {
                    let entry = board.read("n");
                    *known = entry.map_or((0, 0), |entry| (entry.version, entry.value.parse().unwrap()));
                } else {
                    let next = (known.1 + 1).to_string();
                    successes += u64::from(board.post(&caller("a", 0), "n", next.into(), Some(known.0)).is_ok());
                }
            }
            let counted = board.read("n").map_or(0, |entry| entry.value.parse().unwrap());
            prop_assert_eq!(counted, successes);
            let again: Board = serde_json::from_str(&serde_json::to_string(&board).unwrap()).unwrap();
            prop_assert_eq!(again, board);
        }
    }
}
