//! Debaters that count what they hear: an answer is drawn in proportion to how often it was heard.
//!
//! A debater holds a pseudo-count for every choice. Before anybody was heard, the counts say what the model's accuracy
//! and confusion say; every answer heard adds to the count of its choice; an answer is choice i with probability
//! `count_i / sum of the counts`. This is the Dirichlet-compound-multinomial model of H. K. Choi, X. Zhu, S. Li,
//! "Debate or Vote: Which Yields Better Decisions in Multi-Agent Large Language Models?", arXiv 2508.17536, 2025, with
//! the draw of the probabilities integrated out. It gives debate a ground truth: among equals who hear each other the
//! expected share of right answers never changes, whatever the number of rounds, while their answers grow alike.
//!
//! It must not know who said what, nor in which pattern: it counts what the request says was heard on the task.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Heard, Task, TaskId};
//! use moot_model::{Beliefs, Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! let beliefs = Some(Beliefs::of_strength(1e-6));
//! let options = StochasticOptions { beliefs, ..StochasticOptions::with_accuracy(0.0) };
//! let task = Arc::new(Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B"));
//! let said = Heard { round: 0, speaker: "ann".into(), answer: Some("B".into()), words: "B".into(), own: false };
//! let request = ModelRequest { heard: vec![said].into(), ..ModelRequest::alone(task, 42) };
//! let reply = StochasticModel::new(&options, 42, 0).answer(&request).unwrap();
//! assert_eq!(&*reply.text, "B", "it knew nothing, and believes what it heard");
//! ```

use std::cmp::Ordering;

use moot_core::random::Draw;
use moot_core::{Heard, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::WEIGHT_MAX;
use super::wanted::wrong_choice;
use crate::{ModelRequest, OptionProblem};

/// The model counts the answers that it hears, and answers each choice as often as its share of the counts. Source:
/// arXiv 2508.17536.
///
/// Before anybody was heard the counts are: `strength` times the accuracy for the right choice, the rest of `strength`
/// spread over the wrong ones as `confusion` says. As long as nothing was heard, it answers as it would without this
/// option.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Beliefs {
    /// The sum of the counts before anybody was heard, above 0 and at most 1000000: how many answers of others weigh as
    /// much as what it believed at first.
    #[schemars(range(max = 1_000_000), extend("exclusiveMinimum" = 0))]
    pub strength: f64,
    /// Whether its own earlier answers count too, where they are shown to it; default true.
    #[serde(default = "yes")]
    pub own: bool,
    /// What each answer heard adds to the count of its choice, 0 to 1000000; default 1. With 0 it hears and is not
    /// moved.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub weight: f64,
}

const fn yes() -> bool {
    true
}

const fn one() -> f64 {
    1.0
}

/// The counts of a debater that has heard something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counts {
    right: f64,
    /// Those of the wrong choices, in the order of the task's choices with the right one left out.
    wrong: Vec<f64>,
}

impl Beliefs {
    /// Beliefs of this strength, to which every answer adds 1, its own too.
    #[must_use]
    pub const fn of_strength(strength: f64) -> Self {
        Self { strength, own: true, weight: 1.0 }
    }

    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let Self { strength, weight, .. } = self;
        let mut problems = Vec::new();
        if !(*strength > 0.0 && *strength <= WEIGHT_MAX) {
            let message = format!("{strength} is not a sum of counts; allowed is above 0 and at most {WEIGHT_MAX}");
            problems.push(OptionProblem::new("strength", message));
        }
        if !(0.0..=WEIGHT_MAX).contains(weight) {
            let message = format!("{weight} is not a weight; allowed are 0 to {WEIGHT_MAX}");
            problems.push(OptionProblem::new("weight", message));
        }
        problems
    }

    /// The counts after all that was heard on the task; `None` when nothing that counts was.
    ///
    /// What is no choice of the task is not counted.
    pub(super) fn counts(
        self,
        request: &ModelRequest,
        right: usize,
        accuracy: f64,
        confusion: Option<&[f64]>,
    ) -> Option<Counts> {
        let choices = &request.task.choices;
        let place = |said: &Heard| {
            let answer = said.answer.as_ref().filter(|_| self.own || !said.own)?;
            choices.iter().position(|choice| choice == answer)
        };
        let mut places = request.heard.iter().filter_map(place).peekable();
        places.peek()?;
        let mut counts = Counts {
            right: self.strength * accuracy,
            wrong: spread(self.strength * (1.0 - accuracy), choices.len() - 1, confusion),
        };
        for place in places {
            let count = match place.cmp(&right) {
                Ordering::Equal => Some(&mut counts.right),
                Ordering::Less => counts.wrong.get_mut(place),
                Ordering::Greater => counts.wrong.get_mut(place - 1),
            };
            if let Some(count) = count {
                *count += self.weight;
            }
        }
        Some(counts)
    }
}

impl Counts {
    /// An answer in proportion to the counts. Whether it is the right one takes the same number of the generator as it
    /// does for a model that counts nothing, so that both share their luck.
    pub(super) fn draw(&self, generator: &mut impl Draw, choices: &[Text], right: usize) -> Option<Text> {
        let wrong: f64 = self.wrong.iter().sum();
        if generator.bernoulli(self.right / (self.right + wrong)) {
            return choices.get(right).cloned();
        }
        wrong_choice(choices, generator.categorical(&self.wrong)?, right)
    }
}

/// An amount spread over so many places: evenly, or by weights.
fn spread(amount: f64, places: usize, weights: Option<&[f64]>) -> Vec<f64> {
    match weights {
        None => vec![amount / places as f64; places],
        Some(weights) => {
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|weight| amount * weight / sum).collect()
        }
    }
}

#[cfg(test)]
mod tests;
