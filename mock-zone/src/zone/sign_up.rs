//! Signing up: an address and a password, an invitation where the zone demands one, and a code that proves the address.
//!
//! Known of the real zone: the pages' paths, that sign-up happens within a client's flow, that an address is verified by
//! a code, that invitations are an allowlist. Our choice: the code's form and limits, and what is said of an address that
//! is taken. Who has not proven their address is no user yet: nothing but these pages knows of them.

use std::time::Duration;

use jiff::Timestamp;

use super::bounded::Bounded;
use super::directory::DirectoryError;
use super::flow::{Advance, Flow, FlowError, Next, Page, Posted, Step};
use super::secret::Secret;
use super::{Zone, display, later};
use crate::audit::{Draft, EventName, Source};
use crate::config::UserConfig;
use crate::ports::Entropy;

/// The longest e-mail address that can be typed (RFC 5321 section 4.5.3.1 leaves 254 characters of it).
pub(crate) const LONGEST_ADDRESS: usize = 254;
pub(crate) const SHORTEST_PASSWORD: usize = 8;

/// How long a code is valid.
const CODE_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How often it may be typed wrong.
const TRIES: u32 = 5;
/// No vowels, so that a code spells no word, and nothing that looks like something else (RFC 8628 section 6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH: usize = 8;

/// Whoever signed up and has not proven their address yet.
#[derive(Clone)]
pub(super) struct SignUp {
    id: String,
    email: String,
    pub(super) password: Secret,
    code: Code,
}

#[derive(Clone)]
struct Code {
    letters: Secret,
    tries_left: u32,
    expires_at: Timestamp,
}

impl Code {
    fn is_open(&self, now: Timestamp) -> bool {
        self.tries_left > 0 && self.expires_at > now
    }
}

/// A code that waits to be typed.
pub(crate) struct Verification {
    pub(crate) email: String,
    pub(crate) code: String,
    pub(crate) expires_at: Timestamp,
}

pub(super) struct SignUps {
    /// By address, in small letters.
    waiting: Bounded<String, SignUp>,
    invited: Bounded<String, ()>,
}

impl SignUps {
    pub(super) fn new(waiting: usize, invited: usize) -> Self {
        Self { waiting: Bounded::new(waiting), invited: Bounded::new(invited) }
    }
}

/// What came of a code.
enum Tried {
    Right(SignUp),
    Wrong { left: u32 },
    Over,
}

impl Zone {
    /// Lets an address sign up. Tells whether it is new; `None`: it is no address.
    pub(crate) fn invite(&self, email: &str) -> Option<bool> {
        let key = address(email)?.to_lowercase();
        let mut state = self.state();
        let is_new = state.sign_ups.invited.find(&key).is_none();
        if is_new {
            state.sign_ups.invited.insert(key, ());
        }
        Some(is_new)
    }

    /// The codes that wait to be typed, which the real zone sends by mail.
    pub(crate) fn verifications(&self) -> Vec<Verification> {
        let now = self.now();
        let state = self.state();
        let waiting = state.sign_ups.waiting.values().filter(|sign_up| sign_up.code.is_open(now));
        let mut all: Vec<_> = waiting
            .map(|sign_up| Verification {
                email: sign_up.email.clone(),
                code: shown(sign_up.code.letters.reveal()),
                expires_at: sign_up.code.expires_at,
            })
            .collect();
        drop(state);
        all.sort_by(|a, b| a.email.cmp(&b.email));
        all
    }

