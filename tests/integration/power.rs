//! What is left when power is lost at any moment, or when any step to the disk fails.
//!
//! The steps of a run to the disk are written down. From them come images: what a disk may hold when power is lost in front
//! of a step. What was synced is there; of what was not, any part is there: names up to some point, bytes up to some point,
//! or zeros in their place (after ALICE, Pillai and others 2014: what POSIX lets a file system do).

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use folkmoot::core::random::{AddressedGenerator, Purpose, RandomAddress, RandomKey, Rng};
use folkmoot::core::{ModelFailure, ModelReply};
use folkmoot::folder::{Disk, DiskStep, Durability, FolderError, RunFolder};
use folkmoot::journal::{JournalError, OutsideNote, Record};
use folkmoot::model::{Model, ModelRequest};
use folkmoot::{Registry, Run, RunError, Scenario};

use crate::support::scenario;

const DEBATE: &str = "
folkmoot: 1
name: power
models: { debater: { custom: { name: debater } } }
agents: { ann: { model: debater }, bob: { model: debater }, cat: { model: debater } }
coordination: { debate: { members: [ann, bob, cat], rounds: 1, decide: { rule: plurality, ties: first } } }
tasks: { generate: { count: 2, choices: [A, B] } }
";

/// A step that was done, or a request that went out.
#[derive(Debug, Clone)]
enum Done {
    Create { path: PathBuf, is_folder: bool },
    Write { path: PathBuf, bytes: Vec<u8> },
    Sync(PathBuf),
    SyncFolder(PathBuf),
    Rename { from: PathBuf, to: PathBuf },
    Remove(PathBuf),
    Asked(String),
}

impl From<&DiskStep<'_>> for Done {
    fn from(step: &DiskStep<'_>) -> Self {
        match *step {
            DiskStep::Create { path, is_folder } => Self::Create { path: path.into(), is_folder },
            DiskStep::Write { path, bytes } => Self::Write { path: path.into(), bytes: bytes.into() },
            DiskStep::Sync { path } => Self::Sync(path.into()),
            DiskStep::SyncFolder { path } => Self::SyncFolder(path.into()),
            DiskStep::Rename { from, to } => Self::Rename { from: from.into(), to: to.into() },
            DiskStep::Remove { path } => Self::Remove(path.into()),
        }
    }
}

type Trace = Arc<Mutex<Vec<Done>>>;

/// A model outside that writes down what it is asked.
struct Debater(Trace);

impl Model for Debater {
    fn answer(&self, request: &ModelRequest) -> Result<ModelReply, ModelFailure> {
        let ModelRequest { agent, task, call, attempt, .. } = request;
        let what = format!("model for {agent}, task {}, call {call}, attempt {attempt}", task.id);
        self.0.lock().unwrap().push(Done::Asked(what));
        let heard: usize = request.transcript.messages().iter().map(|message| message.text().len()).sum();
        Ok(ModelReply::text(if heard.is_multiple_of(2) { "A" } else { "B" }))
    }
}

fn registry(trace: &Trace) -> Registry {
    let (mut registry, trace) = (Registry::new(), Arc::clone(trace));
    registry.model("debater", move |_| Ok(Arc::new(Debater(Arc::clone(&trace)))));
    registry
}

/// A run that was kept whole, with all that was done to the disk for it.
fn traced(scenario: &Scenario, scratch: &Path, durability: Durability) -> (Vec<Done>, String) {
    let trace = Trace::default();
    let seen = Arc::clone(&trace);
    let disk = Disk::default().watched(move |step| {
        seen.lock().unwrap().push(step.into());
        Ok(())
    });
    let registry = registry(&trace);
    let run = Run::new(scenario).registry(&registry).durability(durability).disk(disk).folder(scratch.join("run"));
    let played = run.play().unwrap();
    let done = trace.lock().unwrap().clone();
    (done, played.result.digest.to_string())
}

/// A disk on which each folder and file knows what of it lasts.
struct Image {
    folders: Vec<Folder>,
    files: Vec<FileData>,
    root: PathBuf,
}

#[derive(Default)]
struct Folder {
    changes: Vec<Change>,
    /// How many changes last.
    lasting: usize,
}

