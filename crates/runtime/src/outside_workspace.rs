//! A workspace that may block, used behind the port to the outside.
//!
//! Every request runs on a thread of its own and is answered at an idle step, in the order of the requests. It must not
//! know what kind of workspace it is.

use std::sync::Arc;

use moot_core::VirtualDuration;
use moot_core::port::{PortError, PortFuture, Workspace};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::actors::body::guarded;
use crate::outside::{OutsideRequest, block_on};
use crate::world::World;

/// A workspace on the outside.
pub(crate) struct OutsideWorkspace {
    pub(crate) world: Arc<World>,
    pub(crate) inner: Arc<dyn Workspace>,
}

type Work<T> = std::pin::Pin<Box<dyn Future<Output = Result<T, PortError>> + Send>>;

/// What a workspace answers, in a form that a journal can keep.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<T> {
    Done(T),
    NotFound(String),
    Conflict(String),
    Denied(String),
    Limit(String),
    Unavailable,
}

impl<T> From<Result<T, PortError>> for Answer<T> {
    fn from(result: Result<T, PortError>) -> Self {
        match result {
            Ok(value) => Self::Done(value),
            Err(PortError::NotFound { what }) => Self::NotFound(what),
            Err(PortError::Conflict { reason }) => Self::Conflict(reason),
            Err(PortError::Denied { reason }) => Self::Denied(reason),
            Err(PortError::Limit { reason }) => Self::Limit(reason),
            Err(PortError::Unavailable { .. }) => Self::Unavailable,
        }
    }
}

impl<T> From<Answer<T>> for Result<T, PortError> {
    fn from(answer: Answer<T>) -> Self {
        match answer {
            Answer::Done(value) => Ok(value),
            Answer::NotFound(what) => Err(PortError::NotFound { what }),
            Answer::Conflict(reason) => Err(PortError::Conflict { reason }),
            Answer::Denied(reason) => Err(PortError::Denied { reason }),
            Answer::Limit(reason) => Err(PortError::Limit { reason }),
            Answer::Unavailable => Err(PortError::Unavailable { port: "workspace" }),
        }
    }
}

impl OutsideWorkspace {
    fn submit<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        what: String,
        lost: Option<Answer<T>>,
        work: Work<T>,
    ) -> PortFuture<'static, T> {
        let (answer, answered) = oneshot::channel();
        self.world.submit(OutsideRequest {
            what: what.into(),
            ask: Box::new(move || {
                let result = guarded(|| block_on(work)).unwrap_or_else(|message| {
                    Err(PortError::Denied { reason: format!("the workspace failed: {message}") })
                });
                Answer::from(result)
            }),
            lost,
            latency: Box::new(|_| VirtualDuration::ZERO),
            // An asker that is gone was cancelled.
            deliver: Box::new(move |kept: Answer<T>| drop(answer.send(Result::from(kept)))),
        });
        Box::pin(async move { answered.await.unwrap_or(Err(PortError::Unavailable { port: "workspace" })) })
    }
}

impl Workspace for OutsideWorkspace {
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
        let (inner, path) = (Arc::clone(&self.inner), path.to_owned());
        self.submit(format!("read {path}"), None, Box::pin(async move { inner.read(&path).await }))
    }

    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()> {
        let (inner, path) = (Arc::clone(&self.inner), path.to_owned());
        // A file that was written whole is the same when that is done once more.
        self.submit(format!("write {path}"), None, Box::pin(async move { inner.write(&path, content).await }))
    }

    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()> {
        let (inner, path, old) = (Arc::clone(&self.inner), path.to_owned(), old.to_owned());
        let unknown = format!("the run broke off while {path} was changed; nobody knows whether it was: read it again");
        let work = format!("change {path}");
        self.submit(
            work,
            Some(Answer::Conflict(unknown)),
            Box::pin(async move { inner.replace(&path, &old, new).await }),
        )
    }

    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        let inner = Arc::clone(&self.inner);
        self.submit("list all files".to_owned(), None, Box::pin(async move { inner.list().await }))
    }
}
