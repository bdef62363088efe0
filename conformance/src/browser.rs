//! As much of a browser as a user needs at a server's page and at the zone's sign-in: it follows redirects, keeps cookies,
//! fills in the first form of a page. No script runs.
//!
//! It opens pages of the server under test and of the zone, and no others: where a server sends its user elsewhere, that is
//! told and not followed. What the user would type goes to the origin of the server alone, and a password to the zone.

use std::collections::BTreeMap;

use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use url::{Origin, Url};

use crate::check::Stop;
use crate::client::{NoReply, Request};
use crate::context::Context;
use crate::discovery::may_be_fetched;
use crate::reply::Reply;
use crate::sign_in::Form;
use crate::survey::random_id;
use crate::text::quoted;
use crate::zone::Zone;

/// Pages and redirects on one way.
const STEPS_AT_MOST: usize = 15;
/// Cookies that are kept, and the bytes of one.
const COOKIES_AT_MOST: usize = 40;
const COOKIE_AT_MOST: usize = 4096;

/// A user of the zone.
#[derive(Debug)]
pub struct User {
    /// Their identifier: the subject of their tokens.
    pub id: String,
    email: String,
    password: String,
}

impl User {
    /// A new one.
    ///
    /// # Errors
    /// Not tested where we control no zone; inconclusive where it fails.
    pub async fn new(cx: &Context) -> Result<Self, Stop> {
        let resource = cx.survey().discovery.resource().unwrap_or_else(|| cx.url().to_string());
        // A zone knows the resource that its users sign in for.
        cx.zone()?.register_resource(&resource).await?;
        let email = format!("{}@conformance.example", random_id());
        let password = cx.note(random_id(), "password");
        let id = cx.zone()?.create_user(&email, &password).await?;
        Ok(Self { id, email, password })
    }
}

/// Where a way ended.
#[derive(Debug)]
pub enum Led {
    /// At a page of the server's.
    To(Reply),
    /// At the zone, which wants to know who the user is.
    SignIn,
    /// At an address that is not opened.
    Away(Url),
    /// Nowhere: it went on and on.
    Nowhere,
}

impl Led {
    /// The end of the way, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::To(reply) => format!("a page with status {}", reply.status.as_u16()),
            Self::SignIn => "the zone's sign-in".to_owned(),
            Self::Away(url) => format!("{}, which the suite does not open", quoted(url.as_str())),
            Self::Nowhere => format!("no end within {STEPS_AT_MOST} steps"),
        }
    }
}

/// A browser, of somebody or of nobody yet.
#[derive(Debug)]
pub struct Browser<'a> {
    cx: &'a Context,
    user: Option<&'a User>,
    cookies: BTreeMap<(String, String), String>,
}

impl<'a> Browser<'a> {
    /// A browser that nobody has signed in with, and nobody will.
    pub fn fresh(cx: &'a Context) -> Self {
        Self { cx, user: None, cookies: BTreeMap::new() }
    }

    /// The browser of a user, who signs in wherever the zone asks.
    pub fn of(cx: &'a Context, user: &'a User) -> Self {
        Self { user: Some(user), ..Self::fresh(cx) }
    }

