//! What fails is restarted, and whatever can't go on ends by name; nothing hangs or vanishes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use folkmoot::core::{
    EventKind, FailureKind, Limit, ModelFailure, ModelReply, Outcome, Placement, RunStatus, Task, TaskId, Text,
    ToolCall, ToolEffect, ToolErrorCode,
};
use folkmoot::council::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Pattern, Seat};
use folkmoot::mind::policy::Rights;
use folkmoot::model::{Model, ModelRequest};
use folkmoot::runtime::{AgentSpec, CouncilSpec, ModelSpec, WorldReport, WorldSpec, play};
use folkmoot::tool::{Tool, ToolContext, ToolFailure, Toolbox};

use crate::support::{path, scenario};

/// A model that panics in its first so many attempts of a task and then says yes.
struct Shaky {
    panics: u32,
}

impl Model for Shaky {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        assert!(request.attempt >= self.panics, "attempt {} was to panic", request.attempt);
        Ok(ModelReply::text("yes"))
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

/// One agent and its model on one task.
fn alone(panics: u32, panics_at: Vec<u64>) -> WorldReport {
    let mut spec = WorldSpec::new("alone", path("agent"));
    spec.models.push(ModelSpec::new("shaky", move || Arc::new(Shaky { panics })));
    spec.agents.push(AgentSpec { panics_at, ..AgentSpec::new(path("agent"), 0) });
    spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "Well?")));
    spec.keep_events = true;
    let report = play(spec).unwrap();
    assert_eq!(report.leftover_tasks, 0, "nobody is left behind");
    report
}

fn outcome(report: &WorldReport) -> Outcome {
    report.summary.tasks()[0].outcome.clone()
}

fn count(report: &WorldReport, is: impl Fn(&EventKind) -> bool) -> usize {
    report.events.as_ref().unwrap().iter().filter(|event| is(&event.kind)).count()
}

#[test]
fn a_model_that_panics_is_made_anew_and_asked_again_at_most_twice() {
    for (panics, decided) in [(0, true), (1, true), (2, true), (3, false), (9, false)] {
        let report = alone(panics, Vec::new());
        let restarts = count(&report, |kind| matches!(kind, EventKind::ActorRestarted { .. }));
        assert_eq!(restarts as u32, panics.min(3), "{panics} panics");
        match outcome(&report) {
            Outcome::Decided { answer } => assert!(decided && &*answer == "yes", "{panics} panics"),
            Outcome::Failed(failure) => {
                assert!(!decided && failure.kind == FailureKind::Crash, "{panics} panics: {failure}");
            }
            other => panic!("{other}"),
        }
        assert_eq!(report.ledger.run.calls, u64::from(panics.min(2)) + 1, "every attempt is booked");
    }
}

#[test]
fn an_agent_that_panics_takes_its_task_up_again_at_most_twice() {
    // Steps: 0 the assignment, 1 the reply; each restart is a step too.
    for (panics_at, decided) in [
        (vec![0], true),
        (vec![1], true),
        (vec![0, 1], true),
        (vec![1, 2], true),
        (vec![0, 1, 2], false),
        (vec![1, 2, 3], false),
    ] {
        let report = alone(0, panics_at.clone());
        let crashed = matches!(outcome(&report), Outcome::Failed(failure) if failure.kind == FailureKind::Crash);
        assert_eq!(outcome(&report) == Outcome::decided("yes"), decided, "{panics_at:?}: {}", outcome(&report));
        assert_eq!(crashed, !decided, "{panics_at:?}");
        let failures = count(&report, |kind| matches!(kind, EventKind::ActorFailed { .. }));
        assert_eq!(failures, panics_at.len(), "{panics_at:?}");
        assert_eq!(report.status == RunStatus::Completed, decided);
    }
}

