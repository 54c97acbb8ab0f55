//! Journals as every format was written by the programs of its time. They are read for ever: a file here never changes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use moot_core::{Event, EventKind, EventSequence, Outcome, TaskId};

use super::*;
use crate::testing::{every_kind, jury_run, read_all};
use crate::{Digest, JournalWriter, KeptEvents, Note};

const FORMAT_1: &[u8] = include_bytes!("../testdata/format-1.jsonl");
const FORMAT_2: &[u8] = include_bytes!("../testdata/format-2.jsonl");
const FORMAT_3: &[u8] = include_bytes!("../testdata/format-3.jsonl");

/// What a run of those days says when it is read now.
fn answer_in(journal: &[u8]) -> String {
    let (records, error) = read_all(journal);
    assert!(error.is_none(), "{error:?}");
    let answers = records.iter().filter_map(Record::event).filter_map(|event| match &event.kind {
        EventKind::TaskEnded { outcome: Outcome::Decided { answer }, .. } => Some(answer.to_string()),
        _ => None,
    });
    answers.collect()
}

#[test]
fn older_formats_are_read_for_ever() {
    for (format, journal, events) in [(1, FORMAT_1, 25), (2, FORMAT_2, 25)] {
        let mut reader = JournalReader::new(journal).unwrap();
        assert_eq!(reader.header().format, format);
        let found = reader.by_ref().filter_map(Result::ok).filter(|record| record.event().is_some()).count();
        assert_eq!(found, events, "format {format}");
        assert_eq!(answer_in(journal), "The file says: hello from the world", "format {format}");
    }
    // The digest of format 2 is that which its program computed.
    let mut digest = Digest::new();
    read_all(FORMAT_2).0.iter().filter_map(Record::event).for_each(|event| digest.push(event));
    assert_eq!(digest.finish().to_string(), "b35fb8f410d610d191741f26bad5b1d2d62ad293228345b582182ea1559cb081");
}

/// What a journal of this format holds; long texts among it.
fn format_3() -> Vec<Record> {
    let mut events = every_kind();
    let text: moot_core::Text = "one \"long\" line\n".repeat(400).into();
    for _ in 0..2 {
        let sequence = EventSequence(events.len() as u64);
        let kind = EventKind::Noted { task: TaskId(0), name: "x".into(), text: text.clone() };
        events.push(Event { sequence, kind, ..jury_run(0).remove(0) });
    }
    let mut records: Vec<Record> = events.into_iter().map(Record::Event).collect();
    let long = Note::new("hint", text).with_data(serde_json::json!({ "more": ["x", "y", "z".repeat(5_000)] }));
    records.insert(3, Record::Note(long.clone()));
    records.push(Record::Note(long));
    records
}

#[test]
fn this_format_is_written_as_it_always_was() {
    let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
    format_3().iter().for_each(|record| writer.append(record).unwrap());
    let text = String::from_utf8(zstd::decode_all(writer.finish().unwrap().as_slice()).unwrap()).unwrap();
    assert!(text == String::from_utf8_lossy(FORMAT_3), "what is written has changed: a new format needs a new number");
    assert_eq!(text.matches("one \\\"long\\\" line").count(), 400, "four times, and written once");
    let (found, error) = read_all(FORMAT_3);
    assert!(error.is_none() && found == format_3(), "{error:?}");
}

/// A text that is changed, or is not there, is found by its hash.
#[test]
fn a_text_that_is_missing_is_damage() {
    let without = |line: &str| {
        let (mut text, mut check) = (String::new(), "0".repeat(16));
        for body in String::from_utf8_lossy(FORMAT_3).lines().filter(|found| !found.starts_with(line)) {
            let body = body.rsplit_once(",\"check\"").unwrap().0;
            check = blake3::hash(format!("{check}{body}").as_bytes()).to_hex().chars().take(16).collect();
            text += &format!("{body},\"check\":\"{check}\"}}\n");
        }
        text
    };
    assert!(read_all(without("nothing").as_bytes()).1.is_none());
    let error = read_all(without("{\"content\":\"one").as_bytes()).1.unwrap().to_string();
    assert!(error.contains("names a text that was not kept before it"), "{error}");
}

/// What is read line by line and what is kept unread is the same, and every journal's events are found equal.
#[test]
fn events_that_are_kept_unread_are_the_same() {
    let (records, _) = read_all(FORMAT_3);
    for (journal, expected) in [(FORMAT_3, records), (FORMAT_1, read_all(FORMAT_1).0), (FORMAT_2, read_all(FORMAT_2).0)]
    {
        let mut reader = JournalReader::new(journal).unwrap();
        let (mut kept, mut notes) = (KeptEvents::default(), Vec::new());
        while let Some(note) = reader.next_note(&mut kept) {
            notes.extend(note.unwrap());
        }
        let events: Vec<_> = expected.iter().filter_map(Record::event).cloned().collect();
        assert_eq!(kept.to_vec().unwrap(), events);
        assert_eq!(notes.len() + events.len(), expected.len());
        assert!(events.iter().enumerate().all(|(place, event)| kept.is(place, event)));
        assert!(events.iter().skip(1).enumerate().all(|(place, event)| !kept.is(place, event)));
        kept.truncate(2);
        assert_eq!((kept.len(), kept.to_vec().unwrap().as_slice()), (2, events.split_at(2).0));
    }
}
