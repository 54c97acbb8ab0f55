//! What the simulated shell answers: the options of `run_shell`.
//!
//! ```
//! use moot_tool::shell::ShellOptions;
//!
//! let options: ShellOptions = serde_json::from_str(
//!     r#"{ "responses": [{ "command": ["cargo", "test", "**"], "output": "12 passed", "latency": "3s" }] }"#,
//! ).unwrap();
//! assert!(options.check().is_empty());
//! assert_eq!(options.response(&["cargo", "test", "-q"]).unwrap().output, "12 passed");
//! assert_eq!(options.otherwise.exit_code, 127);
//! ```
//!
//! This module must not know how command lines are read.

use std::collections::BTreeMap;

use moot_core::VirtualDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matches_argv;
use crate::OptionProblem;
use crate::workspace::check_path;

/// A simulated shell: which commands it knows and what they answer. No process is ever started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShellOptions {
    /// The commands it knows; the first one that fits answers.
    pub responses: Vec<ShellResponse>,
    /// What every other command answers.
    pub otherwise: OtherwiseOptions,
}

/// What one command answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShellResponse {
    /// The command's words. In each, `*` stands for any characters within the word and `?` for one; a last word `**`
    /// stands for any further words.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// What it prints; default nothing.
    #[serde(default)]
    pub output: String,
    /// What it ends with, 0 to 255; default 0, which means success.
    #[serde(default)]
    pub exit_code: u8,
    /// How long it takes in virtual time; default 0ms.
    #[serde(default)]
    #[schemars(with = "String")]
    pub latency: VirtualDuration,
    /// Files of the workspace that it writes, by path from the workspace's root, and their whole texts; default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writes: BTreeMap<String, String>,
}

/// What a command answers that no response fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OtherwiseOptions {
    /// What it prints; `PROGRAM: command not found` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What it ends with, 0 to 255; default 127, as of a program that does not exist.
    pub exit_code: u8,
}

impl Default for OtherwiseOptions {
    fn default() -> Self {
        Self { output: None, exit_code: 127 }
    }
}

impl ShellOptions {
    /// What is wrong with the options; empty when all is well.
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        for (index, response) in self.responses.iter().enumerate() {
            let at = |field: &str| format!("responses[{index}].{field}");
            match response.command.split_last() {
                None => problems.push(OptionProblem::new(
                    at("command"),
                    "it names no program; write its words, such as [git, status]",
                )),
                Some((_, before)) if before.iter().any(|word| word == "**") => {
                    problems.push(OptionProblem::new(
                        at("command"),
                        "`**` may stand only at the end; use `*` for one word",
                    ));
                }
                Some(_) => {}
            }
            let earlier = self.responses.iter().take(index).position(|earlier| earlier.command == response.command);
            if let Some(earlier) = earlier {
                problems.push(OptionProblem::new(
                    at("command"),
                    format!("it is never used: responses[{earlier}] fits the same commands and comes first"),
                ));
            }
            for path in response.writes.keys() {
                if let Err(error) = check_path(path) {
                    problems.push(OptionProblem::new(at("writes"), error.to_string()));
                }
            }
        }
        problems
    }

    /// The first response that fits a command.
    #[must_use]
    pub fn response<W: AsRef<str>>(&self, argv: &[W]) -> Option<&ShellResponse> {
        self.responses.iter().find(|response| matches_argv(&response.command, argv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_option_is_named() {
        let response = |command: &[&str], path: Option<&str>| ShellResponse {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            writes: path.map(|path| (path.to_owned(), String::new())).into_iter().collect(),
            ..ShellResponse::default()
        };
        let options = ShellOptions {
            responses: vec![
                response(&[], None),
                response(&["**", "x"], None),
                response(&["make", "**"], Some("../out")),
                response(&["make", "**"], Some("out")),
                response(&["ls"], None),
            ],
            otherwise: OtherwiseOptions::default(),
        };
        let problems = options.check();
        let found: Vec<(&str, bool)> =
            problems.iter().map(|problem| (problem.path.as_str(), problem.message.contains("never used"))).collect();
        let expected = [
            ("responses[0].command", false),
            ("responses[1].command", false),
            ("responses[2].writes", false),
            ("responses[3].command", true),
        ];
        assert_eq!(found, expected, "{problems:?}");
    }
}
