//! Which tools were called in the course of some work, and how often. It travels with answers, as a bill does, so that
//! who asked may go by it.
//!
//! Where no tool was called it holds nothing and costs nothing. It must not know what a tool is or does.
//!
//! ```
//! use moot_core::ToolsUsed;
//!
//! let mut used = ToolsUsed::default();
//! used.add_call(&"search".into(), true);
//! used.add_call(&"search".into(), false);
//! let search = used.of("search").unwrap();
//! assert_eq!((search.calls, search.successes), (2, 1));
//! assert!(used.of("submit").is_none());
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Text;

/// Which tools were called, each once, by their names in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolsUsed(Option<Arc<[ToolUse]>>);

/// How often a tool was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// Its name.
    pub tool: Text,
    /// How many calls have come to their result, errors and denials included.
    pub calls: u32,
    /// How many of them were no errors.
    pub successes: u32,
}

impl ToolsUsed {
    /// Adds one call that came to its result.
    pub fn add_call(&mut self, tool: &Text, succeeded: bool) {
        self.add_use(ToolUse { tool: tool.clone(), calls: 1, successes: u32::from(succeeded) });
    }

    /// Adds what other work used.
    pub fn add(&mut self, other: &Self) {
        match (&self.0, &other.0) {
            (_, None) => {}
            (None, Some(_)) => self.0.clone_from(&other.0),
            (Some(_), Some(uses)) => uses.iter().cloned().for_each(|more| self.add_use(more)),
        }
    }

    fn add_use(&mut self, more: ToolUse) {
        let uses = self.0.take().unwrap_or_default();
        match uses.binary_search_by(|known| known.tool.cmp(&more.tool)) {
            Ok(place) => {
                let mut uses = uses;
                if let Some(known) = Arc::make_mut(&mut uses).get_mut(place) {
                    known.calls = known.calls.saturating_add(more.calls);
                    known.successes = known.successes.saturating_add(more.successes);
                }
                self.0 = Some(uses);
            }
            Err(place) => {
                let mut several = uses.to_vec();
                several.insert(place, more);
                self.0 = Some(several.into());
            }
        }
    }

    /// Whether no tool was called.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How often the tool of this name was called, if it was.
    #[must_use]
    pub fn of(&self, tool: &str) -> Option<&ToolUse> {
        self.iter().find(|used| *used.tool == *tool)
    }

    /// Each tool that was called, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &ToolUse> {
        self.0.iter().flat_map(|uses| uses.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(calls: &[(&str, bool)]) -> ToolsUsed {
        let mut used = ToolsUsed::default();
        calls.iter().for_each(|(tool, succeeded)| used.add_call(&(*tool).into(), *succeeded));
        used
    }

    #[test]
    fn the_order_of_calls_does_not_matter() {
        let one = used(&[("b", true), ("a", false), ("b", true), ("c", true)]);
        let other = used(&[("c", true), ("b", true), ("b", true), ("a", false)]);
        assert_eq!(one, other);
        let counts: Vec<(&str, u32, u32)> = one.iter().map(|used| (&*used.tool, used.calls, used.successes)).collect();
        assert_eq!(counts, [("a", 1, 0), ("b", 2, 2), ("c", 1, 1)]);
    }

    #[test]
    fn what_others_used_is_added_and_theirs_stays_as_it_was() {
        let (mut all, others) = (used(&[]), used(&[("a", true)]));
        assert!(all.is_empty());
        all.add(&used(&[]));
        assert!(all.is_empty());
        all.add(&others);
        all.add(&others);
        all.add(&used(&[("b", false), ("a", false)]));
        assert_eq!(all, used(&[("a", true), ("a", true), ("a", false), ("b", false)]));
        assert_eq!(others, used(&[("a", true)]));
    }
}
