//! Faults: how violent a seed is decides how often each kind strikes, within the bounds of the table of faults, and
//! until when: behind that, nothing goes wrong on purpose any more.
//!
//! This module must not know how a fault is carried out.

use serde_json::{Map, Value, json};

use super::draft::{Declared, Draft, set};
use crate::dice::Dice;

/// A list of faults in the making.
struct Plan<'a> {
    draft: &'a Draft,
    file: &'a Map<String, Value>,
    dice: Dice,
    faults: Vec<Value>,
}

/// What goes wrong in this scenario.
pub(crate) fn faults(draft: &Draft, file: &Map<String, Value>) -> Vec<Value> {
    if draft.violence == 0.0 {
        return Vec::new();
    }
    let mut plan = Plan { draft, file, dice: draft.dice("faults"), faults: Vec::new() };
    plan.models();
    plan.messages();
    plan.crashes();
    plan.tools();
    plan.rare();
    plan.faults
}

impl Plan<'_> {
    /// Adds a fault that strikes with up to this probability at each visit, in most violent seeds.
    fn rated(&mut self, name: &str, most: f64, options: Value) {
        let wanted = 0.15 + 0.35 * self.draft.violence;
        if !self.dice.chance(wanted) {
            return;
        }
        let probability = self.dice.share(0.0, most * self.draft.violence).max(0.001);
        self.push(name, options, json!({ "probability": probability, "until": self.until() }));
    }

    /// Adds a fault in such a share of the seeds.
    fn in_seeds(&mut self, share: f64, name: &str, options: Value, when: Value) {
        if self.dice.chance(share) {
            self.push(name, options, when);
        }
    }

    fn push(&mut self, name: &str, mut options: Value, when: Value) {
        set(&mut options, "when", when);
        self.faults.push(json!({ name: options }));
    }

    fn until(&self) -> String {
        format!("{}ms", self.draft.chaos_ms)
    }

    /// Everybody, or all agents of one declaration.
    fn agent(&mut self) -> String {
        let draft = self.draft;
        let there: Vec<&Declared> = draft.declared.iter().filter(|agent| !agent.is_on_demand).collect();
        match self.dice.chance(0.5) {
            true => "*".to_owned(),
            false => self.dice.pick(&there).map_or("*".to_owned(), |agent| format!("*{}", agent.name)),
        }
    }

    fn agents_have_tools(&self) -> bool {
        self.draft.declared.iter().any(|agent| !agent.tools.is_empty())
    }

    fn has_tool(&self, tools: &[&str]) -> bool {
        self.draft.declared.iter().any(|agent| agent.tools.iter().any(|tool| tools.contains(tool)))
    }

    fn models(&mut self) {
        let wait = self.dice.millis(100, 20_000);
        self.rated("rate_limit", 0.3, json!({ "wait": wait }));
        self.rated("server_error", 0.3, json!({}));
        self.rated("client_error", 0.05, json!({}));
        let after = self.dice.millis(1_000, 60_000);
        self.rated("model_timeout", 0.1, json!({ "after": after }));
        self.rated("stream_cut", 0.2, json!({}));
        self.rated("malformed_reply", 0.1, json!({}));
        self.rated("wrong_usage", 0.1, json!({}));
        if self.agents_have_tools() {
            self.rated("wrong_calls", 0.15, json!({}));
        }
    }

    fn messages(&mut self) {
        let by = self.dice.between(1, 2_000);
        let up_to = self.dice.between(by, 20_000);
        self.rated("delay_messages", 0.3, json!({ "by": format!("{by}ms"), "up_to": format!("{up_to}ms") }));
        let within = self.dice.millis(1, 5_000);
        self.rated("reorder_messages", 0.3, json!({ "within": within }));
        let apart = self.dice.millis(0, 2_000);
        self.rated("duplicate_messages", 0.2, json!({ "copies": 1, "apart": apart }));
        if !self.draft.loses_messages {
            return;
        }
        // What the world sends or is sent is never lost: it has nobody to ask again.
        let from = self.agent();
        if from != "*" {
            self.rated("drop_messages", 0.1, json!({ "from": from }));
        }
        self.rated("drop_messages", 0.1, json!({ "from": "c*", "messages": "assignment" }));
        let names: Vec<&String> =
            self.draft.declared.iter().filter(|agent| !agent.is_on_demand).map(|agent| &agent.name).collect();
        if names.len() > 1 && self.dice.chance(0.1 * self.draft.violence) {
            let cut = usize::try_from(self.dice.between(1, names.len() as u64 - 1)).unwrap_or(1);
            let group = |names: &[&String]| names.iter().map(|name| format!("*{name}")).collect::<Vec<_>>();
            let (one, other) = names.split_at(cut);
            // With the councils on one side, it cuts them off from their members.
            let mut first = group(one);
            first.push("c*".to_owned());
            let form = self.dice.word(&["drop", "hold"]);
            let begins = self.dice.between(0, self.draft.chaos_ms / 2);
            let when = json!({ "from": format!("{begins}ms"), "until": self.until() });
            self.push("partition", json!({ "groups": [first, group(other)], "as": form }), when);
        }
    }

    fn crashes(&mut self) {
        let agent = self.agent();
        self.rated("crash_agent", 0.05, json!({ "agent": agent }));
        self.rated("crash_council", 0.03, json!({}));
        self.rated("crash_ledger", 0.05, json!({}));
        // A supervisor acts only when somebody has failed.
        self.rated("crash_supervisor", 0.05, json!({}));
        if self.has_tool(&["remember", "write_board", "add_task", "update_task"]) {
            // Few calls write something down.
            self.rated("crash_memory", 0.4, json!({}));
        }
        let named =
            self.draft.declared.iter().filter(|agent| !agent.is_on_demand).map(|agent| format!("*{}", agent.name));
        let named: Vec<String> = named.collect();
        if let Some(agent) = self.dice.pick(&named).cloned() {
            let nth = self.dice.between(1, 3);
            let when = json!({ "nth": nth, "until": self.until() });
            self.in_seeds(0.1, "crash_loop", json!({ "agent": agent }), when);
        }
    }

    fn tools(&mut self) {
        if !self.agents_have_tools() {
            return;
        }
        self.rated("crash_executor", 0.05, json!({}));
        let after_effect = self.dice.chance(0.5);
        self.rated("tool_panic", 0.1, json!({ "after_effect": after_effect }));
        self.rated("tool_error", 0.1, json!({}));
        let by = self.dice.millis(1, 10_000);
        self.rated("tool_timeout", 0.2, json!({ "by": by }));
        let acting = self.draft.declared.iter().filter(|agent| !agent.tools.is_empty() && !agent.is_on_demand);
        let acting: Vec<String> = acting.map(|agent| format!("*{}", agent.name)).collect();
        if let Some(agent) = self.dice.pick(&acting).cloned() {
            let when = json!({ "nth": self.dice.between(1, 2), "until": self.until() });
            self.in_seeds(0.07, "repeat_call", json!({ "agent": agent }), when);
        }
    }

    /// What happens in some seeds alone.
    fn rare(&mut self) {
        if self.dice.chance(0.2) {
            let agent = self.agent();
            let actor = match self.dice.between(0, 3) {
                0 => "world/ledger".to_owned(),
                1 => "world/tools".to_owned(),
                2 => "world/memory".to_owned(),
                _ => agent,
            };
            let by = self.dice.millis(1, 2_000);
            let when = json!({ "probability": self.dice.share(0.05, 1.0), "until": self.until() });
            self.push("slow_consumer", json!({ "actor": actor, "by": by }), when);
        }
        if self.dice.chance(0.1) {
            let what = self.dice.word(&["run", "tasks"]);
            let when = match self.dice.chance(0.5) {
                true => json!({ "at": self.dice.millis(0, self.draft.chaos_ms / 4) }),
                false => json!({ "at_event": self.dice.between(5, 300) }),
            };
            self.push("cancel", json!({ "what": what }), when);
        }
        let probability = self.dice.share(0.05, 0.8);
        let when = json!({ "probability": probability, "until": self.until() });
        if self.file.contains_key("hooks") {
            self.in_seeds(0.15, "hook_failure", json!({}), when.clone());
        }
        if self.file.contains_key("person") {
            self.in_seeds(0.15, "person_failure", json!({}), when.clone());
        }
        // What the world is told is what a task ends with.
        self.in_seeds(0.1, "lie", json!({ "from": "*", "to": "c*" }), when);
    }
}
