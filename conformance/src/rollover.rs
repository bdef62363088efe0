//! New keys in the zone's set, put to the server once for all checks that judge what it makes of them: first a plain key
//! beside the old one, then a set without that key and with keys of every odd kind.
//!
//! A set costs the wait that the server's cache forces, so the odd kinds share one. Where the server does not take it up, or
//! refuses a key that it should take, that kind is put to it once more by itself: no oddity answers for another's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::check::Stop;
use crate::client::Connections;
use crate::context::Context;
use crate::reply::{Outcome, Reply};
use crate::survey::random_id;
use crate::text::quoted;
use crate::token::{ForeignKey, ForgeError, Token};
use crate::transcript::Exchange;
use crate::zone::{Document, Zone};

/// How long a server that asked for a set may take to use it.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);

/// The order of the curve P-256 (SEC 2 section 2.4.2): no number of a signature reaches it.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// What a server made of new keys.
#[derive(Debug)]
pub struct Rollover {
    /// The plain key that was put beside the old one.
    pub plain: Uptake,
    /// The same key, once the server had read a set without it.
    pub retired: Retired,
    /// The kinds of keys of the second set.
    seen: BTreeMap<Kind, Seen>,
    /// The evidence.
    pub exchanges: Vec<Arc<Exchange>>,
}

/// Whether a server took a set up: whether it serves a token of a key that is new in it.
#[derive(Debug)]
pub enum Uptake {
    /// After so long.
    Taken(Duration),
    /// It asked for the set, and refused the token all the same; so.
    Refused(String),
    /// It did not ask for the set in time; the last answer.
    Unread(String),
    /// What came is no verdict on the token.
    Unclear(String),
}

/// How a key that was taken out of the set ended.
#[derive(Debug)]
pub enum Retired {
    /// Its token was refused, so long after the server had read a set without it.
    Refused(Duration),
    /// Its token was still served so long after that, and refused when the server had been started anew.
    Cached(Duration),
    /// Its token was still served in the end; so.
    Kept(String),
    /// Nothing can be said, because of this.
    Unclear(String),
}

/// Something about keys that a set may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two plain keys, whose names differ in the last character.
    Plain,
    /// Keys of a type or a curve that nobody knows, or without what makes them keys; no token is signed with them.
    Unknown,
    /// A key with members that nobody knows.
    Members,
    /// Two keys whose names differ in letter case.
    LetterCase,
    /// An RSA key of 1024 bits.
    Short,
    /// A key for encryption.
    Encryption,
    /// A key for another algorithm than its token names.
    OtherAlgorithm,
    /// A key on an elliptic curve.
    Elliptic,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Unknown,
        Self::Members,
        Self::LetterCase,
        Self::Short,
        Self::Encryption,
        Self::OtherAlgorithm,
        Self::Elliptic,
    ];

    /// Whether a refusal of its tokens is what a check looks for.
    fn is_to_be_served(self) -> bool {
        matches!(self, Self::Plain | Self::Members | Self::LetterCase)
    }
}

/// What was seen of a kind of keys.
#[derive(Debug)]
pub enum Seen {
    /// The server read a set with it; the answers to its tokens, in order.
    Read(Vec<Answer>),
    /// The server asked for a set with it, and then did not know the other keys of that set either; so.
    Spoilt(String),
    /// Nothing, because of this.
    Nothing(String),
}

/// The answer to a token.
#[derive(Debug)]
pub struct Answer {
    /// Which token.
    pub what: &'static str,
    /// The answer.
    pub reply: Reply,
}

