//! Tests of compaction: each step alone, their order, what a summarising model may do wrong, and that what was taken out
//! can be read again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;

use moot_core::{Message, ToolCall, ToolErrorCode, ToolResult};

use super::*;
use crate::tokens::of_transcript;

/// A store of texts by handle, as the runtime has one.
#[derive(Default)]
pub(super) struct Kept(pub(super) BTreeMap<Text, String>);

impl Kept {
    pub(super) fn keep(&mut self, text: &str) -> Text {
        let known = self.0.iter().find(|(_, kept)| *kept == text).map(|(handle, _)| handle.clone());
        known.unwrap_or_else(|| {
            let handle: Text = format!("output-{}", self.0.len()).into();
            self.0.insert(handle.clone(), text.to_owned());
            handle
        })
    }

    /// Whether somebody who follows the handles in a text, and those in what they find there, comes upon the words.
    pub(super) fn can_find(&self, text: &str, words: &str) -> bool {
        text.contains(words)
            || text.split(r#"{"handle":""#).skip(1).any(|rest| {
                let handle = rest.split('"').next().unwrap_or_default();
                self.0.get(handle).is_some_and(|found| self.can_find(found, words))
            })
    }
}

/// A task, and so many turns, each with a call, a result of so many characters, and a remark.
fn session(turns: u32, result_characters: usize) -> Transcript {
    let mut transcript = Transcript::new();
    transcript.push_system("You are a clerk.").unwrap();
    transcript.push_user(ActorPath::world(), "Sort the files, and never touch depot 17.").unwrap();
    for turn in 0..turns {
        let call = ToolCall { id: format!("c{turn}").into(), name: "read_file".into(), arguments: "{}".into() };
        transcript.push_assistant("", vec![call.clone()]).unwrap();
        let content = format!("Box {turn} holds tea. {}", "filler words ".repeat(result_characters / 13));
        transcript.push_result(ToolResult::success(&call, content)).unwrap();
        transcript.push_assistant(format!("I have seen box {turn}."), vec![]).unwrap();
        transcript.push_user(ActorPath::world(), format!("Go on after box {turn}.")).unwrap();
    }
    transcript
}

fn options(budget_tokens: u64, steps: &[CompactionStep]) -> CompactionOptions {
    let summarise = SummariseOptions { model: "writer".into(), tokens_max: 200 };
    CompactionOptions {
        steps: Some(steps.to_vec()),
        summarise: steps.contains(&CompactionStep::Summarise).then_some(summarise),
        ..CompactionOptions::new(budget_tokens)
    }
}

fn compact(options: CompactionOptions, transcript: &Arc<Transcript>, kept: &mut Kept) -> Compaction {
    match Compactor::new(options, Arc::clone(transcript), 0).start(&mut |text| kept.keep(text)) {
        CompactionEffect::Done(compaction) => compaction,
        CompactionEffect::Summarise { .. } => panic!("no model is asked here"),
    }
}

/// A compaction during which a model is asked once and answers so.
fn summarise(
    options: CompactionOptions,
    transcript: &Arc<Transcript>,
    answer: Result<&str, &str>,
    kept: &mut Kept,
) -> (Text, Compaction) {
    let mut compactor = Compactor::new(options, Arc::clone(transcript), 0);
    let CompactionEffect::Summarise { request } = compactor.start(&mut |text| kept.keep(text)) else {
        panic!("a model is asked here");
    };
    let answer = answer.map(Text::from).map_err(Text::from);
    match compactor.summarised(answer, &mut |text| kept.keep(text)) {
        CompactionEffect::Done(compaction) => (request, compaction),
        CompactionEffect::Summarise { .. } => panic!("a model is asked once"),
    }
}

fn steps(compaction: &Compaction) -> Vec<&str> {
    compaction.steps.iter().map(|step| &**step).collect()
}

