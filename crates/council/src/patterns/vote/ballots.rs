//! The vote machine with more than plain votes: other forms of ballot, a chair, who may vote, claims, confidence.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use super::*;
use crate::testing::{assigned, finishes, play, ranked, texts};
use crate::{DescribesPattern, PatternOptions};
use moot_core::{Bill, FailureKind, Heard};

/// A vote of ann, bob and cat with these further options.
fn machine(rest: &str) -> VoteMachine {
    let text = format!(r#"{{ "members": ["ann", "bob", "cat"], {rest} }}"#);
    let options: VoteOptions = serde_json::from_str(&text).unwrap();
    let names = options.members();
    let members: Vec<ActorPath> = names.iter().map(|named| ActorPath::new(named.name).unwrap()).collect();
    let seats = vec![1; members.len()];
    assert_eq!(options.check(&seats), [], "{text}");
    let seat = Seat::of(ActorPath::new("council").unwrap(), members, 1);
    VoteMachine::new(Arc::new(options), seat)
}

/// What a member says, of which nothing but the whole is its answer.
fn says(member: usize, words: &str) -> CouncilInput {
    let outcome = Outcome::decided(words.trim());
    let (words, bill, tools) = (Some(words.into()), Bill::default(), Default::default());
    CouncilInput::Answered(Answered { member, round: 0, outcome, words, bill, tools })
}

fn all_say(words: &[&str]) -> Vec<CouncilInput> {
    words.iter().enumerate().map(|(member, words)| says(member, words)).collect()
}

/// The effects of a vote between A, B, C in which the members say this, in order.
fn vote(rest: &str, words: &[&str]) -> Vec<CouncilEffect> {
    let effects = play(&mut machine(rest), [vec![assigned(0, &["A", "B", "C"])], all_say(words)].concat());
    assert_eq!(finishes(&effects).len(), 1, "{effects:?}");
    effects
}

fn outcome(effects: &[CouncilEffect]) -> Outcome {
    finishes(effects)[0].clone()
}

fn cast(effects: &[CouncilEffect]) -> Vec<(Ballot, f64)> {
    let ballots = effects.iter().filter_map(|effect| match effect {
        CouncilEffect::Record(EventKind::BallotCast { ballot, weight, .. }) => Some((ballot.clone(), *weight)),
        _ => None,
    });
    ballots.collect()
}

fn counts(effects: &[CouncilEffect]) -> Vec<(Text, f64)> {
    let tallied = effects.iter().find_map(|effect| match effect {
        CouncilEffect::Record(EventKind::Tallied { counts, .. }) => Some(counts.clone()),
        _ => None,
    });
    tallied.unwrap()
}

fn notes(effects: &[CouncilEffect]) -> Vec<&str> {
    let noted = effects.iter().filter_map(|effect| match effect {
        CouncilEffect::Record(EventKind::Noted { name, text, .. }) => {
            assert_eq!(&**name, BALLOT_REJECTED);
            Some(&**text)
        }
        _ => None,
    });
    noted.collect()
}

fn asked(effects: &[CouncilEffect]) -> Vec<(usize, Option<Wanted>)> {
    let asked = effects.iter().filter_map(|effect| match effect {
        CouncilEffect::Ask { member, brief, .. } => Some((*member, brief.as_ref().map(|brief| brief.wanted.clone()))),
        _ => None,
    });
    asked.collect()
}

#[test]
fn rankings_are_asked_for_in_words_read_recorded_and_counted_by_the_rule() {
    let effects = vote(r#""rule": "borda", "ties": "none""#, &["B > A = C", "answer: a > b > c", "I rank them: B, A"]);
    assert_eq!(asked(&effects), [0, 1, 2].map(|member| (member, Some(Wanted::Words))));
    let absent = Ballot::Absent("not one of the choices: I rank them: B, A".into());
    let ballots = [ranked("B > A = C"), ranked("A > B > C"), absent];
    assert_eq!(cast(&effects), ballots.map(|ballot| (ballot, 1.0)));
    assert_eq!(counts(&effects), [("A".into(), 2.5), ("B".into(), 3.0), ("C".into(), 0.5)]);
    assert_eq!(outcome(&effects), Outcome::decided("B"));
}

#[test]
fn approvals_and_scores_are_read_too() {
    let effects = vote(r#""rule": "approval", "ties": "none""#, &["A, C", "abstain", "C"]);
    let approved = |answers: &[&str]| Ballot::Approved(texts(answers));
    let ballots = [approved(&["A", "C"]), Ballot::Abstained, approved(&["C"])];
    assert_eq!(cast(&effects), ballots.map(|ballot| (ballot, 1.0)));
    assert_eq!(outcome(&effects), Outcome::decided("C"));

    let rest = r#""rule": "score", "ties": "none", "scores": { "from": 1, "to": 10 }"#;
    let effects = vote(rest, &["A: 10, B: 9", "B: 2", "C: 0"]);
    let scored = |scores: &[(&str, f64)]| {
        Ballot::Scored(scores.iter().map(|(answer, score)| ((*answer).into(), *score)).collect())
    };
    let absent = Ballot::Absent("0 is no score from 1 to 10, for C".into());
    let ballots = [scored(&[("A", 10.0), ("B", 9.0)]), scored(&[("B", 2.0)]), absent];
    assert_eq!(cast(&effects), ballots.map(|ballot| (ballot, 1.0)));
    assert_eq!(counts(&effects), [("A".into(), 11.0), ("B".into(), 11.0), ("C".into(), 2.0)]);
    assert_eq!(outcome(&effects), Outcome::Tied { among: texts(&["A", "B"]) });
}

#[test]
fn weights_count_in_rankings() {
    let rest = r#""rule": "schulze", "ties": "none", "weights": { "given": [3, 1, 1] }"#;
    let effects = vote(rest, &["A > B", "B > A", "B > A"]);
    assert_eq!(outcome(&effects), Outcome::decided("A"));
    assert_eq!(cast(&effects).iter().map(|(_, weight)| *weight).collect::<Vec<_>>(), [3.0, 1.0, 1.0]);
}

#[test]
fn a_council_without_words_and_a_member_that_failed_are_taken_by_their_outcome() {
    let mut voting = machine(r#""rule": "ranked_pairs", "ties": "none""#);
    let effects = play(
        &mut voting,
        [
            assigned(0, &["A", "B", "C"]),
            CouncilInput::answered(0, 0, Outcome::decided("C")),
            CouncilInput::answered(1, 0, Outcome::Tied { among: texts(&["A", "B"]) }),
            CouncilInput::answered(2, 0, Outcome::failed(FailureKind::Model, "refused")),
        ],
    );
    let ballots = [ranked("C"), Ballot::Abstained, Ballot::Absent("failed (model: refused)".into())];
    assert_eq!(cast(&effects), ballots.map(|ballot| (ballot, 1.0)));
    assert_eq!(outcome(&effects), Outcome::decided("C"));
}

#[test]
fn a_plain_vote_asks_as_it_was_asked_and_takes_the_choices_it_was_given() {
    let effects = vote(r#""rule": "plurality", "ties": "none""#, &["A", "A", "B"]);
    assert_eq!(asked(&effects), [0, 1, 2].map(|member| (member, None)));
    let told = |wanted: Wanted, rest: &str, words: &[&str]| {
        let CouncilInput::Assigned(assignment) = assigned(0, &["A", "B", "C"]) else { unreachable!() };
        let heard = Heard { round: 0, speaker: "dan".into(), answer: None, words: "hear me".into(), own: false };
        let brief = Brief { wanted, heard: [heard].into(), fresh: true };
        let assignment = Assignment { brief: Some(Arc::new(brief)), ..assignment };
        play(&mut machine(rest), [vec![CouncilInput::Assigned(assignment)], all_say(words)].concat())
    };
    let other = Wanted::OneOf(texts(&["X", "Y"]).into());
    let effects = told(other.clone(), r#""rule": "plurality", "ties": "none""#, &["X", "X", "A"]);
    assert_eq!(asked(&effects), [0, 1, 2].map(|member| (member, None)));
    assert_eq!(outcome(&effects), Outcome::decided("X"));
    assert_eq!(cast(&effects)[2].0, Ballot::Absent("not one of the choices: A".into()));
    let effects = told(other, r#""rule": "borda", "ties": "none""#, &["X > Y", "Y > X", "Y > X"]);
    assert_eq!(outcome(&effects), Outcome::decided("Y"));
    let CouncilEffect::Ask { brief: Some(brief), .. } = &effects[0] else { unreachable!() };
    assert!(brief.fresh && brief.heard.len() == 1, "what was heard goes on to the members");
}

const CHAIRED: &str = r#""rule": "plurality", "ties": "chair", "chair": "dan""#;

#[test]
fn a_chair_is_asked_with_the_members_and_counts_in_a_tie_alone() {
    let effects = vote(CHAIRED, &["A", "B", "abstain", "B"]);
    assert_eq!(asked(&effects).len(), 4);
    assert_eq!(cast(&effects)[3], (Ballot::For("B".into()), 0.0));
    assert_eq!(counts(&effects), [("A".into(), 1.0), ("B".into(), 1.0)]);
    assert_eq!(outcome(&effects), Outcome::decided("B"));
    assert_eq!(outcome(&vote(CHAIRED, &["A", "A", "B", "B"])), Outcome::decided("A"), "there is no tie to settle");
    let tied = Outcome::Tied { among: texts(&["A", "B"]) };
    for chair in ["C", "abstain", "D"] {
        assert_eq!(outcome(&vote(CHAIRED, &["A", "B", "abstain", chair])), tied, "{chair}");
    }
}

#[test]
fn a_vote_waits_for_its_chair_who_makes_no_quorum() {
    let mut voting = machine(&format!(r#"{CHAIRED}, "quorum": {{ "at_least": 2 }}"#));
    let members = ["A", "abstain", "D"];
    let effects = play(&mut voting, [vec![assigned(0, &["A", "B"])], all_say(&members)].concat());
    assert_eq!(finishes(&effects), [&Outcome::NoQuorum { present: 0, needed: 2 }; 0]);
    assert_eq!(finishes(&play(&mut voting, [says(3, "A")])), [&Outcome::decided("A")]);
    let alone = vote(&format!(r#"{CHAIRED}, "quorum": {{ "at_least": 2 }}"#), &["A", "D", "D", "A"]);
    assert_eq!(outcome(&alone), Outcome::NoQuorum { present: 1, needed: 2 });
    let lost = vote(CHAIRED, &["D", "D", "D", "A"]);
    let expected = "none of 3 members gave a ballot that counts; ann: not one of the choices: D";
    assert_eq!(outcome(&lost), Outcome::failed(FailureKind::Member, expected));
}

#[test]
fn a_council_of_a_chair_alone_has_nobody_to_vote() {
    let options = VoteOptions { members: Vec::new(), ..(*machine(CHAIRED).options).clone() };
    let seat = Seat::of(ActorPath::new("council").unwrap(), [ActorPath::new("dan").unwrap()], 1);
    let effects = play(&mut VoteMachine::new(Arc::new(options), seat), [assigned(0, &[])]);
    assert!(matches!(&effects[..], [CouncilEffect::Finish(Outcome::Failed(_))]), "{effects:?}");
}

#[test]
fn all_voters_at_a_limit_end_the_council_there_whatever_the_chair_says() {
    let exhausted = |member| CouncilInput::answered(member, 0, Outcome::Exhausted { limit: Limit::Money });
    let inputs = [vec![assigned(0, &["A"])], (0..3).map(exhausted).collect(), vec![says(3, "A")]].concat();
    assert_eq!(outcome(&play(&mut machine(CHAIRED), inputs)), Outcome::Exhausted { limit: Limit::Money });
}

#[test]
fn who_may_not_vote_is_asked_nothing_and_its_answer_is_refused() {
    let rest = r#""rule": "majority", "ties": "none", "eligible": ["cat", "ann"]"#;
    let mut voting = machine(rest);
    let effects = play(&mut voting, [assigned(0, &["A", "B"])]);
    assert_eq!(asked(&effects), [(0, None), (2, None)]);
    let effects = play(&mut voting, [says(1, "B"), says(2, "A"), says(0, "A")]);
    assert_eq!(notes(&effects), ["no ballot of bob is open in round 0 (asked in round 0): decided: B"]);
    assert_eq!(counts(&effects), [("A".into(), 2.0)]);
    assert_eq!(outcome(&effects), Outcome::decided("A"));
    let mut voting = machine(rest);
    let effects =
        play(&mut voting, [assigned(0, &[]), says(0, "A"), CouncilInput::Cancelled { reason: "stop".into() }]);
    let withdrawn: Vec<usize> = effects
        .iter()
        .filter_map(|effect| if let CouncilEffect::Withdraw { member, .. } = effect { Some(*member) } else { None })
        .collect();
    assert_eq!(withdrawn, [2], "bob was never asked");
}

#[test]
fn weights_and_reasons_belong_to_the_right_member_when_some_may_not_vote() {
    let rest = r#""rule": "weighted", "ties": "none", "eligible": ["bob", "cat"], "weights": { "given": [9, 1, 2] }"#;
    let mut voting = machine(rest);
    let effects = play(&mut voting, [assigned(0, &["A", "B"]), says(1, "A"), says(2, "B")]);
    assert_eq!(counts(&effects), [("A".into(), 1.0), ("B".into(), 2.0)]);
    let mut voting = machine(rest);
    let effects = play(&mut voting, [assigned(0, &["A", "B"]), says(1, "D"), says(2, "D")]);
    let expected = "none of 2 members gave a ballot that counts; bob: not one of the choices: D";
    assert_eq!(outcome(&effects), Outcome::failed(FailureKind::Member, expected));
}

#[test]
fn a_false_claim_makes_a_ballot_void_and_is_noted() {
    let rest = r#""rule": "plurality", "ties": "none""#;
    let effects = vote(rest, &["from: ann\nround: 0\n\nA", "From: ann\nB", "ROUND: 1\nanswer: B"]);
    let void = |reason: &str| (Ballot::Absent(reason.into()), 1.0);
    // The agent would have found A; here the whole is its answer.
    assert_eq!(cast(&effects)[0], void("not one of the choices: from: ann\nround: 0\n\nA"));
    assert_eq!(cast(&effects)[1], void("it claims to be from ann, but is from bob"));
    assert_eq!(cast(&effects)[2], void("it claims to be of round 1, but was asked in round 0"));
    assert_eq!(
        notes(&effects),
        [
            "the ballot of bob in round 0 is void: it claims to be from ann, but is from bob",
            "the ballot of cat in round 0 is void: it claims to be of round 1, but was asked in round 0",
        ]
    );
    // A void ballot was the first one: a second one counts no more.
    let mut voting = machine(rest);
    let effects =
        play(&mut voting, [assigned(0, &["A"]), says(1, "from: ann\nA"), says(1, "A"), says(0, "A"), says(2, "A")]);
    assert_eq!(notes(&effects)[1], "no ballot of bob is open in round 0 (asked in round 0): decided: A");
    assert_eq!(counts(&effects), [("A".into(), 2.0)]);
}

#[test]
fn a_true_claim_is_no_part_of_an_answer() {
    let effects = vote(r#""rule": "borda", "ties": "none""#, &["from: ann\nB > A", "from: bob\n\nA", "round: 0\nB"]);
    assert_eq!(
        cast(&effects).into_iter().map(|(ballot, _)| ballot).collect::<Vec<_>>(),
        [ranked("B > A"), ranked("A"), ranked("B")]
    );
    let mut free = machine(r#""rule": "plurality", "ties": "none""#);
    let effects =
        play(&mut free, [vec![assigned(0, &[])], all_say(&["from: ann\n42", "42", "round: 0\n\n 42"])].concat());
    assert_eq!(outcome(&effects), Outcome::decided("42"));
    assert_eq!(counts(&effects), [("42".into(), 3.0)]);
}

#[test]
fn a_ballot_weighs_what_the_member_says_it_is_sure_of() {
    let linear = r#""rule": "weighted", "ties": "none", "weights": { "confidence": "linear" }"#;
    let mut voting = machine(linear);
    let said = ["42\nconfidence: 0.9", "7\nconfidence: 30%", "7"];
    let effects = play(&mut voting, [vec![assigned(0, &[])], all_say(&said)].concat());
    let expected = [("42", 0.9), ("7", 0.3), ("7", 0.5)];
    assert_eq!(cast(&effects), expected.map(|(answer, weight)| (Ballot::For(answer.into()), weight)));
    assert_eq!(counts(&effects), [("42".into(), 0.9), ("7".into(), 0.8)]);
    assert_eq!(outcome(&effects), Outcome::decided("42"));

    let effects = vote(
        r#""rule": "instant_runoff", "ties": "none", "weights": { "confidence": "log_odds" }"#,
        &["A > B, confidence: 0.8", "B > A\nconfidence: 0.6", "confidence: 0.6\nanswer: B"],
    );
    let weights: Vec<f64> = cast(&effects).iter().map(|(_, weight)| *weight).collect();
    let expected = [4.0_f64.ln(), 1.5_f64.ln(), 1.5_f64.ln()];
    assert!(weights.iter().zip(expected).all(|(weight, expected)| (weight - expected).abs() < 1e-12), "{weights:?}");
    assert_eq!(outcome(&effects), Outcome::decided("A"), "ln 4 is more than twice ln 1.5");
}

#[test]
fn options_with_everything_survive_serialisation() {
    let text = r#"{"vote":{"members":["a","b"],"eligible":["a"],"rule":"score","ties":"chair","chair":"c","scores":{"from":1.0,"to":7.0},"weights":{"confidence":"log_odds"},"fresh":false}}"#;
    let options: PatternOptions = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&options).unwrap(), text);
    assert_eq!(options.check(&[1, 1, 1]), []);
}
