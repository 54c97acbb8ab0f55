//! Tells release builds the revision of the code, for the manifests of runs. Without a repository there is none.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let head = Path::new(".git/HEAD");
    if std::env::var("PROFILE").as_deref() != Ok("release") || !head.is_file() {
        return;
    }
    println!("cargo::rerun-if-changed=.git/HEAD");
    let Ok(text) = std::fs::read_to_string(head) else { return };
    let revision = match text.trim().strip_prefix("ref: ") {
        None => Some(text.trim().to_owned()),
        Some(name) => {
            let path = Path::new(".git").join(name);
            println!("cargo::rerun-if-changed={}", path.display());
            std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
        }
    };
    if let Some(revision) = revision {
        println!("cargo::rustc-env=FOLKMOOT_REVISION={revision}");
    }
}
