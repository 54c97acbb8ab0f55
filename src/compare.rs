//! Comparing: plays the variants of a scenario and its baselines on the same tasks with the same noise, and says what
//! each came to and how far it is from the first.
//!
//! The worlds are played on several threads and share nothing; what comes out is the same on any number of them. What
//! the numbers mean is the matter of [`moot_study`]. This module must not know who is told, nor how.
//!
//! ```
//! let scenario = folkmoot::parse(
//!     "
//! folkmoot: 1
//! name: sizes
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { juror: { model: m } }
//! coordination: { vote: { members: [juror], rule: majority, ties: coin } }
//! tasks: { list: [{ prompt: One?, choices: [A, B], answer: A }, { prompt: Two?, choices: [A, B], answer: A }] }
//! compare:
//!   variants:
//!     - { name: weak }
//!     - { name: sure, set: { models.m.stochastic.accuracy: 1 } }
//! ",
//! )
//! .unwrap();
//! let compared = folkmoot::Comparison::new(&scenario).seed(7).threads(2).play().unwrap();
//! assert_eq!(compared.variants[1].row.accuracy.unwrap().value, 1.0);
//! assert!(compared.variants[1].row.difference.unwrap().estimate.value >= 0.0);
//! let names: Vec<&str> = compared.baselines.iter().map(|baseline| baseline.row.name.as_str()).collect();
//! assert_eq!(names, ["one agent", "constant answer"], "one call a task, so its vote is the agent alone");
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use moot_core::{Event, PathError, RunStatus, Text};
use moot_journal::{DigestValue, MetricValue, RunResult, Sample};
use moot_runtime::Live;
use moot_scenario::file::Equal;
use moot_scenario::{ComparePlan, Scenario};
use moot_study::{
    Cell, Collector, Design, DesignError, Difference, Interval, NotComparable, Row, commonest_answer, equal_votes,
};
use serde::Serialize;

use crate::suite::scratch::Scratch;
use crate::{Registry, Run, RunError, parallel};

mod baselines;

/// The version of the object that a comparison is written as.
pub const COMPARISON_FORMAT: u32 = 1;

/// A comparison of the variants that a scenario names, to be chosen and played.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    scenario: &'a Scenario,
    registry: Option<&'a Registry>,
    seed: u64,
    threads: NonZeroUsize,
    live: Arc<Live>,
}

/// What a comparison came to. Written as JSON it is what `moot compare --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The version of this object's format, see [`COMPARISON_FORMAT`].
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The seed with which everything was played.
    pub seed: u64,
    /// How many tasks each variant was given: the same for all.
    pub tasks: u64,
    /// What was made equal between the variants and the votes of one agent.
    pub equal: Equal,
    /// The variants in the order of the file.
    pub variants: Vec<ComparedRow>,
    /// The baselines: one agent alone, then its votes by their number, then the constant answer.
    pub baselines: Vec<ComparedRow>,
    /// What is to be known beside the numbers, such as a baseline that there is not.
    pub notes: Vec<String>,
}

/// What one variant or baseline came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedRow {
    /// Its numbers.
    #[serde(flatten)]
    pub row: Row,
    /// Which baseline it is; absent for a variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// With `equal: calls`: the variant against one agent that makes as many calls. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equal_calls: Option<EqualVotes>,
    /// With `equal: tokens`: the variant against one agent that takes as many tokens. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equal_tokens: Option<EqualVotes>,
    /// With `equal: cost`: the variant against one agent that costs as much. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equal_cost: Option<EqualVotes>,
    /// The metrics of its run by name, as `moot run --json` gives them; none of what was not played.
    pub metrics: BTreeMap<String, MetricValue>,
    /// The 95 % intervals of those of these metrics that are shares or means and have no columns of their own. Numbers of
    /// one task are not taken as independent: each task counts as one.
    pub intervals: BTreeMap<String, Interval>,
    /// The digest of its run; null for what was not played.
    pub digest: Option<DigestValue>,
    /// How its run ended.
    pub status: RunStatus,
    /// Why, when it did not complete.
    pub reason: Option<Text>,
}

