//! Agents: declared by role, with a model, tools, permissions and limits of their own.
//!
//! This module must not know who asks them.

use serde_json::{Map, Value, json};

use super::draft::{Declared, Draft, Role, set};
use super::{guards, models, tools};
use crate::dice::Dice;

/// Declares so many agents for a role; their name.
pub(crate) fn declare(draft: &mut Draft, role: &Role, count: u64) -> String {
    let name = draft.name("a");
    draft.agents_left = draft.agents_left.saturating_sub(count);
    let mut dice = draft.dice(&format!("agent {name}"));
    let may_act = !matches!(role, Role::Says(_) | Role::Votes(_));
    let mut chosen: Vec<&'static str> = match may_act && dice.chance(0.55) {
        true => dice.some(&tools::ANYBODYS, 0.3).into_iter().copied().collect(),
        false => Vec::new(),
    };
    let spawns = match may_act && count == 1 && dice.chance(0.15) {
        true => vec![worker(draft)],
        false => Vec::new(),
    };
    if !spawns.is_empty() {
        chosen.push("spawn_agent");
        chosen.extend(dice.some(&tools::LEADS, 0.6).into_iter().copied().filter(|tool| *tool != "spawn_agent"));
    }
    if draft.has_canary && may_act && dice.chance(0.5) {
        chosen.push(guards::CANARY_TOOL);
    }
    add(draft, &mut dice, name.clone(), count, role, chosen, &spawns, false);
    name
}

/// Declares somebody who is only there to be started.
fn worker(draft: &mut Draft) -> String {
    let name = draft.name("w");
    let mut dice = draft.dice(&format!("agent {name}"));
    let chosen = dice.some(&tools::ANYBODYS, 0.25).into_iter().copied().collect();
    add(draft, &mut dice, name.clone(), 1, &Role::Answers, chosen, &[], true);
    name
}

/// Agents that nobody in a council asks: the rest of those that the scenario is to have.
pub(crate) fn start_more(draft: &mut Draft) {
    if draft.declared.iter().filter(|agent| !agent.is_on_demand).map(|agent| agent.count).sum::<u64>() < 2 {
        declare(draft, &Role::Answers, 1);
    }
}

#[expect(clippy::too_many_arguments, reason = "it is what an agent is made of")]
fn add(
    draft: &mut Draft,
    dice: &mut Dice,
    name: String,
    count: u64,
    role: &Role,
    chosen: Vec<&'static str>,
    spawns: &[String],
    is_on_demand: bool,
) {
    let model = shared_model(draft, dice, role, &chosen).unwrap_or_else(|| {
        let model = format!("m-{name}");
        draft.models.insert(model.clone(), models::model(draft, &model, role, &chosen, spawns));
        model
    });
    let mut options = Map::new();
    options.insert("model".to_owned(), json!(model));
    if count > 1 || (!is_on_demand && dice.chance(0.1)) {
        options.insert("count".to_owned(), json!(count));
    }
    if is_on_demand {
        options.insert("on_demand".to_owned(), json!(true));
    }
    if dice.chance(0.5) {
        options.insert("instructions".to_owned(), json!(format!("You are {name}.")));
    }
    if !chosen.is_empty() {
        options.insert("tools".to_owned(), json!(chosen));
        options.insert("permissions".to_owned(), guards::permissions(dice, &chosen));
    }
    if !spawns.is_empty() {
        options.insert("spawns".to_owned(), json!(spawns));
    }
    if dice.chance(0.15) {
        options.insert("keep".to_owned(), json!("transcript"));
    }
    if dice.chance(0.12) {
        let budget = match dice.between(0, 2) {
            0 => json!({ "calls": dice.between(2, 20) }),
            1 => json!({ "tokens": dice.between(500, 20_000) }),
            _ => json!({ "money": dice.share(0.001, 0.1), "unknown_price": "allow" }),
        };
        options.insert("budget".to_owned(), budget);
    }
    if dice.chance(0.1) {
        let mut compaction = json!({ "budget_tokens": dice.between(300, 1_500), "recent_messages_min": 2 });
        if dice.chance(0.4) {
            set(&mut compaction, "summarise", json!({ "model": model }));
        }
        options.insert("compaction".to_owned(), compaction);
    }
    options.insert("limits".to_owned(), limits(dice));
    draft.agents.insert(name.clone(), Value::Object(options));
    draft.declared.push(Declared { name, count, model, tools: chosen, role: role.clone(), is_on_demand });
}

/// Now and then agents share a model, so that its limits and its breaker concern several.
fn shared_model(draft: &Draft, dice: &mut Dice, role: &Role, chosen: &[&'static str]) -> Option<String> {
    if !chosen.is_empty() || !dice.chance(0.25) {
        return None;
    }
    let alike = |agent: &&Declared| agent.role == *role && agent.tools.is_empty();
    draft.declared.iter().find(alike).map(|agent| agent.model.clone())
}

fn limits(dice: &mut Dice) -> Value {
    let mut limits = json!({
        "turns_max": dice.between(3, 12),
        "time_max": dice.millis(60_000, 600_000),
        "tool_call_timeout": dice.millis(10_000, 60_000),
    });
    if dice.chance(0.3) {
        set(&mut limits, "tool_calls_at_once_max", json!(dice.between(1, 4)));
    }
    if dice.chance(0.2) {
        set(&mut limits, "tokens_max", json!(dice.between(1_000, 20_000)));
    }
    limits
}
