//! The port to the outside: work that is no pure function of the world runs on a thread of its own.
//!
//! Answers enter the world only at its idle step, in the order of the requests, each after the latency its scenario
//! declares; virtual time stands still while a request is open. So how long the outside really takes changes nothing.
//! This is the one place that starts threads and waits in real time.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use moot_core::VirtualDuration;

/// What the outside thread runs; it returns what is to be done in the world with its answer.
pub(crate) type OutsideWork = Box<dyn FnOnce() -> OutsideAnswer + Send>;

/// An answer from the outside: how long it takes in virtual time, and what is done in the world when it arrives.
pub(crate) struct OutsideAnswer {
    pub(crate) latency: VirtualDuration,
    pub(crate) deliver: Box<dyn FnOnce() + Send>,
}

/// How many requests are out at a time; what is more waits its turn.
const OPEN_MAX: usize = 64;

/// How often a waiting world looks whether it was called off.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// All requests that are out or about to go out.
pub(crate) struct OutsidePort {
    waiting: Vec<(u64, OutsideWork)>,
    /// The requests whose thread runs; what has answered out of turn waits here.
    open: BTreeMap<u64, Option<OutsideAnswer>>,
    next: u64,
    sender: mpsc::Sender<(u64, OutsideAnswer)>,
    receiver: mpsc::Receiver<(u64, OutsideAnswer)>,
}

impl OutsidePort {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel();
        Self { waiting: Vec::new(), open: BTreeMap::new(), next: 0, sender, receiver }
    }

    /// Takes a request; its thread starts at the world's next idle step, after the journal was committed.
    pub(crate) fn submit(&mut self, work: OutsideWork) {
        self.waiting.push((self.next, work));
        self.next += 1;
    }

    /// Whether requests wait that may go out.
    pub(crate) fn may_start(&self) -> bool {
        !self.waiting.is_empty() && self.open.len() < OPEN_MAX
    }

    /// Whether requests are out.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Starts the threads of what may go out.
    ///
    /// # Errors
    /// When the system refuses a thread.
    #[expect(clippy::disallowed_methods, reason = "this is the port to the outside")]
    pub(crate) fn start(&mut self) -> std::io::Result<()> {
        let room = OPEN_MAX.saturating_sub(self.open.len()).min(self.waiting.len());
        for (number, work) in self.waiting.drain(..room) {
            let sender = self.sender.clone();
            std::thread::Builder::new().name(format!("outside-{number}")).spawn(move || {
                let answer = work();
                // The world may have ended without waiting; then nobody wants the answer.
                let _ = sender.send((number, answer));
            })?;
            self.open.insert(number, None);
        }
        Ok(())
    }

    /// Waits in real time for the answer to the oldest open request. `None` when `called_off` says so first.
    pub(crate) fn wait(&mut self, called_off: impl Fn() -> bool) -> Option<OutsideAnswer> {
        loop {
            let mut oldest = self.open.first_entry()?;
            if let Some(answer) = oldest.get_mut().take() {
                oldest.remove();
                return Some(answer);
            }
            match self.receiver.recv_timeout(LOOK_EVERY) {
                Ok((number, answer)) => {
                    self.open.insert(number, Some(answer));
                }
                Err(_) if called_off() => return None,
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
