//! What every comparison is held against: one agent alone, and a vote of several answers of that one agent.
//!
//! Both are scenarios like any other, made from the checked one: the agent keeps its model, tools, rights and the address
//! of its randomness, so it answers alone as it does in the council. This module must not know how worlds are played.

use std::sync::Arc;

use moot_core::{ActorPath, PathError, Text};
use moot_council::PatternOptions;
use moot_council::patterns::sample::SampleOptions;
use moot_scenario::file::RUN_BUDGET;
use moot_scenario::{AgentPlan, CouncilPlan, Scenario};

/// The name of the baseline of one agent alone.
pub(super) const ONE_AGENT: &str = "one agent";
/// The name of the baseline that always gives the same answer.
pub(super) const CONSTANT: &str = "constant answer";
/// Where the vote of one agent lives. Its copies live inside it, so it meets no name of the scenario.
const COUNCIL: &str = "council";

/// The name of the baseline of so many answers of one agent.
pub(super) fn name_of_votes(votes: u32) -> String {
    format!("one agent, {votes} votes")
}

/// The agent that is asked alone: who is given the tasks, or the first member of the council that is, or of the council
/// that is its first member, and so on.
pub(super) fn first_agent(scenario: &Scenario) -> Option<&AgentPlan> {
    let mut path = &scenario.root;
    // Councils don't contain themselves, so the way through them has an end.
    for _ in 0..=scenario.councils.len() {
        if let Some(agent) = scenario.agents.iter().find(|agent| agent.path == *path) {
            return Some(agent);
        }
        path = scenario.councils.iter().find(|council| council.path == *path)?.members.first()?;
    }
    None
}

/// The agent's path as it is declared, whichever council it sits in.
pub(super) fn declared(agent: &AgentPlan) -> String {
    unmarked(&agent.address).to_owned()
}

/// An address without the mark of a further copy.
fn unmarked(address: &str) -> &str {
    address.split('#').next().unwrap_or(address)
}

/// The scenario in which that agent alone is given the tasks.
pub(super) fn alone(scenario: &Scenario, agent: &AgentPlan) -> Result<Scenario, PathError> {
    let path = ActorPath::new(unmarked(&agent.address))?;
    let mut alone = without_councils(scenario);
    alone.root = path.clone();
    alone.agents = vec![copy(agent, path, 0)];
    Ok(alone)
}

/// The scenario in which so many copies of that agent answer each task, none seeing another's answer, and the commonest
/// answer is taken, by lot among several. The copies have the agent's group in common, so what makes its answers err
/// together does so here too.
pub(super) fn votes_of_one(scenario: &Scenario, agent: &AgentPlan, votes: u32) -> Result<Scenario, PathError> {
    let council = ActorPath::new(COUNCIL)?;
    let group = ActorPath::new(unmarked(&agent.address))?;
    let seats = council.child(group.group())?;
    let mut voted = without_councils(scenario);
    voted.agents = (0..votes).map(|number| copy(agent, seats.indexed(number), number)).collect();
    let members: Vec<ActorPath> = voted.agents.iter().map(|agent| agent.path.clone()).collect();
    let names = vec![0; members.len()];
    let pattern = PatternOptions::Sample(SampleOptions::new(group.group(), votes));
    voted.councils = vec![CouncilPlan { path: council.clone(), pattern, members, names }];
    voted.root = council;
    Ok(voted)
}

fn copy(agent: &AgentPlan, path: ActorPath, number: u32) -> AgentPlan {
    let declared = unmarked(&agent.address);
    let address: Text = match number {
        0 => declared.into(),
        _ => format!("{declared}#{number}").into(),
    };
    AgentPlan { path, address, group: unmarked(&agent.group).into(), ..agent.clone() }
}

/// The scenario without councils, their budgets, and variants: what is put in their place comes next.
fn without_councils(scenario: &Scenario) -> Scenario {
    let mut bare = scenario.clone();
    bare.compare = None;
    bare.councils = Vec::new();
    Arc::make_mut(&mut bare.harness).budgets.retain(|name, _| name == RUN_BUDGET);
    bare
}
