//! Patterns: each one's own options and the roles that it needs.
//!
//! This module must not know models or tools.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::agents::declare;
use super::councils::{absence, decide, join, member, members};
use super::draft::{Draft, Role, set};
use crate::dice::Dice;

/// The patterns that the campaign plays.
const NAMES: [&str; 15] = [
    "single",
    "sample",
    "vote",
    "debate",
    "judged",
    "mixture",
    "round_robin",
    "selector",
    "handoff",
    "delegation",
    "hierarchy",
    "pipeline",
    "reflection",
    "fan_out",
    "graph",
];

/// One council: a pattern with its options. Votes and debates come more often than the others.
pub(crate) fn pattern(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let name = match dice.between(0, 9) {
        0 | 1 => "vote",
        2 => "debate",
        _ => dice.word(&NAMES),
    };
    // It has no deadline of its own.
    let name = if name == "single" && draft.loses_messages { "vote" } else { name };
    let mut options = match name {
        "single" => json!({ "member": member(draft, dice, depth, &Role::Answers) }),
        "sample" => sample(draft, dice),
        "vote" => vote(draft, dice, depth),
        "debate" => debate(draft, dice, depth),
        "judged" => judged(draft, dice, depth),
        "mixture" => json!({
            "proposers": members(draft, dice, depth, &Role::Answers, 1, 4),
            "aggregator": member(draft, dice, depth, &Role::Answers),
            "layers": dice.between(1, 2),
            "join": join(dice),
        }),
        "round_robin" => talk(draft, dice, depth),
        "selector" => selector(draft, dice, depth),
        "handoff" => handoff(draft, dice),
        "delegation" => delegation(draft, dice, depth),
        "hierarchy" => hierarchy(draft, dice, depth),
        "pipeline" => pipeline(draft, dice, depth),
        "reflection" => json!({
            "author": member(draft, dice, depth, &Role::Answers),
            "critic": declare(draft, &words(&["approve", "revise"]), 1),
            "rounds": dice.between(1, 3),
            "unapproved": dice.word(&["accept", "undecided"]),
        }),
        "fan_out" => fan_out(draft, dice, depth),
        _ => graph(draft, dice, depth),
    };
    if let Value::Object(options) = &mut options
        && name != "single"
    {
        if draft.loses_messages || dice.chance(0.5) {
            options.insert("absence".to_owned(), absence(draft, dice));
        }
        if name == "sample" {
            // Its samples are copies.
            names_in(&Value::Object(options.clone()), &mut draft.copied);
        } else if dice.chance(0.15) {
            names_in(&Value::Object(options.clone()), &mut draft.copied);
            options.insert("fresh".to_owned(), json!(true));
        }
    }
    json!({ name: options })
}

/// All texts in some options: among them the names of all members.
fn names_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(names.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        Value::Object(map) => map.values().for_each(|value| names_in(value, names)),
        _ => {}
    }
}

fn words(words: &[&str]) -> Role {
    Role::Says(words.iter().map(|word| (*word).to_owned()).collect())
}

/// When a conversation ends early.
fn stop(dice: &mut Dice) -> Option<Value> {
    Some(match dice.between(0, 9) {
        0 => json!({ "agreement": 1.0 }),
        1 => json!({ "calls": dice.between(3, 20) }),
        2 => json!({ "time": dice.millis(5_000, 60_000) }),
        3 => json!({ "any": [{ "failures": 2 }, { "stable": 1 }] }),
        4 => json!({ "tokens": dice.between(500, 8_000) }),
        _ => return None,
    })
}

fn sample(draft: &mut Draft, dice: &mut Dice) -> Value {
    let mut options = json!({
        "member": declare(draft, &Role::Answers, 1),
        "samples": dice.between(2, 5),
        "decide": decide(dice),
    });
    match dice.chance(0.4) {
        true => {
            set(&mut options, "one_at_a_time", json!(true));
            if dice.chance(0.5) {
                set(&mut options, "stop", json!("decided"));
            }
        }
        false => set(&mut options, "join", join(dice)),
    }
    options
}

fn vote(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    const RANKED: [&str; 7] = ["runoff", "instant_runoff", "borda", "copeland", "minimax", "schulze", "ranked_pairs"];
    let rule = match dice.between(0, 9) {
        0 => dice.word(&RANKED),
        1 => dice.word(&["approval", "score"]),
        2 => "unanimity",
        3..=5 => "plurality",
        _ => "majority",
    };
    let role = match rule {
        "approval" => Role::Votes("approvals"),
        "score" => Role::Votes("scores"),
        "plurality" | "majority" | "unanimity" => Role::Answers,
        _ => Role::Votes("ranking"),
    };
    let mut options = json!({ "members": members(draft, dice, depth, &role, 2, 7), "rule": rule });
    if rule != "unanimity" {
        set(&mut options, "ties", json!(dice.word(&["coin", "first", "none"])));
        if dice.chance(0.1) && draft.agents_left > 0 {
            set(&mut options, "ties", json!("chair"));
            set(&mut options, "chair", json!(declare(draft, &role, 1)));
        }
    }
    if dice.chance(0.3) {
        set(&mut options, "quorum", json!({ "at_least": dice.between(1, 2) }));
    }
    if dice.chance(0.2) && matches!(rule, "plurality" | "majority") {
        set(&mut options, "weights", json!({ "confidence": dice.word(&["linear", "log_odds"]) }));
    } else if dice.chance(0.3) {
        set(&mut options, "join", join(dice));
    }
    options
}

