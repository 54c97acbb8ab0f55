//! What goes wrong with an attempt of a model call: a failure in place of a reply, a reply cut short, a wrong usage.
//!
//! Everything stands at the trait of models: what comes is what a provider would have answered. This module must not
//! know what is made of a failure.
//!
//! ```
//! use moot_core::{ModelFailureKind, ModelReply, Usage};
//! use moot_safety::fault::{CutPoint, ModelFault};
//!
//! let reply = ModelReply { usage: Some(Usage::new(100, 40)), ..ModelReply::text("Half of this is seen.") };
//! let failure = ModelFault::Cut(CutPoint::MidText).apply(reply).unwrap_err();
//! assert_eq!(failure.kind, ModelFailureKind::Connection);
//! assert_eq!(&*failure.wire.unwrap().body, "Half of th");
//! assert_eq!(failure.usage, Some(Usage::new(100, 20)), "what was written before the cut is paid");
//! ```

use moot_core::{ModelDelta, ModelFailure, ModelFailureKind, ModelReply, Text, Usage, VirtualDuration, WireFailure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes wrong with an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelFault {
    /// The request is refused before the model reads it, or never gets there: it takes no tokens.
    Refused(Box<ModelFailure>),
    /// The model does its work, and the reply is lost on its way: its tokens are taken. The failure is known when the
    /// reply would have come, or when it says itself, whichever is later.
    Lost(Box<ModelFailure>),
    /// The reply ends before its end.
    Cut(CutPoint),
    /// The reply comes, with a wrong usage.
    Usage(UsageFault),
}

/// Where a reply ends that is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutPoint {
    /// Before anything came.
    BeforeFirstToken,
    /// In the middle of its text.
    MidText,
    /// In the middle of its first tool call; in the middle of the text of a reply that calls none.
    MidToolCall,
    /// At the end, but without the word that it is the end: the connection is closed as if all were well.
    NoFinishReason,
}

/// What is wrong with a usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageFault {
    /// There is none.
    Missing,
    /// It says that nothing was taken.
    Zero,
    /// It is below zero, which can't be: it counts as not known.
    Negative,
    /// The last piece says another than the first: twice the output and one more. The last one counts.
    Changed,
}

impl CutPoint {
    /// Every point.
    pub const ALL: [Self; 4] = [Self::BeforeFirstToken, Self::MidText, Self::MidToolCall, Self::NoFinishReason];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeFirstToken => "before_first_token",
            Self::MidText => "mid_text",
            Self::MidToolCall => "mid_tool_call",
            Self::NoFinishReason => "no_finish_reason",
        }
    }
}

impl UsageFault {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Zero, Self::Negative, Self::Changed];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Zero => "zero",
            Self::Negative => "negative",
            Self::Changed => "changed",
        }
    }
}

impl ModelFault {
    /// Whether the request gets to the model; if not, it need not be asked.
    #[must_use]
    pub const fn is_sent(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// What comes in place of the reply that the model gives.
    ///
    /// # Errors
    /// The failure that comes instead; none when only the usage is wrong.
    pub fn apply(&self, reply: ModelReply) -> Result<ModelReply, ModelFailure> {
        match self {
            Self::Refused(failure) => Err(ModelFailure { usage: Some(Usage::default()), ..(**failure).clone() }),
            Self::Lost(failure) => {
                let latency = failure.latency.max(reply.latency);
                Err(ModelFailure { usage: reply.usage, latency, ..(**failure).clone() })
            }
            Self::Cut(point) => Err(point.cut(&reply)),
            Self::Usage(fault) => Ok(ModelReply { usage: fault.usage(reply.usage), ..reply }),
        }
    }

    /// The pieces that still come of those in which the reply would have come, each after so long.
    #[must_use]
    pub fn pieces_shown(&self, pieces: Vec<(VirtualDuration, ModelDelta)>) -> Vec<(VirtualDuration, ModelDelta)> {
        match self {
            Self::Refused(_) | Self::Lost(_) => Vec::new(),
            Self::Cut(point) => point.pieces(pieces),
            Self::Usage(_) => pieces,
        }
    }
}

impl CutPoint {
    fn cut(self, reply: &ModelReply) -> ModelFailure {
        let (kind, message) = match self {
            Self::BeforeFirstToken => (ModelFailureKind::Connection, "the connection broke before anything came"),
            Self::MidText => (ModelFailureKind::Connection, "the connection broke in the middle of the text"),
            Self::MidToolCall if reply.tool_calls.is_empty() => {
                (ModelFailureKind::Connection, "the connection broke in the middle of the text")
            }
            Self::MidToolCall => (ModelFailureKind::Connection, "the connection broke in the middle of a tool call"),
            Self::NoFinishReason => (ModelFailureKind::MalformedReply, "the reply ended without a finish reason"),
        };
        let wire = WireFailure {
            status: Some(200),
            headers: vec![("content-type".into(), "text/event-stream".into())],
            body: self.body(reply),
        };
        ModelFailure {
            usage: reply.usage.map(|usage| Usage { output_tokens: self.written(usage.output_tokens), ..usage }),
            latency: self.latency(reply.latency),
            wire: Some(Box::new(wire)),
            ..ModelFailure::new(kind, message)
        }
    }