fn whole(transcript: &Transcript) -> String {
    transcript.messages().iter().map(Message::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn within_the_budget_nothing_happens() {
    let transcript = Arc::new(session(4, 400));
    let tokens = of_transcript(&transcript);
    let mut kept = Kept::default();
    let compaction = compact(CompactionOptions::new(tokens), &transcript, &mut kept);
    assert!(Arc::ptr_eq(&compaction.transcript, &transcript) && compaction.met && kept.0.is_empty());
    assert_eq!((steps(&compaction), compaction.tokens_before), (vec![], tokens));
    let options = CompactionOptions::new(tokens);
    let calibration = Calibration::default();
    assert!(!needs_compaction(&options, tokens, 0, &calibration));
    assert!(needs_compaction(&options, tokens, 1, &calibration), "tools count too");
}

#[test]
fn old_results_are_cleared_and_can_be_read_again() {
    let transcript = Arc::new(session(12, 1_000));
    let mut kept = Kept::default();
    let compaction = compact(options(3_000, &[CompactionStep::ClearResults]), &transcript, &mut kept);
    assert_eq!((steps(&compaction), compaction.met), (vec!["clear_results"], true));
    let results: Vec<_> = compaction.transcript.messages().iter().filter(|m| m.role() == "tool").collect();
    let cleared = results.iter().filter(|message| message.text().contains("was cleared")).count();
    assert_eq!((cleared, results.len(), kept.0.len()), (7, 12, 7), "the last five are there");
    for box_number in 0..12 {
        let words = format!("Box {box_number} holds tea.");
        assert!(kept.can_find(&whole(&compaction.transcript), &words), "{words}");
    }
    let again = compact(options(200, &[CompactionStep::ClearResults]), &compaction.transcript, &mut kept);
    assert!(Arc::ptr_eq(&again.transcript, &compaction.transcript), "a note is not cleared again");
    assert!(!again.met);
}

#[test]
fn long_texts_keep_their_ends() {
    let mut transcript = session(0, 0);
    let call = ToolCall { id: "c".into(), name: "t".into(), arguments: "x".repeat(9_000).into() };
    let long = |name: &str| format!("{name} {} {name}", "y".repeat(5_000));
    transcript.push_assistant(long("remark"), vec![call.clone()]).unwrap();
    transcript.push_result(ToolResult::error(&call, ToolErrorCode::Failed, long("result"))).unwrap();
    transcript.push_user(ActorPath::world(), long("request")).unwrap();
    for _ in 0..6 {
        transcript.push_user(ActorPath::world(), "short").unwrap();
    }
    let transcript = Arc::new(transcript);
    let mut kept = Kept::default();
    let compaction = compact(options(5_500, &[CompactionStep::Shorten]), &transcript, &mut kept);
    assert!(compaction.met, "{}", compaction.tokens_after);
    let messages = compaction.transcript.messages();
    for (index, name) in [(2, "remark"), (3, "result"), (4, "request")] {
        let text = messages[index].text();
        assert!(text.starts_with(name) && text.ends_with(name), "{text}");
        assert!(text.chars().count() < 1_700 && kept.can_find(text, &long(name)), "{text}");
    }
    let Message::Assistant { tool_calls, .. } = &messages[2] else { panic!("an assistant message") };
    assert_eq!(tool_calls[0], call, "arguments stay JSON");
    let Message::Tool(result) = &messages[3] else { panic!("a result") };
    assert_eq!(result.error, Some(ToolErrorCode::Failed));
    let again = compact(options(200, &[CompactionStep::Shorten]), &compaction.transcript, &mut kept);
    assert_eq!(again.transcript, compaction.transcript, "what was shortened is not shortened again");
}

#[test]
fn the_task_what_was_asked_last_and_the_newest_stay_word_for_word() {
    let mut transcript = session(30, 300);
    transcript.push_user(ActorPath::world(), "Now only count them.").unwrap();
    for number in 0..9 {
        transcript.push_assistant(format!("Counted {number}."), vec![]).unwrap();
    }
    let transcript = Arc::new(transcript);
    let mut kept = Kept::default();
    let compaction = compact(options(1_000, &[CompactionStep::Digest]), &transcript, &mut kept);
    assert_eq!((steps(&compaction), compaction.met), (vec!["digest"], true));
    let (before, after) = (transcript.messages(), compaction.transcript.messages());
    assert_eq!(after.len(), 10, "system, task, what was asked last, digest, six of the newest");
    assert_eq!(after[..2], before[..2]);
    assert_eq!(after[2].text(), "Now only count them.");
    assert_eq!(after[4..], before[before.len() - 6..]);
    let Message::User { from, text } = &after[3] else { panic!("a digest") };
    assert_eq!(from, &author());
    assert!(text.starts_with("[Digest of 123 earlier messages"), "{text}");
    for box_number in 0..30 {
        assert!(kept.can_find(text, &format!("Box {box_number} holds tea.")), "{box_number}");
    }
}

#[test]
fn steps_go_from_cheap_to_dear_and_stop_when_it_is_enough() {
    let transcript = Arc::new(session(20, 3_000));
    let all = [CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest];
    // The budget, and the steps taken.
    let table = [
        (30_000, vec![]),
        (8_000, vec!["clear_results"]),
        (5_500, vec!["clear_results", "shorten"]),
        (2_500, vec!["clear_results", "shorten", "digest"]),
    ];
    for (budget_tokens, expected) in table {
        let mut kept = Kept::default();
        let compaction = compact(options(budget_tokens, &all), &transcript, &mut kept);
        assert_eq!(steps(&compaction), expected, "{budget_tokens}: {} tokens", compaction.tokens_after);
        assert!(compaction.met && compaction.unmet().is_none(), "{budget_tokens}");
        let twice = compact(options(budget_tokens, &all), &compaction.transcript, &mut kept);
        assert!(Arc::ptr_eq(&twice.transcript, &compaction.transcript), "{budget_tokens}: twice is once");
    }
}

#[test]
fn a_digest_sees_what_the_cheaper_steps_took_out() {
    let transcript = Arc::new(session(20, 3_000));
    let all = [CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest];
    let mut kept = Kept::default();
    let compaction = compact(options(3_000, &all), &transcript, &mut kept);
    let text = whole(&compaction.transcript);
    let held = (0..20).filter(|number| text.contains(&format!("Box {number} holds tea."))).count();
    assert_eq!(held, 20, "{text}");
}

#[test]
fn an_unmet_budget_is_named() {
    let mut transcript = session(3, 100);
    transcript.push_user(ActorPath::world(), "z".repeat(8_000)).unwrap();
    let mut kept = Kept::default();
    let compaction = compact(CompactionOptions::new(500), &Arc::new(transcript), &mut kept);
    assert!(!compaction.met && compaction.tokens_after > 500);
    let reason = compaction.unmet().unwrap();
    for words in ["the budget is 500", "compaction.budget_tokens", "recent_messages_min"] {
        assert!(reason.contains(words), "{reason}");
    }
}

#[test]
fn a_summary_takes_the_place_of_older_messages() {
    let transcript = Arc::new(session(20, 300));
    let mut kept = Kept::default();
    let options = options(1_200, &[CompactionStep::Summarise]);
    let (request, compaction) = summarise(options, &transcript, Ok("All boxes hold tea."), &mut kept);
    assert_eq!((steps(&compaction), compaction.met), (vec!["summarise"], true));
    let text = compaction.transcript.messages()[2].text();
    let beginning = "[Summary of 74 earlier messages, written by the model writer.";
    assert!(text.starts_with(beginning) && text.ends_with("\nAll boxes hold tea."), "{text}");
    assert!(kept.can_find(text, "Box 3 holds tea."));
    let (_, part) = request.split_once(TRANSCRIPT_BEGIN).unwrap();
    assert!(part.contains("Box 3 holds tea.") && !part.contains("Sort the files"), "only what is replaced is shown");
}

#[test]
fn a_model_that_fails_leaves_the_digest_or_what_there_is() {
    let transcript = Arc::new(session(20, 300));
    let long = "tea. ".repeat(5_000);
    // What the model says, and the beginning of what is noted.
    let table =
        [(Err("it timed out"), "summarise (not used: it timed out)"), (Ok("  "), "summarise (not used: the summ")];
    for (answer, expected) in table {
        let mut kept = Kept::default();
        let alone = options(1_200, &[CompactionStep::Summarise]);
        let (_, compaction) = summarise(alone, &transcript, answer, &mut kept);
        assert!(compaction.steps[0].starts_with(expected) && !compaction.met, "{:?}", compaction.steps);
        assert!(Arc::ptr_eq(&compaction.transcript, &transcript));

        let digest_first = options(1_200, &[CompactionStep::Digest, CompactionStep::Summarise]);
        let (_, compaction) = summarise(digest_first, &transcript, answer, &mut kept);
        assert!(compaction.steps[0].starts_with(expected) && compaction.met, "{:?}", compaction.steps);
        assert_eq!(steps(&compaction)[1..], ["digest"]);

        let digest_last = options(1_200, &[CompactionStep::Summarise, CompactionStep::Digest]);
        let (_, compaction) = summarise(digest_last, &transcript, answer, &mut kept);
        assert_eq!((steps(&compaction)[1..].to_vec(), compaction.met), (vec!["digest"], true));
    }
    let mut kept = Kept::default();
    let (_, compaction) = summarise(options(1_200, &[CompactionStep::Summarise]), &transcript, Ok(&long), &mut kept);
    assert!(compaction.met && compaction.transcript.messages()[2].text().ends_with("… [cut]"));
}

#[test]
fn a_digest_that_keeps_little_gives_way_to_a_summary() {
    let transcript = Arc::new(session(20, 300));
    let both = [CompactionStep::Digest, CompactionStep::Summarise];
    let mut kept = Kept::default();
    let (_, compaction) = summarise(options(1_200, &both), &transcript, Ok("All boxes hold tea."), &mut kept);
    assert_eq!(steps(&compaction), ["summarise"]);
    let mut frugal = options(1_200, &both);
    frugal.digest.kept_percent_min = 0;
    assert_eq!(steps(&compact(frugal, &transcript, &mut kept)), ["digest"], "no model is asked");
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let transcript = Arc::new(session(20, 300));
    let mut kept = Kept::default();
    let mut keep = |text: &str| kept.keep(text);
    let mut compactor = Compactor::new(options(1_200, &[CompactionStep::Summarise]), Arc::clone(&transcript), 0);
    let asked = compactor.start(&mut keep);
    assert_eq!(compactor.start(&mut keep), asked, "started twice");
    let stored = serde_json::to_string(&compactor).unwrap();
    assert_eq!(serde_json::from_str::<Compactor>(&stored).unwrap(), compactor, "a snapshot in the middle");
    let done = compactor.summarised(Ok("Tea.".into()), &mut keep);
    assert!(matches!(done, CompactionEffect::Done(Compaction { met: true, .. })));
    let after = compactor.clone();
    assert_eq!(compactor.summarised(Ok("Coffee.".into()), &mut keep), done, "a second summary");
    assert_eq!(compactor, after);
}

#[test]
fn reports_and_refusals_correct_the_estimate() {
    let transcript = Arc::new(session(10, 1_000));
    let tokens = of_transcript(&transcript);
    let options = CompactionOptions::new(tokens + 100);
    let mut calibration = Calibration::default();
    calibration.observe(1_000, 2_000);
    let mut kept = Kept::default();
    let compactor = || Compactor::new(options.clone(), Arc::clone(&transcript), 0);
    let CompactionEffect::Done(plain) = compactor().start(&mut |text| kept.keep(text)) else { panic!("done") };
    assert!(plain.steps.is_empty());
    let mut corrected = compactor().calibrated(calibration);
    let CompactionEffect::Done(corrected) = corrected.start(&mut |text| kept.keep(text)) else { panic!("done") };
    assert_eq!((corrected.tokens_before, corrected.met), (2 * tokens, true));
    assert!(!corrected.steps.is_empty());
    let mut refused = compactor().after_refusal();
    let CompactionEffect::Done(refused) = refused.start(&mut |text| kept.keep(text)) else { panic!("done") };
    assert!(refused.met && refused.tokens_after <= tokens * 8 / 10, "{} of {tokens}", refused.tokens_after);
}
