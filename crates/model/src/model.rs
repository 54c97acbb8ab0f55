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

use moot_core::{ModelDelta, ModelFailure, ModelReply, Placement, Usage, VirtualDuration};

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

    /// The pieces in which a reply of an [inside](Placement::Inside) model comes, and when each does: counted from the
    /// start of the attempt, in order, never after the reply's latency. Together they are the reply. None unless the
    /// model streams: the reply then comes whole at its latency.
    fn deltas(&self, request: &ModelRequest, reply: &ModelReply) -> Vec<(VirtualDuration, ModelDelta)> {
        let _ = (request, reply);
        Vec::new()
    }

    /// The pieces that come before an attempt of an [inside](Placement::Inside) model fails, as
    /// [`deltas`](Self::deltas): never after the failure's latency. None unless the model streams and breaks off.
    fn deltas_before_failure(
        &self,
        request: &ModelRequest,
        failure: &ModelFailure,
    ) -> Vec<(VirtualDuration, ModelDelta)> {
        let _ = (request, failure);
        Vec::new()
    }

    /// The most tokens that this attempt may take, when it is known beforehand: what a budget sets aside for it.
    fn most_tokens(&self, request: &ModelRequest) -> Option<Usage> {
        let _ = request;
        None
    }
}
