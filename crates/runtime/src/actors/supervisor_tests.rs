//! Supervisors, their machines and the bodies of their children together.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::sync::Mutex;

use moot_core::Event;
use moot_journal::Measured;
use moot_safety::supervision::{RestartType, SupervisionOptions, SupervisionTree};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::actors::body::{Body, Cabin, serve};
use crate::log::Log;

/// How an exit comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The machine gives up and the body stays.
    InBody,
    /// The body is lost.
    BodyLost,
}

enum Told {
    Number(u32),
    End(ExitReason, Way),
}

/// Writes down what it is told; ends when it is told to.
struct Child {
    world: Arc<World>,
    heard: Arc<Mutex<Vec<u32>>>,
}

impl Inhabitant for Child {
    type Message = Told;

    fn receive(&mut self, myself: &Address<Told>, message: Told) {
        match message {
            Told::Number(number) => self.heard.lock().unwrap().push(number),
            Told::End(reason, Way::InBody) => {
                myself.suspend();
                let child = myself.path().clone();
                let cause = self.world.record(&child, None, EventKind::ActorFailed { message: "it ends".into() });
                self.world.tell_supervisor_of(&child.clone(), SupervisorMessage::Failed { child, reason, cause });
            }
            Told::End(reason, Way::BodyLost) => {
                // A body that is being lost takes nothing more in.
                myself.suspend();
                self.world.household().end_body(myself.path(), &reason);
            }
        }
    }

    fn ordered(&mut self, myself: &Address<Told>, order: Order) {
        serve(&self.world, myself, order);
    }
}

/// A world with one supervisor and some children, and nothing else.
struct Nursery {
    world: Arc<World>,
    addresses: Vec<Address<Told>>,
    heard: Vec<Arc<Mutex<Vec<u32>>>>,
    signals: UnboundedReceiver<WorldSignal>,
}

fn path(name: &str) -> ActorPath {
    ActorPath::new(name).unwrap()
}

impl Nursery {
    async fn new(options: &str, children: usize) -> Self {
        let options: SupervisionOptions = serde_json::from_str(options).unwrap();
        let paths: Vec<ActorPath> = (0..children).map(|number| path(&format!("child[{number}]"))).collect();
        let tree = Arc::new(SupervisionTree::resolve(&options, &paths, &[]).unwrap());
        let log = Log::new(true, Measured::default(), None);
        let world = Arc::new(World::new(log, (1, 0), None, 2_000));
        world.household().plant(Arc::clone(&tree));
        let (sender, signals) = unbounded_channel();
        crate::world::start_supervisors(&world, &tree, &sender).await.unwrap();
        let mut nursery = Self { world, addresses: Vec::new(), heard: Vec::new(), signals };
        for path in paths {
            let heard = Arc::new(Mutex::new(Vec::new()));
            let child = Box::new(Child { world: Arc::clone(&nursery.world), heard: Arc::clone(&heard) });
            let address = Address::new(path.clone(), 2_000);
            let cabin = Cabin::new(address.clone(), child);
            let arguments = Arc::clone(&cabin);
            let link = nursery.world.household().link().unwrap();
            let (body, ended) = ractor::Actor::spawn_linked(None, Body::new(), arguments, link).await.unwrap();
            nursery.world.household().move_in(path, cabin, body.get_cell(), ended);
            nursery.addresses.push(address);
            nursery.heard.push(heard);
        }
        nursery
    }

    /// Lets everything happen that can, the waits before restarts included.
    async fn settle(&self) {
        loop {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            let Some((due, delivery)) = self.world.queue().pop() else { return };
            self.world.jump(due);
            delivery();
        }
    }

    fn restarted(&self) -> Vec<usize> {
        let is_restart = |event: &&Event| matches!(event.kind, EventKind::ActorRestarted { .. });
        let mut log = self.world.log();
        let (_, _, events) = log.finish();
        let mut numbers: Vec<usize> =
            events.unwrap().iter().filter(is_restart).map(|event| event.actor.index().unwrap() as usize).collect();
        numbers.sort_unstable();
        numbers
    }

