//! The vote machine against closed forms: every combination of answers is played, each with its probability.
//!
//! No sampling, so the values agree to the rounding of the published tables. A tie is counted as a fair coin would.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use moot_core::{FailureKind, Outcome};

use super::{VoteMachine, VoteOptions};
use crate::testing::{answered, assigned, finishes, play, seat};
use crate::{Quorum, Rule, Ties, Weights};

/// The right answer.
const RIGHT: &str = "A";
const TWO: &[&str] = &["A", "B"];
const FOUR: &[&str] = &["A", "B", "C", "D"];

/// What a council does, as shares of all combinations.
#[derive(Debug, Default, PartialEq)]
struct Shares {
    /// Right, a tie counted by a fair coin.
    right: f64,
    /// Decided or tied.
    decided: f64,
    tied: f64,
}

/// What a member does with which probability.
type Habit = Vec<(Outcome, f64)>;

/// Right with probability `p`, else wrong with equal probability among the other choices.
fn right_with(p: f64, choices: &[&str]) -> Habit {
    let wrong = (1.0 - p) / (choices.len() - 1) as f64;
    choices.iter().map(|choice| (Outcome::decided(*choice), if *choice == RIGHT { p } else { wrong })).collect()
}

/// Plays every combination of what the members may do.
fn exact(options: VoteOptions, choices: &[&str], habits: &[Habit]) -> Shares {
    let options = Arc::new(options);
    let mut shares = Shares::default();
    let combinations: usize = habits.iter().map(Vec::len).product();
    for combination in 0..combinations {
        let (mut rest, mut probability, mut inputs) = (combination, 1.0, vec![assigned(0, choices)]);
        for (member, habit) in habits.iter().enumerate() {
            let (outcome, share) = habit.get(rest % habit.len()).unwrap();
            rest /= habit.len();
            probability *= share;
            inputs.push(answered(member, outcome.clone()));
        }
        let mut machine = VoteMachine::new(options.clone(), seat(habits.len()));
        match finishes(&play(&mut machine, inputs)).first().unwrap() {
            Outcome::Decided { answer } => {
                shares.decided += probability;
                shares.right += if &**answer == RIGHT { probability } else { 0.0 };
            }
            Outcome::Tied { among } => {
                shares.decided += probability;
                shares.tied += probability;
                let is_among = among.iter().any(|answer| &**answer == RIGHT);
                shares.right += if is_among { probability / among.len() as f64 } else { 0.0 };
            }
            _ => {}
        }
    }
    shares
}

fn options(rule: Rule) -> VoteOptions {
    VoteOptions {
        members: vec!["juror".to_owned()],
        eligible: None,
        rule,
        threshold: None,
        ties: Some(Ties::None),
        chair: None,
        scores: None,
        quorum: None,
        weights: None,
        join: Default::default(),
        stop: None,
        absence: Default::default(),
        fresh: false,
    }
}

fn assert_close(found: f64, expected: f64, what: &str) {
    // The tables are rounded to six decimals.
    assert!((found - expected).abs() <= 6e-7, "{what}: {found} instead of {expected}");
}

#[test]
fn a_jury_is_as_good_as_condorcet_says() {
    // P(majority of n voters right), each right with probability p on its own (Condorcet 1785; binomial sums).
    let table: [(f64, [f64; 6]); 6] = [
        (0.4, [0.4, 0.352, 0.31744, 0.289792, 0.266568, 0.246502]),
        (0.51, [0.51, 0.514998, 0.518745, 0.521866, 0.524596, 0.527052]),
        (0.55, [0.55, 0.57475, 0.593127, 0.608288, 0.621421, 0.633123]),
        (0.6, [0.6, 0.648, 0.68256, 0.710208, 0.733432, 0.753498]),
        (0.7, [0.7, 0.784, 0.83692, 0.873964, 0.901191, 0.921775]),
        (0.8, [0.8, 0.896, 0.94208, 0.966656, 0.980419, 0.988346]),
    ];
    for (p, row) in table {
        for (members, expected) in [1, 3, 5, 7, 9, 11].into_iter().zip(row) {
            for rule in [Rule::Majority, Rule::Plurality] {
                let shares = exact(options(rule), TWO, &vec![right_with(p, TWO); members]);
                assert_close(shares.right, expected, &format!("{rule:?}, {members} voters, p = {p}"));
                assert_eq!(shares.tied, 0.0);
            }
        }
    }
}

