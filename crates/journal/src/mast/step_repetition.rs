//! MAST 1.3, step repetition: a step that is done already is done again.
//!
//! The rule: within one task, an agent makes the same tool call (the same tool, equal arguments) three times, and each
//! gives the same result, with no other result of that call in between, while the earlier results are in its transcript.
//! Twice may be a look whether something has changed; the third time is a step that brings nothing.
//!
//! ```
//! // Of the scenario's events: read a.txt -> "x", read a.txt -> "x", read a.txt -> "x".
//! let results = ["x", "x", "x"];
//! assert!(results.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]));
//! ```

use moot_core::Event;

use super::calls::{How, Repeated, SAME_RESULTS};
use super::{Finding, MastTag};

pub(super) fn judge(repeated: &Repeated, event: &Event) -> Option<Finding> {
    let How::SameResult(events) = &repeated.how else { return None };
    let what = format!("called {} {SAME_RESULTS} times with the same arguments and the same result", repeated.tool);
    let (task, actor, events) = (repeated.task, event.actor.clone(), events.clone());
    Some(Finding { task, tag: MastTag::StepRepetition, actor, events, what: what.into() })
}

#[cfg(test)]
mod tests {
    use moot_core::Outcome;

    use crate::coordination::testing::Script;
    use crate::mast::tags;

    fn begun() -> Script {
        let mut script = Script::new();
        script.task(None).assigned("clerk", "world");
        script
    }

    #[test]
    fn the_third_time_with_the_same_result_is_tagged_once() {
        let mut script = begun();
        for _ in 0..5 {
            script.used("clerk", "read_file", r#"{"path":"a.txt"}"#, "x");
        }
        assert_eq!(tags(&script), ["1.3 clerk 2 4 6"]);
    }

    #[test]
    fn arguments_are_equal_as_values_and_errors_are_results() {
        let mut script = begun();
        for arguments in [r#"{"a":1,"b":[2]}"#, r#"{ "b": [2], "a": 1 }"#, r#"{"a":1, "b":[2]}"#] {
            script.called("clerk", "look", arguments).refused("clerk", "look", "no such thing");
        }
        assert_eq!(tags(&script), ["1.3 clerk 2 4 6"]);
    }

    #[test]
    fn twice_or_otherwise_or_by_another_is_none() {
        let mut script = begun();
        let arguments = r#"{"path":"a.txt"}"#;
        script.used("clerk", "read_file", arguments, "x").used("clerk", "read_file", arguments, "x");
        // Something has changed: the count begins anew.
        script.used("clerk", "read_file", arguments, "y").used("clerk", "read_file", arguments, "x");
        script.used("clerk", "read_file", r#"{"path":"b.txt"}"#, "x").used("other", "read_file", arguments, "x");
        script.ended(Outcome::decided("A"));
        // Another task is another matter.
        script.task(None).used("clerk", "read_file", arguments, "x");
        assert_eq!(tags(&script), [""; 0]);
    }
}
