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

use moot_core::{ActorPath, PathError};

use crate::supervision::{ROOT, SupervisionOptions, SupervisionTree};

/// What serves the agents beside their models, by path, in the order in which it is started. The recorder does not
/// stand under a supervisor: a run that can't be recorded ends.
const SERVANTS: [&str; 5] = ["ledger", "memory", "person", "team", "tools"];

/// The paths of what serves agents that ask these models, in the order in which it is started.
///
/// # Errors
/// When the name of a model is no name.
pub fn servants<'a>(models: impl IntoIterator<Item = &'a str>) -> Result<Vec<ActorPath>, PathError> {
    let world = ActorPath::world();
    let mut paths = SERVANTS.into_iter().map(|name| world.child(name)).collect::<Result<Vec<_>, _>>()?;
    for model in models {
        paths.push(world.child("model")?.child(model)?);
    }
    Ok(paths)
}

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
