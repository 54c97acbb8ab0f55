//! Checks that a budget of money can hold: what the calls under it cost has to be known.
//!
//! A budget pays for the models of its agents, for those that summarise for them, and for all of those whom they may
//! start. A model that is registered in Rust says its price itself, which is not known here; a call of it whose price turns out
//! to be unknown is refused when it is made. This module must not know how budgets are kept.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m, budget: { money: 1 } } }
//! coordination: a
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("the price of the model `m` is not known"), "{problems}");
//! ```

use std::collections::BTreeSet;

use moot_mind::budget::BudgetOptions;
use moot_model::ModelOptions;

use super::councils::{Member, Seating};
use super::{Checker, root};
use crate::file::{AgentOptions, RUN_BUDGET};
use crate::harness::HarnessPlan;
use crate::tree::{Part, TreePath};

/// A model that a budget may have to pay for, and why.
struct Paid<'a> {
    model: &'a str,
    agent: &'a str,
    /// Whether it only summarises for the agent.
    summarises: bool,
}

impl<'a> Checker<'a> {
    /// Every budget of money pays only for models whose prices are known, unless it says that it does not matter. Who
    /// takes part in the councils is not known when something is wrong with these; that is told first.
    pub(super) fn check_prices_known(&mut self, harness: &HarnessPlan, seating: Option<&Seating<'a>>) {
        let file = self.file;
        for (name, budget) in &file.budgets {
            let Some(seating) = seating else { continue };
            let start = if name == RUN_BUDGET { seating.root } else { Member::Council(name) };
            let path = root("budgets").key(name);
            self.check_price_under(&path, budget, seated(start, seating), harness);
        }
        for (name, options) in &file.agents {
            if let Some(budget) = &options.budget {
                let path = root("agents").key(name).key("budget");
                self.check_price_under(&path, budget, BTreeSet::from([name.as_str()]), harness);
            }
        }
    }

    /// A budget of these agents, and so of all whom they may start.
    fn check_price_under(
        &mut self,
        path: &TreePath,
        budget: &BudgetOptions,
        agents: BTreeSet<&'a str>,
        harness: &HarnessPlan,
    ) {
        if budget.money.is_none() || !budget.refuses_unknown_price() {
            return;
        }
        let unknown = |paid: &Paid<'_>| {
            // Where there is no such model, that is told elsewhere.
            let says = self.file.models.get(paid.model).is_none_or(ModelOptions::states_price);
            !says && harness.prices.as_ref().is_none_or(|book| book.price(paid.model).is_none())
        };
        let started = self.with_started(agents);
        let Some(Paid { model, agent, summarises }) = started.into_iter().flat_map(paid_for).find(unknown) else {
            return;
        };
        let does = if summarises { "has it summarise" } else { "asks it" };
        let message = format!(
            "the price of the model `{model}` is not known, so no amount of money can be held; `{agent}` {does}"
        );
        let problem = self.problem(&path.key("money"), Part::Value, message);
        self.report(problem.hinting(format!(
            "give `{model}` a `price` or an entry in `prices`, or write `unknown_price: allow` to let such calls pass"
        )));
    }

    /// These agents, then those whom they may start, and so on, each once.
    fn with_started(&self, agents: BTreeSet<&'a str>) -> Vec<(&'a str, &'a AgentOptions)> {
        let file = self.file;
        let mut found = Vec::new();
        let mut known = agents.clone();
        let mut open: Vec<&str> = agents.into_iter().rev().collect();
        while let Some(name) = open.pop() {
            let Some(options) = file.agents.get(name) else { continue };
            found.push((name, options));
            open.extend(options.spawns.iter().map(String::as_str).filter(|started| known.insert(*started)));
        }
        found
    }
}

/// The models that calls of an agent go to.
fn paid_for<'a>((agent, options): (&'a str, &'a AgentOptions)) -> impl Iterator<Item = Paid<'a>> {
    let summariser = options.compaction.as_ref().and_then(|compaction| compaction.summarise.as_ref());
    let summariser = summariser.map(|options| Paid { model: &options.model, agent, summarises: true });
    std::iter::once(Paid { model: &options.model, agent, summarises: false }).chain(summariser)
}

