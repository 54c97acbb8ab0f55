//! Answers of hooks: how they are read, and which of them mean something at which event.
//!
//! | event | legal besides `allow` | what a denial does, one made of a failure too |
//! | --- | --- | --- |
//! | `run_started` | `deny` | the run fails |
//! | `task_submitted` | `deny`, `annotate` | the task ends as failed |
//! | `before_model_call` | `deny`, `annotate` | the turn ends as failed, the model is not asked |
//! | `after_model_call` | `annotate` | the reply is not used and the turn ends as failed |
//! | `before_tool_call` | `deny`, `ask`, `rewrite`, `annotate` | the call is denied |
//! | `permission_asked` | `deny`, `ask`, `annotate` | the call is denied |
//! | `after_tool_call` | `rewrite`, `annotate` | the result is withheld from the model |
//! | `before_compaction` | `deny` | this compaction does not happen |
//! | `after_compaction` | `annotate` | the compacted transcript is not used |
//! | `stop`, `subagent_stop` | `deny`, `send_on`, `annotate` | the answer is refused, the assignment ends as failed |
//! | `run_ended` | `annotate` | it is noted in the journal; nothing is left to forbid |
//!
//! At `permission_asked`, `allow` answers in the place of a person, and `ask` and `annotate` leave it to the person.
//! This module must not know who answered.
//!
//! ```
//! use moot_core::{HookEvent, HookVerdict};
//! use moot_mind::hook::{accept, parse_answer};
//!
//! let answer = parse_answer(br#"{ "verdict": "deny", "text": "not today" }"#);
//! assert_eq!(accept(HookEvent::BeforeToolCall, answer), HookVerdict::Deny("not today".into()));
//! let twice = parse_answer(br#"{ "verdict": "allow" } { "verdict": "allow" }"#);
//! assert!(matches!(accept(HookEvent::BeforeToolCall, twice), HookVerdict::Deny(_)));
//! ```

use moot_core::{HookEvent, HookVerdict, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most bytes that an answer may have.
pub const ANSWER_BYTES_MAX: usize = 262_144;

/// A verdict without what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VerdictKind {
    /// No objection.
    Allow,
    /// It must not happen.
    Deny,
    /// Somebody has to approve it.
    Ask,
    /// The arguments or the content become something else.
    Rewrite,
    /// Something is added to what the model reads.
    Annotate,
    /// The agent goes on with a further message.
    SendOn,
}

impl VerdictKind {
    /// The kind of a verdict.
    #[must_use]
    pub const fn of(verdict: &HookVerdict) -> Self {
        match verdict {
            HookVerdict::Allow => Self::Allow,
            HookVerdict::Deny(_) => Self::Deny,
            HookVerdict::Ask(_) => Self::Ask,
            HookVerdict::Rewrite(_) => Self::Rewrite,
            HookVerdict::Annotate(_) => Self::Annotate,
            HookVerdict::SendOn(_) => Self::SendOn,
        }
    }

    /// The name used in files and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Rewrite => "rewrite",
            Self::Annotate => "annotate",
            Self::SendOn => "send_on",
        }
    }
}

/// The verdicts that mean something at an event.
#[must_use]
pub const fn legal_verdicts(event: HookEvent) -> &'static [VerdictKind] {
    use VerdictKind::{Allow, Annotate, Ask, Deny, Rewrite, SendOn};
    match event {
        HookEvent::RunStarted | HookEvent::BeforeCompaction => &[Allow, Deny],
        HookEvent::TaskSubmitted | HookEvent::BeforeModelCall => &[Allow, Deny, Annotate],
        HookEvent::BeforeToolCall => &[Allow, Deny, Ask, Rewrite, Annotate],
        HookEvent::PermissionAsked => &[Allow, Deny, Ask, Annotate],
        HookEvent::AfterToolCall => &[Allow, Rewrite, Annotate],
        HookEvent::AfterModelCall | HookEvent::AfterCompaction | HookEvent::RunEnded => &[Allow, Annotate],
        HookEvent::Stop | HookEvent::SubagentStop => &[Allow, Deny, SendOn, Annotate],
    }
}

/// What a denial does at an event, in words for a message: "the call is denied".
#[must_use]
pub const fn deny_means(event: HookEvent) -> &'static str {
    match event {
        HookEvent::RunStarted => "the run fails",
        HookEvent::TaskSubmitted => "the task ends as failed",
        HookEvent::BeforeModelCall => "the turn ends as failed, the model is not asked",
        HookEvent::AfterModelCall => "the reply is not used and the turn ends as failed",
        HookEvent::BeforeToolCall | HookEvent::PermissionAsked => "the call is denied",
        HookEvent::AfterToolCall => "the result is withheld from the model",
        HookEvent::BeforeCompaction => "this compaction does not happen",
        HookEvent::AfterCompaction => "the compacted transcript is not used",
        HookEvent::Stop | HookEvent::SubagentStop => "the answer is refused, the assignment ends as failed",
        HookEvent::RunEnded => "it is noted in the journal",
    }
}

