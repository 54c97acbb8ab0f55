//! Councils: who is given the tasks, nested up to three deep, and what patterns share.
//!
//! A pattern's own options are in `patterns`. This module must not know models or tools.

use serde_json::{Map, Value, json};

use super::draft::{Draft, Role, set};
use super::{agents, patterns};
use crate::dice::Dice;

/// How deep councils nest.
const DEPTH_MAX: u32 = 3;

/// What stands under `coordination`.
pub(crate) fn coordination(draft: &mut Draft) -> Value {
    let mut dice = draft.dice("coordination");
    draft.council_paths.push("council".to_owned());
    patterns::pattern(draft, &mut dice, 1)
}

/// Somebody for a role: an agent, or a council where it makes sense.
pub(crate) fn member(draft: &mut Draft, dice: &mut Dice, depth: u32, role: &Role) -> String {
    let may_be_council = matches!(role, Role::Answers | Role::Works | Role::Judges);
    if may_be_council && depth < DEPTH_MAX && draft.agents_left > 2 && dice.chance(0.25) {
        return nested(draft, depth);
    }
    agents::declare(draft, role, 1)
}

/// At least so many members for a role, as names and as how many seats each has.
pub(crate) fn members(
    draft: &mut Draft,
    dice: &mut Dice,
    depth: u32,
    role: &Role,
    least: u64,
    most: u64,
) -> Vec<String> {
    let most = most.min(draft.agents_left).max(least);
    let mut wanted = dice.between(least, most);
    if draft.agents_left > 16 {
        wanted = wanted.max(draft.agents_left / 3);
    }
    let mut names = Vec::new();
    while wanted > 0 {
        if depth < DEPTH_MAX && *role == Role::Answers && draft.agents_left > 3 && dice.chance(0.2) {
            names.push(nested(draft, depth));
            wanted -= 1;
        } else if dice.chance(0.1)
            && let Some(name) = shared(draft, dice, role, &names)
        {
            names.push(name);
            wanted -= 1;
        } else {
            let count = if dice.chance(0.6) { dice.between(1, wanted) } else { 1 };
            names.push(agents::declare(draft, role, count));
            wanted -= count;
        }
    }
    names
}

/// One agent that sits elsewhere too.
fn shared(draft: &Draft, dice: &mut Dice, role: &Role, names: &[String]) -> Option<String> {
    let may = |agent: &&super::draft::Declared| {
        agent.role == *role && agent.count == 1 && !agent.is_on_demand && !names.contains(&agent.name)
    };
    let may: Vec<String> = draft.declared.iter().filter(may).map(|agent| agent.name.clone()).collect();
    // A group of one written with `count` is named by its group all the same.
    dice.pick(&may).cloned()
}

fn nested(draft: &mut Draft, depth: u32) -> String {
    let name = draft.name("c");
    let mut dice = draft.dice(&format!("council {name}"));
    draft.council_paths.push(name.clone());
    let pattern = patterns::pattern(draft, &mut dice, depth + 1);
    draft.councils.insert(name.clone(), pattern);
    name
}

/// What becomes of members that do not answer as asked. There is always a deadline, so that nothing lost is waited for
/// for long.
pub(crate) fn absence(draft: &mut Draft, dice: &mut Dice) -> Value {
    let mut options = Map::new();
    options.insert("deadline".to_owned(), json!(dice.millis(5_000, 90_000)));
    let standby = (draft.agents_left > 1 && dice.chance(0.2)).then(|| agents::declare(draft, &Role::Answers, 1));
    for key in ["silent", "failing", "refusing"] {
        let policy = match dice.between(0, 9) {
            0 => json!("abstain"),
            1 => json!("fail"),
            2..=4 => json!({ "ask_again": { "times": dice.between(1, 2) } }),
            5 | 6 if standby.is_some() => json!("replace"),
            _ => json!("absent"),
        };
        options.insert(key.to_owned(), policy);
    }
    if dice.chance(0.5) {
        options.insert("late".to_owned(), json!("accept"));
    }
    if let Some(standby) = standby {
        options.insert("standby".to_owned(), json!([standby]));
        // Somebody who is never called in would be an error.
        options.insert("hedge".to_owned(), json!(dice.millis(1_000, 4_000)));
    }
    Value::Object(options)
}

/// How many must have answered.
pub(crate) fn join(dice: &mut Dice) -> Value {
    match dice.between(0, 5) {
        0 => json!("any"),
        1 => json!({ "at_least": 1 }),
        2 => json!({ "deadline": dice.millis(2_000, 40_000) }),
        _ => json!("all"),
    }
}

/// How answers are counted.
pub(crate) fn decide(dice: &mut Dice) -> Value {
    let mut options = json!({
        "rule": dice.word(&["plurality", "majority"]),
        "ties": dice.word(&["coin", "first", "none"]),
    });
    if dice.chance(0.3) {
        set(&mut options, "quorum", json!({ "share": dice.share(0.3, 0.9) }));
    }
    options
}
