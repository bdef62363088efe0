//! Shows its tools to who has a token, marks none as read-only, and lets anybody call them. It breaks a MUST, which
//! cannot be seen until a tool is named.

use crate::fault::Fault;
use crate::oddity::leaves_list_open::without_annotations;

pub(super) const ODDITY: Fault = Fault {
    name: "opens-calls",
    lets_in: |asked| asked.rpc_method.as_deref() == Some("tools/call"),
    response: |_, response| without_annotations(response),
    ..Fault::NONE
};
