//! Where a token is to be used is said by an address.

use url::Url;

use super::exchanges;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::text::quoted;

page! {
    /// The resource of a token exchange is an absolute URI without a fragment
    ///
    /// # What it checks
    /// Each tool that calls the suite's upstream is called once. Each `resource` that the server then sends to the zone's
    /// token endpoint must be an absolute URI and have no fragment; an exchange without `resource` is left alone.
    ///
    /// # Why it matters
    /// The authorization server compares the parameter with what it knows. A name that is no URI, or one with a fragment, is
    /// refused, or worse, taken for something else.
    ///
    /// # How to fix it
    /// Send the identifier of the API as its protected resource metadata have it.
    ///
    /// # Reference
    /// RFC 8693 section 2.1; RFC 8707 section 2.
    pub struct ExchangeResource;
}

const META: Meta = Meta {
    id: "exchange-resource",
    requirements: &["rfc8693-server-exchange-resource"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::Upstream, Need::ZoneControl],
    ..Meta::CALM
};

impl Check for ExchangeResource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let exchanges = exchanges(cx).await?;
        let mut named =
            exchanges.iter().filter_map(|received| received.token.as_ref()).flat_map(|asked| &asked.resource);
        let Some(first) = named.next() else {
            return Err(Stop::not_applicable("no exchange had the parameter resource"));
        };
        [first].into_iter().chain(named).try_for_each(|resource| judge(resource))
    }
}

fn judge(resource: &str) -> Verdict {
    // The control plane shows a fragment by its mark alone, which says enough.
    if resource.contains('#') {
        return Err(Stop::violation("a resource without a fragment", quoted(resource)));
    }
    match Url::parse(resource) {
        Ok(_) => Ok(()),
        Err(_) => Err(Stop::violation("an absolute URI for the resource", quoted(resource))),
    }
}
