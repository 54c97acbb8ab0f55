//! temporary
#![allow(clippy::all, clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, reason = "temporary")]
use std::sync::Arc;
use moot_core::{Task, TaskId};
use moot_model::*;
fn main() {
    for json in [
        r#"{"stochastic":{"accuracy":0.6}}"#,
        r#"{"stochastic":{"accuracy":0.6,"latency":"1s","tokens":{"input":1,"output":2}}}"#,
        r#"{"stochastic":{"accuracy":0.6,"latency":{"lognormal":{"median":"800ms","p95":"3s"}}}}"#,
        r#"{"stochastic":{"accuracy":0.6,"correlation":{"common_cause":{"share":0.3}}}}"#,
        r#"{"stochastic":{"accuracy":0.6,"correlation":{"beta_binomial":{"correlation":0.3}}}}"#,
        r#"{"scripted":{"repeat":true,"steps":[{"say":"A"}]}}"#,
        r#"{"scripted":{"repeat":true,"steps":[{"say":"{{ task.prompt }} {{ last }}"}]}}"#,
    ] {
        let options: ModelOptions = serde_json::from_str(json).unwrap();
        let model = options.build(1, 0).unwrap();
        let task = Task::new(TaskId(0), "x").with_choices(["A", "B"]).with_answer("B");
        let mut request = ModelRequest::alone(Arc::new(task), 1);
        let start = std::time::Instant::now();
        let n = 1_000_000;
        let mut right = 0;
        for call in 0..n { request.call = call; right += usize::from(&*model.answer(&request).unwrap().text == "B"); }
        println!("{json}: {} ns, {right}", start.elapsed().as_nanos() / u128::from(n));
    }
}