    /// What was seen of the reply.
    fn body(self, reply: &ModelReply) -> Text {
        match (self, reply.tool_calls.first()) {
            (Self::BeforeFirstToken, _) => "".into(),
            (Self::MidText, _) | (Self::MidToolCall, None) => first_half(&reply.text).into(),
            (Self::MidToolCall, Some(call)) => {
                format!("{}{}{}", reply.text, call.name, first_half(&call.arguments)).into()
            }
            (Self::NoFinishReason, _) => reply.text.clone(),
        }
    }

    /// How many of the output tokens were written.
    const fn written(self, output_tokens: u64) -> u64 {
        match self {
            Self::BeforeFirstToken => 0,
            Self::MidText | Self::MidToolCall => output_tokens.div_ceil(2),
            Self::NoFinishReason => output_tokens,
        }
    }

    /// When the cut is known.
    const fn latency(self, whole: VirtualDuration) -> VirtualDuration {
        match self {
            Self::BeforeFirstToken | Self::MidText => VirtualDuration::from_millis(whole.as_millis().div_ceil(2)),
            Self::MidToolCall | Self::NoFinishReason => whole,
        }
    }

    fn pieces(self, pieces: Vec<(VirtualDuration, ModelDelta)>) -> Vec<(VirtualDuration, ModelDelta)> {
        let texts = pieces.iter().filter(|(_, piece)| piece.text().is_some()).count();
        let calls = pieces.len() - texts;
        let shown = match self {
            Self::BeforeFirstToken => 0,
            Self::MidText => texts / 2,
            Self::MidToolCall if calls == 0 => texts / 2,
            // The text comes before the calls.
            Self::MidToolCall => texts + calls / 2,
            Self::NoFinishReason => pieces.len(),
        };
        pieces.into_iter().take(shown).collect()
    }
}

impl UsageFault {
    const fn usage(self, true_usage: Option<Usage>) -> Option<Usage> {
        match (self, true_usage) {
            (Self::Missing | Self::Negative, _) => None,
            (Self::Zero, _) => Some(Usage::new(0, 0)),
            (Self::Changed, Some(usage)) => {
                let output_tokens = usage.output_tokens.saturating_mul(2).saturating_add(1);
                Some(Usage { output_tokens, ..usage })
            }
            (Self::Changed, None) => None,
        }
    }
}

/// The first half of a text, by characters.
fn first_half(text: &str) -> &str {
    let half = text.chars().count() / 2;
    text.char_indices().nth(half).map_or("", |(end, _)| text.get(..end).unwrap_or(""))
}

/// A failure that came over the wire.
pub(crate) fn answered(kind: ModelFailureKind, status: u16, headers: &[(&str, &str)], body: &str) -> ModelFailure {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let wire = WireFailure { status: Some(status), headers, body: body.into() };
    ModelFailure {
        wire: Some(Box::new(wire)),
        ..ModelFailure::new(kind, format!("the provider answered with HTTP {status}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::ToolCall;

    use super::*;

    fn reply() -> ModelReply {
        let call = ToolCall { id: "c".into(), name: "look".into(), arguments: r#"{"at":1}"#.into() };
        ModelReply {
            text: "So: ".into(),
            usage: Some(Usage::new(10, 5)),
            latency: VirtualDuration::from_millis(301),
            ..ModelReply::calls(vec![call])
        }
    }

    #[test]
    fn what_is_refused_takes_nothing_and_what_is_lost_takes_all() {
        let failure = ModelFailure {
            latency: VirtualDuration::from_millis(50),
            ..answered(ModelFailureKind::RateLimited, 429, &[("retry-after", "3")], "slow")
        };
        let refused = ModelFault::Refused(Box::new(failure.clone()));
        let found = refused.apply(reply()).unwrap_err();
        assert_eq!((found.usage, found.latency.as_millis()), (Some(Usage::new(0, 0)), 50));
        assert_eq!(found.wire.unwrap().header("retry-after"), Some("3"));
        let lost = ModelFault::Lost(Box::new(failure));
        let found = lost.apply(reply()).unwrap_err();
        assert_eq!((found.usage, found.latency.as_millis()), (Some(Usage::new(10, 5)), 301));
        assert_eq!((refused.is_sent(), lost.is_sent()), (false, true));
    }

    #[test]
    fn a_cut_is_known_and_paid_as_far_as_it_came() {
        for (point, kind, body, output, latency_ms) in [
            (CutPoint::BeforeFirstToken, ModelFailureKind::Connection, "", 0, 151),
            (CutPoint::MidText, ModelFailureKind::Connection, "So", 3, 151),
            (CutPoint::MidToolCall, ModelFailureKind::Connection, r#"So: look{"at"#, 3, 301),
            (CutPoint::NoFinishReason, ModelFailureKind::MalformedReply, "So: ", 5, 301),
        ] {
            let failure = ModelFault::Cut(point).apply(reply()).unwrap_err();
            assert_eq!(failure.kind, kind, "{point:?}");
            assert_eq!(&*failure.wire.unwrap().body, body);
            assert_eq!(failure.usage, Some(Usage::new(10, output)), "{point:?}");
            assert_eq!(failure.latency.as_millis(), latency_ms, "{point:?}");
        }
        let unknown = ModelFault::Cut(CutPoint::MidText).apply(ModelReply::text("é")).unwrap_err();
        assert_eq!((unknown.usage, &*unknown.wire.unwrap().body), (None, ""));
    }

    #[test]
    fn no_piece_comes_after_the_cut() {
        let text = |at| (VirtualDuration::from_millis(at), ModelDelta::Text("x".into()));
        let call = |at| {
            let piece = ModelDelta::ToolCall { index: 0, id: None, name: None, arguments: "x".into() };
            (VirtualDuration::from_millis(at), piece)
        };
        let pieces = vec![text(50), text(100), text(150), text(200), call(250), call(301)];
        for (point, expected) in CutPoint::ALL.into_iter().zip([0, 2, 5, 6]) {
            let fault = ModelFault::Cut(point);
            let shown = fault.pieces_shown(pieces.clone());
            assert_eq!(shown.len(), expected, "{point:?}");
            let latency = fault.apply(reply()).unwrap_err().latency;
            assert!(shown.iter().all(|(at, _)| *at <= latency), "{point:?}");
        }
        assert_eq!(ModelFault::Usage(UsageFault::Zero).pieces_shown(pieces.clone()), pieces);
    }

    #[test]
    fn a_wrong_usage_leaves_the_reply() {
        for (fault, known, unknown) in [
            (UsageFault::Missing, None, None),
            (UsageFault::Zero, Some(Usage::new(0, 0)), Some(Usage::new(0, 0))),
            (UsageFault::Negative, None, None),
            (UsageFault::Changed, Some(Usage::new(10, 11)), None),
        ] {
            let found = ModelFault::Usage(fault).apply(reply()).unwrap();
            assert_eq!(found, ModelReply { usage: known, ..reply() });
            let found = ModelFault::Usage(fault).apply(ModelReply::text("x")).unwrap();
            assert_eq!(found.usage, unknown);
        }
    }
}
