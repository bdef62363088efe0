//! Signing keys: made in the background, published as a JWKS, rotated, retired.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use josekit::JoseError;
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm;
use josekit::jws::alg::eddsa::EddsaJwsAlgorithm;
use josekit::jws::alg::rsassa::RsassaJwsAlgorithm;
use josekit::jws::alg::rsassa_pss::RsassaPssJwsAlgorithm;
use josekit::jws::{JwsSigner, JwsVerifier};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Signer};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::algorithm::SigningAlgorithm;

/// The size of generated RSA keys, in bits.
const KEY_BITS: u32 = 2048;
/// The size of a coordinate on P-256, in bytes (RFC 7518 section 6.2.1.2).
const COORDINATE: i32 = 32;

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
    /// The thread that makes the first keys ended without them.
    #[error("the zone's first signing key could not be made; the log says why")]
    NoFirstKey,
    /// A zone without a key signs nothing.
    #[error("a zone needs at least one signing algorithm")]
    NoAlgorithm,
    /// The configured key is of another kind.
    #[error("the configured signing key is no key for {algorithm}, the first of the signing algorithms")]
    WrongKind {
        /// What it should sign with.
        algorithm: SigningAlgorithm,
    },
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

/// A key pair of the zone's, with what others see of it computed once.
pub(crate) struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    pair: PKey<Private>,
    signer: Box<dyn JwsSigner>,
    verifier: Box<dyn JwsVerifier>,
    jwk: Value,
    public_pem: String,
}

impl SigningKey {
    fn generate(algorithm: SigningAlgorithm) -> Result<Self, KeyError> {
        let made = || match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => PKey::from_rsa(Rsa::generate(KEY_BITS)?),
            SigningAlgorithm::Es256 => {
                let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                PKey::from_ec_key(EcKey::generate(&curve)?)
            }
            SigningAlgorithm::EdDsa => PKey::generate_ed25519(),
        };
        Self::new(algorithm, made().map_err(library("make a key"))?)
    }

    fn from_pem(algorithm: SigningAlgorithm, pem: &str) -> Result<Self, KeyError> {
        let pair =
            PKey::private_key_from_pem(pem.as_bytes()).map_err(library("read the configured signing key (PEM)"))?;
        let fits = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => pair.id() == Id::RSA,
            SigningAlgorithm::Es256 => {
                pair.ec_key().is_ok_and(|key| key.group().curve_name() == Some(Nid::X9_62_PRIME256V1))
            }
            SigningAlgorithm::EdDsa => pair.id() == Id::ED25519,
        };
        if !fits {
            return Err(KeyError::WrongKind { algorithm });
        }
        Self::new(algorithm, pair)
    }

    fn new(algorithm: SigningAlgorithm, pair: PKey<Private>) -> Result<Self, KeyError> {
        let members = public_members(&pair).map_err(library("read a public key"))?;
        let private_der = pair.private_key_to_pkcs8().map_err(library("write a private key"))?;
        let public_der = pair.public_key_to_der().map_err(library("write a public key"))?;
        let public_pem = pair.public_key_to_pem().map_err(library("write a public key"))?;
        let (signer, verifier) =
            signing(algorithm, &private_der, &public_der).map_err(library("sign and verify with this key"))?;
        let kid = thumbprint(&members);
        let mut jwk: Map<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        for (name, value) in [("use", "sig"), ("alg", algorithm.as_str()), ("kid", &kid)] {
            jwk.insert(name.to_owned(), value.into());
        }
        Ok(Self {
            kid,
            algorithm,
            pair,
            signer,
            verifier,
            jwk: jwk.into(),
            public_pem: String::from_utf8_lossy(&public_pem).into_owned(),
        })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Signs with the key's own algorithm, as every token that the zone issues is signed.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.signer.sign(message).map_err(library("sign"))
    }

    /// Signs as `alg` says, for tokens that a test makes wrong on purpose. `None`: this kind of key cannot.
    pub(crate) fn sign_as(&self, alg: &str, message: &[u8]) -> Option<Result<Vec<u8>, KeyError>> {
        if alg == self.algorithm.as_str() {
            return Some(self.sign(message));
        }
        let algorithm = RsaAlgorithm::parse(alg).filter(|_| self.pair.id() == Id::RSA)?;
        Some(self.sign_with(algorithm, message))
    }

    /// What [`SigningKey::sign_as`] takes.
    pub(crate) fn possible(&self) -> &'static str {
        match self.algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                "RS1, RS256, RS384, RS512, PS256, PS384 or PS512; HS256 needs {\"secret\": …}"
            }
            other => other.as_str(),
        }
    }

    fn sign_with(&self, algorithm: RsaAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
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
        .map_err(|error: ErrorStack| doing(error))
    }

    /// Whether `signature` is this key's signature of `message` by its own algorithm.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        // Neither half of an ECDSA signature is zero, and the library is not to be asked about one that is.
        let is_null = |half: &[u8]| half.iter().all(|byte| *byte == 0);
        if self.algorithm == SigningAlgorithm::Es256 && (signature.len() != 64 || signature.chunks(32).any(is_null)) {
            return false;
        }
        self.verifier.verify(message, signature).is_ok()
    }
}

