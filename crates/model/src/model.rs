//! The trait of everything that answers a prompt.
//!
//! This module must not know which models there are, nor who asks them and on which thread.
//!
//! ```
//! use moot_core::{ModelFailure, ModelReply, Placement};
//! use moot_model::{Model, ModelRequest};
//!
//! /// Repeats what it was told last.
//! struct Parrot;
//!
//! impl Model for Parrot {
//!     fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
//!         let last = request.transcript.messages().last();
//!         Ok(ModelReply::text(last.map_or("", |message| message.text())))
//!     }
//!
//!     fn placement(&self) -> Placement {
//!         Placement::Inside // A promise: the reply depends on the request alone.
//!     }
//! }
//! ```

use moot_core::{ModelFailure, ModelReply, Placement};

use crate::{ModelRequest, Price};

/// Something that answers prompts. One value serves all agents that name it, from many threads.
pub trait Model: Send + Sync {
    /// Answers one attempt at one model call.
    ///
    /// A model that is [inside](Placement::Inside) must return at once and depend on nothing but the request. One that
    /// is [outside](Placement::Outside) may block: it is run on a thread of its own.
    ///
    /// # Errors
    /// A named failure; whether another attempt is made is decided by the caller from its kind.
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure>;

    /// Whether the model is a pure function of its request, address included. Outside unless it says otherwise: a
    /// wrong promise makes replays differ from the run.
    fn placement(&self) -> Placement {
        Placement::Outside
    }

    /// What its tokens cost; `None` when the price is not known, which is not the same as free.
    fn price(&self) -> Option<Price> {
        None
    }
}
