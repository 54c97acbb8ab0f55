//! What must hold in every run: machines that watch its events and probes.

mod probe;

pub use probe::{BudgetState, MailboxCount, Probe};