impl Rollover {
    /// Puts the new keys to the server, and gives the zone's own set back.
    ///
    /// # Errors
    /// Inconclusive where zone or server give no answer.
    pub async fn go_through(cx: &Context) -> Result<Self, Stop> {
        cx.may_ask_for_keys()?;
        let token = cx.accepted_token().await?;
        let made = Pairs::make();
        let zone = cx.zone()?;
        let kid = zone.publish_key().await?;
        let since = zone.last_request().await?;
        let plain = cx.sign(&token.but(|t| t.header("kid", kid.as_str())), "token of a new key").await?;
        let begun = Instant::now();
        let taken = take_up(cx, &plain, "a token of a new key", since, None).await?;
        let mut rollover = Self {
            plain: taken,
            retired: Retired::Unclear(String::new()),
            seen: BTreeMap::new(),
            exchanges: Vec::new(),
        };
        let alg = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if alg != "RS256" {
            let why = format!("the server wants {}, and the suite's key sets are of RS256", quoted(alg));
            rollover.retired = Retired::Unclear(why.clone());
            rollover.seen = Kind::ALL.map(|kind| (kind, Seen::Nothing(why.clone()))).into();
        } else if let Some(how) = rollover.plain.not_taken() {
            let why = format!("a token of a plain key that was added to the zone's set still got {how}");
            rollover.retired = Retired::Unclear(why.clone());
            rollover.seen = Kind::ALL.map(|kind| (kind, Seen::Nothing(why.clone()))).into();
        } else if let Some(how) = refused_by_another_process(cx, &plain).await? {
            let why = format!(
                "a token of a new key was served, and after that got {how}: the server seems to have several processes, each \
                 with a copy of the key set, so that what a further set changes cannot be told; run it with one"
            );
            rollover.retired = Retired::Unclear(why.clone());
            rollover.seen = Kind::ALL.map(|kind| (kind, Seen::Nothing(why.clone()))).into();
        } else if zone.was_asked_for(Document::Introspection, since).await? {
            let why =
                "the server asks its zone about each token, and of the keys in the suite's sets the zone knows nothing";
            rollover.retired = Retired::Unclear(why.to_owned());
            rollover.seen = Kind::ALL.map(|kind| (kind, Seen::Nothing(why.to_owned()))).into();
        } else {
            let pairs = made.await?;
            // Without the key that was just taken up.
            let base: Vec<Value> =
                zone.keys().await?.into_iter().filter(|k| k.published && k.kid != kid).map(|k| k.jwk).collect();
            let offers = Offers { cx, zone, token: &token, pairs: &pairs, base: &base };
            let changed = rollover.change_sets(&offers, &plain, begun).await;
            zone.mend(Document::Jwks).await?;
            changed?;
        }
        rollover.exchanges = cx.exchanges();
        Ok(rollover)
    }

    /// What was seen of a kind of keys.
    pub fn seen(&self, kind: Kind) -> &Seen {
        static NOTHING: Seen = Seen::Nothing(String::new());
        self.seen.get(&kind).unwrap_or(&NOTHING)
    }

    /// The answers to the tokens of a kind of keys.
    ///
    /// # Errors
    /// Inconclusive where the server was not seen to read a set with such keys: then a refusal proves nothing.
    pub fn answers(&self, kind: Kind) -> Result<&[Answer], Stop> {
        match self.seen(kind) {
            Seen::Read(answers) => Ok(answers),
            Seen::Spoilt(how) => {
                let because =
                    format!("with such a key in its zone's set the server did not know the set's other keys: {how}");
                Err(Stop::inconclusive(because))
            }
            Seen::Nothing(why) => Err(Stop::inconclusive(why)),
        }
    }

    async fn change_sets(&mut self, offers: &Offers<'_>, retired: &str, begun: Instant) -> Result<(), Stop> {
        let mut read = None;
        match offers.put(&Kind::ALL).await? {
            Put::Read(answers) => {
                read = Some(Instant::now());
                self.seen.extend(answers.into_iter().map(|(kind, answers)| (kind, Seen::Read(answers))));
            }
            Put::Spoilt(_) => {}
            Put::Nothing(why) => {
                self.retired = Retired::Unclear(why.clone());
                self.seen = Kind::ALL.map(|kind| (kind, Seen::Nothing(why.clone()))).into();
                return Ok(());
            }
        }
        for kind in Kind::ALL {
            let is_settled = match self.seen.get(&kind) {
                Some(Seen::Read(answers)) => {
                    !kind.is_to_be_served() || answers.iter().all(|a| a.reply.outcome() == Outcome::Served)
                }
                _ => false,
            };
            if is_settled {
                continue;
            }
            if begun.elapsed() > SETS_WITHIN {
                // A server that looks once a minute would take ten minutes for what spoils a set.
                let so_far = begun.elapsed().as_secs();
                let why = format!("the server took {so_far} s to look at two sets, and was shown no further one");
                self.seen.entry(kind).or_insert(Seen::Nothing(why));
                continue;
            }
            let seen = match offers.put(&[kind]).await? {
                Put::Read(mut answers) => {
                    read = read.or(Some(Instant::now()));
                    Seen::Read(answers.remove(&kind).unwrap_or_default())
                }
                Put::Spoilt(how) => Seen::Spoilt(how),
                Put::Nothing(why) => Seen::Nothing(why),
            };
            self.seen.insert(kind, seen);
        }
        self.retired = match read {
            Some(read) => retire(offers.cx, retired, read).await?,
            None => Retired::Unclear("the server took up no set without the key".to_owned()),
        };
        Ok(())
    }
}

