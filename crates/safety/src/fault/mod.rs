//! Faults as data: what is to go wrong, where, when and how often.
