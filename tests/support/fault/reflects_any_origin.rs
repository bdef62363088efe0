//! Lets in scripts of any origin, with the credentials of whoever sees them.

use http::header::ORIGIN;
use http::{HeaderName, HeaderValue};

use super::Fault;
use crate::oddity::serves_browsers::{ALLOW_ORIGIN, OWN, browsers};

pub(super) const FAULT: Fault = Fault {
    name: "reflects-any-origin",
    breaks: &["cors-no-wildcard-with-credentials"],
    response: |asked, response| {
        let mut as_its_own = asked.clone();
        let own = HeaderValue::try_from(format!("http://{}", asked.host));
        let origin = asked.headers.get(ORIGIN).filter(|_| asked.is_mcp());
        if let (Some(origin), Ok(own)) = (origin, own) {
            as_its_own.headers.insert(ORIGIN, own);
            browsers(&as_its_own, response, &OWN);
            response.headers_mut().insert(ALLOW_ORIGIN, origin.clone());
            response.headers_mut().insert(ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    },
    ..Fault::NONE
};

const ALLOW_CREDENTIALS: HeaderName = HeaderName::from_static("access-control-allow-credentials");
