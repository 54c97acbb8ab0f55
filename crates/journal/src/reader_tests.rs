//! Reading back: what was written, every truncation, every flipped bit, newer formats.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use moot_core::{Ballot, Event, EventKind, EventSequence, TaskId, VirtualTime};
use proptest::prelude::*;

use super::*;
use crate::testing::{every_kind, journal_of, jury_run, path, read_all, records_of};
use crate::{Digest, Note, Summary};

/// Events with notes among them, small enough to be damaged at every place.
fn small() -> Vec<Record> {
    let mut records = records_of(&jury_run(2));
    records.insert(5, Record::Note(Note::new("resumed", "after 5 events")));
    records.push(Record::Note(Note::new("warning", "the last line")));
    records
}

fn lines_of(file: &[u8]) -> Vec<u8> {
    zstd::decode_all(file).unwrap()
}

#[test]
fn what_was_written_is_read() {
    for records in [vec![], small(), records_of(&every_kind()), records_of(&jury_run(3_000))] {
        for commit_every in [1, 7, usize::MAX] {
            let file = journal_of(&records, commit_every);
            let (found, error) = read_all(file.as_slice());
            assert!(error.is_none(), "{error:?}");
            assert!(found == records, "{} records, commits every {commit_every}", records.len());
            if commit_every == 7 {
                assert!(read_all(lines_of(&file).as_slice()).0 == records, "as plain lines");
            }
        }
    }
}

#[test]
fn the_header_reads_back() {
    let header = Header::new("folkmoot 1.2.3").with_source_hash("5ca1ab1e");
    let file = crate::JournalWriter::with_header(Vec::new(), &header).unwrap().finish().unwrap();
    assert_eq!(JournalReader::new(file.as_slice()).unwrap().header(), &header);
}

#[test]
fn a_line_longer_than_a_frame_reads_back() {
    let kind = EventKind::Noted { task: TaskId(0), name: "n".into(), text: "long\n".repeat(1 << 20).into() };
    let event = Event { kind, ..jury_run(0).remove(0) };
    let file = journal_of(&[Record::Event(event.clone())], 1);
    assert!(read_all(file.as_slice()).0 == [Record::Event(event)]);
}

#[test]
fn digest_and_summary_of_a_file_are_those_of_the_live_run() {
    for events in [jury_run(200), every_kind()] {
        let (mut live, mut read) = ((Digest::new(), Summary::new()), (Digest::new(), Summary::new()));
        for event in &events {
            live.0.push(event);
            live.1.push(event);
        }
        let mut records = records_of(&events);
        records.insert(2, Record::Note(Note::new("resumed", "notes change nothing")));
        for record in read_all(journal_of(&records, 11).as_slice()).0 {
            if let Record::Event(event) = record {
                read.0.push(&event);
                read.1.push(&event);
            }
        }
        assert_eq!(read.0.finish(), live.0.finish());
        assert_eq!(read.1, live.1);
        assert_eq!(read.1.metrics(), live.1.metrics());
    }
}

/// A beginning of a journal is never mistaken for damage, and gives the beginning of the records.
#[test]
fn a_file_cut_at_any_byte_gives_its_good_records() {
    let records = small();
    let file = journal_of(&records, 4);
    for (form, file, ends) in [("frames", file.clone(), commit_ends(&records)), ("lines", lines_of(&file), Vec::new())]
    {
        let mut whole = 0;
        for length in 0..=file.len() {
            let (found, error) = read_all(&file[..length]);
            assert_eq!(found, records[..found.len()], "{form} cut to {length} bytes");
            match error {
                None => {
                    whole += 1;
                    let at_end = if form == "lines" { file[length - 1] == b'\n' } else { ends.contains(&length) };
                    assert!(at_end, "{form} cut to {length} bytes end nowhere");
                }
                Some(JournalError::TornTail { good_records, line, .. }) => {
                    assert_eq!(good_records, found.len() as u64);
                    assert!((good_records + 1..=good_records + 2).contains(&line), "line {line}");
                }
                Some(other) => panic!("{form} cut to {length} bytes: {other}"),
            }
        }
        let expected = if form == "lines" { records.len() + 1 } else { ends.len() };
        assert_eq!(whole, expected, "the places where {form} may end");
    }
}

/// Where the frames of `journal_of(records, 4)` end.
fn commit_ends(records: &[Record]) -> Vec<usize> {
    let mut ends: Vec<usize> =
        (0..records.len()).step_by(4).map(|count| journal_of(&records[..count], 4).len()).collect();
    ends.push(journal_of(records, 4).len());
    ends
}

