//! Who lives in a world: every actor by its path, with its body and its place in the supervision tree.
//!
//! Looked at only when an actor starts, fails or ends. This module must not know what actors do, nor who is restarted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use moot_core::{ActorPath, EventSequence, Text};
use moot_safety::invariant::MailboxCount;
use moot_safety::supervision::{ChildSpec, SupervisionTree, SupervisorNode, TreeChild};
use ractor::{ActorCell, ActorId};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use crate::actors::address::{Order, Ordered};
use crate::actors::body::{Embodied, Housing};
use crate::actors::participant::Wait;

/// Everybody in a world.
#[derive(Default)]
pub(crate) struct Household {
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    by_path: BTreeMap<ActorPath, Room>,
    /// In the order of starting.
    order: Vec<ActorPath>,
    tree: Option<Arc<SupervisionTree>>,
    /// The place of everybody in the tree who was not started by another.
    places: BTreeMap<ActorPath, (usize, ChildSpec)>,
    /// What every body is linked to: the supervisor at the top.
    link: Option<ActorCell>,
    is_closed: bool,
}

/// One actor.
struct Room {
    housing: Arc<dyn Housing>,
    body: Option<Body>,
    /// The place of its supervisor among those of the tree, and how it is supervised; none for the one at the top.
    place: Option<(usize, ChildSpec)>,
}

enum Body {
    Up { cell: ActorCell, ended: JoinHandle<()> },
    ComingUp(Embodied),
}

/// A room that was given up, for who stops its body.
pub(crate) struct Vacated {
    housing: Arc<dyn Housing>,
    body: Option<Body>,
}

impl Household {
    /// The tree by which everybody has a place.
    pub(crate) fn plant(&self, tree: Arc<SupervisionTree>) {
        let children = |(node, supervisor): (usize, &SupervisorNode)| {
            let of = |child: &TreeChild| (path_in(&tree, child), (node, *child.spec()));
            supervisor.children.iter().map(of).collect::<Vec<_>>()
        };
        let places = tree.nodes().iter().enumerate().flat_map(children);
        let places = places.filter_map(|(path, place)| Some((path?, place))).collect();
        let mut rooms = self.rooms();
        (rooms.places, rooms.tree) = (places, Some(tree));
    }

    /// What every further body is linked to.
    pub(crate) fn link_to(&self, cell: ActorCell) {
        self.rooms().link = Some(cell);
    }

    /// Somebody whom the scenario declares has moved in, and its body is up.
    pub(crate) fn move_in(&self, path: ActorPath, housing: Arc<dyn Housing>, cell: ActorCell, ended: JoinHandle<()>) {
        let mut rooms = self.rooms();
        let place = rooms.places.get(&path).copied();
        rooms.order.push(path.clone());
        rooms.by_path.insert(path, Room { housing, body: Some(Body::Up { cell, ended }), place });
    }

    /// Somebody whom another one starts moves in. Nobody does any more when the world is on its way down.
    pub(crate) fn start(
        &self,
        path: &ActorPath,
        parent: &ActorPath,
        kind: &str,
        housing: Arc<dyn Housing>,
    ) -> Result<(), String> {
        let mut rooms = self.rooms();
        let link = rooms.link.clone().filter(|_| !rooms.is_closed).ok_or("the run is ending")?;
        let beside = rooms.by_path.get(parent).and_then(|room| room.place).map_or(0, |(node, _)| node);
        let place = rooms.tree.as_ref().map(|tree| tree.started(beside, kind));
        let body = Arc::clone(&housing).embody(link).map_err(|error| error.to_string())?;
        rooms.order.push(path.clone());
        rooms.by_path.insert(path.clone(), Room { housing, body: Some(Body::ComingUp(body)), place });
        Ok(())
    }

    /// The path of whom a body belongs to.
    pub(crate) fn path_of(&self, actor: ActorId) -> Option<ActorPath> {
        let rooms = self.rooms();
        let is_its = |room: &&Room| room.body.as_ref().is_some_and(|body| body.cell().get_id() == actor);
        rooms.by_path.iter().find(|(_, room)| is_its(room)).map(|(path, _)| path.clone())
    }

    /// The path of the supervisor that watches over somebody.
    pub(crate) fn supervisor_of(&self, path: &ActorPath) -> Option<ActorPath> {
        let rooms = self.rooms();
        let (node, _) = rooms.by_path.get(path)?.place?;
        Some(rooms.tree.as_ref()?.nodes().get(node)?.path.clone())
    }

    /// How somebody is supervised.
    pub(crate) fn spec_of(&self, path: &ActorPath) -> Option<ChildSpec> {
        self.rooms().by_path.get(path)?.place.map(|(_, spec)| spec)
    }

    /// Whether somebody has a body.
    pub(crate) fn has_body(&self, path: &ActorPath) -> bool {
        self.rooms().by_path.get(path).is_some_and(|room| room.body.is_some())
    }

    /// For giving orders to somebody.
    pub(crate) fn ordered(&self, path: &ActorPath) -> Option<Arc<dyn Ordered>> {
        self.rooms().by_path.get(path).map(|room| room.housing.ordered())
    }

    /// A body is gone; the next one is told why.
    pub(crate) fn body_lost(&self, path: &ActorPath, error: &str) {
        if let Some(room) = self.rooms().by_path.get_mut(path) {
            room.body = None;
            room.housing.note_lost(error);
        }
    }

    /// Ends a body at once. Who lived in it goes back to its cabin.
    pub(crate) fn kill(&self, path: &ActorPath) {
        if let Some(body) = self.rooms().by_path.get_mut(path).and_then(|room| room.body.take()) {
            body.cell().kill();
        }
    }

