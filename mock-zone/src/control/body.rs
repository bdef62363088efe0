//! Reading control-plane bodies: JSON, every member known, and no error that repeats a value (it may be a secret).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use super::error::ControlError;

/// A JSON object whose members are taken out one by one.
#[derive(Debug)]
pub(super) struct Members(Map<String, Value>);

/// A body sent as JSON, not read yet.
#[derive(Debug)]
pub(super) struct JsonBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        // A form or plain text could be sent by any web page without asking; JSON cannot.
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(ControlError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send the body with Content-Type: application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ControlError::new(error.status(), "unreadable_body", error.body_text()))?;
        Ok(Self(bytes))
    }
}

impl JsonBody {
    /// Reads the object, refusing members other than `known`.
    pub(super) fn members(self, known: &[&'static str]) -> Result<Members, ControlError> {
        let value: Value = serde_json::from_slice(&self.0).map_err(|error| {
            ControlError::bad(format!(
                "the body is no JSON (line {}, column {}); send an object, {{}} if there is nothing to say",
                error.line(),
                error.column()
            ))
        })?;
        let Value::Object(members) = value else {
            return Err(ControlError::bad(format!("the body must be a JSON object, got {}", kind(&value))));
        };
        for name in members.keys() {
            check_known("member", name, known)?;
        }
        Ok(Members(members))
    }
}

/// Refuses a name that is not `known`, naming the nearest that is.
pub(super) fn check_known(what: &str, name: &str, known: &[&'static str]) -> Result<(), ControlError> {
    if known.contains(&name) {
        return Ok(());
    }
    let shown: String = name.chars().take(64).collect();
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&shown, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 2);
    let hint = match (nearest, known) {
        (Some((_, candidate)), _) => format!("; did you mean `{candidate}`?"),
        (None, []) => "; there is none to give here".to_owned(),
        (None, _) => format!("; known are `{}`", known.join("`, `")),
    };
    Err(ControlError::bad(format!("unknown {what} `{shown}`{hint}")))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn wrong_kind(name: &str, expected: &str, value: &Value) -> ControlError {
    ControlError::bad(format!("`{name}` must be {expected}, got {}", kind(value)))
}

impl Members {
    /// The members of an object that is not a whole body.
    pub(super) fn of(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// A member's value; null counts as absent.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(&mut self, name: &str) -> Result<Option<String>, ControlError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_kind(name, "a string", &other)),
        }
    }

    pub(super) fn required_string(&mut self, name: &str) -> Result<String, ControlError> {
        match self.string(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(ControlError::bad(format!("`{name}` is required: a string that is not empty"))),
        }
    }

    pub(super) fn bool(&mut self, name: &str) -> Result<Option<bool>, ControlError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(wrong_kind(name, "true or false", &other)),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, ControlError> {
        match self.value(name) {
            None => Ok(None),
            Some(other) => {
                other.as_u64().map(Some).ok_or_else(|| wrong_kind(name, "a whole number, not negative", &other))
            }
        }
    }

    pub(super) fn strings(&mut self, name: &str) -> Result<Option<Vec<String>>, ControlError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(wrong_kind(name, "an array of strings", &value));
        };
        items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                other => Err(wrong_kind(name, "an array of strings", &other)),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, ControlError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(wrong_kind(name, "an object", &other)),
        }
    }

    /// How many of `names` are given.
    pub(super) fn count(&self, names: &[&str]) -> usize {
        names.iter().filter(|name| self.0.get(**name).is_some_and(|value| !value.is_null())).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &'static str, known: &[&'static str]) -> Result<Members, ControlError> {
        JsonBody(Bytes::from_static(text.as_bytes())).members(known)
    }

    #[test]
    fn an_unknown_member_is_named_together_with_the_nearest() {
        let error = members(r#"{"redirect_uri": []}"#, &["name", "redirect_uris"]).unwrap_err();

        assert_eq!(error.message(), "unknown member `redirect_uri`; did you mean `redirect_uris`?");
        let error = members(r#"{"zzz": 1}"#, &["name", "redirect_uris"]).unwrap_err();
        assert_eq!(error.message(), "unknown member `zzz`; known are `name`, `redirect_uris`");
    }

    #[test]
    fn no_error_repeats_a_value() {
        let mut body = members(r#"{"password": ["hunter2"]}"#, &["password"]).unwrap();
        assert_eq!(body.string("password").unwrap_err().message(), "`password` must be a string, got an array");
        let error = members(r#"{"password": hunter2}"#, &["password"]).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{}", error.message());
        let error = members(r#""hunter2""#, &[]).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{}", error.message());
    }
}
