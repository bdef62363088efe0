//! Reading a body on an endpoint that is open to everyone: so much of it, and for so long.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use crate::zone::unreadable::Unreadable;

/// The largest body read.
pub(super) const LARGEST: usize = 32 * 1024;
/// How long all of a body may take to arrive. A sender of one byte now and then would otherwise keep its connection.
const LONGEST: Duration = Duration::from_secs(10);

/// A body, or why there is none: each endpoint answers that in its own way.
pub(super) struct Body(pub(super) Result<Bytes, Unreadable>);

/// A body that was read when its request was recorded, before anyone handles it.
#[derive(Clone)]
struct ReadAhead(Result<Bytes, Unreadable>);

/// Reads the body now, and gives back a request that has it still.
pub(super) async fn read_ahead(request: Request) -> (Request, Result<Bytes, Unreadable>) {
    let (parts, body) = request.into_parts();
    let mut without = Request::from_parts(parts.clone(), body);
    DefaultBodyLimit::max(LARGEST).apply(&mut without);
    let Ok(Body(read)) = Body::from_request(without, &()).await;
    let again = axum::body::Body::from(read.clone().unwrap_or_default());
    let mut request = Request::from_parts(parts, again);
    request.extensions_mut().insert(ReadAhead(read.clone()));
    (request, read)
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        if let Some(ReadAhead(read)) = request.extensions().get::<ReadAhead>() {
            return Ok(Self(read.clone()));
        }
        Ok(Self(match tokio::time::timeout(LONGEST, Bytes::from_request(request, state)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(rejection)) => Err(match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Unreadable::TooLarge { largest: LARGEST },
                _ => Unreadable::BrokenOff,
            }),
            Err(_) => Err(Unreadable::TooSlow { longest: LONGEST }),
        }))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::channel::Channel;

    use super::*;

    async fn read(body: axum::body::Body) -> Result<Bytes, Unreadable> {
        let Ok(Body(read)) = Body::from_request(Request::new(body), &()).await;
        read
    }

    // Time is tokio's own and stands still until there is nothing to do but wait.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for_forever() {
        let (_sender, silent) = Channel::<Bytes>::new(1);
        let began = tokio::time::Instant::now();

        let refused = read(axum::body::Body::new(silent)).await;

        assert_eq!(refused, Err(Unreadable::TooSlow { longest: LONGEST }));
        assert_eq!(began.elapsed().as_secs(), LONGEST.as_secs());
    }

    #[tokio::test]
    async fn a_body_that_comes_is_read() {
        assert_eq!(read("a=b".into()).await.unwrap(), "a=b");
    }
}
