//! The person: answers agents' questions and approves or refuses their calls, one at a time.
//!
//! A scripted person is inside the world and answers after a stated virtual time; an interactive one is outside, and
//! virtual time stands still while they think. A request for approval that is not answered in time is refused; with
//! nobody there at all it is refused at once.

use std::collections::VecDeque;
use std::sync::Arc;

use moot_core::port::{Caller, Person, PortError, PortFuture};
use moot_core::{
    ActorPath, ActorRole, Approval, EventKind, EventSequence, GrantScope, TaskId, Text, ToolCall, Touch,
    VirtualDuration,
};
use moot_safety::fault::{AnswerFault, FaultAction, Site};
use moot_tool::person::ScriptedPerson;
use tokio::sync::oneshot;

use crate::actors::address::{Address, Order};
use crate::actors::body::{Inhabitant, guarded, post, serve};
use crate::actors::executor::ExecutorMessage;
use crate::outside::OutsideRequest;
use crate::world::{World, servant};

/// What is shown to an interactive person.
#[derive(Debug, Clone)]
pub struct PersonQuestion {
    /// Who asks.
    pub agent: ActorPath,
    /// What.
    pub question: PersonMatter,
    /// How long an answer is waited for, in real time.
    pub timeout: std::time::Duration,
}

/// What a person is asked.
#[derive(Debug, Clone)]
pub enum PersonMatter {
    /// A question of an agent; with choices, the answer is one of them.
    Question {
        /// The question.
        text: Text,
        /// The answers to choose from; empty when any text is an answer.
        choices: Vec<Text>,
    },
    /// Whether a tool call may run.
    Approval {
        /// The call, arguments as they would run.
        call: ToolCall,
        /// What it touches.
        touch: Touch,
        /// What it would change.
        difference: Option<Text>,
        /// Why it is asked about.
        reason: Text,
    },
}

/// What an interactive person says.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonAnswer {
    /// The answer to a question.
    Text(Text),
    /// The answer to a request for approval.
    Approval(Approval),
    /// None came in time, or nobody is there any more.
    None,
}

/// How an interactive person is asked; runs on a thread outside the world and may block.
pub type AskPerson = Arc<dyn Fn(PersonQuestion) -> PersonAnswer + Send + Sync>;

/// Who is behind the person's port.
pub(crate) enum Presence {
    Absent,
    Scripted(ScriptedPerson),
    Interactive(AskPerson),
}

/// A call that waits for approval.
pub(crate) struct ApprovalRequest {
    pub(crate) agent: ActorPath,
    pub(crate) task: TaskId,
    pub(crate) call: ToolCall,
    pub(crate) touch: Touch,
    pub(crate) difference: Option<Text>,
    pub(crate) reason: Text,
    pub(crate) reply_to: Address<ExecutorMessage>,
    /// The executor's number of the call.
    pub(crate) number: u64,
    pub(crate) cause: EventSequence,
}

pub(crate) enum PersonMessage {
    Ask {
        caller: Caller,
        question: Text,
        choices: Vec<Text>,
        answer: oneshot::Sender<Result<Text, PortError>>,
    },
    Approve(Box<ApprovalRequest>),
    /// The call that waited for approval is over.
    Withdrawn {
        number: u64,
    },
    /// The call that asked is over.
    QuestionWithdrawn {
        agent: ActorPath,
        task: TaskId,
        call_id: Text,
    },
    Answered {
        turn: u64,
        answer: PersonAnswer,
    },
    TimedOut {
        turn: u64,
    },
}

/// What waits for an answer.
enum Matter {
    Question { caller: Caller, question: Text, choices: Vec<Text>, answer: oneshot::Sender<Result<Text, PortError>> },
    Approval { request: Box<ApprovalRequest>, cause: EventSequence },
}

pub(crate) struct PersonState {
    world: Arc<World>,
    presence: Presence,
    timeout: VirtualDuration,
    waiting: VecDeque<(u64, Matter)>,
    /// The one that is before the person.
    current: Option<(u64, Matter)>,
    next: u64,
}

impl Inhabitant for PersonState {
    type Message = PersonMessage;

    fn started(&self) {
        self.world.record(&servant("person"), None, EventKind::ActorStarted { role: ActorRole::Person });
    }

    fn ordered(&mut self, myself: &Address<PersonMessage>, order: Order) {
        serve(&self.world, myself, order);
    }