    /// What bodies are linked to.
    #[cfg(test)]
    pub(crate) fn link(&self) -> Option<ActorCell> {
        self.rooms().link.clone()
    }

    /// Has a body end for this reason.
    #[cfg(test)]
    pub(crate) fn end_body(&self, path: &ActorPath, reason: &moot_safety::supervision::ExitReason) {
        use moot_safety::supervision::ExitReason;
        let rooms = self.rooms();
        let Some(room) = rooms.by_path.get(path) else { return };
        let Some(body) = room.body.as_ref() else { return };
        room.housing.ordered().leave();
        match reason {
            ExitReason::Normal => body.cell().stop(None),
            ExitReason::Shutdown => body.cell().stop(Some("shutdown".to_owned())),
            ExitReason::ShutdownWith(why) => body.cell().stop(Some(format!("shutdown: {why}"))),
            ExitReason::Error(why) | ExitReason::Panic(why) => body.cell().stop(Some(why.to_string())),
            ExitReason::Killed => body.cell().kill(),
        }
    }

    /// Has somebody go on, in a new body where there is none; whether messages wait for it.
    pub(crate) fn restart(&self, path: &ActorPath, cause: EventSequence) -> Result<bool, String> {
        let mut rooms = self.rooms();
        let link = rooms.link.clone();
        let Some(room) = rooms.by_path.get_mut(path) else { return Err("nobody has this path".to_owned()) };
        if room.body.is_none() {
            let link = link.ok_or("there is nothing to link its body to")?;
            let body = Arc::clone(&room.housing).embody(link).map_err(|error| error.to_string())?;
            room.body = Some(Body::ComingUp(body));
        }
        let has_mail = room.housing.ordered().count().kept > 0;
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::MailboxDropped) {
            room.housing.ordered().drop_kept();
        }
        room.housing.ordered().order(Order::Restart { cause });
        Ok(has_mail)
    }

    /// Has somebody take in what waits, whatever befell it: the run is over, and it is to hand over what it has.
    pub(crate) fn revive(&self, path: &ActorPath) {
        let Some(ordered) = self.ordered(path) else { return };
        // Without a body it gets one; that there is nothing to link one to can't be while it is needed.
        let _ = self.restart(path, EventSequence(0));
        ordered.release();
    }

    /// Somebody stays stopped, unless its supervisor is started again: whatever it is asked ends with this reason. Without
    /// a body it gets one, so that whoever asks is answered.
    pub(crate) fn give_up(&self, path: &ActorPath, cause: EventSequence, reason: Text) {
        let mut rooms = self.rooms();
        let link = rooms.link.clone();
        let Some(room) = rooms.by_path.get_mut(path) else { return };
        if let (None, Some(link)) = (&room.body, link) {
            room.body = Arc::clone(&room.housing).embody(link).ok().map(Body::ComingUp);
        }
        room.housing.ordered().order(Order::GiveUp { cause, reason });
    }

    /// Everybody, in the order of starting.
    pub(crate) fn everybody(&self) -> Vec<Arc<dyn Ordered>> {
        let rooms = self.rooms();
        let of = |path| rooms.by_path.get(path).map(|room| room.housing.ordered());
        rooms.order.iter().filter_map(of).collect()
    }

    /// What every mailbox has seen, in the order of starting.
    pub(crate) fn counts(&self) -> Vec<MailboxCount> {
        self.everybody().iter().map(|ordered| ordered.count()).collect()
    }

    /// Asks everybody whom they wait for.
    pub(crate) fn inspect(&self, answer: &UnboundedSender<Wait>) {
        for room in self.rooms().by_path.values() {
            room.housing.ordered().order(Order::Inspect(answer.clone()));
        }
    }

    /// Nobody moves in any more, and everybody who is there is given up, last first.
    pub(crate) fn close(&self) -> Vec<Vacated> {
        let mut rooms = self.rooms();
        rooms.is_closed = true;
        rooms.link = None;
        let order = std::mem::take(&mut rooms.order);
        let vacate = |path: ActorPath| {
            let Room { housing, body, .. } = rooms.by_path.remove(&path)?;
            Some(Vacated { housing, body })
        };
        order.into_iter().rev().filter_map(vacate).collect()
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        // No code that can panic runs under the lock.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path of a child of a supervisor.
pub(crate) fn path_in(tree: &SupervisionTree, child: &TreeChild) -> Option<ActorPath> {
    match child {
        TreeChild::Actor { path, .. } => Some(path.clone()),
        TreeChild::Supervisor { node, .. } => tree.nodes().get(*node).map(|node| node.path.clone()),
    }
}

impl Body {
    fn cell(&self) -> &ActorCell {
        match self {
            Self::Up { cell, .. } => cell,
            Self::ComingUp(body) => &body.cell,
        }
    }
}

impl Vacated {
    /// Stops the body and lets go of who lived in it.
    pub(crate) async fn stop(self) {
        let ended = match self.body {
            Some(Body::Up { cell, ended }) => Some((cell, ended)),
            // An actor that never came up has nothing to stop.
            Some(Body::ComingUp(body)) => body.starting.await.ok().and_then(Result::ok).map(|ended| (body.cell, ended)),
            None => None,
        };
        if let Some((cell, ended)) = ended {
            self.housing.ordered().leave();
            cell.stop(None);
            // An actor whose body was lost has ended already, and the run says so.
            let _ = ended.await;
        }
        self.housing.vacate();
    }
}
