//! The budgets of a world: an account for the run, and for each agent, declaration and council that has one.

use std::collections::BTreeMap;

use moot_core::{ActorPath, Text, VirtualTime};
use moot_mind::budget::{BudgetBook, BudgetId, BudgetOptions};

use crate::actors::participant::Budgets;
use crate::spec::{AgentSpec, CouncilSpec};

/// The account of an agent, if it has one.
pub(super) type Held = Option<BudgetId>;

/// All accounts, by who has them.
pub(super) struct Books {
    pub(super) book: BudgetBook,
    /// When the time of those is over that have a limit of time.
    pub(super) deadlines: BTreeMap<BudgetId, VirtualTime>,
    pub(super) run: Budgets,
    pub(super) agents: Vec<Held>,
    pub(super) templates: Vec<Held>,
    pub(super) councils: BTreeMap<ActorPath, BudgetId>,
}

impl Books {
    pub(super) fn open(
        run: Option<BudgetOptions>,
        agents: &[AgentSpec],
        templates: &[AgentSpec],
        councils: &[CouncilSpec],
    ) -> Self {
        let mut book = BudgetBook::new();
        let run: Budgets = run.map(|options| add(&mut book, "run", options)).into_iter().collect();
        let mut of =
            |agent: &AgentSpec| -> Held { agent.budget.map(|options| add(&mut book, agent.path.as_str(), options)) };
        let agents = agents.iter().map(&mut of).collect();
        let templates = templates.iter().map(&mut of).collect();
        let with_budget = councils.iter().filter_map(|council| Some((council, council.budget?)));
        let councils: BTreeMap<ActorPath, BudgetId> = with_budget
            .map(|(council, options)| (council.path.clone(), add(&mut book, council.path.as_str(), options)))
            .collect();
        let all = (0..book.accounts().len()).map(|number| BudgetId(number as u64));
        let deadlines = all.filter_map(|budget| Some((budget, book.deadline(&[budget])?))).collect();
        Self { book, deadlines, run, agents, templates, councils }
    }
}

fn add(book: &mut BudgetBook, name: &str, options: BudgetOptions) -> BudgetId {
    book.add(Text::from(name), options, VirtualTime::ZERO)
}