type Pair = (Box<dyn JwsSigner>, Box<dyn JwsVerifier>);

fn signing(algorithm: SigningAlgorithm, private: &[u8], public: &[u8]) -> Result<Pair, JoseError> {
    Ok(match algorithm {
        SigningAlgorithm::Rs256 => {
            let rs256 = RsassaJwsAlgorithm::Rs256;
            (Box::new(rs256.signer_from_der(private)?), Box::new(rs256.verifier_from_der(public)?))
        }
        SigningAlgorithm::Ps256 => {
            let ps256 = RsassaPssJwsAlgorithm::Ps256;
            (Box::new(ps256.signer_from_der(private)?), Box::new(ps256.verifier_from_der(public)?))
        }
        SigningAlgorithm::Es256 => {
            let es256 = EcdsaJwsAlgorithm::Es256;
            (Box::new(es256.signer_from_der(private)?), Box::new(es256.verifier_from_der(public)?))
        }
        SigningAlgorithm::EdDsa => {
            let eddsa = EddsaJwsAlgorithm::Eddsa;
            (Box::new(eddsa.signer_from_der(private)?), Box::new(eddsa.verifier_from_der(public)?))
        }
    })
}

/// The members of a public JWK that are the key itself (RFC 7518 section 6, RFC 8037 section 2), in lexicographic
/// order.
fn public_members(pair: &PKey<Private>) -> Result<Vec<(&'static str, String)>, ErrorStack> {
    let named = |name: &str| name.to_owned();
    Ok(match pair.id() {
        Id::EC => {
            let key = pair.ec_key()?;
            let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut *BigNumContext::new()?)?;
            vec![
                ("crv", named("P-256")),
                ("kty", named("EC")),
                ("x", BASE64URL.encode(x.to_vec_padded(COORDINATE)?)),
                ("y", BASE64URL.encode(y.to_vec_padded(COORDINATE)?)),
            ]
        }
        Id::ED25519 => {
            vec![("crv", named("Ed25519")), ("kty", named("OKP")), ("x", BASE64URL.encode(pair.raw_public_key()?))]
        }
        _ => {
            let rsa = pair.rsa()?;
            vec![
                ("e", BASE64URL.encode(rsa.e().to_vec())),
                ("kty", named("RSA")),
                ("n", BASE64URL.encode(rsa.n().to_vec())),
            ]
        }
    })
}

/// RFC 7638: the SHA-256 of the required members in lexicographic order.
fn thumbprint(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    BASE64URL.encode(sha256(format!("{{{}}}", members.join(",")).as_bytes()))
}

/// The algorithms that an RSA key can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RsaAlgorithm {
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
    fn parse(name: &str) -> Option<Self> {
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
    .map_err(|error: ErrorStack| doing(error))
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
    /// Becomes ready once, when the first keys are there or are known never to come.
    first: watch::Receiver<First>,
    _maker: Maker,
    /// Keys that nobody knows, each made at the first token that asks for it.
    foreign: tokio::sync::Mutex<BTreeMap<SigningAlgorithm, Arc<SigningKey>>>,
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
    /// The key that signs; set as soon as there is one.
    active: Option<Arc<SigningKey>>,
    /// The algorithms of keys that are being made.
    awaited: Vec<SigningAlgorithm>,
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
        if activate || self.active.is_none() {
            self.active = Some(key);
        }
        self.publish();
    }
}

