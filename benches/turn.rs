//! What an agent's turn with one typed tool call costs (2 model calls, 1 tool call), and the floor it stands on: a
//! bare hand-written loop in one ractor actor with a boxed model, a boxed tool and `serde_json` arguments.
//!
//! Run with `cargo bench --bench turn`. The two floors before and after ours show how noisy the machine is.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use folkmoot::core::{
    ActorPath, ModelFailure, ModelReply, Placement, Task, TaskId, Text, ToolCall, ToolEffect, Usage,
};
use folkmoot::model::{Model, ModelRequest, Price};
use folkmoot::runtime::{AgentSpec, JournalSink, ModelSpec, WorldSpec, play};
use folkmoot::tool::{Tool, ToolContext, ToolFailure, Toolbox};
use schemars::JsonSchema;
use serde::Deserialize;

/// Turns played in one measured batch, so that starting and stopping a world hardly counts.
const TURNS: u32 = 2_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sum {
    left: i64,
    right: i64,
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
    async fn run(&self, arguments: Sum, _: &ToolContext) -> Result<String, ToolFailure> {
        Ok((arguments.left + arguments.right).to_string())
    }
}

/// Calls the tool first, then answers.
struct Calculator {
    call: ToolCall,
    answer: Text,
    usage: Usage,
}

impl Calculator {
    fn new() -> Self {
        let call = ToolCall { id: "c0".into(), name: "add".into(), arguments: r#"{"left":20,"right":22}"#.into() };
        Self { call, answer: "42".into(), usage: Usage { input_tokens: 120, output_tokens: 20 } }
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
        folkmoot::model::PriceOptions { input: 0.15, output: 0.6 }.price()
    }
}

fn ours(journal: bool) -> u64 {
    let agent = ActorPath::new("agent").expect("a plain name");
    let mut toolbox = Toolbox::new();
    toolbox.add(Adder).expect("the only tool");
    let mut spec = WorldSpec::new("turn", agent.clone());
    spec.toolbox = Arc::new(toolbox);
    spec.models.push(ModelSpec::new("calculator", || Arc::new(Calculator::new())));
    spec.agents.push(AgentSpec { tools: Arc::from([Text::from("add")]), ..AgentSpec::new(agent, 0) });
    spec.tasks = Box::new((0..TURNS).map(|number| Task::new(TaskId(number), "What is 20 + 22?")));
    if journal {
        spec.journal = Some(JournalSink { file: Box::new(std::io::sink()), name: "nowhere".to_owned() });
    }
    let report = play(spec).expect("the world starts");
    assert_eq!(report.ledger.run.calls, u64::from(TURNS) * 2, "every attempt is booked");
    report.ledger.run.calls
}

mod floor {
    //! The same work with nothing around it.

    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

    pub enum Reply {
        Text(String),
        Call { name: String, arguments: String },
    }

    pub trait Model: Send {
        fn reply(&self, history: &[String]) -> Reply;
    }

    pub trait Tool: Send {
        fn call(&self, arguments: &str) -> String;
    }

    pub struct Calculator;

    impl Model for Calculator {
        fn reply(&self, history: &[String]) -> Reply {
            match history.len() {
                1 => Reply::Call { name: "add".to_owned(), arguments: r#"{"left":20,"right":22}"#.to_owned() },
                _ => Reply::Text("42".to_owned()),
            }
        }
    }

    pub struct Adder;

    impl Tool for Adder {
        fn call(&self, arguments: &str) -> String {
            match serde_json::from_str::<super::Sum>(arguments) {
                Ok(sum) => (sum.left + sum.right).to_string(),
                Err(error) => error.to_string(),
            }
        }
    }

    pub struct Agent;

    pub struct State {
        pub model: Box<dyn Model>,
        pub tool: Box<dyn Tool>,
    }

    pub struct Turn(pub String, pub RpcReplyPort<String>);

    impl Actor for Agent {
        type Msg = Turn;
        type State = State;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Turn>, (): ()) -> Result<State, ActorProcessingErr> {
            Ok(State { model: Box::new(Calculator), tool: Box::new(Adder) })
        }

        async fn handle(
            &self,
            _: ActorRef<Turn>,
            Turn(prompt, answer): Turn,
            state: &mut State,
        ) -> Result<(), ActorProcessingErr> {
            let mut history = vec![prompt];
            loop {
                match state.model.reply(&history) {
                    Reply::Call { name, arguments } => {
                        let result = state.tool.call(&arguments);
                        history.push(name);
                        history.push(result);
                    }
                    Reply::Text(text) => {
                        let _ = answer.send(text);
                        return Ok(());
                    }
                }
            }
        }
    }

    pub fn run(turns: u32) -> usize {
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

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turn");
    group.throughput(Throughput::Elements(u64::from(TURNS)));
    group.sample_size(30);
    group.bench_function("floor", |bencher| bencher.iter(|| black_box(floor::run(TURNS))));
    group.bench_function("ours", |bencher| bencher.iter(|| black_box(ours(false))));
    group.bench_function("ours, journal written", |bencher| bencher.iter(|| black_box(ours(true))));
    group.bench_function("floor again", |bencher| bencher.iter(|| black_box(floor::run(TURNS))));
    group.finish();
}

criterion_group!(benches, turns);
criterion_main!(benches);
