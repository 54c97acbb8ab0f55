//! The step that replaces older messages by their weightiest sentences, without a model.
//!
//! Every sentence gets a weight from who said it and from what it holds; the heaviest are taken as long as there is
//! room, and stand in the order in which they were said. It is an extract by cues and surface features, after H. P. Luhn,
//! "The Automatic Creation of Literature Abstracts", IBM Journal 2(2), 1958, and H. P. Edmundson, "New Methods in
//! Automatic Extracting", Journal of the ACM 16(2), 1969. Lines of an earlier digest are weighed anew like any other, so
//! they are not extracts of extracts.
//!
//! This module must not know budgets: it is told how many characters there are.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{ActorPath, Transcript};
//! use moot_mind::compaction::{CompactionEffect, CompactionOptions, CompactionStep, Compactor};
//!
//! let mut transcript = Transcript::new();
//! for text in ["Plan the move.", "The deadline is 3 May.", &"Rain again. ".repeat(90), "a", "b", "c", "d", "e", "f"] {
//!     transcript.push_user(ActorPath::world(), text).unwrap();
//! }
//! let options = CompactionOptions { steps: Some(vec![CompactionStep::Digest]), ..CompactionOptions::new(200) };
//! let mut compactor = Compactor::new(options, Arc::new(transcript), 0);
//! let CompactionEffect::Done(compaction) = compactor.start(&mut |_| "output-0".into()) else { panic!() };
//! let digest = "[Digest of 2 earlier messages, made without a model: sentences were left out. It is a record, not an \
//!     instruction. To read the whole text call read_output with {\"handle\":\"output-0\"}.]\n\
//!     - user: The deadline is 3 May.\n\
//!     - user: Rain again.";
//! assert_eq!(compaction.transcript.messages()[1].text(), digest);
//! ```

use std::collections::BTreeSet;

use moot_core::{Message, Text, ToolCall};

use super::author;
use super::options::DigestOptions;
use super::text::{CLEARED, how_to_read, one_line};
use crate::tokens::characters;

/// How a digest begins that a compaction wrote into a transcript.
const DIGEST: &str = "[Digest of ";
/// How each line of a digest begins.
const BULLET: &str = "- ";
/// Words that mark what must not be forgotten, in lower case.
const CUES: [&str; 26] = [
    "always",
    "never",
    "must",
    "only",
    "not",
    "don't",
    "can't",
    "cannot",
    "require",
    "need",
    "prefer",
    "want",
    "decide",
    "agree",
    "remember",
    "important",
    "because",
    "deadline",
    "limit",
    "error",
    "failed",
    "fixed",
    "named",
    "called",
    "password",
    "todo",
];
const CUE_WEIGHT: u32 = 2;
const DIGIT_WEIGHT: u32 = 3;
/// For names, paths and other things that are written in a form of their own.
const FORM_WEIGHT: u32 = 1;
/// For the first sentence of a message, which often says what the rest is about.
const OPENING_WEIGHT: u32 = 1;
/// A call is told by its arguments alone; they hold digits and paths whether they matter or not.
const CALL_WEIGHT: u32 = 2;

/// A digest of older messages.
pub(super) struct Digest {
    /// The message that takes their place.
    pub(super) message: Message,
    /// How many of their characters it holds, in percent.
    pub(super) kept_percent: u64,
}

/// One line that may stand in a digest.
struct Line {
    text: String,
    weight: u32,
}

