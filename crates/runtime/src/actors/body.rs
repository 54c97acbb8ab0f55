//! What bodies have in common: a machine's panic is caught at its boundary, and the body survives it.
//!
//! A body that was called in by its first message stays with its mailbox: the handler of that message goes on until the
//! body is stopped or lost, and each further message only wakes it. What a message costs is then one look into the
//! mailbox, not a way through every port of an actor.

use std::future::ready;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use moot_core::{Text, VirtualDuration};
use moot_safety::fault::{FaultAction, Site, SiteKind};
use moot_safety::supervision::ExitReason;
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, ActorRuntime, SpawnErr, SupervisionEvent};
use tokio::task::JoinHandle;

use crate::actors::address::{Address, Letter, Next, Order, Ordered, Wake};
use crate::actors::supervisor::SupervisorMessage;
use crate::world::World;

/// How many letters a body takes in before it lets others go first, and how many when it comes back to what still waits.
/// Digests of runs in which more than that wait with somebody depend on both: they stay as they were when a body was
/// woken by up to 127 messages in a row, each for 128 letters.
const LETTERS_AT_FIRST: usize = 127 * 128;
const LETTERS_AT_ONCE: usize = 128 * 128;

/// What lives in a body: state that is fed messages one after another.
pub(crate) trait Inhabitant: Send + Sized + 'static {
    type Message: Send + 'static;

    /// Whether its body has children to hear of: then it can't stay with its mailbox.
    const HAS_CHILDREN: bool = false;

    /// The world it lives in, when what it takes in can be slowed down by plan.
    fn world(&self) -> Option<&Arc<World>> {
        None
    }

    /// Called once, before the first message.
    fn started(&self) {}

    /// Takes a message in. Nothing is awaited here: what takes time comes back as a message.
    fn receive(&mut self, myself: &Address<Self::Message>, message: Self::Message);

    /// Takes an order in.
    fn ordered(&mut self, myself: &Address<Self::Message>, order: Order);

    /// The body before was lost; what was being taken in then is lost with it. Until the supervisor says how to go on,
    /// nothing is taken in.
    fn lost(&mut self, myself: &Address<Self::Message>, _error: &str) {
        myself.suspend();
    }

    /// The body of a child has ended although nobody had asked it to.
    fn child_lost(&mut self, _child: ActorId, _reason: ExitReason) {}

    /// Called once, after the last message.
    fn stopped(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// How a body ended that did not fail, by what ractor says of it.
fn exit_reason(said: Option<&str>) -> ExitReason {
    match said {
        None => ExitReason::Normal,
        Some("killed") => ExitReason::Killed,
        Some("shutdown") => ExitReason::Shutdown,
        Some(reason) => match reason.strip_prefix("shutdown: ") {
            Some(reason) => ExitReason::ShutdownWith(reason.into()),
            None => ExitReason::Error(reason.into()),
        },
    }
}

/// How long taking in a message keeps an actor busy by plan.
fn slowed<M: Send + 'static>(world: &World, myself: &Address<M>) -> Option<VirtualDuration> {
    if !world.is_struck_at(SiteKind::Handle) || myself.was_put_back() {
        return None;
    }
    let actor = myself.path();
    match world.strike(&Site::Handle { actor }, actor, None, None)? {
        (FaultAction::Slow { by }, _) => Some(by),
        _ => None,
    }
}

/// Nothing is taken in until the actor has time again.
fn keep_busy<M: Send + 'static>(world: Option<&Arc<World>>, myself: &Address<M>, busy: VirtualDuration) {
    let Some(world) = world else { return };
    myself.set_busy(true);
    let myself = myself.clone();
    world.after(busy, Box::new(move || myself.set_busy(false)));
}

/// What a servant does on an order: it holds no work of its own, so resting is waiting.
pub(crate) fn serve<M: Send + 'static>(world: &World, myself: &Address<M>, order: Order) {
    match order {
        Order::Restart { .. } | Order::GiveUp { .. } => myself.resume(),
        Order::Rest { .. } => {
            myself.suspend();
            let child = myself.ordered().path().clone();
            world.tell_supervisor_of(&child.clone(), SupervisorMessage::Rested { child });
        }
        Order::Inspect(_) => {}
    }
}

