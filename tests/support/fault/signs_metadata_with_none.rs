//! Offers signed metadata that nobody signed.

use serde_json::json;

use super::Fault;

pub(super) const FAULT: Fault = Fault {
    name: "signs-metadata-with-none",
    breaks: &["rfc9728-2.2-signed-metadata"],
    // {"alg":"none"} . {"iss":"https://signer.example"} .
    metadata: |document| {
        document["signed_metadata"] = json!("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3NpZ25lci5leGFtcGxlIn0.");
    },
    ..Fault::NONE
};
