//! What the zone writes down; findings here are about the zone, never about the server.

checks! {
    events::AuditEvents,
    no_tokens::AuditFeedNoTokens,
}