/// Where an inhabitant lives: its address, and itself while it has no body. A body that is lost leaves it here for the
/// next one.
pub(crate) struct Cabin<S: Inhabitant> {
    address: Address<S::Message>,
    home: Mutex<Home<S>>,
}

struct Home<S> {
    inhabitant: Option<Box<S>>,
    /// Why the body before was lost, if there was one.
    lost: Option<String>,
    has_started: bool,
}

/// A cabin, whoever lives in it.
pub(crate) trait Housing: Send + Sync {
    /// For those who give orders.
    fn ordered(&self) -> Arc<dyn Ordered>;

    /// Gives the inhabitant a body that is a child of `supervisor`; what ends when the body is up gives what ends when
    /// it has stopped.
    fn embody(self: Arc<Self>, supervisor: ActorCell) -> Result<Embodied, SpawnErr>;

    /// The inhabitant's body was lost: what the next one will be told.
    fn note_lost(&self, error: &str);

    /// Nobody will live here any more.
    fn vacate(&self);
}

/// A body that is coming up.
pub(crate) struct Embodied {
    pub(crate) cell: ActorCell,
    pub(crate) starting: JoinHandle<Result<JoinHandle<()>, SpawnErr>>,
}

impl<S: Inhabitant> Cabin<S> {
    pub(crate) fn new(address: Address<S::Message>, inhabitant: Box<S>) -> Arc<Self> {
        let home = Home { inhabitant: Some(inhabitant), lost: None, has_started: false };
        Arc::new(Self { address, home: Mutex::new(home) })
    }

    fn home(&self) -> std::sync::MutexGuard<'_, Home<S>> {
        // No code that can panic runs under the lock.
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Inhabitant> Housing for Cabin<S> {
    fn ordered(&self) -> Arc<dyn Ordered> {
        self.address.ordered()
    }

    fn embody(self: Arc<Self>, supervisor: ActorCell) -> Result<Embodied, SpawnErr> {
        let (actor, starting) = ActorRuntime::<Body<S>>::spawn_linked_instant(None, Body::new(), self, supervisor)?;
        Ok(Embodied { cell: actor.get_cell(), starting })
    }

    fn note_lost(&self, error: &str) {
        self.home().lost = Some(error.to_owned());
    }

    fn vacate(&self) {
        let inhabitant = self.home().inhabitant.take();
        self.address.ordered().close();
        // Let go of outside the lock: it may hold its own address.
        drop(inhabitant);
    }
}

/// The body of an inhabitant, as an actor.
pub(crate) struct Body<S>(PhantomData<fn() -> S>);

impl<S> Body<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An inhabitant in its body. However the body ends, the inhabitant goes back to its cabin.
pub(crate) struct Lodger<S: Inhabitant> {
    cabin: Arc<Cabin<S>>,
    inhabitant: Option<Box<S>>,
}

impl<S: Inhabitant> Drop for Lodger<S> {
    fn drop(&mut self) {
        self.cabin.address.left();
        self.cabin.home().inhabitant = self.inhabitant.take();
    }
}

/// What a body's look into its mailbox came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// It took in what was there.
    Took,
    /// Nothing was there, or it is to leave.
    InVain,
    /// More is there than it takes in at once.
    Enough,
}

impl<S: Inhabitant> Lodger<S> {
    fn look(&mut self, letters_max: usize, context: &Context<'_>) -> Looked {
        let Some(inhabitant) = &mut self.inhabitant else { return Looked::InVain };
        let myself = &self.cabin.address;
        let waker = (!S::HAS_CHILDREN).then(|| context.waker());
        let mut looked = Looked::InVain;
        for _ in 0..letters_max {
            match myself.next(waker) {
                Next::Take(Letter::Message(message)) => {
                    if let Some(busy) = inhabitant.world().and_then(|world| slowed(world, myself)) {
                        myself.put_back(message);
                        keep_busy(inhabitant.world(), myself, busy);
                    } else {
                        inhabitant.receive(myself, message);
                    }
                }
                Next::Take(Letter::Order(order)) => inhabitant.ordered(myself, order),
                Next::Rest => return looked,
                Next::Leave => return Looked::InVain,
            }
            looked = Looked::Took;
        }
        Looked::Enough
    }
}

