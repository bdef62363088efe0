//! The oddities: servers that differ and are right, or at least break no MUST. A new one is a file, and a line in the list.

use crate::fault::Fault;

/// Declares the oddities, a line each: the file that has the oddity.
macro_rules! oddities {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every oddity.
        pub const ALL: &[&Fault] = &[$(&$file::ODDITY),+];
    };
}

oddities! {
    signs_its_answers,
    answers_as_a_stream,
    opens_sessions,
    negotiates_an_older_revision,
    redirects_to_its_metadata,
    refuses_query_tokens_with_400,
    refuses_scopes_within_200,
    wants_a_base_scope,
    leaves_list_open,
}
