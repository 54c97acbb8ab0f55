//! Replies in pieces, whole and cut, as tables, and cuts at every place.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;

use super::*;

fn text(piece: &str) -> ModelDelta {
    ModelDelta::Text(piece.into())
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> ModelDelta {
    ModelDelta::ToolCall { index, id: id.map(Text::from), name: name.map(Text::from), arguments: arguments.into() }
}

fn assembled(pieces: &[ModelDelta], stop: Option<StopReason>) -> Result<ModelReply, ModelFailure> {
    let mut reply = ReplyAssembler::default();
    for piece in pieces {
        reply.push(piece.clone());
    }
    reply.finish(stop, Some(Usage::new(3, 4)), VirtualDuration::from_millis(9))
}

/// The calls of a reply as (id, name, arguments).
fn calls(reply: &ModelReply) -> Vec<(&str, &str, &str)> {
    reply.tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect()
}

/// What is shown, the pieces, and the calls they make.
type Row<'row> = (&'row str, Vec<ModelDelta>, &'row [(&'row str, &'row str, &'row str)]);

#[test]
fn what_is_unambiguous_is_put_together() {
    let rows: &[Row<'_>] = &[
        ("one piece", vec![call(0, Some("a"), Some("look"), "{}")], &[("a", "look", "{}")]),
        (
            "in pieces",
            vec![call(0, Some("a"), Some("look"), ""), call(0, None, None, r#"{"n""#), call(0, None, None, ":1}")],
            &[("a", "look", r#"{"n":1}"#)],
        ),
        (
            "mixed and out of order",
            vec![
                call(1, Some("b"), Some("read"), "{"),
                call(0, Some("a"), Some("look"), "["),
                call(1, None, None, "}"),
                call(0, None, None, "]"),
            ],
            &[("a", "look", "[]"), ("b", "read", "{}")],
        ),
        (
            "a number left out",
            vec![call(0, Some("a"), Some("look"), "{}"), call(7, Some("b"), Some("read"), "{}")],
            &[("a", "look", "{}"), ("b", "read", "{}")],
        ),
        ("numbered from one", vec![call(1, Some("a"), Some("look"), "{}")], &[("a", "look", "{}")]),
        (
            "the name late",
            vec![call(0, Some("a"), None, "{"), call(0, None, None, "}"), call(0, None, Some("look"), "")],
            &[("a", "look", "{}")],
        ),
        ("the id late", vec![call(0, None, Some("look"), "{}"), call(0, Some("a"), None, "")], &[("a", "look", "{}")]),
        ("no id", vec![call(0, None, Some("look"), "{}")], &[("", "look", "{}")]),
        (
            "name and id in pieces",
            vec![call(0, Some("ab"), Some("read_"), ""), call(0, Some("c"), Some("file"), "{}")],
            &[("abc", "read_file", "{}")],
        ),
        (
            "name and id in every piece",
            vec![call(0, Some("a"), Some("look"), "{"), call(0, Some("a"), Some("look"), "}")],
            &[("a", "look", "{}")],
        ),
        (
            "empty pieces",
            vec![call(0, Some(""), Some(""), ""), call(0, Some("a"), Some("look"), "{}")],
            &[("a", "look", "{}")],
        ),
        // Whole, but wrong: the model's mistake, which it is told of.
        ("no object", vec![call(0, Some("a"), Some("look"), "{n: 1}")], &[("a", "look", "{n: 1}")]),
        ("two values", vec![call(0, Some("a"), Some("look"), "{}{}")], &[("a", "look", "{}{}")]),
        ("an unknown name", vec![call(0, Some("a"), Some("no such tool"), "{}")], &[("a", "no such tool", "{}")]),
    ];
    for (what, pieces, expected) in rows {
        for stop in [StopReason::ToolCalls, StopReason::End] {
            let reply = assembled(pieces, Some(stop)).unwrap();
            assert_eq!(calls(&reply), *expected, "{what}");
            assert_eq!(reply.stop, StopReason::ToolCalls, "{what}: whatever the provider calls it");
            assert_eq!((reply.usage, reply.latency.as_millis()), (Some(Usage::new(3, 4)), 9), "{what}");
        }
    }
}

#[test]
fn what_is_cut_or_nameless_is_malformed() {
    use StopReason::{End, Length, ToolCalls};
    let whole = || call(0, Some("a"), Some("look"), "{}");
    let rows: &[(Vec<ModelDelta>, Option<StopReason>, &str)] = &[
        (vec![], None, "broke off without a reason to stop, after 0 bytes of text and 0 tool calls"),
        (vec![text("The answer is")], None, "after 13 bytes of text and 0 tool calls"),
        (vec![text("Let me"), whole()], None, "after 6 bytes of text and 1 tool calls"),
        (vec![], Some(End), "the reply is empty"),
        (vec![text("")], Some(End), "the reply is empty"),
        (vec![], Some(Length), "the reply is empty"),
        (vec![text("Let me look.")], Some(ToolCalls), "it calls none"),
        (vec![call(0, Some("a"), None, "{}")], Some(ToolCalls), "tool call 0 of the reply has no name"),
        (vec![call(0, Some("a"), Some(" "), "{}")], Some(ToolCalls), "has no name"),
        (vec![whole(), call(3, None, None, "{}")], Some(ToolCalls), "tool call 3 of the reply has no name"),
        (vec![call(0, Some("a"), Some("look"), "")], Some(ToolCalls), "(look) has arguments that are cut off after 0"),
        (vec![call(0, Some("a"), Some("look"), r#"{"n": "#)], Some(ToolCalls), "cut off after 6 bytes"),
        (vec![call(0, Some("a"), Some("look"), r#"{"n": "a"#)], Some(End), "cut off"),
        (vec![call(0, Some("a"), Some("look"), r#"{"n": tr"#)], Some(End), "cut off"),
        (vec![call(0, Some("a"), Some("look"), "{")], Some(Length), "ran into its limit of tokens"),
        (vec![text("So:"), whole(), call(1, Some("b"), Some("look"), "[1,")], Some(ToolCalls), "tool call 1"),
    ];
    for (pieces, stop, part) in rows {
        let failure = assembled(pieces, *stop).unwrap_err();
        assert_eq!(failure.kind, ModelFailureKind::MalformedReply, "{pieces:?}");
        assert!(failure.message.contains(part), "{pieces:?}: {failure}");
        assert_eq!((failure.usage, failure.latency.as_millis()), (Some(Usage::new(3, 4)), 9), "{pieces:?}");
    }
}

#[test]
fn text_is_there_while_it_comes_and_after_it_breaks_off() {
    let mut reply = ReplyAssembler::default();
    assert!(!reply.has_begun());
    reply.push(text(""));
    assert!(!reply.has_begun(), "an empty piece holds nothing");
    reply.push(text("Hel"));
    reply.push(call(0, None, None, ""));
    reply.push(text("lo"));
    assert!(reply.has_begun());
    assert_eq!(reply.partial_text(), "Hello");
    assert!(reply.finish(Some(StopReason::End), None, VirtualDuration::ZERO).is_err(), "a nameless call was begun");
    assert_eq!(reply.partial_text(), "Hello");
    let text = serde_json::to_string(&reply).unwrap();
    assert_eq!(serde_json::from_str::<ReplyAssembler>(&text).unwrap(), reply);
}

#[test]
fn a_reply_that_ran_into_its_limit_keeps_its_text_and_whole_calls() {
    let reply = assembled(&[text("So far")], Some(StopReason::Length)).unwrap();
    assert_eq!((&*reply.text, reply.stop), ("So far", StopReason::Length));
    let reply = assembled(&[call(0, Some("a"), Some("look"), "{}")], Some(StopReason::Length)).unwrap();
    assert_eq!((calls(&reply), reply.stop), (vec![("a", "look", "{}")], StopReason::Length));
}

#[test]
fn a_reply_without_end_is_bounded() {
    let mebibyte = Text::from("x".repeat(1024 * 1024));
    let mut reply = ReplyAssembler::default();
    for _ in 0..20 {
        reply.push(ModelDelta::Text(mebibyte.clone()));
    }
    assert_eq!(reply.partial_text().len(), REPLY_BYTES_MAX);
    let failure = reply.finish(Some(StopReason::End), None, VirtualDuration::ZERO).unwrap_err();
    assert!(failure.message.contains("larger than 16777216 bytes"), "{failure}");
    let many = |count: usize| (0..count as u32).map(|index| call(index, None, Some("look"), "{}")).collect::<Vec<_>>();
    assert_eq!(assembled(&many(REPLY_CALLS_MAX), Some(StopReason::End)).unwrap().tool_calls.len(), REPLY_CALLS_MAX);
    assert!(assembled(&many(REPLY_CALLS_MAX + 1), Some(StopReason::End)).is_err());
}

fn any_arguments() -> impl Strategy<Value = String> {
    prop::collection::btree_map("[a-z]{1,5}", "\\PC{0,8}", 0..4).prop_map(|map| serde_json::to_string(&map).unwrap())
}

/// Cuts a text at the given characters.
fn cut(text: &str, at: &[usize]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut ends: Vec<usize> = at.iter().map(|end| end % (characters.len() + 1)).collect();
    ends.extend([0, characters.len()]);
    ends.sort_unstable();
    ends.windows(2).map(|pair| characters[pair[0]..pair[1]].iter().collect()).collect()
}

proptest! {
    /// However arguments are cut and the calls mixed, the reply is the same; and a stream that ends anywhere before its
    /// end is never taken for a whole one.
    #[test]
    fn cuts_and_mixing_change_nothing_and_no_part_is_a_whole(
        arguments in prop::collection::vec(any_arguments(), 1..4),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
        shares in prop::collection::vec(any::<prop::sample::Index>(), 40),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut waiting: Vec<Vec<ModelDelta>> = Vec::new();
        for (index, arguments) in (0_u32..).zip(&arguments) {
            let mut pieces = vec![call(index, Some(&format!("id-{index}")), Some("look"), "")];
            pieces.extend(cut(arguments, &cuts).iter().map(|piece| call(index, None, None, piece)));
            pieces.reverse();
            waiting.push(pieces);
        }
        let mut mixed = vec![text("So: ")];
        for share in shares.iter().cycle() {
            waiting.retain(|pieces| !pieces.is_empty());
            if waiting.is_empty() {
                break;
            }
            let chosen = share.index(waiting.len());
            mixed.extend(waiting[chosen].pop());
        }
        let reply = assembled(&mixed, Some(StopReason::ToolCalls)).unwrap();
        let found: Vec<&str> = reply.tool_calls.iter().map(|call| &*call.arguments).collect();
        prop_assert_eq!(found, arguments.iter().map(String::as_str).collect::<Vec<_>>());

        prop_assert!(assembled(&mixed, None).is_err(), "nobody said that it is done");
        let part = &mixed[..kept.index(mixed.len())];
        match assembled(part, Some(StopReason::ToolCalls)) {
            // What is there is whole: calls that never began can't be missed.
            Ok(reply) => for call in &reply.tool_calls {
                prop_assert!(!call.name.is_empty());
                prop_assert!(arguments.iter().any(|whole| **whole == *call.arguments), "{}", call.arguments);
            },
            Err(failure) => prop_assert_eq!(failure.kind, ModelFailureKind::MalformedReply),
        }
    }
}
