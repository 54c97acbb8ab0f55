//! The asks of a council that are under way: who was asked what, who must have answered by when, and what is done when
//! a member is silent, fails, refuses or comes late.
//!
//! A member's answer is told from others by the member and the round, as the runtime stamps them. When a member is asked
//! again in one round, the answer to the withdrawn ask may still come: a cancel of that kind is passed over, and the
//! first real answer counts. This module must not know what a round is for.
//!
//! ```
//! use moot_core::Outcome;
//! use moot_council::CouncilInput;
//! use moot_council::absence::AbsenceOptions;
//! use moot_council::asks::{Ask, Asks, Ended, Taken};
//!
//! let mut asks = Asks::new(AbsenceOptions::default(), Vec::new());
//! let mut effects = Vec::new();
//! asks.ask(Ask::plain(0, 0), &mut effects);
//! let CouncilInput::Answered(answer) = CouncilInput::answered(0, 0, Outcome::decided("A")) else { panic!() };
//! let Taken::Ended(ended) = asks.answered(answer, &mut effects) else { panic!() };
//! assert!(matches!(ended, Ended { slot: 0, round: 0, result: Ok(_), .. }));
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Bill, Brief, FailureKind, Limit, Outcome, Text, ToolsUsed};
use serde::{Deserialize, Serialize};

use crate::absence::{AbsenceOptions, AbsencePolicy, Late};
use crate::ballot::quoted;
use crate::summary::Material;
use crate::{Answered, CouncilEffect};

/// One thing that is asked of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Whose answer it is to be: the index of a member's seat. Somebody of the standby may answer in its place.
    pub slot: usize,
    /// The round. A slot has one open ask in a round.
    pub round: u32,
    /// What is to be done; `None` is the prompt of the council's own assignment.
    pub prompt: Option<Text>,
    /// What comes with it.
    pub brief: Option<Arc<Brief>>,
    /// What is to be summarised before it is asked, and told in place of what was said.
    pub material: Option<Box<Material>>,
}

/// What a member said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its outcome: decided, or a council's tie, lack of quorum or indecision.
    pub outcome: Outcome,
    /// Its last words, when it has any.
    pub words: Option<Text>,
    /// What it took.
    pub bill: Bill,
    /// Which tools were called for it.
    pub tools: ToolsUsed,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// Why, in words.
    pub reason: Text,
    /// Whether it counts as present all the same, having chosen nothing.
    pub abstains: bool,
    /// The limit that the member came to, if that is why.
    pub limit: Option<Limit>,
}

/// An ask that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Whose answer it was to be.
    pub slot: usize,
    /// Who gave it; another than `slot` when somebody of the standby did.
    pub member: usize,
    /// The round.
    pub round: u32,
    /// The answer, or why there is none.
    pub result: Result<Said, Absence>,
    /// Whether the slot had been taken for absent before: the answer is late, and late answers are accepted.
    pub is_late: bool,
}

/// What comes of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// An ask came to its end.
    Ended(Ended),
    /// The policy is that the council fails.
    Fail(Outcome),
    /// The answer belongs to no open ask, and why, for a note.
    Rejected(Text),
    /// Something else is being tried, or there was nothing to do.
    Nothing,
}

/// The asks that are under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asks {
    options: AbsenceOptions,
    /// The seats of who steps in, in order, and how many of them have.
    standby: Vec<usize>,
    called_in: usize,
    open: Vec<Open>,
    /// For (member, round), how many withdrawn asks may still be answered.
    stale: BTreeMap<(usize, u32), u32>,
    /// What the timers are for.
    timers: BTreeMap<u32, Timer>,
    next_timer: u32,
    /// Who was asked in which round, ever, in the order in which they were.
    asked: Vec<(usize, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    ask: Ask,
    /// Who is asked for it now: its own member or somebody in its place, and perhaps a second one.
    members: [Option<usize>; 2],
    /// How often it was asked again.
    again: u32,
    /// The deadline has passed, and a late answer is accepted.
    is_late: bool,
    /// Tells this attempt from earlier ones of the slot and round.
    attempt: u32,
}

impl Open {
    /// Who is asked for it now.
    fn asked(&self) -> impl Iterator<Item = usize> + use<> {
        self.members.into_iter().flatten()
    }

