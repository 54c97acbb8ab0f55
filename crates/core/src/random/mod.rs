//! Addressed randomness: every random value is a function of where it belongs, not of when it was drawn.
//!
//! A value's address is (study seed, replicate, agent path, task, model call, attempt, purpose, index). The first three
//! make a [`RandomKey`], the next four complete a [`RandomAddress`], and the index is what an [`AddressedGenerator`]
//! counts. A generator is made where it is needed and dropped there: none is shared, none is stored, and no observer
//! advances one. So adding an idle agent, reordering a file, recording more or running on more threads changes no
//! value.
//!
//! This module must not know who asks or why: no agents, no models, no clock, no entropy of the machine. Purposes are
//! named by those who use them. The mapping from address to value is frozen by tests; changing it changes every
//! published result, so it is a new generator under a new domain string, never an edit.
//!
//! ```
//! use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
//!
//! const ACCURACY: Purpose = Purpose::named("accuracy");
//!
//! let key = RandomKey::new(42, 0, "jury/juror[3]"); // once per agent
//! let address = RandomAddress::new(key, ACCURACY).task(1).call(2);
//! let is_right = address.generator().bernoulli(0.7);
//! assert_eq!(is_right, address.generator().bernoulli(0.7), "the same address is the same value");
//! ```

mod address;
mod distribution;
mod generator;
mod philox;

pub use address::{Purpose, RandomAddress, RandomKey};
pub use distribution::Draw;
pub use generator::AddressedGenerator;
pub use philox::philox4x32_10;
/// The trait of generators, so that other rooms need no dependency of their own on `rand_core`.
pub use rand_core::Rng;