#[test]
fn the_mailbox_of_an_agent_survives_its_panic() {
    let mut spec = WorldSpec::new("queue", path("agent"));
    spec.models.push(ModelSpec::new("shaky", || Arc::new(Shaky { panics: 0 })));
    spec.agents.push(AgentSpec { panics_at: vec![0, 3], ..AgentSpec::new(path("agent"), 0) });
    spec.tasks = Box::new((0..20).map(|number| Task::new(TaskId(number), "Well?")));
    spec.tasks_at_once = 20;
    let report = play(spec).unwrap();
    let answers: Vec<Option<&str>> = report.summary.tasks().iter().map(|task| task.outcome.answer()).collect();
    assert_eq!(answers, [Some("yes"); 20]);
    let ids: Vec<u32> = report.summary.tasks().iter().map(|task| task.id.0).collect();
    assert_eq!(ids, (0..20).collect::<Vec<u32>>(), "in order");
}

/// Panics when it is told to; how often is counted.
struct Trapdoor(Arc<AtomicU32>);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Tool for Trapdoor {
    type Arguments = Nothing;
    fn name(&self) -> &str {
        "trapdoor"
    }
    fn description(&self) -> &str {
        "Panics."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Execute
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
    async fn run(&self, _: Nothing, context: &ToolContext) -> Result<String, ToolFailure> {
        if &*context.caller.call_id == "later" {
            // Not ready at the first poll: goes on as a task of its own, and panics there.
            let note = moot_note(context);
            context.ports.memory.remember(note).await?;
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("the floor opens");
    }
}

fn moot_note(context: &ToolContext) -> folkmoot::core::port::Note {
    folkmoot::core::port::Note::new(context.caller.agent.clone(), context.caller.now, "about to fall")
}

/// Calls the trapdoor with an id, then says what it was told.
struct Faller(&'static str);

impl Model for Faller {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        if request.call > 0 {
            let last = request.transcript.messages().last().unwrap();
            return Ok(ModelReply::text(last.text()));
        }
        let call = ToolCall { id: self.0.into(), name: "trapdoor".into(), arguments: "{}".into() };
        Ok(ModelReply::calls(vec![call]))
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

#[test]
fn a_tool_that_panics_is_an_observation() {
    for id in ["now", "later"] {
        let fell = Arc::new(AtomicU32::new(0));
        let mut toolbox = Toolbox::new();
        toolbox.add(Trapdoor(Arc::clone(&fell))).unwrap();
        let mut spec = WorldSpec::new("fall", path("agent"));
        spec.models.push(ModelSpec::new("faller", move || Arc::new(Faller(id))));
        spec.toolbox = Arc::new(toolbox);
        let rights = Rights::unrestricted();
        spec.agents.push(AgentSpec {
            rights,
            tools: Arc::from([Text::from("trapdoor")]),
            ..AgentSpec::new(path("agent"), 0)
        });
        spec.tasks = Box::new((0..2).map(|number| Task::new(TaskId(number), "Jump.")));
        spec.keep_events = true;
        let report = play(spec).unwrap();
        assert_eq!(fell.load(Ordering::Relaxed), 2, "a call is never run twice");
        for task in report.summary.tasks() {
            assert!(task.outcome.answer().unwrap().contains("the floor opens"), "{id}: {}", task.outcome);
        }
        let crashed = |kind: &EventKind| matches!(kind, EventKind::ToolReturned { result, .. } if result.error == Some(ToolErrorCode::Crashed));
        assert_eq!(count(&report, crashed), 2);
        assert_eq!(count(&report, |kind| matches!(kind, EventKind::ActorRestarted { .. })), 2);
        assert_eq!(report.leftover_tasks, 0);
    }
}

/// A pattern whose machine panics at inputs the test chooses, else asks its one member.
#[derive(Debug)]
struct Nervous {
    /// How often a machine panics at the answer, over all machines made.
    panics: Arc<AtomicU32>,
}

struct NervousMachine(Arc<AtomicU32>);

impl Pattern for Nervous {
    fn name(&self) -> &str {
        "nervous"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        Box::new(NervousMachine(Arc::clone(&self.panics)))
    }
}

impl CouncilMachine for NervousMachine {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        match input {
            CouncilInput::Assigned(_) => effects.push(CouncilEffect::ask(0, 0)),
            CouncilInput::Answered(Answered { outcome, .. }) => {
                let left = self.0.load(Ordering::Relaxed);
                if left > 0 {
                    self.0.store(left - 1, Ordering::Relaxed);
                    panic!("{left} more");
                }
                effects.push(CouncilEffect::Finish(outcome));
            }
            CouncilInput::TimerFired { .. } | CouncilInput::Cancelled { .. } => {}
        }
    }
}

fn council(pattern: Arc<dyn Pattern>) -> WorldReport {
    let mut spec = WorldSpec::new("council", path("council"));
    spec.models.push(ModelSpec::new("shaky", || Arc::new(Shaky { panics: 0 })));
    spec.agents.push(AgentSpec::new(path("agent"), 0));
    spec.councils.push(CouncilSpec {
        path: path("council"),
        pattern,
        members: vec![path("agent")],
        names: Vec::new(),
        budget: None,
    });
    spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "Well?")));
    spec.keep_events = true;
    play(spec).unwrap()
}