    /// Takes an address and a password, and sends a code to that address. A failure leaves an event.
    pub(crate) fn sign_up(
        &self,
        form: Posted<'_>,
        email: &str,
        password: &str,
        source: &Source,
    ) -> Result<Advance, FlowError> {
        let taken = self.posted(Page::SignIn, form).and_then(|flow| {
            let email = self.free_address(email)?;
            if password.chars().count() < SHORTEST_PASSWORD {
                return Err(FlowError::ShortPassword);
            }
            self.take_flow(form.flow_id)?;
            Ok((flow, email))
        });
        let (flow, email) = taken.inspect_err(|error| self.record_failure(form.flow_id, None, error, source))?;
        let sign_up = SignUp {
            id: self.draw_identifier(),
            email,
            password: Secret::new(password),
            code: Code { letters: Secret::new(""), tries_left: 0, expires_at: self.now() },
        };
        // Nobody has proven the address, so whoever signs up with it last has it.
        let key = sign_up.email.to_lowercase();
        let mut state = self.state();
        match state.sign_ups.waiting.find_mut(&key) {
            Some(older) => *older = sign_up.clone(),
            None => state.sign_ups.waiting.insert(key, sign_up.clone()),
        }
        drop(state);
        Ok(Advance::to(self.turn_to_code(&sign_up, flow)))
    }

    fn free_address(&self, email: &str) -> Result<String, FlowError> {
        let email = address(email).ok_or(FlowError::NoAddress)?;
        // First, so that who is not invited learns nothing about who has an account.
        let is_invited = |email: &str| self.state().sign_ups.invited.find(&email.to_lowercase()).is_some();
        if self.config.requires_invitation && !is_invited(email) {
            return Err(FlowError::InvitationRequired);
        }
        if self.with_directory(|directory| directory.user_by_email(email)).is_some() {
            return Err(FlowError::AddressTaken);
        }
        Ok(email.to_owned())
    }

    /// Whoever signed up with this address and has not proven it.
    pub(super) fn sign_up_of(&self, email: &str) -> Option<SignUp> {
        self.state().sign_ups.waiting.find(&email.trim().to_lowercase()).cloned()
    }

    /// Asks who knows their password to prove their address first. It leaves an event, since nobody is signed in.
    pub(super) fn ask_for_code(&self, sign_up: &SignUp, flow: Flow, source: &Source) -> Advance {
        self.record(Draft {
            reason: Some("EMAIL_UNVERIFIED"),
            ..self.authentication(None, Some(&flow.request), source, "Your login failed")
        });
        Advance::to(self.turn_to_code(sign_up, flow))
    }

    fn turn_to_code(&self, sign_up: &SignUp, flow: Flow) -> Next {
        self.send_code(&sign_up.id, &sign_up.email);
        let step = Step::VerifyEmail { email: sign_up.email.clone(), sign_up: sign_up.id.clone() };
        self.turn_to(flow.request, flow.browser, step)
    }

    /// Replaces the code of a sign-up. Where a real zone sends a mail, this one writes its log.
    fn send_code(&self, sign_up: &str, email: &str) {
        let letters = draw_code(&*self.ports.entropy);
        let code = Code {
            letters: Secret::new(letters.clone()),
            tries_left: TRIES,
            expires_at: later(self.now(), CODE_LIFETIME),
        };
        let mut state = self.state();
        let waiting = state.sign_ups.waiting.find_mut(&email.to_lowercase());
        let Some(waiting) = waiting.filter(|waiting| waiting.id == sign_up) else {
            return;
        };
        waiting.code = code;
        drop(state);
        tracing::info!(email, code = shown(&letters), "a code to verify this address, instead of a mail");
    }

    /// Sends a new code to the address of a flow; the one before works no more.
    pub(crate) fn resend_code(&self, form: Posted<'_>, source: &Source) -> Result<(), FlowError> {
        let flow = self.posted(Page::VerifyEmail, form);
        let flow = flow.inspect_err(|error| self.record_failure(form.flow_id, None, error, source))?;
        if let Step::VerifyEmail { email, sign_up } = &flow.step {
            self.send_code(sign_up, email);
        }
        Ok(())
    }