#[test]
fn an_even_jury_with_a_coin_is_as_good_as_one_voter_less() {
    for (members, right, tied) in [(2, 0.6, 0.48), (4, 0.648, 0.3456), (6, 0.68256, 0.27648), (10, 0.733432, 0.200658)]
    {
        let shares = exact(options(Rule::Majority), TWO, &vec![right_with(0.6, TWO); members]);
        assert_close(shares.right, right, &format!("{members} voters"));
        assert_close(shares.tied, tied, &format!("ties of {members} voters"));
    }
}

#[test]
fn plurality_among_four_choices_gains_with_voters() {
    // Multinomial sums, the wrong answers equally likely, ties settled uniformly.
    for (p, of_three, of_five) in [(0.3, 0.314, 0.33458), (0.4, 0.448, 0.50944), (0.5, 0.583333, 0.673611)] {
        for (members, expected) in [(3, of_three), (5, of_five)] {
            let shares = exact(options(Rule::Plurality), FOUR, &vec![right_with(p, FOUR); members]);
            assert_close(shares.right, expected, &format!("{members} voters, p = {p}"));
        }
    }
}

#[test]
fn log_odds_weights_are_the_best_that_can_be_done() {
    // (accuracies, plain majority, log-odds weights); Nitzan & Paroush 1982, Shapley & Grofman 1984.
    let table: [(&[f64], f64, f64); 6] = [
        (&[0.9, 0.9, 0.6, 0.6, 0.6], 0.87696, 0.92664),
        (&[0.9, 0.6, 0.6], 0.792, 0.9),
        (&[0.9, 0.8, 0.7, 0.6, 0.55], 0.86072, 0.912),
        (&[0.75, 0.65, 0.6, 0.55, 0.51], 0.705686, 0.756375),
        (&[0.8, 0.8, 0.4], 0.768, 0.832),
        // Who is mostly wrong is right about what is wrong: even a unanimous council of such members is turned round.
        (&[0.4, 0.4, 0.4], 0.352, 0.648),
    ];
    for (accuracies, plain, best) in table {
        let habits: Vec<Habit> = accuracies.iter().map(|p| right_with(*p, TWO)).collect();
        assert_close(exact(options(Rule::Majority), TWO, &habits).right, plain, &format!("plain {accuracies:?}"));
        let weights = Some(Weights::LogOdds(accuracies.to_vec()));
        let weighted = VoteOptions { weights, ..options(Rule::Weighted) };
        assert_close(exact(weighted, TWO, &habits).right, best, &format!("weighted {accuracies:?}"));
    }
}

#[test]
fn a_quorum_trades_decisions_for_right_ones() {
    // (members, quorum, share that responds, accuracy) and P(decide), P(right); who does not respond is absent.
    let table = [
        (5, 3, 0.9, 0.8, 0.991440, 0.915540),
        (5, 5, 0.9, 0.8, 0.590490, 0.556289),
        (7, 4, 0.8, 0.7, 0.966656, 0.810713),
        (7, 5, 0.8, 0.7, 0.851968, 0.720798),
        (9, 5, 0.5, 0.7, 0.5, 0.421841),
    ];
    for (members, needed, responds, p, decided, right) in table {
        let silent = (Outcome::failed(FailureKind::Model, "silent"), 1.0 - responds);
        let mut habit: Habit =
            right_with(p, TWO).into_iter().map(|(outcome, share)| (outcome, share * responds)).collect();
        habit.push(silent);
        let quorum = VoteOptions { quorum: Some(Quorum::AtLeast(needed)), ..options(Rule::Majority) };
        let shares = exact(quorum, TWO, &vec![habit; members]);
        assert_close(shares.decided, decided, &format!("decisions of {members}, quorum {needed}"));
        assert_close(shares.right, right, &format!("right ones of {members}, quorum {needed}"));
    }
}

#[test]
fn a_high_threshold_leaves_more_undecided_and_less_wrong() {
    // (members, threshold, accuracy) and P(right), P(wrong): 4 of 5, 5 of 5, 6 of 9.
    let table = [(5, 0.7, 0.8, 0.73728, 0.00672), (5, 0.9, 0.8, 0.32768, 0.00032), (9, 0.6, 0.7, 0.729659, 0.025295)];
    for (members, threshold, p, right, wrong) in table {
        let supermajority = VoteOptions { threshold: Some(threshold), ..options(Rule::Majority) };
        let shares = exact(supermajority, TWO, &vec![right_with(p, TWO); members]);
        assert_close(shares.right, right, &format!("right of {members}"));
        assert_close(shares.decided - shares.right, wrong, &format!("wrong of {members}"));
    }
}