#[test]
fn a_coordination_machine_that_panics_is_rebuilt_and_asks_nobody_twice() {
    for panics in 0..5 {
        let report = council(Arc::new(Nervous { panics: Arc::new(AtomicU32::new(panics)) }));
        let crashed = matches!(outcome(&report), Outcome::Failed(failure) if failure.kind == FailureKind::Crash);
        assert_eq!(crashed, panics > 2, "{panics} panics: {}", outcome(&report));
        let asked = |kind: &EventKind| matches!(kind, EventKind::ModelReplied { .. });
        assert_eq!(count(&report, asked), 1, "the member was asked once");
    }
}

/// A pattern that never does anything.
#[derive(Debug)]
struct Silent;

impl Pattern for Silent {
    fn name(&self) -> &str {
        "silent"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        struct Machine;
        impl CouncilMachine for Machine {
            fn step(&mut self, _: CouncilInput, _: &mut Vec<CouncilEffect>) {}
        }
        Box::new(Machine)
    }
}

#[test]
fn a_deadlock_ends_the_run_and_names_who_waits() {
    let report = council(Arc::new(Silent));
    assert_eq!(report.status, RunStatus::Failed);
    let reason = report.reason.clone().unwrap();
    assert!(reason.contains("council waits for nobody"), "{reason}");
    assert!(matches!(outcome(&report), Outcome::Failed(failure) if failure.kind == FailureKind::Deadlock));
    assert_eq!(report.leftover_tasks, 0);
}

#[test]
fn limits_end_a_task_by_name() {
    let base = r#"
folkmoot: 1
name: limits
models: { looper: { scripted: { repeat: true, tokens: { input: 10, output: 5 }, steps: [{ call: { CALL } }] } } }
agents: { looper: { model: looper, tools: [list_files, read_file], limits: { LIMITS } } }
coordination: { single: { member: looper } }
tasks: { list: [Go on.] }
"#;
    let ended = |call: &str, limits: &str| {
        let played = crate::support::play(&scenario(&base.replace("CALL", call).replace("LIMITS", limits)));
        (played.result.tasks[0].outcome.clone(), played.result.status, played.summary.calls().calls)
    };
    let (outcome, status, calls) = ended("list_files: {}", "turns_max: 7, same_exchange_max: 100");
    assert_eq!((outcome, status, calls), (Outcome::Exhausted { limit: Limit::Turns }, RunStatus::Exhausted, 7));
    let (outcome, status, calls) = ended("list_files: {}", "tokens_max: 31");
    assert_eq!((outcome, status, calls), (Outcome::Exhausted { limit: Limit::Tokens }, RunStatus::Exhausted, 3));
    let (outcome, status, calls) = ended("read_file: { path: missing }", "same_failing_call_max: 4");
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Repetition), "{outcome}");
    assert_eq!((status, calls), (RunStatus::Failed, 4));
}