    async fn stop(self) {
        self.world.note_stopping();
        for vacated in self.world.household().close() {
            vacated.stop().await;
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

fn reasons() -> [ExitReason; 6] {
    [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::ShutdownWith("done".into()),
        ExitReason::Error("wrong".into()),
        ExitReason::Panic("broken".into()),
        ExitReason::Killed,
    ]
}

/// The table of S5: who of three children is restarted when the middle one ends, for each type, reason and strategy;
/// siblings are permanent. Each row is played in the body and with a body that is lost.
#[test]
fn all_rows_of_the_table_hold_in_the_body_and_in_a_new_one() {
    let mut rows = 0;
    for kind in [RestartType::Permanent, RestartType::Transient, RestartType::Temporary] {
        for reason in reasons() {
            for (strategy, group) in
                [("one_for_one", vec![1]), ("one_for_all", vec![0, 1, 2]), ("rest_for_one", vec![1, 2])]
            {
                let restarts = kind.restarts_after(&reason);
                let expected: Vec<usize> = if restarts { group } else { Vec::new() };
                for way in [Way::InBody, Way::BodyLost] {
                    let options = format!(
                        r#"{{ "root": {{ "strategy": "{strategy}", "children": ["child[0]",
                            {{ "name": "child[1]", "restart": "{}" }}, "child[2]"] }} }}"#,
                        kind.as_str()
                    );
                    let restarted = block_on(async {
                        let nursery = Nursery::new(&options, 3).await;
                        nursery.addresses[1].post(Told::End(reason.clone(), way));
                        nursery.settle().await;
                        let restarted = nursery.restarted();
                        nursery.stop().await;
                        restarted
                    });
                    assert_eq!(restarted, expected, "{kind:?} {reason:?} {strategy} {way:?}");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 2 * 54);
}

/// Q9: of 1,000 messages and 10 ends between them, none is lost, none comes twice, and the order stays.
#[test]
fn a_thousand_messages_survive_ten_ends_in_order() {
    for way in [Way::InBody, Way::BodyLost] {
        block_on(async {
            let options = r#"{ "root": { "intensity": 100, "consecutive_max": 100 } }"#;
            let nursery = Nursery::new(options, 1).await;
            for number in 0..1_000 {
                nursery.addresses[0].post(Told::Number(number));
                if number % 100 == 50 {
                    nursery.addresses[0].post(Told::End(ExitReason::Panic("broken".into()), way));
                }
            }
            nursery.settle().await;
            let heard = nursery.heard[0].lock().unwrap().clone();
            assert_eq!(heard, (0..1_000).collect::<Vec<u32>>(), "{way:?}");
            let count = nursery.addresses[0].ordered().count();
            assert!(count.is_balanced(), "{count:?}");
            assert_eq!((count.sent, count.handled, nursery.restarted().len()), (1_010, 1_010, 10), "{way:?}");
            nursery.stop().await;
        });
    }
}

/// S6: failure number MaxR + 1 is never followed by a restart.
#[test]
fn a_crash_loop_is_restarted_exactly_so_often() {
    for way in [Way::InBody, Way::BodyLost] {
        block_on(async {
            let nursery = Nursery::new(r#"{ "root": { "intensity": 3, "counted": "each" } }"#, 2).await;
            for _ in 0..20 {
                nursery.addresses[0].post(Told::End(ExitReason::Panic("broken".into()), way));
            }
            nursery.addresses[1].post(Told::Number(7));
            nursery.settle().await;
            assert_eq!(nursery.restarted(), [0, 0, 0], "{way:?}");
            assert_eq!(*nursery.heard[1].lock().unwrap(), [7], "its sibling is well");
            nursery.stop().await;
        });
    }
}

/// Q7: restarts multiply over three levels, each of which makes exactly as many as it may; then the run is told.
#[test]
fn a_crash_loop_ends_after_exactly_so_many_restarts_at_each_of_three_levels() {
    for way in [Way::InBody, Way::BodyLost] {
        block_on(async {
            let options = r#"{
                "root": { "intensity": 1, "period": "1h", "children": ["a"] },
                "a": { "intensity": 1, "period": "1h", "children": ["b"] },
                "b": { "intensity": 1, "period": "1h", "children": ["child"] }
            }"#;
            let mut nursery = Nursery::new(options, 1).await;
            for _ in 0..30 {
                nursery.addresses[0].post(Told::End(ExitReason::Panic("broken".into()), way));
            }
            nursery.settle().await;
            let (_, _, events) = nursery.world.log().finish();
            let events = events.unwrap();
            let failures = |actor: &str| {
                let is_it = |event: &&Event| {
                    event.actor.as_str() == actor && matches!(event.kind, EventKind::ActorFailed { .. })
                };
                events.iter().filter(is_it).count()
            };
            // Two lives of each supervisor in each life of the one above it, and two lives of the child in each of those.
            assert_eq!(failures("child[0]"), 8, "{way:?}");
            assert_eq!(failures("world/supervisor/b"), 4, "{way:?}");
            assert_eq!(failures("world/supervisor/a"), 2, "{way:?}");
            let told = nursery.signals.try_recv();
            assert!(
                matches!(told, Ok(WorldSignal::GivenUp { message }) if message.contains("restart limit")),
                "{way:?}"
            );
            nursery.stop().await;
        });
    }
}

/// Q18: what supervision and a mailbox of its own add to a message: `cargo xtask instructions` plays it under callgrind,
/// with `MESSAGES=bare` and `MESSAGES=ours`.
#[test]
#[ignore = "a measurement"]
fn what_a_message_costs() {
    struct Bare(u64);
    struct BareActor;
    impl ractor::Actor for BareActor {
        type Msg = Bare;
        type State = u64;
        type Arguments = ();
        async fn pre_start(&self, _: ractor::ActorRef<Bare>, (): ()) -> Result<u64, ractor::ActorProcessingErr> {
            Ok(0)
        }
        async fn handle(
            &self,
            _: ractor::ActorRef<Bare>,
            message: Bare,
            sum: &mut u64,
        ) -> Result<(), ractor::ActorProcessingErr> {
            *sum += message.0;
            std::hint::black_box(sum);
            Ok(())
        }
    }
    struct Adder(u64);
    impl Inhabitant for Adder {
        type Message = Bare;
        fn receive(&mut self, _: &Address<Bare>, message: Bare) {
            self.0 += message.0;
            std::hint::black_box(&mut self.0);
        }
        fn ordered(&mut self, _: &Address<Bare>, _: Order) {}
    }
    let messages: u64 = std::env::var("MESSAGES_COUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let mode = std::env::var("MESSAGES").unwrap_or_else(|_| "ours".to_owned());
    block_on(async {
        match mode.as_str() {
            "bare" => {
                let (actor, ended) = ractor::Actor::spawn(None, BareActor, ()).await.unwrap();
                // One at a time, as requests and answers come.
                for number in 0..messages {
                    actor.send_message(Bare(number)).unwrap();
                    tokio::task::yield_now().await;
                }
                actor.stop(None);
                ended.await.unwrap();
            }
            _ => {
                let address = Address::new(path("adder"), 1_024);
                let cabin = Cabin::new(address.clone(), Box::new(Adder(0)));
                let (actor, ended) = ractor::Actor::spawn(None, Body::new(), Arc::clone(&cabin)).await.unwrap();
                for number in 0..messages {
                    assert!(address.offer(Bare(number)).is_ok());
                    tokio::task::yield_now().await;
                }
                actor.stop(None);
                ended.await.unwrap();
                assert_eq!(address.ordered().count().handled, messages);
            }
        }
    });
}
