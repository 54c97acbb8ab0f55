//! Common random numbers: cells may be compared task by task only when they were played on the same tasks with the same
//! noise.
//!
//! All randomness of a run is addressed from its seed and replicate and from who draws what for which task, so variants
//! that are played with the same seed and replicate share their noise as far as they share agents. The tasks show it:
//! what is asked and what is right are themselves drawn from there. This module must not know how runs are played.
//!
//! ```
//! use moot_core::{Task, TaskId};
//! use moot_study::{Cell, check_common};
//!
//! let cell = |name: &str, answer: &str| {
//!     Cell::of_constant(name, "A", [Task::new(TaskId(0), "A or B?").with_answer(answer)])
//! };
//! assert!(check_common(&[cell("one", "A"), cell("two", "A")]).is_ok());
//! let error = check_common(&[cell("one", "A"), cell("two", "B")]).unwrap_err();
//! assert_eq!(error.to_string(), "`two` was given another task 0 than `one`, so they can't be compared task by task");
//! ```

use moot_core::{Task, TaskId};

use crate::cell::Cell;

/// Why cells can't be compared task by task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// Their randomness comes from different seeds or replicates.
    #[error(
        "`{variant}` was played with seed {} and replicate {}, `{reference}` with seed {} and replicate {}, so they don't \
         share their noise",
        .found.0, .found.1, .expected.0, .expected.1
    )]
    Noise {
        /// The cell that differs.
        variant: String,
        /// The cell it was held against.
        reference: String,
        /// Its seed and replicate.
        found: (u64, u32),
        /// Those of the other.
        expected: (u64, u32),
    },
    /// They were given different tasks.
    #[error("`{variant}` was given another task {task} than `{reference}`, so they can't be compared task by task")]
    Task {
        /// The cell that differs.
        variant: String,
        /// The cell it was held against.
        reference: String,
        /// The first task that differs.
        task: TaskId,
    },
    /// There are not as many cells as variants, or they are named otherwise.
    #[error("the cells are not those of the design: `{expected}` was expected, and there is {found}")]
    Design {
        /// The variant whose turn it is.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// Verifies that all cells were played with the same seed and replicate on the same tasks. One that ended early has fewer
/// tasks, which is no difference.
///
/// # Errors
/// The first cell that differs from the first one, and in what.
pub fn check_common(cells: &[Cell]) -> Result<(), NotComparable> {
    let Some((reference, others)) = cells.split_first() else { return Ok(()) };
    others.iter().try_for_each(|cell| check_pair(reference, cell))
}

/// The same for two.
pub(crate) fn check_pair(reference: &Cell, variant: &Cell) -> Result<(), NotComparable> {
    let names = || (variant.name.clone(), reference.name.clone());
    if let Some((expected, found)) = reference.noise.zip(variant.noise).filter(|(one, other)| one != other) {
        let (variant, reference) = names();
        return Err(NotComparable::Noise { variant, reference, found, expected });
    }
    let mut pairs = reference.tasks.iter().zip(&variant.tasks);
    match pairs.find(|(one, other)| (one.task, one.fingerprint) != (other.task, other.fingerprint)) {
        None => Ok(()),
        Some((_, task)) => {
            let (variant, reference) = names();
            Err(NotComparable::Task { variant, reference, task: task.task })
        }
    }
}

/// A hash of what a task asks, its choices and its right answer, but not of its number (FNV-1a, 64 bits: Fowler, Noll,
/// Vo). It tells apart what differs by mistake, not what was made to look alike.
pub(crate) fn fingerprint(task: &Task) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    // What separates the texts is no byte of UTF-8.
    add(task.prompt.as_bytes());
    for choice in task.choices.iter() {
        add(&[0xff]);
        add(choice.as_bytes());
    }
    if let Some(answer) = &task.answer {
        add(&[0xfe]);
        add(answer.as_bytes());
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::TaskRow;

    fn cell(name: &str, noise: (u64, u32), fingerprints: &[u64]) -> Cell {
        let row = |(number, print): (u32, &u64)| TaskRow::of(TaskId(number), *print);
        Cell { name: name.into(), noise: Some(noise), tasks: (0..).zip(fingerprints).map(row).collect() }
    }

    #[test]
    fn another_seed_replicate_or_task_is_told_and_fewer_tasks_are_not() {
        let one = cell("one", (1, 0), &[10, 11, 12]);
        let with = |other: Cell| check_common(&[one.clone(), cell("same", (1, 0), &[10, 11, 12]), other]);
        assert_eq!(with(cell("short", (1, 0), &[10])), Ok(()));
        assert_eq!(with(Cell { noise: None, ..cell("constant", (0, 0), &[10, 11, 12]) }), Ok(()));
        let told = with(cell("seed", (2, 0), &[10])).map_err(|error| error.to_string());
        let expected = "`seed` was played with seed 2 and replicate 0, `one` with seed 1 and replicate 0, so they don't \
                        share their noise";
        assert_eq!(told, Err(expected.to_owned()));
        assert!(matches!(with(cell("r", (1, 1), &[10])), Err(NotComparable::Noise { .. })));
        let task = with(cell("tasks", (1, 0), &[10, 99, 98]));
        assert!(matches!(task, Err(NotComparable::Task { task: TaskId(1), .. })), "{task:?}");
        assert_eq!(check_common(&[]), Ok(()));
    }

    #[test]
    fn a_fingerprint_is_of_everything_but_the_number() {
        let task = |number| Task::new(TaskId(number), "A or B?").with_choices(["A", "B"]).with_answer("A");
        let prints = [
            task(0),
            Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]),
            Task::new(TaskId(0), "A or B?").with_choices(["AB"]).with_answer("A"),
            Task::new(TaskId(0), "A or B?").with_answer("A"),
            Task::new(TaskId(0), "A or C?").with_choices(["A", "B"]).with_answer("A"),
            Task::new(TaskId(0), "A or B?").with_choices(["A", "B"]).with_answer("B"),
        ]
        .map(|task| fingerprint(&task));
        for (index, print) in prints.iter().enumerate() {
            assert_eq!(prints.iter().position(|other| other == print), Some(index));
        }
        assert_eq!(fingerprint(&task(7)), fingerprint(&task(0)));
    }
}
