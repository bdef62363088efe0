//! Following a document's redirects, as HTTP clients do and the recording client on purpose does not.

use http::header::LOCATION;
use url::Url;

use crate::client::{NoReply, Request};
use crate::context::Context;
use crate::discovery::may_be_fetched;
use crate::reply::Reply;

/// Most redirects that are followed: more than any server needs, and what browsers and `curl` are near to.
const HOPS: usize = 10;

/// Where a URL led in the end.
pub(in crate::checks) enum Led {
    /// To this answer, which may be a redirect without a usable `Location`.
    To(Box<Reply>),
    /// Around, or on and on.
    Nowhere,
    /// To an address that the suite does not follow.
    Away(Url),
}

impl Led {
    /// The answer, if there was one.
    pub(in crate::checks) fn reply(&self) -> Option<&Reply> {
        match self {
            Self::To(reply) => Some(reply),
            Self::Nowhere | Self::Away(_) => None,
        }
    }

    /// Whether the answer is a metadata document.
    pub(in crate::checks) fn is_document(&self) -> bool {
        self.reply().is_some_and(|r| r.status.is_success() && r.json().is_some_and(|body| body.is_object()))
    }
}

/// GETs a public document and follows redirects to addresses that the suite may fetch.
///
/// # Errors
/// [`NoReply`], of any of the requests.
pub(in crate::checks) async fn follow(cx: &Context, url: &Url, accept: &str) -> Result<Led, NoReply> {
    let mut seen = vec![url.clone()];
    loop {
        let here = seen[seen.len() - 1].clone();
        let request = Request::get(here.clone(), format!("metadata, Accept: {accept}")).header("accept", accept);
        let reply = cx.send(&request).await?;
        let location = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let next = location.filter(|_| matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308));
        let Some(next) = next.and_then(|l| here.join(l).ok()) else {
            return Ok(Led::To(Box::new(reply)));
        };
        if !may_be_fetched(&next, cx.url()) {
            return Ok(Led::Away(next));
        }
        if seen.contains(&next) || seen.len() > HOPS {
            return Ok(Led::Nowhere);
        }
        seen.push(next);
    }
}
