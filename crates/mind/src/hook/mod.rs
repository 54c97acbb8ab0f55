//! Hooks: what a scenario wants asked, or done, at the stations of a run.
//!
//! A hook names its events, may narrow them to tools, agents or a text, and is answered by a rule of the scenario, by
//! an external command or by a typed function. This module chooses the hooks that apply, answers rules, and reads and
//! checks every other answer. It **fails closed**: whatever is not one legal verdict becomes a denial ([`accept`]). It
//! must not know processes, clocks or actors: who runs a command hands over what it printed.
//!
//! ```
//! use moot_core::{HookEvent, HookVerdict};
//! use moot_mind::hook::{HookOptions, HookQuestion, Hooks};
//!
//! let options: HookOptions = serde_json::from_str(
//!     r#"{ "on": "before_tool_call", "tools": ["write_*"], "then": { "rule": { "deny": "look, don't touch" } } }"#,
//! ).unwrap();
//! let hooks = Hooks::compile(vec![("hooks[0]".into(), options)]).unwrap();
//! let question = HookQuestion { tool: Some("write_file"), ..HookQuestion::at(HookEvent::BeforeToolCall, "clerk") };
//! assert_eq!(hooks.matching(&question).collect::<Vec<_>>(), [0]);
//! assert_eq!(hooks.rule_answer(0, &question), HookVerdict::Deny("look, don't touch".into()));
//! ```

mod answer;
mod check;
mod contains;
mod hooks;
mod options;
mod pattern;
mod question;
mod rule;

#[cfg(test)]
mod tests;

pub use answer::{ANSWER_BYTES_MAX, VerdictKind, accept, deny_means, legal_verdicts, parse_answer};
pub use hooks::{Hooks, MatchedHook};
pub use options::{
    HookActionOptions, HookCommandOptions, HookCustomOptions, HookEvents, HookOptions, HookReplaceOptions,
    HookRuleOptions,
};
pub use pattern::matches as is_named;
pub use question::HookQuestion;
