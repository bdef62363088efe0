//! What the README shows is what a reader gets.

use std::path::Path;

use crate::programs::conformance;

/// A line without what varies from run to run: the ports of loopback, and how long it took.
fn settled(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.split_once("http://127.0.0.1:") {
        Some((before, after)) => {
            format!("{before}http://[host]{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None if word.parse::<f64>().is_ok() && word.contains('.') => "[time]".to_owned(),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
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