/// The baselines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// One agent alone.
    OneAgent {
        /// Which one, by its path as declared.
        agent: String,
    },
    /// So many answers of that agent, the commonest taken: as many as make as many calls as a variant.
    SameCalls {
        /// Which one, by its path as declared.
        agent: String,
        /// How many.
        votes: u32,
    },
    /// So many answers of that agent, the commonest taken: as many as take as many tokens as a variant.
    SameTokens {
        /// Which one, by its path as declared.
        agent: String,
        /// How many.
        votes: u32,
    },
    /// So many answers of that agent, the commonest taken: as many as cost as much as a variant.
    SameCost {
        /// Which one, by its path as declared.
        agent: String,
        /// How many.
        votes: u32,
    },
    /// Always the same answer.
    Constant {
        /// Which one.
        answer: Text,
    },
}

/// A variant against the votes of one agent that take as much as it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EqualVotes {
    /// How many answers of the agent take as much, see [`moot_study::equal_votes`].
    pub votes: u32,
    /// How much better the variant is than their vote; null when no task of both has a score.
    pub difference: Option<Difference>,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The scenario names no variants.
    #[error("the scenario `{0}` has nothing to compare: it names no variants under `compare:`")]
    NoVariants(String),
    /// The run of a variant or baseline could not be played.
    #[error("{name}: {error}")]
    Run {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        error: RunError,
    },
    /// There is no room for the temporary folder that stands in for a real one.
    #[error("a temporary folder can't be made")]
    Folder(#[source] std::io::Error),
    /// The variants make no design; a defect of this program.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// What was played can't be compared; a defect of this program.
    #[error(transparent)]
    NotComparable(#[from] NotComparable),
    /// A baseline could not be put together; a defect of this program.
    #[error("a baseline can't be put together")]
    Baseline(#[from] PathError),
}

/// A world that is to be played: its name and its scenario.
type World<'s> = (String, &'s Scenario);

/// What a world came to.
struct Played {
    cell: Cell,
    result: RunResult,
    intervals: BTreeMap<String, Interval>,
}

impl ComparedRow {
    /// The variant against the votes of one agent that take as much, whatever was made equal.
    #[must_use]
    pub fn equal_votes(&self) -> Option<&EqualVotes> {
        self.equal_calls.as_ref().or(self.equal_tokens.as_ref()).or(self.equal_cost.as_ref())
    }

    /// The row with this, under the name of what was made equal.
    fn with_equal(self, equal: Equal, votes: Option<EqualVotes>) -> Self {
        match equal {
            Equal::None => self,
            Equal::Calls => Self { equal_calls: votes, ..self },
            Equal::Tokens => Self { equal_tokens: votes, ..self },
            Equal::Cost => Self { equal_cost: votes, ..self },
        }
    }
}

impl<'a> Comparison<'a> {
    /// The scenario's own seed, on as many threads as this machine runs at once.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        let threads = parallel::threads_of_machine();
        Self { scenario, registry: None, seed: scenario.seed, threads, live: Arc::new(Live::new()) }
    }

    /// Looks custom models, tools and patterns up here.
    #[must_use]
    pub fn registry(mut self, registry: &'a Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Plays with another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Plays on so many threads; 0 counts as 1.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Lets other threads watch the worlds and call them off.
    #[must_use]
    pub fn live(mut self, live: &Arc<Live>) -> Self {
        self.live = Arc::clone(live);
        self
    }

    /// How many tasks will be played at most, those of all variants and baselines together.
    #[must_use]
    pub fn tasks_total(&self) -> u64 {
        let Some(plan) = &self.scenario.compare else { return 0 };
        let variants = plan.variants.len() as u64;
        let votes = match (plan.baselines.same_calls, plan.equal) {
            (false, _) => 0,
            (true, Equal::None) => 1,
            (true, Equal::Calls | Equal::Tokens | Equal::Cost) => variants,
        };
        (variants + votes + u64::from(needs_one_agent(plan))) * u64::from(self.scenario.tasks.total())
    }

    /// Plays everything. In place of every real folder that the scenario names, each world gets an empty temporary one.
    ///
    /// # Errors
    /// When the scenario names no variants, or a world could not be started; whatever happens in a run that has started
    /// is in what it came to.
    pub fn play(&self) -> Result<Compared, CompareError> {
        let plan = self.scenario.compare.as_ref();
        let plan = plan.ok_or_else(|| CompareError::NoVariants(self.scenario.name.clone()))?;
        let design = Design::new(plan.variants.iter().map(|variant| variant.name.as_str()))?;
        let agent = baselines::first_agent(self.scenario).filter(|_| needs_one_agent(plan));
        let alone = agent.map(|agent| baselines::alone(self.scenario, agent)).transpose()?;

        let variants = plan.variants.iter().map(|variant| (variant.name.clone(), &variant.scenario));
        let worlds: Vec<World<'_>> =
            variants.chain(alone.as_ref().map(|alone| (baselines::ONE_AGENT.to_owned(), alone))).collect();
        let mut played = self.play_all(&worlds)?;
        let alone = if alone.is_some() { played.pop() } else { None };

        let (votes, mut notes) = self.votes(plan, &played, alone.as_ref());
        let several: Vec<u32> =
            BTreeSet::from_iter(votes.iter().copied().filter(|votes| *votes > 1)).into_iter().collect();
        let scenarios = agent.iter().flat_map(|agent| several.iter().map(|votes| (*votes, *agent)));
        let scenarios = scenarios.map(|(votes, agent)| baselines::votes_of_one(self.scenario, agent, votes));
        let scenarios = scenarios.collect::<Result<Vec<Scenario>, PathError>>()?;
        let worlds: Vec<World<'_>> = several
            .iter()
            .zip(&scenarios)
            .map(|(votes, scenario)| (baselines::name_of_votes(*votes), scenario))
            .collect();
        // Who was called off has no use for more.
        let voted = if self.live.is_cancelled() { Vec::new() } else { self.play_all(&worlds)? };

        let results =
            Results { plan, design, agent: agent.map(baselines::declared), variants: played, alone, several, voted };
        let variants = results.variants(&votes)?;
        let mut baselines = results.baselines()?;
        match self.constant(&results).transpose()? {
            Some(constant) => baselines.push(constant),
            None if plan.baselines.constant => {
                notes.push("no task has a known answer, so none is commonest".to_owned())
            }
            None => {}
        }
        Ok(Compared {
            format: COMPARISON_FORMAT,
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            tasks: u64::from(self.scenario.tasks.total()),
            equal: plan.equal,
            variants,
            baselines,
            notes,
        })
    }

    /// Plays worlds, several at a time; with an error, the first in their order. The last are begun first: sizes mostly
    /// grow from one to the next, and a large one that is begun last keeps one thread busy while the others have nothing.
    fn play_all(&self, worlds: &[World<'_>]) -> Result<Vec<Played>, CompareError> {
        let last_first: Vec<&World<'_>> = worlds.iter().rev().collect();
        let played = parallel::map(self.threads, &last_first, |(name, scenario)| self.play_one(name, scenario));
        played.into_iter().rev().collect()
    }

    fn play_one(&self, name: &str, scenario: &Scenario) -> Result<Played, CompareError> {
        let mut own = None;
        let mut _scratch = None;
        if !scenario.folders().is_empty() {
            let mut replaced = scenario.clone();
            // The folder is gone when the scenario has been played, and only then.
            _scratch = Scratch::for_scenario(&mut replaced).map_err(CompareError::Folder)?;
            own = Some(replaced);
        }
        let collector = Arc::new(Mutex::new(Collector::new()));
        let takes_in = Arc::clone(&collector);
        let watch = move |events: &[Event]| {
            let mut collector = takes_in.lock().unwrap_or_else(PoisonError::into_inner);
            events.iter().for_each(|event| collector.push(event));
        };
        let mut run =
            Run::new(own.as_ref().unwrap_or(scenario)).seed(self.seed).live(&self.live).watch(Arc::new(watch));
        if let Some(registry) = self.registry {
            run = run.registry(registry);
        }
        let played = run.play().map_err(|error| CompareError::Run { name: name.to_owned(), error })?;
        let collected = std::mem::take(&mut *collector.lock().unwrap_or_else(PoisonError::into_inner));
        let samples = played.summary.samples();
        let intervals = samples.into_iter().filter_map(|(name, sample)| Some((name, interval(&sample)?))).collect();
        Ok(Played { cell: collected.finish(name), result: played.result, intervals })
    }

    /// How many votes of one agent stand for each variant, in their order, and what is to be said of it. Nothing when
    /// nobody asks, when it is not known what is to be equal, or when the scenario may not have so many agents.
    fn votes(&self, plan: &ComparePlan, variants: &[Played], alone: Option<&Played>) -> (Vec<u32>, Vec<String>) {
        let Some(alone) = alone.filter(|_| plan.baselines.same_calls) else { return (Vec::new(), Vec::new()) };
        let left_out = |why: String| (Vec::new(), vec![format!("the votes of one agent are left out: {why}")]);
        let what = if plan.equal == Equal::Tokens { "tokens" } else { "cost" };
        let mut wanted = Vec::new();
        for played in [alone].into_iter().chain(variants) {
            match spent(&played.cell, plan.equal) {
                Some(amount) => wanted.push(amount),
                None => return left_out(format!("the {what} of `{}` is not known", played.cell.name)),
            }
        }
        let one = wanted.remove(0);
        if one <= 0.0 && matches!(plan.equal, Equal::Tokens | Equal::Cost) {
            return left_out(format!("its {what} is 0, so no number of answers has that of a variant"));
        }
        let most = wanted.iter().copied().fold(0.0, f64::max);
        let votes: Vec<u32> = match plan.equal {
            Equal::None => vec![equal_votes(most, one)],
            Equal::Calls | Equal::Tokens | Equal::Cost => {
                wanted.iter().map(|amount| equal_votes(*amount, one)).collect()
            }
        };
        let limit = self.scenario.file().limits.agents;
        match votes.iter().copied().find(|votes| u64::from(*votes) > limit) {
            None => (votes, Vec::new()),
            Some(votes) => {
                let note = format!("one agent with {votes} votes is left out: `limits.agents` allows {limit} agents");
                (Vec::new(), vec![note])
            }
        }
    }

    /// The cheapest constant answer, if it is wanted and there is one.
    fn constant(&self, results: &Results<'_>) -> Option<Result<ComparedRow, CompareError>> {
        let tasks = || self.scenario.tasks.tasks(self.seed, 0);
        let answer = results.plan.baselines.constant.then(|| commonest_answer(tasks())).flatten()?;
        let cell = Cell::of_constant(baselines::CONSTANT, &answer, tasks());
        Some(results.row(&cell).map(|row| ComparedRow {
            row,
            baseline: Some(Baseline::Constant { answer }),
            equal_calls: None,
            equal_tokens: None,
            equal_cost: None,
            metrics: BTreeMap::new(),
            intervals: BTreeMap::new(),
            digest: None,
            status: RunStatus::Completed,
            reason: None,
        }))
    }
}

/// What a task takes of what is to be equal, on average; `None` when it is not known. Where no task ended, no call was
/// made that counts.
fn spent(cell: &Cell, equal: Equal) -> Option<f64> {
    match equal {
        _ if cell.tasks_ended() == 0 => Some(0.0),
        Equal::None | Equal::Calls => Some(cell.calls().map_or(0.0, |calls| calls.value)),
        Equal::Tokens => cell.tokens().map(|tokens| tokens.value),
        Equal::Cost => cell.cost_of_a_task(),
    }
}

/// Whether one agent is played alone: it is shown, or what it takes is needed.
const fn needs_one_agent(plan: &ComparePlan) -> bool {
    plan.baselines.one_agent || plan.baselines.same_calls
}

/// Everything that was played.
struct Results<'s> {
    plan: &'s ComparePlan,
    design: Design,
    /// The agent of the baselines, by its path as declared.
    agent: Option<String>,
    variants: Vec<Played>,
    alone: Option<Played>,
    /// The numbers of votes that were played, and what they came to.
    several: Vec<u32>,
    voted: Vec<Played>,
}

impl Results<'_> {
    /// One agent alone, when it is shown.
    fn one_agent(&self) -> Option<&Cell> {
        self.alone.as_ref().filter(|_| self.plan.baselines.one_agent).map(|played| &played.cell)
    }

    /// A baseline's numbers, held against the first variant.
    fn row(&self, cell: &Cell) -> Result<Row, CompareError> {
        let reference = self.variants.first().map(|played| &played.cell);
        Ok(Row::of(cell, reference, self.one_agent())?)
    }

    /// What so many votes came to; a single one is the agent alone.
    fn votes(&self, votes: u32) -> Option<&Cell> {
        let played = match votes {
            1 => self.alone.as_ref(),
            _ => self.several.iter().position(|known| *known == votes).and_then(|index| self.voted.get(index)),
        };
        played.map(|played| &played.cell)
    }

    fn variants(&self, votes: &[u32]) -> Result<Vec<ComparedRow>, CompareError> {
        let cells: Vec<Cell> = self.variants.iter().map(|played| played.cell.clone()).collect();
        let rows = self.design.compare(&cells, self.one_agent())?;
        let mut compared = Vec::new();
        for (index, (row, played)) in rows.into_iter().zip(&self.variants).enumerate() {
            let equal = votes.get(index).copied().and_then(|votes| {
                let other = self.votes(votes).filter(|_| self.plan.equal != Equal::None)?;
                let difference = moot_study::difference(&played.cell.scores(), &other.scores());
                Some(EqualVotes { votes, difference })
            });
            compared.push(compared_row(row, played, None).with_equal(self.plan.equal, equal));
        }
        Ok(compared)
    }

    fn baselines(&self) -> Result<Vec<ComparedRow>, CompareError> {
        let mut rows = Vec::new();
        let Some((agent, alone)) = self.agent.clone().zip(self.alone.as_ref()) else { return Ok(rows) };
        if self.plan.baselines.one_agent {
            let baseline = Baseline::OneAgent { agent: agent.clone() };
            rows.push(compared_row(self.row(&alone.cell)?, alone, Some(baseline)));
        }
        for (votes, played) in self.several.iter().zip(&self.voted) {
            let (agent, votes) = (agent.clone(), *votes);
            let baseline = match self.plan.equal {
                Equal::None | Equal::Calls => Baseline::SameCalls { agent, votes },
                Equal::Tokens => Baseline::SameTokens { agent, votes },
                Equal::Cost => Baseline::SameCost { agent, votes },
            };
            rows.push(compared_row(self.row(&played.cell)?, played, Some(baseline)));
        }
        Ok(rows)
    }
}

fn compared_row(row: Row, played: &Played, baseline: Option<Baseline>) -> ComparedRow {
    let result = &played.result;
    ComparedRow {
        row,
        baseline,
        equal_calls: None,
        equal_tokens: None,
        equal_cost: None,
        metrics: result.metrics.clone(),
        intervals: played.intervals.clone(),
        digest: Some(result.digest),
        status: result.status,
        reason: result.reason.clone(),
    }
}

/// The interval of a share or a mean: Wilson's when each task gave a one or a zero, else by the standard error of clusters.
fn interval(sample: &Sample) -> Option<Interval> {
    let (mean, hits) = (sample.mean()?, sample.sum as u64);
    let estimate = match (sample.is_share(), sample.count == sample.clusters) {
        (true, true) => moot_study::share(hits, sample.count)?,
        // Where all are alike there is no spread to judge by; as many alike tasks say how sure that is.
        (true, false) if hits == 0 => moot_study::share(0, sample.clusters)?,
        (true, false) if hits == sample.count => moot_study::share(sample.clusters, sample.clusters)?,
        _ => moot_study::clustered(mean, sample.standard_error()?, sample.clusters),
    };
    estimate.interval
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;
