//! What the pages of a flow have in common: reading the form that one posts, and going where it leads.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::body::Body;
use super::cookies::Cookie;
use super::source::Sender;
use super::{Shared, consent, guard, identifier, login, pages, verify_email};
use crate::audit::Source;
use crate::zone::Zone;
use crate::zone::flow::{Advance, FlowError, Next, Page, Posted};
use crate::zone::parameters::Parameters;

/// A browser at a page of a flow.
pub(super) struct Visit {
    pub(super) flow_id: String,
    pub(super) browser: String,
    /// Its session's cookie.
    pub(super) session: String,
}

impl Visit {
    pub(super) fn read(zone: &Zone, query: Option<&str>, headers: &HeaderMap) -> Self {
        let parameters = Parameters::parse(query.unwrap_or("").as_bytes());
        Self {
            flow_id: parameters.single("flow").ok().flatten().unwrap_or("").to_owned(),
            browser: Cookie::Browser.read(zone, headers).unwrap_or_default(),
            session: Cookie::Session.read(zone, headers).unwrap_or_default(),
        }
    }
}

/// A form that was posted, and by whom.
pub(super) struct Form {
    pub(super) visit: Visit,
    pub(super) source: Source,
    /// What was typed, unless another page sent it or it cannot be read.
    body: Result<Bytes, FlowError>,
}

/// What was typed into a form.
pub(super) struct Fields<'a>(Parameters<'a>);

impl FromRequest<Shared> for Form {
    type Rejection = StatusCode;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let Sender(source) = Sender::from_request_parts(&mut parts, app).await?;
        let visit = Visit::read(&app.zone, parts.uri.query(), &parts.headers);
        let is_foreign = guard::is_foreign_page(&parts.headers, &app.zone.issuer, true);
        let body = if is_foreign {
            Err(FlowError::ForeignPage)
        } else {
            let read: Result<Body, Infallible> = Body::from_request(Request::from_parts(parts, body), app).await;
            let Ok(Body(read)) = read;
            read.map_err(FlowError::from)
        };
        Ok(Self { visit, source, body })
    }
}

impl Form {
    /// What was typed. A form that is not taken ends on a page, and leaves an event.
    pub(super) fn fields(&self, zone: &Zone) -> Result<Fields<'_>, Box<Response>> {
        match &self.body {
            Ok(body) => Ok(Fields(Parameters::parse(body))),
            Err(error) => Err(Box::new(ended(&zone.refuse_form(&self.visit.flow_id, error.clone(), &self.source)))),
        }
    }

    pub(super) fn posted<'a>(&'a self, fields: &'a Fields<'_>) -> Posted<'a> {
        let Visit { flow_id, browser, .. } = &self.visit;
        Posted { flow_id, browser, form_token: fields.text("form_token") }
    }
}

impl Fields<'_> {
    /// A field, empty if it is missing or given twice.
    pub(super) fn text(&self, name: &'static str) -> &str {
        self.0.single(name).ok().flatten().unwrap_or("")
    }
}

/// Where the browser goes next.
fn url(next: &Next) -> Cow<'_, str> {
    let (path, flow_id) = match next {
        Next::Client(url) => return Cow::Borrowed(url),
        Next::Page(Page::Identifier, flow_id) => (identifier::PATH, flow_id),
        Next::Page(Page::SignIn, flow_id) => (login::PATH, flow_id),
        Next::Page(Page::VerifyEmail, flow_id) => (verify_email::PATH, flow_id),
        Next::Page(Page::Consent, flow_id) => (consent::PATH, flow_id),
    };
    Cow::Owned(at(path, flow_id))
}

/// A page's path for a flow.
pub(super) fn at(path: &str, flow_id: &str) -> String {
    format!("{path}?flow={flow_id}")
}

/// Sends the browser on, with the cookie of the session that began, if one did.
pub(super) fn advance(zone: &Zone, status: StatusCode, advance: &Advance) -> Response {
    let response = sent(status, &url(&advance.next));
    match &advance.session {
        Some(cookie) => with_cookie(response, &Cookie::Session.write(zone, cookie)),
        None => response,
    }
}

/// Sends the browser on. The answer may hold a code, so nothing may keep it.
pub(super) fn sent(status: StatusCode, url: &str) -> Response {
    // Redirect URIs are checked to be ASCII when they are registered, and what is added to them is encoded.
    let Ok(location) = HeaderValue::from_str(url) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (
        status,
        [
            (header::LOCATION, location),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ],
    )
        .into_response()
}

pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    // The name is ours; a value that a browser sent came in a header and goes out in one.
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The status that goes with an error.
pub(super) fn status(error: &FlowError) -> StatusCode {
    match error {
        FlowError::UnknownFlow
        | FlowError::Unreadable(_)
        | FlowError::NoAddress
        | FlowError::ShortPassword
        | FlowError::NoDecision => StatusCode::BAD_REQUEST,
        _ => StatusCode::FORBIDDEN,
    }
}

/// A page that says why it goes no further. It sends nobody anywhere.
pub(super) fn ended(error: &FlowError) -> Response {
    pages::refusal(status(error), "Sign-in ended", &error.to_string())
}
