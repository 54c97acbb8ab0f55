//! What a run folder keeps, read whole, and how a run goes on in it.
//!
//! A journal has one writer, which holds a lock on its file. A tail that breaks off, as after a kill, is cut; damage in
//! front of the end is refused. This module must not know how a run is played.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use moot_core::{EventKind, EventSequence};
use moot_journal::{
    CALLED_OFF, Header, JournalError, JournalReader, JournalTail, JournalWriter, KeptEventError, KeptEvents, MendError,
    Mended, Note, OutsideLog, OutsideNote, OutsideNoteError, WriteError, mend,
};
use moot_runtime::JournalSink;
use moot_scenario::{Problems, Scenario, Settings};
use serde_json::{Value, json};

use crate::cassette::Cassette;

use super::{
    CASSETTE_FILE, Disk, Durability, FolderError, JOURNAL_FILE, MANIFEST_FILE, Manifest, RunFolder, SCENARIO_FILE,
    file_error,
};

/// The kind of the note that holds the resolved scenario and the tools as they were.
const PLAYED_WITH: &str = "played_with";

/// Where a journal is written.
type Output = Box<dyn Write + Send>;

/// What the journal of a run holds.
#[derive(Debug)]
pub struct Kept {
    /// What happened.
    pub events: KeptEvents,
    /// What the outside was asked and what it answered.
    pub outside: OutsideLog,
    /// What the journal says of the outside, each with the number of events in front of it.
    outside_notes: Vec<(usize, OutsideNote)>,
    /// Before which event somebody called the run off, if anybody did.
    pub called_off: Option<EventSequence>,
    /// What was played: the resolved scenario and the tools.
    pub played_with: Option<Value>,
    /// Where the journal breaks off, if it does.
    pub torn: Option<JournalError>,
    tail: JournalTail,
}

impl Kept {
    /// What of it stands in front of an event: the events, and the requests to the outside whose answers had come.
    #[must_use]
    pub fn before(mut self, at: usize) -> Beginning {
        let is_early = |(place, _): &(usize, OutsideNote)| *place <= at;
        let answered: BTreeSet<u64> =
            self.outside_notes.iter().filter(|note| is_early(note)).filter_map(answer_in).collect();
        self.events.truncate(at);
        self.outside.retain(|number| answered.contains(&number));
        self.outside_notes
            .retain(|(place, note)| is_early(&(*place, note.clone())) && answered.contains(&note.number()));
        Beginning { events: self.events, outside: self.outside, outside_notes: self.outside_notes }
    }

    /// Whether the run has come to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let last = self.events.last().and_then(Result::ok);
        matches!(last.map(|event| event.kind), Some(EventKind::RunEnded { .. }))
    }

    fn read(path: &Path, file: &File) -> Result<Self, FolderError> {
        let reader = JournalReader::new(file);
        Self::of(path, reader.map_err(|source| FolderError::Journal { path: path.to_path_buf(), source })?)
    }

    fn of(path: &Path, mut reader: JournalReader<&File>) -> Result<Self, FolderError> {
        let journal = |source| FolderError::Journal { path: path.to_path_buf(), source };
        let (mut events, mut outside) = (KeptEvents::default(), OutsideLog::default());
        let (mut called_off, mut played_with, mut torn) = (None, None, None);
        let mut outside_notes = Vec::new();
        while let Some(note) = reader.next_note(&mut events) {
            match note {
                Ok(None) => {}
                Ok(Some(note)) if &*note.kind == CALLED_OFF => {
                    called_off.get_or_insert(EventSequence(events.len() as u64));
                }
                Ok(Some(Note { kind, data, .. })) if &*kind == PLAYED_WITH => played_with = data,
                Ok(Some(note)) => {
                    let problem = |error: OutsideNoteError| {
                        let problem = error.to_string();
                        FolderError::Note { path: path.to_path_buf(), problem }
                    };
                    outside.push(&note).map_err(problem)?;
                    let note = OutsideNote::of(&note).map_err(problem)?;
                    outside_notes.extend(note.map(|note| (events.len(), note)));
                }
                Err(error @ JournalError::TornTail { .. }) => torn = Some(error),
                Err(error) => return Err(journal(error)),
            }
        }
        let tail = reader.tail();
        Ok(Self { events, outside, outside_notes, called_off, played_with, torn, tail })
    }
}

