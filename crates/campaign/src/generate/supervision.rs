//! Supervision: who watches over whom, and under which limits.
//!
//! This module must not know what the supervised do.

use serde_json::{Map, Value, json};

use super::draft::Draft;
use crate::dice::Dice;

/// Adds supervisors to the scenario; half of the scenarios keep the default.
pub(crate) fn add(draft: &Draft, file: &mut Map<String, Value>) {
    let mut dice = draft.dice("supervision");
    if dice.chance(0.5) {
        return;
    }
    let there = draft.declared.iter().filter(|agent| !agent.is_on_demand && !draft.copied.contains(&agent.name));
    let agents = there.map(|agent| agent.name.clone());
    let mut names: Vec<String> = agents.chain(draft.councils.keys().cloned()).collect();
    let mut supervisors = Map::new();
    let mut children_of_root: Vec<Value> = Vec::new();
    for number in 0..dice.between(1, 3) {
        let some = names.len().min(usize::try_from(dice.between(1, 3)).unwrap_or(1));
        let children: Vec<String> = names.drain(..some).collect();
        if children.is_empty() {
            break;
        }
        let name = format!("s{number}");
        let mut options = supervisor(&mut dice);
        let mut children: Vec<Value> = children.into_iter().map(|name| child(&mut dice, name)).collect();
        // The one before may stand under this one.
        if number > 0
            && dice.chance(0.4)
            && let Some(inner) = children_of_root.pop()
        {
            children.push(inner);
        }
        options.insert("children".to_owned(), json!(children));
        supervisors.insert(name.clone(), Value::Object(options));
        children_of_root.push(json!(name));
    }
    let mut root = if dice.chance(0.5) { supervisor(&mut dice) } else { Map::new() };
    root.insert("children".to_owned(), json!(children_of_root));
    supervisors.insert("root".to_owned(), Value::Object(root));
    file.insert("supervision".to_owned(), Value::Object(supervisors));
}

fn child(dice: &mut Dice, name: String) -> Value {
    match dice.between(0, 5) {
        0 => json!({ "name": name, "restart": "transient" }),
        1 => json!({ "name": name, "restart": "temporary" }),
        _ => json!(name),
    }
}

fn supervisor(dice: &mut Dice) -> Map<String, Value> {
    let mut options = Map::new();
    let strategy = dice.word(&["one_for_one", "one_for_one", "one_for_all", "rest_for_one"]);
    options.insert("strategy".to_owned(), json!(strategy));
    if dice.chance(0.6) {
        options.insert("intensity".to_owned(), json!(dice.between(0, 6)));
        options.insert("period".to_owned(), json!(dice.millis(1_000, 30_000)));
    }
    if dice.chance(0.4) {
        options.insert("consecutive_max".to_owned(), json!(dice.between(1, 4)));
    }
    if dice.chance(0.5) {
        let min = dice.between(1, 500);
        let backoff = json!({ "min": format!("{min}ms"), "max": dice.millis(min, 8_000), "factor": 2, "jitter": 0.3 });
        options.insert("backoff".to_owned(), backoff);
    }
    if strategy == "one_for_one" && dice.chance(0.3) {
        options.insert("counted".to_owned(), json!("each"));
        options.insert("at_limit".to_owned(), json!("isolate"));
    }
    options
}
