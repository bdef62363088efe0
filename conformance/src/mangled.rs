//! Bytes for tests of parsers: what a parser is made for, changed in a few places as whoever wants to break it would.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Most bytes that come of it.
const AT_MOST: usize = 64 * 1024;

/// What has a meaning to one parser or another.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b",",
    b"=",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b";",
    b".",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc2\x9b",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"data:",
    b"null",
    b"-1",
    b"1e400",
    b"\\ud800",
    b"eyJ",
    b"%00",
    b"'''",
    b"-----BEGIN ",
    b"18446744073709551616",
];

#[derive(Debug, Clone)]
enum Change {
    Overwrite(Vec<u8>),
    Insert(Vec<u8>),
    /// Takes out so many bytes.
    Remove(usize),
    CutOff,
    /// Writes so many bytes again, so often.
    Repeat(usize, usize),
    /// Goes on as another seed does from there.
    GoOnAs(&'static str),
}

/// One of the seeds, changed a few times.
pub(crate) fn mangled(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = || prop_oneof![vec(any::<u8>(), 1..6), select(WORDS).prop_map(<[u8]>::to_vec)];
    let change = prop_oneof![
        piece().prop_map(Change::Overwrite),
        piece().prop_map(Change::Insert),
        (1_usize..40).prop_map(Change::Remove),
        Just(Change::CutOff),
        (1_usize..40, 2_usize..300).prop_map(|(length, times)| Change::Repeat(length, times)),
        select(seeds).prop_map(Change::GoOnAs),
    ];
    (select(seeds), vec((any::<Index>(), change), 0..8)).prop_map(|(seed, changes)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (at, change) in changes {
            let at = at.index(bytes.len() + 1);
            let upto = |length: usize| (at + length).min(bytes.len());
            match change {
                Change::Overwrite(piece) => drop(bytes.splice(at..upto(piece.len()), piece)),
                Change::Insert(piece) => drop(bytes.splice(at..at, piece)),
                Change::Remove(length) => drop(bytes.drain(at..upto(length))),
                Change::CutOff => bytes.truncate(at),
                Change::Repeat(length, times) => {
                    let again = bytes[at..upto(length)].repeat(times);
                    bytes.splice(at..at, again);
                }
                Change::GoOnAs(other) => {
                    bytes.truncate(at);
                    bytes.extend(other.bytes().skip(at));
                }
            }
            bytes.truncate(AT_MOST);
        }
        bytes
    })
}
