//! What stands between an agent and the world: permissions, hooks, a person, budgets, gateways, and a planted secret.
//!
//! This module must not know councils or faults.

use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::tools;
use crate::dice::Dice;

/// The variable that holds the planted secret.
pub const CANARY_VARIABLE: &str = "CAMPAIGN_CANARY";
/// The planted secret: nobody may ever see it.
pub const CANARY: &str = "canary-5f3a\"91\\c7-sings";
/// The tool that knows the secret and gives it away.
pub const CANARY_TOOL: &str = "vault";

/// What an agent may do with its tools.
pub(crate) fn permissions(dice: &mut Dice, chosen: &[&'static str]) -> Value {
    let has = |tool: &str| chosen.contains(&tool);
    match dice.between(0, 9) {
        0..=3 => json!("auto"),
        4 => json!({ "mode": "default" }),
        5 => json!({ "mode": "plan" }),
        _ => {
            let mut rules = Vec::new();
            if has("read_file") || has("write_file") || has("edit_file") {
                rules.push(json!({ "deny": { "paths": ["secrets/**"], "because": "it is secret" } }));
            }
            if has("write_file") {
                rules.push(json!({ "allow": { "tools": ["write_file"], "paths": ["notes/**"] } }));
                rules.push(json!({ "ask": { "tools": ["write_file"], "paths": ["plan.md"] } }));
            }
            if has("run_shell") {
                rules.push(json!({ "allow": { "commands": [["make", "*"]] } }));
                rules.push(json!({ "deny": { "commands": [["rm", "**"]] } }));
            }
            let mode = dice.word(&["default", "auto"]);
            json!({ "mode": mode, "rules": rules })
        }
    }
}

/// Adds all of it to the scenario.
pub(crate) fn add(draft: &mut Draft, file: &mut Map<String, Value>) {
    let mut dice = draft.dice("guards");
    for (key, value) in tools::behind(&mut dice) {
        file.insert(key.to_owned(), value);
    }
    if dice.chance(0.6) || needs_person(draft) {
        file.insert("person".to_owned(), person(&mut dice));
    }
    let hooks = hooks(draft, &mut dice);
    if !hooks.is_empty() {
        file.insert("hooks".to_owned(), Value::Object(hooks));
    }
    let budgets = budgets(draft, &mut dice);
    if !budgets.is_empty() {
        file.insert("budgets".to_owned(), Value::Object(budgets));
    }
    let gateways = gateways(draft, &mut dice);
    if !gateways.is_empty() {
        file.insert("gateways".to_owned(), Value::Object(gateways));
    }
    draft.has_canary &= draft.declared.iter().any(|agent| agent.tools.contains(&CANARY_TOOL));
    if draft.has_canary {
        let options = json!({ "key": format!("${{{CANARY_VARIABLE}}}") });
        file.insert("secrets".to_owned(), json!([CANARY_VARIABLE]));
        file.insert(
            "tools".to_owned(),
            json!({ CANARY_TOOL: { "custom": { "name": CANARY_TOOL, "options": options } } }),
        );
    }
}

fn needs_person(draft: &Draft) -> bool {
    draft.declared.iter().any(|agent| agent.tools.contains(&"ask_user"))
}

fn person(dice: &mut Dice) -> Value {
    let mut approvals = vec![
        json!({ "tool": "write_file", "grant": dice.word(&["call", "path", "run"]), "after": dice.millis(0, 8_000) }),
    ];
    if dice.chance(0.3) {
        approvals.push(json!({ "never": true, "times": 1 }));
    }
    approvals.push(match dice.chance(0.5) {
        true => json!({ "refuse": "not today", "after": dice.millis(0, 3_000) }),
        false => json!({ "grant": "call", "after": dice.millis(0, 3_000) }),
    });
    json!({ "scripted": {
        "answers": [{ "about": "colour", "say": "red", "after": dice.millis(0, 5_000) }, { "say": "yes" }],
        "approvals": approvals,
        "timeout": dice.millis(1_000, 20_000),
    } })
}

fn hooks(draft: &Draft, dice: &mut Dice) -> Map<String, Value> {
    let mut hooks = Map::new();
    let writes = draft.declared.iter().any(|agent| agent.tools.contains(&"write_file"));
    if writes && dice.chance(0.3) {
        let rewrite = json!({ "rule": { "rewrite": { "/content": "rewritten" } } });
        hooks.insert(
            "a-rewrite".to_owned(),
            json!({ "on": "before_tool_call", "tools": ["write_file"], "then": rewrite }),
        );
    }
    if dice.chance(0.25) {
        let then = match dice.between(0, 2) {
            0 => json!({ "deny": "not on my watch" }),
            1 => json!({ "ask": "is that so?" }),
            _ => json!({ "annotate": "mind the gap" }),
        };
        let hook = json!({ "on": "before_tool_call", "contains": "text [0-4]", "then": { "rule": then } });
        hooks.insert("b-calls".to_owned(), hook);
    }
    if dice.chance(0.2) {
        let then = json!({ "rule": { "replace": { "matching": "line", "with": "row" } } });
        hooks.insert("c-results".to_owned(), json!({ "on": "after_tool_call", "then": then }));
    }
    if dice.chance(0.15) {
        let then = json!({ "rule": { "send_on": "Think again." } });
        hooks.insert("d-stop".to_owned(), json!({ "on": "stop", "contains": "can't tell", "then": then }));
    }
    if dice.chance(0.2) {
        let on = dice.word(&["before_model_call", "after_model_call", "task_submitted", "permission_asked"]);
        hooks.insert("e-count".to_owned(), json!({ "on": on, "then": { "rule": { "count": "seen" } } }));
    }
    hooks
}

fn budgets(draft: &Draft, dice: &mut Dice) -> Map<String, Value> {
    let mut budgets = Map::new();
    if dice.chance(0.25) {
        budgets.insert("run".to_owned(), budget(dice));
    }
    if dice.chance(0.2)
        && let Some(council) = dice.pick(&draft.council_paths)
    {
        budgets.insert(council.clone(), budget(dice));
    }
    budgets
}

fn budget(dice: &mut Dice) -> Value {
    match dice.between(0, 3) {
        0 => json!({ "calls": dice.between(3, 60) }),
        1 => json!({ "tokens": dice.between(1_000, 40_000) }),
        2 => json!({ "money": dice.share(0.001, 0.2), "unknown_price": "allow" }),
        _ => json!({ "time": dice.millis(10_000, 600_000), "calls": 200 }),
    }
}

fn gateways(draft: &Draft, dice: &mut Dice) -> Map<String, Value> {
    let mut gateways = Map::new();
    for model in draft.models.keys() {
        if !dice.chance(0.35) {
            continue;
        }
        let mut options = Map::new();
        if dice.chance(0.6) {
            options.insert(
                "retry".to_owned(),
                json!({ "retries_max": dice.between(0, 4), "base": dice.millis(50, 1_000) }),
            );
        }
        if dice.chance(0.4) {
            let limits = match dice.between(0, 1) {
                0 => json!({ "calls_at_once_max": dice.between(1, 3) }),
                _ => json!({ "requests_per_minute": dice.between(20, 120) }),
            };
            options.insert("limits".to_owned(), limits);
        }
        if dice.chance(0.3) {
            let breaker = json!({ "failures_in_row_max": dice.between(2, 5), "open_for": dice.millis(1_000, 20_000) });
            options.insert("breaker".to_owned(), breaker);
        }
        if !options.is_empty() {
            gateways.insert(model.clone(), Value::Object(options));
        }
    }
    gateways
}
