//! The port to the outside: work that is no pure function of the world runs on a thread of its own.
//!
//! Answers enter the world only at its idle step, in the order of the requests, each after the latency its scenario
//! declares; virtual time stands still while a request is open. So how long the outside really takes changes nothing,
//! and a run that is played again takes the answers that a journal kept, by the requests' numbers. This is the one place
//! that starts threads and waits in real time.

mod clock;
mod request;

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc;
use std::time::Duration;

use moot_core::{Text, VirtualTime};
use moot_journal::{Note, OutsideLog, OutsideNote};
use serde_json::Value;

pub use clock::Clock;
pub(crate) use clock::RealClock;
pub(crate) use request::{Keep, OutsideAnswer, OutsideRequest, OutsideWork, Source};

/// How many requests are out at a time; what is more waits its turn.
const OPEN_MAX: usize = 64;

/// How often a waiting world looks whether it was called off.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a thread sends back.
type Answered = Result<OutsideAnswer, serde_json::Error>;

/// All requests that are out or about to go out.
pub(crate) struct OutsidePort {
    waiting: VecDeque<Waiting>,
    /// What was not answered in an earlier play on the real clock: it is asked when that play is repeated to its end, for
    /// no answer came before.
    postponed: VecDeque<Waiting>,
    /// The requests whose thread runs; what has answered out of turn waits here.
    open: BTreeMap<u64, Option<Answered>>,
    next: u64,
    sender: mpsc::Sender<(u64, Answered)>,
    receiver: mpsc::Receiver<(u64, Answered)>,
    /// How answers are kept, when a journal is written.
    keep: Option<Keep>,
    /// What a journal keeps of an earlier play of this run.
    recalled: OutsideLog,
    /// Whether what is not recalled may be asked.
    may_ask: bool,
}

struct Waiting {
    number: u64,
    work: OutsideWork,
    /// Whether a journal has taken note of it.
    is_noted: bool,
}

/// Why a request can't be answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutsideError {
    /// The system refuses a thread.
    #[error("no thread for a request to the outside: {0}")]
    Thread(std::io::Error),
    /// The run goes another way than before.
    #[error("request {number} to the outside is now {found:?}, and was {expected:?} when the run was kept")]
    Other { number: u64, expected: Text, found: Text },
    /// What was kept is not what the asker understands.
    #[error("the answer that was kept to request {number} ({what}) can't be read: {problem}")]
    Unreadable { number: u64, what: Text, problem: serde_json::Error },
    /// Only what was kept may be used.
    #[error("the journal holds no answer to request {number} ({what}), and nothing may be asked of the outside")]
    NotKept { number: u64, what: Text },
}

/// An answer that has come, and what a journal takes note of before it counts.
pub(crate) struct Arrived {
    pub(crate) answer: OutsideAnswer,
    pub(crate) note: Option<OutsideNote>,
}

/// An answer that came on the real clock when the run was played before, and comes at the same time again.
pub(crate) struct Recalled {
    pub(crate) at: VirtualTime,
    /// The how manieth answer of the run it was.
    pub(crate) arrival: u64,
    pub(crate) answer: OutsideAnswer,
}

impl Arrived {
    fn of(number: u64, mut answer: OutsideAnswer) -> Self {
        let note = answer.kept.take().map(|answer| OutsideNote::Answered { number, answer, at: None });
        Self { answer, note }
    }
}

