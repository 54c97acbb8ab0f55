//! The budgets of a world: an account for the run, and for each agent, declaration and council that has one.

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{ActorPath, Text, VirtualTime};
use moot_mind::budget::{BudgetBook, BudgetId, BudgetOptions};

use crate::spec::{AgentSpec, CouncilSpec};

/// The account of an agent, and when the time of its budgets is over.
pub(super) type Held = (Option<BudgetId>, Option<VirtualTime>);

/// All accounts, by who has them.
pub(super) struct Books {
    pub(super) book: BudgetBook,
    pub(super) run: Arc<[BudgetId]>,
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
        let run: Arc<[BudgetId]> = run.map(|options| add(&mut book, "run", options)).into_iter().collect();
        let mut of = |agent: &AgentSpec| -> Held {
            let own = agent.budget.clone().map(|options| add(&mut book, agent.path.as_str(), options));
            let chain: Vec<BudgetId> = run.iter().copied().chain(own).collect();
            (own, book.deadline(&chain))
        };
        let agents = agents.iter().map(&mut of).collect();
        let templates = templates.iter().map(&mut of).collect();
        let with_budget = councils.iter().filter_map(|council| Some((council, council.budget.clone()?)));
        let councils: BTreeMap<ActorPath, BudgetId> = with_budget
            .map(|(council, options)| (council.path.clone(), add(&mut book, council.path.as_str(), options)))
            .collect();
        Self { book, run, agents, templates, councils }
    }
}

fn add(book: &mut BudgetBook, name: &str, options: BudgetOptions) -> BudgetId {
    book.add(Text::from(name), options, VirtualTime::ZERO)
}
