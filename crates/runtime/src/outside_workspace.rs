//! A workspace that may block, used behind the port to the outside.
//!
//! Every request runs on a thread of its own and is answered at an idle step, in the order of the requests. It must not
//! know what kind of workspace it is.

use std::sync::Arc;

use moot_core::VirtualDuration;
use moot_core::port::{PortError, PortFuture, Workspace};
use tokio::sync::oneshot;

use crate::actors::body::guarded;
use crate::outside::{OutsideAnswer, block_on};
use crate::world::World;

/// A workspace on the outside.
pub(crate) struct OutsideWorkspace {
    pub(crate) world: Arc<World>,
    pub(crate) inner: Arc<dyn Workspace>,
}

type Work<T> = std::pin::Pin<Box<dyn Future<Output = Result<T, PortError>> + Send>>;

impl OutsideWorkspace {
    fn submit<T: Send + 'static>(&self, work: Work<T>) -> PortFuture<'static, T> {
        let (answer, answered) = oneshot::channel();
        self.world.submit(Box::new(move || {
            let result = guarded(|| block_on(work)).unwrap_or_else(|message| {
                Err(PortError::Denied { reason: format!("the workspace failed: {message}") })
            });
            // An asker that is gone was cancelled.
            let deliver = Box::new(move || drop(answer.send(result)));
            OutsideAnswer { latency: VirtualDuration::ZERO, deliver }
        }));
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port: "workspace" })) })
    }
}

impl Workspace for OutsideWorkspace {
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
        let (inner, path) = (Arc::clone(&self.inner), path.to_owned());
        self.submit(Box::pin(async move { inner.read(&path).await }))
    }

    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()> {
        let (inner, path) = (Arc::clone(&self.inner), path.to_owned());
        self.submit(Box::pin(async move { inner.write(&path, content).await }))
    }

    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()> {
        let (inner, path, old) = (Arc::clone(&self.inner), path.to_owned(), old.to_owned());
        self.submit(Box::pin(async move { inner.replace(&path, &old, new).await }))
    }

    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        let inner = Arc::clone(&self.inner);
        self.submit(Box::pin(async move { inner.list().await }))
    }
}