/// The thread that makes the first keys. It is waited for: at the end of a process OpenSSL takes itself down, and a
/// thread that is still in it takes the process with it.
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
    /// Begins to make a key for each of `algorithms` on a thread of its own, the configured one aside, and returns at
    /// once. The first key signs.
    pub(crate) fn begin(
        algorithms: &[SigningAlgorithm],
        configured: Option<&str>,
        limit: usize,
    ) -> Result<Self, KeyError> {
        let first = *algorithms.first().ok_or(KeyError::NoAlgorithm)?;
        let configured = configured.map(|pem| SigningKey::from_pem(first, pem)).transpose()?;
        let awaited = algorithms[usize::from(configured.is_some())..].to_vec();
        let ring = Arc::new(Mutex::new(Ring { awaited: awaited.clone(), ..Ring::default() }));
        if let Some(key) = configured {
            lock(&ring).add(Arc::new(key), true);
        }
        let (announce, first) = watch::channel(First::Awaited);
        let maker = if awaited.is_empty() {
            announce.send_replace(First::Ready);
            None
        } else {
            let ring = Arc::clone(&ring);
            let thread = std::thread::Builder::new()
                .name("first-keys".to_owned())
                .spawn(move || {
                    let made: Result<Vec<_>, _> = awaited.into_iter().map(SigningKey::generate).collect();
                    let outcome = match made {
                        Ok(keys) => {
                            let mut ring = lock(&ring);
                            ring.awaited.clear();
                            for key in keys {
                                ring.add(Arc::new(key), false);
                            }
                            First::Ready
                        }
                        Err(error) => {
                            tracing::error!(%error, "no signing key");
                            First::Failed
                        }
                    };
                    announce.send_replace(outcome);
                })
                .map_err(library("start the thread that makes the first keys"))?;
            Some(thread)
        };
        let limit = limit.max(algorithms.len() + 1);
        Ok(Self { limit, ring, first, _maker: Maker(maker), foreign: tokio::sync::Mutex::default() })
    }

    /// The algorithms of all keys that are published, or will be as soon as they are made; the active one comes first.
    pub(crate) fn algorithms(&self) -> Vec<SigningAlgorithm> {
        let ring = lock(&self.ring);
        let active = ring.active.iter().map(|key| key.algorithm);
        let published = ring.keys.iter().filter(|held| held.published).map(|held| held.key.algorithm);
        let mut each = Vec::new();
        for algorithm in active.chain(published).chain(ring.awaited.iter().copied()) {
            if !each.contains(&algorithm) {
                each.push(algorithm);
            }
        }
        each
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
    pub(crate) async fn foreign(&self, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, KeyError> {
        let mut foreign = self.foreign.lock().await;
        if let Some(key) = foreign.get(&algorithm) {
            return Ok(Arc::clone(key));
        }
        let key = generate_elsewhere(algorithm).await?;
        foreign.insert(algorithm, Arc::clone(&key));
        Ok(key)
    }

    /// Adds a key to the JWKS, of the active one's algorithm unless told otherwise, and signs with it from now on where
    /// that is wanted. Gives the new key's identifier and the one that was active before.
    pub(crate) async fn rotate(
        &self,
        activate: bool,
        algorithm: Option<SigningAlgorithm>,
    ) -> Result<(String, String), KeyError> {
        let previous = self.active().await?;
        self.make_room()?;
        let key = generate_elsewhere(algorithm.unwrap_or(previous.algorithm)).await?;
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
                alg: held.key.algorithm.as_str(),
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
async fn generate_elsewhere(algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, KeyError> {
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
    made.map_err(library("make a key"))?.map(Arc::new)
}

// A thread that panicked left whole keys behind it or none: every change under this lock is one step.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_algorithm_signs_what_its_key_alone_verifies() {
        for algorithm in SigningAlgorithm::ALL {
            let (key, other) = (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
            let signature = key.sign(b"message").unwrap();

            assert!(key.verifies(b"message", &signature), "{algorithm}");
            assert!(!key.verifies(b"another", &signature), "{algorithm}");
            assert!(!other.verifies(b"message", &signature), "{algorithm}");
            for wrong in [vec![], vec![0; 64], vec![0; 256], vec![1; 63], signature[1..].to_vec()] {
                assert!(!key.verifies(b"message", &wrong), "{algorithm} {}", wrong.len());
            }
            assert_ne!(key.kid, other.kid);
        }
    }

    /// A number of a signature may be short, and has all its bytes all the same (RFC 7518 section 3.4).
    #[test]
    fn an_es256_signature_has_its_length_whatever_its_numbers() {
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let signatures: Vec<_> = (0..2000_u32).map(|n| (n, key.sign(&n.to_be_bytes()).unwrap())).collect();

        assert!(signatures.iter().any(|(_, signature)| signature[0] == 0 || signature[32] == 0));
        for (n, signature) in signatures {
            assert_eq!(signature.len(), 64);
            assert!(key.verifies(&n.to_be_bytes(), &signature), "{signature:?}");
        }
    }

    #[test]
    fn a_configured_key_must_fit_the_first_algorithm() {
        let pem = |algorithm| {
            let key = SigningKey::generate(algorithm).unwrap();
            (key.kid.clone(), String::from_utf8(key.pair.private_key_to_pem_pkcs8().unwrap()).unwrap())
        };
        for algorithm in SigningAlgorithm::ALL {
            let (kid, pem) = pem(algorithm);
            assert_eq!(SigningKey::from_pem(algorithm, &pem).unwrap().kid, kid);
            let other =
                if algorithm == SigningAlgorithm::Es256 { SigningAlgorithm::EdDsa } else { SigningAlgorithm::Es256 };
            let refused = Keys::begin(&[other], Some(&pem), 8).err();
            assert!(matches!(refused, Some(KeyError::WrongKind { algorithm }) if algorithm == other), "{refused:?}");
        }
        assert!(matches!(Keys::begin(&[], None, 8), Err(KeyError::NoAlgorithm)));
    }

    /// RFC 8037 appendix A.3.
    #[test]
    fn a_thumbprint_is_that_of_the_specification() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let members = [("crv", "Ed25519"), ("kty", "OKP"), ("x", x)].map(|(name, value)| (name, value.to_owned()));

        assert_eq!(thumbprint(&members), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
