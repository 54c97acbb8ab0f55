//! The Philox4x32-10 bijection: a counter and a key in, four random words out, no state.
//!
//! It must not know addresses: what the counter and the key mean is decided in `address.rs`.
//!
//! Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Ten rounds
//! pass BigCrush (seven already do; ten are the authors' recommendation and what other implementations ship).
//!
//! ```
//! use moot_core::random::philox4x32_10;
//!
//! assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
//! ```

const ROUNDS: u32 = 10;
const MULTIPLIER_0: u32 = 0xD251_1F53;
const MULTIPLIER_1: u32 = 0xCD9E_8D57;
/// The golden ratio, as in the paper.
const KEY_STEP_0: u32 = 0x9E37_79B9;
/// The square root of three less one, as in the paper.
const KEY_STEP_1: u32 = 0xBB67_AE85;

/// The 128-bit block that Philox4x32 with ten rounds gives for this counter under this key.
///
/// Any counter and key are valid. For one key it is a bijection of counters: different counters never give the same
/// block.
#[inline]
#[must_use]
pub const fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut word_0, mut word_1, mut word_2, mut word_3] = counter;
    let [mut key_0, mut key_1] = key;
    let mut round = 0;
    while round < ROUNDS {
        let (low_0, high_0) = wide_product(MULTIPLIER_0, word_0);
        let (low_1, high_1) = wide_product(MULTIPLIER_1, word_2);
        word_0 = high_1 ^ word_1 ^ key_0;
        word_1 = low_1;
        word_2 = high_0 ^ word_3 ^ key_1;
        word_3 = low_0;
        key_0 = key_0.wrapping_add(KEY_STEP_0);
        key_1 = key_1.wrapping_add(KEY_STEP_1);
        round += 1;
    }
    [word_0, word_1, word_2, word_3]
}

/// The low and the high half of a 64-bit product.
#[inline]
const fn wide_product(a: u32, b: u32) -> (u32, u32) {
    let product = (a as u64) * (b as u64);
    (product as u32, (product >> 32) as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::philox4x32_10;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Oracle {
        philox4x32_10: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        ctr: [String; 4],
        key: [String; 2],
        out: [String; 4],
    }

    fn words<const N: usize>(hex: &[String; N]) -> [u32; N] {
        hex.each_ref().map(|word| u32::from_str_radix(word, 16).unwrap())
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        let oracle: Oracle = serde_json::from_str(include_str!("testdata/rng_public.json")).unwrap();
        assert_eq!(oracle.philox4x32_10.len(), 3);
        for vector in &oracle.philox4x32_10 {
            assert_eq!(philox4x32_10(words(&vector.ctr), words(&vector.key)), words(&vector.out));
        }
    }

    #[test]
    fn any_single_bit_of_counter_or_key_changes_about_half_of_the_output() {
        let base = philox4x32_10([1, 2, 3, 4], [5, 6]);
        for bit in 0..192_u32 {
            let mut input = [1, 2, 3, 4, 5, 6];
            for (place, word) in (0..).zip(&mut input) {
                if place == bit / 32 {
                    *word ^= 1 << (bit % 32);
                }
            }
            let [c0, c1, c2, c3, k0, k1] = input;
            let changed = philox4x32_10([c0, c1, c2, c3], [k0, k1]);
            let flipped: u32 = base.iter().zip(changed).map(|(a, b)| (a ^ b).count_ones()).sum();
            // Binomial(128, 1/2) has a standard deviation of 5.66; five of them either side.
            assert!((36..=92).contains(&flipped), "bit {bit} flipped {flipped} of 128");
        }
    }
}
