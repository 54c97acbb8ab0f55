//! A table with a cell for each ordered pair of answers.
//!
//! It must not know what its cells mean. A cell that is not there reads as the default, so nothing here can fail.
//!
//! ```
//! use moot_council::Square;
//!
//! let mut square = Square::of(3);
//! square.set(0, 2, 7);
//! assert_eq!((square.get(0, 2), square.get(2, 0), square.get(9, 9)), (7, 0, 0));
//! assert_eq!(square.size(), 3);
//! ```

/// A table of so many rows and as many columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Square<T> {
    size: usize,
    cells: Vec<T>,
}

impl<T: Copy + Default> Square<T> {
    /// A table with so many rows and columns, all of it the default.
    #[must_use]
    pub fn of(size: usize) -> Self {
        Self { size, cells: vec![T::default(); size * size] }
    }

    /// How many rows and columns it has.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// What stands in a row and a column; the default outside the table.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> T {
        let place = self.place(row, column);
        place.and_then(|place| self.cells.get(place)).copied().unwrap_or_default()
    }

    /// Writes into a row and a column; nothing outside the table.
    pub fn set(&mut self, row: usize, column: usize, value: T) {
        if let Some(cell) = self.place(row, column).and_then(|place| self.cells.get_mut(place)) {
            *cell = value;
        }
    }

    fn place(&self, row: usize, column: usize) -> Option<usize> {
        (row < self.size && column < self.size).then_some(row * self.size + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_beyond_the_table_is_not_the_next_row() {
        let mut square = Square::of(2);
        square.set(1, 0, 5);
        assert_eq!(square.get(0, 2), 0);
        square.set(0, 2, 9);
        assert_eq!(square.get(1, 0), 5);
        assert_eq!(Square::<u8>::of(0).get(0, 0), 0);
    }
}
