//! Checks of the planned faults: each strikes somewhere, and what it names is there.
//!
//! This module must not know what a fault does.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { ann: { model: m } }
//! coordination: ann
//! tasks: { list: [y] }
//! faults: [{ crash_agent: { agent: anne, when: { nth: 1 } } }]
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("there is no agent `anne`") && problems.contains("did you mean `ann`?"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_core::ActorPath;
use moot_safety::fault::{FaultOptions, Place, PlaceKind, SiteKind, matches};

use super::agents::known_tools;
use super::cast::Cast;
use super::{Checker, root};
use crate::tree::{Part, TreePath};

/// The path of the world, which gives tasks to the root participant and gets its answers.
const WORLD: &str = "world";
/// The services of a world that have a path below its own; a model's gateway has the model's name below `model`.
const SERVICES: [&str; 7] =
    ["world/ledger", "world/memory", "world/person", "world/recorder", "world/supervisor", "world/team", "world/tools"];
/// The child of an agent by which its summaries are booked.
const COMPACTION: &str = "compaction";

impl Checker<'_> {
    /// What can be told of the faults before everybody has a path.
    pub(super) fn check_faults(&mut self) {
        let file = self.file;
        for (index, fault) in file.faults.iter().enumerate() {
            let base = root("faults").index(index);
            let problems: Vec<_> = fault.check().into_iter().map(|problem| (problem.path, problem.message)).collect();
            self.report_options(&base, problems);
            let base = base.key(fault.name());
            for place in fault.places().into_iter().filter(|place| !place.pattern.is_empty()) {
                match place.kind {
                    PlaceKind::Model => self.check_place(&base, &place, "model", file.models.keys()),
                    PlaceKind::Tool => self.check_place(&base, &place, "tool", known_tools(file)),
                    PlaceKind::Hook => self.check_place(&base, &place, "hook", file.hooks.keys()),
                    // Where supervisors are is decided where actors are started.
                    PlaceKind::Supervisor => {}
                    PlaceKind::Agent | PlaceKind::Council | PlaceKind::Participant | PlaceKind::Actor => {}
                }
            }
            if fault.sites().contains(&SiteKind::Person) && file.person.is_none() {
                let problem = self.problem(&base, Part::Key, "nobody is ever asked, for the scenario has no person");
                self.report(problem.hinting("add `person: ...`, or drop the fault"));
            }
        }
        if file.check.as_ref().is_some_and(|checks| checks.as_slice().is_empty()) {
            let problem = self.problem(&root("check"), Part::Value, "nothing is checked");
            self.report(problem.expecting("`invariants`, or no `check` at all"));
        }
    }

    /// What the faults say of those who take part.
    pub(super) fn check_fault_places(&mut self, cast: &Cast) {
        let file = self.file;
        let kinds: BTreeSet<&str> = file.agents.values().flat_map(|agent| &agent.spawns).map(String::as_str).collect();
        let councils: Vec<&str> = cast.councils.iter().map(|council| council.path.as_str()).collect();
        let participants = || cast.groups().into_iter().chain(councils.iter().copied()).chain([WORLD]);
        let gateways: Vec<String> = file.models.keys().map(|model| format!("world/model/{model}")).collect();
        for (index, fault) in file.faults.iter().enumerate() {
            let base = root("faults").index(index).key(fault.name());
            let before = self.problems.len();
            for place in fault.places().into_iter().filter(|place| !place.pattern.is_empty()) {
                let is_agent = || may_name_agent(place.pattern, cast, &kinds);
                match place.kind {
                    PlaceKind::Agent if !is_agent() => self.check_place(&base, &place, "agent", cast.groups()),
                    PlaceKind::Council => self.check_place(&base, &place, "council", councils.iter().copied()),
                    PlaceKind::Participant if !is_agent() => {
                        self.check_place(&base, &place, "participant", participants());
                    }
                    PlaceKind::Actor if !is_agent() => {
                        let services = SERVICES.into_iter().chain(gateways.iter().map(String::as_str));
                        self.check_place(&base, &place, "actor", participants().chain(services));
                    }
                    _ => {}
                }
            }
            // A name that is wrong was told already.
            if self.problems.len() == before {
                self.check_fault_meets(&base, fault, cast);
            }
        }
    }

    /// Whether a place names anything.
    fn check_place<'n, N: AsRef<str> + ?Sized + 'n>(
        &mut self,
        base: &TreePath,
        place: &Place<'_>,
        what: &str,
        known: impl IntoIterator<Item = &'n N>,
    ) {
        let known: Vec<&str> = known.into_iter().map(AsRef::as_ref).collect();
        if known.iter().any(|name| matches(place.pattern, name)) {
            return;
        }
        let problem =
            self.problem(&base.join(&place.place), Part::Value, format!("there is no {what} `{}`", place.pattern));
        // Who counted wrong meant the group.
        let meant = place.pattern.split('[').next().unwrap_or(place.pattern);
        self.report(problem.among(meant, known));
    }

    /// Whether one of the agents that a fault names has the tool or the model that it names. Agents that others start may
    /// be any of their declarations.
    fn check_fault_meets(&mut self, base: &TreePath, fault: &FaultOptions, cast: &Cast) {
        let file = self.file;
        let places = fault.places();
        let find = |kind| places.iter().find(|place| place.kind == kind);
        let Some(agent) = find(PlaceKind::Agent) else { return };
        let named = || {
            let own = cast.agents.iter().filter(|plan| names(agent.pattern, &plan.path));
            own.chain(cast.templates.iter().filter(|plan| may_name_started(agent.pattern, &plan.path)))
        };
        if let Some(tool) = find(PlaceKind::Tool)
            && !named().flat_map(|plan| plan.tools.iter()).any(|name| matches(tool.pattern, name))
        {
            let message = format!("no agent that `{}` names has a tool `{}`", agent.pattern, tool.pattern);
            self.report_value(&base.join(&tool.place), message);
        }
        if let Some(model) = find(PlaceKind::Model) {
            let summarisers = named().filter_map(|plan| plan.options.compaction.as_ref()?.summarise.as_ref());
            let mut models = named()
                .filter_map(|plan| file.models.keys().nth(plan.model))
                .chain(summarisers.map(|summarise| &summarise.model));
            if !models.any(|name| matches(model.pattern, name)) {
                let message = format!("no agent that `{}` names asks a model `{}`", agent.pattern, model.pattern);
                self.report_value(&base.join(&model.place), message);
            }
        }
    }
}

