//! What the invariants cost per event: a measurement, run with
//! `cargo test --release -p moot-safety -- --ignored --nocapture cost`.

use std::time::Instant;

use moot_core::{ActorRole, Event, EventKind};

use super::Invariants;
use super::testing::{
    Stream, assigned_in, called, cast_in, finished, replied, replied_calling, returned, run_started, tallied_in,
    task_ended, task_started, tool,
};

/// Votes of so many, each of whom calls two tools before it answers.
fn votes(tasks: u32, voters: u32) -> Vec<Event> {
    let mut stream = Stream::new();
    let mut events = vec![
        stream.event("world", run_started()),
        stream.event("jury", EventKind::ActorStarted { role: ActorRole::Coordinator }),
    ];
    let names: Vec<String> = (0..voters).map(|number| format!("jury/juror[{number}]")).collect();
    for task in 0..tasks {
        events.push(stream.event("world", task_started(task)));
        events.push(stream.event("jury", assigned_in(task, "world")));
        for name in &names {
            events.push(stream.event(name, assigned_in(task, "jury")));
        }
        for name in &names {
            events.push(stream.event(name, replied_calling(task, 0, vec![tool("a"), tool("b")])));
            for call in ["a", "b"] {
                events.push(stream.event(name, called(task, tool(call))));
                events.push(stream.event(name, returned(task, &tool(call))));
            }
            events.push(stream.event(name, replied(task, 1, 0)));
            events.push(stream.event(name, finished(task, 0)));
            events.push(stream.event("jury", cast_in(task, name)));
        }
        events.push(stream.event("jury", tallied_in(task, f64::from(voters))));
        let answer = stream.event("jury", finished(task, 0));
        let cause = answer.sequence.0;
        events.push(answer);
        events.push(stream.because(cause, "world", task_ended(task)));
    }
    events
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures, and tells what")]
fn cost_of_an_event() {
    for voters in [5, 64] {
        let events = votes(100_000 / (voters * 9), voters);
        let best_ns = (0..5).map(|_| {
            let mut invariants = Invariants::new();
            let begin = Instant::now();
            for event in &events {
                invariants.observe(event);
            }
            let took = begin.elapsed();
            assert!(invariants.hold(), "{:?}", invariants.violations());
            took.as_nanos() / events.len() as u128
        });
        println!("{voters} voters: {} ns an event, of {} events", best_ns.min().unwrap_or(0), events.len());
    }
}
