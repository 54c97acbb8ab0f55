//! The options of supervision, as a scenario sets them: supervisors by name, each with its strategy, its limits and its
//! children in the order in which they are started.
//!
//! This module must not know who is there to be supervised (`tree`), nor how a supervisor decides (`machine`).
//!
//! ```
//! use moot_safety::supervision::{Strategy, SupervisorOptions};
//!
//! let options: SupervisorOptions = serde_json::from_str(r#"{ "intensity": 5, "children": ["juror"] }"#).unwrap();
//! assert_eq!(options.strategy, Strategy::OneForOne, "what is not given has its default");
//! assert!(options.check("jury").is_empty());
//! ```

use std::collections::BTreeMap;
use std::fmt;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{RestartType, Shutdown, SupervisorPolicy};

/// The supervisors by name. `root` stands above all others and above everything that no supervisor names; it is there
/// also when it is not written.
pub type SupervisionOptions = BTreeMap<String, SupervisorOptions>;

/// The name of the supervisor at the top.
pub const ROOT: &str = "root";

/// Which children are restarted when one of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Only that one.
    #[default]
    OneForOne,
    /// All of them.
    OneForAll,
    /// That one and those that were started after it.
    RestForOne,
}

/// Whose restarts count against one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Those of all children together.
    #[default]
    Together,
    /// Those of each child by itself.
    Each,
}

/// What follows when a child would have to be restarted once more than a limit allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtLimit {
    /// The supervisor stops its children and ends, and its own supervisor decides; at the top the run ends as failed
    /// (restart limit).
    #[default]
    Escalate,
    /// That child stays stopped for the rest of the run; whoever asks it learns that it crashed. The others go on. What
    /// serves all, such as the ledger or an executor of tools, is never isolated.
    Isolate,
}

/// When a supervisor ends because its significant children have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoShutdown {
    /// Never.
    #[default]
    Never,
    /// When one of them has ended for good.
    AnySignificant,
    /// When all of them have ended for good.
    AllSignificant,
}

/// How long is waited before a restart: `min`, times `factor` for every further crash in a row, at most `max`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffOptions {
    /// The first wait, at most an hour; default 100ms.
    #[schemars(with = "String")]
    pub min: VirtualDuration,
    /// The longest wait, at least `min` and at most an hour; default 10s.
    #[schemars(with = "String")]
    pub max: VirtualDuration,
    /// What every further wait is multiplied by, from 1 to 10; default 2.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub factor: f64,
    /// Up to which share of a wait is added at random, from 0 to 1; default 0.2. No wait is longer than `max`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub jitter: f64,
}

/// A supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SupervisorOptions {
    /// Which children are restarted when one of them is; default one_for_one.
    pub strategy: Strategy,
    /// How many restarts are allowed within any `period`, from 0 to 1,000; default 3. A failure that would need one more
    /// is never answered by a restart.
    #[schemars(range(max = 1_000))]
    pub intensity: u32,
    /// The length of the sliding window in which restarts are counted, in virtual time, above 0 and at most a day;
    /// default 5s.
    #[schemars(with = "String")]
    pub period: VirtualDuration,
    /// Whose restarts count against `intensity`; default together, and each for a `root` that is one_for_one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    /// What follows when a limit is passed; default escalate. Under `root` an agent or a council that nobody names is
    /// isolated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_limit: Option<AtLimit>,
    /// How long is waited before a restart.
    pub backoff: BackoffOptions,
    /// After how many crashes in a row a child is not restarted again, however slowly they came, from 1 to 1,000;
    /// default 10. A child that lived for twice its last wait, and at least 10 s, starts anew.
    #[schemars(range(min = 1, max = 1_000))]
    pub consecutive_max: u32,
    /// How its children are stopped; default 5s, and infinity for supervisors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// When it ends because its significant children have; default never.
    pub auto_shutdown: AutoShutdown,
    /// Its children in the order in which they are started: names of agents, councils and supervisors, or paths of what
    /// serves them, such as `world/tools`. Each is a name, or a map with `name` and more.
    pub children: Vec<ChildOptions>,
}