fn answer_in((_, note): &(usize, OutsideNote)) -> Option<u64> {
    match note {
        OutsideNote::Answered { number, .. } => Some(*number),
        OutsideNote::Sent { .. } => None,
    }
}

/// How another run begins that comes from a kept one.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    pub(crate) events: KeptEvents,
    pub(crate) outside: OutsideLog,
    outside_notes: Vec<(usize, OutsideNote)>,
}

impl Beginning {
    /// Writes it as the beginning of a journal.
    fn write<W: Write>(&self, writer: &mut JournalWriter<W>) -> Result<(), BeginningError> {
        let mut notes = self.outside_notes.iter().peekable();
        for place in 0..=self.events.len() {
            while let Some((_, note)) = notes.next_if(|(before, _)| *before == place) {
                writer.append_note(&note.clone().into())?;
            }
            if let Some(event) = self.events.get(place) {
                writer.append_event(&event?)?;
            }
        }
        Ok(())
    }
}

/// Why a beginning is not written.
#[derive(Debug, thiserror::Error)]
enum BeginningError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Read(#[from] KeptEventError),
}

impl RunFolder {
    /// Reads the whole journal. One that breaks off is read as far as it is good.
    ///
    /// # Errors
    /// When the journal can't be read or is damaged in front of its end.
    pub fn kept(&self) -> Result<Kept, FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let file = File::open(&path).map_err(file_error(&path, "opened"))?;
        Kept::read(&path, &file)
    }

    /// The same without a look at the check values, for who relies on it no sooner than [`verify`](Self::verify) has come
    /// to its end, such as at the same time on another thread.
    ///
    /// # Errors
    /// As [`kept`](Self::kept).
    pub fn kept_unverified(&self) -> Result<Kept, FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let file = File::open(&path).map_err(file_error(&path, "opened"))?;
        let reader = JournalReader::new(&file).map_err(|source| FolderError::Journal { path: path.clone(), source })?;
        // What is wrong is told with its place by who looks at everything.
        Kept::of(&path, reader.trusting()).or_else(|_| self.kept())
    }

    /// Verifies the check values and numbers of the whole journal. One that breaks off is good as far as it goes.
    ///
    /// # Errors
    /// When the journal can't be read or is damaged in front of its end.
    pub fn verify(&self) -> Result<(), FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let file = File::open(&path).map_err(file_error(&path, "opened"))?;
        match JournalReader::new(file).and_then(JournalReader::verify) {
            Ok(()) | Err(JournalError::TornTail { .. }) => Ok(()),
            Err(source) => Err(FolderError::Journal { path, source }),
        }
    }

    /// The manifest. A folder of an earlier version has none.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn manifest(&self) -> Result<Option<Manifest>, FolderError> {
        let path = self.path.join(MANIFEST_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).map_err(file_error(&path, "read"))?;
        let manifest = serde_json::from_str(&text).map_err(std::io::Error::from);
        manifest.map(Some).map_err(file_error(&path, "read"))
    }

    /// The manifest, which must be there and be understood.
    ///
    /// # Errors
    /// When it is not.
    pub fn known_manifest(&self) -> Result<Manifest, FolderError> {
        let problem = |problem: String| FolderError::Manifest { path: self.path.join(MANIFEST_FILE), problem };
        let manifest = self.manifest()?.ok_or_else(|| problem("it is not there".to_owned()))?;
        if manifest.format > super::MANIFEST_FORMAT {
            let (found, known) = (manifest.format, super::MANIFEST_FORMAT);
            return Err(problem(format!("it has format {found}, and this program reads up to format {known}")));
        }
        if ![super::REAL_CLOCK, super::VIRTUAL_CLOCK].contains(&manifest.clock.as_str()) {
            return Err(problem(format!("there is no clock {:?}", manifest.clock)));
        }
        Ok(manifest)
    }

    /// The cassette from which models and outside tools answered, when they did.
    ///
    /// # Errors
    /// When it is not there any more, or can't be read.
    pub fn cassette(&self) -> Result<Option<Arc<Cassette>>, FolderError> {
        let Some(volatile) = self.manifest()?.and_then(|manifest| manifest.volatile) else { return Ok(None) };
        let path = self.path.join(CASSETTE_FILE);
        let lines = std::fs::read_to_string(&path).map_err(file_error(&path, "read"))?;
        let cassette = Cassette::parse(&lines, &volatile).map_err(std::io::Error::other);
        cassette.map(|cassette| Some(Arc::new(cassette))).map_err(file_error(&path, "read"))
    }

    /// The scenario as it was played; the files that it names are those that it named then.
    ///
    /// # Errors
    /// What is wrong with the file, such as that it needs trust.
    pub fn scenario(&self, settings: &Settings) -> Result<Scenario, Problems> {
        // What is wrong with the manifest is told by who plays by it.
        let folder = self.manifest().ok().flatten().and_then(|manifest| manifest.folder);
        let settings = Settings { folder: folder.or_else(|| settings.folder.clone()), ..settings.clone() };
        moot_scenario::load_with(&self.path.join(SCENARIO_FILE), &settings)
    }

    /// Starts the journal of a new run, whose folder appears with it and with the beginning that the run has.
    ///
    /// # Errors
    /// When the journal can't be written, or the folder has got something in it meanwhile.
    pub fn start_journal(
        &self,
        durability: Durability,
        played_with: Value,
        beginning: &Beginning,
    ) -> Result<JournalSink, FolderError> {
        let path = self.building.join(JOURNAL_FILE);
        let file =
            self.journal.as_ref().map_or_else(|| OpenOptions::new().append(true).open(&path), |file| file.try_clone());
        let file = file.map_err(file_error(&path, "opened"))?;
        let place = self.path.join(JOURNAL_FILE);
        let output: Output = Box::new(self.disk.output(file, &place).named_at_first(&path));
        let name = place.display().to_string();
        let started = (|| {
            let mut writer = JournalWriter::with_header(output, &Header::new(super::PROGRAM))?;
            writer.append_note(&Note::new(PLAYED_WITH, "the scenario and the tools").with_data(played_with))?;
            beginning.write(&mut writer)?;
            writer.commit()?;
            Ok(writer)
        })();
        let writer = started.map_err(|error| match error {
            BeginningError::Write(source) => FolderError::Write { path: path.clone(), source },
            BeginningError::Read(source) => FolderError::Event { path: path.clone(), source },
        })?;
        self.appear()?;
        Ok(JournalSink { writer, name, commits: durability.commits() })
    }

    /// Takes the run up again: what is kept, and a journal that goes on behind it. What breaks off is cut first.
    ///
    /// # Errors
    /// When somebody else writes the journal, it is damaged, or can't be written.
    pub fn take_up(&self, durability: Durability) -> Result<(Kept, JournalSink), FolderError> {
        let path = self.path.join(JOURNAL_FILE);
        let open = |path: &Path| OpenOptions::new().read(true).append(true).open(path);
        let file = open(&path).map_err(file_error(&path, "opened"))?;
        lock(&path, &file)?;
        let kept = Kept::read(&path, &file)?;
        let file = match &kept.torn {
            None => file,
            Some(_) => cut(&path, &self.disk)?,
        };
        let output: Output = Box::new(self.disk.output(file, &path));
        let count = kept.events.len();
        let resumed = Note::new("resumed", format!("after {count} events"));
        let writer = JournalWriter::continue_after(output, &kept.tail).and_then(|mut writer| {
            writer.append_note(&resumed)?;
            Ok(writer)
        });
        let writer = writer.map_err(|source| FolderError::Write { path: path.clone(), source })?;
        let name = path.display().to_string();
        Ok((kept, JournalSink { writer, name, commits: durability.commits() }))
    }

    /// Copies what is good of a damaged run into a new folder, from where it can be taken up.
    ///
    /// # Errors
    /// When nothing is good, or the new folder holds something or can't be written.
    pub fn salvage(&self, to: impl Into<PathBuf>) -> Result<Mended, FolderError> {
        let target = Self::new_folder(to.into(), self.disk.clone())?;
        for file in [SCENARIO_FILE, MANIFEST_FILE, CASSETTE_FILE] {
            let (from, to) = (self.path.join(file), target.building.join(file));
            if from.exists() {
                let copied = std::fs::read(&from).and_then(|text| self.disk.write_file(&to, &text));
                copied.map_err(file_error(&to, "written")).inspect_err(|_| target.discard())?;
            }
        }
        let path = self.path.join(JOURNAL_FILE);
        let to = target.building.join(JOURNAL_FILE);
        self.disk.remove_file(&to);
        let mended = mend_into(&path, &to, &self.disk).and_then(|mended| target.appear().map(|()| mended));
        mended.inspect_err(|_| target.discard())
    }
}

