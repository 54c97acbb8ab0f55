//! A design: the variants that are held against each other, in order. The first is the reference.
//!
//! This module must not know what makes a variant differ, nor who plays it.
//!
//! ```
//! use moot_study::{Design, DesignError};
//!
//! assert_eq!(Design::new(["one", "three"]).unwrap().reference(), "one");
//! assert_eq!(Design::new(["one", "one"]), Err(DesignError::SameName("one".into())));
//! ```

use crate::cell::Cell;
use crate::common::{NotComparable, check_common};
use crate::row::Row;

/// The variants of a comparison, in order: at least one, and no two of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    first: String,
    others: Vec<String>,
}

/// Why names make no design.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DesignError {
    /// There is nothing to compare.
    #[error("there are no variants; name at least one")]
    Empty,
    /// A name stands twice.
    #[error("two variants are named `{0}`; each needs a name of its own")]
    SameName(String),
}

impl Design {
    /// Variants of these names.
    ///
    /// # Errors
    /// When there are none, or two have one name.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, DesignError> {
        let mut names = names.into_iter().map(Into::into);
        let first = names.next().ok_or(DesignError::Empty)?;
        let mut others: Vec<String> = Vec::new();
        for name in names {
            if name == first || others.contains(&name) {
                return Err(DesignError::SameName(name));
            }
            others.push(name);
        }
        Ok(Self { first, others })
    }

    /// The variant that the others are held against.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.first
    }

    /// The names of all variants, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.others).map(String::as_str)
    }

    /// What each variant came to, held against the first one and, for its errors, against one agent alone. There is one
    /// cell for each variant, in order.
    ///
    /// # Errors
    /// When the cells are not those of the variants, or were not played on the same tasks with the same noise.
    pub fn compare(&self, cells: &[Cell], one_agent: Option<&Cell>) -> Result<Vec<Row>, NotComparable> {
        let mut left = cells.iter();
        for expected in self.names() {
            let found = left.next().map(|cell| cell.name.as_str());
            if found != Some(expected) {
                let found = found.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"));
                return Err(NotComparable::Design { expected: expected.to_owned(), found });
            }
        }
        check_common(cells)?;
        let reference = cells.first();
        let row = |(index, cell)| Row::of(cell, reference.filter(|_| index > 0), one_agent);
        cells.iter().enumerate().map(row).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]
mod tests {
    use moot_core::{Task, TaskId};

    use super::*;

    fn cell(name: &str, answer: &str) -> Cell {
        let tasks = (0..).zip(["A", "A", "B"]).map(|(id, right)| Task::new(TaskId(id), "?").with_answer(right));
        Cell::of_constant(name, answer, tasks)
    }

    #[test]
    fn only_the_cells_of_the_design_are_compared() {
        let design = Design::new(["a", "b"]).unwrap();
        let rows = design.compare(&[cell("a", "A"), cell("b", "B")], Some(&cell("one", "B"))).unwrap();
        assert_eq!(rows[0].difference, None, "the reference is held against nothing");
        assert!((rows[1].difference.unwrap().estimate.value + 1.0 / 3.0).abs() < 1e-12);
        // The errors are 1 in 3 and 2 in 3.
        assert_eq!(rows.iter().map(|row| row.error_amplification.unwrap()).collect::<Vec<_>>(), [0.5, 1.0]);
        let error = design.compare(&[cell("a", "A")], None).unwrap_err();
        assert_eq!(error.to_string(), "the cells are not those of the design: `b` was expected, and there is none");
        assert!(design.compare(&[cell("b", "A"), cell("a", "B")], None).is_err());
        assert_eq!(Design::new(Vec::<String>::new()), Err(DesignError::Empty));
    }
}
