//! The oddities: servers that differ, and show that a verdict is neither too hard nor too soft. A new one is a file, and a
//! line in one of the lists.

use crate::fault::Fault;

/// Declares the oddities, a line each: the file that has the oddity.
macro_rules! oddities {
    ($(#[$doc:meta])+ $list:ident: $($file:ident),+ $(,)?) => {
        $(pub(crate) mod $file;)+

        $(#[$doc])+
        pub const $list: &[&Fault] = &[$(&$file::ODDITY),+];
    };
}

oddities! {
    /// They are right, or at least break no MUST: nothing may fail.
    RIGHT:
    signs_its_answers,
    publishes_own_keys,
    lives_at_root,
    answers_as_a_stream,
    opens_sessions,
    resumes_streams,
    asks_in_its_stream,
    speaks_one_revision,
    speaks_tls,
    is_started_by_the_suite,
    logs_tokens_too,
    speaks_four_revisions,
    speaks_2025_06_18,
    is_its_own_authorization_server,
    has_default_endpoints,
    negotiates_an_older_revision,
    redirects_to_its_metadata,
    refuses_query_tokens_with_400,
    refuses_scopes_within_200,
    wants_a_base_scope,
    implies_scopes,
    scopes_two_tools,
    knows_no_cancelling,
    reads_metadata_each_time,
    leaves_list_open,
    wakes_up_late,
    takes_a_word,
    has_a_slow_twin,
    sends_log_messages,
    asks_about_tokens,
    serves_browsers,
    takes_dpop,
    demands_dpop,
    challenges_in_several_ways,
    spells_headers_oddly,
    knows_no_scopes,
    lives_deep,
    allows_for_clocks,
    speaks_the_older_revision,
    refuses_with_a_page,
}

pub use lives_deep::DEEP;
pub use takes_a_word::WORD;

oddities! {
    /// They are open, some in ways that only naming a tool shows: no run may be green.
    OPEN:
    opens_calls,
    opens_everything,
    opens_everything_quietly,
}

oddities! {
    /// They go down: no refusal may be believed.
    DOWN:
    gives_up,
}

oddities! {
    /// They refuse what they serve: nothing passes that a refusal would show.
    WAVERING:
    has_a_broken_backend,
}

oddities! {
    /// They turn the suite's browser away, whoever uses it: no page passes that nobody saw.
    SHUT:
    keeps_browsers_out,
}

oddities! {
    /// They want another token in the middle of a run, which only a client that can get one has.
    REVOKING:
    revokes_a_token,
}