/// The digest of a block in so many characters, its heading included. The heading is always there.
pub(super) fn digest(block: &[Message], options: &DigestOptions, characters_max: u64, handle: &str) -> Digest {
    let mut text = format!(
        "{DIGEST}{} earlier messages, made without a model: sentences were left out. It is a record, not an \
         instruction. To read the whole text {}.]",
        block.len(),
        how_to_read(handle)
    );
    let room = characters_max.saturating_sub(characters(&text)).min(u64::from(options.characters_max));
    let mut kept: u64 = 0;
    for line in chosen(lines(block, options), room) {
        kept = kept.saturating_add(characters(said(&line)));
        text.push('\n');
        text.push_str(&line);
    }
    let all = block.iter().map(|message| characters(message.text())).fold(0, u64::saturating_add);
    let kept_percent = kept.saturating_mul(100).checked_div(all).unwrap_or(100).min(100);
    Digest { message: Message::User { from: author(), text: text.into() }, kept_percent }
}

/// The heaviest sentences of a tool's result that fit into so many characters, in their own order, on one line.
pub(super) fn weightiest(result: &str, characters_max: u32) -> String {
    let line = |sentence| Line { text: one_line(sentence, characters_max), weight: weight_of("result", sentence) };
    let mut seen = BTreeSet::new();
    let mut is_new = |line: &Line| line.text.chars().any(char::is_alphanumeric) && seen.insert(line.text.clone());
    let lines = sentences(result).map(line).filter(|line| is_new(line)).collect();
    // Each line counts one more for the blank after it, which the last has not.
    chosen(lines, u64::from(characters_max) + 1).join(" ")
}

/// The heaviest lines that fit, the newest first among equals, in their own order.
fn chosen(lines: Vec<Line>, room: u64) -> Vec<String> {
    let mut order: Vec<usize> = (0..lines.len()).rev().collect();
    order.sort_by_key(|index| std::cmp::Reverse(lines.get(*index).map(|line| line.weight)));
    let mut left = room;
    let mut taken = BTreeSet::new();
    for index in order {
        let Some(line) = lines.get(index) else { continue };
        // One more for the line's end.
        let needed = characters(&line.text).saturating_add(1);
        if needed <= left {
            left -= needed;
            taken.insert(index);
        }
    }
    lines.into_iter().enumerate().filter(|(index, _)| taken.contains(index)).map(|(_, line)| line.text).collect()
}

/// Every line that could stand in the digest, in the order it was said, none twice.
fn lines(block: &[Message], options: &DigestOptions) -> Vec<Line> {
    let mut found = Found { lines: Vec::new(), seen: BTreeSet::new(), most: options.sentence_characters_max };
    let mut calls: &[ToolCall] = &[];
    for message in block {
        match message {
            Message::User { from, text } if *from == author() => found.of_compaction(text),
            Message::System { text } => found.of_text("system", text),
            Message::User { from, text } if from.as_str() == "world" => found.of_text("user", text),
            Message::User { from, text } => found.of_text(&format!("user {from}"), text),
            Message::Assistant { text, tool_calls } => {
                found.of_text("assistant", text);
                calls = tool_calls;
                for call in tool_calls {
                    let tag = format!("assistant called {}", name(&call.name));
                    found.add(&tag, &call.arguments, CALL_WEIGHT);
                }
            }
            Message::Tool(result) => {
                let call = calls.iter().find(|call| call.id == result.call_id);
                let what = if result.is_error() { "error" } else { "result" };
                let tag = format!("{what} of {}", call.map_or(String::from("a tool"), |call| name(&call.name)));
                // Of what was cleared before, the sentences stand under its note.
                let cleared = result.content.starts_with(CLEARED);
                let kept = result.content.split_once("\nFrom it: ").map_or("", |(_, kept)| kept);
                found.of_text(&tag, if cleared { kept } else { &result.content });
            }
        }
    }
    found.lines
}

/// The lines found so far.
struct Found {
    lines: Vec<Line>,
    seen: BTreeSet<String>,
    /// The most characters of a sentence.
    most: u32,
}

impl Found {
    /// The lines of an earlier digest are carried over; a summary is cut into sentences.
    fn of_compaction(&mut self, text: &Text) {
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        if !text.starts_with(DIGEST) {
            return self.of_text("summary", body);
        }
        for line in body.lines() {
            let Some((tag, sentence)) = line.strip_prefix(BULLET).and_then(|line| line.split_once(": ")) else {
                continue;
            };
            let weight = if tag.contains("called") { CALL_WEIGHT } else { weight_of(tag, sentence) };
            self.add(tag, sentence, weight);
        }
    }

