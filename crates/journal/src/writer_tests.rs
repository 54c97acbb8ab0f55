//! Writing: frames, numbering, and outputs that fail.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::sync::{Arc, Mutex};

use moot_core::{ActorPath, EventSequence, TaskId, VirtualTime};

use super::*;
use crate::testing::{every_kind, journal_of, jury_run, path, records_of};

/// An output that counts what it is asked and fails at one write.
#[derive(Clone, Default)]
struct Output {
    state: Arc<Mutex<(Vec<usize>, usize)>>,
    fail_at: Option<usize>,
}

impl Output {
    fn writes(&self) -> Vec<usize> {
        self.state.lock().unwrap().0.clone()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        if self.fail_at == Some(state.0.len()) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"));
        }
        state.0.push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.state.lock().unwrap().1 += 1;
        Ok(())
    }
}

fn text_of(file: &[u8]) -> String {
    String::from_utf8(zstd::decode_all(file).unwrap()).unwrap()
}

fn noted(number: u64, text: &str) -> Event {
    let kind = EventKind::Noted { task: TaskId(0), name: "n".into(), text: text.into() };
    Event { sequence: EventSequence(number), time: VirtualTime::ZERO, actor: path("a"), cause: None, kind }
}

/// The lines are the contract with everything that reads journals without this crate.
#[test]
fn the_lines_are_the_documented_ones() {
    let event = Event {
        sequence: EventSequence(0),
        time: VirtualTime::from_millis(250),
        actor: ActorPath::world(),
        cause: None,
        kind: EventKind::RunStarted { scenario: "jury".into(), seed: 7, replicate: 0 },
    };
    let header = Header::new("folkmoot 0.1.0").with_source_hash("abc");
    let mut writer = JournalWriter::with_header(Vec::new(), &header).unwrap();
    writer.append(&Record::Event(event)).unwrap();
    writer.append(&Record::Note(Note::new("resumed", "after 1 event"))).unwrap();
    let bodies = [
        r#"{"folkmoot_journal":3,"program":"folkmoot 0.1.0","source_hash":"abc""#,
        r#"{"n":0,"t":250,"a":"world","c":null,"e":{"run_started":{"scenario":"jury","seed":7,"replicate":0}}"#,
        r#"{"note":{"kind":"resumed","text":"after 1 event"}"#,
    ];
    let (mut expected, mut check) = (String::new(), "0".repeat(16));
    for body in bodies {
        check = blake3::hash(format!("{check}{body}").as_bytes()).to_hex()[..16].to_owned();
        expected += &format!("{body},\"check\":\"{check}\"}}\n");
    }
    assert_eq!(text_of(&writer.finish().unwrap()), expected);
}

#[test]
fn every_line_is_json_with_its_check_last() {
    let text = text_of(&journal_of(&records_of(&every_kind()), 3));
    assert_eq!(text.lines().count(), every_kind().len() + 1);
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line.ends_with(&format!(",\"check\":{}}}", value["check"])), "{line}");
    }
}

#[test]
fn a_commit_is_one_write_and_a_flush() {
    let output = Output::default();
    let mut writer = JournalWriter::new(output.clone(), "folkmoot 0.0.0").unwrap();
    assert_eq!(output.writes().len(), 1, "the header is there at once");
    for event in jury_run(3) {
        writer.append(&Record::Event(event)).unwrap();
    }
    assert_eq!(output.writes().len(), 1, "nothing goes out before a commit");
    writer.commit().unwrap();
    writer.commit().unwrap();
    assert_eq!(output.writes().len(), 2, "an empty commit writes nothing");
    drop(writer.finish().unwrap());
    assert_eq!(output.state.lock().unwrap().1, 4, "every commit flushes");
}

#[test]
fn a_full_frame_commits_itself() {
    let output = Output::default();
    let mut writer = JournalWriter::new(output.clone(), "folkmoot 0.0.0").unwrap();
    for number in 0..7 {
        // Each another text: the same one would be written once.
        writer.append_event(&noted(number, &number.to_string().repeat(400_000))).unwrap();
    }
    assert_eq!(output.writes().len(), 1 + 3, "two of 400 kB fill a frame of 1 MiB, the seventh waits");
    writer.append_event(&noted(7, &"y".repeat(3 << 20))).unwrap();
    writer.append_event(&noted(8, "short")).unwrap();
    assert_eq!(output.writes().len(), 1 + 5, "a line longer than a frame has one of its own");
    writer.finish().unwrap();
}

#[test]
fn a_record_that_can_not_be_kept_leaves_the_journal_as_it_was() {
    let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.0.0").unwrap();
    writer.append_event(&noted(0, "first")).unwrap();
    let error = writer.append_event(&noted(2, "skips one")).unwrap_err();
    assert!(error.to_string().contains("has number 2, but the next in the journal is 1"), "{error}");
    let counts = vec![("A".into(), f64::NAN)];
    let kind = EventKind::Tallied { task: TaskId(0), round: 0, counts };
    let error = writer.append_event(&Event { kind, ..noted(1, "") }).unwrap_err();
    assert!(error.to_string().contains("event 1 (tallied) holds a weight that is not a finite number"), "{error}");
    let error = writer.append_event(&noted(1, &"x".repeat(LINE_BYTES_MAX))).unwrap_err();
    assert!(matches!(error, WriteError::TooLong { bytes } if bytes > LINE_BYTES_MAX));
    let error = writer.append_event(&noted(1, &"x".repeat(LINE_BYTES_MAX))).unwrap_err();
    assert!(matches!(error, WriteError::TooLong { .. }), "it is not taken for one that is kept");
    writer.append_event(&noted(1, "second")).unwrap();
    let file = writer.finish().unwrap();
    assert_eq!(file, journal_of(&records_of(&[noted(0, "first"), noted(1, "second")]), usize::MAX));
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let header = JournalWriter::new(Output { fail_at: Some(0), ..Output::default() }, "p").unwrap_err();
    let WriteError::Output { doing, bytes, source } = header else { panic!("{header}") };
    assert_eq!((doing, source.to_string().as_str()), ("write a frame", "no space left"));
    assert!(bytes > 40, "{bytes}");

    let output = Output { fail_at: Some(1), ..Output::default() };
    let mut writer = JournalWriter::new(output.clone(), "p").unwrap();
    writer.append_event(&noted(0, "lost")).unwrap();
    assert!(matches!(writer.commit(), Err(WriteError::Output { .. })));
    assert!(matches!(writer.append_event(&noted(1, "more")), Err(WriteError::FailedBefore)));
    assert!(matches!(writer.commit(), Err(WriteError::FailedBefore)));
    assert!(matches!(writer.finish(), Err(WriteError::FailedBefore)));
    assert_eq!(output.writes().len(), 1);
}

#[test]
fn a_full_frame_that_can_not_be_written_is_told_by_append() {
    let mut writer = JournalWriter::new(Output { fail_at: Some(1), ..Output::default() }, "p").unwrap();
    let long = "x".repeat(700_000);
    writer.append_event(&noted(0, &"w".repeat(700_000))).unwrap();
    assert!(matches!(writer.append_event(&noted(1, &long)), Err(WriteError::Output { .. })));
    assert!(matches!(writer.append_event(&noted(1, &long)), Err(WriteError::FailedBefore)));
}

#[test]
fn a_writer_can_be_sent_to_another_thread() {
    fn needs_send<T: Send>() {}
    needs_send::<JournalWriter<Box<dyn Write + Send>>>();
}
