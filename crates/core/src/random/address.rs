//! Where a random value belongs: the key of an agent in a replicate, and the address of one use within it.
//!
//! It must not know which agents, tasks or purposes exist: a path is text, a task is a number, a purpose is a name.
//!
//! # The mapping, frozen
//!
//! Philox key: the first eight bytes, as two little-endian words, of
//! `blake3("folkmoot random 1" ‖ study seed, 8 bytes LE ‖ replicate, 4 bytes LE ‖ path, UTF-8)`. All parts but the last
//! have a fixed length, so no two inputs share an encoding.
//!
//! Philox counter: word 0 the block index that the generator advances, word 1 the task, word 2 the model call in its
//! low 24 bits and the attempt in its high 8, word 3 the purpose.
//!
//! A call from 2^24 or an attempt from 2^8 on does not fit word 2. Word 2 then holds the bits that do fit, and the key
//! becomes `blake3("folkmoot rekey 1" ‖ key, two words LE ‖ call, 4 bytes LE ‖ attempt, 4 bytes LE)`, cut as above, so
//! such an address does not alias one that fits. (Neither domain string begins with the other.) What is left is
//! chance: two given keys agree with probability 2^-64, two given purposes with probability 2^-32.
//!
//! ```
//! use moot_core::random::{Purpose, RandomAddress, RandomKey, Rng};
//!
//! let address = RandomAddress::new(RandomKey::new(42, 0, "solver"), Purpose::named("latency"));
//! let first_try = address.task(7).call(1).generator().next_u64();
//! let second_try = address.task(7).call(1).attempt(1).generator().next_u64();
//! assert_ne!(first_try, second_try);
//! ```

use serde::{Deserialize, Serialize};

use super::generator::AddressedGenerator;

const KEY_DOMAIN: &[u8] = b"folkmoot random 1";
const REKEY_DOMAIN: &[u8] = b"folkmoot rekey 1";
const CALL_BITS: u32 = 24;
const ATTEMPT_BITS: u32 = 8;

/// What all random values of one agent in one replicate of one study have in common.
///
/// Making one costs a hash (some 100 ns); callers keep it per agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RandomKey([u32; 2]);

impl RandomKey {
    /// The key for an agent, or for what several agents have in common: `path` is the agent's path as declared, or the
    /// path of their group. Every argument may take any value; paths that differ in one byte give unrelated keys.
    #[must_use]
    pub fn new(study_seed: u64, replicate: u32, path: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(KEY_DOMAIN);
        hasher.update(&study_seed.to_le_bytes());
        hasher.update(&replicate.to_le_bytes());
        hasher.update(path.as_bytes());
        Self::from_hash(&hasher.finalize())
    }

    /// The two words that key Philox.
    #[inline]
    #[must_use]
    pub const fn words(self) -> [u32; 2] {
        self.0
    }

    /// The key for a call and an attempt too large for the counter.
    #[cold]
    fn rekeyed(self, call: u32, attempt: u32) -> Self {
        let [key_0, key_1] = self.0;
        let mut hasher = blake3::Hasher::new();
        hasher.update(REKEY_DOMAIN);
        for word in [key_0, key_1, call, attempt] {
            hasher.update(&word.to_le_bytes());
        }
        Self::from_hash(&hasher.finalize())
    }

    fn from_hash(hash: &blake3::Hash) -> Self {
        let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = *hash.as_bytes();
        Self([u32::from_le_bytes([b0, b1, b2, b3]), u32::from_le_bytes([b4, b5, b6, b7])])
    }
}

/// What a random value is for, by name, so that a new purpose needs no central list.
///
/// Two purposes at one address draw from streams of their own: a model that starts to draw a latency leaves its
/// accuracy as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Purpose(u32);

impl Purpose {
    /// The purpose of this name: its 32-bit FNV-1a hash (Fowler, Noll, Vo; RFC 9923) over the UTF-8 bytes.
    ///
    /// It is a `const fn`: write purposes as constants beside the code that draws.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let mut hash: u32 = 0x811C_9DC5;
        let mut rest = name.as_bytes();
        while let [byte, tail @ ..] = rest {
            hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
            rest = tail;
        }
        Self(hash)
    }

    /// The word that stands for the purpose in the counter.
    #[inline]
    #[must_use]
    pub const fn word(self) -> u32 {
        self.0
    }
}

