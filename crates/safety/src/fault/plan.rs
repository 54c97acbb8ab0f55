//! The plan: counts visits and strikes, and says at each visit whether a fault strikes.
//!
//! It must not know any single fault: [`FaultOptions`] answer for themselves. All of its state can be written and read
//! back, so a run that goes on later goes on with the same faults.
//!
//! At most one fault strikes at a visit, the first in the order of the plan; only messages may meet several, see
//! [`Delivery`](super::Delivery). Each fault's draws are addressed by its number. [`FaultPlan::new`] numbers by place in
//! the list, so a fault that is added at the end changes nothing for those before it; [`FaultPlan::numbered`] keeps the
//! numbers of a longer list from which some were left out.
//!
//! ```
//! use moot_core::{EventSequence, VirtualTime};
//! use moot_safety::fault::{FaultOptions, FaultPlan, Site};
//!
//! let options: Vec<FaultOptions> =
//!     serde_json::from_str(r#"[{ "cancel": { "when": { "at": "2s" } } }]"#).unwrap();
//! let mut plan = FaultPlan::new(&options, 1, 0);
//! assert_eq!(plan.wakes(), [VirtualTime::from_millis(2_000)], "somebody has to look then");
//! assert_eq!(plan.strike(&Site::Progress, VirtualTime::from_millis(1_999), EventSequence(3)), None);
//! assert!(plan.strike(&Site::Progress, VirtualTime::from_millis(2_000), EventSequence(3)).is_some());
//! assert_eq!(plan.strike(&Site::Progress, VirtualTime::from_millis(2_000), EventSequence(4)), None, "once");
//! assert_eq!(plan.fired().by_form["cancel.run"], 1);
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_core::random::RandomKey;
use moot_core::{ActorPath, EventSequence, VirtualTime};
use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::kinds::{Context, Effect};
use super::when::Visit;
use super::{Delivery, FaultOptions, Fired, MessageKind, Site, SiteKind, Strike};

/// The faults of a run, and what has come of them so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultPlan {
    seed: u64,
    replicate: u32,
    rules: Vec<Rule>,
    /// The bits of the kinds of sites at which a fault may strike.
    kinds: u16,
    /// By the address of the site; only those at which a fault may strike.
    places: BTreeMap<String, PlaceRecord>,
    fired: Fired,
}

/// A fault with its count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rule {
    number: u32,
    options: FaultOptions,
    strikes: u64,
}

/// What has happened at a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PlaceRecord {
    key: RandomKey,
    visits: u64,
    /// The faults that name this site, by their place in the plan.
    rules: Vec<usize>,
    strikes: BTreeMap<usize, u64>,
    /// The faults that have begun here and go on at every visit.
    lasting: BTreeSet<usize>,
}

/// One visit of a site.
struct Visited {
    address: String,
    key: RandomKey,
    number: u64,
    rules: Vec<usize>,
    now: VirtualTime,
    next_event: EventSequence,
}

impl FaultPlan {
    /// The plan of these faults, numbered from 0, for one replicate of a study.
    ///
    /// Options that [`FaultOptions::check`] finds wrong make a plan that strikes oddly or not at all, never a panic.
    #[must_use]
    pub fn new(options: &[FaultOptions], seed: u64, replicate: u32) -> Self {
        Self::numbered((0..).zip(options.iter().cloned()), seed, replicate)
    }

    /// The same for faults that bear their own numbers, in the order in which they may strike. No number may stand twice.
    #[must_use]
    pub fn numbered(options: impl IntoIterator<Item = (u32, FaultOptions)>, seed: u64, replicate: u32) -> Self {
        let rules: Vec<Rule> =
            options.into_iter().map(|(number, options)| Rule { number, options, strikes: 0 }).collect();
        let kinds = rules.iter().flat_map(|rule| rule.options.sites()).fold(0, |kinds, kind| kinds | kind.bit());
        Self { seed, replicate, rules, kinds, places: BTreeMap::new(), fired: Fired::default() }
    }

    /// Whether any fault may strike at sites of this kind: cheap, and to be asked first.
    #[inline]
    #[must_use]
    pub const fn touches(&self, kind: SiteKind) -> bool {
        self.kinds & kind.bit() != 0
    }

    /// Whether there is no fault at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The times at which the run must look at [`Site::Progress`] even if nothing happens then, in order.
    #[must_use]
    pub fn wakes(&self) -> Vec<VirtualTime> {
        let looks = |rule: &&Rule| rule.options.sites().contains(&SiteKind::Progress);
        let times = self.rules.iter().filter(looks).map(|rule| rule.options.when().begins());
        // Every run has events at its start.
        let later: BTreeSet<VirtualTime> = times.filter(|time| *time > VirtualTime::ZERO).collect();
        later.into_iter().collect()
    }

