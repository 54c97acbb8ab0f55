//! What holds for the list of rules: names, needs, ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{leading, ranked, tally, tally_of, texts};
use moot_core::Ballot;

#[test]
fn every_rule_has_its_name_in_files_and_a_comment_in_the_schema() {
    let names = Rule::ALL.iter().map(|rule| serde_json::to_string(rule).unwrap()).collect::<Vec<_>>().join(" ");
    let expected = r#""plurality" "majority" "weighted" "unanimity" "approval" "score" "runoff" "instant_runoff" "borda" "copeland" "minimax" "schulze" "ranked_pairs""#;
    assert_eq!(names, expected);
    let schema = serde_json::to_value(schemars::schema_for!(Rule)).unwrap();
    let variants = schema["oneOf"].as_array().unwrap();
    assert_eq!(variants.len(), Rule::ALL.len());
    for (variant, rule) in variants.iter().zip(Rule::ALL) {
        assert_eq!(variant["const"], serde_json::to_value(rule).unwrap());
        assert!(variant["description"].as_str().unwrap().len() > 20, "{rule:?}");
    }
}

#[test]
fn every_rule_says_which_ballots_it_reads() {
    for rule in Rule::ALL {
        let expected = match rule {
            Rule::Plurality | Rule::Majority | Rule::Weighted | Rule::Unanimity => BallotForm::Answer,
            Rule::Approval => BallotForm::Approval,
            Rule::Score => BallotForm::Score,
            _ => BallotForm::Ranking,
        };
        let needs = rule.needs();
        assert_eq!(needs.ballot, expected, "{rule:?}");
        assert_eq!(needs.ties, *rule != Rule::Unanimity, "{rule:?}");
    }
}

#[test]
fn who_is_alone_wins_by_every_rule_that_reads_more_than_one_answer() {
    for rule in Rule::ALL.iter().filter(|rule| rule.needs().ballot != BallotForm::Answer) {
        let one = tally_of(&[ranked("A")], &["A"]);
        assert_eq!(rule.decide(&one, 0.5), leading(&["A"]), "{rule:?}");
        assert_eq!(rule.counts(&one).len(), 1, "{rule:?}");
        // A vote for one answer is a ballot of every form.
        assert_eq!(rule.decide(&tally(&["A", "B", "B"], &[]), 0.5), leading(&["B"]), "{rule:?}");
    }
}

#[test]
fn no_rule_decides_without_ballots_that_it_can_read() {
    for rule in Rule::ALL {
        let nobody = tally_of(&[Ballot::Abstained, Ballot::Absent("lost".into())], &["A", "B"]);
        assert!(matches!(rule.decide(&nobody, 0.5), Verdict::Nobody { .. }), "{rule:?}");
        let empty = tally_of(&[], &[]);
        assert!(matches!(rule.decide(&empty, 0.5), Verdict::Nobody { .. }), "{rule:?}");
        assert_eq!(rule.counts(&empty), [], "{rule:?}");
        if rule.needs().ballot == BallotForm::Answer {
            let rankings = tally_of(&[ranked("A > B")], &["A", "B"]);
            let expected = Verdict::Nobody { reason: "no ballot names a single answer".into() };
            assert_eq!(rule.decide(&rankings, 0.5), expected, "{rule:?}");
        }
    }
}

#[test]
fn a_ballot_that_prefers_nothing_ties_all() {
    let rules = Rule::ALL.iter().filter(|rule| rule.needs().ballot == BallotForm::Ranking);
    for rule in rules {
        let verdict = rule.decide(&tally_of(&[ranked("A = B = C")], &["C", "B", "A"]), 0.5);
        assert_eq!(verdict, leading(&["A", "B", "C"]), "{rule:?}");
    }
}

#[test]
fn more_answers_than_a_ranking_rule_compares_are_undecided_by_name() {
    let answers: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let listed: Vec<&str> = answers.iter().map(String::as_str).collect();
    for rule in Rule::ALL.iter().filter(|rule| rule.needs().ballot != BallotForm::Answer) {
        let many = tally_of(&[ranked("1 > 2")], &listed);
        match rule.decide(&many, 0.5) {
            Verdict::Nobody { reason } => {
                assert!(reason.starts_with("there are 300 answers; this rule compares at most "), "{rule:?}: {reason}");
                assert_eq!(rule.counts(&many), [], "{rule:?}");
            }
            Verdict::Leading(winners) => {
                assert!(matches!(rule, Rule::Approval | Rule::Score), "{rule:?}");
                assert_eq!(winners, texts(&["1"]));
            }
        }
    }
}