    fn is_asked(&self, member: usize) -> bool {
        self.members.contains(&Some(member))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Timer {
    slot: usize,
    round: u32,
    attempt: u32,
    is_hedge: bool,
}

/// For how many rounds of asks there is room from the beginning.
const ROUNDS_EXPECTED: usize = 3;

/// The timers of asks have numbers from here on; those of patterns stand below.
pub const TIMERS_FROM: u32 = 1 << 16;

impl Ask {
    /// The council's own task as it stands.
    #[must_use]
    pub const fn plain(slot: usize, round: u32) -> Self {
        Self { slot, round, prompt: None, brief: None, material: None }
    }

    /// Words of the council's own, and what comes with them.
    #[must_use]
    pub fn told(slot: usize, round: u32, prompt: impl Into<Text>, brief: Brief) -> Self {
        Self { prompt: Some(prompt.into()), brief: Some(Arc::new(brief)), ..Self::plain(slot, round) }
    }
}

impl Asks {
    /// No asks yet; `standby` are the seats of those who step in.
    #[must_use]
    pub const fn new(options: AbsenceOptions, standby: Vec<usize>) -> Self {
        Self {
            options,
            standby,
            called_in: 0,
            open: Vec::new(),
            stale: BTreeMap::new(),
            timers: BTreeMap::new(),
            next_timer: TIMERS_FROM,
            asked: Vec::new(),
        }
    }

    /// Makes room for asks of so many members.
    pub(crate) fn expect(&mut self, members: usize) {
        self.open.reserve(members);
        self.asked.reserve(members.saturating_mul(ROUNDS_EXPECTED));
    }

    /// Whether somebody is still waited for. Who may only come late is not.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.open.iter().any(|open| !open.is_late)
    }

    /// Asks.
    pub fn ask(&mut self, ask: Ask, effects: &mut Vec<CouncilEffect>) {
        let member = ask.slot;
        let open = Open { ask, members: [Some(member), None], again: 0, is_late: false, attempt: 0 };
        self.send(member, &open, effects);
        self.set_timers(&open, effects);
        self.open.push(open);
    }

    fn send(&mut self, member: usize, open: &Open, effects: &mut Vec<CouncilEffect>) {
        let Ask { round, prompt, brief, .. } = &open.ask;
        let (round, prompt, brief) = (*round, prompt.clone(), brief.clone());
        self.asked.push((member, round));
        effects.push(CouncilEffect::Ask { member, round, prompt, brief });
    }

    fn set_timers(&mut self, open: &Open, effects: &mut Vec<CouncilEffect>) {
        let Open { ask: Ask { slot, round, .. }, attempt, .. } = *open;
        for (after, is_hedge) in [(self.options.deadline, false), (self.options.hedge, true)] {
            if let Some(after) = after {
                let timer = self.next_timer;
                self.next_timer = self.next_timer.wrapping_add(1).max(TIMERS_FROM);
                self.timers.insert(timer, Timer { slot, round, attempt, is_hedge });
                effects.push(CouncilEffect::SetTimer { timer, after });
            }
        }
    }

    /// Takes a member's answer in.
    pub fn answered(&mut self, answer: Answered, effects: &mut Vec<CouncilEffect>) -> Taken {
        let Answered { member, round, outcome, words, bill, tools } = answer;
        let place = self.open.iter().position(|open| open.ask.round == round && open.is_asked(member));
        if matches!(outcome, Outcome::Cancelled { .. }) && self.was_withdrawn(member, round) {
            return Taken::Nothing;
        }
        #[cfg(feature = "planted-bugs")]
        if place.is_none()
            && trouble(&outcome).is_none()
            && self.asked.contains(&(member, round))
            && moot_core::planted::is_on(moot_core::planted::Planted::DoubleVote)
        {
            let result = Ok(Said { outcome, words, bill, tools });
            return Taken::Ended(Ended { slot: member, member, round, result, is_late: false });
        }
        let Some(place) = place else { return Taken::Rejected(self.rejection(member, round, &outcome)) };
        match trouble(&outcome) {
            None => {
                let open = self.open.remove(place);
                self.withdraw_others(&open, member, effects);
                if open.again > 0 {
                    // It may be the late answer to an earlier ask; then the member is still at work on the last one.
                    let reason = Text::from("another answer came first");
                    let asked_again = Open { members: [Some(member), None], ..open.clone() };
                    self.withdraw_from(&asked_again, None, &reason, effects);
                }
                let Open { ask: Ask { slot, round, .. }, is_late, .. } = open;
                let said = Said { outcome, words, bill, tools };
                Taken::Ended(Ended { slot, member, round, result: Ok(said), is_late })
            }
            Some(_) if self.open.get(place).is_some_and(|open| open.asked().count() > 1 || open.is_late) => {
                // Somebody else was asked as well, or nobody waits any more: this one is out, and that is all.
                if let Some(open) = self.open.get_mut(place) {
                    open.members = [open.asked().find(|asked| *asked != member), None];
                    if open.asked().next().is_none() {
                        self.open.remove(place);
                    }
                }
                Taken::Nothing
            }
            Some(trouble) => self.apply(place, trouble, Some(&outcome), effects),
        }
    }

    /// What comes of a timer, if it is one of these.
    pub fn timer(&mut self, timer: u32, effects: &mut Vec<CouncilEffect>) -> Taken {
        let Some(Timer { slot, round, attempt, is_hedge }) = self.timers.remove(&timer) else { return Taken::Nothing };
        let is_meant = |open: &Open| (open.ask.slot, open.ask.round, open.attempt) == (slot, round, attempt);
        let Some(place) = self.open.iter().position(|open| is_meant(open) && !open.is_late) else {
            return Taken::Nothing;
        };
        if !is_hedge {
            return self.apply(place, Trouble::Silent, None, effects);
        }
        if let Some(member) = self.call_in()
            && let Some(mut open) = self.open.get(place).cloned()
        {
            open.members = [open.asked().next(), Some(member)];
            self.send(member, &open, effects);
            if let Some(place) = self.open.get_mut(place) {
                *place = open;
            }
        }
        Taken::Nothing
    }

    /// Does what the policy says about a member that gives no answer.
    fn apply(
        &mut self,
        place: usize,
        trouble: Trouble,
        outcome: Option<&Outcome>,
        effects: &mut Vec<CouncilEffect>,
    ) -> Taken {
        let policy = match trouble {
            Trouble::Silent => self.options.silent,
            Trouble::Refuses => self.options.refusing,
            Trouble::Fails => self.options.failing,
            // Asking once more would end the same way.
            Trouble::Exhausted(_) if self.options.failing == AbsencePolicy::Fail => AbsencePolicy::Fail,
            Trouble::Exhausted(_) => AbsencePolicy::Absent,
        };
        let Some(mut open) = self.open.get(place).cloned() else { return Taken::Nothing };
        let member = open.asked().next().unwrap_or(open.ask.slot);
        let further = match policy {
            AbsencePolicy::AskAgain(again) if open.again < again.times => Some(member),
            AbsencePolicy::Replace => self.call_in(),
            _ => None,
        };
        let reason = self.reason(trouble, outcome);
        if let Some(further) = further {
            if trouble == Trouble::Silent {
                self.withdraw_from(&open, None, &reason, effects);
            }
            open.again = open.again.saturating_add(1);
            open.attempt = open.attempt.saturating_add(1);
            open.members = [Some(further), None];
            self.send(further, &open, effects);
            self.set_timers(&open, effects);
            if let Some(place) = self.open.get_mut(place) {
                *place = open;
            }
            return Taken::Nothing;
        }
        if policy == AbsencePolicy::Fail {
            return Taken::Fail(match (trouble, outcome) {
                (Trouble::Exhausted(limit), _) => Outcome::Exhausted { limit },
                _ => Outcome::failed(FailureKind::Member, format!("member {member}: {reason}")),
            });
        }
        let may_come_late = trouble == Trouble::Silent && self.options.late == Late::Accept;
        if may_come_late {
            if let Some(open) = self.open.get_mut(place) {
                open.is_late = true;
            }
        } else {
            // What fails may be the late answer to an earlier ask; then the member is still at work on the last one.
            if trouble == Trouble::Silent || open.again > 0 {
                self.withdraw_from(&open, None, &reason, effects);
            }
            self.open.remove(place);
        }
        let limit = match trouble {
            Trouble::Exhausted(limit) => Some(limit),
            _ => None,
        };
        let absence = Absence { reason, abstains: policy == AbsencePolicy::Abstain, limit };
        let Ask { slot, round, .. } = open.ask;
        Taken::Ended(Ended { slot, member, round, result: Err(absence), is_late: false })
    }

    fn reason(&self, trouble: Trouble, outcome: Option<&Outcome>) -> Text {
        match (trouble, outcome, self.options.deadline) {
            (_, Some(outcome), _) => quoted(&outcome.to_string()).into(),
            (_, None, Some(deadline)) => format!("no answer within {deadline}").into(),
            (_, None, None) => "no answer".into(),
        }
    }

    /// Withdraws the asks of a round that are open; nobody waits for their answers.
    pub fn withdraw_round(&mut self, round: u32, reason: &str, effects: &mut Vec<CouncilEffect>) {
        if self.open.iter().all(|open| open.ask.round != round) {
            return;
        }
        let (withdrawn, kept) = std::mem::take(&mut self.open).into_iter().partition(|open| open.ask.round == round);
        self.open = kept;
        for open in withdrawn {
            self.withdraw_from(&open, None, reason, effects);
        }
    }

    /// Withdraws one ask, if it is open.
    pub fn withdraw(&mut self, slot: usize, round: u32, reason: &str, effects: &mut Vec<CouncilEffect>) {
        let is_meant = |open: &Open| (open.ask.slot, open.ask.round) == (slot, round);
        if let Some(place) = self.open.iter().position(is_meant) {
            let open = self.open.remove(place);
            self.withdraw_from(&open, None, reason, effects);
        }
    }

    /// Withdraws every ask that is open.
    pub fn withdraw_all(&mut self, reason: &str, effects: &mut Vec<CouncilEffect>) {
        for open in std::mem::take(&mut self.open) {
            self.withdraw_from(&open, None, reason, effects);
        }
    }

    fn withdraw_others(&mut self, open: &Open, member: usize, effects: &mut Vec<CouncilEffect>) {
        self.withdraw_from(open, Some(member), "another answer came first", effects);
    }

    fn withdraw_from(&mut self, open: &Open, but: Option<usize>, reason: &str, effects: &mut Vec<CouncilEffect>) {
        let round = open.ask.round;
        for member in open.asked().filter(|member| Some(*member) != but) {
            let stale = self.stale.entry((member, round)).or_default();
            *stale = stale.saturating_add(1);
            effects.push(CouncilEffect::Withdraw { member, round, reason: reason.into() });
        }
    }

    /// Whether a cancel is the echo of a withdrawn ask; each has one.
    fn was_withdrawn(&mut self, member: usize, round: u32) -> bool {
        let Some(stale) = self.stale.get_mut(&(member, round)).filter(|stale| **stale > 0) else { return false };
        *stale -= 1;
        true
    }

    fn call_in(&mut self) -> Option<usize> {
        let member = self.standby.get(self.called_in).copied()?;
        self.called_in += 1;
        Some(member)
    }

    fn rejection(&self, member: usize, round: u32, outcome: &Outcome) -> Text {
        let why = match (self.asked.contains(&(member, round)), self.stale.contains_key(&(member, round))) {
            (true, true) => "it came late",
            (true, false) => "it had answered before",
            (false, _) => "nobody asked",
        };
        format!("an answer of member {member} in round {round} does not count, {why}: {}", quoted(&outcome.to_string()))
            .into()
    }
}

/// Why a member gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Silent,
    Fails,
    Refuses,
    Exhausted(Limit),
}

fn trouble(outcome: &Outcome) -> Option<Trouble> {
    match outcome {
        Outcome::Decided { .. } | Outcome::Tied { .. } | Outcome::NoQuorum { .. } | Outcome::Undecided { .. } => None,
        Outcome::Failed(failure) => Some(match failure.kind {
            FailureKind::Refused | FailureKind::Denied => Trouble::Refuses,
            _ => Trouble::Fails,
        }),
        Outcome::Cancelled { .. } => Some(Trouble::Fails),
        Outcome::Exhausted { limit } => Some(Trouble::Exhausted(*limit)),
    }
}

#[cfg(test)]
mod tests;
