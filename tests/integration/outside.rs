//! The outside: whatever it takes in real time changes nothing, and no virtual deadline passes it by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use folkmoot::core::{
    EventKind, ModelFailure, ModelReply, Outcome, Placement, Task, TaskId, Text, ToolCall, ToolEffect, VirtualDuration,
};
use folkmoot::council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use folkmoot::mind::policy::Rights;
use folkmoot::model::{Model, ModelRequest};
use folkmoot::runtime::{AgentSpec, CouncilSpec, ModelSpec, ToolSettings, WorldReport, WorldSpec, play};
use folkmoot::tool::{Tool, ToolContext, ToolFailure, Toolbox};

use crate::support::path;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    number: u64,
}

/// Answers from a thread of its own after some real time, different from call to call.
struct Slow {
    real_delays_ms: [u64; 3],
    calls: AtomicU64,
}

impl Tool for Slow {
    type Arguments = Question;
    fn name(&self) -> &str {
        "slow"
    }
    fn description(&self) -> &str {
        "Answers when it likes."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Network
    }
    async fn run(&self, question: Question, _: &ToolContext) -> Result<String, ToolFailure> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(self.real_delays_ms[(call % 3) as usize]));
        Ok(format!("{} squared is {}", question.number, question.number * question.number))
    }
}

/// Asks the tool three things at once, then says what it heard.
struct Asker;

impl Model for Asker {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        if request.call > 0 {
            let results: Vec<&str> =
                request.transcript.messages().iter().rev().take(3).map(|message| message.text()).collect();
            return Ok(ModelReply::text(results.join("; ")));
        }
        let call = |number: u64| ToolCall {
            id: Text::from(format!("c{number}")),
            name: "slow".into(),
            arguments: Text::from(format!(r#"{{"number":{number}}}"#)),
        };
        Ok(ModelReply::calls(vec![call(2), call(3), call(4)]))
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

fn ask(real_delays_ms: [u64; 3], latency_ms: u64) -> WorldReport {
    let mut toolbox = Toolbox::new();
    toolbox.add(Slow { real_delays_ms, calls: AtomicU64::new(0) }).unwrap();
    let mut spec = WorldSpec::new("outside", path("agent"));
    spec.toolbox = Arc::new(toolbox);
    let latency = VirtualDuration::from_millis(latency_ms);
    spec.tool_settings.insert("slow".into(), ToolSettings { latency, timeout: None });
    spec.models.push(ModelSpec::new("asker", || Arc::new(Asker)));
    let rights = Rights::unrestricted();
    spec.agents.push(AgentSpec { rights, tools: Arc::from([Text::from("slow")]), ..AgentSpec::new(path("agent"), 0) });
    spec.tasks = Box::new((0..2).map(|number| Task::new(TaskId(number), "Ask.")));
    spec.keep_events = true;
    play(spec).unwrap()
}

#[test]
fn real_time_does_not_enter_the_digest() {
    for latency_ms in [0, 700] {
        let reports: Vec<WorldReport> =
            [[0, 0, 0], [10, 0, 50], [50, 10, 0]].map(|delays| ask(delays, latency_ms)).into_iter().collect();
        for report in &reports {
            assert_eq!(report.digest, reports[0].digest);
            assert_eq!(report.ended_at.as_millis(), 2 * latency_ms, "virtual latency only");
            assert_eq!(
                report.summary.tasks()[0].outcome.answer(),
                Some("4 squared is 16; 3 squared is 9; 2 squared is 4"),
                "results come in the order of the calls"
            );
        }
    }
}

/// Says yes after 50 ms of real time.
struct FarAway;

impl Model for FarAway {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        std::thread::sleep(Duration::from_millis(50));
        Ok(ModelReply::text("yes"))
    }
}

/// Asks its one member and gives up after a virtual deadline.
#[derive(Debug)]
struct Impatient;

impl Pattern for Impatient {
    fn name(&self) -> &str {
        "impatient"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        struct Machine;
        impl CouncilMachine for Machine {
            fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
                match input {
                    CouncilInput::Assigned(_) => {
                        effects.push(CouncilEffect::SetTimer { timer: 0, after: VirtualDuration::from_millis(30_000) });
                        effects.push(CouncilEffect::ask(0, 0));
                    }
                    CouncilInput::Answered(Answered { outcome, .. }) => effects.push(CouncilEffect::Finish(outcome)),
                    CouncilInput::TimerFired { .. } => {
                        effects.push(CouncilEffect::Finish(Outcome::Undecided { reason: "too late".into() }));
                    }
                    CouncilInput::Cancelled { .. } => {}
                }
            }
        }
        Box::new(Machine)
    }
}

#[test]
fn no_virtual_deadline_passes_real_work_by() {
    let mut spec = WorldSpec::new("deadline", path("council"));
    spec.models.push(ModelSpec::new("far", || Arc::new(FarAway)));
    spec.agents.push(AgentSpec::new(path("agent"), 0));
    spec.councils.push(CouncilSpec {
        path: path("council"),
        pattern: Arc::new(Impatient),
        members: vec![path("agent")],
        names: Vec::new(),
        budget: None,
    });
    spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "Well?")));
    spec.keep_events = true;
    let report = play(spec).unwrap();
    assert_eq!(report.summary.tasks()[0].outcome.answer(), Some("yes"));
    let placed_outside = |event: &&folkmoot::core::Event| matches!(event.kind, EventKind::ModelRequested { .. });
    assert_eq!(report.events.unwrap().iter().filter(placed_outside).count(), 1);
}
