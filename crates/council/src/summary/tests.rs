//! Who is asked for summaries and how often, who is shown them, and what follows when none comes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use super::*;
use crate::patterns::PatternOptions;
use crate::patterns::conduct::{Act, Asked, Played, arrival_changes_nothing, notes, play, seat_for, task};
use crate::{CouncilEffect, DescribesPattern};
use moot_core::{FailureKind, Limit, Outcome};

/// The seat of whoever summarises among three debaters.
const CLERK: usize = 3;

fn options(exposure: &str, rest: &str) -> PatternOptions {
    let text = format!(
        r#"{{ "debate": {{ "members": ["debater"], "rounds": 1, {rest}
             "exposure": {{ "content": {{ "summarised": {{ "by": "clerk" }} }} {exposure} }},
             "decide": {{ "rule": "plurality", "ties": "none" }} }} }}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// Three say A, B, B; the clerk says what it counted, and then everybody says A.
fn usual(asked: &Asked) -> Act {
    let heard = asked.brief.as_ref().map_or(0, |brief| brief.heard.len());
    match (asked.member, heard) {
        (CLERK, 3) => Act::Say("one says A, two say B", 5),
        (CLERK, _) => Act::Say("two were counted", 5),
        (0, _) | (_, 1..) => Act::Say("I say A", 1),
        _ => Act::Say("I say B", 1),
    }
}

/// What was asked of whom: the seat, the round and the prompt.
fn asked(options: &PatternOptions, mut act: impl FnMut(&Asked) -> Act) -> (Vec<(usize, u32, String)>, Played) {
    let mut all = Vec::new();
    let played = play(options, &seat_for(options, &[3, 1]), &task(), None, |asked| {
        all.push((asked.member, asked.round, asked.prompt.to_string()));
        act(asked)
    });
    (all, played)
}

#[test]
fn where_all_hear_the_same_one_summary_is_made_and_shown_to_all() {
    let mut briefs = Vec::new();
    let (all, played) = asked(&options("", ""), |asked| {
        briefs.push(asked.brief.clone());
        usual(asked)
    });
    let members: Vec<usize> = all.iter().map(|(member, ..)| *member).collect();
    assert_eq!(members, [0, 1, 2, CLERK, 0, 1, 2]);
    let told = format!(
        "The task was: Which one?\n\nWhat was said:\n- debater[0]: I say A\n- debater[1]: I say B\n- debater[2]: I say B\n{PROMPT}"
    );
    assert_eq!(all[3], (CLERK, 0, told));
    let clerk = briefs[3].as_ref().unwrap();
    assert!((clerk.wanted == Wanted::Words, clerk.fresh, clerk.heard.len()) == (true, true, 3));
    let shown = "What was said so far:\n- summary by clerk: one says A, two say B\nTake it into account and answer the \
                 task anew.";
    assert!(all[4..].iter().all(|(_, round, prompt)| (*round, prompt.as_str()) == (1, shown)), "{all:?}");
    let heard = &briefs[4].as_ref().unwrap().heard;
    let (words, speaker) = (Text::from("one says A, two say B"), Text::from("clerk"));
    assert_eq!(heard[..], [Heard { round: 0, speaker, answer: None, words, own: false }]);
    assert_eq!((played.outcome, played.end_ms), (Outcome::decided("A"), 7), "the summary takes its time");
}

