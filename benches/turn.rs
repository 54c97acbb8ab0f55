//! What an agent's turn with one typed tool call costs (2 model calls, 1 tool call), and the floor it stands on: a
//! bare hand-written loop in one ractor actor with a boxed model, a boxed tool and `serde_json` arguments. The same turn
//! with everything that may stand around it (20 permission rules, two hooks, notes in the prompt) and one decision over
//! these rules are held against the turn without.
//!
//! Run with `cargo bench --bench turn`: criterion's times, then a table of ratios, each taken within one round, so that
//! what else the machine does strikes both sides. `-- --ratios` prints that table alone. For counting instructions,
//! `-- --once NAME TURNS` plays one batch and nothing else, as in `valgrind --tool=callgrind PROGRAM --once gates 4000`;
//! what two numbers of turns differ by is free of starting and stopping. The call names a file, so that all rules are
//! looked at: rules about paths and commands are passed over for a call that touches nothing.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench measures real time, stops at the first surprise and reports on the terminal"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group};
use folkmoot::core::port::Note;
use folkmoot::core::{
    ActorPath, Claim, ModelFailure, ModelReply, Placement, Task, TaskId, Text, ToolCall, ToolEffect, Touch, Usage,
    Verdict, VirtualTime,
};
use folkmoot::journal::JournalWriter;
use folkmoot::mind::policy::{PermissionOptions, Question, Rights, judge};
use folkmoot::mind::prompt::PromptSections;
use folkmoot::model::{Model, ModelRequest, Price, PriceOptions};
use folkmoot::runtime::{AgentSpec, HookSet, HookSpec, JournalSink, ModelSpec, PromptPlan, WorldSpec, play};
use folkmoot::tool::{Notes, Tool, ToolContext, ToolFailure, Toolbox};
use schemars::JsonSchema;
use serde::Deserialize;

/// Turns played in one measured batch, so that starting and stopping a world hardly counts.
const TURNS: u32 = 2_000;

/// Rounds of the table of ratios.
const ROUNDS: usize = 31;

/// What the model calls the tool with.
const ARGUMENTS: &str = r#"{"left":20,"path":"books/sums.txt","right":22}"#;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sum {
    left: i64,
    right: i64,
    /// The file in which the sum is looked up.
    path: String,
}

impl Sum {
    fn touch(&self) -> Touch {
        Touch::claims([Claim::reads_file(self.path.as_str())])
    }
}

struct Adder;

impl Tool for Adder {
    type Arguments = Sum;
    fn name(&self) -> &str {
        "add"
    }
    fn description(&self) -> &str {
        "Adds two numbers."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
    fn touch(&self, arguments: &Sum) -> Touch {
        arguments.touch()
    }
    async fn run(&self, arguments: Sum, _: &ToolContext) -> Result<String, ToolFailure> {
        Ok((arguments.left + arguments.right).to_string())
    }
}

/// Calls the tool first, then answers.
struct Calculator {
    call: ToolCall,
    answer: Text,
    usage: Usage,
    price: Option<Price>,
}

impl Calculator {
    fn new() -> Self {
        let call = ToolCall { id: "c0".into(), name: "add".into(), arguments: ARGUMENTS.into() };
        let price = PriceOptions::new(0.15, 0.6).price();
        Self { call, answer: "42".into(), usage: Usage::new(120, 20), price }
    }
}

impl Model for Calculator {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let reply = match request.call {
            0 => ModelReply::calls(vec![self.call.clone()]),
            _ => ModelReply::text(self.answer.clone()),
        };
        Ok(ModelReply { usage: Some(self.usage), ..reply })
    }
    fn placement(&self) -> Placement {
        Placement::Inside
    }
    fn price(&self) -> Option<Price> {
        self.price
    }
}

/// What stands around the turn.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    /// Nothing: everything is permitted, nobody looks on.
    Nothing,
    /// The journal is written.
    Journal,
    /// Twenty permission rules, two hooks, and notes in the prompt.
    Gates,
}