impl OutsidePort {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel();
        let (waiting, postponed, open) = (VecDeque::new(), VecDeque::new(), BTreeMap::new());
        Self {
            waiting,
            postponed,
            open,
            next: 0,
            sender,
            receiver,
            keep: None,
            recalled: OutsideLog::default(),
            may_ask: true,
        }
    }

    /// From now on a journal is written that takes note of requests and answers.
    pub(crate) fn keep(&mut self, keep: Keep) {
        self.keep = Some(keep);
    }

    /// What was answered before is not asked; what was not, only if it may be.
    pub(crate) fn recall(&mut self, recalled: OutsideLog, may_ask: bool) {
        (self.recalled, self.may_ask) = (recalled, may_ask);
    }

    /// Takes a request; its thread starts at the world's next idle step, after the journal was committed.
    pub(crate) fn submit(&mut self, work: OutsideWork) {
        self.waiting.push_back(Waiting { number: self.next, work, is_noted: false });
        self.next += 1;
    }

    /// How many requests there were so far.
    pub(crate) const fn asked(&self) -> u64 {
        self.next
    }

    /// Whether requests wait that may go out.
    pub(crate) fn may_start(&self) -> bool {
        !self.waiting.is_empty() && self.open.len() < OPEN_MAX
    }

    /// Whether requests are out.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What a journal has to take note of before the next requests go out.
    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.keep.is_none() {
            return notes;
        }
        let room = OPEN_MAX.saturating_sub(self.open.len());
        let recalled = &self.recalled;
        let waiting = self.waiting.iter_mut().take(room);
        let unnoted = waiting.filter(|one| recalled.answer(one.number).is_none());
        for Waiting { number, work, is_noted } in unnoted {
            if std::mem::replace(is_noted, true) {
                continue;
            }
            if recalled.what(*number).is_some() {
                let told = match work.can_be_repeated {
                    true => "it is asked again",
                    false => "nobody knows whether it took effect, and it is not asked again",
                };
                let text = format!("request {number} ({}) was open when the run broke off; {told}", work.what);
                notes.push(Note::new("abandoned", text));
            }
            notes.push(OutsideNote::Sent { number: *number, what: work.what.clone() }.into());
        }
        notes
    }

    /// Starts the threads of what may go out, and answers what is recalled. What was answered on the real clock is given
    /// back: it is due at its time. What is not recalled is put off while an earlier play on the real clock is repeated.
    ///
    /// # Errors
    /// When the system refuses a thread, or the run does not go the way that is recalled.
    pub(crate) fn start(&mut self, puts_off: bool) -> Result<Vec<Recalled>, OutsideError> {
        let mut due = Vec::new();
        let room = OPEN_MAX.saturating_sub(self.open.len()).min(self.waiting.len());
        for Waiting { number, work, is_noted } in self.waiting.drain(..room).collect::<Vec<_>>() {
            match self.source(number, &work.what)? {
                None => {}
                Some(Source::Recall(value)) => {
                    let what = work.what.clone();
                    let answer = (work.answer)(Source::Recall(value));
                    let answer = answer.map_err(|problem| OutsideError::Unreadable { number, what, problem })?;
                    match self.recalled.arrival(number) {
                        Some((arrival, Some(at))) => due.push(Recalled { at, arrival, answer }),
                        _ => drop(self.open.insert(number, Some(Ok(answer)))),
                    }
                }
                Some(_) if puts_off => self.postponed.push_back(Waiting { number, work, is_noted }),
                Some(source) => self.ask(number, work, source)?,
            }
        }
        Ok(due)
    }

    /// What was put off may go out now.
    pub(crate) fn take_up_postponed(&mut self) {
        while let Some(waiting) = self.postponed.pop_back() {
            self.waiting.push_front(waiting);
        }
    }

    /// Where the answer comes from; `None` when there was none until the run ended.
    fn source(&self, number: u64, what: &Text) -> Result<Option<Source>, OutsideError> {
        let Some(expected) = self.recalled.what(number) else {
            return match self.may_ask {
                true => Ok(Some(Source::Ask(self.keep.clone()))),
                false => Err(OutsideError::NotKept { number, what: what.clone() }),
            };
        };
        if expected != what {
            let (expected, found) = (expected.clone(), what.clone());
            return Err(OutsideError::Other { number, expected, found });
        }
        let answer = self.recalled.answer(number).map(|answer| Source::Recall(Value::clone(answer)));
        Ok(answer.or_else(|| self.may_ask.then(|| Source::AskAgain(self.keep.clone()))))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port to the outside")]
    fn ask(&mut self, number: u64, work: OutsideWork, source: Source) -> Result<(), OutsideError> {
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name(format!("outside-{number}"));
        let started = thread.spawn(move || {
            let answer = (work.answer)(source);
            // The world may have ended without waiting; then nobody wants the answer.
            let _ = sender.send((number, answer));
        });
        started.map_err(OutsideError::Thread)?;
        self.open.insert(number, None);
        Ok(())
    }

    /// Waits for whichever answer arrives first, at most for so long.
    ///
    /// # Errors
    /// When the answer can't be kept.
    pub(crate) fn wait_for_any(&mut self, longest: Duration) -> Result<Option<Arrived>, serde_json::Error> {
        // What was answered at once, such as from a journal, is there already.
        let there = self.open.iter().find(|(_, answer)| answer.is_some()).map(|(number, _)| *number);
        let (number, answer) = match there.and_then(|number| Some((number, self.open.remove(&number)??))) {
            Some(answered) => answered,
            None => match self.receiver.recv_timeout(longest) {
                Ok((number, answer)) => {
                    self.open.remove(&number);
                    (number, answer)
                }
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(Arrived::of(number, answer?)))
    }

    /// Waits in real time for the answer to the oldest open request. `None` when `called_off` says so first.
    ///
    /// # Errors
    /// When the answer can't be kept.
    pub(crate) fn wait(&mut self, called_off: impl Fn() -> bool) -> Result<Option<Arrived>, serde_json::Error> {
        loop {
            let Some(mut oldest) = self.open.first_entry() else { return Ok(None) };
            if let Some(answer) = oldest.get_mut().take() {
                let (number, _) = oldest.remove_entry();
                return Ok(Some(Arrived::of(number, answer?)));
            }
            match self.receiver.recv_timeout(LOOK_EVERY) {
                Ok((number, answer)) => {
                    self.open.insert(number, Some(answer));
                }
                Err(_) if called_off() => return Ok(None),
                Err(_) => {}
            }
        }
    }
}

/// Drives a future to its end on this thread, which sleeps while the future waits. Not for a thread on which a world is
/// played.
pub fn block_on<T>(mut future: std::pin::Pin<Box<dyn Future<Output = T> + Send>>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}
