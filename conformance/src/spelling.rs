//! A text as others spell it: what JSON, HTML and URLs put in place of a character, undone.

/// Whether there may be such a spelling in a text, told at a glance.
fn may_be_spelled(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'\\' | b'&' | b'%'))
}

/// What a text reads as where its escapes are undone: one reading for each kind that it has, and one for all of them.
pub fn readings(text: &str) -> Vec<String> {
    if !may_be_spelled(text) {
        return Vec::new();
    }
    let once = [of_json(text), of_html(text), of_url(text)];
    let all = of_url(&of_html(&of_json(text)));
    let twice = [of_json(&all), of_html(&all), of_url(&all)];
    let mut readings: Vec<String> = Vec::new();
    for reading in once.into_iter().chain([all]).chain(twice) {
        if reading != text && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// The escapes of a JSON string (RFC 8259, section 7).
fn of_json(text: &str) -> String {
    replaced(text, '\\', |escape| {
        let simple = |c| Some((c, 1));
        match escape.chars().next()? {
            c @ ('/' | '\\' | '"') => simple(c),
            'n' => simple('\n'),
            'r' => simple('\r'),
            't' => simple('\t'),
            // Half of a pair is none of the characters that secrets are made of.
            'u' => char_of(escape.get(1..5)?, 16).map(|c| (c, 5)),
            _ => None,
        }
    })
}

/// Numeric character references, and those of the names that every library writes (HTML, section 13.5).
fn of_html(text: &str) -> String {
    const NAMES: [(&str, char); 5] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
    const LONGEST: usize = 10;
    replaced(text, '&', |reference| {
        let (name, _) = reference.split_once(';').filter(|(name, _)| name.len() <= LONGEST)?;
        let c = match name.strip_prefix('#') {
            None => NAMES.iter().find(|(known, _)| *known == name)?.1,
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(digits) => char_of(digits, 16)?,
                None => char_of(number, 10)?,
            },
        };
        Some((c, name.len() + 1))
    })
}

/// Percent-encoding (RFC 3986, section 2.1), of ASCII: no secret has other letters.
fn of_url(text: &str) -> String {
    replaced(text, '%', |digits| char_of(digits.get(..2)?, 16).filter(char::is_ascii).map(|c| (c, 2)))
}

fn char_of(digits: &str, radix: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

/// The text with what follows each `sign` read by `read`, which says the character and how many bytes stood for it.
fn replaced(text: &str, sign: char, read: impl Fn(&str) -> Option<(char, usize)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(sign) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = &from[sign.len_utf8()..];
        if let Some((c, length)) = read(after) {
            out.push(c);
            rest = &after[length..];
        } else {
            out.push(sign);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whatever_a_library_writes_is_read() {
        for spelled in [
            r"Q2+s/b=",
            r"Q2+s\/b=",
            r"\u0051\u0032\u002B\u0073\u002f\u0062\u003D",
            "Q2%2bs%2Fb%3d",
            "Q2%252Bs%252fb%253D",
            "Q2&#43;s&#x2F;b&#X3d;",
            r"Q2&amp;#43;s\/b\u003D",
        ] {
            let readings = readings(spelled);
            assert!(
                spelled == "Q2+s/b=" || readings.iter().any(|reading| reading == "Q2+s/b="),
                "{spelled}: {readings:?}"
            );
        }
        assert_eq!(readings("plain text"), Vec::<String>::new());
        assert_eq!(readings(r"100 % of R&D \o/ &nothing; %zz \u12"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r#"([\\&%u#x;/"a-f0-9é]|[^a]){0,60}"#) {
            for reading in readings(&text) {
                prop_assert!(reading.len() <= text.len());
            }
        }
    }
}