/// A child of a supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildOptions {
    /// An agent, all agents of a group, a council, a supervisor, or the path of what serves them.
    pub name: String,
    /// When it is restarted.
    pub restart: RestartType,
    /// Whether its end may end its supervisor, see [`SupervisorOptions::auto_shutdown`].
    pub significant: bool,
    /// How it is stopped; `None` for what its supervisor says.
    pub shutdown: Option<Shutdown>,
    /// What follows when it passes a limit; `None` for what its supervisor says.
    pub at_limit: Option<AtLimit>,
}

/// A child as a map.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChildMap {
    /// An agent, all agents of a group, a council, a supervisor, or the path of what serves them.
    name: String,
    /// When it is restarted; default permanent.
    #[serde(default)]
    restart: RestartType,
    /// Whether its end may end its supervisor, see `auto_shutdown`; default false.
    #[serde(default)]
    significant: bool,
    /// How it is stopped; default what its supervisor says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shutdown: Option<Shutdown>,
    /// What follows when it passes a limit; default what its supervisor says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_limit: Option<AtLimit>,
}

/// An option with a value that is not allowed, or that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupervisionProblem {
    /// Which one, seen from the options that were checked: `backoff.max`, `jury.children[2]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// The name that is not known, when that is what is wrong.
    pub unknown: Option<String>,
    /// What to try.
    pub hint: Option<String>,
    /// Whether it is only worth a warning: what is written works.
    pub is_warning: bool,
}

/// The most that the restarts of nested supervisors may multiply to without a warning.
pub const RESTARTS_PRODUCT_MAX: u64 = 27;

const INTENSITY_MOST: u32 = 1_000;
const CONSECUTIVE_ALLOWED: std::ops::RangeInclusive<u32> = 1..=1_000;
const FACTOR_ALLOWED: std::ops::RangeInclusive<f64> = 1.0..=10.0;
const WAIT_MOST: VirtualDuration = VirtualDuration::from_millis(3_600_000);
const PERIOD_MOST: VirtualDuration = VirtualDuration::from_millis(86_400_000);

impl SupervisorOptions {
    /// Whose restarts count together under the supervisor of this name.
    #[must_use]
    pub fn counted(&self, name: &str) -> Counted {
        // At the top stands everybody whom nobody named: one that crashes is not to be held against the others.
        let default = match name == ROOT && self.strategy == Strategy::OneForOne {
            true => Counted::Each,
            false => Counted::Together,
        };
        self.counted.unwrap_or(default)
    }

    /// How a supervisor of this name with these options decides.
    #[must_use]
    pub fn policy(&self, name: &str) -> SupervisorPolicy {
        SupervisorPolicy {
            strategy: self.strategy,
            intensity: self.intensity,
            period: self.period,
            counted: self.counted(name),
            backoff: self.backoff,
            consecutive_max: self.consecutive_max,
            auto_shutdown: self.auto_shutdown,
        }
    }

    /// Every option of the supervisor of this name whose value is out of its range or fits no other; empty when all is
    /// well.
    #[must_use]
    pub fn check(&self, name: &str) -> Vec<SupervisionProblem> {
        let mut problems = Vec::new();
        let mut problem = |path: &str, message: String| problems.push(SupervisionProblem::new(path, message));
        if self.intensity > INTENSITY_MOST {
            problem("intensity", format!("{} is not allowed; it must be from 0 to {INTENSITY_MOST}", self.intensity));
        }
        if self.period == VirtualDuration::ZERO || self.period > PERIOD_MOST {
            problem("period", format!("{} is not allowed; it must be above 0 and at most a day", self.period));
        }
        if !CONSECUTIVE_ALLOWED.contains(&self.consecutive_max) {
            let found = self.consecutive_max;
            problem("consecutive_max", format!("{found} is not allowed; it must be from 1 to 1000"));
        }
        self.backoff.check(&mut problem);
        let isolates = self.at_limit == Some(AtLimit::Isolate);
        let isolating = self.children.iter().position(|child| child.at_limit == Some(AtLimit::Isolate));
        let place = match isolating {
            Some(index) => format!("children[{index}]"),
            None => "at_limit".to_owned(),
        };
        if isolates || isolating.is_some() {
            if self.strategy != Strategy::OneForOne {
                let strategy = self.strategy.as_str();
                problem(
                    &place,
                    format!("`isolate` needs `one_for_one`: with `{strategy}` a child's siblings depend on it"),
                );
            } else if self.counted(name) == Counted::Together {
                problem(&place, "`isolate` needs `counted: each`: one child would pay for its siblings".to_owned());
            }
        }
        for (index, child) in self.children.iter().enumerate() {
            if child.significant && self.auto_shutdown == AutoShutdown::Never {
                let message = "it is significant, but its supervisor has no `auto_shutdown` that asks for it";
                problem(&format!("children[{index}]"), message.to_owned());
            }
            if child.significant && child.restart == RestartType::Permanent {
                let message = "a permanent child never ends for good, so it can't be significant";
                problem(&format!("children[{index}]"), message.to_owned());
            }
        }
        if self.auto_shutdown != AutoShutdown::Never && !self.children.iter().any(|child| child.significant) {
            problem("auto_shutdown", "none of its children is significant".to_owned());
        }
        problems
    }
}