#[test]
fn a_script_that_sees_something_else_or_has_no_step_left_fails_the_run() {
    let base = "
folkmoot: 1
name: script
models: { actor: { scripted: { steps: [STEPS] } } }
agents: { actor: { model: actor, tools: [list_files] } }
coordination: { single: { member: actor } }
tasks: { list: [Play.] }
";
    for (steps, expected) in [
        ("{ expect: { last_contains: [pineapple] }, say: hello }", "pineapple"),
        ("{ call: { list_files: {} } }", "step"),
    ] {
        let played = crate::support::play(&scenario(&base.replace("STEPS", steps)));
        assert_eq!(played.result.status, RunStatus::Failed);
        let Outcome::Failed(failure) = &played.result.tasks[0].outcome else { panic!("{:?}", played.result.tasks) };
        assert_eq!(failure.kind, FailureKind::Script);
        assert!(failure.message.contains(expected), "{failure}");
    }
}

/// A pattern that tells what only the runtime may tell.
#[derive(Debug)]
struct Usurper;

impl Pattern for Usurper {
    fn name(&self) -> &str {
        "usurper"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        struct Machine;
        impl CouncilMachine for Machine {
            fn step(&mut self, _: CouncilInput, effects: &mut Vec<CouncilEffect>) {
                let ended = EventKind::RunEnded { status: RunStatus::Completed, reason: None };
                effects.push(CouncilEffect::Record(ended));
                effects.push(CouncilEffect::Finish(Outcome::decided("mine")));
            }
        }
        Box::new(Machine)
    }
}

#[test]
fn a_pattern_can_not_record_what_is_not_its_to_tell() {
    let report = council(Arc::new(Usurper));
    assert!(matches!(outcome(&report), Outcome::Failed(failure) if failure.kind == FailureKind::Setup));
    assert_eq!(count(&report, |kind| matches!(kind, EventKind::RunEnded { .. })), 1);
    assert_eq!(report.status, RunStatus::Failed);
}

/// Answers its assignment at once and never looks at the member it asked.
#[derive(Debug)]
struct Hasty;

impl Pattern for Hasty {
    fn name(&self) -> &str {
        "hasty"
    }
    fn start(&self, _: &Seat) -> Box<dyn CouncilMachine> {
        struct Machine;
        impl CouncilMachine for Machine {
            fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
                if matches!(input, CouncilInput::Assigned(_)) {
                    effects.push(CouncilEffect::ask(0, 0));
                    effects.push(CouncilEffect::SetTimer {
                        timer: 0,
                        after: folkmoot::core::VirtualDuration::from_millis(10),
                    });
                } else {
                    effects.push(CouncilEffect::Finish(Outcome::decided("enough")));
                }
            }
        }
        Box::new(Machine)
    }
}

/// Takes a second and ten tokens.
struct Leisurely;

