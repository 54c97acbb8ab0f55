//! The generator at one address: Philox blocks in index order, handed out word by word.
//!
//! It must not know what the key and the counter mean (`address.rs` does), and it is never shared: it lives on the
//! stack of whoever draws. Making one costs nothing; the first draw computes a block.
//!
//! ```
//! use moot_core::random::{Purpose, RandomAddress, RandomKey, Rng};
//!
//! let address = RandomAddress::new(RandomKey::new(42, 0, "solver"), Purpose::named("order"));
//! let (mut by_word, mut by_pair) = (address.generator(), address.generator());
//! let (low, high) = (by_word.next_u32(), by_word.next_u32());
//! assert_eq!(by_pair.next_u64(), u64::from(high) << 32 | u64::from(low));
//! ```

use core::convert::Infallible;

use rand_core::{TryRng, utils};

use super::philox::philox4x32_10;

/// The words of one address, in order: a generator for `rand_core` whose values depend on the address alone.
///
/// Words come in counter order; a 64-bit value is the next two words, low first; bytes are words in little-endian
/// order, and what is left of a last, partly used word is dropped. The stream repeats after 2^34 words, when the block
/// index has passed through all its values.
#[derive(Debug, Clone)]
pub struct AddressedGenerator {
    key: [u32; 2],
    /// Counter words 1 to 3.
    place: [u32; 3],
    /// Counter word 0 of the block to be computed next.
    next_block: u32,
    /// The current block, rotated so that the next word comes first.
    words: [u32; 4],
    /// How many of `words` have not been handed out.
    left: u8,
}

impl AddressedGenerator {
    #[inline]
    pub(super) const fn new(key: [u32; 2], place: [u32; 3]) -> Self {
        Self { key, place, next_block: 0, words: [0; 4], left: 0 }
    }

    #[inline]
    fn refill(&mut self) {
        let [task, call, purpose] = self.place;
        self.words = philox4x32_10([self.next_block, task, call, purpose], self.key);
        self.next_block = self.next_block.wrapping_add(1);
        self.left = 4;
    }

    #[inline]
    fn next_word(&mut self) -> u32 {
        if self.left == 0 {
            self.refill();
        }
        let [word, b, c, d] = self.words;
        self.words = [b, c, d, word];
        self.left -= 1;
        word
    }
}

impl TryRng for AddressedGenerator {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next_word())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.next_word());
        let high = u64::from(self.next_word());
        Ok(high << 32 | low)
    }

    #[inline]
    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        utils::fill_bytes_via_next_word(destination, || self.try_next_u32())
    }
}

#[cfg(test)]
mod tests {
    use super::AddressedGenerator;
    use crate::random::philox4x32_10;
    use rand_core::Rng;

    const KEY: [u32; 2] = [11, 12];

    fn generator() -> AddressedGenerator {
        AddressedGenerator::new(KEY, [1, 2, 3])
    }

    fn words(amount: usize) -> Vec<u32> {
        (0..).flat_map(|block| philox4x32_10([block, 1, 2, 3], KEY)).take(amount).collect()
    }

    #[test]
    fn words_are_the_blocks_in_index_order() {
        let mut generator = generator();
        let found: Vec<u32> = (0..11).map(|_| generator.next_u32()).collect();
        assert_eq!(found, words(11));
    }

    #[test]
    fn a_long_value_is_the_next_two_words_low_first_even_across_blocks() {
        let mut generator = generator();
        let mut expected = words(13).into_iter();
        assert_eq!(Some(generator.next_u32()), expected.next());
        for _ in 0..6 {
            let pair = expected.next().zip(expected.next());
            assert_eq!(Some(generator.next_u64()), pair.map(|(low, high)| u64::from(high) << 32 | u64::from(low)));
        }
    }

    #[test]
    fn bytes_are_words_in_little_endian_order() {
        let mut bytes = [0; 23];
        generator().fill_bytes(&mut bytes);
        let expected: Vec<u8> = words(6).into_iter().flat_map(u32::to_le_bytes).take(23).collect();
        assert_eq!(bytes.as_slice(), expected);
    }

    #[test]
    fn a_clone_goes_on_from_the_same_place() {
        let mut generator = generator();
        generator.next_u32();
        let mut clone = generator.clone();
        for _ in 0..9 {
            assert_eq!(generator.next_u64(), clone.next_u64());
        }
    }

    #[test]
    fn the_stream_starts_again_when_the_block_index_wraps() {
        let mut last = AddressedGenerator { next_block: u32::MAX, ..generator() };
        assert_eq!([(); 4].map(|()| last.next_u32()), philox4x32_10([u32::MAX, 1, 2, 3], KEY));
        assert_eq!([(); 4].map(|()| last.next_u32()), philox4x32_10([0, 1, 2, 3], KEY));
    }
}
