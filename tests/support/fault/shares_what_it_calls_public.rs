//! Gives whatever it marked as public to everybody, and marks too much so.

use super::Fault;
use super::reads_resources_to_all::read_plans;

pub(super) const FAULT: Fault = Fault {
    name: "shares-what-it-calls-public",
    breaks: &["mcp-caching-access-control-not-by-scope"],
    response: |asked, response| {
        if !asked.is_of_initialize_era() {
            read_plans(asked, response, "public");
        }
    },
    ..Fault::NONE
};
