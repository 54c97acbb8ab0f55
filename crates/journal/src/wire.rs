//! How an event is handed to an encoder: exactly as its own `Serialize` would, without making a `String` of each path.
//!
//! Paths serialise through an owned `String`; the views here lend the text instead, because every event of a run goes
//! through two encoders. This module must not know which encoders those are. A test holds the views against the
//! derived implementations, for text and for binary encoders, so they can't drift apart.
//!
//! ```
//! // The derived form, which the views reproduce:
//! use moot_core::{ActorPath, ActorRole, Event, EventKind, EventSequence, VirtualTime};
//! let kind = EventKind::ActorStarted { role: ActorRole::Agent };
//! let (sequence, time, actor) = (EventSequence(3), VirtualTime::ZERO, ActorPath::new("juror[0]").unwrap());
//! let event = Event { sequence, time, actor, cause: None, kind };
//! let json = serde_json::to_string(&event).unwrap();
//! assert_eq!(json, r#"{"n":3,"t":0,"a":"juror[0]","c":null,"e":{"actor_started":{"role":"agent"}}}"#);
//! ```

use moot_core::{Event, EventKind};
use serde::ser::{Serialize, SerializeStruct, SerializeStructVariant, Serializer};

/// Where `EventKind::Assigned` and `EventKind::BallotCast` stand among the kinds; binary encoders write the position.
const ASSIGNED: u32 = 3;
const BALLOT_CAST: u32 = 9;

/// An event, to be encoded without allocating.
pub(crate) struct EventView<'a>(pub(crate) &'a Event);

struct KindView<'a>(&'a EventKind);

impl Serialize for EventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Event { sequence, time, actor, cause, kind } = self.0;
        let mut fields = serializer.serialize_struct("Event", 5)?;
        fields.serialize_field("n", sequence)?;
        fields.serialize_field("t", time)?;
        fields.serialize_field("a", actor.as_str())?;
        fields.serialize_field("c", cause)?;
        fields.serialize_field("e", &KindView(kind))?;
        fields.end()
    }
}

impl Serialize for KindView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            EventKind::Assigned { task, round, from, prompt } => {
                let mut fields = serializer.serialize_struct_variant("EventKind", ASSIGNED, "assigned", 4)?;
                fields.serialize_field("task", task)?;
                fields.serialize_field("round", round)?;
                fields.serialize_field("from", from.as_str())?;
                fields.serialize_field("prompt", prompt)?;
                fields.end()
            }
            EventKind::BallotCast { task, round, voter, ballot, weight } => {
                let mut fields = serializer.serialize_struct_variant("EventKind", BALLOT_CAST, "ballot_cast", 5)?;
                fields.serialize_field("task", task)?;
                fields.serialize_field("round", round)?;
                fields.serialize_field("voter", voter.as_str())?;
                fields.serialize_field("ballot", ballot)?;
                fields.serialize_field("weight", weight)?;
                fields.end()
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::every_kind;

    #[test]
    fn the_view_encodes_as_the_event_itself() {
        for event in every_kind() {
            let view = EventView(&event);
            assert_eq!(serde_json::to_string(&view).unwrap(), serde_json::to_string(&event).unwrap());
            assert_eq!(postcard::to_stdvec(&view).unwrap(), postcard::to_stdvec(&event).unwrap(), "{event:?}");
        }
    }
}