#[test]
fn every_flipped_bit_of_the_lines_is_noticed() {
    let records = small();
    let lines = lines_of(&journal_of(&records, usize::MAX));
    for place in 0..lines.len() {
        for bit in 0..8 {
            let mut flipped = lines.clone();
            flipped[place] ^= 1 << bit;
            let (found, error) = read_all(flipped.as_slice());
            let line = lines[..place].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(found, records[..found.len()], "bit {bit} of byte {place}");
            assert_eq!(found.len(), line.saturating_sub(1), "bit {bit} of byte {place} in line {}", line + 1);
            match error {
                Some(JournalError::Damaged { line: named, offset, .. }) => {
                    assert_eq!(named, line as u64 + 1);
                    assert!(offset <= place as u64);
                }
                // The last line break is all that tells the last line from one that breaks off.
                Some(JournalError::TornTail { .. }) => assert_eq!(place, lines.len() - 1),
                Some(JournalError::NotAJournal | JournalError::NewerFormat { .. }) => assert_eq!(line, 0),
                other => panic!("bit {bit} of byte {place}: {other:?}"),
            }
        }
    }
}

/// Not every bit of a compressed frame matters, but none that does goes unnoticed.
#[test]
fn a_flipped_bit_of_a_frame_never_gives_wrong_records() {
    let records = small();
    let file = journal_of(&records, 5);
    let mut unnoticed = 0;
    for place in 0..file.len() {
        for bit in 0..8 {
            let mut flipped = file.clone();
            flipped[place] ^= 1 << bit;
            let (found, error) = read_all(flipped.as_slice());
            assert_eq!(found, records[..found.len()], "bit {bit} of byte {place}");
            if error.is_none() {
                assert_eq!(found.len(), records.len(), "bit {bit} of byte {place}");
                unnoticed += 1;
            }
        }
    }
    assert!(unnoticed * 20 < file.len() * 8, "{unnoticed} of {} bits make no difference", file.len() * 8);
}

#[test]
fn lines_taken_out_put_in_or_moved_are_noticed() {
    let lines = lines_of(&journal_of(&small(), usize::MAX));
    let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let damaged_at = |lines: &[&[u8]]| match read_all(lines.concat().as_slice()).1 {
        Some(JournalError::Damaged { line, .. }) => line,
        other => panic!("{other:?}"),
    };
    let mut missing = lines.clone();
    missing.remove(3);
    assert_eq!(damaged_at(&missing), 4);
    let mut twice = lines.clone();
    twice.insert(3, lines[3]);
    assert_eq!(damaged_at(&twice), 5);
    let mut moved = lines.clone();
    moved.swap(7, 8);
    assert_eq!(damaged_at(&moved), 8);
    let header_twice = [lines.clone(), vec![lines[0]]].concat();
    assert_eq!(damaged_at(&header_twice), lines.len() as u64 + 1);
}