impl Uptake {
    /// How the set was not taken up.
    fn not_taken(&self) -> Option<&str> {
        match self {
            Self::Taken(_) => None,
            Self::Refused(how) | Self::Unread(how) | Self::Unclear(how) => Some(how),
        }
    }
}

/// Sends a token of a key that is new in the set, until it is served. Where `settling` is given, no longer than that after
/// the server was seen to ask for the set.
async fn take_up(
    cx: &Context,
    token: &str,
    what: &str,
    since: u64,
    settling: Option<Duration>,
) -> Result<Uptake, Stop> {
    let zone = cx.zone()?;
    let started = Instant::now();
    let mut waits = cx.waits("the server to take up new keys of its zone", cx.options().key_wait);
    let mut asked: Option<Instant> = None;
    loop {
        let reply = cx.call(token, what).await?;
        let is_refusal = match reply.outcome() {
            Outcome::Served => return Ok(Uptake::Taken(started.elapsed())),
            Outcome::Unauthorized | Outcome::Forbidden | Outcome::ServerError => true,
            Outcome::NoVerdict if reply.is_in_front() => false,
            Outcome::NoVerdict | Outcome::NotServedIn2xx => return Ok(Uptake::Unclear(reply.describe())),
        };
        let has_settled = settling.zip(asked).is_some_and(|(settling, asked)| asked.elapsed() >= settling);
        if asked.is_none() && zone.was_asked_for(Document::Jwks, since).await? {
            asked = Some(Instant::now());
        }
        if has_settled || !waits.again().await {
            return Ok(match (is_refusal, asked) {
                (false, _) => Uptake::Unclear(reply.describe()),
                (true, Some(_)) => Uptake::Refused(reply.describe()),
                (true, None) => {
                    cx.did_not_ask_for_keys();
                    Uptake::Unread(reply.describe())
                }
            });
        }
    }
}

/// How a token was refused that had been served: by a process that has not read the new set.
async fn refused_by_another_process(cx: &Context, token: &str) -> Result<Option<String>, Stop> {
    let client = cx.apart(Connections::OneEach)?;
    for _ in 0..CONNECTIONS_TRIED {
        let request =
            cx.bearing().bearer(token).purpose("a token of a new key once more, over a connection of its own");
        let reply = cx.send_over(&client, &request).await?;
        if matches!(reply.outcome(), Outcome::Unauthorized | Outcome::Forbidden) {
            return Ok(Some(reply.describe()));
        }
    }
    Ok(None)
}

