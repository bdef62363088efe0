//! A URL as a message may show it: without the user and the password that may stand before its host.

/// `url` without what stands before its last `@`. It may be no URL at all: that is what a message about
/// it will say, and so nothing is parsed here and rather too much is masked than too little.
pub(crate) fn masked(url: &str) -> String {
    let Some(at) = url.rfind('@') else {
        return url.to_owned();
    };
    let scheme = ["http://", "https://"].into_iter().find(|scheme| url[..at].starts_with(scheme));
    format!("{}[masked]{}", scheme.unwrap_or_default(), &url[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_host_is_not_shown() {
        for (url, shown) in [
            ("https://zone.example/a?b", "https://zone.example/a?b"),
            ("https://user:secret@zone.example/", "https://[masked]@zone.example/"),
            ("https://user:se/cr@et@zone.example/", "https://[masked]@zone.example/"),
            ("https:user:secret@zone.example", "[masked]@zone.example"),
            ("user:sec//ret@zone.example", "[masked]@zone.example"),
            ("secret@http://zone.example", "[masked]@http://zone.example"),
            ("\u{e4}", "\u{e4}"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }
}
