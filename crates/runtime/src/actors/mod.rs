//! The actors: thin bodies, each around one machine or store. A body feeds its machine from its mailbox and carries
//! out the effects; no handler awaits another actor, a model or a tool. `body` holds what they have in common: one impl of
//! ractor's trait for whatever lives in a body.

pub(crate) mod address;
pub(crate) mod agent;
pub(crate) mod body;
pub(crate) mod coordinator;
pub(crate) mod executor;
pub(crate) mod gateway;
pub(crate) mod ledger;
mod ledger_probe;
pub(crate) mod memory;
pub(crate) mod participant;
pub(crate) mod person;
pub(crate) mod recorder;
pub(crate) mod supervisor;
pub(crate) mod team;
