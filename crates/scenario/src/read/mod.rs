//! From the located tree to typed values.
//!
//! A serde deserializer over the tree: every error keeps the path at which it arose, and after an error the wrong part
//! is set aside so that the rest is read as well. Where a type asks for text, a number or a boolean is read as the text
//! it is written as. This module must not know which types are read.
//!
//! ```
//! use moot_scenario::read::read;
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::yaml;
//!
//! let sources = Sources::new("a.yaml", "[1, 2.50, yes]");
//! let tree = yaml::parse(&sources, 0).unwrap();
//! assert_eq!(read::<Vec<String>>(&tree).unwrap(), ["1", "2.50", "yes"]);
//! assert_eq!(read::<Vec<u8>>(&tree).unwrap_err().len(), 1);
//! ```

pub mod deserializer;
pub mod error;

use serde::de::DeserializeOwned;

pub use error::{ReadError, Reason};

use crate::tree::{Node, TreePath};
use deserializer::NodeDeserializer;

/// How many errors are collected before reading stops.
const ERRORS_MAX: usize = 20;

/// Reads a type from the tree.
///
/// # Errors
/// Every error found, each with its path; at least one. What stands next to a wrong value is read as if the wrong value
/// were absent, but an absence that this causes is not reported.
pub fn read<T: DeserializeOwned>(tree: &Node) -> Result<T, Vec<ReadError>> {
    let mut error = match T::deserialize(NodeDeserializer::new(tree)) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mut errors = Vec::new();
    let mut rest = tree.clone();
    let mut set_aside: Vec<TreePath> = Vec::new();
    loop {
        let path = error.path();
        let is_caused = set_aside.iter().any(|gone| gone.is_child_of(&path));
        if !is_caused {
            errors.push(error);
        }
        if errors.len() == ERRORS_MAX {
            break;
        }
        let Some(gone) = rest.prune(&path) else { break };
        set_aside.push(gone);
        match T::deserialize(NodeDeserializer::new(&rest)) {
            Ok(_) => break,
            Err(next) => error = next,
        }
    }
    Err(errors)
}
