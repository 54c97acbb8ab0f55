//! Patterns that users add in Rust: named in a file, looked up in a registry that this crate does not know.
//!
//! ```
//! use moot_council::{CustomOptions, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(r#"{ "custom": { "name": "auction" } }"#).unwrap();
//! assert!(options.build().is_none(), "what it is, its registry knows");
//! let PatternOptions::Custom(CustomOptions { name, .. }) = options else { unreachable!() };
//! assert_eq!(name, "auction");
//! ```

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescribesPattern, Named};
use crate::{OptionProblem, Pattern};

/// The options of a pattern added in Rust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomOptions {
    /// The name under which the pattern is registered.
    pub name: String,
    /// Who sits in the council: agents, groups of agents or councils, in order. Default: nobody.
    #[serde(default)]
    pub members: Vec<String>,
    /// What the pattern itself is told. Default: null.
    #[serde(default)]
    pub options: serde_json::Value,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

impl DescribesPattern for CustomOptions {
    fn members(&self) -> Vec<Named<'_>> {
        Named::list("members", &self.members).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, _seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            problems.push(OptionProblem::new("name", "the name is empty; write the name of a registered pattern"));
        }
        // Only the pattern knows whether it can do without members; what is named must be right all the same.
        if !self.members.is_empty() {
            problems.extend(super::check_members(&self.members));
        }
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_needed_and_members_are_not() {
        let options = |name: &str, members: &[&str]| CustomOptions {
            name: name.to_owned(),
            members: members.iter().map(|name| (*name).to_owned()).collect(),
            options: serde_json::Value::Null,
            fresh: false,
        };
        assert_eq!(options("mine", &[]).check(&[]), []);
        let paths =
            |options: CustomOptions| options.check(&[1]).into_iter().map(|problem| problem.path).collect::<Vec<_>>();
        assert_eq!(paths(options(" ", &["a"])), ["name"]);
        assert_eq!(paths(options("mine", &["a", "a"])), ["members[1]"]);
    }
}
