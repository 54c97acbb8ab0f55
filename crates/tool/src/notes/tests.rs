//! Tests of the store of notes: what is kept, who finds what in which order, and the files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use moot_core::TaskId;
use moot_core::port::{NoteKind, RecallQuery};
use proptest::prelude::*;

use super::*;

fn path(text: &str) -> ActorPath {
    ActorPath::new(text).unwrap()
}

fn at(milliseconds: u64) -> VirtualTime {
    VirtualTime::from_millis(milliseconds)
}

fn note(author: &str, milliseconds: u64, text: &str) -> Note {
    Note::new(path(author), at(milliseconds), text)
}

fn until(note: Note, milliseconds: u64) -> Note {
    Note { expires_at: Some(at(milliseconds)), ..note }
}

fn scoped(note: Note, scope: NoteScope) -> Note {
    Note { scope, ..note }
}

fn query(words: &str) -> RecallQuery {
    RecallQuery {
        reader: path("a"),
        team: "a".into(),
        query: words.into(),
        kind: None,
        limit: 10,
        now: VirtualTime::ZERO,
    }
}

fn texts(notes: &[Note]) -> Vec<&str> {
    notes.iter().map(|note| &*note.text).collect()
}

fn found(notes: &Notes, words: &str, limit: usize) -> Vec<String> {
    notes.recall(&RecallQuery { limit, ..query(words) }).iter().map(|note| note.text.to_string()).collect()
}

#[test]
fn every_word_must_stand_there_in_any_case_and_order_and_whole_words_come_first() {
    let mut notes = Notes::new();
    for (time, text) in (0..).zip(["Use metric units", "UNITS are in metres", "Straße", "metric", "symmetrical units"])
    {
        assert_eq!(notes.remember(note("a", time, text)), Ok(Remembered::New));
    }
    let table: [(&str, usize, &[&str]); 11] = [
        ("metric", 10, &["metric", "Use metric units", "symmetrical units"]),
        ("metr", 10, &["symmetrical units", "metric", "UNITS are in metres", "Use metric units"]),
        ("units METRIC", 10, &["Use metric units", "symmetrical units"]),
        ("unit", 10, &["symmetrical units", "UNITS are in metres", "Use metric units"]),
        ("metr units", 2, &["symmetrical units", "UNITS are in metres"]),
        ("metric feet", 10, &[]),
        ("STRASSE", 10, &[]),
        ("straße", 10, &["Straße"]),
        ("", 2, &["symmetrical units", "metric"]),
        (" \n", 1, &["symmetrical units"]),
        ("metric", 0, &[]),
    ];
    for (words, limit, expected) in table {
        assert_eq!(found(&notes, words, limit), expected, "{words:?}");
    }
}

#[test]
fn what_matters_for_a_prompt_comes_first_and_nothing_is_left_out() {
    let mut notes = Notes::new();
    for text in ["Answers are short.", "Distances are in metres.", "The year is 1900.", "How far is it to it?"] {
        notes.remember(note("a", 0, text)).unwrap();
    }
    let relevant = notes.relevant(&query("How far are 5000 metres? Is it a long distance (in metres)?"));
    let expected = ["How far is it to it?", "Distances are in metres.", "Answers are short.", "The year is 1900."];
    assert_eq!(texts(&relevant), expected, "far and how, are and metres, are, nothing; of equals the newest");
    assert_eq!(notes.relevant(&RecallQuery { limit: 1, ..query("year") })[0].text, "The year is 1900.".into());
    assert_eq!(notes.relevant(&query("")).len(), 4);
}

