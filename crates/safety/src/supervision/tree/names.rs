//! Which names a scenario may write under a supervisor.
//!
//! This module must not know the supervisors' options.
//!
//! ```
//! use moot_safety::supervision::{SupervisionOptions, SupervisionTree};
//!
//! let options: SupervisionOptions = serde_json::from_str(r#"{ "jury": { "children": ["jurro"] } }"#).unwrap();
//! let problems = SupervisionTree::resolve(&options, &[], &[]).unwrap_err();
//! assert_eq!(problems[0].unknown.as_deref(), Some("jurro"));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::ActorPath;

use crate::supervision::{ROOT, SupervisionOptions, SupervisionTree};

/// The place of a child in the options: the supervisor's name and the child's index.
pub(super) type Written<'a> = (&'a str, usize);

impl SupervisionTree {
    /// Every name that may stand under `children`, sorted: supervisors, paths of actors, those of a group without their
    /// number, and kinds of agents that are started by others.
    #[must_use]
    pub fn known_names<'a>(
        options: &'a SupervisionOptions,
        actors: &'a [ActorPath],
        kinds: &'a [String],
    ) -> Vec<&'a str> {
        let supervisors = options.keys().map(String::as_str).filter(|name| *name != ROOT);
        let groups = actors.iter().map(ActorPath::group);
        let names: BTreeSet<&str> = supervisors.chain(groups).chain(kinds.iter().map(String::as_str)).collect();
        names.into_iter().collect()
    }
}

/// The most particular of the written names that an actor falls under: its own path, its group, or what it lies in.
pub(super) fn named<'a>(path: &ActorPath, written: &BTreeMap<&'a str, Written<'a>>) -> Option<&'a str> {
    let mut name = path.as_str();
    loop {
        if let Some((found, _)) = written.get_key_value(name) {
            return Some(found);
        }
        // `a/b[1]` lies in `a/b`, and that in `a`.
        let shorter = name.rfind(['[', '/'])?;
        name = name.get(..shorter)?;
    }
}