impl BackoffOptions {
    fn check(&self, problem: &mut impl FnMut(&str, String)) {
        for (path, wait) in [("backoff.min", self.min), ("backoff.max", self.max)] {
            if wait > WAIT_MOST {
                problem(path, format!("{wait} is not allowed; it must be at most {WAIT_MOST}"));
            }
        }
        if self.max < self.min {
            let message = format!("{} is less than `min` ({}); write at least as much", self.max, self.min);
            problem("backoff.max", message);
        }
        if !FACTOR_ALLOWED.contains(&self.factor) {
            problem("backoff.factor", format!("{} is not allowed; it must be from 1 to 10", self.factor));
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            problem("backoff.jitter", format!("{} is not allowed; it must be from 0 to 1", self.jitter));
        }
    }
}

impl SupervisionProblem {
    /// A problem at a place.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), unknown: None, hint: None, is_warning: false }
    }
}

impl fmt::Display for SupervisionProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

impl Strategy {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        }
    }
}

impl Default for BackoffOptions {
    fn default() -> Self {
        Self {
            min: VirtualDuration::from_millis(100),
            max: VirtualDuration::from_millis(10_000),
            factor: 2.0,
            jitter: 0.2,
        }
    }
}

impl Default for SupervisorOptions {
    fn default() -> Self {
        Self {
            strategy: Strategy::OneForOne,
            intensity: 3,
            period: VirtualDuration::from_millis(5_000),
            counted: None,
            at_limit: None,
            backoff: BackoffOptions::default(),
            consecutive_max: 10,
            shutdown: None,
            auto_shutdown: AutoShutdown::Never,
            children: Vec::new(),
        }
    }
}

impl ChildOptions {
    /// A permanent child.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), restart: RestartType::Permanent, significant: false, shutdown: None, at_limit: None }
    }

    fn is_just_a_name(&self) -> bool {
        *self == Self::named(self.name.as_str())
    }
}

impl Serialize for ChildOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_just_a_name() {
            return serializer.serialize_str(&self.name);
        }
        let Self { name, restart, significant, shutdown, at_limit } = self.clone();
        ChildMap { name, restart, significant, shutdown, at_limit }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ChildOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChildVisitor)
    }
}

struct ChildVisitor;

impl<'de> Visitor<'de> for ChildVisitor {
    type Value = ChildOptions;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name, or a map with `name`, `restart`, `significant`, `shutdown` and `at_limit`")
    }

    fn visit_str<E>(self, name: &str) -> Result<ChildOptions, E> {
        Ok(ChildOptions::named(name))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<ChildOptions, A::Error> {
        let map = ChildMap::deserialize(MapAccessDeserializer::new(access))?;
        let ChildMap { name, restart, significant, shutdown, at_limit } = map;
        Ok(ChildOptions { name, restart, significant, shutdown, at_limit })
    }
}

impl JsonSchema for ChildOptions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ChildOptions".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let map = generator.subschema_for::<ChildMap>();
        schemars::json_schema!({
            "description": "A child of a supervisor, or just its name.",
            "anyOf": [{ "type": "string", "description": "Its name." }, map]
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests;
