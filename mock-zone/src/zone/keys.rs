//! Signing keys: made in the background, published as a JWKS, rotated, retired.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use josekit::jws::alg::rsassa::{RsassaJwsAlgorithm, RsassaJwsSigner, RsassaJwsVerifier};
use josekit::jws::{JwsSigner as _, JwsVerifier as _};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Signer};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

/// The size of generated keys, in bits.
const KEY_BITS: u32 = 2048;

/// Why a key could not be had or used.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum KeyError {
    /// The library refused; the text is its own.
    #[error("the cryptographic library could not {doing}: {because}")]
    Library {
        /// What was attempted.
        doing: &'static str,
        /// The library's words.
        because: String,
    },
    /// The thread that makes the first key ended without one.
    #[error("the zone's first signing key could not be made; the log says why")]
    NoFirstKey,
    /// No key of the zone has this identifier.
    #[error("no key of this zone has the kid {kid:?}; it has {known:?}")]
    UnknownKey {
        /// What was asked for.
        kid: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The active key signs every token, so it cannot leave the JWKS.
    #[error("the key {kid:?} is the active one: rotate first, then retire it")]
    ActiveKey {
        /// The key asked for.
        kid: String,
    },
    /// All keys are published, and as many as the zone keeps.
    #[error("the zone keeps at most {limit} keys and all are published: retire one first")]
    TooManyKeys {
        /// The limit.
        limit: usize,
    },
}

fn library<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> KeyError {
    move |error| KeyError::Library { doing, because: error.to_string() }
}

/// An RSA key pair of the zone's, with what others see of it computed once.
pub(crate) struct SigningKey {
    kid: String,
    pair: PKey<Private>,
    rs256: RsassaJwsSigner,
    verifier: RsassaJwsVerifier,
    jwk: Value,
    public_pem: String,
}

impl SigningKey {
    fn generate() -> Result<Self, KeyError> {
        let rsa = Rsa::generate(KEY_BITS).map_err(library("make an RSA key"))?;
        Self::new(rsa)
    }

    fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pair =
            PKey::private_key_from_pem(pem.as_bytes()).map_err(library("read the configured signing key (PEM)"))?;
        let rsa = pair.rsa().map_err(library("read the configured signing key as RSA"))?;
        Self::new(rsa)
    }

    fn new(rsa: Rsa<Private>) -> Result<Self, KeyError> {
        let n = BASE64URL.encode(rsa.n().to_vec());
        let e = BASE64URL.encode(rsa.e().to_vec());
        // RFC 7638: the SHA-256 of the required members in lexicographic order.
        let kid = BASE64URL.encode(sha256(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#).as_bytes()));
        let jwk = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e});
        let pair = PKey::from_rsa(rsa).map_err(library("take an RSA key"))?;
        let private_der = pair.private_key_to_pkcs8().map_err(library("write a private key"))?;
        let public_der = pair.public_key_to_der().map_err(library("write a public key"))?;
        let public_pem = pair.public_key_to_pem().map_err(library("write a public key"))?;
        Ok(Self {
            rs256: RsassaJwsAlgorithm::Rs256.signer_from_der(private_der).map_err(library("sign with this key"))?,
            verifier: RsassaJwsAlgorithm::Rs256
                .verifier_from_der(public_der)
                .map_err(library("verify with this key"))?,
            public_pem: String::from_utf8_lossy(&public_pem).into_owned(),
            kid,
            pair,
            jwk,
        })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs with RS256, as every token that the zone issues is signed.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.rs256.sign(message).map_err(library("sign with RS256"))
    }

    /// Signs with any RSA algorithm, for tokens that a test makes wrong on purpose.
    pub(crate) fn sign_with(&self, algorithm: RsaAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let doing = library("sign with another algorithm");
        (|| {
            let mut signer = Signer::new(algorithm.digest(), &self.pair)?;
            if algorithm.is_pss() {
                signer.set_rsa_padding(Padding::PKCS1_PSS)?;
                signer.set_rsa_mgf1_md(algorithm.digest())?;
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            }
            signer.sign_oneshot_to_vec(message)
        })()
        .map_err(|error: openssl::error::ErrorStack| doing(error))
    }

    /// Whether `signature` is this key's RS256 signature of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify(message, signature).is_ok()
    }
}

/// The algorithms that an RSA key can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RsaAlgorithm {
    /// With SHA-1, which no zone uses: a test's way to find a server that takes it.
    Rs1,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
}

