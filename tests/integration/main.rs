//! The integration tests, one binary: what the parts do together, through the facade and through the command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod agreement;
mod cassettes;
mod command;
mod compare;
mod councils;
mod documentation;
mod exposure;
mod failures;
mod harness;
mod hunted;
mod invariants;
mod jury;
mod kept;
mod kills;
mod outside;
mod plug_in;
mod power;
mod repeatability;
mod support;
mod survival;
mod wrong_files;
