//! The frame around a pattern: what every machine does alike.
//!
//! A pattern says what is asked and what follows from the answers ([`Protocol`]). The frame ([`Framed`]) is the machine
//! around it: it takes one assignment, keeps the asks that are under way with their policies, notes answers that do not
//! count, withdraws what is open when the council ends or is cancelled, and ends it by name after `time_max`.
//!
//! It must not know any pattern.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Assignment, Outcome, Task, TaskId};
//! use moot_council::asks::{Ask, Ended};
//! use moot_council::table::{Framed, Protocol, Table};
//! use moot_council::{CouncilEffect, CouncilInput, CouncilMachine, Seat};
//!
//! /// Asks the first member and answers with what it says.
//! struct Mouthpiece;
//! impl Protocol for Mouthpiece {
//!     fn begin(&mut self, table: &mut Table<'_>) {
//!         table.ask(Ask::plain(0, 0));
//!     }
//!     fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
//!         match ended.result {
//!             Ok(said) => table.finish(said.outcome),
//!             Err(absence) => table.finish(Outcome::Undecided { reason: absence.reason }),
//!         }
//!     }
//! }
//!
//! let path = |name: &str| ActorPath::new(name).unwrap();
//! let seat = Seat::of(path("council"), [path("ann")], 1);
//! let mut machine = Framed::new(seat, Default::default(), Vec::new(), Mouthpiece);
//! let task = Arc::new(Task::new(TaskId(0), "Tea or coffee?"));
//! let mut effects = Vec::new();
//! machine.step(CouncilInput::Assigned(Assignment::of(task, ActorPath::world())), &mut effects);
//! machine.step(CouncilInput::answered(0, 0, Outcome::decided("tea")), &mut effects);
//! assert_eq!(effects.last(), Some(&CouncilEffect::Finish(Outcome::decided("tea"))));
//! ```

use std::sync::Arc;

use moot_core::random::{Purpose, RandomAddress};
use moot_core::{
    Assignment, Ballot, Bill, EventKind, FailureKind, Limit, Outcome, TaskId, Text, ToolsUsed, VirtualDuration,
};

use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Asks, Ended, TIMERS_FROM, Taken};
use crate::claim::{self, claim_of};
use crate::exposure::{Exposure, Names};
use crate::order::Order;
use crate::stop::Progress;
use crate::summary::{NO_SUMMARY, Otherwise, Summaries, Summary, Way};
use crate::{Answered, CouncilEffect, CouncilInput, CouncilMachine, Seat};

/// How long a council may take in virtual time, from its assignment to its outcome; then it is exhausted.
pub const TIME_MAX: VirtualDuration = VirtualDuration::from_millis(24 * 60 * 60 * 1_000);

/// How many rounds of its own a council may have within one round of its assigner. A council that is asked again within
/// a task counts its rounds on from a multiple of this, so that no round bears a number twice.
pub const ROUNDS_MAX: u32 = 10_000;

/// What a note on an answer that does not count is called.
pub const ANSWER_REJECTED: &str = "answer_rejected";

/// What the numbers of anonymous participants are drawn for.
const ANONYMOUS: Purpose = Purpose::named("anonymous");

/// The timer that ends a council after [`TIME_MAX`].
const END: u32 = u32::MAX;