/// Sends a token of a key that the server must have seen to be gone, until it is refused.
///
/// Some servers keep each key for a time of its own, for which no text sets a bound. Where the server can be started anew,
/// that shows without the wait whether the key is gone with its cache.
async fn retire(cx: &Context, token: &str, read: Instant) -> Result<Retired, Stop> {
    let can_restart = cx.can_restart();
    let key_wait = cx.options().key_wait;
    let bound = if can_restart { key_wait.min(BEFORE_RESTART) } else { key_wait };
    let mut waits = cx.waits("the server to drop a key that its zone has taken out", bound);
    let mut looks_at_keys = None;
    loop {
        let reply = cx.call(token, "a token of the key that was taken out of the set").await?;
        let outcome = reply.outcome();
        if outcome == Outcome::Served && looks_at_keys.is_none() {
            // Who serves forged tokens has no key to drop, and is not waited for.
            let kid = format!("conformance-{}", random_id());
            let draft = cx.survey().accepted()?.but(|t| t.header("kid", kid));
            let forged = cx.note(draft.signed_with_key(cx.foreign_key().await?)?, "forged token");
            let is_served = cx.call(&forged, "a forged token").await?.outcome() == Outcome::Served;
            looks_at_keys = Some(!is_served);
        }
        match outcome {
            Outcome::Unauthorized | Outcome::Forbidden => return Ok(Retired::Refused(read.elapsed())),
            Outcome::Served if looks_at_keys == Some(false) => return Ok(Retired::Kept(reply.describe())),
            _ if waits.again().await => {}
            Outcome::Served if can_restart => return anew(cx, token, read).await,
            Outcome::Served => return Ok(Retired::Kept(reply.describe())),
            _ => return Ok(Retired::Unclear(format!("the answer was {}", reply.describe()))),
        }
    }
}

/// The same of a server that has just been started, and so has nothing in a cache.
async fn anew(cx: &Context, token: &str, read: Instant) -> Result<Retired, Stop> {
    let cached = read.elapsed();
    if !cx.restart().await? {
        return Ok(Retired::Unclear("the server did not start anew".to_owned()));
    }
    let accepted = cx.current_token().await?;
    let control = cx.call_as_another(&accepted.compact, "the accepted token after a new start (control)").await?;
    if control.outcome() != Outcome::Served {
        return Ok(Retired::Unclear(format!("after a new start the accepted token got {}", control.describe())));
    }
    let reply = cx.call_as_another(token, "a token of the key that was taken out, after a new start").await?;
    Ok(match reply.outcome() {
        Outcome::Unauthorized | Outcome::Forbidden => Retired::Cached(cached),
        Outcome::Served => Retired::Kept(format!("{}, also after a new start", reply.describe())),
        _ => Retired::Unclear(format!("after a new start the answer was {}", reply.describe())),
    })
}

/// How many connections are opened to find out whether one process answers them all.
const CONNECTIONS_TRIED: usize = 8;

/// No further set is put to a server that has taken this long for those before.
const SETS_WITHIN: Duration = Duration::from_secs(100);

/// How long a key that is gone may be served before the server is started anew.
const BEFORE_RESTART: Duration = Duration::from_secs(5);

/// What came of putting a set to the server.
enum Put {
    Read(BTreeMap<Kind, Vec<Answer>>),
    Spoilt(String),
    Nothing(String),
}

/// What sets are made of.
struct Offers<'a> {
    cx: &'a Context,
    zone: &'a Zone,
    token: &'a Token,
    pairs: &'a Pairs,
    /// The zone's own keys.
    base: &'a [Value],
}

/// A set, and tokens of its keys.
struct Offer {
    keys: Vec<Value>,
    /// The token by which the server is seen to have read the set.
    witness: String,
    tokens: BTreeMap<Kind, Vec<(&'static str, String)>>,
}

impl Offers<'_> {
    /// Has the zone publish a set with these kinds of keys, waits until the server has taken it up, and sends the tokens.
    async fn put(&self, kinds: &[Kind]) -> Result<Put, Stop> {
        let offer = self.offer(kinds)?;
        for token in offer.tokens.values().flatten().map(|(_, token)| token).chain([&offer.witness]) {
            self.cx.note(token.clone(), "token of a key that the suite published");
        }
        let options = self.cx.options();
        let at_most = options.key_wait * 3 + options.timeout * 12;
        self.zone.falsify(Document::Jwks, json!({"json": {"keys": offer.keys}}), at_most).await?;
        let since = self.zone.last_request().await?;
        let taken = take_up(self.cx, &offer.witness, "a token of a new key", since, Some(SETTLES_WITHIN)).await?;
        match taken {
            Uptake::Taken(_) => {}
            Uptake::Refused(how) => return Ok(Put::Spoilt(how)),
            Uptake::Unread(how) => {
                let within = options.key_wait.as_secs();
                return Ok(Put::Nothing(format!(
                    "the server did not ask for its zone's new key set within {within} s; it answered {how}"
                )));
            }
            Uptake::Unclear(how) => return Ok(Put::Nothing(format!("a token of a new key got {how}"))),
        }
        let mut answers = BTreeMap::new();
        for (kind, tokens) in offer.tokens {
            answers.insert(kind, self.send(kind, tokens).await?);
        }
        Ok(Put::Read(answers))
    }