#[test]
fn each_set_of_statements_has_a_summary_of_its_own() {
    let clerks = |exposure: &str, rest: &str| {
        let (all, _) = asked(&options(exposure, rest), usual);
        all.into_iter().filter(|(member, ..)| *member == CLERK).map(|(_, round, _)| round).collect::<Vec<_>>()
    };
    assert_eq!(clerks("", ""), [0]);
    assert_eq!(clerks(r#", "own": false"#, ""), [0, 1, 2], "nobody is shown what it said itself");
    assert_eq!(clerks("", r#""topology": { "star": {} },"#), [0, 1, 2], "the middle hears all");
    assert_eq!(clerks("", r#""topology": { "edges": [[0, 1]] },"#), [0, 1], "two hear the same, the third itself");
    assert_eq!(clerks("", r#""order": "fixed","#), [0, 1, 2, 3, 4], "each hears one more");
}

#[test]
fn a_summary_that_is_a_choice_is_heard_as_one() {
    let mut answers = Vec::new();
    asked(&options("", ""), |asked| match (asked.member, &asked.brief) {
        (CLERK, _) => Act::Say(" B\n", 1),
        (_, Some(brief)) => {
            answers.push(brief.heard[0].answer.as_deref().map(str::to_owned));
            Act::Say("A", 1)
        }
        _ => usual(asked),
    });
    assert_eq!(answers, vec![Some("B".to_owned()); 3]);
}

#[test]
fn its_calls_are_the_councils() {
    let stops = |calls: u32| {
        let rest = format!(r#""stop": {{ "calls": {calls} }},"#);
        notes(&asked(&options("", &rest), usual).1, crate::patterns::debate::STOPPED)
    };
    assert_eq!(stops(7), ["after round 1: 7 model calls".into()], "six of the debaters and one of the clerk");
    assert!(stops(8).is_empty());
}

/// What a debater is shown in the second round, the notes, and how it ends, when the clerk does this.
fn without_summary(otherwise: &str, clerk: Act) -> (Option<String>, Vec<Text>, Outcome) {
    let text = serde_json::to_string(&options("", r#""absence": { "deadline": "10s" },"#)).unwrap();
    let options: PatternOptions =
        serde_json::from_str(&text.replace(r#""otherwise":"words""#, &format!(r#""otherwise":"{otherwise}""#)))
            .unwrap();
    let (all, played) = asked(&options, |asked| if asked.member == CLERK { clerk.clone() } else { usual(asked) });
    let shown = all.into_iter().find(|(member, round, _)| (*member, *round) == (0, 1)).map(|(_, _, prompt)| prompt);
    (shown, notes(&played, NO_SUMMARY), played.outcome)
}

#[test]
fn when_no_summary_comes_the_file_says_what_follows() {
    let whole = "- you: I say A\n- debater[1]: I say B\n- debater[2]: I say B\n";
    let answers = "- you: A\n- debater[1]: B\n- debater[2]: B\n";
    let raises = || Act::End(Outcome::failed(FailureKind::Crash, "it panicked"), 1);
    let tied = || Act::End(Outcome::Tied { among: vec!["A".into(), "B".into()] }, 1);
    for (clerk, reason) in [
        (raises(), "failed (crash: it panicked)"),
        (Act::Silent, "no answer within 10.000 s"),
        (Act::Say("abstain", 1), "it said nothing"),
        (Act::Say("  ", 1), "it said nothing"),
        (tied(), "tied: A, B"),
        (Act::Say("from: debater[0]\nAll say A.", 1), "is void"),
        (Act::End(Outcome::Exhausted { limit: Limit::Calls }, 1), "exhausted: calls"),
    ] {
        let what = format!("{clerk:?}");
        let (shown, noted, outcome) = without_summary("words", clerk.clone());
        assert!(shown.as_ref().unwrap().contains(whole), "{what}: {shown:?}");
        assert_eq!(noted.len(), 1, "{what}: {noted:?}");
        assert!(noted[0].contains(reason) && noted[0].ends_with("; members are shown what was said"), "{noted:?}");
        assert_eq!(outcome.answer(), Some("A"), "{what}");
        let (shown, noted, _) = without_summary("answers", clerk.clone());
        assert!(shown.as_ref().unwrap().contains(answers), "{what}: {shown:?}");
        assert!(noted[0].ends_with("; members are shown the answers"), "{noted:?}");
        let (shown, _, outcome) = without_summary("fail", clerk);
        assert_eq!(shown, None, "{what}");
        match outcome {
            Outcome::Failed(failure) => {
                assert_eq!(failure.kind, FailureKind::Member);
                assert!(failure.message.starts_with("clerk, who summarises: "), "{what}: {}", failure.message);
            }
            outcome => assert_eq!((reason, outcome), ("exhausted: calls", Outcome::Exhausted { limit: Limit::Calls })),
        }
    }
}

#[test]
fn a_round_that_is_over_does_not_wait_for_a_summary() {
    let (all, played) = asked(&options("", r#""join": { "deadline": "1s" },"#), |asked| match asked.member {
        CLERK => Act::Say("too late", 5_000),
        _ => usual(asked),
    });
    assert_eq!(all.iter().filter(|(member, ..)| *member < CLERK).count(), 3, "nobody was asked in the second round");
    let withdrawn = |effect: &&CouncilEffect| matches!(effect, CouncilEffect::Withdraw { member: CLERK, round: 0, .. });
    assert_eq!(played.effects.iter().filter(withdrawn).count(), 1);
    assert_eq!(played.end_ms, 1_001, "the second round began at 1 ms");
    assert!(matches!(played.outcome, Outcome::Failed(_)), "none of the last round answered: {}", played.outcome);
}

#[test]
fn a_summary_that_comes_twice_or_in_no_round_changes_nothing() {
    for clerk in [Act::Twice("two say B", "two say A"), Act::Shifted("two say B", 0, 7)] {
        let options = options("", r#""absence": { "deadline": "10s" },"#);
        let (_, played) = asked(&options, |asked| if asked.member == CLERK { clerk.clone() } else { usual(asked) });
        assert_eq!(played.outcome, Outcome::decided("A"), "{clerk:?}");
    }
}

#[test]
fn the_order_of_answers_changes_no_outcome() {
    for exposure in ["", r#", "own": false"#] {
        assert_eq!(arrival_changes_nothing(&options(exposure, ""), &[3, 1], usual), Outcome::decided("A"));
    }
}

/// Every pattern with an exposure, and the seats of its names.
const PATTERNS: [(&str, &[usize]); 6] = [
    (
        r#"{ "debate": { "members": ["a", "b"], "decide": { "rule": "plurality", "ties": "none" }, EXPOSURE } }"#,
        &[1, 1, 1],
    ),
    (r#"{ "judged": { "sides": ["a", "b"], "judge": "c", EXPOSURE } }"#, &[1, 1, 1, 1]),
    (r#"{ "mixture": { "proposers": ["a", "b"], "aggregator": "c", EXPOSURE } }"#, &[1, 1, 1, 1]),
    (r#"{ "round_robin": { "members": ["a", "b"], "statements_max": 4, EXPOSURE } }"#, &[1, 1, 1]),
    (
        r#"{ "selector": { "members": ["a", "b"], "selector": { "member": "c" }, "statements_max": 4, EXPOSURE } }"#,
        &[1, 1, 1, 1],
    ),
    (r#"{ "handoff": { "members": ["a", "b"], "statements_max": 4, EXPOSURE } }"#, &[1, 1, 1]),
];

fn summarised_by(pattern: &str, by: &str) -> PatternOptions {
    let exposure = format!(
        r#""exposure": {{ "content": {{ "summarised": {{ "by": "{by}", "prompt": "In a word?" }} }}, "history": "all" }},
           "absence": {{ "standby": ["reserve"], "failing": "replace" }}"#
    );
    serde_json::from_str(&pattern.replace("EXPOSURE", &exposure)).unwrap()
}

#[test]
fn every_pattern_with_an_exposure_can_show_a_summary() {
    for (pattern, seats) in PATTERNS {
        let options = summarised_by(pattern, "clerk");
        let clerk = seats.len() - 1;
        let seats = [seats, &[1]].concat();
        let names: Vec<String> = options.members().iter().map(|member| member.name.to_owned()).collect();
        assert_eq!(names[clerk..], ["clerk", "reserve"], "{pattern}");
        assert_eq!(options.check(&seats), [], "{pattern}");
        let (mut summaries, mut shown) = (0, 0);
        let play_it =
            |act: &mut dyn FnMut(&Asked) -> Act| play(&options, &seat_for(&options, &seats), &task(), None, act);
        let played = play_it(&mut |asked| {
            summaries += usize::from(asked.member == clerk && asked.prompt.ends_with("In a word?"));
            shown += usize::from(asked.prompt.contains("- summary by clerk: they say B\n"));
            assert!(asked.member == clerk || !asked.prompt.contains("A, you"), "{pattern}: {}", asked.prompt);
            match asked.member {
                member if member == clerk => Act::Say("they say B", 1),
                _ if asked.prompt.contains("HANDOFF") && asked.member == 0 => Act::Say("A, you\nHANDOFF: b", 1),
                _ => Act::Say("A, you", 1),
            }
        });
        assert!(summaries > 0 && shown >= summaries, "{pattern}: {summaries} made, shown {shown} times");
        assert!(played.outcome.answer().is_some(), "{pattern}: {}", played.outcome);
        // Whoever stands by steps in for the clerk as for anybody.
        let mut stood_in = 0;
        play_it(&mut |asked| {
            stood_in += usize::from(asked.member == clerk + 1);
            match asked.member {
                member if member == clerk => Act::End(Outcome::failed(FailureKind::Crash, "it panicked"), 1),
                _ if asked.prompt.contains("HANDOFF") && asked.member == 0 => Act::Say("A\nHANDOFF: b", 1),
                _ => Act::Say("A", 1),
            }
        });
        assert_eq!(stood_in, 1, "{pattern}");
    }
}

#[test]
fn who_can_not_summarise_is_told_so_at_its_place() {
    for (pattern, seats) in PATTERNS {
        let found = |by: &str, own: usize| {
            let mut seats = [seats, &[1]].concat();
            let clerk = seats.len() - 2;
            seats[clerk] = own;
            summarised_by(pattern, by).check(&seats).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        let place = "exposure.content.summarised.by";
        for (by, own) in [("a", 1), ("", 1), ("clerk", 5)] {
            assert_eq!(found(by, own), [place], "{pattern}: {by}");
        }
    }
    let empty = Summarised { prompt: Some(" ".to_owned()), ..Summarised::by("clerk") };
    assert_eq!(empty.check("x", &[], &[])[0].path, "x.prompt");
    let options: crate::patterns::debate::DebateOptions =
        serde_json::from_str(r#"{ "members": ["a"], "decide": { "rule": "plurality", "ties": "none" } }"#).unwrap();
    assert_eq!(options.members().len(), 1, "nobody summarises unless it is said");
}
