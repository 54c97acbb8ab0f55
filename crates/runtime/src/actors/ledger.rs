//! The cost ledger books every attempt of every model call, with totals per agent, model and task.
//!
//! It knows neither prices nor why a call was made; an attempt whose cost nobody knows is counted as that.
//!
//! ```
//! use moot_core::{Money, Usage};
//! use moot_runtime::Totals;
//!
//! let mut totals = Totals::default();
//! totals.book(Some(Usage { input_tokens: 10, output_tokens: 2 }), Some(Money::from_picodollars(7)));
//! totals.book(None, None);
//! assert_eq!((totals.attempts, totals.attempts_without_cost), (2, 1));
//! ```

use std::collections::BTreeMap;

use moot_core::{ActorPath, Money, TaskId, Text, Usage};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

/// What some attempts took together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Totals {
    /// How many attempts.
    pub attempts: u64,
    /// The tokens of those whose usage is known.
    pub usage: Usage,
    /// The money of those whose cost is known.
    pub cost: Money,
    /// How many attempts' usage nobody knows.
    pub attempts_without_usage: u64,
    /// How many attempts' cost nobody knows.
    pub attempts_without_cost: u64,
}

/// The ledger's books at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerTotals {
    /// Everything.
    pub run: Totals,
    /// By agent.
    pub agents: BTreeMap<ActorPath, Totals>,
    /// By model.
    pub models: BTreeMap<Text, Totals>,
    /// By task.
    pub tasks: BTreeMap<TaskId, Totals>,
}

impl Totals {
    /// Books one attempt.
    pub fn book(&mut self, usage: Option<Usage>, cost: Option<Money>) {
        self.attempts += 1;
        match usage {
            Some(usage) => self.usage += usage,
            None => self.attempts_without_usage += 1,
        }
        match cost {
            Some(cost) => self.cost += cost,
            None => self.attempts_without_cost += 1,
        }
    }
}

pub(crate) enum LedgerMessage {
    /// An attempt ended.
    Book { agent: u32, model: u32, task: TaskId, usage: Option<Usage>, cost: Option<Money> },
    /// The run is over: hand over the books.
    Close(oneshot::Sender<LedgerTotals>),
}

pub(crate) struct CostLedger;

/// Agents and models are booked by number, so that booking an attempt allocates nothing.
pub(crate) struct LedgerState {
    agent_paths: Vec<ActorPath>,
    model_names: Vec<Text>,
    run: Totals,
    agents: Vec<Totals>,
    models: Vec<Totals>,
    tasks: BTreeMap<TaskId, Totals>,
}

impl LedgerState {
    pub(crate) fn new(agent_paths: Vec<ActorPath>, model_names: Vec<Text>) -> Self {
        let agents = vec![Totals::default(); agent_paths.len()];
        let models = vec![Totals::default(); model_names.len()];
        Self { agent_paths, model_names, run: Totals::default(), agents, models, tasks: BTreeMap::new() }
    }

    fn book(&mut self, agent: u32, model: u32, task: TaskId, usage: Option<Usage>, cost: Option<Money>) {
        self.run.book(usage, cost);
        if let Some(totals) = self.agents.get_mut(agent as usize) {
            totals.book(usage, cost);
        }
        if let Some(totals) = self.models.get_mut(model as usize) {
            totals.book(usage, cost);
        }
        self.tasks.entry(task).or_default().book(usage, cost);
    }

    fn close(&mut self) -> LedgerTotals {
        let booked = |totals: &(ActorPath, Totals)| totals.1.attempts > 0;
        LedgerTotals {
            run: self.run,
            agents: self.agent_paths.drain(..).zip(self.agents.drain(..)).filter(booked).collect(),
            models: self.model_names.drain(..).zip(self.models.drain(..)).collect(),
            tasks: std::mem::take(&mut self.tasks),
        }
    }
}

impl Actor for CostLedger {
    type Msg = LedgerMessage;
    type State = Box<LedgerState>;
    type Arguments = Box<LedgerState>;

    async fn pre_start(&self, _: ActorRef<Self::Msg>, state: Self::Arguments) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            LedgerMessage::Book { agent, model, task, usage, cost } => state.book(agent, model, task, usage, cost),
            // Nobody waiting means that the world is gone.
            LedgerMessage::Close(answer) => drop(answer.send(state.close())),
        }
        Ok(())
    }
}
