//! What a scenario is read with besides its file: changes, trust, the environment.
//!
//! This module must not know what a scenario holds.
//!
//! ```
//! use moot_scenario::{Environment, Settings};
//!
//! let environment = Environment::of([("CITY", "Ghent")]);
//! let settings = Settings { trust: true, environment, ..Settings::default() };
//! assert_eq!(settings.environment.get("CITY"), Some("Ghent"));
//! assert_eq!(format!("{:?}", settings.environment), "Environment(1 variable)", "values are never shown");
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What a scenario is read with besides its file; by default nothing, and no trust.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Changes `PATH=VALUE`, applied in order.
    pub sets: Vec<String>,
    /// Whether the scenario may have what needs trust, see [`TrustKind`](crate::TrustKind).
    pub trust: bool,
    /// Whether whoever plays it puts folders of their own in place of the real ones it names, which then need no trust
    /// and need not be there.
    pub folders_replaced: bool,
    /// Where the files and folders that it names are looked for, when that is not beside its own file.
    pub folder: Option<PathBuf>,
    /// The variables that `${NAME}` may stand for.
    pub environment: Environment,
}

impl Settings {
    /// Only these changes.
    #[must_use]
    pub fn of_sets(sets: &[String]) -> Self {
        Self { sets: sets.to_vec(), ..Self::default() }
    }
}

/// Environment variables. What they hold is not shown by `{:?}`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// These variables.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The variables of this process; those that are not UTF-8 count as not set.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// What a variable holds.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of all variables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(formatter, "Environment({} variable{plural})", self.0.len())
    }
}