/// Lines whose check values are right and whose content is not.
#[test]
fn the_content_is_judged_when_the_check_is_right() {
    let journal = |bodies: &[&str]| {
        let (mut text, mut check) = (String::new(), "0".repeat(16));
        for body in bodies {
            check = blake3::hash(format!("{check}{body}").as_bytes()).to_hex()[..16].to_owned();
            text += &format!("{body},\"check\":\"{check}\"}}\n");
        }
        text
    };
    let header = r#"{"folkmoot_journal":1,"program":"p""#;
    let event =
        |number: u64| format!(r#"{{"n":{number},"t":0,"a":"a","c":null,"e":{{"actor_restarted":{{"restarts":1}}}}"#);
    let cases = [
        (journal(&[header, &event(1)]), "line 2 (byte 64): it holds event 1, expected event 0; the 0 records"),
        (journal(&[header, &event(0), &event(0)]), "it holds event 0, expected event 1; the 1 records"),
        (journal(&[header, &event(0), &event(2)]), "it holds event 2, expected event 1"),
        (journal(&[header, r#"{"n":0,"t":0"#]), "it is no event: missing field `a`"),
        (
            journal(&[header, r#"{"n":0,"t":0,"a":"../x","c":null,"e":{"actor_restarted":{"restarts":1}}"#]),
            "a name starts",
        ),
        (journal(&[header, r#"{"something":1"#]), "neither an event nor a note"),
        (journal(&[header, header]), "neither an event nor a note"),
        (
            journal(&[r#"{"folkmoot_journal":1,"prog":"p""#]),
            "line 1 (byte 0): it is no header: missing field `program`",
        ),
        (journal(&[r#"{"folkmoot_journal":1.5,"program":"p""#]), "it is no header"),
    ];
    for (text, said) in cases {
        let message = read_all(text.as_bytes()).1.unwrap().to_string();
        assert!(message.contains(said), "{text}\n{message}");
    }
    assert!(read_all(journal(&[header, &event(0), &event(1)]).as_bytes()).1.is_none());
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    // Whatever else a newer format changes, its check values included.
    for line in ["{\"folkmoot_journal\":4,\"shape\":\"unheard of\"}\n", "{\"folkmoot_journal\":4}\n{}\n"] {
        for file in [line.as_bytes().to_vec(), zstd::bulk::compress(line.as_bytes(), 1).unwrap()] {
            let error = JournalReader::new(file.as_slice()).unwrap_err();
            assert!(matches!(error, JournalError::NewerFormat { found: 4 }));
            assert_eq!(
                error.to_string(),
                "the journal has format 4, and this program reads up to format 3; it needs a folkmoot that reads format 4"
            );
        }
    }
}

#[test]
fn other_files_are_no_journals() {
    for text in ["# notes\n", "{\"seed\":1}\n", "[1]\n"] {
        for file in [text.as_bytes().to_vec(), zstd::bulk::compress(text.as_bytes(), 1).unwrap()] {
            assert!(matches!(JournalReader::new(file.as_slice()), Err(JournalError::NotAJournal)), "{text}");
        }
    }
    assert!(matches!(JournalReader::new(b"".as_slice()), Err(JournalError::TornTail { good_records: 0, .. })));
}

#[test]
fn a_tail_of_zeros_is_torn_and_a_hole_of_zeros_is_damage() {
    let records = small();
    let file = journal_of(&records, 4);
    let kept = file.len() - 40;
    let mut zeroed = file.clone();
    zeroed[kept..].fill(0);
    let (found, error) = read_all(zeroed.as_slice());
    assert!(matches!(error, Some(JournalError::TornTail { good_records, .. }) if good_records == found.len() as u64));
    let longer = [file.clone(), vec![0; 4_096]].concat();
    assert!(read_all(longer.as_slice()).0 == records, "what was allocated and never written costs nothing");

    let mut hole = file.clone();
    hole[150..190].fill(0);
    assert!(matches!(read_all(hole.as_slice()).1, Some(JournalError::Damaged { .. })));
}

#[test]
fn reading_ends_with_the_first_error() {
    let file = journal_of(&small(), 4);
    let mut reader = JournalReader::new(&file[..file.len() - 1]).unwrap();
    assert_eq!(reader.by_ref().filter(Result::is_err).count(), 1);
    assert!(reader.next().is_none());
    assert!(reader.good_records() > 0);
}

#[test]
fn a_failing_input_is_told_with_its_place() {
    struct FailsLater<'a>(&'a [u8]);
    impl Read for FailsLater<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("pulled out")) } else { self.0.read(buffer) }
        }
    }
    let lines = lines_of(&journal_of(&small(), 4));
    let (found, error) = read_all(FailsLater(&lines));
    assert_eq!(found, small());
    let Some(JournalError::Read { line, offset, source }) = error else { panic!("{error:?}") };
    assert_eq!((line, offset), (small().len() as u64 + 2, lines.len() as u64));
    assert_eq!(source.to_string(), "pulled out");
}

proptest! {
    /// Whatever texts and numbers events hold, the file gives them back, and so the digest.
    #[test]
    fn any_text_and_any_number_come_back(
        texts in prop::collection::vec((".*", any::<u64>(), prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL), 0..12),
        commit_every in 1_usize..5,
    ) {
        let mut events = Vec::new();
        for (number, (text, time_ms, weight)) in (0..).zip(texts) {
            let (task, voter) = (TaskId(0), path("juror[1]"));
            let kind = EventKind::BallotCast { task, round: 0, voter, ballot: Ballot::For(text.into()), weight };
            let (sequence, time) = (EventSequence(number), VirtualTime::from_millis(time_ms));
            events.push(Event { sequence, time, actor: path("jury"), cause: Some(sequence), kind });
        }
        let records = records_of(&events);
        let (found, error) = read_all(journal_of(&records, commit_every).as_slice());
        prop_assert!(error.is_none());
        prop_assert_eq!(found, records);
    }

    /// Bytes that are no journal never give a record and never stop the program.
    #[test]
    fn any_bytes_are_judged(start in 0_usize..4, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let starts: [&[u8]; 4] = [b"", b"{\"folkmoot_journal\":1,", &[0x28, 0xb5, 0x2f, 0xfd], b"{\"n\":0"];
        let file = [starts[start], &bytes].concat();
        let (found, error) = read_all(file.as_slice());
        prop_assert!(found.is_empty());
        prop_assert!(error.is_some());
    }
}
