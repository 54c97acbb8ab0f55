//! The compact encoding of an event, as postcard writes it, with the frequent kinds written by hand.
//!
//! Every event of every run goes through here, and serde's general path costs several times the bytes' own worth. A
//! test holds each kind against postcard, so the two can't drift apart; this module must not know what the bytes are
//! for. Format: <https://postcard.jamesmunns.com/wire-format>.

use moot_core::{
    Ballot, Brief, Event, EventKind, Heard, ModelReply, Money, Outcome, Placement, StopReason, TaskId, ToolCall, Wanted,
};

/// A piece of memory that is written from its beginning on. What does not fit is counted and not written, so that only at
/// the end it has to be asked whether there was room.
///
/// All that writes by hand is inlined into one function, where the place and the length are in registers.
struct Room<'a> {
    place: &'a mut [u8],
    length: usize,
}

impl<'a> Room<'a> {
    const fn new(place: &'a mut [u8]) -> Self {
        Self { place, length: 0 }
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.place.get_mut(self.length) {
            *place = byte;
        }
        self.length += 1;
    }

    #[inline]
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(place) = self.place.get_mut(self.length..end) {
            place.copy_from_slice(bytes);
        }
        self.length = end;
    }
}

/// Writes the encoding of an event to the beginning of a place; how many bytes it takes. When these are more than there
/// are, what was written is of no use.
pub(crate) fn encode(event: &Event, place: &mut [u8]) -> usize {
    let mut bytes = Room::new(place);
    unsigned(&mut bytes, event.sequence.0);
    unsigned(&mut bytes, event.time.as_millis());
    text(&mut bytes, event.actor.as_str());
    match event.cause {
        None => bytes.push(0),
        Some(cause) => {
            bytes.push(1);
            unsigned(&mut bytes, cause.0);
        }
    }
    if by_hand(&event.kind, &mut bytes) { bytes.length } else { by_serde(&event.kind, bytes) }
}

/// Encodes the kinds that are seldom behind what was written; how many bytes that are in all.
#[cold]
fn by_serde(kind: &EventKind, mut bytes: Room<'_>) -> usize {
    let encoded = postcard::serialize_with_flavor(kind, Append(&mut bytes));
    // Events hold nothing that postcard can't write, and room that is too small is no error here.
    debug_assert!(encoded.is_ok(), "an event has no binary encoding: {encoded:?} for {kind:?}");
    bytes.length
}

/// Where the kinds stand in [`EventKind`].
mod position {
    pub(super) const ASSIGNED: u8 = 3;
    pub(super) const MODEL_REPLIED: u8 = 5;
    pub(super) const TOOL_CALLED: u8 = 7;
    pub(super) const TOOL_RETURNED: u8 = 8;
    pub(super) const BALLOT_CAST: u8 = 9;
    pub(super) const TALLIED: u8 = 10;
    pub(super) const FINISHED: u8 = 12;
    pub(super) const TASK_ENDED: u8 = 16;
}

/// Encodes the frequent kinds; `false` for all others, with nothing written.
#[inline(always)]
fn by_hand(kind: &EventKind, bytes: &mut Room<'_>) -> bool {
    match kind {
        EventKind::Assigned { task, round, from, prompt, brief } => {
            start(bytes, position::ASSIGNED, *task);
            unsigned(bytes, u64::from(*round));
            text(bytes, from.as_str());
            text(bytes, prompt);
            optional(bytes, brief.as_deref(), what_came_with);
        }
        EventKind::ModelReplied { task, call, attempt, model, reply, cost } => {
            start(bytes, position::MODEL_REPLIED, *task);
            unsigned(bytes, u64::from(*call));
            unsigned(bytes, u64::from(*attempt));
            text(bytes, model);
            model_reply(bytes, reply);
            money(bytes, *cost);
        }
        EventKind::ToolCalled { task, call, placement } => {
            start(bytes, position::TOOL_CALLED, *task);
            tool_call(bytes, call);
            bytes.push(place(*placement));
        }
        EventKind::ToolReturned { task, tool, result, latency } if result.error.is_none() => {
            start(bytes, position::TOOL_RETURNED, *task);
            text(bytes, tool);
            text(bytes, &result.call_id);
            text(bytes, &result.content);
            bytes.push(0);
            unsigned(bytes, latency.as_millis());
        }
        EventKind::BallotCast { task, round, voter, ballot: Ballot::For(answer), weight } => {
            start(bytes, position::BALLOT_CAST, *task);
            unsigned(bytes, u64::from(*round));
            text(bytes, voter.as_str());
            bytes.push(0);
            text(bytes, answer);
            bytes.extend_from_slice(&weight.to_le_bytes());
        }
        EventKind::Tallied { task, round, counts } => {
            start(bytes, position::TALLIED, *task);
            unsigned(bytes, u64::from(*round));
            unsigned(bytes, counts.len() as u64);
            for (answer, weight) in counts {
                text(bytes, answer);
                bytes.extend_from_slice(&weight.to_le_bytes());
            }
        }
        EventKind::Finished { task, round, outcome: Outcome::Decided { answer } } => {
            start(bytes, position::FINISHED, *task);
            unsigned(bytes, u64::from(*round));
            bytes.push(0);
            text(bytes, answer);
        }
        EventKind::TaskEnded { task, outcome: Outcome::Decided { answer } } => {
            start(bytes, position::TASK_ENDED, *task);
            bytes.push(0);
            text(bytes, answer);
        }
        _ => return false,
    }
    true
}

#[inline(always)]
fn start(bytes: &mut Room<'_>, position: u8, task: TaskId) {
    bytes.push(position);
    unsigned(bytes, u64::from(task.0));
}

