//! Permissions: which calls an agent may make, and which rule said so.
//!
//! ```text
//!   options ──compile──▶ Policy ──┐
//!             mode, grants ───────┴▶ Rights of the agent, its parent, … ──judge──▶ Decision
//!   tool, effect, arguments, touch ─▶ Question ─────────────────────────┘
//! ```
//!
//! Everything is judged on parsed arguments: on the claims that a tool states and the commands that a parser found,
//! never on raw text. On each level the order is deny → ask → allow → mode, whatever the specificity of a rule; over
//! the levels the strictest decision wins, so rights only narrow. It must not know tools, actors, files or how a person
//! is asked.
//!
//! What can't be decided by looking is not guessed. Commands that a parser could not tell are never allowed by a rule;
//! they are denied when a deny rule about paths, commands or hosts could apply, and else asked about (in mode `auto`
//! only if such a rule stands somewhere in the policy). A program that runs others (`sudo`, `xargs`, `sh -c`, `python3
//! -c`, `git bisect`) is allowed only by a rule that spells its words out or speaks of no command at all, and what it
//! hides is still searched for denied names. Whatever the program, a word that names what a rule denies is at least
//! asked about. What a permitted program does by itself (`git diff` of a denied file) is seen only by an operating
//! system's sandbox (row B56).
//!
//! ```
//! use moot_core::{Claim, ToolEffect, Touch, Verdict};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, explain, judge};
//!
//! let text = r#"{ "rules": [
//!     { "deny": { "paths": ["secrets/**"], "name": "no secrets", "because": "secrets stay secret" } },
//!     { "allow": { "paths": ["out/**"], "access": "write" } }
//! ] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! let rights = Rights::compile(&options, "permissions").unwrap();
//! let arguments = serde_json::json!({});
//! let verdict = |claim: Claim| {
//!     let touch = Touch::claims([claim]);
//!     let question = Question { tool: "edit", effect: ToolEffect::Write, arguments: &arguments, touch: &touch };
//!     assert_eq!(explain([&rights], &question).decision, judge([&rights], &question));
//!     judge([&rights], &question).verdict
//! };
//! assert_eq!(verdict(Claim::writes_file("out/a.txt")), Verdict::Allow);
//! assert_eq!(verdict(Claim::writes_file("a.txt")), Verdict::Ask);
//! assert_eq!(verdict(Claim::writes_file("out/../Secrets/a.txt")), Verdict::Deny);
//! ```

mod argument;
mod argv;
mod compile;
mod explain;
mod glob;
mod judge;
mod options;
mod place;
mod program;
mod protect;
mod reach;
mod rights;
mod rule;
mod subject;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use compile::Policy;
pub use explain::{Explanation, RuleTrace, explain};
pub use judge::judge;
pub use options::{PermissionOptions, RuleMatch, RuleOptions};
pub use place::folded_path;
pub use program::{Reach, reach_of};
pub use protect::{PROTECTED_CREDENTIALS, PROTECTED_FOR_WRITING};
pub use rights::{Grants, Rights};
pub use subject::Question;
