//! MAST 1.4, loss of conversation history: what was said before is no longer known.
//!
//! The rule: within one task, an agent makes a tool call again (the same tool, equal arguments) after its transcript was
//! compacted, and no message of the compacted transcript holds the text of the earlier result. It had known, and has to
//! ask again. A call whose result survived is no sign of it, and neither is reading a text again that was kept aside.
//!
//! ```
//! let (earlier_result, compacted) = ("the code is 4711", ["You keep the gates.", "(older messages are left out)"]);
//! assert!(!compacted.iter().any(|message| message.contains(earlier_result)), "lost");
//! ```

use moot_core::Event;

use super::calls::{How, Repeated};
use super::{Finding, MastTag};

pub(super) fn judge(repeated: &Repeated, event: &Event) -> Option<Finding> {
    let How::AfterLoss { earlier, compaction, again } = repeated.how else { return None };
    let what = format!("called {} again, whose result its compacted transcript no longer holds", repeated.tool);
    let (task, actor, events) = (repeated.task, event.actor.clone(), vec![earlier, compaction, again]);
    Some(Finding { task, tag: MastTag::LostHistory, actor, events, what: what.into() })
}

#[cfg(test)]
mod tests {
    use moot_core::{ActorPath, EventKind, Message, TaskId};

    use crate::coordination::testing::Script;
    use crate::mast::tags;

    const CALL: &str = r#"{"path":"a.txt"}"#;

    /// A call, then a compaction that leaves this text.
    fn compacted_to(text: &str) -> Script {
        let mut script = Script::new();
        script.task(None).assigned("clerk", "world").used("clerk", "read_file", CALL, "the code is 4711");
        let messages = vec![Message::User { from: ActorPath::world(), text: text.into() }];
        let (task, steps) = (TaskId(0), Vec::new());
        script.add("clerk", EventKind::Compacted { task, steps, tokens_before: 9, tokens_after: 1, messages });
        script
    }

    #[test]
    fn what_has_to_be_asked_again_was_lost() {
        let mut script = compacted_to("(older messages are left out)");
        script.used("clerk", "read_file", CALL, "the code is 4711");
        assert_eq!(tags(&script), ["1.4 clerk 2 4 5"]);
        // It is known again; what is repeated from now on is a repetition, counted from here.
        script.used("clerk", "read_file", CALL, "the code is 4711");
        assert_eq!(tags(&script).len(), 1);
        script.used("clerk", "read_file", CALL, "the code is 4711");
        assert_eq!(tags(&script), ["1.4 clerk 2 4 5", "1.3 clerk 5 7 9"]);
    }

    #[test]
    fn what_survived_was_not_lost_and_what_is_new_was_never_known() {
        let mut script = compacted_to("Summary: the code is 4711.");
        script.used("clerk", "read_file", CALL, "the code is 4711");
        assert_eq!(tags(&script), [""; 0]);
        let mut script = compacted_to("(older messages are left out)");
        script.used("clerk", "read_file", r#"{"path":"b.txt"}"#, "x").used("other", "read_file", CALL, "x");
        assert_eq!(tags(&script), [""; 0]);
    }
}
