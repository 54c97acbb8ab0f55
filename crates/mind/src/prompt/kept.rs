//! The prompt that was assembled last, so that the same sections need not be put together again for every task.
//!
//! It is no part of what sections are: a clone begins without one, and it makes no difference to any comparison. This
//! module must not know how a prompt is put together.
//!
//! ```
//! use std::sync::Arc;
//! use moot_mind::prompt::PromptSections;
//!
//! let sections = PromptSections { project: "A library.".into(), ..PromptSections::default() };
//! let instructions = "You are a clerk.".into();
//! let prompt = sections.assemble_with(&instructions, &[]);
//! assert_eq!(&*prompt, "You are a clerk.\n\n## Project context\nA library.");
//! assert!(Arc::ptr_eq(&prompt, &sections.assemble_with(&instructions, &[])), "the very same text");
//! ```

use std::sync::{Arc, Mutex};

use moot_core::Text;
use moot_core::port::Note;

use super::PromptSections;

/// The sections that were assembled last and their prompt, if there is one.
#[derive(Debug, Default)]
pub struct KeptPrompt(Mutex<Option<Box<(PromptSections, Text)>>>);

impl KeptPrompt {
    /// The kept prompt when it is the one of these sections with these instructions and notes, else the made one, which
    /// is kept from now on. Nobody waits: while another thread looks at it, there is none.
    pub(super) fn get_or_make(&self, sections: &PromptSections, instructions: &Text, memory: &[Note]) -> Text {
        let make = || {
            let (instructions, memory) = (instructions.clone(), memory.to_vec());
            let whole = PromptSections { instructions, memory, ..sections.clone() };
            let prompt = whole.assemble();
            Box::new((whole, prompt))
        };
        let Ok(mut kept) = self.0.try_lock() else { return make().1 };
        if let Some(last) = &*kept
            && is_same_prompt(&last.0, sections, instructions, memory)
        {
            return last.1.clone();
        }
        kept.insert(make()).1.clone()
    }
}

/// Whether nothing differs that a prompt shows.
fn is_same_prompt(last: &PromptSections, sections: &PromptSections, instructions: &Text, memory: &[Note]) -> bool {
    let same_skill =
        |(one, other): (&(Text, Text), &(Text, Text))| is_same(&one.0, &other.0) && is_same(&one.1, &other.1);
    let same_note = |(one, other): (&Note, &Note)| {
        is_same(&one.text, &other.text) && one.kind == other.kind && one.author == other.author
    };
    is_same(&last.instructions, instructions)
        && last.memory.len() == memory.len()
        && last.memory.iter().zip(memory).all(same_note)
        && last.memory_tokens_max == sections.memory_tokens_max
        && is_same(&last.project, &sections.project)
        && is_same(&last.volatile, &sections.volatile)
        && last.skills.len() == sections.skills.len()
        && last.skills.iter().zip(&sections.skills).all(same_skill)
        && last.tools.len() == sections.tools.len()
        && last.tools.iter().zip(&sections.tools).all(|(one, other)| is_same(one, other))
}

/// Texts are mostly the very same ones.
fn is_same(one: &Text, other: &Text) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

impl Clone for KeptPrompt {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for KeptPrompt {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeptPrompt {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::port::NoteKind;
    use moot_core::{ActorPath, VirtualTime};

    use super::*;

    #[test]
    fn whatever_a_prompt_shows_makes_it_another_one() {
        let note = |text: &str| Note::new(ActorPath::new("clerk").unwrap(), VirtualTime::ZERO, text);
        let mut sections = PromptSections { memory_tokens_max: 1_000, ..PromptSections::default() };
        let (mut instructions, mut memory) = (Text::from("You add."), vec![note("a"), note("b")]);
        let mut last = sections.assemble_with(&instructions, &memory);
        for change in 0..10 {
            match change {
                0 => instructions = "You subtract.".into(),
                1 => memory.reverse(),
                2 => memory.truncate(1),
                3 => memory.iter_mut().for_each(|note| note.kind = NoteKind::Feedback),
                4 => memory.iter_mut().for_each(|note| note.author = ActorPath::new("scribe").unwrap()),
                5 => sections.memory_tokens_max = 1,
                6 => sections.project = "A library.".into(),
                7 => sections.volatile = "It is 09:00.".into(),
                8 => sections.skills.push(("sum".into(), "How to add.".into())),
                _ => sections.tools.push("add".into()),
            }
            let whole =
                PromptSections { instructions: instructions.clone(), memory: memory.clone(), ..sections.clone() };
            let prompt = sections.assemble_with(&instructions, &memory);
            assert_eq!(prompt, whole.assemble(), "change {change}");
            assert_ne!(prompt, last, "change {change}");
            assert!(Arc::ptr_eq(&prompt, &sections.assemble_with(&instructions, &memory.clone())), "change {change}");
            last = prompt;
        }
    }
}
