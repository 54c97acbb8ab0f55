//! Leaves out of a failing seed whatever it does not need to fail.
//!
//! First whole faults are left out, then single strikes: each fault that is left is pinned to the visits at which it
//! struck, and those are left out one by one. What remains bears its old numbers, so that what is drawn for it stays as
//! it was, and from it nothing can be left out: without any one of its strikes the run breaks another rule or none. This
//! module must not know what a fault does.
//!
//! ```
//! use moot_campaign::shrink;
//!
//! // What matters here is that both 3 and 7 are there.
//! let fails = |kept: &[u32]| kept.contains(&3) && kept.contains(&7);
//! let mut tries = 0;
//! let left = shrink::left_out((0..10).collect(), |kept| { tries += 1; fails(kept) });
//! assert_eq!(left, [3, 7]);
//! assert!(tries <= 30, "{tries}");
//! ```

use std::collections::BTreeMap;

use folkmoot::core::Event;
use folkmoot::safety::fault::{FaultOptions, Fired};
use serde_json::{Value, json};

use crate::generate::Generated;
use crate::play::{self, Finding, Otherwise, Verdict};

/// The most runs that shrinking one seed may take.
const RUNS_MAX: u32 = 600;

/// A failing seed, made small.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The faults that it needs, with their numbers.
    pub faults: Vec<(u32, FaultOptions)>,
    /// How many strikes these make.
    pub strikes: u64,
    /// What is wrong with the run that has only these.
    pub verdict: Verdict,
    /// Its events.
    pub events: Vec<Event>,
    /// How many runs it took to find out.
    pub runs: u32,
    /// The scenario with these faults: the others are switched off, so that the numbers stay.
    pub text: String,
}

/// The smallest list of faults with which the scenario breaks the same rule; `None` when it breaks none as it is.
#[must_use]
pub fn shrink(made: &Generated) -> Option<Shrunk> {
    let scenario = play::read(made).ok()?;
    let all: Vec<(u32, FaultOptions)> = (0..).zip(scenario.faults.iter().cloned()).collect();
    let first = play::play(made);
    let rule = first.findings.first()?.rule.clone();
    let mut search = Search { made, rule, runs: 1 };
    let kept = left_out(all.clone(), |kept| search.fails(kept));
    let pinned = pin(&kept, &search.play(&kept)?.fired);
    // A fault that lasts is no sum of its strikes.
    let kept = if search.fails(&pinned) { search.pin_down(pinned) } else { kept };
    let otherwise = Otherwise { faults: Some(kept.clone()), ..Otherwise::default() };
    let (verdict, events) = play::play_otherwise(made, &otherwise);
    let strikes = verdict.fired.by_rule.values().sum();
    let text = with_faults(&made.text, &all, &kept);
    Some(Shrunk { faults: kept, strikes, verdict, events, runs: search.runs, text })
}

struct Search<'a> {
    made: &'a Generated,
    rule: String,
    runs: u32,
}

impl Search<'_> {
    /// The run with these faults alone, if it still breaks the rule.
    fn play(&mut self, faults: &[(u32, FaultOptions)]) -> Option<Verdict> {
        if self.runs >= RUNS_MAX {
            return None;
        }
        self.runs += 1;
        let otherwise = Otherwise { faults: Some(faults.to_vec()), ..Otherwise::default() };
        let (verdict, _) = play::play_otherwise(self.made, &otherwise);
        let is_it = verdict.findings.first().is_some_and(|finding: &Finding| finding.rule == self.rule);
        is_it.then_some(verdict)
    }

    fn fails(&mut self, faults: &[(u32, FaultOptions)]) -> bool {
        self.play(faults).is_some()
    }

    /// Leaves single strikes out of pinned faults.
    fn pin_down(&mut self, mut faults: Vec<(u32, FaultOptions)>) -> Vec<(u32, FaultOptions)> {
        for place in 0..faults.len() {
            let Some((number, options)) = faults.get(place).cloned() else { continue };
            let visits = visits_of(&options);
            let left = left_out(visits, |visits| {
                let mut tried = faults.clone();
                match tried.get_mut(place) {
                    Some(fault) if !visits.is_empty() => *fault = (number, at_visits(&options, visits)),
                    _ => return false,
                }
                self.fails(&tried)
            });
            if let Some(fault) = faults.get_mut(place) {
                *fault = (number, at_visits(&options, &left));
            }
        }
        faults
    }
}

