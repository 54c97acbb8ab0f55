//! The person who may be asked: what a scenario says that they answer.
//!
//! A scripted person answers questions and approves or refuses calls by rules, each after a stated time; what no rule
//! speaks of is never answered, and a request for approval that nobody answers in time is refused. This module must
//! not know who asks, nor how an answer reaches them.
//!
//! ```
//! use moot_core::{Approval, ToolCall, Touch};
//! use moot_tool::person::{PersonOptions, ScriptedPerson};
//!
//! let PersonOptions::Scripted(options) = serde_json::from_str(
//!     r#"{ "scripted": { "approvals": [{ "tool": "write_file", "refuse": "not today" }] } }"#,
//! ).unwrap() else { unreachable!() };
//! let mut person = ScriptedPerson::new(options);
//! let call = ToolCall { id: "c".into(), name: "write_file".into(), arguments: "{}".into() };
//! let (approval, _after) = person.approve(&call, &Touch::default()).unwrap();
//! assert_eq!(approval, Approval::Refused("not today".into()));
//! assert_eq!(person.answer("Which colour?", &[]), None, "no rule speaks of it");
//! ```

use moot_core::{Approval, GrantScope, Text, ToolCall, Touch, VirtualDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is asked when an agent has a question or a call needs approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonOptions {
    /// Answers written down in the scenario.
    Scripted(ScriptedPersonOptions),
    /// Whoever sits at the terminal: the run waits for them.
    Interactive(InteractivePersonOptions),
}

/// What a scripted person answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedPersonOptions {
    /// What they answer to questions: the first rule that fits.
    pub answers: Vec<AnswerRule>,
    /// What they say to requests for approval: the first rule that fits.
    pub approvals: Vec<ApprovalRule>,
    /// How long a request for approval waits before it counts as refused; default 300s.
    #[schemars(with = "Option<String>")]
    pub timeout: Option<VirtualDuration>,
}

/// How an interactive person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InteractivePersonOptions {
    /// How long a request for approval waits, in real time, before it counts as refused; default 300s.
    #[schemars(with = "Option<String>")]
    pub timeout: Option<VirtualDuration>,
}

/// An answer to questions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// Only for questions that hold this text; for every question when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The answer.
    pub say: String,
    /// How long they think; default 0ms.
    #[serde(default)]
    #[schemars(with = "String")]
    pub after: VirtualDuration,
    /// How often the rule is used; without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
}

/// An answer to requests for approval: exactly one of `grant`, `refuse` and `never`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Only for calls of this tool; for every tool when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Only for calls whose arguments hold this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// They approve: for this call, for what it touches, or for the tool until the run ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantChoice>,
    /// They refuse, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuse: Option<String>,
    /// They never answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub never: bool,
    /// How long they think; default 0ms.
    #[serde(default)]
    #[schemars(with = "String")]
    pub after: VirtualDuration,
    /// How often the rule is used; without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
}

/// For how long an approval holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantChoice {
    /// For this call alone.
    Call,
    /// For calls of the tool that touch nothing but what this call touches first.
    Path,
    /// For every call of the tool until the run ends; of the shell, for calls that run the same programs.
    Run,
}

impl GrantChoice {
    /// The scope for a call that touches this. A call that touches nothing is approved once.
    #[must_use]
    pub fn scope(self, touch: &Touch) -> GrantScope {
        match (self, touch.claims.as_slice()) {
            (Self::Call, _) => GrantScope::Call,
            (Self::Run, _) => GrantScope::Run,
            (Self::Path, [only]) => GrantScope::Resource(only.resource.clone()),
            // What touches several things would be approved for more than was shown.
            (Self::Path, _) => GrantScope::Call,
        }
    }
}

/// What is wrong with the options: a path relative to them, and what is allowed.
pub type PersonProblem = (String, String);

impl PersonOptions {
    /// How long a request for approval waits by default.
    pub const TIMEOUT_DEFAULT: VirtualDuration = VirtualDuration::from_millis(300_000);

    /// How long a request for approval waits before it counts as refused.
    #[must_use]
    pub fn timeout(&self) -> VirtualDuration {
        let stated = match self {
            Self::Scripted(options) => options.timeout,
            Self::Interactive(options) => options.timeout,
        };
        stated.unwrap_or(Self::TIMEOUT_DEFAULT)
    }

    /// What is wrong with the options.
    #[must_use]
    pub fn check(&self) -> Vec<PersonProblem> {
        let Self::Scripted(options) = self else { return Vec::new() };
        let mut problems = Vec::new();
        for (index, rule) in options.approvals.iter().enumerate() {
            let chosen =
                usize::from(rule.grant.is_some()) + usize::from(rule.refuse.is_some()) + usize::from(rule.never);
            if chosen != 1 {
                let message = format!("{chosen} answers are given; write exactly one of `grant`, `refuse` and `never`");
                problems.push((format!("scripted.approvals[{index}]"), message));
            }
        }
        let times =
            options.answers.iter().map(|rule| rule.times).enumerate().map(|(index, times)| ("answers", index, times));
        let more = options.approvals.iter().map(|rule| rule.times).enumerate();
        for (list, index, times) in times.chain(more.map(|(index, times)| ("approvals", index, times))) {
            if times == Some(0) {
                let path = format!("scripted.{list}[{index}].times");
                problems.push((path, "0 is not allowed; a rule is used at least once".to_owned()));
            }
        }
        problems
    }
}

