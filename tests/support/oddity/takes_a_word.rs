//! Takes an opaque word for a token, beside the tokens of its zone: what it looks up in a store says nothing to anybody else.

use crate::fault::Fault;

/// The word.
pub const WORD: &str = "opaque+word/that_says~nothing==";

pub(super) const ODDITY: Fault = Fault {
    name: "takes-a-word",
    lets_in: |asked| asked.is_mcp() && asked.credentials == 1 && asked.token() == Some(WORD),
    ..Fault::NONE
};