    /// Opens a URL, and signs in on the way where this is somebody's browser.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn open(&mut self, url: &str) -> Result<Led, Stop> {
        let url = Url::parse(url).map_err(|e| Stop::inconclusive(format!("{} is no URL: {e}", quoted(url))))?;
        self.walk(Request::get(url, "the elicitation's URL, in a browser"), None).await
    }

    /// Opens a URL and fills in the forms of the server's pages, as long as there are any.
    ///
    /// # Errors
    /// Inconclusive, where no answer came.
    pub async fn complete(&mut self, url: &str, typed: &BTreeMap<String, String>) -> Result<Led, Stop> {
        let url = Url::parse(url).map_err(|e| Stop::inconclusive(format!("{} is no URL: {e}", quoted(url))))?;
        self.walk(Request::get(url, "the elicitation's URL, in a browser"), Some(typed)).await
    }

    async fn walk(&mut self, mut request: Request, typed: Option<&BTreeMap<String, String>>) -> Result<Led, Stop> {
        for _ in 0..STEPS_AT_MOST {
            let at = request.url.clone();
            let is_zone = self.cx.zone().is_ok_and(|zone| is_of(zone, &at));
            if is_zone && self.user.is_none() {
                return Ok(Led::SignIn);
            }
            if !is_zone && !may_be_fetched(&at, self.cx.url()) {
                return Ok(Led::Away(at));
            }
            let reply = self.send(request).await?;
            let location = reply.headers.get(LOCATION).and_then(|l| l.to_str().ok());
            if let Some(location) = location.filter(|_| reply.status.is_redirection()) {
                let next = at.join(location);
                let next = next.map_err(|_| Stop::inconclusive(format!("a redirect to {}", quoted(location))))?;
                request = Request::get(next, "where a redirect leads, in a browser");
                continue;
            }
            let page = String::from_utf8_lossy(&reply.body).into_owned();
            let form = Form::of(&page).filter(|_| reply.status.is_success());
            let (form, typed) = match (form, self.user, typed) {
                (Some(form), Some(user), _) if is_zone => (form.filled_by(user), None),
                (Some(form), _, Some(typed)) => (form, Some(typed)),
                _ if is_zone => {
                    return Err(Stop::inconclusive(format!("the sign-in at the zone ended with {}", reply.describe())));
                }
                _ => return Ok(Led::To(reply)),
            };
            request = form.request(&at, typed);
            let to = request.url.origin();
            let may_be_told =
                if is_zone { to == at.origin() } else { at.origin() == to && to == self.cx.url().origin() };
            if !may_be_told {
                return Ok(Led::Away(request.url));
            }
        }
        Ok(Led::Nowhere)
    }

    async fn send(&mut self, mut request: Request) -> Result<Reply, NoReply> {
        let origin = name(&request.url.origin());
        let cookies: Vec<_> =
            self.cookies.iter().filter(|((o, _), _)| *o == origin).map(|((_, n), v)| format!("{n}={v}")).collect();
        if !cookies.is_empty()
            && let Ok(value) = HeaderValue::from_str(&cookies.join("; "))
        {
            request.headers.insert(COOKIE, value);
        }
        request.headers.insert("accept", HeaderValue::from_static("text/html"));
        let reply = self.cx.send(&request).await?;
        self.keep(&origin, &reply.headers);
        Ok(reply)
    }

    fn keep(&mut self, origin: &str, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=').filter(|_| pair.len() <= COOKIE_AT_MOST)
                && self.cookies.len() < COOKIES_AT_MOST
            {
                self.cookies.insert((origin.to_owned(), name.trim().to_owned()), value.to_owned());
            }
        }
    }
}

fn name(origin: &Origin) -> String {
    origin.ascii_serialization()
}

/// Whether a URL is the zone's: under the name that we were given, or the one that it gives itself.
fn is_of(zone: &Zone, url: &Url) -> bool {
    url.origin() == zone.url("/").origin() || Url::parse(zone.issuer()).is_ok_and(|i| i.origin() == url.origin())
}

impl Form {
    /// As its user fills in the zone's form.
    fn filled_by(self, user: &User) -> Self {
        let (action, is_post) = (self.action.clone(), self.is_post);
        Self { action, is_post, inputs: self.filled(&user.email, &user.password) }
    }

    /// What a browser sends: the inputs as they came, and what was typed; also where the page has no input of that name, as
    /// for a button.
    fn request(self, at: &Url, typed: Option<&BTreeMap<String, String>>) -> Request {
        let mut inputs = self.inputs;
        for (name, value) in typed.into_iter().flatten() {
            inputs.retain(|(known, _)| known != name);
            inputs.push((name.clone(), value.clone()));
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(inputs).finish();
        let mut url = at.join(&self.action).unwrap_or_else(|_| at.clone());
        if !self.is_post {
            url.set_query(Some(&query));
            return Request::get(url, "the page's form, sent");
        }
        let mut request = Request { method: Method::POST, ..Request::get(url, "the page's form, sent") };
        request.headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Ok(origin) = HeaderValue::from_str(&name(&at.origin())) {
            request.headers.insert("origin", origin);
        }
        request.body(query.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_a_browser_sends_it() {
        let at = Url::parse("http://h/connect?id=1").expect("a URL");
        let page = r#"<form action="/done" method="POST"><input name="csrf" value="c"><input name="key"></form>"#;
        let typed = BTreeMap::from([("key".to_owned(), "a b".to_owned()), ("go".to_owned(), "1".to_owned())]);
        let sent = Form::of(page).expect("a form").request(&at, Some(&typed));
        assert_eq!((sent.method, sent.url.as_str()), (Method::POST, "http://h/done"));
        assert_eq!(sent.body.as_deref(), Some("csrf=c&go=1&key=a+b".as_bytes()));
        let asked = Form::of("<form><input name=\"q\" value=\"x\"></form>").expect("a form").request(&at, None);
        assert_eq!((asked.method, asked.url.as_str()), (Method::GET, "http://h/connect?q=x"));
    }
}
