//! The zone's two cookies: which browser began a sign-in, and which user is signed in.

use axum::http::{HeaderMap, header};

use crate::zone::Zone;

#[derive(Debug, Clone, Copy)]
pub(super) enum Cookie {
    /// Ties a sign-in under way to the browser that began it.
    Browser,
    /// The signed-in user's session.
    Session,
}

impl Cookie {
    /// Cookies do not know ports, so two zones on one machine share a jar: the name says whose it is.
    fn name(self, zone: &Zone) -> String {
        let kind = match self {
            Self::Browser => "browser",
            Self::Session => "session",
        };
        let whose: String = zone.id.chars().take(8).collect();
        format!("mock_zone_{kind}_{whose}")
    }

    /// The cookie's value in a request.
    pub(super) fn read(self, zone: &Zone, headers: &HeaderMap) -> Option<String> {
        let name = self.name(zone);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    }

    /// The `Set-Cookie` value. Lax, not Strict: a client's link must find its user signed in.
    pub(super) fn write(self, zone: &Zone, value: &str) -> String {
        let secure = if zone.issuer.is_https() { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}", self.name(zone))
    }

    /// The `Set-Cookie` value that makes a browser forget it.
    pub(super) fn forget(self, zone: &Zone) -> String {
        format!("{}; Max-Age=0", self.write(zone, ""))
    }
}