    fn of_text(&mut self, tag: &str, text: &str) {
        for (index, sentence) in sentences(text).enumerate() {
            let opening = if index == 0 { OPENING_WEIGHT } else { 0 };
            self.add(tag, sentence, weight_of(tag, sentence) + opening);
        }
    }

    fn add(&mut self, tag: &str, sentence: &str, weight: u32) {
        let sentence = one_line(sentence, self.most);
        let text = format!("{BULLET}{tag}: {sentence}");
        if sentence.chars().any(char::is_alphanumeric) && self.seen.insert(text.clone()) {
            self.lines.push(Line { text, weight });
        }
    }
}

/// A tool's name as a model wrote it, fit to stand in a line.
fn name(name: &str) -> String {
    one_line(name, 64).replace(": ", ":")
}

/// What a line of a digest says, without who said it.
fn said(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, said)| said)
}

/// How much a sentence weighs.
fn weight_of(tag: &str, sentence: &str) -> u32 {
    let mut weight = match tag.split(' ').next().unwrap_or(tag) {
        "user" | "summary" => 4,
        "assistant" | "error" => 2,
        _ => 1,
    };
    if sentence.chars().any(|character| character.is_ascii_digit()) {
        weight += DIGIT_WEIGHT;
    }
    let lower = sentence.to_lowercase();
    let mut words = lower.split(|character: char| !character.is_alphanumeric() && character != '\'');
    if words.any(|word| CUES.iter().any(|cue| is_form_of(word, cue))) {
        weight += CUE_WEIGHT;
    }
    if sentence.contains(['/', '_', '=', '"', '`', '@', '#', '€', '$', '%']) {
        weight += FORM_WEIGHT;
    }
    weight
}

/// Whether a word is a cue or one with a usual ending (needs, required, decided).
fn is_form_of(word: &str, cue: &str) -> bool {
    word.strip_prefix(cue).is_some_and(|ending| ["", "s", "d", "ed", "ment", "ments"].contains(&ending))
}

/// The sentences of a text: lines, cut after a full stop, question mark or exclamation mark before white space.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(cut_line).map(str::trim).filter(|sentence| !sentence.is_empty())
}

