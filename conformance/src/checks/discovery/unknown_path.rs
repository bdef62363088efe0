//! A server that vouches for whatever it is asked about.

use super::{documents, resource_of};
use crate::discovery::path_inserted;
use crate::survey::random_id;
use crate::text::quoted;
use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// There is no metadata for a resource that does not exist
    ///
    /// # What it checks
    /// The well-known URL is fetched for a random path beside the endpoint. The answer should not be 200 with
    /// a `resource` that repeats the random path. One document that is served everywhere, naming the
    /// endpoint, is not judged here.
    ///
    /// # Why it matters
    /// Clients compare `resource` with the URL they asked. A server that echoes the path passes that
    /// comparison for any URL, and so makes it worthless.
    ///
    /// # How to fix it
    /// Serve the metadata from a fixed list of resources, and answer 404 for every other path.
    ///
    /// # Reference
    /// RFC 9728 sections 3.2 and 3.3.
    pub struct MetadataUnknownPath;
}

const META: Meta = Meta {
    id: "metadata-unknown-path",
    requirements: &["rfc9728-3.2-error-status"],
    level: Level::Should,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataUnknownPath {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        documents(cx.discovery())?;
        let random = random_id();
        let (parent, _) = cx.url().path().rsplit_once('/').unwrap_or_default();
        let mut neighbour = cx.url().clone();
        neighbour.set_path(&format!("{parent}/{random}"));
        let url = path_inserted(&neighbour);
        let reply = cx.fetch(url.clone(), "metadata of a resource that does not exist").await?;
        if reply.is_in_front() || reply.status.is_server_error() {
            return Err(Stop::inconclusive(format!("{url} got {}", reply.describe())));
        }
        let body = reply.json().unwrap_or_default();
        let echoed = body.as_object().and_then(resource_of).filter(|resource| resource.contains(&random));
        match echoed {
            Some(resource) if reply.status == StatusCode::OK => Err(Stop::violation(
                "an error, or at least no document that claims this path",
                format!("200 with resource {} from {url}", quoted(resource)),
            )),
            _ => Ok(()),
        }
    }
}