    fn receive(&mut self, myself: &Address<PersonMessage>, message: PersonMessage) {
        match message {
            PersonMessage::Ask { caller, question, choices, answer } => {
                self.put(Matter::Question { caller, question, choices, answer });
            }
            PersonMessage::Approve(request) => self.approval_asked(request),
            PersonMessage::Withdrawn { number } => {
                self.withdraw(|matter| matches!(matter, Matter::Approval { request, .. } if request.number == number));
            }
            PersonMessage::QuestionWithdrawn { agent, task, call_id } => self.withdraw(|matter| {
                matches!(matter, Matter::Question { caller, .. }
                    if caller.agent == agent && caller.task == task && caller.call_id == call_id)
            }),
            PersonMessage::Answered { turn, answer } => {
                if let Some((_, matter)) = self.current.take_if(|(open, _)| *open == turn) {
                    self.settle(matter, answer);
                }
            }
            PersonMessage::TimedOut { turn } => {
                if let Some((_, matter)) = self.current.take_if(|(open, _)| *open == turn) {
                    self.settle(matter, PersonAnswer::None);
                }
            }
        }
        self.next_turn(myself);
    }
}

impl PersonState {
    pub(crate) fn new(world: Arc<World>, presence: Presence, timeout: VirtualDuration) -> Self {
        Self { world, presence, timeout, waiting: VecDeque::new(), current: None, next: 0 }
    }

    fn approval_asked(&mut self, request: Box<ApprovalRequest>) {
        if !self.world.is_call_open(request.number) {
            // It was called off before anybody was asked.
            return;
        }
        let (task, call, difference) = (request.task, request.call.clone(), request.difference.clone());
        let asked = EventKind::ApprovalRequested { task, call, difference };
        let cause = self.world.record(&request.agent, Some(request.cause), asked);
        self.put(Matter::Approval { request, cause });
    }

    /// Nobody waits for the answer any more: the person is free for the next matter.
    fn withdraw(&mut self, is_it: impl Fn(&Matter) -> bool) {
        self.waiting.retain(|(_, matter)| !is_it(matter));
        self.current.take_if(|(_, matter)| is_it(matter));
    }

    fn put(&mut self, matter: Matter) {
        let turn = self.next;
        self.next += 1;
        self.waiting.push_back((turn, matter));
    }

    /// Puts the next matter before the person, one after another until one has to wait.
    fn next_turn(&mut self, myself: &Address<PersonMessage>) {
        while self.current.is_none()
            && let Some((turn, matter)) = self.waiting.pop_front()
        {
            if let Matter::Approval { request, .. } = &matter
                && !self.world.is_call_open(request.number)
            {
                // The call is over, and the word of that is still on its way.
                continue;
            }
            match self.ask(myself, turn, &matter) {
                Some(answer) => self.settle(matter, answer),
                None => {
                    self.current = Some((turn, matter));
                    // The time to answer counts from when somebody looks at it.
                    let myself = myself.clone();
                    self.world.after(self.timeout, Box::new(move || post(&myself, PersonMessage::TimedOut { turn })));
                }
            }
        }
    }

    /// The answer, when it is known at once.
    fn ask(&mut self, myself: &Address<PersonMessage>, turn: u64, matter: &Matter) -> Option<PersonAnswer> {
        match self.fault_of(matter) {
            None => {}
            // The time limit ends the wait.
            Some(AnswerFault::Hang) => return None,
            Some(AnswerFault::Crash) => return Some(PersonAnswer::None),
            Some(AnswerFault::AnswerTwice) => self.answer_once_more(myself, turn, matter),
        }
        let (answer, after) = match &mut self.presence {
            Presence::Absent => return Some(PersonAnswer::None),
            Presence::Interactive(ask) => {
                let (ask, myself) = (Arc::clone(ask), myself.clone());
                let question = shown(matter, self.timeout);
                self.world.submit(OutsideRequest {
                    what: format!("the person, for the {turn}. time").into(),
                    ask: Box::new(move || guarded(|| ask(question)).unwrap_or(PersonAnswer::None)),
                    lost: None,
                    latency: Box::new(|_| VirtualDuration::ZERO),
                    deliver: Box::new(move |answer| post(&myself, PersonMessage::Answered { turn, answer })),
                });
                return None;
            }
            Presence::Scripted(person) => match matter {
                Matter::Question { question, choices, .. } => match person.answer(question, choices) {
                    Some((text, after)) => (PersonAnswer::Text(text), after),
                    None => return Some(PersonAnswer::None),
                },
                // A person who never answers is waited for until the time is over.
                Matter::Approval { request, .. } => {
                    let (approval, after) = person.approve(&request.call, &request.touch)?;
                    (PersonAnswer::Approval(approval), after)
                }
            },
        };
        if after == VirtualDuration::ZERO {
            return Some(answer);
        }
        let myself = myself.clone();
        self.world.after(after, Box::new(move || post(&myself, PersonMessage::Answered { turn, answer })));
        None
    }