/// A body with its mailbox. It is over when there was nothing to take in: then somebody else than a sender has woken the
/// body, and it has to look at its ports.
struct AtMailbox<'a, S: Inhabitant> {
    lodger: &'a mut Lodger<S>,
    /// Whether it comes back to what still waits.
    comes_back: bool,
}

impl<S: Inhabitant> Future for AtMailbox<'_, S> {
    type Output = Result<(), ActorProcessingErr>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let letters_max = if self.comes_back { LETTERS_AT_ONCE } else { LETTERS_AT_FIRST };
        let looked = self.lodger.look(letters_max, context);
        self.comes_back = looked == Looked::Enough;
        match looked {
            Looked::Took if !S::HAS_CHILDREN => Poll::Pending,
            Looked::Took | Looked::InVain => {
                self.lodger.cabin.address.left();
                Poll::Ready(Ok(()))
            }
            Looked::Enough => {
                // It is runnable again when others have had their turn; what it then finds is its own affair.
                let _ = pin!(tokio::task::yield_now()).poll(context);
                Poll::Pending
            }
        }
    }
}

impl<S: Inhabitant> Actor for Body<S> {
    type Msg = Wake;
    type State = Lodger<S>;
    type Arguments = Arc<Cabin<S>>;

    async fn pre_start(&self, myself: ActorRef<Wake>, cabin: Arc<Cabin<S>>) -> Result<Lodger<S>, ActorProcessingErr> {
        let (inhabitant, lost, has_started) = {
            let mut home = cabin.home();
            (home.inhabitant.take(), home.lost.take(), std::mem::replace(&mut home.has_started, true))
        };
        cabin.address.inhabit(myself);
        let mut lodger = Lodger { cabin, inhabitant };
        if let Some(inhabitant) = &mut lodger.inhabitant {
            match lost {
                Some(error) => inhabitant.lost(&lodger.cabin.address, &error),
                None if !has_started => inhabitant.started(),
                None => {}
            }
        }
        Ok(lodger)
    }

    /// Stays with the mailbox, in a future that holds no room for a message.
    fn handle(
        &self,
        _: ActorRef<Wake>,
        _: Wake,
        lodger: &mut Lodger<S>,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        AtMailbox { lodger, comes_back: false }
    }

    fn handle_supervisor_evt(
        &self,
        _: ActorRef<Wake>,
        event: SupervisionEvent,
        lodger: &mut Lodger<S>,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        let lost = match event {
            SupervisionEvent::ActorFailed(cell, error) => {
                Some((cell.get_id(), ExitReason::Panic(Text::from(error.to_string()))))
            }
            SupervisionEvent::ActorTerminated(cell, _, reason) => Some((cell.get_id(), exit_reason(reason.as_deref()))),
            _ => None,
        };
        if let (Some((child, reason)), Some(inhabitant)) = (lost, &mut lodger.inhabitant) {
            inhabitant.child_lost(child, reason);
        }
        ready(Ok(()))
    }

    async fn post_stop(&self, _: ActorRef<Wake>, lodger: &mut Lodger<S>) -> Result<(), ActorProcessingErr> {
        if let Some(inhabitant) = &mut lodger.inhabitant {
            inhabitant.stopped().await;
        }
        Ok(())
    }
}

/// Runs a machine's step; a panic comes back as its message.
///
/// The state behind the closure is not trusted after a panic: every caller rebuilds it from its last checkpoint.
pub(crate) fn guarded<T>(step: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|payload| panic_message(payload.as_ref()))
}

/// The text of a panic's payload.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Sends a message within a world.
pub(crate) fn post<M: Send + 'static>(to: &Address<M>, message: M) {
    to.post(message);
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
