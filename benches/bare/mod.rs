//! The floor of votes and debates: seven bare actors, which are a counter, five voters and one model.
//!
//! In each round of a task every voter asks the model once; the counter counts the ballots of the last round.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

pub(crate) enum ModelMessage {
    Ask(u32, ActorRef<VoterMessage>),
}

pub(crate) enum VoterMessage {
    Vote(u32),
    Answer(bool),
}

pub(crate) enum CounterMessage {
    Count(u32, RpcReplyPort<bool>),
    Ballot(bool),
}

pub(crate) struct Model;
pub(crate) struct Voter;
pub(crate) struct Counter;

pub(crate) struct VoterState {
    model: ActorRef<ModelMessage>,
    counter: Option<ActorRef<CounterMessage>>,
}

pub(crate) struct CounterState {
    rounds: u32,
    round: u32,
    task: u32,
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
    type Arguments = (ActorRef<ModelMessage>, u32);
    async fn pre_start(
        &self,
        myself: ActorRef<CounterMessage>,
        (model, rounds): Self::Arguments,
    ) -> Result<CounterState, ActorProcessingErr> {
        let mut voters = Vec::new();
        for _ in 0..5 {
            voters.push(Voter::spawn(None, Voter, (model.clone(), myself.clone())).await?.0);
        }
        Ok(CounterState { rounds, round: 0, task: 0, voters, ballots: Vec::new(), answer: None })
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
                (state.round, state.task) = (1, task);
                for voter in &state.voters {
                    voter.send_message(VoterMessage::Vote(task))?;
                }
            }
            CounterMessage::Ballot(ballot) => {
                state.ballots.push(ballot);
                if state.ballots.len() < state.voters.len() {
                    return Ok(());
                }
                if state.round < state.rounds {
                    state.round += 1;
                    state.ballots.clear();
                    for voter in &state.voters {
                        voter.send_message(VoterMessage::Vote(state.task))?;
                    }
                } else if let Some(answer) = state.answer.take() {
                    let for_it = state.ballots.drain(..).filter(|ballot| *ballot).count();
                    let _ = answer.send(for_it > 2);
                }
            }
        }
        Ok(())
    }
    async fn post_stop(&self, _: ActorRef<CounterMessage>, state: &mut CounterState) -> Result<(), ActorProcessingErr> {
        for voter in state.voters.drain(..) {
            voter.stop(None);
        }
        Ok(())
    }
}

/// Plays so many tasks of so many rounds each; how often the majority was right.
pub(crate) fn run(tasks: u32, rounds: u32) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (model, _) = Model::spawn(None, Model, ()).await.expect("the model starts");
        let (counter, ended) =
            Counter::spawn(None, Counter, (model.clone(), rounds)).await.expect("the counter starts");
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

/// Plays what the command line names with `--once NAME TASKS`, for a program that counts instructions; whether it did.
pub(crate) fn is_played_once(play: impl FnOnce(&str, u32)) -> bool {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(place) = arguments.iter().position(|argument| argument == "--once") else { return false };
    if let (Some(name), Some(tasks)) = (arguments.get(place + 1), arguments.get(place + 2)) {
        play(name, tasks.parse().expect("a number of tasks"));
    }
    true
}