/// Twenty rules of every kind, none of which forbids the call.
fn twenty_rules() -> Rights {
    let rules: Vec<serde_json::Value> = (0..20)
        .map(|number| match number % 4 {
            0 => serde_json::json!({ "deny": { "paths": [format!("secrets{number}/**")] } }),
            1 => serde_json::json!({ "deny": { "arguments": { "/left": format!("^{number}{number}$") } } }),
            2 => serde_json::json!({ "ask": { "commands": [["git", "push", format!("branch{number}")]] } }),
            _ => serde_json::json!({ "allow": { "paths": [format!("notes{number}/**")], "access": "write" } }),
        })
        .collect();
    let options: PermissionOptions = serde_json::from_value(serde_json::json!({ "rules": rules })).expect("rules");
    Rights::compile(&options, "permissions").expect("rules that can match")
}

fn two_hooks() -> HookSet {
    let hook = |name: &str, options: serde_json::Value| HookSpec {
        name: name.into(),
        options: serde_json::from_value(options).expect("a hook"),
        closure: None,
    };
    let guard =
        serde_json::json!({ "on": "before_tool_call", "contains": "rm -rf", "then": { "rule": { "deny": "no" } } });
    let count = serde_json::json!({ "on": "after_tool_call", "then": { "rule": { "count": "calls" } } });
    HookSet::new(vec![hook("guard", guard), hook("count", count)]).expect("two hooks")
}

fn five_notes() -> Notes {
    let mut notes = Notes::new();
    for text in [
        "Use metric units.",
        "Answers are short.",
        "Sums are exact.",
        "The office closes at 18:00.",
        "Say so when unsure.",
    ] {
        notes.remember(Note::new(ActorPath::new("scribe").expect("a name"), VirtualTime::ZERO, text)).expect("room");
    }
    notes
}

fn ours(around: Around, turns: u32) -> u64 {
    let agent = ActorPath::new("agent").expect("a plain name");
    let mut toolbox = Toolbox::new();
    toolbox.add(Adder).expect("the only tool");
    let mut spec = WorldSpec::new("turn", agent.clone());
    spec.toolbox = Arc::new(toolbox);
    spec.models.push(ModelSpec::new("calculator", || Arc::new(Calculator::new())));
    let mut seat = AgentSpec { tools: Arc::from([Text::from("add")]), ..AgentSpec::new(agent, 0) };
    seat.rights = Rights::unrestricted();
    if around == Around::Gates {
        seat.rights = twenty_rules();
        let sections = PromptSections { memory_tokens_max: 1_000, ..PromptSections::default() };
        seat.prompt =
            Arc::new(PromptPlan { instructions: Some("You add.".into()), sections: Some(sections), notes_max: 5 });
        spec.hooks = Arc::new(two_hooks());
        spec.notes = five_notes();
    }
    spec.agents.push(seat);
    spec.tasks = Box::new((0..turns).map(|number| Task::new(TaskId(number), "What is 20 + 22?")));
    if around == Around::Journal {
        let nowhere: Box<dyn std::io::Write + Send> = Box::new(std::io::sink());
        let writer = JournalWriter::new(nowhere, "bench").expect("nothing can go wrong");
        spec.journal = Some(JournalSink { writer, name: "nowhere".to_owned(), commits: true });
    }
    let report = play(spec).expect("the world starts");
    assert_eq!(report.ledger.run.calls, u64::from(turns) * 2, "every attempt is booked");
    report.ledger.run.calls
}

mod floor {
    //! The same work with nothing around it: a history of messages, a boxed async model that reads it, a boxed async
    //! tool found by name, arguments as JSON text, usage added up. No schema, ledger, events, limits or supervision.

    use std::collections::BTreeMap;
    use std::pin::Pin;

    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

    pub(super) enum Message {
        User(String),
        Assistant { text: String, calls: Vec<Call> },
        Tool { id: String, content: String },
    }

    impl Message {
        fn length(&self) -> u64 {
            let length = match self {
                Self::User(text) => text.len(),
                Self::Assistant { text, calls } => text.len() + calls.len(),
                Self::Tool { id, content } => id.len() + content.len(),
            };
            length as u64
        }
    }