/// The full address of a stream of random values, up to the index within it. Any combination of values is valid.
///
/// An address is a small value: copy it, store it in a machine's state, and make a generator where one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RandomAddress {
    /// Study, replicate and agent.
    pub key: RandomKey,
    /// The task's number within the run.
    pub task: u32,
    /// The agent's model call within the task.
    pub call: u32,
    /// The attempt at this call: 0 is the first, a retry counts up.
    pub attempt: u32,
    /// What the values are for.
    pub purpose: Purpose,
}

impl RandomAddress {
    /// The address of a purpose at task 0, call 0, attempt 0.
    #[inline]
    #[must_use]
    pub const fn new(key: RandomKey, purpose: Purpose) -> Self {
        Self { key, task: 0, call: 0, attempt: 0, purpose }
    }

    /// The same address at another task.
    #[inline]
    #[must_use]
    pub const fn task(self, task: u32) -> Self {
        Self { task, ..self }
    }

    /// The same address at another model call. Calls from 2^24 on cost a hash per generator, see the module.
    #[inline]
    #[must_use]
    pub const fn call(self, call: u32) -> Self {
        Self { call, ..self }
    }

    /// The same address at another attempt. Attempts from 2^8 on cost a hash per generator, see the module.
    #[inline]
    #[must_use]
    pub const fn attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// A generator at the start of this address's stream. Every call gives the same stream from its beginning.
    #[inline]
    #[must_use]
    pub fn generator(self) -> AddressedGenerator {
        let fits = self.call >> CALL_BITS == 0 && self.attempt >> ATTEMPT_BITS == 0;
        let key = if fits { self.key } else { self.key.rekeyed(self.call, self.attempt) };
        // Shifted left, an attempt that does not fit loses its high bits; a call must be cut to leave it room.
        let place = (self.attempt << CALL_BITS) | (self.call & ((1 << CALL_BITS) - 1));
        AddressedGenerator::new(key.words(), [self.task, place, self.purpose.word()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::{Purpose, RandomAddress, RandomKey};
    use crate::random::{Rng, philox4x32_10};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const ACCURACY: Purpose = Purpose::named("accuracy");

    fn first(address: RandomAddress) -> u64 {
        address.generator().next_u64()
    }

    #[test]
    fn purposes_hash_as_fnv_1a_does() {
        assert_eq!(Purpose::named("").word(), 0x811c_9dc5);
        assert_eq!(Purpose::named("a").word(), 0xe40c_292c);
        assert_eq!(Purpose::named("foobar").word(), 0xbf9c_f968);
    }

    #[test]
    fn a_key_is_the_hash_of_the_documented_bytes() {
        let mut bytes = b"folkmoot random 1".to_vec();
        bytes.extend([42, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0]);
        bytes.extend(b"jury/juror[3]");
        let hash = blake3::hash(&bytes);
        let (words, _) = hash.as_bytes().split_at(8);
        let [key_0, key_1] = RandomKey::new(42, 7, "jury/juror[3]").words();
        assert_eq!(words, [key_0.to_le_bytes(), key_1.to_le_bytes()].concat());
    }

    #[test]
    fn the_counter_holds_the_documented_words() {
        let key = RandomKey::new(1, 2, "a");
        let address = RandomAddress::new(key, ACCURACY).task(3).call(0x00ab_cdef).attempt(0x12);
        let mut generator = address.generator();
        for block in 0..3 {
            let expected = philox4x32_10([block, 3, 0x12ab_cdef, ACCURACY.word()], key.words());
            assert_eq!([(); 4].map(|()| generator.next_u32()), expected);
        }
    }

    #[test]
    fn first_values_are_frozen() {
        let address = |seed, replicate, path| RandomAddress::new(RandomKey::new(seed, replicate, path), ACCURACY);
        let solver = address(42, 0, "solver");
        let found = [
            first(address(0, 0, "")),
            first(solver),
            first(address(42, 1, "solver")),
            first(address(42, 0, "jury/juror[3]")),
            first(solver.task(1)),
            first(solver.call(1)),
            first(solver.attempt(1)),
            first(RandomAddress { purpose: Purpose::named("latency"), ..solver }),
            first(solver.call(1 << 24)),
            first(solver.attempt(1 << 8)),
            first(solver.task(u32::MAX).call(u32::MAX).attempt(u32::MAX)),
        ];
        assert_eq!(found, FROZEN_ADDRESSES);
    }

    /// Never to be edited: these values are what makes an old study repeatable.
    const FROZEN_ADDRESSES: [u64; 11] = [
        17_660_734_272_798_702_535,
        14_879_647_738_230_226_341,
        4_417_916_704_882_329_175,
        8_049_276_902_339_276_950,
        4_763_022_437_525_764_671,
        15_661_641_318_615_461_417,
        7_444_434_458_407_629_045,
        7_997_035_986_770_404_300,
        7_238_708_628_252_637_464,
        348_385_340_499_660_164,
        5_747_399_156_955_696_429,
    ];

    #[test]
    fn addresses_that_differ_in_one_component_give_different_streams() {
        let base = RandomAddress::new(RandomKey::new(42, 0, "solver"), ACCURACY).task(1).call(2).attempt(3);
        let keyed = |seed, replicate, path| RandomAddress { key: RandomKey::new(seed, replicate, path), ..base };
        let addresses = [
            base,
            keyed(43, 0, "solver"),
            keyed(42, 1, "solver"),
            keyed(42, 0, "Solver"),
            keyed(42, 0, ""),
            base.task(2),
            base.call(3),
            base.attempt(2),
            RandomAddress { purpose: Purpose::named("latency"), ..base },
        ];
        let mut seen = BTreeMap::new();
        for address in addresses {
            let mut generator = address.generator();
            for index in 0..64 {
                let earlier = seen.insert(generator.next_u64(), (address, index));
                assert_eq!(earlier, None, "a value of {address:?} was seen before");
            }
        }
    }

    #[test]
    fn calls_and_attempts_too_large_for_the_counter_do_not_alias() {
        let base = RandomAddress::new(RandomKey::new(42, 0, "solver"), ACCURACY);
        let numbers = [0, 1, 255, 256, 257, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, u32::MAX];
        let mut seen = BTreeMap::new();
        for call in numbers {
            for attempt in numbers {
                let address = base.call(call).attempt(attempt);
                assert_eq!(seen.insert(first(address), address), None, "{address:?} aliases another");
                assert_eq!(first(address), first(address));
                assert_ne!(first(address), first(address.task(1)));
            }
        }
    }

    #[test]
    fn only_a_call_or_an_attempt_that_does_not_fit_changes_the_key() {
        let key = RandomKey::new(42, 0, "solver");
        let base = RandomAddress::new(key, ACCURACY);
        let at = |key: RandomKey, place| {
            let [low, high, ..] = philox4x32_10([0, 0, place, ACCURACY.word()], key.words());
            u64::from(high) << 32 | u64::from(low)
        };
        assert_eq!(first(base.call((1 << 24) - 1).attempt(255)), at(key, u32::MAX));
        assert_eq!(first(base.call(1 << 24)), at(key.rekeyed(1 << 24, 0), 0));
        assert_eq!(first(base.call(5).attempt(256 + 9)), at(key.rekeyed(5, 256 + 9), 9 << 24 | 5));
    }

    #[test]
    fn an_address_survives_serialisation() {
        let address = RandomAddress::new(RandomKey::new(42, 0, "solver"), ACCURACY).task(1).call(2).attempt(3);
        let text = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<RandomAddress>(&text).unwrap(), address);
    }

    proptest! {
        #[test]
        fn two_addresses_agree_exactly_when_they_are_equal(
            a in (any::<u32>(), any::<u32>(), any::<u32>()),
            b in (any::<u32>(), any::<u32>(), any::<u32>()),
        ) {
            let base = RandomAddress::new(RandomKey::new(42, 0, "solver"), ACCURACY);
            let at = |(task, call, attempt)| base.task(task).call(call).attempt(attempt);
            prop_assert_eq!(first(at(a)), first(at(a)));
            prop_assert_eq!(a == b, first(at(a)) == first(at(b)));
        }
    }
}
