//! The table of claims: cases by hand, then what holds whatever comes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use moot_core::{Access, Claim, Resource};
use proptest::prelude::*;

use super::*;

fn touch(claims: &str) -> Touch {
    // `ra wb` reads the file a and writes the file b; `f` before a name is a folder.
    Touch::claims(claims.split_whitespace().map(|claim| match claim.split_at(1) {
        ("r", name) => Claim::reads_file(name),
        ("w", name) => Claim::writes_file(name),
        ("f", name) => Claim::reads_folder(name),
        (_, name) => Claim::entity("task", name, Access::Write),
    }))
}

/// Plays steps such as `1+ wa` (request call 1), `1-` (release it) and says which calls were admitted after each.
fn play(steps: &[(&str, &str)]) {
    let mut table = ClaimTable::default();
    for (step, expected) in steps {
        let (id, claims) = step.split_once(['+', '-']).unwrap();
        let id: u64 = id.parse().unwrap();
        let admitted = match step.contains('+') {
            true => Vec::from_iter(table.request(id, 0, 8, touch(claims)).then_some(id)),
            false => table.release(id),
        };
        let admitted: Vec<String> = admitted.iter().map(u64::to_string).collect();
        assert_eq!(admitted.join(" "), *expected, "{step} in {steps:?}");
    }
}

#[test]
fn reads_are_shared_and_writes_exclusive_in_the_order_they_came() {
    play(&[("1+ ra", "1"), ("2+ ra", "2"), ("3+ wa", ""), ("4+ ra", ""), ("1-", ""), ("2-", "3"), ("3-", "4")]);
    play(&[("1+ wa", "1"), ("2+ wb", "2"), ("3+ wa wb", ""), ("4+ wb", ""), ("1-", ""), ("2-", "3"), ("3-", "4")]);
    play(&[("1+ wdir/a", "1"), ("2+ fdir", ""), ("3+ wdir/b", ""), ("4+ wother", "4"), ("1-", "2"), ("2-", "3")]);
    play(&[("1+ e1", "1"), ("2+ e2", "2"), ("3+ e", ""), ("1-", ""), ("2-", "3")]);
    play(&[("1+ ", "1"), ("2+ ", "2"), ("3+ wa", "3")]);
}

#[test]
fn one_that_leaves_while_it_waits_lets_the_next_through() {
    play(&[("1+ ra", "1"), ("2+ wa", ""), ("3+ ra", ""), ("2-", "3"), ("1-", ""), ("3-", "")]);
    play(&[("9-", ""), ("1+ wa", "1"), ("1-", ""), ("1-", "")]);
}

#[test]
fn an_id_is_in_the_table_once() {
    let mut table = ClaimTable::default();
    assert!(table.request(1, 0, 8, touch("wa")));
    assert!(table.request(1, 0, 8, touch("wb")), "it is admitted already");
    assert!(table.request(2, 0, 8, touch("wb")), "the second request claimed nothing");
}

#[test]
fn a_cap_holds_back_its_owner_and_whoever_conflicts() {
    let mut table = ClaimTable::default();
    assert!(table.request(1, 0, 1, touch("wa")));
    assert!(!table.request(2, 0, 1, touch("wb")), "owner 0 has no room");
    assert!(table.request(3, 1, 1, touch("wc")), "that is nothing to owner 1");
    assert!(!table.request(4, 2, 1, touch("wb")), "call 2 came first to b");
    assert_eq!(table.release(1), [2]);
    assert_eq!(table.release(2), [4]);
    assert_eq!(table.waiting().count(), 0);
    assert!(ClaimTable::default().request(1, 0, 0, touch("")), "a cap of 0 counts as 1");
}

#[derive(Debug, Clone)]
enum Move {
    Request { owner: u32, at_once_max: u32, claims: Vec<(bool, u8)> },
    Release(prop::sample::Index),
    Withdraw(prop::sample::Index),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let claims = prop::collection::vec((any::<bool>(), 0..14_u8), 0..4);
    prop::collection::vec(
        prop_oneof![
            4 => (0..3_u32, 0..4_u32, claims)
                .prop_map(|(owner, at_once_max, claims)| Move::Request { owner, at_once_max, claims }),
            3 => any::<prop::sample::Index>().prop_map(Move::Release),
            1 => any::<prop::sample::Index>().prop_map(Move::Withdraw),
        ],
        0..60,
    )
}