    #[derive(Clone)]
    pub(super) struct Call {
        pub(super) id: String,
        pub(super) name: String,
        pub(super) arguments: String,
    }

    pub(super) struct Reply {
        pub(super) text: String,
        pub(super) calls: Vec<Call>,
        pub(super) tokens: (u64, u64),
    }

    type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    pub(super) trait Model: Send + Sync {
        fn reply<'a>(&'a self, history: &'a [Message]) -> Later<'a, Reply>;
    }

    pub(super) trait Tool: Send + Sync {
        fn call<'a>(&'a self, arguments: &'a str) -> Later<'a, Result<String, serde_json::Error>>;
    }

    pub(super) struct Calculator;

    impl Model for Calculator {
        fn reply<'a>(&'a self, history: &'a [Message]) -> Later<'a, Reply> {
            let asked = history.iter().any(|message| matches!(message, Message::Tool { .. }));
            let call = || Call { id: "c0".to_owned(), name: "add".to_owned(), arguments: super::ARGUMENTS.to_owned() };
            let (text, calls) = if asked { ("42".to_owned(), vec![]) } else { (String::new(), vec![call()]) };
            let tokens = (history.iter().map(Message::length).sum(), 20);
            Box::pin(async move { Reply { text, calls, tokens } })
        }
    }

    pub(super) struct Adder;

    impl Tool for Adder {
        fn call<'a>(&'a self, arguments: &'a str) -> Later<'a, Result<String, serde_json::Error>> {
            Box::pin(async move {
                let sum: super::Sum = serde_json::from_str(arguments)?;
                Ok((sum.left + sum.right).to_string())
            })
        }
    }

    pub(super) struct Agent;

    pub(super) struct State {
        model: Box<dyn Model>,
        tools: BTreeMap<String, Box<dyn Tool>>,
        tokens: (u64, u64),
    }

    pub(super) struct Turn(pub(super) String, pub(super) RpcReplyPort<String>);

    impl State {
        async fn play(&mut self, prompt: String) -> String {
            let mut history = vec![Message::User(prompt)];
            loop {
                let reply = self.model.reply(&history).await;
                self.tokens.0 += reply.tokens.0;
                self.tokens.1 += reply.tokens.1;
                if reply.calls.is_empty() {
                    return reply.text;
                }
                history.push(Message::Assistant { text: reply.text, calls: reply.calls.clone() });
                for call in reply.calls {
                    let content = match self.tools.get(&call.name) {
                        Some(tool) => tool.call(&call.arguments).await.unwrap_or_else(|error| error.to_string()),
                        None => format!("no tool {}", call.name),
                    };
                    history.push(Message::Tool { id: call.id, content });
                }
            }
        }
    }

    impl Actor for Agent {
        type Msg = Turn;
        type State = State;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Turn>, (): ()) -> Result<State, ActorProcessingErr> {
            let tools = BTreeMap::from([("add".to_owned(), Box::new(Adder) as Box<dyn Tool>)]);
            Ok(State { model: Box::new(Calculator), tools, tokens: (0, 0) })
        }

        async fn handle(
            &self,
            _: ActorRef<Turn>,
            Turn(prompt, answer): Turn,
            state: &mut State,
        ) -> Result<(), ActorProcessingErr> {
            let text = state.play(prompt).await;
            let _ = answer.send(text);
            Ok(())
        }
    }

    pub(super) fn run(turns: u32) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (agent, ended) = Agent::spawn(None, Agent, ()).await.expect("the actor starts");
            let mut length = 0;
            for _ in 0..turns {
                length += ractor::call!(agent, Turn, "What is 20 + 22?".to_owned()).expect("an answer").len();
            }
            agent.stop(None);
            ended.await.expect("the actor ends");
            length
        })
    }
}

/// A decision about the tool's call over the twenty rules, asked again and again.
struct Asked {
    rights: Rights,
    arguments: serde_json::Value,
    touch: Touch,
}

