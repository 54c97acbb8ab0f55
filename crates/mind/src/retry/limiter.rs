//! The limits that all callers of one model share: calls at once, requests and tokens a minute.
//!
//! It must not know what is called. A call asks once with [`Limiter::request`] and is told when it may begin, or that it
//! waits; then [`Limiter::ended`] of another call admits it. First come, first served: nobody is overtaken, so whoever
//! is large is not starved by the small. Rates are kept exactly: in no 60 seconds more begins than is allowed, wherever
//! they start.
//!
//! ```
//! use moot_core::VirtualTime;
//! use moot_mind::retry::{Admission, Admitted, Limiter, LimiterOptions};
//!
//! let options = LimiterOptions { calls_at_once_max: Some(1), ..LimiterOptions::default() };
//! let mut limiter = Limiter::new(options);
//! let now = VirtualTime::ZERO;
//! assert_eq!(limiter.request(7, 100, now), Admission::Now);
//! assert_eq!(limiter.request(8, 100, now), Admission::Queued);
//! assert_eq!(limiter.ended(7, now), [Admitted { id: 8, at: now }]);
//! ```

use std::collections::{BTreeMap, VecDeque};

use moot_core::{VirtualDuration, VirtualTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::OptionProblem;

/// The span over which rates are counted.
const MINUTE: VirtualDuration = VirtualDuration::from_millis(60_000);

/// What all callers of one model together may do; nothing is limited unless given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimiterOptions {
    /// The most calls under way at the same time, at least 1; default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub calls_at_once_max: Option<u32>,
    /// The most attempts that begin within any minute, at least 1; default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub requests_per_minute: Option<u32>,
    /// The most tokens, as estimated beforehand, of the attempts that begin within any minute, at least 1; default: no
    /// limit. An attempt that is larger on its own begins when no other began within the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tokens_per_minute: Option<u64>,
}

/// When a call may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// At once.
    Now,
    /// At this time, which is after now; its place is booked, and it need not ask again.
    At(VirtualTime),
    /// When a call before it has ended: [`Limiter::ended`] will name it.
    Queued,
}

/// A call that waited and may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// The number it asked with.
    pub id: u64,
    /// When it may begin; never before the time it was admitted at.
    pub at: VirtualTime,
}

/// The calls of one model: those under way, those that wait, and those that began within the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limiter {
    options: LimiterOptions,
    /// The calls that hold a place, and when each may begin.
    admitted: BTreeMap<u64, VirtualTime>,
    waiting: VecDeque<Waiting>,
    /// What was booked within the minute before `last`, oldest first.
    window: VecDeque<Booking>,
    window_tokens: u64,
    /// The latest booked beginning: nobody begins before it who asked after.
    last: VirtualTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    id: u64,
    tokens: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Booking {
    at: VirtualTime,
    tokens: u64,
}

impl LimiterOptions {
    /// Every option whose value is out of its range; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let values = [
            ("calls_at_once_max", self.calls_at_once_max.map(u64::from)),
            ("requests_per_minute", self.requests_per_minute.map(u64::from)),
            ("tokens_per_minute", self.tokens_per_minute),
        ];
        let is_zero = |(path, value): (&str, Option<u64>)| (value == Some(0)).then(|| path.to_owned());
        let message = "0 is not allowed; it must be at least 1, or be left out for no limit";
        let problem = |path| OptionProblem { path, message: message.to_owned() };
        values.into_iter().filter_map(is_zero).map(problem).collect()
    }
}

impl Limiter {
    /// A limiter that no call has passed yet.
    #[must_use]
    pub const fn new(options: LimiterOptions) -> Self {
        Self {
            options,
            admitted: BTreeMap::new(),
            waiting: VecDeque::new(),
            window: VecDeque::new(),
            window_tokens: 0,
            last: VirtualTime::ZERO,
        }
    }

    /// Asks for a place for the attempt `id`, which no other attempt has; asking again changes nothing.
    /// `tokens_estimate` is what it may take, input and output together.
    pub fn request(&mut self, id: u64, tokens_estimate: u64, now: VirtualTime) -> Admission {
        if let Some(at) = self.admitted.get(&id) {
            return admission(*at, now);
        }
        let waits = self.waiting.iter().any(|waiting| waiting.id == id);
        // While anybody waits there is no place: an end gives it on at once.
        if !waits && self.has_place() {
            return admission(self.admit(Waiting { id, tokens: tokens_estimate }, now), now);
        }
        if !waits {
            self.waiting.push_back(Waiting { id, tokens: tokens_estimate });
        }
        Admission::Queued
    }

    /// The attempt has ended, or is no longer wanted before it began. Gives those that may begin for it, in order.
    ///
    /// What was booked at the rates for an attempt that never began stays booked.
    pub fn ended(&mut self, id: u64, now: VirtualTime) -> Vec<Admitted> {
        if self.admitted.remove(&id).is_none() {
            self.waiting.retain(|waiting| waiting.id != id);
        }
        let mut admitted = Vec::new();
        while self.has_place()
            && let Some(next) = self.waiting.pop_front()
        {
            admitted.push(Admitted { id: next.id, at: self.admit(next, now) });
        }
        admitted
    }

    /// How many attempts hold a place; those told to begin later are counted.
    #[must_use]
    pub fn admitted_count(&self) -> usize {
        self.admitted.len()
    }

    /// How many attempts wait for the end of another.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Whoever holds a place from now on although it begins later keeps nobody from anything: those after it may not
    /// begin before it.
    fn has_place(&self) -> bool {
        self.options.calls_at_once_max.is_none_or(|most| self.admitted.len() < most as usize)
    }

    fn admit(&mut self, call: Waiting, now: VirtualTime) -> VirtualTime {
        let at = self.book(call.tokens, now);
        self.admitted.insert(call.id, at);
        at
    }

    /// Finds the earliest time at which both rates have room, and books it.
    fn book(&mut self, tokens: u64, now: VirtualTime) -> VirtualTime {
        if self.options.requests_per_minute.is_none() && self.options.tokens_per_minute.is_none() {
            return now;
        }
        let mut at = now.max(self.last);
        // Bookings are in order of time: what is let go of for one is out of the minute of every later one.
        while let Some(oldest) = self.window.front().copied() {
            let leaves = oldest.at + MINUTE;
            if leaves > at && self.has_room(tokens) {
                break;
            }
            at = at.max(leaves);
            self.window.pop_front();
            self.window_tokens = self.window_tokens.saturating_sub(oldest.tokens);
        }
        self.window.push_back(Booking { at, tokens });
        self.window_tokens = self.window_tokens.saturating_add(tokens);
        self.last = at;
        at
    }

    fn has_room(&self, tokens: u64) -> bool {
        let requests = self.options.requests_per_minute;
        let tokens_most = self.options.tokens_per_minute;
        requests.is_none_or(|most| self.window.len() < most as usize)
            && tokens_most.is_none_or(|most| self.window_tokens.saturating_add(tokens) <= most)
    }
}

fn admission(at: VirtualTime, now: VirtualTime) -> Admission {
    if at <= now { Admission::Now } else { Admission::At(at) }
}

#[cfg(test)]
mod tests;
