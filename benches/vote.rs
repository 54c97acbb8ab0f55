//! What a task costs that five stochastic agents vote on, without declared latency, and its floor: five bare ractor
//! actors that each ask one bare model actor, counted by a sixth.
//!
//! Run with `cargo bench --bench vote`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and reports on the terminal"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use folkmoot::{Run, Scenario};

/// Tasks played in one measured batch.
const TASKS: u32 = 1_000;

const JURY: &str = "
folkmoot: 1
name: jury
models: { juror: { stochastic: { accuracy: 0.6, tokens: { input: 120, output: 40 }, price: { input: 0.15, output: 0.6 } } } }
agents: { juror: { model: juror, count: 5 } }
coordination: { vote: { members: [juror], rule: majority, ties: coin } }
tasks: { generate: { count: 1000, choices: [A, B] } }
";

fn ours(scenario: &Scenario) -> u64 {
    let played = Run::new(scenario).play().expect("the jury plays");
    assert_eq!(played.ledger.run.calls, u64::from(TASKS) * 5, "every attempt is booked");
    played.ledger.run.calls
}

mod floor {
    //! Seven bare actors: a counter, five voters, one model.

    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

    pub(super) enum ModelMessage {
        Ask(u32, ActorRef<VoterMessage>),
    }

    pub(super) enum VoterMessage {
        Vote(u32),
        Answer(bool),
    }

    pub(super) enum CounterMessage {
        Count(u32, RpcReplyPort<bool>),
        Ballot(bool),
    }

    pub(super) struct Model;
    pub(super) struct Voter;
    pub(super) struct Counter;

    pub(super) struct VoterState {
        model: ActorRef<ModelMessage>,
        counter: Option<ActorRef<CounterMessage>>,
    }

    pub(super) struct CounterState {
        voters: Vec<ActorRef<VoterMessage>>,
        ballots: Vec<bool>,
        answer: Option<RpcReplyPort<bool>>,
    }

    impl Actor for Model {
        type Msg = ModelMessage;
        type State = u64;
        type Arguments = ();
        async fn pre_start(&self, _: ActorRef<ModelMessage>, (): ()) -> Result<u64, ActorProcessingErr> {
            Ok(1)
        }
        async fn handle(
            &self,
            _: ActorRef<ModelMessage>,
            ModelMessage::Ask(task, voter): ModelMessage,
            state: &mut u64,
        ) -> Result<(), ActorProcessingErr> {
            // A linear congruential step stands for the model's randomness.
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(task) | 1);
            voter.send_message(VoterMessage::Answer((*state >> 33) % 10 < 6))?;
            Ok(())
        }
    }

    impl Actor for Voter {
        type Msg = VoterMessage;
        type State = VoterState;
        type Arguments = (ActorRef<ModelMessage>, ActorRef<CounterMessage>);
        async fn pre_start(
            &self,
            _: ActorRef<VoterMessage>,
            (model, counter): Self::Arguments,
        ) -> Result<VoterState, ActorProcessingErr> {
            Ok(VoterState { model, counter: Some(counter) })
        }
        async fn handle(
            &self,
            myself: ActorRef<VoterMessage>,
            message: VoterMessage,
            state: &mut VoterState,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                VoterMessage::Vote(task) => state.model.send_message(ModelMessage::Ask(task, myself))?,
                VoterMessage::Answer(answer) => {
                    if let Some(counter) = &state.counter {
                        counter.send_message(CounterMessage::Ballot(answer))?;
                    }
                }
            }
            Ok(())
        }
    }

    impl Actor for Counter {
        type Msg = CounterMessage;
        type State = CounterState;
        type Arguments = ActorRef<ModelMessage>;
        async fn pre_start(
            &self,
            myself: ActorRef<CounterMessage>,
            model: ActorRef<ModelMessage>,
        ) -> Result<CounterState, ActorProcessingErr> {
            let mut voters = Vec::new();
            for _ in 0..5 {
                voters.push(Voter::spawn(None, Voter, (model.clone(), myself.clone())).await?.0);
            }
            Ok(CounterState { voters, ballots: Vec::new(), answer: None })
        }
        async fn handle(
            &self,
            _: ActorRef<CounterMessage>,
            message: CounterMessage,
            state: &mut CounterState,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                CounterMessage::Count(task, answer) => {
                    state.answer = Some(answer);
                    for voter in &state.voters {
                        voter.send_message(VoterMessage::Vote(task))?;
                    }
                }
                CounterMessage::Ballot(ballot) => {
                    state.ballots.push(ballot);
                    if state.ballots.len() == state.voters.len()
                        && let Some(answer) = state.answer.take()
                    {
                        let for_it = state.ballots.drain(..).filter(|ballot| *ballot).count();
                        let _ = answer.send(for_it > 2);
                    }
                }
            }
            Ok(())
        }
        async fn post_stop(
            &self,
            _: ActorRef<CounterMessage>,
            state: &mut CounterState,
        ) -> Result<(), ActorProcessingErr> {
            for voter in state.voters.drain(..) {
                voter.stop(None);
            }
            Ok(())
        }
    }

    pub(super) fn run(tasks: u32) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (model, _) = Model::spawn(None, Model, ()).await.expect("the model starts");
            let (counter, ended) = Counter::spawn(None, Counter, model.clone()).await.expect("the counter starts");
            let mut right = 0;
            for task in 0..tasks {
                right += usize::from(ractor::call!(counter, CounterMessage::Count, task).expect("an answer"));
            }
            counter.stop(None);
            model.stop(None);
            ended.await.expect("the counter ends");
            right
        })
    }
}

fn votes(criterion: &mut Criterion) {
    let scenario = folkmoot::parse(JURY).expect("the scenario is sound");
    let mut group = criterion.benchmark_group("vote of five");
    group.throughput(Throughput::Elements(u64::from(TASKS)));
    group.sample_size(30);
    group.bench_function("floor", |bencher| bencher.iter(|| black_box(floor::run(TASKS))));
    group.bench_function("ours", |bencher| bencher.iter(|| black_box(ours(&scenario))));
    group.bench_function("floor again", |bencher| bencher.iter(|| black_box(floor::run(TASKS))));
    group.finish();
}

criterion_group!(benches, votes);
criterion_main!(benches);
