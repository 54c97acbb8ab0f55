//! Makes scenarios: a seed becomes a scenario file, and every concern of it has a file of its own here.
//!
//! What is made is text, so that a scenario that fails can be kept, read, changed and played by `moot run`. This module
//! must not know how a scenario is played or judged.
//!
//! ```
//! use moot_campaign::generate;
//!
//! let made = generate::scenario(7);
//! assert_eq!(made.text, generate::scenario(7).text);
//! folkmoot::parse(&generate::scenario(8).text).unwrap();
//! ```

mod agents;
mod councils;
mod draft;
mod faults;
mod guards;
mod models;
mod patterns;
mod supervision;
mod tools;

use folkmoot::core::VirtualTime;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::yaml;
use draft::Draft;

pub use guards::{CANARY, CANARY_TOOL, CANARY_VARIABLE};

/// A scenario that was made, and what is demanded of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The seed.
    pub seed: u64,
    /// The scenario file.
    pub text: String,
    /// By then, in virtual time, it must have ended: faults strike until a while before.
    pub must_end_by: VirtualTime,
    /// How many agents it declares.
    pub agents: u64,
    /// Whether a secret is planted in it, which nobody may ever see.
    pub has_canary: bool,
}

/// How many agents a scenario has in one seed of a hundred.
const AGENTS_MANY: u64 = 64;

/// The scenario of a seed.
#[must_use]
pub fn scenario(seed: u64) -> Generated {
    let mut dice = Dice::new(seed, "scenario");
    let agents = if seed % 100 == 99 { AGENTS_MANY } else { dice.between(2, 16) };
    let mut draft = Draft::new(seed, agents);
    let tasks = tasks(&mut dice, &draft);
    let coordination = councils::coordination(&mut draft);
    agents::start_more(&mut draft);
    let mut file = json!({
        "folkmoot": 1,
        "name": format!("campaign-{seed}"),
        "seed": seed,
        "tolerate": { "failed": dice.share(0.0, 1.0) },
        "coordination": coordination,
        "tasks": tasks,
        "check": "invariants",
    });
    if let Value::Object(map) = &mut file {
        guards::add(&mut draft, map);
        supervision::add(&draft, map);
        if dice.chance(0.25) {
            map.insert("limits".to_owned(), json!({ "mailbox": dice.between(1, 4) }));
        }
        let faults = faults::faults(&draft, map);
        map.insert("models".to_owned(), Value::Object(draft.models.clone()));
        map.insert("agents".to_owned(), Value::Object(draft.agents.clone()));
        if !draft.councils.is_empty() {
            map.insert("councils".to_owned(), Value::Object(draft.councils.clone()));
        }
        if !faults.is_empty() {
            map.insert("faults".to_owned(), Value::Array(faults));
        }
    }
    let must_end_by = VirtualTime::from_millis(draft.chaos_ms + draft.quiet_ms);
    Generated { seed, text: yaml::write(&file), must_end_by, agents, has_canary: draft.has_canary }
}

/// Some tasks with choices, which every model can answer.
fn tasks(dice: &mut Dice, draft: &Draft) -> Value {
    let count = if dice.chance(0.1) { dice.between(5, 10) } else { dice.between(1, 4) };
    let at_once = if dice.chance(0.5) { dice.between(1, count) } else { 1 };
    match dice.chance(0.8) {
        true => json!({ "generate": { "count": count, "choices": draft.choices }, "at_once": at_once }),
        false => {
            let item = |number| {
                let answer = draft.choices.get(number as usize % draft.choices.len().max(1));
                json!({ "prompt": format!("Question {number}?"), "choices": draft.choices, "answer": answer })
            };
            json!({ "list": (0..count).map(item).collect::<Vec<_>>(), "at_once": at_once })
        }
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may stop at the first surprise")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::play;

    #[test]
    fn every_scenario_is_sound_and_every_kind_of_thing_is_in_some() {
        let (mut faults, mut texts) = (BTreeSet::new(), String::new());
        for seed in 0..300 {
            let made = scenario(seed);
            let read = play::read(&made).unwrap_or_else(|problems| panic!("seed {seed}: {problems}"));
            faults.extend(read.faults.iter().map(folkmoot::safety::fault::FaultOptions::name));
            texts.push_str(&made.text);
        }
        for name in folkmoot::safety::fault::FaultOptions::NAMES {
            assert!(faults.contains(name), "no scenario has the fault {name}");
        }
        for name in folkmoot::council::PatternOptions::NAMES.iter().filter(|name| **name != "custom") {
            assert!(texts.contains(&format!("\"{name}\":")), "no scenario has the pattern {name}");
        }
        for key in ["supervision", "budgets", "gateways", "hooks", "person", "secrets", "permissions", "compaction"] {
            assert!(texts.contains(&format!("\"{key}\":")), "no scenario has {key}");
        }
    }

    #[test]
    fn the_number_of_agents_is_within_its_bounds() {
        let counts: Vec<u64> = (0..200).map(|seed| scenario(seed).agents).collect();
        assert_eq!(counts.iter().filter(|count| **count == AGENTS_MANY).count(), 2);
        assert!(counts.iter().all(|count| (2..=16).contains(count) || *count == AGENTS_MANY));
    }
}
