//! Tables of calls and the verdicts that rules give them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod commands;
mod hidden;
mod modes;
mod options;
mod paths;

use moot_core::{
    Access, Claim, Command, Commands, GrantScope, PermissionMode, Resource, ToolEffect, ToolSpec, Touch, TouchKinds,
    Verdict,
};
use serde_json::{Value, json};

use super::*;
use crate::OptionProblem;

pub(super) fn spec(name: &str, effect: ToolEffect) -> ToolSpec {
    let properties = json!({ "path": {}, "line": {}, "count": {} });
    let schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    ToolSpec { name: name.into(), description: "".into(), schema, effect }
}

pub(super) fn tools() -> Vec<ToolSpec> {
    vec![
        spec("read_file", ToolEffect::Read),
        spec("list_files", ToolEffect::Read),
        spec("write_file", ToolEffect::Write),
        spec("run_shell", ToolEffect::Execute),
        spec("fetch", ToolEffect::Network),
    ]
}

pub(super) fn effect_of(tool: &str) -> ToolEffect {
    tools().iter().find(|spec| &*spec.name == tool).map_or(ToolEffect::Write, |spec| spec.effect)
}

pub(super) fn compile(options: Value) -> Result<Policy, Vec<OptionProblem>> {
    let options: PermissionOptions = serde_json::from_value(options).unwrap();
    Policy::compile(&options, "permissions", &tools())
}

pub(super) fn rights(options: Value) -> Rights {
    Rights::of(compile(options).unwrap())
}

pub(super) fn decide(chain: &[&Rights], tool: &str, arguments: &Value, touch: &Touch) -> moot_core::Decision {
    let question = Question { tool, effect: effect_of(tool), arguments, touch };
    let decision = judge(chain.iter().copied(), &question);
    assert_eq!(explain(chain.iter().copied(), &question).decision, decision, "what is explained is what is decided");
    decision
}

fn verdict(rights: &Rights, tool: &str, touch: &Touch) -> Verdict {
    decide(&[rights], tool, &json!({}), touch).verdict
}

fn reads(path: &str) -> Touch {
    Touch::claims([Claim::reads_file(path)])
}

fn writes(path: &str) -> Touch {
    Touch::claims([Claim::writes_file(path)])
}

pub(super) fn command(line: &str) -> Command {
    Command { argv: line.split(' ').map(Into::into).collect(), ..Command::default() }
}

/// Commands as a parser would give them: one per entry, words at single spaces.
fn runs(lines: &[&str]) -> Touch {
    Touch { claims: vec![], commands: Commands::Certain(lines.iter().map(|line| command(line)).collect()) }
}

fn one(command: Command) -> Touch {
    Touch { claims: vec![], commands: Commands::Certain(vec![command]) }
}

fn unclear() -> Touch {
    Touch { claims: vec![], commands: Commands::Unclear("it holds $(".into()) }
}
