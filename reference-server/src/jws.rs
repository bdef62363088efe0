//! The shape of a token: three segments that decode, nothing of which is believed yet.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{strict_json, verify::InvalidToken};

/// The longest token that is looked at; the SDKs' servers stop at 16 KiB of header fields in all.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A JWS in compact form, taken apart. Its signature has *not* been verified.
#[derive(Clone, Debug)]
pub struct CompactJws<'a> {
    /// What the signature covers: the first two segments, as sent.
    pub signing_input: &'a str,
    /// The header's parameters.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Takes a token apart: at most [`MAX_TOKEN_BYTES`], three segments of unpadded base64url, the
    /// first two of which are JSON objects in UTF-8 without doubled members.
    pub fn parse(token: &'a str) -> Result<Self, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken::Malformed);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
        let (header, claims) = signing_input.split_once('.').ok_or(InvalidToken::Malformed)?;
        if claims.contains('.') {
            return Err(InvalidToken::Malformed);
        }
        Ok(Self { signing_input, header: object(header)?, claims: object(claims)?, signature: decode(signature)? })
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| InvalidToken::Malformed)
}

fn object(segment: &str) -> Result<Map<String, Value>, InvalidToken> {
    strict_json::object(&decode(segment)?).map_err(|_| InvalidToken::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_segments_that_decode_are_taken_apart() {
        // {"alg":"RS256"} . {"sub":"a"} . two bytes
        let jws = CompactJws::parse("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.AAE").unwrap();
        assert_eq!(jws.header["alg"], "RS256");
        assert_eq!(jws.claims["sub"], "a");
        assert_eq!(jws.signature, [0, 1]);
        assert_eq!(jws.signing_input, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0");
    }

    #[test]
    fn any_other_shape_is_malformed() {
        let long = format!("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.{}", "A".repeat(MAX_TOKEN_BYTES));
        for token in [
            "",
            ".",
            "..",
            "garbage",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.AAE.AAE",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.AAE=",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.A+/=",
            "eyJhbGciOiJSUzI1NiJ9.W10.AAE",
            "W10.eyJzdWIiOiJhIn0.AAE",
            // The unused bits of the last character are set.
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn1.AAE",
            &long,
        ] {
            assert_eq!(CompactJws::parse(token).unwrap_err(), InvalidToken::Malformed, "{token}");
        }
    }
}
