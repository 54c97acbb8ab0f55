//! Playing back: a model that answers what was recorded, and nothing else.
//!
//! It must not know which model answered then.

use std::sync::Arc;

use moot_core::{ModelFailure, ModelFailureKind, ModelReply, Placement, Text};

use super::Cassette;
use crate::{Model, ModelRequest, Price};

/// A model that answers from a cassette: inside, for what it says follows from the request.
#[derive(Debug)]
pub struct RecordedModel {
    name: Text,
    cassette: Arc<Cassette>,
    price: Option<Price>,
}

impl RecordedModel {
    /// What the model of this name answered.
    #[must_use]
    pub fn new(name: impl Into<Text>, cassette: Arc<Cassette>) -> Self {
        Self { name: name.into(), cassette, price: None }
    }

    /// The same with the price of the model that was recorded.
    #[must_use]
    pub const fn at_price(mut self, price: Option<Price>) -> Self {
        self.price = price;
        self
    }
}

impl Model for RecordedModel {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        match self.cassette.find(&self.name, request) {
            Ok(recording) => recording.answer.clone(),
            Err(miss) => Err(ModelFailure::new(ModelFailureKind::InvalidRequest, miss)),
        }
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn price(&self) -> Option<Price> {
        self.price
    }
}
