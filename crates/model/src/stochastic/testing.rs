//! What the tests of stochastic models share: models by their options, requests, and shares held against probabilities.
//! Nothing outside tests knows it.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::random::RandomKey;
use moot_core::{Brief, Heard, Task, TaskId, Text, Wanted};

use super::{StochasticModel, StochasticOptions};
use crate::{Model, ModelRequest};

pub(super) const TASKS: u32 = 40_000;
pub(super) const SEED: u64 = 20_261;

pub(super) fn options(json: &str) -> StochasticOptions {
    let options: StochasticOptions = serde_json::from_str(json).unwrap();
    assert_eq!(options.check(), [], "{json}");
    options
}

pub(super) fn model(json: &str) -> StochasticModel {
    StochasticModel::new(&options(json), SEED, 0)
}

pub(super) fn task(id: u32) -> Task {
    Task::new(TaskId(id), "Which one?").with_choices(["A", "B", "C", "D"]).with_answer("B")
}

/// The first call of one agent of a group on a task.
pub(super) fn request(group: &str, member: u32, id: u32) -> ModelRequest {
    ModelRequest {
        random: RandomKey::new(SEED, 0, &format!("{group}[{member}]")),
        group: Text::from(group),
        group_random: RandomKey::new(SEED, 0, group),
        ..ModelRequest::alone(Arc::new(task(id)), SEED)
    }
}

/// What the members of one group answer to every task: a row for each task, a text for each member.
pub(super) fn play(model: &StochasticModel, group: &str, members: u32) -> Vec<Vec<Text>> {
    let keyed: Vec<ModelRequest> = (0..members).map(|member| request(group, member, 0)).collect();
    let tasks = (0..TASKS).map(|id| Arc::new(task(id)));
    let ask = |task: &Arc<Task>, keyed: &ModelRequest| {
        model.answer(&ModelRequest { task: task.clone(), ..keyed.clone() }).unwrap().text
    };
    tasks.map(|task| keyed.iter().map(|keyed| ask(&task, keyed)).collect()).collect()
}

/// What was said in a round by the speaker of this number, heard by somebody else.
pub(super) fn heard(round: u32, speaker: u32, answer: Option<&str>) -> Heard {
    let words = Text::from(answer.unwrap_or("I don't know."));
    Heard { round, speaker: format!("s{speaker}").into(), answer: answer.map(Text::from), words, own: false }
}

/// The words that an assignment asks for.
pub(super) fn one_of(words: &[&str]) -> Wanted {
    Wanted::OneOf(words.iter().map(|word| Text::from(*word)).collect())
}

/// The request as it stands when its assignment came with this: a first assignment, so that all that was ever heard is
/// what came with it.
pub(super) fn briefed(request: ModelRequest, wanted: Wanted, said: &[Heard]) -> ModelRequest {
    let brief = Brief { wanted, heard: said.into(), fresh: false };
    ModelRequest { brief: Some(Arc::new(brief)), heard: said.to_vec().into(), ..request }
}

/// Tests a share of `TASKS` independent trials against its probability with four standard errors.
pub(super) fn assert_share(what: &str, hits: usize, probability: f64) {
    assert_share_of(what, hits, TASKS as usize, probability);
}

/// The same for another number of trials.
pub(super) fn assert_share_of(what: &str, hits: usize, trials: usize, probability: f64) {
    let share = hits as f64 / trials as f64;
    let error = (probability * (1.0 - probability) / trials as f64).sqrt();
    // What can't be otherwise has no spread; its probability may be 1 but for rounding.
    let close = (4.0 * error).max(1e-12);
    assert!((share - probability).abs() <= close, "{what}: found {share}, expected {probability} ± {error}");
}
