//! What the README shows is what a reader gets.

use std::path::Path;

use crate::programs::conformance;

/// A line without its numbers: ports, times, and the counts that every new check changes.
fn settled(line: &str) -> String {
    let words = line.split(|c: char| c.is_ascii_digit() || c == '.');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("#")
}

#[test]
fn the_demo_prints_what_the_readme_says() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("it is there");
    let (_, after) =
        readme.split_once("$ cargo run --release -p conformance -- demo\n").expect("the README shows the demo");
    let (shown, _) = after.split_once("```").expect("the block has an end");
    let printed = conformance(&["demo"]).stdout;
    let settle = |text: &str| text.lines().map(settled).collect::<Vec<_>>().join("\n");
    assert_eq!(settle(shown), settle(&printed));
}