#[test]
fn the_same_text_of_the_same_author_for_the_same_readers_is_kept_once() {
    let mut notes = Notes::new();
    let table = [
        (note("a", 1, "x  y"), Remembered::New, "the first"),
        (note("a", 2, "x  y"), Remembered::Known, "the same"),
        (note("a", 2, " x\ny\t"), Remembered::Known, "other white space"),
        (note("b", 3, "x y"), Remembered::New, "another author"),
        (note("a", 4, "X y"), Remembered::New, "another text"),
        (scoped(note("a", 5, "x y"), NoteScope::Private), Remembered::New, "other readers"),
    ];
    for (note, expected, why) in table {
        assert_eq!(notes.remember(note), Ok(expected), "{why}");
    }
    assert_eq!(notes.iter().next(), Some(&note("a", 1, "x  y")), "the first one stays as it was");
    assert_eq!(notes.len(), 4);
}

#[test]
fn a_note_that_outlives_the_kept_one_takes_its_place() {
    let mut notes = Notes::new();
    let mut keep = |note: Note| notes.remember(note).unwrap();
    assert_eq!(keep(until(note("a", 0, "x"), 100)), Remembered::New);
    assert_eq!(keep(until(note("a", 10, "x"), 100)), Remembered::Known, "not longer");
    assert_eq!(keep(until(note("a", 20, "x"), 50)), Remembered::Known, "shorter");
    assert_eq!(keep(until(note("a", 200, "x"), 300)), Remembered::New, "the kept one has expired");
    assert_eq!(keep(note("a", 210, "x")), Remembered::New, "for ever");
    assert_eq!(keep(until(note("a", 220, "x"), 9_999)), Remembered::Known, "nothing outlives for ever");
    assert_eq!(notes.iter().collect::<Vec<_>>(), [&note("a", 210, "x")]);
}

#[test]
fn nobody_finds_what_is_not_for_them() {
    let mut notes = Notes::new();
    for (author, scope, text) in [
        ("lead/north[0]", NoteScope::Private, "private of north 0"),
        ("lead/north[0]", NoteScope::Team, "team north"),
        ("lead/south[0]", NoteScope::Team, "team south"),
        ("lead/south[0]", NoteScope::Project, "project"),
    ] {
        notes.remember(scoped(note(author, 0, text), scope)).unwrap();
    }
    let table: [(&str, &[&str]); 4] = [
        ("lead/north[0]", &["project", "team north", "private of north 0"]),
        ("lead/north[1]", &["project", "team north"]),
        ("lead/south[1]", &["project", "team south"]),
        ("lead", &["project"]),
    ];
    for (reader, expected) in table {
        let reader = path(reader);
        let recall = RecallQuery { team: reader.group().into(), reader, ..query("") };
        assert_eq!(texts(&notes.recall(&recall)), expected);
        let mut relevant = notes.relevant(&RecallQuery { query: "north south".into(), ..recall });
        relevant.sort_by_key(|note| std::cmp::Reverse(note.text.clone()));
        let mut sorted = expected.to_vec();
        sorted.sort_unstable_by(|one, two| two.cmp(one));
        assert_eq!(texts(&relevant), sorted, "the same rights whichever way one asks");
    }
}

#[test]
fn kind_and_expiry_narrow_what_is_found() {
    let mut notes = Notes::new();
    notes.remember(Note { kind: NoteKind::Preference, ..note("a", 0, "short answers") }).unwrap();
    notes.remember(until(note("a", 0, "short lived"), 100)).unwrap();
    let at_time = |now: u64, kind| RecallQuery { now: at(now), kind, ..query("short") };
    let table: [(u64, Option<NoteKind>, &[&str]); 4] = [
        (99, None, &["short lived", "short answers"]),
        (100, None, &["short answers"]),
        (0, Some(NoteKind::Preference), &["short answers"]),
        (0, Some(NoteKind::Feedback), &[]),
    ];
    for (now, kind, expected) in table {
        assert_eq!(texts(&notes.recall(&at_time(now, kind))), expected, "{now} {kind:?}");
    }
}

