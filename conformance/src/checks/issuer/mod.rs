//! Who issued the token.

checks! {
    missing::IssuerMissing,
    other::IssuerOther,
    trailing_slash::IssuerTrailingSlash,
    second_zone::SecondZone,
    second_zone_contact::SecondZoneContact,
}