impl RsaAlgorithm {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS1" => Self::Rs1,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            _ => return None,
        })
    }

    fn digest(self) -> MessageDigest {
        match self {
            Self::Rs1 => MessageDigest::sha1(),
            Self::Rs256 | Self::Ps256 => MessageDigest::sha256(),
            Self::Rs384 | Self::Ps384 => MessageDigest::sha384(),
            Self::Rs512 | Self::Ps512 => MessageDigest::sha512(),
        }
    }

    fn is_pss(self) -> bool {
        matches!(self, Self::Ps256 | Self::Ps384 | Self::Ps512)
    }
}

/// HS256 with an arbitrary secret, which no token of a zone ever carries: tests of key confusion need it.
pub(crate) fn sign_hs256(secret: &[u8], message: &[u8]) -> Result<Vec<u8>, KeyError> {
    let doing = library("sign with HS256");
    (|| {
        let key = PKey::hmac(secret)?;
        Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(message)
    })()
    .map_err(|error: openssl::error::ErrorStack| doing(error))
}

/// One key as the control plane lists it.
#[derive(Debug, Serialize)]
pub(crate) struct KeyListing {
    kid: String,
    alg: &'static str,
    active: bool,
    published: bool,
    jwk: Value,
    pem: String,
}

/// All keys of a zone.
pub(crate) struct Keys {
    limit: usize,
    ring: Arc<Mutex<Ring>>,
    /// Becomes ready once, when the first key is there or is known never to come.
    first: watch::Receiver<First>,
    _maker: Maker,
    /// A key that nobody knows, made at the first token that asks for it.
    foreign: tokio::sync::OnceCell<Arc<SigningKey>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Awaited,
    Ready,
    Failed,
}

#[derive(Default)]
struct Ring {
    /// Oldest first.
    keys: Vec<Held>,
    /// The kid that signs; set as soon as there is a key.
    active: Option<Arc<SigningKey>>,
    /// The JWKS as it is served, serialized when it changes and not when it is read.
    published: Arc<[u8]>,
}

struct Held {
    key: Arc<SigningKey>,
    published: bool,
}

impl Ring {
    fn find(&self, kid: &str) -> Option<&Held> {
        self.keys.iter().find(|held| held.key.kid == kid)
    }

    fn publish(&mut self) {
        let keys: Vec<&Value> = self.keys.iter().filter(|held| held.published).map(|held| &held.key.jwk).collect();
        self.published = json!({ "keys": keys }).to_string().into_bytes().into();
    }

    fn add(&mut self, key: Arc<SigningKey>, activate: bool) {
        self.keys.push(Held { key: Arc::clone(&key), published: true });
        if activate {
            self.active = Some(key);
        }
        self.publish();
    }
}

/// The thread that makes the first key. It is waited for: at the end of a process OpenSSL takes itself down, and a thread
/// that is still in it takes the process with it.
struct Maker(Option<JoinHandle<()>>);

impl Drop for Maker {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic of it has been announced as a key that could not be made.
            let _ = thread.join();
        }
    }
}

impl Keys {
    /// Begins to make the first key on a thread of its own, or takes the configured one, and returns at once.
    pub(crate) fn begin(configured: Option<&str>, limit: usize) -> Result<Self, KeyError> {
        let ring = Arc::new(Mutex::new(Ring::default()));
        let (announce, first) = watch::channel(First::Awaited);
        let maker = if let Some(pem) = configured {
            lock(&ring).add(Arc::new(SigningKey::from_pem(pem)?), true);
            announce.send_replace(First::Ready);
            None
        } else {
            let ring = Arc::clone(&ring);
            let thread = std::thread::Builder::new()
                .name("first-key".to_owned())
                .spawn(move || {
                    let outcome = match SigningKey::generate() {
                        Ok(key) => {
                            lock(&ring).add(Arc::new(key), true);
                            First::Ready
                        }
                        Err(error) => {
                            tracing::error!(%error, "no signing key");
                            First::Failed
                        }
                    };
                    announce.send_replace(outcome);
                })
                .map_err(library("start the thread that makes the first key"))?;
            Some(thread)
        };
        Ok(Self { limit: limit.max(2), ring, first, _maker: Maker(maker), foreign: tokio::sync::OnceCell::new() })
    }