#[test]
fn limits_are_named_and_a_full_store_lets_go_of_what_has_expired() {
    let mut notes = Notes::new();
    let limit = |reason: &str| Err(PortError::Limit { reason: reason.into() });
    assert_eq!(notes.remember(note("a", 0, &"x".repeat(NOTE_BYTES_MAX))), Ok(Remembered::New));
    assert_eq!(
        notes.remember(note("a", 0, &"x".repeat(NOTE_BYTES_MAX + 1))),
        limit("the note is 4097 bytes long; at most 4096 are allowed")
    );
    assert!(matches!(notes.remember(note("a", 0, " \n")), Err(PortError::Denied { .. })));
    for number in 1..NOTES_MAX {
        let new = note("a", 0, &number.to_string());
        assert_eq!(notes.remember(if number == 7 { until(new, 50) } else { new }), Ok(Remembered::New));
    }
    assert_eq!(notes.remember(note("a", 49, "more")), limit("10000 notes are kept, which is the limit"));
    assert_eq!(notes.remember(note("a", 49, "1")), Ok(Remembered::Known), "what is kept already passes no limit");
    assert_eq!(notes.remember(note("a", 50, "more")), Ok(Remembered::New));
    assert_eq!(notes.remember(note("a", 50, "7")), limit("10000 notes are kept, which is the limit"));
    assert_eq!(notes.len(), NOTES_MAX);
}

#[test]
fn what_looks_like_a_secret_is_for_nobody_else() {
    let long = |prefix: &str, count: usize| format!("it is {prefix}{}.", "A1".repeat(count / 2));
    let secrets = [
        ("-----BEGIN RSA PRIVATE KEY-----\nMII".to_owned(), "a private key"),
        (long("AKIA", 16), "an access key of Amazon"),
        (long("ASIA", 16), "an access key of Amazon"),
        (long("ghp_", 36), "an access token of GitHub"),
        (long("github_pat_", 22), "an access token of GitHub"),
        (long("sk-", 20), "a secret key"),
        (long("sk-ant-", 20), "a secret key"),
        (long("xoxb-", 10), "a token of Slack"),
        ("DB_PASSWORD=correct-horse".to_owned(), "a password, token or API key"),
        ("the \"api key\": \"abcdefgh\"".to_owned(), "a password, token or API key"),
        ("Token = 12345678".to_owned(), "a password, token or API key"),
    ];
    for (text, secret) in secrets {
        for scope in [NoteScope::Team, NoteScope::Project] {
            let Err(PortError::Denied { reason }) = Notes::new().remember(scoped(note("a", 0, &text), scope)) else {
                unreachable!("{text}")
            };
            assert!(reason.starts_with(&format!("the note looks as if it held {secret}, and others")), "{reason}");
            assert!(!reason.contains("A1A1") && !reason.contains("horse"), "the secret is not repeated: {reason}");
        }
        let private = scoped(note("a", 0, &text), NoteScope::Private);
        assert_eq!(Notes::new().remember(private), Ok(Remembered::New), "{text}");
    }
    for harmless in [
        "The password is kept in the vault.",
        "Passwords: none",
        "risk-forces-and-other-long-words-in-a-row",
        "a token costs 3 cents",
        "AKIA is a prefix",
        "task-AKIA",
    ] {
        assert_eq!(Notes::new().remember(note("a", 0, harmless)), Ok(Remembered::New), "{harmless}");
    }
}

#[test]
fn the_next_run_starts_with_what_has_not_expired() {
    let mut notes = Notes::new();
    for kept in [note("a", 7, "ever"), until(note("a", 8, "gone"), 100), until(note("a", 9, "left"), 150)] {
        notes.remember(kept).unwrap();
    }
    let next = notes.carried_over(at(100));
    assert_eq!(next.iter().cloned().collect::<Vec<_>>(), [note("a", 7, "ever"), until(note("a", 9, "left"), 50)]);
}

