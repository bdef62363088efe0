//! `prompt` and `max_age`: what the client says about asking its user (OpenID Connect Core section 3.1.2.1).

/// The pages that a client wants shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// None at all.
    pub(crate) none: bool,
    /// Signing in, also for who is signed in. Choosing an account is the same here: a browser has one session.
    pub(crate) login: bool,
    /// Consent, also where it is remembered.
    pub(crate) consent: bool,
}

/// Why the two parameters mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PromptError {
    #[error("prompt must be none, or some of login, consent and select_account, between spaces")]
    Unknown,
    #[error("prompt none stands alone: together with others it contradicts them (OpenID Connect Core section 3.1.2.1)")]
    NoneAndMore,
    #[error("max_age must be a number of seconds, a whole one and not negative")]
    MaxAge,
}

impl Prompt {
    pub(crate) fn parse(text: &str) -> Result<Self, PromptError> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => return Err(PromptError::Unknown),
            }
        }
        if prompt.none && (prompt.login || prompt.consent) {
            return Err(PromptError::NoneAndMore);
        }
        Ok(prompt)
    }
}

/// Reads `max_age`: how many seconds ago the user may have signed in at most.
pub(crate) fn max_age(text: &str) -> Result<i64, PromptError> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or(PromptError::MaxAge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_combine_except_with_none() {
        let prompt = |none, login, consent| Ok(Prompt { none, login, consent });
        for (text, expected) in [
            ("", prompt(false, false, false)),
            ("none", prompt(true, false, false)),
            ("none none", prompt(true, false, false)),
            ("login", prompt(false, true, false)),
            ("select_account", prompt(false, true, false)),
            ("consent  login", prompt(false, true, true)),
            ("none login", Err(PromptError::NoneAndMore)),
            ("consent none", Err(PromptError::NoneAndMore)),
            ("create", Err(PromptError::Unknown)),
            ("Login", Err(PromptError::Unknown)),
            ("none\tlogin", Err(PromptError::Unknown)),
        ] {
            assert_eq!(Prompt::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_age_is_a_whole_number() {
        assert_eq!(max_age("0"), Ok(0));
        assert_eq!(max_age("3600"), Ok(3600));
        for text in ["", "-1", "+1", "1.5", "1s", " 1", "99999999999999999999"] {
            assert_eq!(max_age(text), Err(PromptError::MaxAge), "{text:?}");
        }
    }
}
