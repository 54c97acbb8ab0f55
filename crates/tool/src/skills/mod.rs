//! Skills: instructions that an agent sees one line of, and loads whole when it needs them.
//!
//! A [`SkillLibrary`] is built once from the texts of `SKILL.md` files and shared; which of its skills an agent was
//! given is said with each question. This module must not know where the files lie or how a prompt is built.
//!
//! ```
//! use moot_core::Text;
//! use moot_tool::SkillLibrary;
//!
//! let text = "---\nname: units\ndescription: How to write units.\n---\nUse metres.\n";
//! let library = SkillLibrary::from_texts([("units/SKILL.md", text)]).unwrap();
//! let given: [Text; 1] = ["units".into()];
//! assert_eq!(library.lines(&given), [("units".into(), "How to write units.".into())]);
//! assert_eq!(library.body(&given, "units"), Ok("Use metres.".into()));
//! let none = library.body(&[], "units").unwrap_err();
//! assert_eq!(none.to_string(), "there is no skill \"units\" here; you have no skills");
//! ```

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use moot_core::Text;
use moot_core::port::PortError;

use crate::describe::quote;

pub use parse::{DESCRIPTION_CHARACTERS_MAX, SKILL_BYTES_MAX, SKILL_NAME_CHARACTERS_MAX, SkillProblem};

/// How many skills a library holds.
pub const SKILLS_MAX: usize = 1_000;

/// A skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// The name by which it is loaded.
    pub name: Text,
    /// What it is for, in one line.
    pub description: Text,
    /// The instructions.
    pub body: Text,
    /// How many tokens the body takes, estimated: characters divided by 4 and rounded up, times 4/3 (openharness
    /// §1.4).
    pub tokens: u64,
}

/// Skills by name. Cloning copies the map, not the texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkillLibrary {
    skills: BTreeMap<Text, Skill>,
}

impl SkillLibrary {
    /// Reads skills from pairs of a file's name, which only problems tell, and its text.
    ///
    /// # Errors
    /// Everything that is wrong, one problem per file, also two skills of one name and one skill too many.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<SkillProblem>> {
        let mut files_by_name: BTreeMap<Text, &str> = BTreeMap::new();
        let mut library = Self::default();
        let mut problems = Vec::new();
        for (file, text) in texts {
            let at_start = |message| SkillProblem { file: file.to_owned(), line: 1, column: 1, message };
            match Skill::parse(file, text) {
                Err(problem) => problems.push(problem),
                Ok(_) if library.skills.len() >= SKILLS_MAX => {
                    problems.push(at_start(format!("{SKILLS_MAX} skills were read, which is the limit")));
                    break;
                }
                Ok(skill) => match files_by_name.insert(skill.name.clone(), file) {
                    Some(earlier) => problems.push(at_start(format!(
                        "the skill {} stands in {earlier} already; give one of the two another name",
                        skill.name
                    ))),
                    None => drop(library.skills.insert(skill.name.clone(), skill)),
                },
            }
        }
        if problems.is_empty() { Ok(library) } else { Err(problems) }
    }

    /// The skill of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Skill> {
        self.skills.get(name)
    }

    /// All skills, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Skill> {
        self.skills.values()
    }

    /// How many skills there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.skills.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }

    /// Name and description of the skills that an agent was given, in the order given, for its prompt. Names that no
    /// skill has are left out.
    #[must_use]
    pub fn lines(&self, given: &[Text]) -> Vec<(Text, Text)> {
        let skills = given.iter().filter_map(|name| self.get(name));
        skills.map(|skill| (skill.name.clone(), skill.description.clone())).collect()
    }

    /// The body of a skill, for an agent that was given these.
    ///
    /// # Errors
    /// [`PortError::NotFound`] with the names that would be right when it was not given the skill, whether or not the
    /// skill exists.
    pub fn body(&self, given: &[Text], name: &str) -> Result<Text, PortError> {
        let is_given = given.iter().any(|given| **given == *name);
        if let Some(skill) = self.get(name).filter(|_| is_given) {
            return Ok(skill.body.clone());
        }
        let known: Vec<&str> =
            given.iter().filter_map(|name| self.get(name)).map(|skill| skill.name.as_ref()).collect();
        let known = if known.is_empty() { "no skills".to_owned() } else { known.join(", ") };
        Err(PortError::NotFound { what: format!("skill {} here; you have {known}", quote(name)) })
    }
}
