//! The recorder owns the journal's file: batches of events come in, compressed frames go out.
//!
//! It decides nothing. When the file can't be written, it says so once and drops what follows; the world then ends.

use moot_core::Event;
use moot_journal::{JournalWriter, Note};

use crate::actors::address::{Address, Order};
use crate::actors::body::Inhabitant;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::spec::JournalSink;
use crate::world::WorldSignal;

pub(crate) enum RecorderMessage {
    /// These events happened.
    Append(Vec<Event>),
    /// This is worth knowing beside the events.
    Note(Note),
    /// What was appended so far must be in the file before anything goes out.
    Commit,
    /// Nothing more will happen; answers when the file is complete.
    Finish(oneshot::Sender<Result<(), String>>),
}

pub(crate) struct RecorderState {
    writer: Option<JournalWriter<Box<dyn std::io::Write + Send>>>,
    name: String,
    world: UnboundedSender<WorldSignal>,
    failure: Option<String>,
}

impl Inhabitant for RecorderState {
    type Message = RecorderMessage;

    /// Nobody supervises it: without it the run can't go on, and ends.
    fn ordered(&mut self, _: &Address<RecorderMessage>, _: Order) {}

    fn receive(&mut self, _: &Address<RecorderMessage>, message: RecorderMessage) {
        match message {
            RecorderMessage::Append(events) => {
                for event in events {
                    let Some(writer) = &mut self.writer else { return };
                    if let Err(error) = writer.append_event(&event) {
                        self.fail(&error);
                    }
                }
            }
            RecorderMessage::Note(note) => {
                if let Some(writer) = &mut self.writer
                    && let Err(error) = writer.append_note(&note)
                {
                    self.fail(&error);
                }
            }
            RecorderMessage::Commit => {
                if let Some(writer) = &mut self.writer
                    && let Err(error) = writer.commit()
                {
                    self.fail(&error);
                }
            }
            RecorderMessage::Finish(answer) => {
                if let Some(writer) = self.writer.take()
                    && let Err(error) = writer.finish()
                {
                    self.fail(&error);
                }
                // Nobody waiting means that the world is gone.
                let _ = answer.send(self.failure.clone().map_or(Ok(()), Err));
            }
        }
    }
}

impl RecorderState {
    pub(crate) fn new(sink: JournalSink, world: UnboundedSender<WorldSignal>) -> Self {
        Self { writer: Some(sink.writer), name: sink.name, world, failure: None }
    }

    fn fail(&mut self, error: &dyn std::error::Error) {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        let message = format!("the journal {} can't be written: {error}{cause}", self.name);
        self.writer = None;
        self.failure = Some(message.clone());
        // The world's end of the channel lives as long as its actors.
        let _ = self.world.send(WorldSignal::JournalFailed { message });
    }
}
