//! A slash that is dropped.

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::discovery::{Place, Way, path_inserted};
use crate::page;

page! {
    /// The metadata of an endpoint at the root is found without its slash
    ///
    /// # What it checks
    /// Where the endpoint has no path but `/`, its document must be at `/.well-known/oauth-protected-resource`, and not
    /// only there with one more slash at either end. It does not apply where the endpoint has a path, or no well-known
    /// URL has a document.
    ///
    /// # Why it matters
    /// Clients drop the slash after the host before they insert the well-known string, as they are told to. They ask
    /// for a URL that this server does not have.
    ///
    /// # How to fix it
    /// Serve the document at `/.well-known/oauth-protected-resource`.
    ///
    /// # Reference
    /// RFC 9728 section 3.1.
    pub struct MetadataRootSlash;
}

const META: Meta = Meta {
    id: "metadata-root-slash",
    requirements: &["rfc9728-3.1-terminating-slash"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataRootSlash {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        if cx.url().path() != "/" {
            return Err(Stop::not_applicable("the endpoint has a path"));
        }
        let at_root = |place: &&Place| place.way != Way::Challenge && place.document().is_some();
        if discovery.places.iter().any(|place| at_root(&place)) {
            return Ok(());
        }
        let right = path_inserted(cx.url());
        for path in [format!("{}/", right.path()), format!("/{}", right.path())] {
            let mut url = right.clone();
            url.set_path(&path);
            let reply = cx.fetch(url.clone(), "metadata with one more slash").await?;
            if reply.status.is_success() && reply.json().is_some_and(|document| document.is_object()) {
                return Err(Stop::violation(format!("the document at {right}"), format!("it is at {url} only")));
            }
        }
        Err(Stop::not_applicable("no well-known URL has a document"))
    }
}
