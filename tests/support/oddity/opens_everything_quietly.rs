//! Serves everything to anybody, and marks none of its tools as read-only.

use crate::fault::Fault;
use crate::oddity::leaves_list_open::without_annotations;

pub(super) const ODDITY: Fault = Fault {
    name: "opens-everything-quietly",
    lets_in: |asked| asked.is_mcp(),
    response: |_, response| without_annotations(response),
    ..Fault::NONE
};
