//! What an assignment wants of a stochastic model: an answer to the task, a verdict, or one of some words.
//!
//! It must not know how an answer is drawn. What a task or an assignment lacks is said here, before anything is drawn.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Brief, Task, TaskId, Wanted};
//! use moot_model::{Model, ModelRequest, StochasticModel, StochasticOptions};
//!
//! // Who speaks next? A task that nobody knows the answer to will do.
//! let wanted = Wanted::OneOf(["ann".into(), "bob".into()].into());
//! let brief = Brief { wanted, ..Brief::default() };
//! let task = Arc::new(Task::new(TaskId(0), "Why?"));
//! let request = ModelRequest { brief: Some(Arc::new(brief)), ..ModelRequest::alone(task, 42) };
//! let reply = StochasticModel::new(&StochasticOptions::with_accuracy(0.6), 42, 0).answer(&request).unwrap();
//! assert!(["ann", "bob"].contains(&&*reply.text));
//! ```

use moot_core::random::{Draw, Purpose};
use moot_core::{Brief, ModelFailure, ModelFailureKind, Task, Text};

use super::verifier::{Case, Verifier};
use crate::ModelRequest;

/// Which word of a list is said.
const PICK: Purpose = Purpose::named("pick");

/// What is to be said when one of a list of words is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WordWish<'request> {
    /// The second of two words if the verifier rejects the case, else the first.
    Verdict { verifier: Verifier, case: Case, words: [&'request Text; 2] },
    /// Any of these, each as likely as the others; there is at least one.
    Any(&'request [Text]),
}

impl<'request> WordWish<'request> {
    /// What an assignment with this brief wants; an error says what is missing.
    pub(super) fn of(
        task: &Task,
        brief: &Brief,
        words: &'request [Text],
        verifier: Option<Verifier>,
    ) -> Result<Self, ModelFailure> {
        match (verifier, words) {
            (_, []) => Err(invalid(task, "comes with no word to pick from", "name at least one")),
            (Some(verifier), [accept, reject]) => {
                let case = Case::of(brief, task).map_err(|(lack, remedy)| invalid(task, lack, remedy))?;
                Ok(Self::Verdict { verifier, case, words: [accept, reject] })
            }
            (_, words) => Ok(Self::Any(words)),
        }
    }

    /// The word that is said.
    pub(super) fn say(self, request: &ModelRequest) -> Option<Text> {
        match self {
            Self::Verdict { verifier, case, words: [accept, reject] } => {
                Some(if verifier.rejects(request, case) { reject.clone() } else { accept.clone() })
            }
            Self::Any(words) => {
                let index = request.own_address(PICK).generator().integer_below(words.len() as u64);
                words.get(usize::try_from(index).ok()?).cloned()
            }
        }
    }
}

/// The index of the right answer among the choices, or what the task lacks for it to be drawn: it needs two choices,
/// and as many wrong ones as weights are given for them.
#[inline]
pub(super) fn right_choice(task: &Task, confusion: Option<&[f64]>) -> Result<usize, ModelFailure> {
    let Some(answer) = &task.answer else {
        return Err(invalid(task, "has no known answer", "give it one with `answer`"));
    };
    if task.choices.len() < 2 {
        let lack = format!("has {} choices", task.choices.len());
        return Err(invalid(task, &lack, "give it at least two with `choices`"));
    }
    let Some(right) = task.choices.iter().position(|choice| choice == answer) else {
        let lack = format!("has the answer {answer:?}, which is not one of its choices");
        return Err(invalid(task, &lack, "add it to `choices`"));
    };
    match confusion {
        Some(weights) if weights.len() != task.choices.len() - 1 => {
            let lack = format!("has {} wrong choices, and confusion weighs {}", task.choices.len() - 1, weights.len());
            Err(invalid(task, &lack, "give one weight for each wrong choice"))
        }
        _ => Ok(right),
    }
}

/// The wrong choice of this number; they are numbered in the order of the choices with the right one left out.
#[inline]
pub(super) fn wrong_choice(choices: &[Text], number: usize, right: usize) -> Option<Text> {
    choices.get(if number < right { number } else { number + 1 }).cloned()
}

/// What a task, or its assignment, lacks, and what to do about it.
#[cold]
pub(super) fn invalid(task: &Task, lack: &str, remedy: &str) -> ModelFailure {
    let message = format!("a stochastic model can't answer task {}: it {lack}; {remedy}", task.id);
    ModelFailure::new(ModelFailureKind::InvalidRequest, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{Heard, Wanted};
    use proptest::prelude::*;

    use super::super::testing::{self, TASKS, assert_share, briefed, heard, model, one_of, play};
    use super::*;
    use crate::Model;

    #[test]
    fn each_word_of_a_list_is_as_likely_as_any_other() {
        let names = ["ann", "bob", "B"];
        // An abstention is none of the words, and the task's right answer is as good as another.
        let select = model(r#"{"accuracy": 1, "abstain": 0.9}"#);
        let said = [heard(0, 0, Some("B"))];
        let pick = |id| select.answer(&briefed(testing::request("host", 0, id), one_of(&names), &said)).unwrap().text;
        let picks: Vec<Text> = (0..TASKS).map(pick).collect();
        for name in names {
            assert_share(name, picks.iter().filter(|pick| &***pick == name).count(), 1.0 / 3.0);
        }
        // A verifier that is asked for one of three words is no verifier.
        let verifier = model(r#"{"accuracy": 1, "verifier": {"catch": 1}}"#);
        for (id, pick) in (0..1_000).zip(&picks) {
            let request = briefed(testing::request("host", 0, id), one_of(&names), &said);
            assert_eq!(verifier.answer(&request).unwrap().text, *pick);
        }
    }

    #[test]
    fn a_list_takes_time_tokens_and_failures_as_an_answer_does() {
        let host = r#"{"accuracy": 1, "latency": {"exponential": {"mean": "1s"}}, "failures": {"timeout": 0.5},
            "tokens": {"input": 2, "output": 1}}"#;
        let host = model(host);
        for id in 0..1_000 {
            let request = testing::request("host", 0, id);
            let listed = briefed(request.clone(), one_of(&["ann", "bob"]), &[]);
            match (host.answer(&request), host.answer(&listed)) {
                (Ok(answer), Ok(word)) => {
                    assert_eq!((answer.latency, answer.usage), (word.latency, word.usage));
                }
                (answer, word) => assert_eq!(answer.unwrap_err(), word.unwrap_err()),
            }
        }
    }

    #[test]
    fn words_are_answered_as_an_answer_is_and_a_list_without_words_is_refused() {
        let plain = model(r#"{"accuracy": 0.6, "abstain": 0.1}"#);
        for (id, row) in (0..1_000).zip(play(&plain, "juror", 1)) {
            for wanted in [Wanted::Words, Wanted::Answer] {
                let request = briefed(testing::request("juror", 0, id), wanted, &[heard(0, 0, Some("A"))]);
                assert_eq!([plain.answer(&request).unwrap().text], *row);
            }
        }
        let failure = plain.answer(&briefed(testing::request("juror", 0, 3), one_of(&[]), &[])).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::InvalidRequest);
        assert!(failure.message.contains("task 3: it comes with no word to pick from"), "{failure}");
    }

    proptest! {
        /// Whatever was heard and is wanted, and however the model answers from it: the same request is answered twice
        /// the same, with a word that was asked for.
        #[test]
        fn a_reply_is_a_pure_function_and_one_of_what_is_wanted(
            hearing in prop::sample::select(vec![
                r#""beliefs": {"strength": 2}"#, r#""judge": {"right": 0.5}"#, r#""compounds": true"#, r#""abstain": 0"#,
            ]),
            verifier in any::<bool>(),
            words in 0..4_usize,
            said in prop::collection::vec((0..3_u32, prop::sample::select(vec!["A", "B", "E", ""]), any::<bool>()), 0..6),
            (id, call) in (any::<u32>(), any::<u32>()),
        ) {
            let verifies = if verifier { r#", "verifier": {"catch": 0.5, "false_alarm": 0.5}"# } else { "" };
            let model = model(&format!(r#"{{"accuracy": 0.5, {hearing}{verifies}}}"#));
            let said: Vec<_> = said
                .into_iter()
                .map(|(round, answer, own)| {
                    let answer = Some(answer).filter(|answer| !answer.is_empty());
                    Heard { own, ..heard(round, 0, answer) }
                })
                .collect();
            let names = ["ann", "bob", "cid"];
            let wanted = if words == 0 { Wanted::Answer } else { one_of(&names[..words]) };
            let request = briefed(ModelRequest { call, ..testing::request("g", 0, id) }, wanted, &said);
            let found = model.answer(&request);
            prop_assert_eq!(&found, &model.answer(&request.clone()));
            match found {
                Err(failure) => prop_assert!(verifier && words == 2 && said.is_empty(), "{}", failure),
                Ok(reply) if words == 0 => prop_assert!(["A", "B", "C", "D", "E"].contains(&&*reply.text)),
                Ok(reply) => prop_assert!(names[..words].contains(&&*reply.text)),
            }
        }
    }
}