#[test]
fn the_files_are_what_they_are_documented_to_be() {
    let mut notes = Notes::new();
    let mut second =
        until(scoped(note("lead/clerk[1]", 1_250, "Answers are short.\n- forged"), NoteScope::Team), 60_000);
    second.kind = NoteKind::Preference;
    second.task = TaskId(3);
    second.call_id = "c7".into();
    for kept in [note("scribe", 0, "Use metric units."), second, scoped(note("scribe", 1, "mine"), NoteScope::Private)]
    {
        notes.remember(kept).unwrap();
    }
    let files = to_files(&notes);
    assert_eq!(
        files["MEMORY.md"],
        "# Memory\n\nWritten from notes.jsonl, which alone is read again.\n\n## Facts\n\n- Use metric units. (scribe, \
         project)\n- mine (scribe, private)\n\n## Preferences\n\n- Answers are short.\n  - forged (lead/clerk[1], team \
         lead/clerk, until 60.000 s)\n"
    );
    let second_line = files["notes.jsonl"].lines().nth(1).unwrap();
    let expected = "{\"author\":\"lead/clerk[1]\",\"team\":\"lead/clerk\",\"written_at\":1250,\"text\":\"Answers are \
                    short.\\n- forged\",\"kind\":\"preference\",\"scope\":\"team\",\"task\":3,\"call_id\":\"c7\",\
                    \"expires_at\":60000}";
    assert_eq!(second_line, expected);
    assert_eq!(from_files(&files), Ok(notes));
    assert_eq!(from_files(&BTreeMap::new()), Ok(Notes::new()), "a new folder");
}

#[test]
fn a_wrong_file_is_told_by_line() {
    let line = |note: Note| serde_json::to_string(&note).unwrap();
    let good = line(note("a", 0, "x"));
    let table = [
        (format!("{good}\n\n{{\"author\""), "notes.jsonl:3: this is no note: EOF while parsing an object (column 9)"),
        (format!("{good}\n{good}"), "notes.jsonl:2: this note stands there already; remove the line"),
        (
            good.replace("\"author\":\"a\"", "\"author\":\"../a\""),
            "notes.jsonl:1: this is no note: a name starts with a letter or a digit, not '.'",
        ),
        (good.replace("\"fact\"", "\"rumour\""), "notes.jsonl:1: this is no note: unknown variant `rumour`"),
        (line(note("a", 0, " ")), "notes.jsonl:1: the note is empty; give it a text"),
        (
            line(note("a", 0, &"x".repeat(5_000))),
            "notes.jsonl:1: the note is 5000 bytes long; at most 4096 are allowed",
        ),
        (line(note("a", 0, "password: abcdefgh")), "notes.jsonl:1: the note looks as if it held a password"),
        ("[]".to_owned(), "notes.jsonl:1: this is no note: "),
    ];
    for (text, beginning) in table {
        let problem = from_files(&BTreeMap::from([(NOTES_FILE.to_owned(), text.clone())])).unwrap_err();
        assert!(problem.to_string().starts_with(beginning), "{text}: {problem}");
    }
    let carriage_returns = BTreeMap::from([(NOTES_FILE.to_owned(), format!("{good}\r\n"))]);
    assert_eq!(from_files(&carriage_returns).map(|notes| notes.len()), Ok(1));
}

prop_compose! {
    fn any_note()(
        author in prop::sample::select(vec!["a", "b[0]", "b[1]"]),
        scope in prop::sample::select(vec![NoteScope::Private, NoteScope::Team, NoteScope::Project]),
        written in 0_u64..50,
        expiry in prop::option::of(0_u64..100),
        text in "[ab \n]{1,5}",
    ) -> Note {
        Note { expires_at: expiry.map(at), ..scoped(note(author, written, &text), scope) }
    }
}