    fn fault_of(&self, matter: &Matter) -> Option<AnswerFault> {
        let (agent, task) = match matter {
            Matter::Question { caller, .. } => (&caller.agent, caller.task),
            Matter::Approval { request, .. } => (&request.agent, request.task),
        };
        match self.world.strike(&Site::Person { agent }, agent, Some(task), None)? {
            (FaultAction::Answer(fault), _) => Some(fault),
            _ => None,
        }
    }

    /// A second answer, which says the opposite, comes when the matter may be over.
    fn answer_once_more(&self, myself: &Address<PersonMessage>, turn: u64, matter: &Matter) {
        let answer = match matter {
            Matter::Question { .. } => PersonAnswer::Text("the opposite".into()),
            Matter::Approval { .. } => PersonAnswer::Approval(Approval::Granted(GrantScope::Call)),
        };
        let myself = myself.clone();
        self.world.after(self.timeout, Box::new(move || post(&myself, PersonMessage::Answered { turn, answer })));
    }

    fn settle(&self, matter: Matter, said: PersonAnswer) {
        match matter {
            Matter::Question { caller, question, choices, answer } => {
                let fits = |text: &Text| choices.is_empty() || choices.contains(text);
                let told = match said {
                    PersonAnswer::Text(text) if fits(&text) => {
                        let text = self.world.masked(text);
                        let kind = EventKind::PersonAnswered { task: caller.task, question, answer: text.clone() };
                        let cause = self.world.desks().of(&caller.agent).and_then(|desk| desk.cause());
                        self.world.record(&caller.agent, cause, kind);
                        Ok(text)
                    }
                    _ => Err(self.unanswered()),
                };
                // An asker that is gone was cancelled.
                let _ = answer.send(told);
            }
            Matter::Approval { request, cause } => {
                let approval = match said {
                    PersonAnswer::Approval(Approval::Refused(reason)) => Approval::Refused(self.world.masked(reason)),
                    PersonAnswer::Approval(approval) => approval,
                    _ if matches!(self.presence, Presence::Absent) => {
                        Approval::Refused("nobody is there who could approve it".into())
                    }
                    _ => Approval::TimedOut,
                };
                let (task, call_id) = (request.task, request.call.id.clone());
                let answered = EventKind::ApprovalAnswered { task, call_id, approval: approval.clone() };
                let cause = self.world.record(&request.agent, Some(cause), answered);
                let message = ExecutorMessage::Approved { number: request.number, approval, cause };
                post(&request.reply_to, message);
            }
        }
    }

    fn unanswered(&self) -> PortError {
        match self.presence {
            Presence::Absent => PortError::Unavailable { port: "person" },
            _ => PortError::NotFound { what: "answer: the person did not answer".to_owned() },
        }
    }
}

fn shown(matter: &Matter, timeout: VirtualDuration) -> PersonQuestion {
    let timeout = std::time::Duration::from_millis(timeout.as_millis());
    match matter {
        Matter::Question { caller, question, choices, .. } => PersonQuestion {
            agent: caller.agent.clone(),
            question: PersonMatter::Question { text: question.clone(), choices: choices.clone() },
            timeout,
        },
        Matter::Approval { request, .. } => PersonQuestion {
            agent: request.agent.clone(),
            question: PersonMatter::Approval {
                call: request.call.clone(),
                touch: request.touch.clone(),
                difference: request.difference.clone(),
                reason: request.reason.clone(),
            },
            timeout,
        },
    }
}

/// The person as tools see them.
pub(crate) struct PersonPort(pub(crate) Address<PersonMessage>);

impl Person for PersonPort {
    fn ask<'a>(&'a self, caller: &'a Caller, question: &'a str, choices: &'a [Text]) -> PortFuture<'a, Text> {
        let (answer, answered) = oneshot::channel();
        let (caller, question, choices) = (caller.clone(), Text::from(question), choices.to_vec());
        if self.0.offer(PersonMessage::Ask { caller, question, choices, answer }).is_err() {
            let reason = "too many questions wait for the person; try again later".to_owned();
            return Box::pin(std::future::ready(Err(PortError::Limit { reason })));
        }
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port: "person" })) })
    }
}