/// A scripted person with what they have used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptedPerson {
    options: ScriptedPersonOptions,
}

impl ScriptedPerson {
    /// A person who was asked nothing yet.
    #[must_use]
    pub const fn new(options: ScriptedPersonOptions) -> Self {
        Self { options }
    }

    /// The answer to a question and how long it takes; `None` when no rule speaks of it. With choices, an answer that
    /// is none of them is no answer.
    pub fn answer(&mut self, question: &str, choices: &[Text]) -> Option<(Text, VirtualDuration)> {
        let fits = |rule: &&mut AnswerRule| {
            rule.times != Some(0)
                && rule.about.as_ref().is_none_or(|about| question.contains(about))
                && (choices.is_empty() || choices.iter().any(|choice| **choice == *rule.say))
        };
        let rule = self.options.answers.iter_mut().find(fits)?;
        use_once(&mut rule.times);
        Some((Text::from(rule.say.as_str()), rule.after))
    }

    /// What they say to a request for approval and how long it takes; `None` when they never answer.
    pub fn approve(&mut self, call: &ToolCall, touch: &Touch) -> Option<(Approval, VirtualDuration)> {
        let fits = |rule: &&mut ApprovalRule| {
            rule.times != Some(0)
                && rule.tool.as_ref().is_none_or(|tool| **tool == *call.name)
                && rule.contains.as_ref().is_none_or(|text| call.arguments.contains(text))
        };
        let rule = self.options.approvals.iter_mut().find(fits)?;
        use_once(&mut rule.times);
        let approval = match (&rule.refuse, rule.grant) {
            (Some(reason), _) => Approval::Refused(Text::from(reason.as_str())),
            (None, Some(choice)) => Approval::Granted(choice.scope(touch)),
            (None, None) => return None,
        };
        Some((approval, rule.after))
    }
}

fn use_once(times: &mut Option<u32>) {
    if let Some(left) = times {
        *left = left.saturating_sub(1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::Claim;

    use super::*;

    fn person(text: &str) -> ScriptedPerson {
        ScriptedPerson::new(serde_json::from_str(text).unwrap())
    }

    fn call(arguments: &str) -> ToolCall {
        ToolCall { id: "c".into(), name: "write_file".into(), arguments: arguments.into() }
    }

    #[test]
    fn the_first_rule_that_fits_and_is_not_used_up_answers() {
        let mut person = person(
            r#"{ "approvals": [
                { "contains": "secret", "refuse": "no secrets" },
                { "tool": "write_file", "grant": "call", "times": 1 },
                { "never": true }
            ] }"#,
        );
        let touch = Touch::claims([Claim::writes_file("a.txt")]);
        let mut say = |arguments: &str| person.approve(&call(arguments), &touch).map(|(approval, _)| approval);
        assert_eq!(say("{\"path\":\"secret\"}"), Some(Approval::Refused("no secrets".into())));
        assert_eq!(say("{}"), Some(Approval::Granted(GrantScope::Call)));
        assert_eq!(say("{}"), None, "the rule is used up, and then they never answer");
    }

    #[test]
    fn an_approval_for_a_path_holds_for_no_more_than_was_shown() {
        let one = Touch::claims([Claim::writes_file("a.txt")]);
        let two = Touch::claims([Claim::writes_file("a.txt"), Claim::writes_file("b.txt")]);
        assert_eq!(GrantChoice::Path.scope(&one), GrantScope::Resource(moot_core::Resource::File("a.txt".into())));
        assert_eq!(GrantChoice::Path.scope(&two), GrantScope::Call);
    }

    #[test]
    fn a_question_with_choices_is_answered_with_one_of_them() {
        let mut person = person(r#"{ "answers": [{ "say": "green" }, { "say": "red", "after": "2s" }] }"#);
        let choices: [Text; 2] = ["red".into(), "blue".into()];
        assert_eq!(person.answer("Which?", &choices), Some(("red".into(), VirtualDuration::from_millis(2_000))));
        assert_eq!(person.answer("Which?", &[]).unwrap().0, "green".into());
    }

    #[test]
    fn an_approval_rule_says_exactly_one_thing() {
        for (rule, good) in [
            (r#"{ "grant": "run" }"#, true),
            (r#"{ "never": true }"#, true),
            (r#"{}"#, false),
            (r#"{ "grant": "run", "refuse": "no" }"#, false),
            (r#"{ "grant": "run", "times": 0 }"#, false),
        ] {
            let text = format!(r#"{{ "scripted": {{ "approvals": [{rule}] }} }}"#);
            let options: PersonOptions = serde_json::from_str(&text).unwrap();
            assert_eq!(options.check().is_empty(), good, "{rule}: {:?}", options.check());
        }
    }
}