impl Model for Leisurely {
    fn answer(&self, _: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let usage = folkmoot::core::Usage::new(7, 3);
        let latency = folkmoot::core::VirtualDuration::from_millis(1_000);
        Ok(ModelReply { usage: Some(usage), latency, ..ModelReply::text("yes") })
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
}

#[test]
fn an_attempt_that_is_open_at_the_end_is_booked_as_abandoned() {
    let mut spec = WorldSpec::new("hasty", path("council"));
    spec.models.push(ModelSpec::new("leisurely", || Arc::new(Leisurely)));
    spec.agents.push(AgentSpec::new(path("agent"), 0));
    spec.councils.push(CouncilSpec {
        path: path("council"),
        pattern: Arc::new(Hasty),
        members: vec![path("agent")],
        names: Vec::new(),
        budget: None,
    });
    spec.tasks = Box::new(std::iter::once(Task::new(TaskId(0), "Well?")));
    spec.keep_events = true;
    let report = play(spec).unwrap();
    assert_eq!(outcome(&report), Outcome::decided("enough"));
    assert_eq!(report.ended_at.as_millis(), 10, "nobody waited for the answer");
    let abandoned = |kind: &EventKind| {
        matches!(kind, EventKind::ModelFailed { failure, .. }
            if failure.kind == folkmoot::core::ModelFailureKind::Abandoned)
    };
    assert_eq!(count(&report, abandoned), 1);
    assert_eq!((report.ledger.run.calls, report.ledger.run.usage.total_tokens()), (1, 10));
    assert_eq!(report.summary.calls().calls, 1);
}

/// Tells itself to go on for ever, without time passing.
#[test]
fn a_world_that_never_rests_can_be_called_off() {
    let endless = scenario(
        "
folkmoot: 1
name: endless
models: { looper: { scripted: { repeat: true, steps: [{ call: { list_files: {} } }] } } }
agents: { looper: { model: looper, tools: [list_files], limits: { turns_max: 100000 } } }
coordination: { single: { member: looper } }
tasks: { generate: { count: 100000, choices: [A, B] } }
",
    );
    let live = Arc::new(folkmoot::runtime::Live::new());
    let played = std::thread::scope(|scope| {
        let running = scope.spawn(|| folkmoot::Run::new(&endless).live(&live).play().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(40));
        live.cancel();
        running.join().unwrap()
    });
    assert_eq!(played.result.status, RunStatus::Cancelled);
    assert_eq!(played.leftover_tasks, 0);
}

#[test]
fn being_called_off_after_the_last_task_changes_nothing() {
    let live = Arc::new(folkmoot::runtime::Live::new());
    let one = scenario(
        "
folkmoot: 1
name: one
models: { parrot: { scripted: { steps: [{ say: hello }] } } }
agents: { parrot: { model: parrot } }
coordination: { single: { member: parrot } }
tasks: { list: [Say hello.] }
",
    );
    let played = folkmoot::Run::new(&one).live(&live).play().unwrap();
    live.cancel();
    assert_eq!(played.result.status, RunStatus::Completed);
    assert_eq!(live.tasks_ended(), 1, "worlds that have ended are still counted");
}

/// Q12: a hundred agents on one budget, a thousand times: nothing is ever taken beyond it. Each event and each change of
/// the budget is held against the invariants.
#[test]
fn a_hundred_agents_never_pass_their_budget_over_a_thousand_seeds() {
    let scenario = scenario(
        "
folkmoot: 1
name: one-budget
models:
  juror:
    stochastic:
      accuracy: 0.7
      latency: { lognormal: { median: 800ms, p95: 3s } }
      tokens: { input: 300, output: 200 }
      price: { input: 1, output: 4 }
agents: { juror: { model: juror, count: 100 } }
budgets: { run: { money: 0.05 } }
coordination: { vote: { members: [juror], rule: plurality, ties: first, absence: { failing: abstain } } }
tasks: { generate: { count: 1, choices: [A, B] } }
tolerate: { failed: 1 }
faults:
  - stream_cut: { when: { probability: 0.2 } }
  - wrong_usage: { as: [missing, zero], when: { probability: 0.2 } }
",
    );
    let most = folkmoot::core::Money::from_picodollars(50_000_000_000);
    for seed in 0..1_000 {
        let played = folkmoot::Run::new(&scenario).seed(seed).check_invariants().play().unwrap();
        assert!(played.violations.is_empty(), "seed {seed}: {}", played.violations[0]);
        assert!(played.ledger.run.cost <= most, "seed {seed}: {}", played.ledger.run.cost);
        assert!(played.ledger.run.calls < 100, "seed {seed}: the budget was to be reached");
    }
}