/// What a run is played with, in a form that can be compared: the resolved scenario, and the tools as models see them.
pub(crate) fn played_with(loaded: &Scenario, tools: &moot_tool::Toolbox) -> Value {
    let names: Vec<&str> = tools.names().collect();
    let specs = tools.specs(&names);
    let tools = specs.iter().map(|spec| (spec.name.to_string(), serde_json::to_value(spec).unwrap_or_default()));
    let scenario = serde_json::from_str::<Value>(&loaded.resolved_json()).unwrap_or_default();
    json!({ "scenario": scenario, "files": files(loaded), "tools": tools.collect::<serde_json::Map<_, _>>() })
}

/// What files say that the scenario names by their paths alone: the prices, and the hashes of what is long.
fn files(scenario: &Scenario) -> Value {
    let hash = |written: String| super::manifest::hash(&written);
    let (tasks, skills) = (format!("{:?}", scenario.tasks), format!("{:?}", scenario.harness.skills));
    json!({ "tasks": hash(tasks), "skills": hash(skills), "prices": scenario.harness.prices })
}

/// What has changed since a run was kept, of its scenario and of the files that it names: each difference with its place.
#[must_use]
pub fn changed(kept: &Kept, scenario: &Scenario) -> Vec<String> {
    let Some(Value::Object(mut before)) = kept.played_with.clone() else { return Vec::new() };
    let mut now = played_with(scenario, &moot_tool::Toolbox::new());
    // What tools say of themselves is known when they are made.
    before.remove("tools");
    if let Value::Object(now) = &mut now {
        now.remove("tools");
    }
    super::differences(&before.into(), &now)
}