    /// Makes a user of whoever types the code, signs them in and goes on. A failure leaves an event.
    pub(crate) fn verify_email(&self, form: Posted<'_>, typed: &str, source: &Source) -> Result<Advance, FlowError> {
        let verified = self.posted(Page::VerifyEmail, form).and_then(|flow| {
            let Step::VerifyEmail { email, sign_up } = &flow.step else {
                return Err(FlowError::UnknownFlow);
            };
            let sign_up = match self.try_code(email, sign_up, typed) {
                Tried::Right(sign_up) => sign_up,
                Tried::Wrong { left } => return Err(FlowError::WrongCode { left }),
                Tried::Over => return Err(FlowError::CodeOver),
            };
            self.take_flow(form.flow_id)?;
            let user = UserConfig { email: sign_up.email, password: sign_up.password, identifier: None };
            let added = self.with_directory(|directory| directory.add_user(&user));
            let user = added.map_err(|error| match error {
                DirectoryError::UserTaken(_) => FlowError::AddressTaken,
                _ => FlowError::NoRoom,
            })?;
            Ok((flow, user))
        });
        let (flow, user) = verified.inspect_err(|error| self.record_failure(form.flow_id, None, error, source))?;
        self.record(Draft {
            name: EventName::UsersCreate,
            ..self.authentication(Some(&user), Some(&flow.request), source, "You signed up")
        });
        Ok(self.admit(&user, flow, source, "You logged in successfully"))
    }

    /// Tries a code. A right one ends the sign-up that it belongs to, so it works once.
    fn try_code(&self, email: &str, sign_up: &str, typed: &str) -> Tried {
        let now = self.now();
        let mut state = self.state();
        let key = email.to_lowercase();
        let waiting = state.sign_ups.waiting.find_mut(&key);
        let Some(waiting) = waiting.filter(|waiting| waiting.id == sign_up && waiting.code.is_open(now)) else {
            return Tried::Over;
        };
        if !waiting.code.letters.matches(&letters_of(typed)) {
            waiting.code.tries_left -= 1;
            return match waiting.code.tries_left {
                0 => Tried::Over,
                left => Tried::Wrong { left },
            };
        }
        state.sign_ups.waiting.remove(&key).map_or(Tried::Over, Tried::Right)
    }
}

/// An e-mail address as far as one can be told by looking at it.
fn address(text: &str) -> Option<&str> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !display::steers(c);
    let is_address = !local.is_empty() && !domain.is_empty() && !local.contains('@') && text.chars().all(is_plain);
    (is_address && text.len() <= LONGEST_ADDRESS).then_some(text)
}

fn draw_code(entropy: &dyn Entropy) -> String {
    let mut code = String::with_capacity(CODE_LENGTH);
    let mut bytes = [0; 32];
    // Bytes from 240 up are thrown away, so that no letter is likelier than another; bounded, were there no others.
    for _ in 0..16 {
        entropy.fill(&mut bytes);
        let letters = bytes.iter().filter(|byte| **byte < 240).map(|byte| char::from(ALPHABET[usize::from(byte % 20)]));
        code.extend(letters.take(CODE_LENGTH - code.len()));
    }
    while code.len() < CODE_LENGTH {
        code.push('B');
    }
    code
}

/// A code as people read it.
fn shown(letters: &str) -> String {
    let (first, second) = letters.split_at(letters.len() / 2);
    format!("{first}-{second}")
}

/// What counts of a code that was typed: letters, whichever their size.
fn letters_of(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = draw_code(&*Ports::system().entropy);

        assert_eq!(code.len(), CODE_LENGTH);
        assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)), "{code}");
        assert_ne!(code, draw_code(&*Ports::system().entropy));
        assert_eq!(letters_of(&format!(" {} ", shown(&code).to_lowercase())), code);
    }

    #[test]
    fn an_address_has_two_sides_and_nothing_that_hides() {
        assert_eq!(address(" Ada@Example.com "), Some("Ada@Example.com"));
        let long = format!("{}@example.com", "x".repeat(250));
        for text in ["", "ada", "@", "ada@", "@example.com", "a@b@c", "a b@c", "a\u{202e}@c", "a\n@c", &long] {
            assert_eq!(address(text), None, "{text:?}");
        }
    }
}
