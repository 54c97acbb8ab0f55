//! Cassettes: what is found, what is not, and what a miss says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{ActorPath, Task};

use super::*;
use crate::Model;

/// Says how often it was asked.
#[derive(Default)]
struct Counter(std::sync::atomic::AtomicU32);

impl Model for Counter {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(ModelReply::text(number.to_string()))
    }
}

fn request(agent: &str, task: u32, call: u32, text: &str) -> ModelRequest {
    let alone = ModelRequest::alone(Arc::new(Task::new(TaskId(task), text)), 1);
    ModelRequest { agent: ActorPath::new(agent).unwrap(), call, ..alone }
}

fn said(model: &dyn Model, request: &ModelRequest) -> String {
    model.answer(request).unwrap().text.to_string()
}

/// The recordings of some requests, as they are read from a file.
fn recorded(requests: &[ModelRequest], volatile: &[&str]) -> RecordedModel {
    let recorder = Recorder::default();
    let live = recorder.model("m", Arc::new(Counter::default()));
    requests.iter().for_each(|request| drop(live.answer(request)));
    let lines: Vec<String> = recorder.recordings().iter().map(Recording::to_line).collect();
    let volatile: Vec<String> = volatile.iter().map(|pattern| (*pattern).to_owned()).collect();
    RecordedModel::new("m", Arc::new(Cassette::parse(&lines.join("\n"), &volatile).unwrap()))
}

#[test]
fn what_was_asked_more_than_once_is_told_apart_by_who_asked_and_when() {
    // The order in which agents ask differs from run to run.
    let asked = [request("b", 0, 0, "x"), request("a", 0, 0, "x"), request("a", 1, 0, "x"), request("a", 1, 1, "x")];
    let model = recorded(&asked, &[]);
    for (number, request) in asked.iter().enumerate().rev() {
        assert_eq!(said(&model, request), number.to_string());
    }
    assert_eq!(said(&model, &request("a", 7, 3, "x")), "1", "the first that was asked the same");
}

#[test]
fn what_was_not_recorded_fails_and_says_what_is_nearest() {
    let model = recorded(&[request("a", 0, 0, "one two three"), request("a", 0, 1, "four")], &[]);
    let miss = |request: &ModelRequest| model.answer(request).unwrap_err();
    let failure = miss(&request("a", 2, 0, "one two four"));
    assert!(failure.message.contains("nearest recording is of task 0, call 0, attempt 0"), "{}", failure.message);
    assert!(failure.message.contains("recorded \"one two three\", asked \"one two four\""), "{}", failure.message);
    assert!(miss(&request("z", 0, 0, "four")).message.contains("holds nothing that z asked"));
}

#[test]
fn what_is_volatile_may_differ() {
    let model = recorded(&[request("a", 0, 0, "at 12:30 say hello")], &["[0-9]{2}:[0-9]{2}"]);
    assert_eq!(said(&model, &request("a", 0, 0, "at 23:59 say hello")), "0");
    assert!(model.answer(&request("a", 0, 0, "at noon say hello")).is_err());
    assert!(matches!(Cassette::parse("", &["(".to_owned()]), Err(CassetteError::Pattern { .. })));
    assert!(matches!(Cassette::parse("\n{}", &[]), Err(CassetteError::Line { line: 2, .. })));
}
