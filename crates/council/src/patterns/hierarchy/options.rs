//! The options of a hierarchy.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hierarchy;
use crate::absence::AbsenceOptions;
use crate::patterns::{DescribesPattern, Named, check_members_under, check_one};
use crate::{OptionProblem, Pattern};

/// The most parts that a task may be taken apart into.
const PARTS_MAX: u32 = 1_000;
/// The most tries that a part may be given.
const TRIES_MAX: u32 = 100;

/// A lead takes a task apart, workers do the parts, and the lead puts the results together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HierarchyOptions {
    /// Who takes the task apart and puts the results together: an agent or a council.
    pub lead: String,
    /// Who does the parts: agents, groups of agents or councils, in order.
    pub workers: Vec<String>,
    /// Who accepts or rejects each result with `accept` or `reject`: an agent or a council. Default: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// What is tried when a part fails, in this order, each once. Default: `[retry, reassign]`.
    #[serde(default = "retry_and_reassign")]
    pub repair: Vec<Repair>,
    /// How many tries a part may have in all, from 1 to 100. Default: 3.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 100))]
    pub tries_max: u32,
    /// How many parts there may be in all, those of splits included, from 1 to 1,000. Default: 50.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 1_000))]
    pub parts_max: u32,
    /// What a part comes to that could not be repaired. Default: `report`.
    #[serde(default)]
    pub unrepaired: Unrepaired,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

/// What is tried when a part fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// The same worker tries again.
    Retry,
    /// The next worker who has not tried it does.
    Reassign,
    /// The lead says anew what is to be done.
    Replan,
    /// The lead takes the part apart.
    Split,
}

/// What a part comes to that could not be repaired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unrepaired {
    /// The lead is told, and makes the best of the rest.
    #[default]
    Report,
    /// The council fails.
    Fail,
}

fn retry_and_reassign() -> Vec<Repair> {
    vec![Repair::Retry, Repair::Reassign]
}

const fn three() -> u32 {
    3
}

const fn fifty() -> u32 {
    50
}

impl Repair {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Reassign => "reassign",
            Self::Replan => "replan",
            Self::Split => "split",
        }
    }
}

impl DescribesPattern for HierarchyOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let lead = [Named::under("lead", &self.lead)];
        let verifier = self.verifier.as_deref().map(|name| Named::under("verifier", name));
        let standby = Named::list("absence.standby", &self.absence.standby);
        lead.into_iter().chain(Named::list("workers", &self.workers)).chain(verifier).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems: Vec<OptionProblem> =
            check_one("lead", &self.lead, seats.first().copied()).into_iter().collect();
        problems.extend(check_members_under("workers", &self.workers));
        for (index, _) in self.workers.iter().enumerate().filter(|(_, name)| **name == self.lead) {
            problems
                .push(OptionProblem::new(format!("workers[{index}]"), "the lead can't work for itself; name others"));
        }
        if let Some(verifier) = &self.verifier {
            problems.extend(check_one("verifier", verifier, seats.get(self.workers.len() + 1).copied()));
        }
        for (index, repair) in self.repair.iter().enumerate() {
            if self.repair.iter().take(index).any(|earlier| earlier == repair) {
                let message = format!("{} is tried once; it is listed twice", repair.as_str());
                problems.push(OptionProblem::new(format!("repair[{index}]"), message));
            }
        }
        for (key, value, most) in [("tries_max", self.tries_max, TRIES_MAX), ("parts_max", self.parts_max, PARTS_MAX)] {
            if !(1..=most).contains(&value) {
                problems.push(OptionProblem::new(key, format!("{value} is out of range; allowed is 1 to {most}")));
            }
        }
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Hierarchy { options: Arc::new(self.clone()) }))
    }
}