fn debate(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let mut options = json!({
        "members": members(draft, dice, depth, &Role::Answers, 2, 5),
        "rounds": dice.between(1, 2),
        "decide": decide(dice),
        "topology": dice.word(&["complete", "ring", "none"]),
        "join": join(dice),
    });
    if dice.chance(0.3) {
        set(&mut options, "order", json!(dice.word(&["fixed", "random"])));
        if let Value::Object(map) = &mut options {
            map.remove("join");
        }
    }
    if let Some(stop) = stop(dice) {
        set(&mut options, "stop", stop);
    }
    options
}

fn judged(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let each_round = dice.chance(0.4);
    let role = if each_round { Role::Judges } else { Role::Answers };
    json!({
        "sides": members(draft, dice, depth, &Role::Answers, 2, 3),
        "judge": member(draft, dice, depth, &role),
        "rounds": dice.between(1, 2),
        "each_round": each_round,
    })
}

/// What conversations have in common.
fn talk(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let mut options = json!({
        "members": members(draft, dice, depth, &Role::Answers, 2, 4),
        "statements_max": dice.between(2, 7),
        "conclude": conclude(dice),
    });
    if let Some(stop) = stop(dice) {
        set(&mut options, "stop", stop);
    }
    options
}

fn conclude(dice: &mut Dice) -> Value {
    match dice.chance(0.6) {
        true => json!("last"),
        false => json!({ "vote": decide(dice) }),
    }
}

fn selector(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let names: Vec<String> = (0..dice.between(2, 3)).map(|_| member(draft, dice, depth, &Role::Answers)).collect();
    let selector = match dice.between(0, 2) {
        0 => json!({ "rule": dice.word(&["first", "least_often", "random", "mentioned"]) }),
        1 => json!({ "member": declare(draft, &Role::Says(names.clone()), 1) }),
        _ => json!({ "chosen": {
            "member": declare(draft, &Role::Says(names.clone()), 1), "attempts": dice.between(1, 2), "fallback": "random",
        } }),
    };
    let mut options = json!({
        "members": names,
        "selector": selector,
        "statements_max": dice.between(2, 6),
        "conclude": conclude(dice),
    });
    if let Some(stop) = stop(dice) {
        set(&mut options, "stop", stop);
    }
    options
}

fn handoff(draft: &mut Draft, dice: &mut Dice) -> Value {
    // Who may hand over to whom is known by name before anybody is there.
    let number = dice.between(2, 4);
    let first = draft.name("h");
    let names: Vec<String> = (0..number).map(|index| format!("{first}-{index}")).collect();
    let members: Vec<String> = (0..number).map(|_| declare(draft, &Role::HandsOver(names.clone()), 1)).collect();
    rename(draft, &members, &names);
    json!({ "members": names, "statements_max": dice.between(3, 8), "conclude": conclude(dice) })
}

/// Gives agents names that others' models know.
fn rename(draft: &mut Draft, from: &[String], to: &[String]) {
    for (old, new) in from.iter().zip(to) {
        if let Some(options) = draft.agents.remove(old) {
            draft.agents.insert(new.clone(), options);
        }
        for agent in draft.declared.iter_mut().filter(|agent| agent.name == *old) {
            agent.name.clone_from(new);
        }
    }
}

fn delegation(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let workers: Vec<String> = (0..dice.between(1, 4)).map(|_| member(draft, dice, depth, &Role::Answers)).collect();
    json!({
        "lead": declare(draft, &Role::Delegates(workers.clone()), 1),
        "workers": workers,
        "rounds": dice.between(1, 4),
        "join": join(dice),
    })
}

fn hierarchy(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let workers: Vec<String> = (0..dice.between(1, 3)).map(|_| member(draft, dice, depth, &Role::Works)).collect();
    let repairs = ["retry", "reassign", "replan", "split"];
    let mut options = json!({
        "lead": declare(draft, &Role::TakesApart, 1),
        "workers": workers,
        "repair": dice.some(&repairs, 0.5),
        "parts_max": dice.between(4, 12),
        "unrepaired": dice.word(&["report", "fail"]),
    });
    if dice.chance(0.4) {
        set(&mut options, "verifier", json!(declare(draft, &words(&["accept", "reject"]), 1)));
    }
    options
}

fn pipeline(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let steps: Vec<String> = (0..dice.between(2, 4)).map(|_| member(draft, dice, depth, &Role::Answers)).collect();
    let mut options = json!({ "steps": steps });
    if dice.chance(0.6) {
        set(&mut options, "verifier", json!(declare(draft, &words(&["accept", "reject"]), 1)));
        set(&mut options, "retries", json!(dice.between(0, 2)));
    }
    options
}

fn fan_out(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let combine = match dice.between(0, 2) {
        0 => json!("list"),
        1 => json!({ "vote": decide(dice) }),
        _ => json!({ "member": declare(draft, &Role::Answers, 1) }),
    };
    json!({
        "members": members(draft, dice, depth, &Role::Answers, 2, 5),
        "combine": combine,
        "join": join(dice),
    })
}

fn graph(draft: &mut Draft, dice: &mut Dice, depth: u32) -> Value {
    let count = dice.between(2, 5);
    let mut nodes = Map::new();
    for index in 0..count {
        let mut node = json!({ "member": member(draft, dice, depth, &Role::Answers) });
        let before: Vec<String> =
            (0..index).filter(|_| dice.chance(0.5)).map(|earlier| format!("n{earlier}")).collect();
        if !before.is_empty() {
            set(&mut node, "after", json!(before));
            if dice.chance(0.3) {
                set(&mut node, "activation", json!("any"));
            }
        }
        nodes.insert(format!("n{index}"), node);
    }
    json!({ "nodes": nodes, "barrier": dice.chance(0.3), "runs_max": 20 })
}
