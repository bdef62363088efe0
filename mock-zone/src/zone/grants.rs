//! What users granted to clients: codes that work once, and refresh tokens that rotate.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;

use super::bounded::Bounded;
use super::directory::{Resource, User};
use super::identifiers;
use super::keys::{KeyError, sign_hs256};
use super::pkce::Challenge;
use super::secret::{self, SecretHash};
use crate::ports::Entropy;

/// A user's consent that a client acts for them at one resource, or at several.
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user: Arc<User>,
    pub(crate) session_id: String,
    /// What tokens are for unless they are asked for otherwise.
    pub(crate) resource: Arc<Resource>,
    /// What was granted beside it.
    pub(crate) targets: Vec<Arc<Resource>>,
    pub(crate) scopes: Vec<String>,
    /// What the ID token repeats.
    pub(crate) nonce: Option<String>,
    /// When the user proved who they are.
    pub(crate) authenticated_at: Timestamp,
    pub(crate) correlation_id: String,
}

impl Grant {
    /// All that was granted, the first one first.
    pub(super) fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        std::iter::once(&self.resource).chain(&self.targets)
    }
}

/// What an authorization code stands for.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) grant: Arc<Grant>,
    /// Where the code was sent.
    pub(super) redirect_uri: String,
    pub(super) challenge: Challenge,
    pub(super) expires_at: Timestamp,
}

/// Why a code or refresh token gives nothing.
pub(super) enum Refused {
    /// Never issued by this zone, or forgotten long since.
    Unknown,
    /// It belongs to another client, which keeps it.
    OtherClient,
    Expired(Arc<Grant>),
    /// It was used before; whoever holds the other copy, the grant ends here.
    UsedAgain(Arc<Grant>),
    /// The grant had ended already.
    Revoked(Arc<Grant>),
}

enum CodeState {
    Issued(Code),
    Redeemed(Arc<Grant>),
}

struct Held {
    grant: Arc<Grant>,
    revoked: bool,
    refresh: Option<Refresh>,
}

/// The one refresh token of a grant that works now. Older ones need no memory: their generation gives them away.
struct Refresh {
    generation: u64,
    expires_at: Timestamp,
}

pub(super) struct GrantStore {
    codes: Bounded<SecretHash, CodeState>,
    grants: Bounded<String, Held>,
    /// Which grant an access token came of. A token that is forgotten here, being older than so many others, lives until
    /// it expires.
    tokens: Bounded<String, String>,
    /// Authenticates refresh tokens, so that a made-up one cannot end anybody's grant.
    refresh_key: [u8; 32],
}

impl GrantStore {
    pub(super) fn new(limit: usize, entropy: &dyn Entropy) -> Self {
        let mut refresh_key = [0; 32];
        entropy.fill(&mut refresh_key);
        Self { codes: Bounded::new(limit), grants: Bounded::new(limit), tokens: Bounded::new(limit), refresh_key }
    }

    /// Records a grant together with the code that will be exchanged for it.
    pub(super) fn record(&mut self, code: &str, what: Code) {
        self.grants
            .insert(what.grant.id.clone(), Held { grant: Arc::clone(&what.grant), revoked: false, refresh: None });
        self.codes.insert(SecretHash::of(code), CodeState::Issued(what));
    }

    /// Takes the code, so that a second redemption finds it used, and then ends what the first one began
    /// (RFC 6749 section 4.1.2).
    pub(super) fn redeem(&mut self, code: &str, client_id: &str, now: Timestamp) -> Result<Code, Refused> {
        let state = self.codes.find_mut(&SecretHash::of(code)).ok_or(Refused::Unknown)?;
        let (CodeState::Issued(Code { grant, .. }) | CodeState::Redeemed(grant)) = &*state;
        if grant.client_id != client_id {
            return Err(Refused::OtherClient);
        }
        let grant = Arc::clone(grant);
        match std::mem::replace(state, CodeState::Redeemed(Arc::clone(&grant))) {
            CodeState::Issued(code) if code.expires_at > now => Ok(code),
            CodeState::Issued(_) => Err(Refused::Expired(grant)),
            CodeState::Redeemed(_) => {
                self.revoke(&grant.id);
                Err(Refused::UsedAgain(grant))
            }
        }
    }