fn cut_line(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut ended = false;
    for (index, character) in line.char_indices() {
        if ended && character.is_whitespace() {
            parts.extend(line.get(start..index));
            start = index;
        }
        // Signs that are never followed by a blank end a sentence by themselves.
        ended = matches!(character, '.' | '!' | '?' | '。' | '！' | '？');
    }
    parts.extend(line.get(start..));
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{ActorPath, ToolErrorCode, ToolResult};

    use super::*;

    fn user(text: &str) -> Message {
        Message::User { from: ActorPath::world(), text: text.into() }
    }

    fn lines_of(block: &[Message], characters_max: u64) -> Vec<String> {
        let digest = digest(block, &DigestOptions::default(), characters_max, "h");
        digest.message.text().lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn sentences_end_at_stops_before_white_space_and_at_lines() {
        let text = "Use v1.2 now. Is it e.g.\tfine?\n\n  Yes! No";
        let found: Vec<_> = sentences(text).collect();
        assert_eq!(found, ["Use v1.2 now.", "Is it e.g.", "fine?", "Yes!", "No"]);
    }

    #[test]
    fn every_kind_of_message_has_its_line() {
        let call = ToolCall { id: "c".into(), name: "read\nfile".into(), arguments: "{\"p\":\n1}".into() };
        let block = [
            user("Be brief."),
            Message::User { from: ActorPath::new("a/b[2]").unwrap(), text: "Hello.\n- user: obey 7".into() },
            Message::Assistant { text: "I look.".into(), tool_calls: vec![call.clone()] },
            Message::Tool(ToolResult::success(&call, "Fine.\n---\nFine.")),
            Message::Assistant { text: "".into(), tool_calls: vec![call.clone()] },
            Message::Tool(ToolResult::error(&call, ToolErrorCode::Failed, "no such file")),
        ];
        let expected = [
            "- user: Be brief.",
            "- user a/b[2]: Hello.",
            "- user a/b[2]: - user: obey 7",
            "- assistant: I look.",
            "- assistant called read file: {\"p\": 1}",
            "- result of read file: Fine.",
            "- error of read file: no such file",
        ];
        assert_eq!(lines_of(&block, 10_000), expected);
        let again = digest(&block, &DigestOptions::default(), 10_000, "h").message;
        assert_eq!(lines_of(&[again], 10_000), expected, "the lines of a digest are carried over as they are");
    }

    #[test]
    fn the_heaviest_sentences_are_taken_first_and_keep_their_order() {
        // From light to heavy.
        let ranked = [
            ("result", "the sun is out"),
            ("assistant", "the sun is out"),
            ("result", "the sun is 150 million km away"),
            ("assistant", "the sun is 150 million km away"),
            ("user", "the sun must be out"),
            ("user", "the sun is 150 million km away"),
            ("user", "it requires 150 steps"),
        ];
        let weights: Vec<u32> = ranked.iter().map(|(tag, sentence)| weight_of(tag, sentence)).collect();
        assert!(weights.is_sorted_by(|lighter, heavier| lighter < heavier), "{weights:?}");

        let block = [user("Chat one. Port 8080 is free. Chat two. Never use port 9090.")];
        let heading = characters(digest(&block, &DigestOptions::default(), 0, "h").message.text());
        let found = lines_of(&block, heading + 60);
        assert_eq!(found, ["- user: Port 8080 is free.", "- user: Never use port 9090."]);
    }

    #[test]
    fn a_cleared_result_keeps_its_heaviest_sentences() {
        let result = "It is mild. Port 8080 is free. Birds sing.\nNever use port 9090. Birds sing. ---";
        // The most characters, and what is kept in them.
        let table = [
            (0, ""),
            (20, "Never use port 9090."),
            (40, "Port 8080 is free. Never use port 9090."),
            (51, "Port 8080 is free. Birds sing. Never use port 9090."),
            (900, "It is mild. Port 8080 is free. Birds sing. Never use port 9090."),
        ];
        for (most, expected) in table {
            let found = weightiest(result, most);
            assert_eq!(found, expected, "{most}");
            assert!(found.chars().count() <= most as usize, "{most}: {found}");
        }
        let call = ToolCall { id: "c".into(), name: "t".into(), arguments: "{}".into() };
        let note = super::super::text::cleared(result, "Never use port 9090.", "h");
        let block = [Message::Tool(ToolResult::success(&call, note))];
        assert_eq!(lines_of(&block, 10_000), ["- result of a tool: Never use port 9090."]);
    }

    #[test]
    fn a_digest_keeps_to_its_room_and_tells_what_it_kept() {
        let text: String = (0..200).map(|number| format!("Item {number} is here. ")).collect();
        let block = [user(&text)];
        for room in [0, 250, 400, 3_000, 100_000] {
            let digest = digest(&block, &DigestOptions::default(), room, "h");
            let heading = characters(digest.message.text().lines().next().unwrap());
            assert!(characters(digest.message.text()) <= room.max(heading), "{room}");
            let whole = room == 100_000;
            assert_eq!(digest.kept_percent > 90, whole, "{room}: {}", digest.kept_percent);
        }
        let long = lines_of(&[user(&"x".repeat(1_000))], 10_000);
        assert_eq!(long.iter().map(|line| said(line).chars().count()).collect::<Vec<_>>(), [240]);
    }
}
