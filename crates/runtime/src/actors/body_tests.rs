//! Bodies with their mailboxes, without anybody who supervises them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use moot_core::ActorPath;
use ractor::ActorCell;
use tokio::task::yield_now;

use super::*;

/// Writes down what it is told.
struct Listener(Arc<Mutex<Vec<usize>>>);

impl Inhabitant for Listener {
    type Message = usize;

    fn receive(&mut self, _: &Address<usize>, message: usize) {
        self.0.lock().unwrap().push(message);
    }

    fn ordered(&mut self, _: &Address<usize>, _: Order) {}

    fn lost(&mut self, _: &Address<usize>, _: &str) {}
}

struct Listening {
    address: Address<usize>,
    cabin: Arc<Cabin<Listener>>,
    heard: Arc<Mutex<Vec<usize>>>,
}

impl Listening {
    fn new() -> Self {
        let heard = Arc::default();
        let address = Address::new(ActorPath::new("listener").unwrap(), usize::MAX);
        let cabin = Cabin::new(address.clone(), Box::new(Listener(Arc::clone(&heard))));
        Self { address, cabin, heard }
    }

    async fn embodied(&self) -> (ActorCell, JoinHandle<()>) {
        let (body, ended) = Actor::spawn(None, Body::new(), Arc::clone(&self.cabin)).await.unwrap();
        (body.get_cell(), ended)
    }

    fn post(&self, messages: impl IntoIterator<Item = usize>) {
        messages.into_iter().for_each(|message| self.address.post(message));
    }

    fn heard(&self) -> usize {
        let heard = self.heard.lock().unwrap();
        assert!(heard.iter().copied().eq(0..heard.len()), "nothing is lost, comes twice or changes its place");
        heard.len()
    }
}

async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_body_at_rest_is_woken_by_each_message() {
    block_on(async {
        let listening = Listening::new();
        let (body, ended) = listening.embodied().await;
        for number in 0..5 {
            settle().await;
            assert_eq!(listening.heard(), number);
            listening.post([number]);
        }
        settle().await;
        assert_eq!(listening.heard(), 5);
        body.stop(None);
        ended.await.unwrap();
    });
}

/// Digests of large runs depend on how many that are.
#[test]
fn a_body_lets_others_go_first_after_so_many_messages() {
    block_on(async {
        let listening = Listening::new();
        let (body, ended) = listening.embodied().await;
        settle().await;
        listening.post(0..LETTERS_AT_FIRST + LETTERS_AT_ONCE + 1);
        let mut steps = vec![0];
        while listening.heard() < LETTERS_AT_FIRST + LETTERS_AT_ONCE + 1 {
            yield_now().await;
            if steps.last() != Some(&listening.heard()) {
                steps.push(listening.heard());
            }
        }
        let [first, second] = [LETTERS_AT_FIRST, LETTERS_AT_FIRST + LETTERS_AT_ONCE];
        assert_eq!(steps, [0, first, second, second + 1]);
        body.stop(None);
        ended.await.unwrap();
    });
}

/// However a body ends, at its mailbox or before it was ever called in: what waits is for the next one.
#[test]
fn a_body_that_ends_leaves_what_waits_to_the_next_one() {
    for called_in in [false, true] {
        for killed in [false, true] {
            block_on(async {
                let listening = Listening::new();
                let (body, ended) = listening.embodied().await;
                settle().await;
                let before = usize::from(called_in);
                listening.post(0..before);
                settle().await;
                listening.post(before..10);
                match killed {
                    true => body.kill(),
                    false => {
                        listening.address.ordered().leave();
                        body.stop(None);
                    }
                }
                ended.await.unwrap();
                assert_eq!(listening.heard(), before, "called in: {called_in}, killed: {killed}");
                listening.post(10..12);
                let (body, ended) = listening.embodied().await;
                settle().await;
                listening.post(12..13);
                settle().await;
                assert_eq!(listening.heard(), 13, "called in: {called_in}, killed: {killed}");
                let count = listening.address.ordered().count();
                assert!(count.is_balanced(), "{count:?}");
                listening.address.ordered().leave();
                body.stop(None);
                ended.await.unwrap();
                assert_eq!(Arc::strong_count(&listening.cabin), 1, "nobody keeps a body that has ended");
            });
        }
    }
}