#[inline(always)]
fn what_came_with(bytes: &mut Room<'_>, brief: &Brief) {
    match &brief.wanted {
        Wanted::Answer => bytes.push(0),
        Wanted::Words => bytes.push(1),
        Wanted::OneOf(choices) => {
            bytes.push(2);
            unsigned(bytes, choices.len() as u64);
            choices.iter().for_each(|choice| text(bytes, choice));
        }
    }
    unsigned(bytes, brief.heard.len() as u64);
    for Heard { round, speaker, answer, words, own } in &*brief.heard {
        unsigned(bytes, u64::from(*round));
        text(bytes, speaker);
        optional(bytes, answer.as_deref(), text);
        text(bytes, words);
        bytes.push(u8::from(*own));
    }
    bytes.push(u8::from(brief.fresh));
}

#[inline(always)]
fn model_reply(bytes: &mut Room<'_>, reply: &ModelReply) {
    text(bytes, &reply.text);
    unsigned(bytes, reply.tool_calls.len() as u64);
    for call in &reply.tool_calls {
        tool_call(bytes, call);
    }
    optional(bytes, reply.usage.as_ref(), |bytes, usage| {
        unsigned(bytes, usage.input_tokens);
        unsigned(bytes, usage.output_tokens);
        unsigned(bytes, usage.cached_input_tokens);
    });
    bytes.push(match reply.stop {
        StopReason::End => 0,
        StopReason::ToolCalls => 1,
        StopReason::Length => 2,
    });
    unsigned(bytes, reply.latency.as_millis());
}

#[inline(always)]
fn tool_call(bytes: &mut Room<'_>, call: &ToolCall) {
    text(bytes, &call.id);
    text(bytes, &call.name);
    text(bytes, &call.arguments);
}

#[inline(always)]
fn money(bytes: &mut Room<'_>, amount: Option<Money>) {
    let Some(amount) = amount else { return bytes.push(0) };
    bytes.push(1);
    let mut rest = amount.as_picodollars();
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

const fn place(placement: Placement) -> u8 {
    match placement {
        Placement::Inside => 0,
        Placement::Outside => 1,
    }
}

/// Appends what may be missing: a byte that tells, then what is there.
#[inline(always)]
fn optional<T: ?Sized>(bytes: &mut Room<'_>, value: Option<&T>, write: impl FnOnce(&mut Room<'_>, &T)) {
    bytes.push(u8::from(value.is_some()));
    if let Some(value) = value {
        write(bytes, value);
    }
}

#[inline(always)]
fn text(bytes: &mut Room<'_>, text: &str) {
    unsigned(bytes, text.len() as u64);
    match text.as_bytes() {
        // What voters say is often one letter.
        [only] => bytes.push(*only),
        whole => bytes.extend_from_slice(whole),
    }
}

/// Appends a number as unsigned LEB128: seven bits a byte, lowest first, the top bit set on all bytes but the last.
#[inline(always)]
fn unsigned(bytes: &mut Room<'_>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Lets postcard write behind what was written.
struct Append<'a, 'room>(&'a mut Room<'room>);

impl postcard::ser_flavors::Flavor for Append<'_, '_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::testing::every_kind;

    /// What is written; where there is too little room, nothing is written beyond it and all is counted.
    fn written(write: impl Fn(&mut Room<'_>)) -> Vec<u8> {
        let mut whole = vec![0; 10_000];
        let mut room = Room::new(&mut whole);
        write(&mut room);
        let length = room.length;
        whole.truncate(length);
        let mut half = vec![0; length / 2];
        let mut room = Room::new(&mut half);
        write(&mut room);
        assert_eq!(room.length, length);
        whole
    }

    #[test]
    fn every_kind_is_encoded_as_postcard_does() {
        let mut written_by_hand = 0;
        for event in every_kind() {
            let mut bytes = vec![0; 10_000];
            let length = encode(&event, &mut bytes);
            bytes.truncate(length);
            assert_eq!(encode(&event, &mut []), length, "what does not fit is counted");
            assert_eq!(bytes, postcard::to_stdvec(&event).unwrap(), "{event:?}");
            written_by_hand += u32::from(by_hand(&event.kind, &mut Room::new(&mut [])));
        }
        assert!(written_by_hand >= 7, "the frequent kinds are among the samples: {written_by_hand}");
    }

    #[test]
    fn what_comes_with_an_assignment_is_encoded_as_postcard_does() {
        let heard = |answer: Option<&str>, own| Heard {
            round: 300,
            speaker: "juror[2]".into(),
            answer: answer.map(Into::into),
            words: "I say B".repeat(40).into(),
            own,
        };
        for wanted in [Wanted::Answer, Wanted::Words, Wanted::OneOf(["A".into(), "B".into()].into())] {
            for (said, fresh) in [(vec![], false), (vec![heard(Some("B"), true), heard(None, false)], true)] {
                let brief = Some(std::sync::Arc::new(Brief { wanted: wanted.clone(), heard: said.into(), fresh }));
                let (task, from) = (TaskId(200), moot_core::ActorPath::world());
                let kind = EventKind::Assigned { task, round: 1, from, prompt: "Which letter?".into(), brief };
                let bytes = written(|bytes| assert!(by_hand(&kind, bytes)));
                assert_eq!(bytes, postcard::to_stdvec(&kind).unwrap(), "{kind:?}");
            }
        }
    }

    #[test]
    fn large_numbers_are_encoded_as_postcard_does() {
        for number in [0, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let bytes = written(|bytes| unsigned(bytes, number));
            assert_eq!(bytes, postcard::to_stdvec(&number).unwrap());
            let amount = Money::from_picodollars(u128::from(number) * 1_000);
            let bytes = written(|bytes| money(bytes, Some(amount)));
            assert_eq!(bytes, postcard::to_stdvec(&Some(amount)).unwrap());
        }
    }
}
