//! Saying in Rust which token to mint, as `POST /_control/tokens` has it in JSON.

use serde_json::{Map, Value};

use crate::zone::mint::{MintKey, MintRequest, Segment};
use crate::zone::secret::Secret;

/// A token to be minted.
///
/// ```
/// use mock_zone::{MintToken, SigningChoice};
///
/// let expired = MintToken::as_issued().user("alice@example.com").claim("exp", 1_000_000_000);
/// let foreign = MintToken::as_issued().without_claim("scope").sign(SigningChoice::Foreign);
/// ```
#[derive(Debug, Default)]
pub struct MintToken {
    defaults: bool,
    user: Option<String>,
    resource: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    header: Part,
    claims: Part,
    key: SigningChoice,
    algorithm: Option<String>,
}

/// What a segment holds.
#[derive(Debug)]
enum Part {
    Members(Map<String, Value>),
    Bytes(Vec<u8>),
}

impl Default for Part {
    fn default() -> Self {
        Self::Members(Map::new())
    }
}

impl Part {
    fn put(&mut self, name: &str, value: Value) {
        match self {
            Self::Members(members) => {
                members.insert(name.to_owned(), value);
            }
            // Bytes have no members: naming one begins anew.
            Self::Bytes(_) => *self = Self::Members(Map::from_iter([(name.to_owned(), value)])),
        }
    }
}

/// What signs a token.
#[derive(Debug, Clone, Default)]
pub enum SigningChoice {
    /// The key that signs the zone's own tokens.
    #[default]
    Active,
    /// The key with this `kid`, retired or not.
    Kid(String),
    /// A key that no zone has.
    Foreign,
    /// Nothing: the signature is empty.
    Nothing,
    /// HS256 with this secret, such as a public key.
    Secret(Secret),
}

impl MintToken {
    /// The token that the zone itself would issue, to its first user for its first resource unless told otherwise.
    #[must_use]
    pub fn as_issued() -> Self {
        Self { defaults: true, ..Self::default() }
    }

    /// Exactly this header and these claims. An empty header is replaced by that of the zone's own tokens.
    #[must_use]
    pub fn exactly(header: Map<String, Value>, claims: Map<String, Value>) -> Self {
        Self { header: Part::Members(header), claims: Part::Members(claims), ..Self::default() }
    }

    /// Exactly these bytes, be they JSON or not.
    #[must_use]
    pub fn raw(header: &[u8], payload: &[u8]) -> Self {
        Self { header: Part::Bytes(header.to_vec()), claims: Part::Bytes(payload.to_vec()), ..Self::default() }
    }

    /// Of the user with this e-mail address or identifier.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    /// For this resource.
    #[must_use]
    pub fn resource(self, identifier: &str) -> Self {
        Self { resource: Some(identifier.to_owned()), ..self }
    }

    /// Issued to this client.
    #[must_use]
    pub fn client_id(self, client_id: &str) -> Self {
        Self { client_id: Some(client_id.to_owned()), ..self }
    }

    /// With these scopes, a space between.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        Self { scope: Some(scope.to_owned()), ..self }
    }

    /// With this claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.put(name, value.into());
        self
    }

    /// Without this claim, where it starts from the token that the zone would issue.
    #[must_use]
    pub fn without_claim(self, name: &str) -> Self {
        self.claim(name, Value::Null)
    }

    /// With this header parameter.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.put(name, value.into());
        self
    }

    /// Without this header parameter, where it starts from the token that the zone would issue.
    #[must_use]
    pub fn without_header(self, name: &str) -> Self {
        self.header(name, Value::Null)
    }

    /// Signed by this.
    #[must_use]
    pub fn sign(self, key: SigningChoice) -> Self {
        Self { key, ..self }
    }

    /// Signed with this algorithm, whatever the header says.
    #[must_use]
    pub fn algorithm(self, name: &str) -> Self {
        Self { algorithm: Some(name.to_owned()), ..self }
    }

    pub(crate) fn into_request(self) -> MintRequest {
        let segment = |part, may_be_absent| match part {
            Part::Members(members) if members.is_empty() && may_be_absent => Segment::Absent,
            Part::Members(members) => Segment::Members(members),
            Part::Bytes(bytes) => Segment::Bytes(bytes),
        };
        MintRequest {
            header: segment(self.header, true),
            payload: segment(self.claims, self.defaults),
            key: match self.key {
                SigningChoice::Active => MintKey::Active,
                SigningChoice::Kid(kid) => MintKey::Kid(kid),
                SigningChoice::Foreign => MintKey::Foreign,
                SigningChoice::Nothing => MintKey::None,
                SigningChoice::Secret(secret) => MintKey::Secret(secret),
            },
            sign_with: self.algorithm,
            defaults: self.defaults,
            user: self.user,
            resource: self.resource,
            client_id: self.client_id,
            scope: self.scope,
        }
    }
}
