//! Following a document's redirects, as HTTP clients do and the recording client on purpose does not.

use http::header::LOCATION;
use url::Url;

use crate::client::{Client, NoReply, Request};
use crate::discovery::may_be_fetched;
use crate::reply::Reply;
use crate::transcript::Transcript;

/// Most redirects that are followed: more than any server needs, and what browsers and `curl` are near to.
const HOPS: usize = 10;

/// Where a URL led in the end, and the last answer on the way.
#[derive(Debug)]
pub enum Led {
    /// To this answer, which may be a redirect without a usable `Location`.
    To(Reply),
    /// Around, or on and on.
    Nowhere(Reply),
    /// To an address that the suite does not follow.
    Away(Url, Reply),
}

impl Led {
    /// The answer, if the way had an end.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::To(reply) => Some(reply),
            Self::Nowhere(_) | Self::Away(..) => None,
        }
    }

    /// The last answer, whatever it was.
    pub fn last(self) -> Reply {
        match self {
            Self::To(reply) | Self::Nowhere(reply) | Self::Away(_, reply) => reply,
        }
    }

    /// Whether the answer is a metadata document.
    pub fn is_document(&self) -> bool {
        self.reply().is_some_and(|r| r.status.is_success() && r.json().is_some_and(|body| body.is_object()))
    }
}

/// Sends a GET for a public document and follows redirects to addresses that the suite may fetch for this endpoint.
///
/// # Errors
/// [`NoReply`], of any of the requests.
pub async fn follow(
    client: &Client,
    transcript: &Transcript,
    endpoint: &Url,
    request: Request,
) -> Result<Led, NoReply> {
    let mut seen = vec![request.url.clone()];
    loop {
        let here = seen[seen.len() - 1].clone();
        let reply = client.send(&Request { url: here.clone(), ..request.clone() }, transcript).await?;
        let location = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let next = location.filter(|_| matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308));
        let Some(next) = next.and_then(|l| here.join(l).ok()) else {
            return Ok(Led::To(reply));
        };
        if !may_be_fetched(&next, endpoint) {
            return Ok(Led::Away(next, reply));
        }
        if seen.contains(&next) || seen.len() > HOPS {
            return Ok(Led::Nowhere(reply));
        }
        seen.push(next);
    }
}