/// The verdict that holds: the answer itself when it is legal at the event, else a denial that says why.
#[must_use]
pub fn accept(event: HookEvent, answer: Result<HookVerdict, Text>) -> HookVerdict {
    match answer {
        Ok(verdict) if legal_verdicts(event).contains(&VerdictKind::of(&verdict)) => verdict,
        Ok(verdict) => {
            let names: Vec<&str> = legal_verdicts(event).iter().map(|kind| kind.as_str()).collect();
            let (event, verdict, names) = (event.as_str(), verdict.as_str(), names.join(", "));
            HookVerdict::Deny(
                format!("the hook answered {verdict}, which means nothing at {event}; expected one of {names}").into(),
            )
        }
        Err(problem) => HookVerdict::Deny(format!("the hook gave no usable answer: {problem}").into()),
    }
}

/// The answer as an external command prints it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: String,
    #[serde(default)]
    text: Option<String>,
    /// As they were written: they are read like those that a model writes, which refuses a key that stands there twice.
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
}

/// Reads the answer that an external command printed: exactly one JSON object,
/// `{"verdict": "allow" | "deny" | "ask" | "rewrite" | "annotate" | "send_on", "text": "…"}`. All but `allow` need a
/// `text`; a rewrite of arguments may give them as an object `arguments` in its place.
///
/// # Errors
/// Says what is wrong with it: nothing, too much, no UTF-8, no JSON, more than one value, a key twice or unknown, an
/// unknown verdict, a text that is missing. Whether the verdict is legal at an event is for [`accept`].
pub fn parse_answer(stdout: &[u8]) -> Result<HookVerdict, Text> {
    let bytes = stdout.len();
    if bytes > ANSWER_BYTES_MAX {
        return Err(format!("it printed {bytes} bytes; an answer has at most {ANSWER_BYTES_MAX}").into());
    }
    if stdout.trim_ascii().is_empty() {
        return Err(r#"it printed nothing; expected one JSON object such as {"verdict": "allow"}"#.into());
    }
    // An array would read as an object whose keys are left out.
    if stdout.trim_ascii_start().first() != Some(&b'{') {
        return Err(format!("what it printed is not one answer: it is no object; expected e.g. {EXAMPLE}").into());
    }
    let written: Written = serde_json::from_slice(stdout).map_err(|error| -> Text {
        format!("what it printed is not one answer: {error}; expected one JSON object such as {EXAMPLE}").into()
    })?;
    let Written { verdict, text, arguments } = written;
    let needed = |text: Option<String>| -> Result<Text, Text> {
        text.map(Text::from).ok_or_else(|| format!("its verdict {verdict} needs a text").into())
    };
    if arguments.is_some() && (verdict != "rewrite" || text.is_some()) {
        return Err("its answer holds arguments; they belong to the verdict rewrite, in the place of a text".into());
    }
    if arguments.as_ref().is_some_and(|arguments| !arguments.get().starts_with('{')) {
        return Err(format!("its arguments are no object; expected e.g. {REWRITE_EXAMPLE}").into());
    }
    Ok(match (verdict.as_str(), arguments) {
        ("allow", _) => HookVerdict::Allow,
        ("deny", _) => HookVerdict::Deny(needed(text)?),
        ("ask", _) => HookVerdict::Ask(needed(text)?),
        ("annotate", _) => HookVerdict::Annotate(needed(text)?),
        ("send_on", _) => HookVerdict::SendOn(needed(text)?),
        ("rewrite", Some(arguments)) => HookVerdict::Rewrite(arguments.get().into()),
        ("rewrite", None) => HookVerdict::Rewrite(needed(text)?),
        _ => {
            let message = format!(
                "its verdict {verdict:?} is unknown; expected one of allow, deny, ask, rewrite, annotate, send_on"
            );
            return Err(message.into());
        }
    })
}

const EXAMPLE: &str = r#"{"verdict": "deny", "text": "why"}"#;

const REWRITE_EXAMPLE: &str = r#"{"verdict": "rewrite", "arguments": {"path": "a.txt"}}"#;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_reads() {
        for (printed, expected) in [
            (r#"{"verdict":"allow"}"#, HookVerdict::Allow),
            (" {\"verdict\":\"allow\",\"text\":\"fine\"}\n", HookVerdict::Allow),
            (r#"{"verdict":"deny","text":"no"}"#, HookVerdict::Deny("no".into())),
            (r#"{"text":"why?","verdict":"ask"}"#, HookVerdict::Ask("why?".into())),
            (r#"{"verdict":"annotate","text":"n"}"#, HookVerdict::Annotate("n".into())),
            (r#"{"verdict":"send_on","text":"go"}"#, HookVerdict::SendOn("go".into())),
            (r#"{"verdict":"rewrite","text":"{\"a\":1}"}"#, HookVerdict::Rewrite(r#"{"a":1}"#.into())),
            (r#"{"verdict":"rewrite","arguments":{"a":1}}"#, HookVerdict::Rewrite(r#"{"a":1}"#.into())),
            // A key that stands there twice is left for the tool's reader to refuse: no one of the two wins.
            (r#"{"verdict":"rewrite","arguments":{"a":1, "a":2}}"#, HookVerdict::Rewrite(r#"{"a":1, "a":2}"#.into())),
            (r#"{"verdict":"allow","arguments":null}"#, HookVerdict::Allow),
        ] {
            assert_eq!(parse_answer(printed.as_bytes()), Ok(expected), "{printed}");
        }
    }

    #[test]
    fn whatever_is_not_one_verdict_denies() {
        let long = format!(r#"{{"verdict":"deny","text":"{}"}}"#, "x".repeat(400_000));
        for (printed, said) in [
            ("", "printed nothing"),
            (" \n\t", "printed nothing"),
            ("allow", "not one answer"),
            (r#""allow""#, "not one answer"),
            ("null", "not one answer"),
            (r#"["allow"]"#, "not one answer"),
            (r#"{"verdict":"allow"}{"verdict":"allow"}"#, "trailing"),
            (r#"{"verdict":"allow"} ok"#, "trailing"),
            (r#"{"verdict":"allow","verdict":"deny","text":"x"}"#, "duplicate field"),
            (r#"{"verdict":"Allow"}"#, "is unknown"),
            (r#"{"verdict":"yes"}"#, "is unknown"),
            (r#"{"verdict":true}"#, "not one answer"),
            (r#"{"decision":"allow"}"#, "unknown field"),
            (r#"{"verdict":"allow","unknown":1}"#, "unknown field"),
            (r#"{"verdict":"deny"}"#, "needs a text"),
            (r#"{"verdict":"rewrite"}"#, "needs a text"),
            (r#"{"verdict":"allow","arguments":{}}"#, "belong to the verdict rewrite"),
            (r#"{"verdict":"rewrite","text":"{}","arguments":{}}"#, "in the place of a text"),
            (r#"{"verdict":"rewrite","arguments":[1]}"#, "its arguments are no object"),
            (r#"{"verdict":"rewrite","arguments":"{}"}"#, "its arguments are no object"),
            (r#"{"verdict":"allow""#, "not one answer"),
            (long.as_str(), "at most 262144"),
        ] {
            let problem = parse_answer(printed.as_bytes()).unwrap_err();
            assert!(problem.contains(said), "{printed:.40}: {problem}");
            for event in HookEvent::ALL {
                let verdict = accept(event, parse_answer(printed.as_bytes()));
                assert!(matches!(&verdict, HookVerdict::Deny(text) if text.contains(said)), "{printed:.40}");
            }
        }
        assert!(parse_answer(b"\xff\xfe").is_err(), "no UTF-8");
    }

    #[test]
    fn a_verdict_out_of_place_denies() {
        use VerdictKind::{Allow, Annotate, Ask, Deny, Rewrite, SendOn};
        let text = || Text::from("t");
        let verdicts = [
            (Allow, HookVerdict::Allow),
            (Deny, HookVerdict::Deny(text())),
            (Ask, HookVerdict::Ask(text())),
            (Rewrite, HookVerdict::Rewrite(text())),
            (Annotate, HookVerdict::Annotate(text())),
            (SendOn, HookVerdict::SendOn(text())),
        ];
        // Event by event: a letter for each legal verdict, in the order above.
        let table = [
            (HookEvent::RunStarted, "A D"),
            (HookEvent::TaskSubmitted, "A D N"),
            (HookEvent::BeforeModelCall, "A D N"),
            (HookEvent::AfterModelCall, "A N"),
            (HookEvent::BeforeToolCall, "A D K R N"),
            (HookEvent::PermissionAsked, "A D K N"),
            (HookEvent::AfterToolCall, "A R N"),
            (HookEvent::BeforeCompaction, "A D"),
            (HookEvent::AfterCompaction, "A N"),
            (HookEvent::Stop, "A D N S"),
            (HookEvent::SubagentStop, "A D N S"),
            (HookEvent::RunEnded, "A N"),
        ];
        assert_eq!(table.map(|row| row.0).len(), HookEvent::ALL.len());
        for (event, legal) in table {
            for ((kind, verdict), letter) in verdicts.iter().zip(["A", "D", "K", "R", "N", "S"]) {
                let held = accept(event, Ok(verdict.clone()));
                match legal.contains(letter) {
                    true => assert_eq!(&held, verdict, "{event:?} {kind:?}"),
                    false => assert!(
                        matches!(&held, HookVerdict::Deny(text) if text.contains("means nothing at")),
                        "{event:?} {kind:?}: {held:?}"
                    ),
                }
            }
        }
    }
}
