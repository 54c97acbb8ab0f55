//! What is drawn for one fault at one visit of one site: every draw has an address of its own.
//!
//! It must not know faults. An address is (seed, replicate, site, fault number, visit, purpose); see
//! [`moot_core::random`].
//!
//! ```
//! use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
//!
//! // What a plan of seed 42 draws for fault 3 at visit 5 of a site:
//! let key = RandomKey::new(42, 0, "fault agent_step before_model juror[2]");
//! let address = RandomAddress::new(key, Purpose::named("fault_strike")).task(3).call(5);
//! assert!(address.generator().uniform() < 1.0);
//! ```

use moot_core::VirtualDuration;
use moot_core::random::{Draw as _, Purpose, RandomAddress, RandomKey};

const STRIKE: Purpose = Purpose::named("fault_strike");
const CHOICE: Purpose = Purpose::named("fault_choice");
const LENGTH: Purpose = Purpose::named("fault_length");

/// The draws of one fault at one visit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws(RandomAddress);

impl Draws {
    /// The draws of the fault `rule` at visit number `visit` of the site that the key belongs to.
    pub(crate) fn new(key: RandomKey, rule: u32, visit: u64) -> Self {
        // No run makes so many visits of one site; if one did, the last of them would share their luck.
        let call = u32::try_from(visit).unwrap_or(u32::MAX);
        Self(RandomAddress::new(key, STRIKE).task(rule).call(call))
    }

    fn of(self, purpose: Purpose) -> RandomAddress {
        RandomAddress { purpose, ..self.0 }
    }

    /// Whether the fault strikes: a greater probability never turns a strike into none.
    pub(crate) fn strikes(self, probability: f64) -> bool {
        probability >= 1.0 || self.of(STRIKE).generator().bernoulli(probability)
    }

    /// One of the choices, each as likely; the last resort when there is none.
    pub(crate) fn choose<T: Copy>(self, choices: &[T], otherwise: T) -> T {
        match choices {
            [] => otherwise,
            [only] => *only,
            _ => {
                let index = self.of(CHOICE).generator().integer_below(choices.len() as u64) as usize;
                choices.get(index).copied().unwrap_or(otherwise)
            }
        }
    }

    /// A length of time, each whole millisecond from `least` to `most` as likely.
    pub(crate) fn duration(self, least: VirtualDuration, most: VirtualDuration) -> VirtualDuration {
        if most <= least {
            return least;
        }
        let range = least.as_millis()..=most.as_millis();
        VirtualDuration::from_millis(self.of(LENGTH).generator().integer_in(range))
    }
}