/// How often a lock is tried that somebody holds, and how long after each other.
const LOCK_TRIES: u32 = 20;
const LOCK_TRY_EVERY: Duration = Duration::from_millis(20);

/// Nobody else may write the journal.
pub(super) fn lock(path: &Path, file: &File) -> Result<(), FolderError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            // A command that was just being started when the run was killed holds it a moment longer.
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_TRY_EVERY),
            Err(TryLockError::Error(error)) => return Err(file_error(path, "locked")(error)),
        }
    }
    Err(FolderError::Locked { path: path.to_path_buf() })
}

/// Replaces a journal by its whole lines. The new file is locked before it takes the old one's place.
fn cut(path: &Path, disk: &Disk) -> Result<File, FolderError> {
    let beside = path.with_extension("cut");
    if beside.exists() {
        // Left over from an attempt that did not come to its end.
        disk.remove_file(&beside);
    }
    mend_into(path, &beside, disk)?;
    let file = OpenOptions::new().read(true).append(true).open(&beside).map_err(file_error(&beside, "opened"))?;
    lock(&beside, &file)?;
    disk.rename(&beside, path).map_err(file_error(path, "replaced"))?;
    Ok(file)
}

fn mend_into(from: &Path, to: &Path, disk: &Disk) -> Result<Mended, FolderError> {
    let input = File::open(from).map_err(file_error(from, "opened"))?;
    let output = disk.create_file(to).map_err(file_error(to, "created"))?;
    mend(input, &mut disk.output(output, to)).map_err(|error| match error {
        MendError::Journal(source) => FolderError::Journal { path: from.to_path_buf(), source },
        MendError::Output(source) => file_error(to, "written")(source),
    })
}
