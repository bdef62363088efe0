//! UserInfo (OpenID Connect Core section 5.3): what a client may know of the user whose access token it has.
//!
//! Known of the real zone: the endpoint, and that a sign-in which names no resource gives a token for it. Our choice:
//! which claims there are, and that the token must be for this resource, for a user, and with the scope `openid`.

use serde::Serialize;

use super::Zone;
use super::directory::{User, userinfo_resource};
use super::verify::VerifyError;

/// The scope that makes a request one of OpenID Connect.
pub(crate) const OPENID: &str = "openid";
const EMAIL: &str = "email";
/// The scopes that say what the zone tells of a user. It knows no names, so `profile` would add nothing.
pub(super) const SCOPES: [&str; 2] = [OPENID, EMAIL];

/// The claims that a scope asks for (section 5.4).
#[derive(Serialize)]
pub(crate) struct AboutUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

impl AboutUser {
    pub(super) fn new(user: &User, is_granted: impl Fn(&str) -> bool) -> Self {
        let is_told = is_granted(EMAIL);
        // Nobody signs in with an address that is not verified.
        Self { email: is_told.then(|| user.email.clone()), email_verified: is_told.then_some(true) }
    }
}

/// What UserInfo says.
#[derive(Serialize)]
pub(crate) struct Userinfo {
    sub: String,
    #[serde(flatten)]
    about: AboutUser,
}

/// Why nothing is said. The text is for the caller, and repeats nothing of the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserinfoError {
    #[error("the token must be an access token of this zone for the resource {resource}, but {because}")]
    Token { resource: String, because: VerifyError },
    #[error("the token is an application's own, or its user is gone: there is nobody to speak of")]
    NoUser,
    #[error("the token must have the scope openid: ask for it when the user signs in")]
    Scope,
}

impl Zone {
    /// What the bearer of this access token may know of its user.
    pub(crate) fn userinfo(&self, token: &str) -> Result<Userinfo, UserinfoError> {
        let resource = userinfo_resource(&self.issuer);
        let claims = match self.verified_for(token, &resource) {
            Ok(claims) => claims,
            Err(because) => return Err(UserinfoError::Token { resource, because }),
        };
        let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
        let subject = text("sub").filter(|_| text("sub_profile") == Some("user")).ok_or(UserinfoError::NoUser)?;
        let user = self.with_directory(|directory| directory.user_by_identifier(subject));
        let user = user.ok_or(UserinfoError::NoUser)?;
        let scopes = text("scope").unwrap_or("");
        let is_granted = |scope: &str| scopes.split(' ').any(|granted| granted == scope);
        if !is_granted(OPENID) {
            return Err(UserinfoError::Scope);
        }
        Ok(Userinfo { sub: user.identifier.clone(), about: AboutUser::new(&user, is_granted) })
    }
}