proptest! {
    /// What is found is exactly what the reader may read, has not expired and holds every word; whole words first,
    /// then the newest.
    #[test]
    fn recall_finds_exactly_what_fits(
        kept in prop::collection::vec(any_note(), 0..12),
        words in "[aAbB ]{0,4}",
        reader in prop::sample::select(vec!["a", "b[0]", "c"]),
        now in 0_u64..100,
        limit in 0_usize..6,
    ) {
        let mut notes = Notes::new();
        for note in kept {
            let is_empty = note.text.trim().is_empty();
            prop_assert_eq!(notes.remember(note).is_err(), is_empty);
        }
        let reader = path(reader);
        let recall = RecallQuery {
            team: reader.group().into(), reader: reader.clone(), limit, now: at(now), ..query(&words)
        };
        let folded = words.to_lowercase();
        let words: Vec<&str> = folded.split_whitespace().collect();
        let mut expected: Vec<&Note> = notes.iter().filter(|note| {
            let may = note.scope == NoteScope::Project
                || (note.scope == NoteScope::Team && *note.team == *reader.group())
                || note.author == reader;
            may && note.expires_at.is_none_or(|expiry| expiry > at(now)) && words.iter().all(|word| note.text.contains(word))
        }).collect();
        expected.reverse();
        let whole = |note: &Note| words.iter().filter(|word| note.text.split_whitespace().any(|one| one == **word)).count();
        expected.sort_by_key(|note| std::cmp::Reverse(whole(note)));
        expected.truncate(limit);
        let found = notes.recall(&recall);
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        let again: Notes = serde_json::from_str(&serde_json::to_string(&notes).unwrap()).unwrap();
        prop_assert_eq!(&again, &notes);
        prop_assert_eq!(from_files(&to_files(&notes)), Ok(notes));
    }

    /// No two notes say the same to the same readers, whatever was remembered, and a text that was remembered is there
    /// for at least as long as anybody asked.
    #[test]
    fn no_note_stands_twice_and_none_is_lost(remembered in prop::collection::vec(any_note(), 0..20)) {
        let mut notes = Notes::new();
        for note in &remembered {
            drop(notes.remember(note.clone()));
        }
        let key = |note: &Note| (note.author.clone(), note.scope, normalised(&note.text));
        let keys: std::collections::BTreeSet<_> = notes.iter().map(key).collect();
        prop_assert_eq!(keys.len(), notes.len());
        for note in remembered.iter().filter(|note| !note.text.trim().is_empty()) {
            let lasting = notes.iter().find(|kept| key(kept) == key(note)).unwrap();
            prop_assert!(!is_later(note.expires_at, lasting.expires_at));
        }
    }
}

proptest! {
    /// What is relevant is what a plain look at every note says: everything readable, the notes with the most words of
    /// the query first, then the newest, also after notes went.
    #[test]
    fn relevance_is_what_a_look_at_every_note_says(
        kept in prop::collection::vec((any_note(), "(one|two|three|ones|x|TWO|[ ,.]){1,6}"), 0..12),
        query in "(one|two|Three|x|[ ,?]){0,6}",
        now in 0_u64..100,
        limit in 0_usize..14,
    ) {
        let mut notes = Notes::new();
        for (note, text) in kept {
            drop(notes.remember(Note { text: text.as_str().into(), ..note.clone() }));
            // The same text again may outlive the first one and take its place.
            drop(notes.remember(Note { text: text.as_str().into(), expires_at: None, ..note }));
        }
        let words_of = |text: &str| -> std::collections::BTreeSet<String> {
            let folded = text.to_lowercase();
            let words = folded.split(|character: char| !character.is_alphanumeric());
            words.filter(|word| word.chars().count() >= 3).map(str::to_owned).collect()
        };
        let asked = words_of(&query);
        let recall = RecallQuery { limit, now: at(now), ..super::tests::query(&query) };
        let may = |note: &&Note| match note.scope {
            NoteScope::Project => true,
            NoteScope::Team => note.team == recall.team,
            NoteScope::Private => note.author == recall.reader,
        };
        let lasts = |note: &&Note| note.expires_at.is_none_or(|expiry| expiry > at(now));
        let mut expected: Vec<&Note> = notes.iter().filter(may).filter(lasts).collect();
        expected.reverse();
        expected.sort_by_key(|note| std::cmp::Reverse(words_of(&note.text).intersection(&asked).count()));
        expected.truncate(limit);
        let found = notes.relevant(&recall);
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }
}