/// Whether a pattern names an agent, or what is booked for it as its child.
fn names(pattern: &str, agent: &ActorPath) -> bool {
    matches(pattern, agent.as_str())
        || pattern
            .strip_suffix(COMPACTION)
            .and_then(|rest| rest.strip_suffix('/'))
            .is_some_and(|rest| matches(rest, agent.as_str()))
}

/// Whether a pattern could be that of an agent that is started from this declaration.
fn may_name_started(pattern: &str, declaration: &ActorPath) -> bool {
    let child = pattern.rsplit_once('/').map_or(pattern, |(_, child)| child);
    let kind = child.split('[').next().unwrap_or(child);
    pattern.contains('*') || pattern.contains('/') && matches(kind, declaration.as_str())
}

/// Whether the pattern is that of a declared agent's path, or could be that of one that is started during the run.
fn may_name_agent(pattern: &str, cast: &Cast, kinds: &BTreeSet<&str>) -> bool {
    if cast.agents.iter().any(|agent| names(pattern, &agent.path)) {
        return true;
    }
    match pattern.rsplit_once('/') {
        Some((parent, child)) => {
            let kind = child.split('[').next().unwrap_or(child);
            kinds.iter().any(|known| matches(kind, known)) && may_name_agent(parent, cast, kinds)
        }
        // A `*` may stand for slashes as well.
        None => pattern.contains('*') && !kinds.is_empty(),
    }
}
