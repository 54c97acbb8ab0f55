//! What kind of failure an HTTP answer is, by its status and body.
//!
//! It must not know which provider answered: the marks of all are looked for.
//!
//! ```
//! use moot_core::{ModelFailureKind, WireFailure};
//! use moot_mind::retry::{is_quota, kind_of};
//!
//! let answer = |status, body: &str| WireFailure { status: Some(status), headers: vec![], body: body.into() };
//! assert_eq!(kind_of(&answer(429, "")), ModelFailureKind::RateLimited);
//! let no_credit = answer(429, r#"{"error":{"code":"insufficient_quota","message":"…"}}"#);
//! assert!(is_quota(&no_credit));
//! assert_eq!(kind_of(&no_credit), ModelFailureKind::Authentication);
//! ```

use moot_core::{ModelFailureKind, WireFailure};
use serde_json::Value;

/// Codes that providers give when the account may spend no more: OpenAI, Anthropic, OpenRouter, DeepSeek.
const QUOTA_CODES: [&str; 9] = [
    "insufficient_quota",
    "enforced_spend_limit_reached",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "insufficient_credits",
    "insufficient_balance",
    "credits_exhausted",
    "credit_exhausted",
];

/// Words for the same where there is no code. "You exceeded your current quota" is none of them: Google says it of
/// limits per minute too.
const QUOTA_PHRASES: [&str; 7] = [
    "credit balance is too low",
    "credit exhausted",
    "credits exhausted",
    "insufficient credit",
    "insufficient balance",
    "out of credits",
    "specified api usage limits",
];

/// Marks of a request that is longer than the model's context.
const CONTEXT_MARKS: [&str; 5] =
    ["context_length_exceeded", "maximum context length", "context window", "prompt is too long", "input is too long"];

/// Marks of content that the provider refuses.
const REFUSAL_MARKS: [&str; 4] = ["content_policy_violation", "content_filter", "content policy", "safety system"];

/// The kind of failure that an answer stands for. Whether it is tried again is [`decide`](super::decide)'s to say.
///
/// An account that may spend no more is named `authentication`: nothing in the request can mend it.
#[must_use]
pub fn kind_of(wire: &WireFailure) -> ModelFailureKind {
    let Some(status) = wire.status else { return ModelFailureKind::Connection };
    if is_quota(wire) {
        return ModelFailureKind::Authentication;
    }
    match status {
        // The status says that all is well, and yet there is no reply.
        0..300 => ModelFailureKind::MalformedReply,
        400 if holds_any(&wire.body, &CONTEXT_MARKS) => ModelFailureKind::ContextTooLong,
        400 if holds_any(&wire.body, &REFUSAL_MARKS) => ModelFailureKind::Refused,
        401..=403 => ModelFailureKind::Authentication,
        408 | 504 => ModelFailureKind::Timeout,
        409 => ModelFailureKind::ServerError,
        413 => ModelFailureKind::ContextTooLong,
        429 => ModelFailureKind::RateLimited,
        503 | 529 => ModelFailureKind::Overloaded,
        // A redirect is not followed: it would hand the key to another host.
        300..500 => ModelFailureKind::InvalidRequest,
        500.. => ModelFailureKind::ServerError,
    }
}

/// Whether a client error says that the account's quota, credit or spending limit is used up: no wait helps.
#[must_use]
pub fn is_quota(wire: &WireFailure) -> bool {
    if !wire.status.is_some_and(|status| (400..500).contains(&status)) {
        return false;
    }
    match serde_json::from_str::<Value>(&wire.body) {
        Ok(body) => {
            let is_code = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some_and(is_quota_code);
            let pointers = ["/error/code", "/error/type", "/error/details/error_code", "/code", "/type", "/error"];
            let message = body.pointer("/error/message").or_else(|| body.pointer("/message")).and_then(Value::as_str);
            pointers.into_iter().any(is_code) || message.is_some_and(|message| holds_any(message, &QUOTA_PHRASES))
        }
        // No JSON, or only its beginning: a code is then known by its quotation marks.
        Err(_) => {
            let is_quoted = |code: &&str| wire.body.contains(&format!("\"{code}\""));
            QUOTA_CODES.iter().any(is_quoted) || holds_any(&wire.body, &QUOTA_PHRASES)
        }
    }
}

fn is_quota_code(code: &str) -> bool {
    QUOTA_CODES.contains(&code)
}

/// Whether a text holds one of the marks, which are in lower case, in whatever case.
fn holds_any(text: &str, marks: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    marks.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> WireFailure {
        WireFailure { status: Some(status), headers: Vec::new(), body: body.into() }
    }

    #[test]
    fn every_status_has_a_kind() {
        use ModelFailureKind as Kind;
        for (status, body, kind) in [
            (200, "<html>", Kind::MalformedReply),
            (204, "", Kind::MalformedReply),
            (100, "", Kind::MalformedReply),
            (301, "", Kind::InvalidRequest),
            (400, "", Kind::InvalidRequest),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, Kind::ContextTooLong),
            (400, "Prompt is too long: 210000 tokens > 200000", Kind::ContextTooLong),
            (400, r#"{"error":{"code":"content_policy_violation"}}"#, Kind::Refused),
            (400, r#"{"error":{"message":"Your credit balance is too low"}}"#, Kind::Authentication),
            (401, "", Kind::Authentication),
            (402, "", Kind::Authentication),
            (403, "", Kind::Authentication),
            (404, "", Kind::InvalidRequest),
            (408, "", Kind::Timeout),
            (409, "", Kind::ServerError),
            (413, "", Kind::ContextTooLong),
            (418, "", Kind::InvalidRequest),
            (422, "", Kind::InvalidRequest),
            (429, "", Kind::RateLimited),
            (500, "", Kind::ServerError),
            (502, "", Kind::ServerError),
            (503, "", Kind::Overloaded),
            (504, "", Kind::Timeout),
            (529, "", Kind::Overloaded),
            (599, "", Kind::ServerError),
            (u16::MAX, "", Kind::ServerError),
        ] {
            assert_eq!(kind_of(&answer(status, body)), kind, "{status} {body}");
        }
        assert_eq!(kind_of(&WireFailure::default()), Kind::Connection);
    }

    #[test]
    fn a_quota_is_told_from_a_rate() {
        for (body, expected) in [
            (r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, true),
            (r#"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#, true),
            (r#"{"error":{"message":"Credit exhausted for this key"}}"#, true),
            (r#"{"message":"Insufficient credits"}"#, true),
            (r#"{"error":"credits_exhausted"}"#, true),
            (r#"{"error":{"code":"insufficient_quota","message":"You exc"#, true),
            ("out of credits", true),
            (r#"{"error":{"code":"rate_limit_exceeded","message":"Limit 10/min"}}"#, false),
            (r#"{"error":{"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota"}}"#, false),
            (r#"{"error":{"message":"see the docs on insufficient_quota"}}"#, false),
            ("", false),
            ("[]", false),
            ("null", false),
        ] {
            assert_eq!(is_quota(&answer(429, body)), expected, "{body}");
        }
        assert!(!is_quota(&answer(500, "out of credits")), "a server that fails may say anything");
        assert!(!is_quota(&WireFailure { body: "out of credits".into(), ..WireFailure::default() }));
    }
}