/// Files, folders and entities that lie within each other.
fn claim(write: bool, number: u8) -> Claim {
    let entity = |name: &str| Resource::Entity { kind: "task".into(), name: name.into() };
    let resource = match number {
        0..4 => Resource::File(number.to_string().into()),
        4 => Resource::File("a/b/c".into()),
        5 => Resource::File("a/bc".into()),
        6 => Resource::Folder("a".into()),
        7 => Resource::Folder("a/b/".into()),
        8 => Resource::Folder("0".into()),
        9 => Resource::Folder("".into()),
        10 => entity("1"),
        11 => entity("2"),
        12 => entity(""),
        _ => Resource::Host("example.com".into()),
    };
    Claim { resource, access: if write { Access::Write } else { Access::Read } }
}

/// What the table should be, worked out from the rules themselves.
#[derive(Default)]
struct Known {
    /// Owner, cap, touch and whether it was admitted, by id, which is the order they came in.
    calls: BTreeMap<u64, (u32, u32, Touch, bool)>,
}

impl Known {
    fn may_run(&self, id: u64) -> bool {
        let (owner, cap, touch, _) = &self.calls[&id];
        let running = self.calls.values().filter(|call| call.3 && call.0 == *owner).count();
        let conflict = self
            .calls
            .iter()
            .any(|(other, call)| (call.3 || *other < id) && *other != id && call.2.conflicts_with(touch));
        !conflict && running < (*cap).max(1) as usize
    }

    fn check(&self, table: &ClaimTable) {
        let held: Vec<u64> = self.calls.iter().filter(|(_, call)| call.3).map(|(id, _)| *id).collect();
        assert_eq!(table.admitted().collect::<Vec<_>>(), held);
        for (place, one) in held.iter().enumerate() {
            for other in &held[..place] {
                assert!(!self.calls[one].2.conflicts_with(&self.calls[other].2), "{one} and {other} conflict");
            }
        }
        for id in table.waiting() {
            assert!(!self.may_run(id), "{id} waits for nothing");
        }
        assert!(!held.is_empty() || self.calls.is_empty(), "nothing runs and somebody waits");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Never two conflicting calls at once, never over a cap, never past an earlier one, never a wait for nothing.
    #[test]
    fn claims_keep_their_rules(moves in moves()) {
        let mut table = ClaimTable::default();
        let mut known = Known::default();
        for (id, chosen) in moves.into_iter().enumerate() {
            let id = id as u64;
            let admitted = match chosen {
                Move::Request { owner, at_once_max, claims } => {
                    let claims = claims.iter().map(|(write, number)| claim(*write, *number));
                    let touch = Touch::claims(claims);
                    known.calls.insert(id, (owner, at_once_max, touch.clone(), false));
                    Vec::from_iter(table.request(id, owner, at_once_max, touch).then_some(id))
                }
                Move::Release(of) => {
                    let running: Vec<u64> = table.admitted().collect();
                    if running.is_empty() { continue; }
                    let gone = running[of.index(running.len())];
                    known.calls.remove(&gone);
                    table.release(gone)
                }
                Move::Withdraw(of) => {
                    let waiting: Vec<u64> = table.waiting().collect();
                    if waiting.is_empty() { continue; }
                    let gone = waiting[of.index(waiting.len())];
                    known.calls.remove(&gone);
                    table.withdraw(gone)
                }
            };
            for id in &admitted {
                prop_assert!(known.may_run(*id), "{} was admitted too early", id);
                known.calls.get_mut(id).unwrap().3 = true;
            }
            prop_assert!(admitted.is_sorted(), "first come, first served");
            known.check(&table);
            let copy: ClaimTable = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
            prop_assert_eq!(&copy, &table);
        }
        // Whatever the order in which the running ones end, everybody gets their turn.
        let mut ended = 0;
        let calls = known.calls.len();
        loop {
            let first = table.admitted().next();
            let Some(first) = first else { break };
            table.release(first);
            ended += 1;
        }
        prop_assert_eq!((ended, table.is_empty()), (calls, true));
    }
}