/// The declarations that sit in a council, also in councils within it; or the one that is meant.
fn seated<'a>(start: Member<'a>, seating: &Seating<'a>) -> BTreeSet<&'a str> {
    let mut agents = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut open = vec![start];
    while let Some(member) = open.pop() {
        match member {
            Member::Group(name) | Member::One(name, _) => {
                agents.insert(name);
            }
            Member::Council(name) if known.insert(name) => {
                open.extend(seating.councils.get(name).into_iter().flat_map(|council| council.members.iter().copied()));
            }
            Member::Council(_) => {}
        }
    }
    agents
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use crate::{Format, parse};

    /// Three models of which only `known` has a price; an agent that starts another, one that is summarised for, and one
    /// in a council of its own.
    fn problems(changes: &[&str]) -> String {
        let text = "
folkmoot: 1
name: x
models:
  known: { stochastic: { accuracy: 0.6, price: { input: 1, output: 1 } } }
  bare: { stochastic: { accuracy: 0.6 } }
agents:
  lead: { model: known, tools: [spawn_agent], spawns: [worker] }
  worker: { model: known, tools: [spawn_agent], spawns: [helper], on_demand: true }
  helper: { model: known, on_demand: true }
  reader: { model: known, compaction: { budget_tokens: 1000, summarise: { model: known } } }
  other: { model: known }
councils:
  inner: { vote: { members: [lead], rule: unanimity } }
  outer: { vote: { members: [inner, reader], rule: unanimity } }
  apart: { vote: { members: [other], rule: unanimity } }
coordination: outer
tasks: { list: [y] }
";
        let sets: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
        parse(text, "x.yaml", Format::Yaml, &sets).map_or_else(|problems| problems.to_string(), |_| String::new())
    }

    #[test]
    fn a_budget_pays_for_all_that_its_agents_ask_and_start_and_for_nobody_else() {
        let (lead, reader) = ("agents.lead.budget={money: 1}", "agents.reader.budget={money: 1}");
        let [run, outer, inner, apart] =
            ["run", "outer", "inner", "apart"].map(|name| format!("budgets={{{name}: {{money: 1}}}}"));
        let rows = [
            (lead, "agents.lead.model=bare", "`lead` asks it"),
            (lead, "agents.worker.model=bare", "`worker` asks it"),
            (lead, "agents.helper.model=bare", "`helper` asks it"),
            (lead, "agents.reader.model=bare", ""),
            (reader, "agents.reader.compaction.summarise.model=bare", "`reader` has it summarise"),
            (&run, "agents.helper.model=bare", "`helper` asks it"),
            (&run, "agents.reader.compaction.summarise.model=bare", "`reader` has it summarise"),
            (&run, "agents.other.model=bare", ""),
            (&outer, "agents.worker.model=bare", "`worker` asks it"),
            (&outer, "agents.reader.model=bare", "`reader` asks it"),
            (&outer, "agents.other.model=bare", ""),
            (&inner, "agents.reader.model=bare", ""),
            (&inner, "agents.helper.model=bare", "`helper` asks it"),
            (&apart, "agents.lead.model=bare", ""),
            (&apart, "agents.other.model=bare", "`other` asks it"),
        ];
        for (budget, model, told) in rows {
            let found = problems(&[budget, model]);
            if told.is_empty() {
                assert_eq!(found, "", "{budget} {model}");
            } else {
                assert!(found.contains("the price of the model `bare` is not known"), "{budget} {model}: {found}");
                assert!(found.contains(told), "{budget} {model}: {found}");
            }
        }
        assert_eq!(problems(&[lead, "agents.worker.model=bare", "agents.lead.budget.unknown_price=allow"]), "");
        assert_eq!(
            problems(&[lead, "agents.worker.model=bare", "prices={book: {default: {input: 1, output: 1}}}"]),
            ""
        );
    }
}
