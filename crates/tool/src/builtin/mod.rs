//! The built-in tools, one file each, over the ports for files and notes.
//!
//! All of them are placed inside: their results follow from the arguments and the ports alone. To add one, write its
//! file and name it in the list below.
//!
//! ```
//! use moot_tool::{Toolbox, builtin};
//!
//! let mut toolbox = Toolbox::new();
//! for tool in builtin::all() {
//!     toolbox.add_erased(tool).unwrap();
//! }
//! assert!(toolbox.names().eq(["edit_file", "list_files", "read_file", "recall", "remember", "search_text", "write_file"]));
//! assert!(builtin::by_name("Read_File").is_none());
//! ```

pub mod edit_file;
pub mod list_files;
pub mod read_file;
pub mod recall;
pub mod remember;
pub mod search_text;
#[cfg(test)]
mod tests;
pub mod write_file;

use std::sync::Arc;

use moot_core::ToolErrorCode;

use crate::ToolFailure;
use crate::tool::{AnyTool, erase};

pub use edit_file::EditFile;
pub use list_files::ListFiles;
pub use read_file::ReadFile;
pub use recall::Recall;
pub use remember::Remember;
pub use search_text::SearchText;
pub use write_file::WriteFile;

/// The longest text that a built-in tool answers with, in bytes; what passes it is an error that says how to ask for
/// less.
pub const RESULT_BYTES_MAX: usize = 256 * 1024;

/// Lists the tools: one line each.
macro_rules! built_in {
    ($($name:literal => $tool:expr,)*) => {
        /// The names of the built-in tools, sorted.
        pub const BUILT_IN_NAMES: &[&str] = &[$($name),*];

        /// The built-in tool of this name; `None` when there is none.
        #[must_use]
        pub fn by_name(name: &str) -> Option<Arc<dyn AnyTool>> {
            match name {
                $($name => Some(erase($tool)),)*
                _ => None,
            }
        }
    };
}

built_in! {
    "edit_file" => EditFile,
    "list_files" => ListFiles,
    "read_file" => ReadFile,
    "recall" => Recall,
    "remember" => Remember,
    "search_text" => SearchText,
    "write_file" => WriteFile,
}

/// All built-in tools in the order of [`BUILT_IN_NAMES`].
#[must_use]
pub fn all() -> Vec<Arc<dyn AnyTool>> {
    BUILT_IN_NAMES.iter().filter_map(|name| by_name(name)).collect()
}

/// The answer, if it is not too long; else an error with advice on how to ask for less.
fn limited(answer: String, advice: &str) -> Result<String, ToolFailure> {
    let length = answer.len();
    if length <= RESULT_BYTES_MAX {
        return Ok(answer);
    }
    let message = format!("the answer would be {length} bytes long; at most {RESULT_BYTES_MAX} are given; {advice}");
    Err(ToolFailure::new(ToolErrorCode::Limit, message))
}
