//! Supervision: who watches over whom, and under which limits.
//!
//! This module must not know what the supervised do.

use serde_json::{Map, Value};

use super::draft::Draft;

/// Adds supervisors to the scenario.
pub(crate) fn add(_draft: &Draft, _file: &mut Map<String, Value>) {}