/// What a pattern does in its frame. It never waits: it asks, and is told how each ask ended.
pub trait Protocol: Send {
    /// The assignment has come; the table has it.
    fn begin(&mut self, table: &mut Table<'_>);

    /// An ask came to its end, with an answer or without.
    fn ended(&mut self, ended: Ended, table: &mut Table<'_>);

    /// The time of a timer has come that the pattern had set.
    fn timer(&mut self, _timer: u32, _table: &mut Table<'_>) {}
}

/// A pattern's machine: the protocol in its frame.
pub struct Framed<P> {
    seat: Seat,
    asks: Asks,
    summaries: Summaries,
    protocol: P,
    assignment: Option<Assignment>,
    bill: Bill,
    /// Which tools members called, by seat; nothing of those that called none.
    tools: Vec<(usize, ToolsUsed)>,
    next_timer: u32,
    is_finished: bool,
}

/// What a pattern sees and does while it takes an input in.
pub struct Table<'a> {
    seat: &'a Seat,
    assignment: &'a Assignment,
    asks: &'a mut Asks,
    summaries: &'a mut Summaries,
    bill: &'a Bill,
    tools: &'a [(usize, ToolsUsed)],
    next_timer: &'a mut u32,
    is_finished: &'a mut bool,
    effects: &'a mut Vec<CouncilEffect>,
}

impl<P: Protocol> Framed<P> {
    /// The machine of a council at this seat; `standby` are the seats of those who step in.
    #[must_use]
    pub fn new(seat: Seat, absence: AbsenceOptions, standby: Vec<usize>, protocol: P) -> Self {
        let (bill, summaries) = (Bill::default(), Summaries::default());
        let asks = Asks::new(absence, standby);
        let (tools, assignment) = (Vec::new(), None);
        Self { seat, asks, summaries, protocol, assignment, bill, tools, next_timer: 0, is_finished: false }
    }

    /// The same machine, in which the member at this seat summarises what others are shown, where that is asked for.
    #[must_use]
    pub fn summarised(self, exposure: &Exposure, seat: Option<usize>) -> Self {
        Self { summaries: Summaries::by(exposure.summarised().cloned(), seat), ..self }
    }

    /// Lets the protocol act at the table.
    fn act(&mut self, effects: &mut Vec<CouncilEffect>, act: impl FnOnce(&mut P, &mut Table<'_>)) {
        let Self { seat, asks, summaries, protocol, assignment, bill, tools, next_timer, is_finished } = self;
        let Some(assignment) = assignment.as_ref().filter(|_| !*is_finished) else { return };
        act(protocol, &mut Table { seat, assignment, asks, summaries, bill, tools, next_timer, is_finished, effects });
    }

    fn take(&mut self, taken: Taken, effects: &mut Vec<CouncilEffect>) {
        match taken {
            Taken::Ended(ended) => self.act(effects, |protocol, table| match table.summaries.is_by(ended.slot) {
                true => table.summary_ended(ended),
                false => protocol.ended(ended, table),
            }),
            Taken::Fail(outcome) => self.act(effects, |_, table| table.finish(outcome)),
            Taken::Rejected(text) => self.act(effects, |_, table| table.note(ANSWER_REJECTED, text)),
            Taken::Nothing => {}
        }
    }

    fn assigned(&mut self, assignment: Assignment, effects: &mut Vec<CouncilEffect>) {
        if self.assignment.is_some() || self.is_finished {
            return;
        }
        self.assignment = Some(assignment);
        self.asks.expect(self.seat.members.len());
        if self.seat.members.is_empty() {
            let message = format!("{} has no members; it needs at least one", self.seat.path);
            let outcome = Outcome::failed(FailureKind::Setup, message);
            return self.act(effects, |_, table| table.finish(outcome));
        }
        self.act(effects, |protocol, table| {
            protocol.begin(table);
            if !*table.is_finished {
                table.effects.push(CouncilEffect::SetTimer { timer: END, after: TIME_MAX });
            }
        });
    }

    fn timer(&mut self, timer: u32, effects: &mut Vec<CouncilEffect>) {
        if timer == END {
            return self.act(effects, |_, table| table.finish(Outcome::Exhausted { limit: Limit::Time }));
        }
        if timer >= TIMERS_FROM {
            let taken = if self.is_finished { Taken::Nothing } else { self.asks.timer(timer, effects) };
            return self.take(taken, effects);
        }
        self.act(effects, |protocol, table| protocol.timer(timer, table));
    }
}

impl<P: Protocol> CouncilMachine for Framed<P> {
    fn step(&mut self, input: CouncilInput, effects: &mut Vec<CouncilEffect>) {
        if self.is_finished {
            return;
        }
        match input {
            CouncilInput::Assigned(assignment) => self.assigned(assignment, effects),
            CouncilInput::Answered(answered) => self.answered(answered, effects),
            CouncilInput::TimerFired { timer } => self.timer(timer, effects),
            CouncilInput::Cancelled { reason } => {
                self.asks.withdraw_all(&reason, effects);
                self.is_finished = true;
                effects.push(CouncilEffect::Finish(Outcome::Cancelled { reason }));
            }
        }
    }
}

impl<P: Protocol> Framed<P> {
    fn answered(&mut self, mut answered: Answered, effects: &mut Vec<CouncilEffect>) {
        self.bill.add(&answered.bill);
        self.note_tools(&answered);
        if let Some(reason) = self.false_claim(&answered) {
            self.act(effects, |_, table| table.note(ANSWER_REJECTED, reason.as_str()));
            answered.outcome = Outcome::failed(FailureKind::Member, reason);
        }
        let taken = self.asks.answered(answered, effects);
        self.take(taken, effects);
    }
}

impl<P> Framed<P> {
    fn note_tools(&mut self, answered: &Answered) {
        if answered.tools.is_empty() {
            return;
        }
        match self.tools.iter_mut().find(|(member, _)| *member == answered.member) {
            Some((_, used)) => used.add(&answered.tools),
            None => self.tools.push((answered.member, answered.tools.clone())),
        }
    }

    /// What is wrong with what an answer says of its sender or its round, which the runtime knows.
    fn false_claim(&self, answered: &Answered) -> Option<String> {
        let Outcome::Decided { .. } = &answered.outcome else { return None };
        let voter = self.seat.members.get(answered.member)?;
        let claim = claim_of(answered.words.as_deref()?);
        let reason = claim::check(&claim, voter, answered.round)?;
        Some(format!("the answer of {voter} in round {} is void: {reason}", answered.round))
    }
}

impl Table<'_> {
    /// Who sits where.
    #[must_use]
    pub const fn seat(&self) -> &Seat {
        self.seat
    }

    /// What the council is to do.
    #[must_use]
    pub const fn assignment(&self) -> &Assignment {
        self.assignment
    }

    /// The task that it serves.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.assignment.task.id
    }

    /// The answers that the council may choose from; empty when any words are an answer.
    #[must_use]
    pub fn listed_choices(&self) -> &[Text] {
        self.assignment.listed_choices()
    }

    /// The same, to be kept.
    #[must_use]
    pub fn choices(&self) -> Arc<[Text]> {
        self.assignment.choices()
    }

    /// The seats of those who sit there for one of the names in the options, in order.
    #[must_use]
    pub fn seats_of(&self, name: usize) -> Vec<usize> {
        self.seat.seats_of(name..name.saturating_add(1))
    }

    /// The name of a member, as others are told it: the last part of its path.
    #[must_use]
    pub fn name_of(&self, slot: usize) -> Text {
        self.seat.name_of(slot)
    }

    /// The number of the council's round, counted within this assignment, as members and the journal know it.
    #[must_use]
    pub fn round(&self, number: u32) -> u32 {
        self.assignment.round.saturating_mul(ROUNDS_MAX).saturating_add(number)
    }

    /// For each seat, the number of who sits there among anonymous participants, from 0: drawn anew for each task, so that
    /// the place in the list gives nobody away. Nothing is drawn where participants are named.
    #[must_use]
    pub fn numbers(&self, names: Names) -> Vec<usize> {
        match names {
            Names::Named => Vec::new(),
            Names::Anonymous => Order::Random.of(self.seat.members.len(), self.address(ANONYMOUS)),
        }
    }

    /// What the answers took so far, those of members that were not waited for left out.
    #[must_use]
    pub const fn bill(&self) -> &Bill {
        self.bill
    }

    /// Tells conditions what the answers took so far: model calls, tokens, money, and which tools were called.
    pub fn account(&self, progress: &mut Progress) {
        progress.set_bill(*self.bill);
        if !self.tools.is_empty() {
            progress.set_tools(self.tools.iter().map(|(slot, used)| (self.name_of(*slot), used.clone())).collect());
        }
    }

    /// Where a draw of the council for this purpose stands on this task.
    #[must_use]
    pub fn address(&self, purpose: Purpose) -> RandomAddress {
        RandomAddress::new(self.seat.random, purpose).task(self.task().0)
    }

    /// Asks a member; if something is to be summarised for it, once that is done.
    pub fn ask(&mut self, mut ask: Ask) {
        let Some(material) = ask.material.take() else { return self.asks.ask(ask, self.effects) };
        match self.summaries.take(ask, material, ROUNDS_MAX) {
            Way::Ask(ask) => self.asks.ask(ask, self.effects),
            Way::Wait => {}
            Way::Summarise(slot, number, material) => {
                let (prompt, brief) = self.summaries.request(&self.assignment.task.prompt, &material);
                let round = self.round(number);
                self.asks.ask(Ask::told(slot, round, prompt, brief), self.effects);
            }
        }
    }

    /// What whoever summarises has said, or why it has not; the asks that waited for it are made.
    fn summary_ended(&mut self, ended: Ended) {
        let Some(number) = ended.round.checked_sub(self.round(0)) else { return };
        let by = self.name_of(ended.member);
        let (summary, trouble) = match ended.result {
            Ok(said) => match Summary::of(&said, by.clone(), &self.assignment.task.choices) {
                Ok(summary) => (Some(summary), None),
                Err(reason) => (None, Some((reason, None))),
            },
            Err(absence) => (None, Some((absence.reason, absence.limit))),
        };
        let asks = self.summaries.ended(number, summary, self.seat.members.len());
        // Where nobody waits for it, it does not matter what came.
        if let Some((reason, limit)) = trouble.filter(|_| !asks.is_empty()) {
            let text = match self.summaries.otherwise() {
                Otherwise::Words => format!("{by}: {reason}; members are shown what was said"),
                Otherwise::Answers => format!("{by}: {reason}; members are shown the answers"),
                Otherwise::Fail => {
                    let message = format!("{by}, who summarises: {reason}");
                    let failed = Outcome::failed(FailureKind::Member, message);
                    return self.finish(limit.map_or(failed, |limit| Outcome::Exhausted { limit }));
                }
            };
            self.note(NO_SUMMARY, text);
        }
        for ask in asks {
            self.asks.ask(ask, self.effects);
        }
    }

    /// Stops waiting for those who have not answered in a round.
    pub fn withdraw_round(&mut self, round: u32, reason: &str) {
        self.asks.withdraw_round(round, reason, self.effects);
        self.withdraw_summaries(|ask| ask.round == round, reason);
    }

    /// Stops waiting for one answer.
    pub fn withdraw(&mut self, slot: usize, round: u32, reason: &str) {
        self.asks.withdraw(slot, round, reason, self.effects);
        self.withdraw_summaries(|ask| (ask.slot, ask.round) == (slot, round), reason);
    }

    fn withdraw_summaries(&mut self, is_withdrawn: impl Fn(&Ask) -> bool, reason: &str) {
        let Some(slot) = self.summaries.seat() else { return };
        for number in self.summaries.withdraw(is_withdrawn) {
            self.asks.withdraw(slot, self.round(number), reason, self.effects);
        }
    }

    /// Whether somebody is waited for.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.asks.is_waiting()
    }

