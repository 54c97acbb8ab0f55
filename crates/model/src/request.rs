//! What a model is asked: one attempt at one call of one agent on one task, with the address of its randomness.
//!
//! This module must not know how requests come to be; the runtime makes them. Cloning one copies no text.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::{Task, TaskId};
//! use moot_model::ModelRequest;
//!
//! let request = ModelRequest::alone(Arc::new(Task::new(TaskId(0), "Say something.")), 42);
//! assert_eq!(request.transcript.messages()[0].text(), "Say something.");
//! ```

use std::sync::Arc;

use moot_core::random::{Purpose, RandomAddress, RandomKey};
use moot_core::{ActorPath, Brief, HeardSoFar, Task, Text, ToolSpec, Transcript, VirtualTime};

/// One attempt at one model call.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// The agent that asks.
    pub agent: ActorPath,
    /// The key of the agent's randomness: made from its path as declared, wherever it sits.
    pub random: RandomKey,
    /// The group the agent was declared in: what agents of one declaration have in common.
    pub group: Text,
    /// The key of what the group has in common.
    pub group_random: RandomKey,
    /// The task of the run that the call serves.
    pub task: Arc<Task>,
    /// The number of the call among the agent's calls on this task, from 0.
    pub call: u32,
    /// The attempt at this call: 0 is the first, a retry counts up.
    pub attempt: u32,
    /// What was said so far.
    pub transcript: Arc<Transcript>,
    /// The tools the agent may call.
    pub tools: Arc<[ToolSpec]>,
    /// The virtual time at which the call is made.
    pub now: VirtualTime,
    /// What came with the assignment beside its words; `None` for most.
    pub brief: Option<Arc<Brief>>,
    /// What the agent has heard on this task so far, in the order in which it was shown, each thing once: what a round's
    /// brief repeats of an earlier one is not heard again.
    pub heard: HeardSoFar,
}

impl ModelRequest {
    /// The first call of an agent that is alone in its world, without tools: the transcript holds the task's prompt.
    /// For tests and for trying a model out.
    #[must_use]
    pub fn alone(task: Arc<Task>, seed: u64) -> Self {
        let mut transcript = Transcript::new();
        // A user message always fits an empty transcript.
        let _ = transcript.push_user(ActorPath::world(), task.prompt.clone());
        Self {
            agent: ActorPath::world(),
            random: RandomKey::new(seed, 0, "agent"),
            group: Text::from("agent"),
            group_random: RandomKey::new(seed, 0, "group"),
            task,
            call: 0,
            attempt: 0,
            transcript: Arc::new(transcript),
            tools: Arc::from([]),
            now: VirtualTime::ZERO,
            brief: None,
            heard: HeardSoFar::default(),
        }
    }

    /// Where the agent's own randomness for this attempt stands: a retry and a later call draw anew.
    #[inline]
    #[must_use]
    pub fn own_address(&self, purpose: Purpose) -> RandomAddress {
        RandomAddress::new(self.random, purpose).task(self.task.id.0).call(self.call).attempt(self.attempt)
    }

    /// Where randomness that is shared under `key` stands: the same for every member, call and attempt of this task,
    /// because members need not have made the same number of calls.
    #[inline]
    #[must_use]
    pub fn shared_address(&self, key: RandomKey, purpose: Purpose) -> RandomAddress {
        RandomAddress::new(key, purpose).task(self.task.id.0)
    }
}
