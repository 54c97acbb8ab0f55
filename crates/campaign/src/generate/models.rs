//! Models: what the agents of a scenario say, call and take, scripted or drawn.
//!
//! This module must not know councils: what an agent has to be able to say is its [`Role`].

use serde_json::{Map, Value, json};

use super::draft::{Draft, Role};
use super::tools;
use crate::dice::Dice;

/// The model of an agent: a stochastic one where it need not say anything of its own, else a scripted one.
pub(crate) fn model(draft: &Draft, name: &str, role: &Role, tools: &[&'static str], spawns: &[String]) -> Value {
    let mut dice = draft.dice(&format!("model {name}"));
    let can_be_drawn = matches!(role, Role::Answers | Role::Says(_) | Role::Works | Role::Judges);
    if tools.is_empty() && can_be_drawn && dice.chance(0.5) {
        return stochastic(&mut dice, draft);
    }
    scripted(&mut dice, draft, role, tools, spawns)
}

fn taken(dice: &mut Dice, options: &mut Map<String, Value>) {
    // Some usage is unknown.
    if dice.chance(0.9) {
        let (input, output) = (dice.between(10, 400), dice.between(1, 120));
        options.insert("tokens".to_owned(), json!({ "input": input, "output": output }));
    }
    if dice.chance(0.9) {
        options.insert("price".to_owned(), json!({ "input": dice.share(0.1, 5.0), "output": dice.share(0.1, 15.0) }));
    }
}

fn stochastic(dice: &mut Dice, draft: &Draft) -> Value {
    let mut options = Map::new();
    options.insert("accuracy".to_owned(), json!(dice.share(0.3, 0.95)));
    taken(dice, &mut options);
    let latency = match dice.between(0, 3) {
        0 => Value::Null,
        1 => json!(dice.millis(1, 3_000)),
        2 => json!({ "exponential": { "mean": dice.millis(50, 4_000) } }),
        _ => json!({ "uniform": { "from": "10ms", "to": dice.millis(20, 8_000) } }),
    };
    if !latency.is_null() {
        options.insert("latency".to_owned(), latency);
    }
    if dice.chance(0.3) {
        options.insert("abstain".to_owned(), json!(dice.share(0.0, 0.3)));
    }
    if dice.chance(0.2) {
        let share = draft.violence * dice.share(0.0, 0.1);
        let kind = dice.word(&["timeout", "overloaded", "server_error", "refused", "connection"]);
        options.insert("failures".to_owned(), json!({ kind: share }));
    }
    if dice.chance(0.2) {
        options.insert("confidence".to_owned(), json!({ "right": 0.8, "wrong": 0.5, "spread": 0.1 }));
    }
    let hears = match dice.between(0, 5) {
        0 => Some(("beliefs", json!({ "strength": dice.share(1.0, 8.0) }))),
        1 => Some(("judge", json!({ "right": dice.share(0.5, 1.0) }))),
        2 => Some(("compounds", json!(true))),
        _ => None,
    };
    if let Some((key, value)) = hears {
        options.insert(key.to_owned(), value);
    }
    json!({ "stochastic": options })
}

fn scripted(dice: &mut Dice, draft: &Draft, role: &Role, tools: &[&'static str], spawns: &[String]) -> Value {
    let mut options = Map::new();
    taken(dice, &mut options);
    options.insert("repeat".to_owned(), json!(true));
    if dice.chance(0.8) {
        options.insert("latency".to_owned(), json!(dice.millis(1, 4_000)));
    }
    if dice.chance(0.25) {
        options.insert("stream".to_owned(), json!({ "characters": dice.between(3, 40) }));
    }
    let mut steps = Vec::new();
    for turn in 0..dice.between(1, 3) {
        if !tools.is_empty() {
            for _ in 0..dice.between(0, 3) {
                steps.push(json!({ "call": tools::calls(dice, tools, spawns) }));
            }
        }
        let text = says(dice, draft, role, turn);
        match dice.chance(draft.violence * 0.1) {
            true => steps.push(json!({ "attempts": [
                { "fail": { "status": 503, "after_text": "half an" }, "latency": dice.millis(1, 500) },
                { "say": text },
            ] })),
            false => steps.push(json!({ "say": text })),
        }
    }
    options.insert("steps".to_owned(), json!(steps));
    json!({ "scripted": options })
}

/// What it says in its turn of this number, as its role demands.
fn says(dice: &mut Dice, draft: &Draft, role: &Role, turn: u64) -> String {
    let choice = dice.word(&draft.choices).to_owned();
    match role {
        Role::Answers => match dice.between(0, 9) {
            0 => "abstain".to_owned(),
            1 => "I can't tell.".to_owned(),
            2 => format!("Because of the log.\nAnswer: {choice}\nconfidence: {}", dice.share(0.1, 1.0)),
            _ => format!("Answer: {choice}"),
        },
        Role::Votes(form) => ballot(dice, draft, form),
        Role::Says(words) => dice.pick(words).cloned().unwrap_or_default(),
        Role::Delegates(names) => match turn {
            0 => {
                let asked = dice.some(names, 0.7);
                let lines = asked.iter().map(|name| format!("\nDELEGATE {name}: Which one?")).collect::<String>();
                if lines.is_empty() { format!("Answer: {choice}") } else { format!("To find out:{lines}") }
            }
            _ => format!("Answer: {choice}"),
        },
        Role::TakesApart => match turn {
            0 => (0..dice.between(1, 4)).map(|part| format!("TASK: part {part}\n")).collect(),
            _ => format!("Answer: {choice}"),
        },
        Role::Works => match dice.chance(0.2) {
            true => "FAILED: it is too dark".to_owned(),
            false => format!("Answer: {choice}"),
        },
        Role::HandsOver(names) => match dice.chance(0.4) {
            true => format!("Somebody else knows.\nHANDOFF: {}", dice.pick(names).cloned().unwrap_or_default()),
            false => format!("Answer: {choice}"),
        },
        Role::Judges => match dice.chance(0.3) {
            true => "CONTINUE".to_owned(),
            false => format!("Answer: {choice}"),
        },
    }
}

/// A ballot of this form.
fn ballot(dice: &mut Dice, draft: &Draft, form: &str) -> String {
    let (first, second) = (dice.word(&draft.choices), dice.word(&draft.choices));
    match form {
        "ranking" if dice.chance(0.2) => format!("answer: {first}"),
        "ranking" => format!("answer: {first} > {second}"),
        "approvals" => format!("answer: {first}, {second}"),
        _ => {
            let scores = draft.choices.iter().map(|choice| format!("{choice}: {}", dice.between(0, 5)));
            format!("answer: {}", scores.collect::<Vec<_>>().join(", "))
        }
    }
}