#[derive(Clone)]
enum Change {
    Add(String, Node),
    Rename(String, String),
    Remove(String),
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Folder(usize),
    File(usize),
}

#[derive(Default)]
struct FileData {
    bytes: Vec<u8>,
    /// How many bytes last.
    lasting: usize,
}

impl Folder {
    /// The names after so many changes.
    fn names(&self, changes: usize) -> BTreeMap<String, Node> {
        let mut names = BTreeMap::new();
        for change in &self.changes[..changes] {
            match change.clone() {
                Change::Add(name, node) => drop(names.insert(name, node)),
                Change::Rename(from, to) => {
                    let node = names.remove(&from).unwrap();
                    names.insert(to, node);
                }
                Change::Remove(name) => drop(names.remove(&name)),
            }
        }
        names
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

impl Image {
    /// The disk after these steps, in a folder that was there and empty before.
    fn after(steps: &[Done], root: &Path) -> Self {
        let mut image = Self { folders: vec![Folder::default()], files: Vec::new(), root: root.to_path_buf() };
        steps.iter().for_each(|step| image.do_step(step));
        image
    }

    fn find(&self, path: &Path) -> Node {
        let mut node = Node::Folder(0);
        for part in path.strip_prefix(&self.root).unwrap() {
            let Node::Folder(folder) = node else { panic!("{path:?} is in a file") };
            let folder = &self.folders[folder];
            node = folder.names(folder.changes.len())[&*part.to_string_lossy()];
        }
        node
    }

    fn folder(&mut self, path: &Path) -> &mut Folder {
        let Node::Folder(number) = self.find(path) else { panic!("{path:?} is no folder") };
        &mut self.folders[number]
    }

    fn file(&mut self, path: &Path) -> &mut FileData {
        let Node::File(number) = self.find(path) else { panic!("{path:?} is no file") };
        &mut self.files[number]
    }

    fn do_step(&mut self, step: &Done) {
        match step {
            Done::Create { path, is_folder } => {
                let node = if *is_folder {
                    self.folders.push(Folder::default());
                    Node::Folder(self.folders.len() - 1)
                } else {
                    self.files.push(FileData::default());
                    Node::File(self.files.len() - 1)
                };
                self.folder(path.parent().unwrap()).changes.push(Change::Add(name_of(path), node));
            }
            Done::Write { path, bytes } => self.file(path).bytes.extend_from_slice(bytes),
            Done::Sync(path) => {
                let file = self.file(path);
                file.lasting = file.bytes.len();
            }
            Done::SyncFolder(path) => {
                let folder = self.folder(path);
                folder.lasting = folder.changes.len();
            }
            Done::Rename { from, to } => {
                let change = Change::Rename(name_of(from), name_of(to));
                self.folder(from.parent().unwrap()).changes.push(change);
            }
            Done::Remove(path) => {
                let change = Change::Remove(name_of(path));
                self.folder(path.parent().unwrap()).changes.push(change);
            }
            Done::Asked(_) => {}
        }
    }

    /// Writes what may be found when power is lost now.
    fn lose_power(&self, place: &Path, random: &mut AddressedGenerator) {
        self.write_folder(0, place, random);
    }

    fn write_folder(&self, number: usize, place: &Path, random: &mut AddressedGenerator) {
        let folder = &self.folders[number];
        let kept = folder.lasting + below(random, folder.changes.len() - folder.lasting + 1);
        for (name, node) in folder.names(kept) {
            let place = place.join(name);
            match node {
                Node::Folder(number) => {
                    std::fs::create_dir(&place).unwrap();
                    self.write_folder(number, &place, random);
                }
                Node::File(number) => std::fs::write(&place, self.files[number].found(random)).unwrap(),
            }
        }
    }
}

impl FileData {
    /// What may be found of the file.
    fn found(&self, random: &mut AddressedGenerator) -> Vec<u8> {
        let unsynced = self.bytes.len() - self.lasting;
        let mut found = self.bytes.clone();
        match below(random, 4) {
            0 => {}
            1 => found.truncate(self.lasting),
            2 => found.truncate(self.lasting + below(random, unsynced + 1)),
            // The length is there, and some of the blocks are not.
            _ => {
                let hole = self.lasting + below(random, unsynced + 1);
                let end = (hole + 1 + below(random, 512)).min(found.len());
                found[hole..end].fill(0);
            }
        }
        found
    }
}

fn below(random: &mut AddressedGenerator, bound: usize) -> usize {
    (random.next_u64() % bound as u64) as usize
}

fn generator(number: u32) -> AddressedGenerator {
    RandomAddress::new(RandomKey::new(20_260, 0, "power"), Purpose::named("image")).task(number).generator()
}

/// How many images: few in short form, as many as `SURVIVAL_IMAGES` says.
fn images_wanted() -> u32 {
    std::env::var("SURVIVAL_IMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(500)
}

/// What the journal in a folder says that was asked.
fn sent_in(folder: &RunFolder) -> Vec<String> {
    let journal = std::fs::File::open(folder.path().join(folkmoot::folder::JOURNAL_FILE)).unwrap();
    let records = folkmoot::journal::JournalReader::new(journal).unwrap().map_while(Result::ok);
    let notes = records.filter_map(|record| if let Record::Note(note) = record { Some(note) } else { None });
    let sent = notes.filter_map(|note| match OutsideNote::of(&note).unwrap() {
        Some(OutsideNote::Sent { what, .. }) => Some(what.to_string()),
        _ => None,
    });
    sent.collect()
}

/// Q14: with `sync`, whatever is found when power is lost is no folder at all, before anything was asked, or a run that
/// knows all that was asked and goes on to the same result, some only from what is good of them.
#[test]
fn a_synced_run_survives_every_loss_of_power() {
    let (scratch, scenario) = (tempfile::tempdir().unwrap(), scenario(DEBATE));
    let (steps, digest) = traced(&scenario, scratch.path(), Durability::Sync);
    assert!(steps.iter().filter(|step| matches!(step, Done::Sync(_))).count() > 10);
    let (mut resumed, mut holes, mut none) = (0, 0, 0);
    for number in 0..images_wanted() {
        let mut random = generator(number);
        let (at, place) = (below(&mut random, steps.len() + 1), tempfile::tempdir().unwrap());
        Image::after(&steps[..at], scratch.path()).lose_power(place.path(), &mut random);
        let asked = steps[..at].iter().filter_map(|step| if let Done::Asked(what) = step { Some(what) } else { None });
        let Ok(folder) = RunFolder::open(place.path().join("run")) else {
            assert_eq!(asked.count(), 0, "image {number} at step {at}: what was asked is forgotten");
            none += 1;
            continue;
        };
        let sent = sent_in(&folder);
        for what in asked {
            assert!(sent.contains(what), "image {number} at step {at}: {what} is forgotten");
        }
        let manifest = folder.manifest().unwrap();
        assert!(manifest.is_some(), "image {number} at step {at}");
        let read = folder.scenario(&folkmoot::scenario::Settings::default());
        assert!(read.is_ok(), "image {number} at step {at}");
        folder.result().unwrap();
        let registry = registry(&Trace::default());
        let mut played = Run::new(&scenario).registry(&registry).resume(&folder).play();
        if let Err(RunError::Folder(FolderError::Journal { source: JournalError::Damaged { .. }, .. })) = &played {
            // A hole in what was being written looks like damage: what is good is saved on demand.
            let good = place.path().join("good");
            folder.salvage(&good).unwrap();
            let good = RunFolder::open(&good).unwrap();
            played = Run::new(&scenario).registry(&registry).resume(&good).play();
            holes += 1;
        }
        let played = played.unwrap_or_else(|error| panic!("image {number} at step {at}: {error}"));
        assert_eq!(played.result.digest.to_string(), digest, "image {number} at step {at}");
        resumed += 1;
    }
    assert!(resumed > none && none > 0 && holes * 5 < resumed, "{resumed} resumed, {holes} saved, {none} not there");
}

/// Q14: with `batch`, a loss of power may take anything that is not yet on the disk; what is found goes on to the same
/// result or is refused, and nothing is made up.
#[test]
fn a_loss_of_power_is_found_out() {
    let (scratch, scenario) = (tempfile::tempdir().unwrap(), scenario(DEBATE));
    let (steps, digest) = traced(&scenario, scratch.path(), Durability::Batch);
    assert!(!steps.iter().any(|step| matches!(step, Done::Sync(_))));
    let (mut resumed, mut refused) = (0, 0);
    for number in 0..images_wanted() {
        let mut random = generator(number);
        let (at, place) = (below(&mut random, steps.len() + 1), tempfile::tempdir().unwrap());
        Image::after(&steps[..at], scratch.path()).lose_power(place.path(), &mut random);
        let Ok(folder) = RunFolder::open(place.path().join("run")) else { continue };
        let registry = registry(&Trace::default());
        match Run::new(&scenario).registry(&registry).resume(&folder).play() {
            Ok(played) => {
                assert_eq!(played.result.digest.to_string(), digest, "image {number} at step {at}");
                resumed += 1;
            }
            Err(RunError::Folder(_)) => refused += 1,
            Err(error) => panic!("image {number} at step {at}: {error}"),
        }
    }
    assert!(resumed > 0 && refused > 0, "{resumed} resumed, {refused} refused");
}

/// A disk on which the step of this number fails, after half of it when it writes; and how many there were.
fn failing(number: usize, kind: io::ErrorKind) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let disk = Disk::default().watched(move |step| {
        if seen.fetch_add(1, Ordering::Relaxed) != number {
            return Ok(());
        }
        if let DiskStep::Write { path, bytes } = step {
            let mut file = OpenOptions::new().append(true).open(path)?;
            file.write_all(&bytes[..bytes.len() / 2])?;
        }
        Err(kind.into())
    });
    (disk, count)
}

/// Q15: whichever step fails, the run ends with a named error and goes on when the disk is well again.
#[test]
fn any_step_to_the_disk_may_fail() {
    let (scratch, scenario) = (tempfile::tempdir().unwrap(), scenario(DEBATE));
    let (_, digest) = traced(&scenario, scratch.path(), Durability::Sync);
    for durability in [Durability::Sync, Durability::Batch, Durability::Off] {
        for number in 0.. {
            let kind = if number % 2 == 0 { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
            let place = scratch.path().join(format!("{durability:?}-{number}"));
            let (disk, count) = failing(number, kind);
            let registry = registry(&Trace::default());
            let run = Run::new(&scenario).registry(&registry).durability(durability).disk(disk).folder(&place);
            let ended = run.play();
            let was_hit = count.load(Ordering::Relaxed) > number;
            match (&ended, was_hit) {
                (Ok(played), false) => {
                    assert_eq!(played.result.digest.to_string(), digest);
                    assert!(number > 5, "{durability:?} has {number} steps");
                    break;
                }
                (Ok(played), true) => {
                    let told = played.result.reason.clone().unwrap_or_default();
                    assert!(played.result.status == folkmoot::core::RunStatus::Failed, "step {number}: {told}");
                    assert!(told.contains("can't be"), "step {number}: {told}");
                }
                (Err(RunError::Folder(_)), true) => {}
                (Err(error), _) => panic!("{durability:?}, step {number}: {error}"),
            }
            go_on(&scenario, &place, number, &digest);
        }
    }
}

/// The disk is well again, or fails once more first.
fn go_on(scenario: &Scenario, place: &Path, number: usize, digest: &str) {
    for fails_at in [Some(number % 7), None] {
        let disk = fails_at.map_or_else(Disk::default, |at| failing(at, io::ErrorKind::Other).0);
        let registry = registry(&Trace::default());
        let run = Run::new(scenario).registry(&registry).disk(disk).durability(Durability::Sync);
        let ended = match RunFolder::open(place) {
            Ok(folder) => run.resume(&folder).play(),
            Err(_) => run.folder(place).play(),
        };
        if fails_at.is_none() {
            let played = ended.unwrap_or_else(|error| panic!("step {number}: {error}"));
            assert_eq!(played.result.digest.to_string(), digest, "step {number}");
            let kept = RunFolder::open(place).unwrap();
            assert_eq!(kept.result().unwrap().unwrap().digest.to_string(), digest, "step {number}");
        }
    }
}