    /// The grant of a refresh token that works now. One that was rotated away ends the grant: either its thief or
    /// its owner is late (RFC 9700 section 4.14.2).
    pub(super) fn present(
        &mut self,
        refresh_token: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Arc<Grant>, Refused> {
        let (id, generation) = self.authenticated(refresh_token).ok_or(Refused::Unknown)?;
        let held = self.grants.find_mut(id).ok_or(Refused::Unknown)?;
        let grant = Arc::clone(&held.grant);
        if grant.client_id != client_id {
            return Err(Refused::OtherClient);
        }
        if held.revoked {
            return Err(Refused::Revoked(grant));
        }
        match &held.refresh {
            Some(refresh) if refresh.generation == generation => {
                if refresh.expires_at <= now {
                    return Err(Refused::Expired(grant));
                }
                Ok(grant)
            }
            _ => {
                held.revoked = true;
                Err(Refused::UsedAgain(grant))
            }
        }
    }

    /// A refresh token for the grant; the one before, if any, stops working. `None`: the grant has ended.
    pub(super) fn next_refresh_token(
        &mut self,
        grant_id: &str,
        expires_at: Timestamp,
    ) -> Result<Option<String>, KeyError> {
        let Some(held) = self.grants.find_mut(grant_id).filter(|held| !held.revoked) else {
            return Ok(None);
        };
        let generation = held.refresh.as_ref().map_or(1, |last| last.generation + 1);
        let body = format!("{grant_id}.{generation}");
        let tag = sign_hs256(&self.refresh_key, body.as_bytes())?;
        held.refresh = Some(Refresh { generation, expires_at });
        Ok(Some(format!("{body}.{}", BASE64URL.encode(tag))))
    }

    /// Whether the user with this identifier has granted anybody access to this resource, and not taken it back.
    pub(super) fn has_granted(&self, user: &str, resource: &str) -> bool {
        let is_it = |grant: &Grant| {
            grant.user.identifier == user && grant.resources().any(|granted| granted.identifier == resource)
        };
        self.grants.values().any(|held| !held.revoked && is_it(&held.grant))
    }

    /// Remembers that an access token came of a grant, before anybody has it.
    pub(super) fn issued(&mut self, token_id: &str, grant_id: &str) {
        self.tokens.insert(token_id.to_owned(), grant_id.to_owned());
    }

    /// Remembers that an access token came of another one, and so of the grant behind that, if there is one.
    pub(super) fn exchanged(&mut self, token_id: &str, subject_token_id: &str) {
        if let Some(grant_id) = self.tokens.find(subject_token_id).cloned() {
            self.tokens.insert(token_id.to_owned(), grant_id);
        }
    }

    /// Whether an access token came of a grant that was revoked.
    pub(super) fn has_ended(&self, token_id: &str) -> bool {
        let grant = self.tokens.find(token_id).and_then(|grant_id| self.grants.find(grant_id));
        grant.is_some_and(|held| held.revoked)
    }

    /// Ends a grant: its refresh tokens work no more, and its access tokens open nothing at the zone itself. Whoever
    /// verifies those by their signature takes them until they expire, as the real zone's.
    pub(super) fn revoke(&mut self, grant_id: &str) {
        if let Some(held) = self.grants.find_mut(grant_id) {
            held.revoked = true;
        }
    }

    /// The same by a refresh token of it, where that is what this is.
    pub(super) fn revoke_by(&mut self, refresh_token: &str) {
        if let Some((grant_id, _)) = self.authenticated(refresh_token) {
            self.revoke(grant_id);
        }
    }

    /// The grants, in no order: each with whether it was revoked, and until when its refresh token works.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Grant, bool, Option<Timestamp>)> {
        let until = |held: &Held| held.refresh.as_ref().map(|refresh| refresh.expires_at);
        self.grants.values().map(move |held| (&*held.grant, held.revoked, until(held)))
    }

    /// Ends the grants that `ends` names, and says how many had not ended yet.
    pub(super) fn revoke_all(&mut self, ends: impl Fn(&Grant) -> bool) -> usize {
        let wanted = self.grants.values_mut().filter(|held| !held.revoked && ends(&held.grant));
        wanted.map(|held| held.revoked = true).count()
    }

    /// Lets the codes of the grants that `ends` names expire, and says how many could still be redeemed. They stay
    /// expired whatever the clock is set to.
    pub(super) fn expire_codes(&mut self, ends: impl Fn(&Grant) -> bool, now: Timestamp) -> usize {
        let mut count = 0;
        for state in self.codes.values_mut() {
            if let CodeState::Issued(code) = state
                && ends(&code.grant)
            {
                count += usize::from(code.expires_at > now);
                code.expires_at = Timestamp::MIN;
            }
        }
        count
    }

    /// The same for refresh tokens.
    pub(super) fn expire_refresh_tokens(&mut self, ends: impl Fn(&Grant) -> bool, now: Timestamp) -> usize {
        let mut count = 0;
        for held in self.grants.values_mut().filter(|held| ends(&held.grant)) {
            if let Some(refresh) = &mut held.refresh {
                count += usize::from(refresh.expires_at > now && !held.revoked);
                refresh.expires_at = Timestamp::MIN;
            }
        }
        count
    }

    /// The grant and generation that a refresh token of ours names.
    fn authenticated<'a>(&self, token: &'a str) -> Option<(&'a str, u64)> {
        let (body, tag) = token.rsplit_once('.')?;
        let expected = sign_hs256(&self.refresh_key, body.as_bytes()).ok()?;
        if !secret::same(BASE64URL.encode(expected).as_bytes(), tag.as_bytes()) {
            return None;
        }
        let (id, generation) = body.split_once('.')?;
        Some((id, generation.parse().ok()?))
    }
}

/// A code. It is a bearer secret for a minute.
pub(super) fn draw_code(entropy: &dyn Entropy) -> String {
    identifiers::draw_secret(entropy)
}