    async fn send(&self, kind: Kind, tokens: Vec<(&'static str, String)>) -> Result<Vec<Answer>, Stop> {
        let mut answers = Vec::new();
        for (what, token) in tokens {
            let reply = self.cx.call(&token, what).await?;
            let is_served = reply.outcome() == Outcome::Served;
            answers.push(Answer { what, reply });
            if kind == Kind::Elliptic && answers.len() == 1 && !is_served {
                // Forgeries say nothing where the true signature is not taken either.
                break;
            }
        }
        Ok(answers)
    }

    fn offer(&self, kinds: &[Kind]) -> Result<Offer, ForgeError> {
        let id = random_id();
        let name = |what: &str| format!("{what}-{id}");
        let has = |kind| kinds.contains(&kind);
        let mut keys = Vec::new();
        if has(Kind::Unknown) {
            // Before the others, for who stops at the first that cannot be read.
            keys.extend([
                json!({"kty": "XYZ", "kid": name("type"), "use": "sig", "alg": "RS256"}),
                json!({"kty": "RSA", "kid": name("incomplete"), "use": "sig", "alg": "RS256", "e": "AQAB"}),
                json!({"kty": "EC", "crv": "P-999", "kid": name("curve"), "use": "sig", "x": "AA", "y": "AA"}),
            ]);
        }
        keys.extend_from_slice(self.base);
        let pairs = self.pairs;
        let mut tokens: BTreeMap<Kind, Vec<(&'static str, String)>> = kinds.iter().map(|k| (*k, Vec::new())).collect();
        let mut add =
            |kind, what, pair: &ForeignKey, kid: &str, change: fn(&mut Value)| -> Result<String, ForgeError> {
                let mut jwk = pair.jwk(kid)?;
                change(&mut jwk);
                keys.push(jwk);
                let token = self.signed(pair, kid)?;
                tokens.entry(kind).or_default().push((what, token.clone()));
                Ok(token)
            };
        let as_it_is: fn(&mut Value) = |_| {};

        let mut witness = None;
        // A kind that has keys to be served brings a witness of its own, so that alone it is the only thing that is new.
        if has(Kind::Plain) || !kinds.iter().any(|kind| kind.is_to_be_served()) {
            let kid = format!("{id}-plain-");
            witness = Some(add(Kind::Plain, "a token of a new key", &pairs.plain, &format!("{kid}1"), as_it_is)?);
            if has(Kind::Plain) {
                add(Kind::Plain, "a token of a second new key", &pairs.second, &format!("{kid}2"), as_it_is)?;
            }
        }
        if has(Kind::Members) {
            let what = "a token of a key with unknown members";
            let token = add(Kind::Members, what, &pairs.members, &name("members"), |jwk| {
                jwk["x-conformance"] = json!({"nested": [1, null, true]});
                jwk["note"] = "a member that no registry has".into();
            })?;
            witness = witness.or(Some(token));
        }
        if has(Kind::LetterCase) {
            let what = "a token of the key whose name has capitals";
            let token = add(Kind::LetterCase, what, &pairs.upper, &name("Key-A"), as_it_is)?;
            witness = witness.or(Some(token));
            let what = "a token of the key whose name has none";
            add(Kind::LetterCase, what, &pairs.lower, &name("key-a"), as_it_is)?;
        }
        if has(Kind::Short) {
            add(Kind::Short, "a token of a key of 1024 bits", &pairs.short, &name("short"), as_it_is)?;
        }
        if has(Kind::Encryption) {
            let what = "a token of a key for encryption";
            add(Kind::Encryption, what, &pairs.encryption, &name("encryption"), |jwk| {
                jwk["use"] = "enc".into();
                jwk["alg"] = "RSA-OAEP-256".into();
            })?;
        }
        if has(Kind::OtherAlgorithm) {
            let what = "an RS256 token of a key for PS256";
            add(Kind::OtherAlgorithm, what, &pairs.other, &name("other"), |jwk| jwk["alg"] = "PS256".into())?;
        }
        if has(Kind::Elliptic) {
            let token = add(Kind::Elliptic, "an ES256 token", &pairs.elliptic, &name("elliptic"), as_it_is)?;
            tokens.entry(Kind::Elliptic).or_default().extend(forged_numbers(&token));
        }
        if has(Kind::Plain) {
            let old = ("the accepted token, of a key that the set had before", self.token.compact.clone());
            tokens.entry(Kind::Plain).or_default().push(old);
        }
        Ok(Offer { keys, witness: witness.unwrap_or_default(), tokens })
    }

    /// The accepted token, signed by another key under this name.
    fn signed(&self, pair: &ForeignKey, kid: &str) -> Result<String, ForgeError> {
        let draft = self.token.but(|t| {
            t.header("kid", kid);
            t.header("alg", pair.algorithm());
        });
        draft.signed_with_key(pair)
    }
}

/// An ES256 token with signatures whose numbers are none (RFC 8725 section 3.4; FIPS 186-5 section 6.4.2).
fn forged_numbers(token: &str) -> Vec<(&'static str, String)> {
    let Some((input, signature)) = token.rsplit_once('.') else { return Vec::new() };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let Some((r, s)) = signature.split_at_checked(P256_ORDER.len()) else { return Vec::new() };
    let zero = [0; 32];
    let forged: [(&'static str, &[u8], &[u8]); 5] = [
        ("an ES256 token with r and s zero", &zero, &zero),
        ("an ES256 token with r and s the order of the curve", &P256_ORDER, &P256_ORDER),
        ("an ES256 token with r the order of the curve", &P256_ORDER, s),
        ("an ES256 token with s the order of the curve", r, &P256_ORDER),
        ("an ES256 token with an empty signature", &[], &[]),
    ];
    forged.map(|(what, r, s)| (what, format!("{input}.{}", URL_SAFE_NO_PAD.encode([r, s].concat())))).into()
}

/// The keys that a set may have beside the zone's own. The suite has the private halves.
struct Pairs {
    plain: ForeignKey,
    second: ForeignKey,
    members: ForeignKey,
    upper: ForeignKey,
    lower: ForeignKey,
    short: ForeignKey,
    encryption: ForeignKey,
    other: ForeignKey,
    elliptic: ForeignKey,
}

impl Pairs {
    /// Begins to make them at once, on threads of their own.
    fn make() -> impl Future<Output = Result<Self, Stop>> {
        let rsa = |bits| made(move || ForeignKey::rsa(bits));
        let (plain, second, members, upper, lower) = (rsa(2048), rsa(2048), rsa(2048), rsa(2048), rsa(2048));
        let (short, encryption, other, elliptic) = (rsa(1024), rsa(2048), rsa(2048), made(ForeignKey::p256));
        async {
            Ok(Self {
                plain: plain.await?,
                second: second.await?,
                members: members.await?,
                upper: upper.await?,
                lower: lower.await?,
                short: short.await?,
                encryption: encryption.await?,
                other: other.await?,
                elliptic: elliptic.await?,
            })
        }
    }
}

fn made(
    make: impl FnOnce() -> Result<ForeignKey, ForgeError> + Send + 'static,
) -> impl Future<Output = Result<ForeignKey, Stop>> {
    let making = tokio::task::spawn_blocking(make);
    async { Ok(making.await.map_err(|e| Stop::Bug { what: e.to_string() })??) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_forged_signature_has_the_numbers_of_the_true_one() {
        let signature = [[7_u8; 32], [9; 32]].concat();
        let token = format!("e30.e30.{}", URL_SAFE_NO_PAD.encode(&signature));
        let forged = forged_numbers(&token);
        assert_eq!(forged.len(), 5);
        for (what, forged) in forged {
            let (input, encoded) = forged.rsplit_once('.').unwrap();
            assert_eq!(input, "e30.e30");
            let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap();
            assert!(bytes.is_empty() || bytes.len() == 64, "{what}");
            assert_ne!(bytes, signature, "{what}");
        }
    }
}