    async fn ready(&self) -> Result<(), KeyError> {
        let mut first = self.first.clone();
        match first.wait_for(|state| *state != First::Awaited).await {
            Ok(state) if *state == First::Ready => Ok(()),
            _ => Err(KeyError::NoFirstKey),
        }
    }

    /// The key that signs what the zone issues. Waits for the first one to be made.
    pub(crate) async fn active(&self) -> Result<Arc<SigningKey>, KeyError> {
        self.ready().await?;
        lock(&self.ring).active.clone().ok_or(KeyError::NoFirstKey)
    }

    /// The JWKS as served. Waits for the first key to be made.
    pub(crate) async fn published(&self) -> Result<Arc<[u8]>, KeyError> {
        self.ready().await?;
        Ok(Arc::clone(&lock(&self.ring).published))
    }

    /// The published key with this identifier: what a verifier would find in the JWKS.
    pub(crate) fn find_published(&self, kid: &str) -> Option<Arc<SigningKey>> {
        let ring = lock(&self.ring);
        ring.find(kid).filter(|held| held.published).map(|held| Arc::clone(&held.key))
    }

    /// Any key with this identifier, retired ones included.
    pub(crate) async fn find(&self, kid: &str) -> Result<Arc<SigningKey>, KeyError> {
        self.ready().await?;
        let ring = lock(&self.ring);
        ring.find(kid).map(|held| Arc::clone(&held.key)).ok_or_else(|| unknown(&ring, kid))
    }

    /// A key that is in no JWKS and never was; the same one for the life of the zone.
    pub(crate) async fn foreign(&self) -> Result<Arc<SigningKey>, KeyError> {
        self.foreign.get_or_try_init(generate_elsewhere).await.cloned()
    }

    /// Adds a key to the JWKS, and unless told otherwise signs with it from now on.
    /// Gives the new key's identifier and the one that was active before.
    pub(crate) async fn rotate(&self, activate: bool) -> Result<(String, String), KeyError> {
        let previous = self.active().await?;
        self.make_room()?;
        let key = generate_elsewhere().await?;
        let kid = key.kid.clone();
        self.make_room()?;
        lock(&self.ring).add(key, activate);
        Ok((kid, previous.kid.clone()))
    }

    fn make_room(&self) -> Result<(), KeyError> {
        let mut ring = lock(&self.ring);
        while ring.keys.len() >= self.limit {
            let Some(oldest) = ring.keys.iter().position(|held| !held.published) else {
                return Err(KeyError::TooManyKeys { limit: self.limit });
            };
            ring.keys.remove(oldest);
        }
        Ok(())
    }

    /// Takes a key out of the JWKS. It can still sign by name.
    pub(crate) async fn retire(&self, kid: &str) -> Result<(), KeyError> {
        self.ready().await?;
        let mut ring = lock(&self.ring);
        if ring.active.as_ref().is_some_and(|key| key.kid == kid) {
            return Err(KeyError::ActiveKey { kid: kid.to_owned() });
        }
        let Some(held) = ring.keys.iter_mut().find(|held| held.key.kid == kid) else {
            return Err(unknown(&ring, kid));
        };
        held.published = false;
        ring.publish();
        Ok(())
    }

    /// Every key, oldest first.
    pub(crate) async fn list(&self) -> Result<Vec<KeyListing>, KeyError> {
        self.ready().await?;
        let ring = lock(&self.ring);
        let active = ring.active.as_ref().map(|key| key.kid.as_str());
        Ok(ring
            .keys
            .iter()
            .map(|held| KeyListing {
                kid: held.key.kid.clone(),
                alg: "RS256",
                active: active == Some(&held.key.kid),
                published: held.published,
                jwk: held.key.jwk.clone(),
                pem: held.key.public_pem.clone(),
            })
            .collect())
    }
}

fn unknown(ring: &Ring, kid: &str) -> KeyError {
    KeyError::UnknownKey { kid: kid.to_owned(), known: ring.keys.iter().map(|held| held.key.kid.clone()).collect() }
}

/// Makes a key without holding up the requests that other tasks serve meanwhile.
async fn generate_elsewhere() -> Result<Arc<SigningKey>, KeyError> {
    tokio::task::spawn_blocking(SigningKey::generate).await.map_err(library("make an RSA key"))?.map(Arc::new)
}

// A thread that panicked left whole keys behind it or none: every change under this lock is one step.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}