/// Leaves out of a list whatever can be left out so that it still `fails`: big parts first, then one by one.
pub fn left_out<T: Clone>(all: Vec<T>, mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = all;
    let mut part = kept.len().div_ceil(2);
    while part > 0 {
        let (mut start, before) = (0, kept.len());
        while start < kept.len() {
            let without: Vec<T> = kept.iter().take(start).chain(kept.iter().skip(start + part)).cloned().collect();
            match fails(&without) {
                true => kept = without,
                false => start += part,
            }
        }
        part = match part {
            // What was needed by something that has since been left out may go as well.
            1 if kept.len() < before => 1,
            1 => 0,
            _ => part.div_ceil(2),
        };
    }
    kept
}

/// Each fault at the visits alone at which it struck.
fn pin(faults: &[(u32, FaultOptions)], fired: &Fired) -> Vec<(u32, FaultOptions)> {
    let struck: &BTreeMap<u32, _> = &fired.visits;
    let pinned = faults.iter().filter_map(|(number, options)| {
        let visits: Vec<u64> = struck.get(number)?.iter().copied().collect();
        Some((*number, at_visits(options, &visits)))
    });
    pinned.collect()
}

/// The same fault that strikes only at visits of these numbers.
fn at_visits(options: &FaultOptions, visits: &[u64]) -> FaultOptions {
    changed(options, |when| when["nth"] = json!(visits))
}

fn visits_of(options: &FaultOptions) -> Vec<u64> {
    let value = serde_json::to_value(options).unwrap_or_default();
    let nth = value.get(options.name()).and_then(|fault| fault.get("when")?.get("nth"));
    match nth {
        Some(Value::Array(visits)) => visits.iter().filter_map(Value::as_u64).collect(),
        Some(one) => one.as_u64().into_iter().collect(),
        None => Vec::new(),
    }
}

/// The same fault with another `when`; as it was, where that can't be.
fn changed(options: &FaultOptions, change: impl FnOnce(&mut Value)) -> FaultOptions {
    let mut value = serde_json::to_value(options).unwrap_or_default();
    let Some(fault) = value.get_mut(options.name()).filter(|fault| fault.is_object()) else { return options.clone() };
    if fault.get("when").is_none() {
        fault["when"] = json!({});
    }
    if let Some(when) = fault.get_mut("when") {
        change(when);
    }
    serde_json::from_value(value).unwrap_or_else(|_| options.clone())
}

/// The scenario file with other faults in the place of its own. Those that are left out are switched off where they
/// stand.
fn with_faults(text: &str, all: &[(u32, FaultOptions)], kept: &[(u32, FaultOptions)]) -> String {
    let mut lines = String::new();
    for (number, options) in all {
        let there = kept.iter().find(|(kept, _)| kept == number).map(|(_, options)| options.clone());
        let options = there.unwrap_or_else(|| changed(options, |when| when["most"] = json!(0)));
        lines.push_str(&format!("  - {}\n", serde_json::to_string(&options).unwrap_or_default()));
    }
    let mut made = String::new();
    let mut is_faults = false;
    for line in text.lines() {
        let is_key = !line.starts_with(' ');
        if is_key {
            is_faults = line.starts_with("\"faults\":");
            if is_faults && !lines.is_empty() {
                made.push_str(&format!("\"faults\":\n{lines}"));
            }
        }
        if !is_faults {
            made.push_str(line);
            made.push('\n');
        }
    }
    made
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn nothing_can_be_left_out_of_what_is_left() {
        let needed = [2_u32, 5, 11];
        let left = left_out((0..16).collect(), |kept| needed.iter().all(|number| kept.contains(number)));
        assert_eq!(left, needed);
        assert_eq!(left_out(vec![1], |_| true), Vec::<i32>::new());
        assert_eq!(left_out(vec![1, 2], |_| false), [1, 2]);
    }

    #[test]
    fn a_scenario_with_fewer_faults_keeps_the_numbers_of_those_that_are_left() {
        let made = (0..50).map(generate::scenario).find(|made| play::read(made).unwrap().faults.len() > 3).unwrap();
        let scenario = play::read(&made).unwrap();
        let all: Vec<(u32, FaultOptions)> = (0..).zip(scenario.faults.iter().cloned()).collect();
        let kept: Vec<(u32, FaultOptions)> =
            all.iter().skip(2).take(1).map(|(number, options)| (*number, at_visits(options, &[4, 9]))).collect();
        let text = with_faults(&made.text, &all, &kept);
        let small = play::read(&Generated { text, ..made }).unwrap();
        assert_eq!(small.faults.len(), all.len());
        assert_eq!(small.faults.get(2), kept.first().map(|(_, options)| options));
        assert_eq!(visits_of(small.faults.get(2).unwrap()), [4, 9]);
        let silenced = serde_json::to_value(small.faults.first().unwrap()).unwrap();
        let pointer = format!("/{}/when/most", small.faults.first().unwrap().name());
        assert_eq!(silenced.pointer(&pointer).and_then(serde_json::Value::as_u64), Some(0));
    }
}