    /// How often which fault has struck so far.
    #[must_use]
    pub const fn fired(&self) -> &Fired {
        &self.fired
    }

    /// Notes a visit of the site and says what strikes there. `next_event` is the number that the next event will have.
    ///
    /// At a message it is only the first of its faults: messages are for [`deliver`](Self::deliver).
    pub fn strike(&mut self, site: &Site<'_>, now: VirtualTime, next_event: EventSequence) -> Option<Strike> {
        let visited = self.visit(site, now, next_event)?;
        let (index, strike) =
            visited.rules.iter().find_map(|index| Some((*index, self.possible(*index, site, &visited)?)))?;
        self.note(index, &strike);
        Some(strike)
    }

    /// Notes that a message is about to be delivered and says what becomes of it.
    pub fn deliver(
        &mut self,
        from: &ActorPath,
        to: &ActorPath,
        kind: MessageKind,
        now: VirtualTime,
        next_event: EventSequence,
    ) -> Delivery {
        let site = Site::Message { from, to, kind };
        let Some(visited) = self.visit(&site, now, next_event) else { return Delivery::default() };
        let possible = visited.rules.iter().filter_map(|index| self.possible(*index, &site, &visited)).collect();
        let delivery = Delivery::of(possible);
        for strike in &delivery.strikes {
            if let Some(index) = self.rules.iter().position(|rule| rule.number == strike.rule) {
                self.note(index, strike);
            }
        }
        delivery
    }

    /// Counts a visit; `None` when no fault names the site, and then nothing is counted.
    fn visit(&mut self, site: &Site<'_>, now: VirtualTime, next_event: EventSequence) -> Option<Visited> {
        if !self.touches(site.kind()) {
            return None;
        }
        let address = site.address();
        let place = match self.places.get_mut(&address) {
            Some(place) => place,
            None => {
                let named = self.rules.iter().enumerate().filter(|(_, rule)| rule.options.is_at(site));
                let rules: Vec<usize> = named.map(|(index, _)| index).collect();
                // No path holds a blank, so no agent draws from this key.
                let key = RandomKey::new(self.seed, self.replicate, &format!("fault {address}"));
                let place = PlaceRecord { key, visits: 0, rules, strikes: BTreeMap::new(), lasting: BTreeSet::new() };
                self.places.entry(address.clone()).or_insert(place)
            }
        };
        if place.rules.is_empty() {
            return None;
        }
        place.visits += 1;
        let (key, number, rules) = (place.key, place.visits, place.rules.clone());
        Some(Visited { address, key, number, rules, now, next_event })
    }

    /// The strike of a fault at this visit, if it strikes.
    fn possible(&self, index: usize, site: &Site<'_>, visited: &Visited) -> Option<Strike> {
        let rule = self.rules.get(index)?;
        let place = self.places.get(&visited.address)?;
        let visit = Visit {
            number: visited.number,
            now: visited.now,
            next_event: visited.next_event,
            struck: rule.strikes,
            struck_here: place.strikes.get(&index).copied().unwrap_or(0),
        };
        let draws = Draws::new(visited.key, rule.number, visited.number);
        let (when, lasts) = (rule.options.when(), rule.options.lasts());
        let is_due = match place.lasting.contains(&index) {
            true => when.goes_on(visit, lasts),
            false => when.is_due(visit, lasts, draws),
        };
        if !is_due || !rule.options.applies(site, visited.now) {
            return None;
        }
        let context = Context { now: visited.now, visit: visited.number, draws };
        let Effect { form, text, action } = rule.options.effect(site, context);
        Some(Strike {
            rule: rule.number,
            fault: rule.options.name(),
            number: rule.options.number(),
            form,
            site: visited.address.clone(),
            visit: visited.number,
            text,
            action,
        })
    }

    fn note(&mut self, index: usize, strike: &Strike) {
        let Some(rule) = self.rules.get_mut(index) else { return };
        rule.strikes += 1;
        if let Some(place) = self.places.get_mut(&strike.site) {
            *place.strikes.entry(index).or_default() += 1;
            if rule.options.lasts() {
                place.lasting.insert(index);
            }
        }
        self.fired.count(strike.rule, strike.visit, strike.number, strike.fault, strike.form);
    }
}

#[cfg(test)]
mod tests;