impl Asked {
    fn new() -> Self {
        let arguments = serde_json::from_str(ARGUMENTS).expect("JSON");
        let touch = Sum::deserialize(&arguments).expect("they fit").touch();
        let asked = Self { rights: twenty_rules(), arguments, touch };
        assert_eq!(asked.judge(), Verdict::Allow);
        asked
    }

    fn judge(&self) -> Verdict {
        let (arguments, touch) = (&self.arguments, &self.touch);
        let question = Question { tool: "add", effect: ToolEffect::Read, arguments, touch };
        black_box(judge([&self.rights], &question)).verdict
    }
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turn");
    group.throughput(Throughput::Elements(u64::from(TURNS)));
    group.sample_size(30);
    group.bench_function("floor", |bencher| bencher.iter(|| black_box(floor::run(TURNS))));
    for (name, around) in [
        ("ours", Around::Nothing),
        ("ours, journal written", Around::Journal),
        ("ours, 20 rules, two hooks, notes", Around::Gates),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| black_box(ours(around, TURNS))));
    }
    group.bench_function("floor again", |bencher| bencher.iter(|| black_box(floor::run(TURNS))));
    group.finish();
    let asked = Asked::new();
    criterion.bench_function("a decision over 20 rules", |bencher| bencher.iter(|| asked.judge()));
}

/// How long doing something takes for each of so many turns, in microseconds.
fn microseconds(turns: u32, work: impl FnOnce(u32)) -> f64 {
    let started = Instant::now();
    work(turns);
    started.elapsed().as_secs_f64() * 1e6 / f64::from(turns)
}

/// One row of the table: the median of what each round gave, and its quartiles.
fn print_row(what: &str, bound: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let at = |quarter: usize| ratios.get((ratios.len() - 1) * quarter / 4).copied().unwrap_or(f64::NAN);
    println!("{what:<44} {:>8.3} {:>8.3} {:>8.3} {bound:>7}", at(2), at(1), at(3));
}

fn print_ratios() {
    let asked = Asked::new();
    let play = |around| microseconds(TURNS, |turns| _ = black_box(ours(around, turns)));
    let (mut turn, mut gates, mut journal, mut decision) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (before, with_gates) = (play(Around::Nothing), play(Around::Gates));
        let (after, with_journal) = (play(Around::Nothing), play(Around::Journal));
        // What is quick is done more often, so that whoever else wants the processor interrupts all alike.
        let bare = microseconds(TURNS * 6, |turns| _ = black_box(floor::run(turns)));
        let one_decision = microseconds(TURNS * 24, |turns| (0..turns).for_each(|_| _ = asked.judge()));
        let plain = f64::midpoint(before, after);
        turn.push(plain / bare);
        journal.push(with_journal / bare);
        gates.push(with_gates / plain);
        decision.push(one_decision / plain);
    }
    println!("\nRatios, medians and quartiles of {ROUNDS} rounds of {TURNS} turns each");
    println!("{:<44} {:>8} {:>8} {:>8} {:>7}", "", "median", "lower", "upper", "bound");
    print_row("the turn / the floor", "6", turn);
    print_row("the turn, journal written / the floor", "-", journal);
    print_row("20 rules, two hooks, notes / the turn", "1.5", gates);
    print_row("a decision over 20 rules / the turn", "0.1", decision);
}

/// Plays one batch, for a program that counts instructions.
fn once(name: &str, turns: u32) {
    match name {
        "floor" => _ = black_box(floor::run(turns)),
        "turn" => _ = black_box(ours(Around::Nothing, turns)),
        "journal" => _ = black_box(ours(Around::Journal, turns)),
        "gates" => _ = black_box(ours(Around::Gates, turns)),
        "decision" => {
            let asked = Asked::new();
            (0..turns).for_each(|_| _ = asked.judge());
        }
        other => println!("nothing is called {other:?}: it is floor, turn, journal, gates or decision"),
    }
}

criterion_group!(benches, turns);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str, places: usize| {
        let found = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(found + places)
    };
    if let Some(name) = after("--once", 1) {
        return once(name, after("--once", 2).and_then(|turns| turns.parse().ok()).unwrap_or(TURNS));
    }
    if after("--ratios", 0).is_none() {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
    print_ratios();
}
