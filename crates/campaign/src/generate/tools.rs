//! Tools: which an agent has, and calls of them that a script may make.
//!
//! This module must not know who calls them.

use serde_json::{Value, json};

use crate::dice::Dice;

/// What any agent may have; those that start agents and those that need a person come by need.
pub(crate) const ANYBODYS: [&str; 18] = [
    "read_file",
    "list_files",
    "search_text",
    "write_file",
    "edit_file",
    "read_output",
    "run_shell",
    "run_program",
    "web_search",
    "remember",
    "recall",
    "ask_user",
    "read_board",
    "write_board",
    "add_task",
    "update_task",
    "list_tasks",
    "set_mode",
];

/// What who starts agents may have beside.
pub(crate) const LEADS: [&str; 4] = ["spawn_agent", "wait_for_agents", "send_message", "stop_agent"];

const FILES: [&str; 5] = ["notes/a.txt", "notes/b.txt", "plan.md", "secrets/key.txt", "missing.txt"];
const KEYS: [&str; 3] = ["plan", "results/north", "results/south"];

/// One to four calls, which one reply makes at once.
pub(crate) fn calls(dice: &mut Dice, tools: &[&'static str], spawns: &[String]) -> Value {
    let count = if dice.chance(0.6) { 1 } else { dice.between(2, 4) };
    let calls = (0..count).map(|_| {
        let tool = dice.word(tools);
        json!({ tool: arguments(dice, tool, spawns) })
    });
    Value::Array(calls.collect())
}

/// Arguments that the tool may take; now and then some that it may not.
fn arguments(dice: &mut Dice, tool: &str, spawns: &[String]) -> Value {
    if dice.chance(0.03) {
        return json!({ "surprise": true });
    }
    let file = dice.word(&FILES);
    let text = format!("text {}", dice.between(0, 9));
    match tool {
        "read_file" => json!({ "path": file }),
        "list_files" => json!({}),
        "search_text" => json!({ "text": "line", "limit": 5 }),
        "write_file" => json!({ "path": file, "content": text }),
        "edit_file" => json!({ "path": file, "old_text": "line 1", "new_text": text }),
        "read_output" => json!({ "handle": "output-0123456789ab" }),
        "run_shell" => json!({ "command": dice.word(&["make all", "cargo test -q", "rm -rf out", "echo hello"]) }),
        "run_program" => json!({ "program": dice.word(&["1 + 2", "let x = [1, 2]; x.len", "throw 7", "print(3)"]) }),
        "web_search" => json!({ "query": dice.word(&["bees", "honey", "nothing"]) }),
        "remember" => json!({ "text": text, "scope": dice.word(&["private", "team", "project"]) }),
        "recall" => json!({ "query": "text" }),
        "ask_user" => json!({ "question": dice.word(&["Which colour?", "May I?"]) }),
        "read_board" => json!({ "key": dice.word(&KEYS) }),
        "write_board" => json!({ "key": dice.word(&KEYS), "value": text }),
        "add_task" => json!({ "title": text }),
        "update_task" => json!({ "task": dice.between(1, 3).to_string(), "status": "done" }),
        "set_mode" => json!({ "mode": dice.word(&["default", "plan", "auto"]) }),
        "spawn_agent" => {
            let agent = dice.pick(spawns).cloned().unwrap_or_default();
            json!({ "agent": agent, "prompt": "Which one?", "wait": dice.chance(0.5) })
        }
        "wait_for_agents" => match dice.chance(0.5) {
            true => json!({ "deadline_ms": dice.between(100, 20_000) }),
            false => json!({ "until": dice.word(&["all", "any"]) }),
        },
        "send_message" => json!({ "text": text }),
        "stop_agent" => {
            let agent = dice.pick(spawns).cloned().unwrap_or_default();
            json!({ "agent": format!("{agent}[0]") })
        }
        _ => json!({}),
    }
}

/// What is behind the tools: files, commands, documents, and how long calls take.
pub(crate) fn behind(dice: &mut Dice) -> Vec<(&'static str, Value)> {
    let long: String = (0..400).map(|line| format!("line {line} of a text that goes on for a while\n")).collect();
    let files = json!({
        "notes/a.txt": "line 1\nline 2\n",
        "notes/b.txt": if dice.chance(0.3) { long } else { "line 1 of b\n".to_owned() },
        "plan.md": "line 1: walls\nline 2: roof\n",
        "secrets/key.txt": "line 1: do not read\n",
    });
    let shell = json!({ "responses": [
        { "command": ["make", "*"], "output": "done", "writes": { "out/log.txt": "built" }, "latency": dice.millis(1, 5_000) },
        { "command": ["cargo", "test", "**"], "output": "12 passed", "latency": dice.millis(1, 20_000) },
    ] });
    let corpus = json!({ "documents": [
        { "title": "Bees", "url": "https://example.org/bees", "text": "Bees make honey." },
    ] });
    let mut timing = serde_json::Map::new();
    for tool in ANYBODYS {
        if dice.chance(0.25) {
            let latency = dice.millis(1, 6_000);
            let timed = match dice.chance(0.4) {
                true => json!({ "latency": latency, "timeout": dice.millis(500, 8_000) }),
                false => json!({ "latency": latency }),
            };
            timing.insert(tool.to_owned(), timed);
        }
    }
    vec![
        ("workspace", json!({ "files": files })),
        ("shell", shell),
        ("corpus", corpus),
        ("programs", json!({ "operations_max": 10_000 })),
        ("tool_timing", Value::Object(timing)),
    ]
}
