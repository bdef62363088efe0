//! Shows its page to whoever opens it, behind something that keeps all out that looks like no browser.

use crate::fault::Fault;

pub(super) const ODDITY: Fault = Fault {
    name: "keeps-browsers-out",
    inputs: |rules| {
        rules.signed_in = false;
        rules.page_open = |asked| asked.header("accept-language").is_some();
    },
    ..Fault::NONE
};
