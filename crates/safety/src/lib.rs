//! What may go wrong and what must hold, as pure machines: [`supervision`] decides who is restarted and when it is
//! given up, [`fault`] decides which planned fault strikes where, [`invariant`] watches a run and names what must never
//! happen.
//!
//! This crate must not know tokio, ractor, files or clocks: the runtime asks it and carries out what it says.
//!
//! ```
//! assert!(moot_safety::invariant::Probe::AtRest(Vec::new()).is_at_rest());
//! ```

pub mod fault;
pub mod invariant;
pub mod supervision;
