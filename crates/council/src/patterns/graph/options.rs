//! The options of a graph, and what must hold among its nodes and edges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Graph;
use crate::absence::AbsenceOptions;
use crate::patterns::{DescribesPattern, Named, check_one};
use crate::{OptionProblem, Pattern};

/// The most runs of nodes that a graph may be allowed.
const RUNS_MAX: u32 = 9_000;

/// Nodes that work when what they depend on is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphOptions {
    /// The nodes, by name.
    pub nodes: BTreeMap<String, Node>,
    /// The nodes whose results are the council's: of one its outcome, of several a text with a line for each. Default:
    /// those that no edge leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// Whether nodes run in supersteps: what is ready starts when all that runs has ended. Default: false, each node starts
    /// as soon as it is ready.
    #[serde(default)]
    pub barrier: bool,
    /// How many runs of nodes there may be in all, from 1 to 9,000. Default: 100.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 9_000))]
    pub runs_max: u32,
    /// What happens when a member does not answer as asked. A node without an answer counts as skipped.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Who does its work: an agent or a council. Several nodes may have the same.
    pub member: String,
    /// What is to be done; `{task}` in it stands for the task. Default: the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The nodes it depends on: their names, or an edge with a condition. Default: none, it starts at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<PlainOrConditional>,
    /// When it runs. Default: `all`.
    #[serde(default)]
    pub activation: Activation,
    /// Whether it starts at once although it depends on something: the entry of a loop. Default: false.
    #[serde(default)]
    pub start: bool,
}

/// An edge: the name of a node, or one with a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlainOrConditional {
    /// Whenever that node has answered.
    Plain(String),
    /// When that node's answer is like this.
    Conditional(Edge),
}

/// An edge with a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The node it comes from.
    pub node: String,
    /// What its answer must be like.
    pub when: EdgeCondition,
}

/// What an answer must be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EdgeCondition {
    /// Its words hold these, in any case of letters.
    Contains(String),
    /// Its words don't hold these.
    ContainsNot(String),
    /// It is this, in any case of letters and without white space around it.
    Equals(String),
}

/// When a node runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Once all of its edges are settled and at least one fired.
    #[default]
    All,
    /// At each of its edges that fires.
    Any,
}

const fn hundred() -> u32 {
    100
}

impl PlainOrConditional {
    /// The node it comes from.
    #[must_use]
    pub fn from(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::Conditional(edge) => &edge.node,
        }
    }

    pub(super) fn fires(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        match self {
            Self::Plain(_) => true,
            Self::Conditional(edge) => match &edge.when {
                EdgeCondition::Contains(part) => words.contains(&part.to_lowercase()),
                EdgeCondition::ContainsNot(part) => !words.contains(&part.to_lowercase()),
                EdgeCondition::Equals(whole) => words.trim() == whole.trim().to_lowercase(),
            },
        }
    }
}

impl GraphOptions {
    /// Who works, each once, in the order of the nodes' names; with where it is named first.
    #[must_use]
    pub fn names(&self) -> Vec<(&str, String)> {
        let mut known = BTreeSet::new();
        self.nodes
            .iter()
            .filter(|(_, node)| known.insert(node.member.as_str()))
            .map(|(name, node)| (node.member.as_str(), format!("nodes.{name}.member")))
            .collect()
    }

    /// The nodes whose results are the council's.
    #[must_use]
    pub fn outputs(&self) -> Vec<&str> {
        if !self.output.is_empty() {
            return self.output.iter().map(String::as_str).collect();
        }
        let left: BTreeSet<&str> =
            self.nodes.values().flat_map(|node| &node.after).map(PlainOrConditional::from).collect();
        self.nodes.keys().map(String::as_str).filter(|name| !left.contains(name)).collect()
    }

    fn check_edges(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        for (name, node) in &self.nodes {
            for (index, edge) in node.after.iter().enumerate() {
                let place = format!("nodes.{name}.after[{index}]");
                if !self.nodes.contains_key(edge.from()) {
                    let message = format!("there is no node {}", edge.from());
                    problems.push(OptionProblem::new(place, message));
                }
            }
            if node.after.is_empty() && node.start {
                let message = "it depends on nothing, so it starts at once anyway; leave `start` out";
                problems.push(OptionProblem::new(format!("nodes.{name}.start"), message));
            }
        }
        for (index, name) in self.output.iter().enumerate().filter(|(_, name)| !self.nodes.contains_key(*name)) {
            problems.push(OptionProblem::new(format!("output[{index}]"), format!("there is no node {name}")));
        }
        problems
    }

    /// A loop of nodes that can never start, or never end but by `runs_max`.
    fn check_loops(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if !self.nodes.values().any(|node| node.after.is_empty() || node.start) {
            let message = "every node waits for another; give one no `after`, or write start: true";
            problems.push(OptionProblem::new("nodes", message));
            return problems;
        }
        for (name, node) in &self.nodes {
            let around = self.reachable_from(name);
            if !around.contains(name.as_str()) {
                continue;
            }
            let is_conditional = |node: &Node| {
                node.after
                    .iter()
                    .any(|edge| matches!(edge, PlainOrConditional::Conditional(_)) && around.contains(edge.from()))
            };
            let in_loop = || {
                self.nodes.iter().filter(|(other, _)| {
                    around.contains(other.as_str()) && self.reachable_from(other).contains(name.as_str())
                })
            };
            if !in_loop().any(|(_, node)| is_conditional(node)) {
                let message = format!(
                    "{name} is in a loop without a condition, which ends by runs_max alone; give an edge of it `when`"
                );
                problems.push(OptionProblem::new(format!("nodes.{name}.after"), message));
            } else if node.activation == Activation::All && !node.start && node.after.len() > 1 {
                let message =
                    format!("{name} is in a loop and waits for all, so it never starts; write activation: any");
                problems.push(OptionProblem::new(format!("nodes.{name}.activation"), message));
            }
        }
        problems
    }

    /// The nodes that lie behind a node.
    fn reachable_from(&self, name: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name];
        while let Some(from) = open.pop() {
            for (to, node) in &self.nodes {
                if node.after.iter().any(|edge| edge.from() == from) && found.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        found
    }
}

impl DescribesPattern for GraphOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let names = self.names().into_iter().map(|(name, place)| Named { name, place });
        names.chain(Named::list("absence.standby", &self.absence.standby)).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.nodes.is_empty() {
            problems.push(OptionProblem::new("nodes", "there are no nodes; name at least one"));
            return problems;
        }
        for (index, (name, place)) in self.names().iter().enumerate() {
            problems.extend(check_one(place, name, seats.get(index).copied()));
        }
        problems.extend(self.check_edges());
        if problems.is_empty() {
            problems.extend(self.check_loops());
        }
        if problems.is_empty() && self.outputs().is_empty() {
            let message = "every node leads on to another; name the nodes whose results count";
            problems.push(OptionProblem::new("output", message));
        }
        if !(1..=RUNS_MAX).contains(&self.runs_max) {
            let message = format!("{} runs is out of range; allowed is 1 to {RUNS_MAX}", self.runs_max);
            problems.push(OptionProblem::new("runs_max", message));
        }
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Graph { options: Arc::new(self.clone()) }))
    }
}
