//! Properties of compaction over random transcripts, options and summaries.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::{Message, ToolCall, ToolResult};
use proptest::prelude::*;

use super::tests::Kept;
use super::*;
use crate::tokens::of_transcript;

/// A valid transcript: each element is a kind of turn and a length.
fn transcript(turns: &[(u8, u16, u8)]) -> Transcript {
    let mut transcript = Transcript::new();
    for (index, (kind, length, calls)) in turns.iter().enumerate() {
        let text = format!("Note {index} says that it must be {length}. ").repeat(usize::from(*length) / 40);
        match kind {
            0 if transcript.is_empty() => transcript.push_system(text).unwrap(),
            0 | 1 => transcript.push_user(ActorPath::world(), text).unwrap(),
            2 => transcript.push_user(ActorPath::new("peer").unwrap(), text).unwrap(),
            3 => transcript.push_assistant(text, vec![]).unwrap(),
            _ => {
                let call = |number| ToolCall {
                    id: format!("c{index}-{number}").into(),
                    name: "read_file".into(),
                    arguments: "{}".into(),
                };
                let calls: Vec<_> = (0..*calls).map(call).collect();
                transcript.push_assistant("", calls.clone()).unwrap();
                for call in calls.iter().rev() {
                    transcript.push_result(ToolResult::success(call, text.clone())).unwrap();
                }
            }
        }
    }
    transcript
}

fn options() -> impl Strategy<Value = CompactionOptions> {
    let every =
        vec![CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest, CompactionStep::Summarise];
    let steps = prop::sample::subsequence(every, 1..=4).prop_shuffle();
    (200_u64..6_000, 10_u8..=100, 1_u32..10, steps, 0_u32..6, 0_u8..=100).prop_map(
        |(budget_tokens, target_percent, recent_messages_min, steps, keep_last, kept_percent_min)| {
            let summarise = SummariseOptions { model: "m".into(), tokens_max: 300 };
            CompactionOptions {
                target_percent,
                recent_messages_min,
                clear_results: ClearResultsOptions { keep_last, ..ClearResultsOptions::default() },
                digest: DigestOptions { kept_percent_min, ..DigestOptions::default() },
                summarise: steps.contains(&CompactionStep::Summarise).then_some(summarise),
                steps: Some(steps),
                ..CompactionOptions::new(budget_tokens)
            }
        },
    )
}

fn compact(
    options: &CompactionOptions,
    transcript: &Arc<Transcript>,
    summary: Result<&str, &str>,
    kept: &mut Kept,
) -> Compaction {
    let mut compactor = Compactor::new(options.clone(), Arc::clone(transcript), 0);
    let mut effect = compactor.start(&mut |text| kept.keep(text));
    loop {
        match effect {
            CompactionEffect::Done(compaction) => return compaction,
            CompactionEffect::Summarise { .. } => {
                let summary = summary.map(Text::from).map_err(Text::from);
                effect = compactor.summarised(summary, &mut |text| kept.keep(text));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn compaction_never_breaks_a_transcript(
        turns in prop::collection::vec((0_u8..8, 0_u16..4_000, 1_u8..4), 0..30),
        cut in 0_usize..4,
        options in options(),
        overhead_tokens in 0_u64..100,
        summary in prop::sample::select(vec![Ok("Note 1 says it all."), Ok(""), Err("no")]),
    ) {
        prop_assert!(options.check().is_empty(), "{:?}", options.check());
        let mut before = transcript(&turns);
        // Cut inside a turn, a transcript has open calls; they stay open.
        before.truncate(before.len().saturating_sub(cut));
        let before = Arc::new(before);
        let mut kept = Kept::default();
        let mut compactor = Compactor::new(options.clone(), Arc::clone(&before), overhead_tokens);
        let mut effect = compactor.start(&mut |text| kept.keep(text));
        if let CompactionEffect::Summarise { .. } = effect {
            effect = compactor.summarised(summary.map(Text::from).map_err(Text::from), &mut |text| kept.keep(text));
        }
        let CompactionEffect::Done(compaction) = effect else { return Err(TestCaseError::fail("asked twice")) };
        let after = &compaction.transcript;

        // It is valid, and the open calls are the same.
        let messages: Vec<Message> = Transcript::clone(after).into();
        prop_assert_eq!(&Transcript::try_from(messages).unwrap(), &**after);
        prop_assert!(after.open_calls().eq(before.open_calls()));
        // The numbers are those of the transcripts.
        prop_assert_eq!(compaction.tokens_before, of_transcript(&before) + overhead_tokens);
        prop_assert_eq!(compaction.tokens_after, of_transcript(after) + overhead_tokens);
        prop_assert!(compaction.tokens_after <= compaction.tokens_before);
        prop_assert_eq!(compaction.met, compaction.tokens_after <= options.budget_tokens);
        // The newest messages, the system message and the task stay word for word.
        let recent = before.len().min(options.recent_messages_min as usize);
        let newest = |transcript: &Transcript| transcript.messages()[transcript.len() - recent..].to_vec();
        prop_assert!(after.len() >= recent);
        prop_assert_eq!(newest(after), newest(&before));
        let said = |message: &&Message| !matches!(message, Message::User { from, .. } if *from == author());
        let pinned = |transcript: &Transcript| {
            let messages = transcript.messages().iter().filter(said);
            let of_role = |role| messages.clone().find(|message| message.role() == role).cloned();
            [of_role("system"), of_role("user")]
        };
        prop_assert_eq!(pinned(after), pinned(&before));
        // Whatever was said is there or can be read again, word for word but for the indentation.
        let text = after.messages().iter().map(Message::text).collect::<Vec<_>>().join("\n");
        for message in before.messages() {
            prop_assert!(kept.can_find(&text, message.text()), "{}", message.text());
        }
        // Within the budget nothing changes any more.
        if compaction.met {
            let same = Compactor::new(options, Arc::clone(after), overhead_tokens).start(&mut |text| kept.keep(text));
            let CompactionEffect::Done(same) = same else { return Err(TestCaseError::fail("asked again")) };
            prop_assert!(Arc::ptr_eq(&same.transcript, after) && same.steps.is_empty());
        }
    }

    /// Ten times over a transcript that grows, it stays valid and keeps its budget, and the first task stays.
    #[test]
    fn again_and_again_it_holds(
        turns in prop::collection::vec((1_u8..8, 0_u16..900, 1_u8..3), 20),
        options in options(),
    ) {
        let mut options = options;
        options.budget_tokens += 8_000;
        options.steps = Some(vec![CompactionStep::ClearResults, CompactionStep::Digest]);
        options.summarise = None;
        let mut kept = Kept::default();
        let mut so_far = Arc::new(transcript(&[(1, 200, 1)]));
        let first = so_far.messages()[0].clone();
        for round in 0..10 {
            let grown: Vec<Message> = so_far.messages().iter().chain(transcript(&turns).messages()).cloned().collect();
            let grown = Arc::new(Transcript::try_from(grown).unwrap());
            let compaction = compact(&options, &grown, Err("none"), &mut kept);
            prop_assert!(compaction.met, "round {round}: {:?}", compaction.unmet());
            prop_assert_eq!(&compaction.transcript.messages()[0], &first);
            so_far = compaction.transcript;
        }
    }
}