    /// Has [`Protocol::timer`] called with the number that this gives, after so much virtual time.
    pub fn set_timer(&mut self, after: VirtualDuration) -> u32 {
        let timer = *self.next_timer;
        *self.next_timer = timer.wrapping_add(1) % TIMERS_FROM;
        self.effects.push(CouncilEffect::SetTimer { timer, after });
        timer
    }

    /// Writes into the journal what a member's answer counted as in a round.
    pub fn record_ballot(&mut self, round: u32, slot: usize, ballot: Ballot, weight: f64) {
        let Some(voter) = self.seat.members.get(slot).cloned() else { return };
        let task = self.task();
        self.effects.push(CouncilEffect::Record(EventKind::BallotCast { task, round, voter, ballot, weight }));
    }

    /// Writes the counts of a round into the journal.
    pub fn record_tally(&mut self, round: u32, counts: Vec<(Text, f64)>) {
        let task = self.task();
        self.effects.push(CouncilEffect::Record(EventKind::Tallied { task, round, counts }));
    }

    /// Writes an event of the council into the journal.
    pub(crate) fn record(&mut self, kind: EventKind) {
        self.effects.push(CouncilEffect::Record(kind));
    }

    /// Writes a note of the council into the journal.
    pub fn note(&mut self, name: &str, text: impl Into<Text>) {
        let (task, name, text) = (self.task(), name.into(), text.into());
        self.effects.push(CouncilEffect::Record(EventKind::Noted { task, name, text }));
    }

    /// Ends the council: whoever is still at work is told to stop. What comes later is ignored.
    pub fn finish(&mut self, outcome: Outcome) {
        if std::mem::replace(self.is_finished, true) {
            return;
        }
        self.asks.withdraw_all("the council has ended", self.effects);
        self.effects.push(CouncilEffect::Finish(outcome));
    }

    /// Whether the council has ended.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        *self.is_finished
    }
}
