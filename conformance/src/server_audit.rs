//! The log of calls that the server under test keeps: lines of JSON in a file, whose members a mapping finds.

use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::files;
use crate::text::printable;

/// Most bytes that are read of a log at once, and of one line of it.
const READ_AT_MOST: u64 = 8 * 1024 * 1024;
const LINE_AT_MOST: usize = 64 * 1024;

/// A log and where it says what.
#[derive(Debug, Clone)]
pub struct ServerAudit {
    source: Source,
    mapping: Mapping,
}

/// Where a log is.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a file, to which the server appends.
    File(PathBuf),
    /// In this process, where the server runs in it too.
    Memory(Arc<Mutex<Vec<u8>>>),
}

/// Where a record says what: a JSON pointer (RFC 6901) each. What is not said is looked for where logs commonly have it.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// The tool that was called.
    pub tool: Option<String>,
    /// The verified user: `sub` of the token.
    pub subject: Option<String>,
    /// The OAuth client: `client_id` of the token.
    pub client: Option<String>,
    /// What became of the call.
    pub outcome: Option<String>,
    /// The token's own name: its `jti`.
    pub id: Option<String>,
    /// What ties the records of one user's doings together.
    pub correlation: Option<String>,
}

/// A member of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The tool that was called.
    Tool,
    /// The verified user.
    Subject,
    /// The OAuth client.
    Client,
    /// What became of the call.
    Outcome,
    /// The token's own name.
    Id,
    /// What ties records together.
    Correlation,
}

impl Member {
    /// Where it stands unless the mapping says otherwise: plainly, or as OCSF 1.7.0 has it (API Activity).
    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Tool => &["/tool", "/api/operation"],
            Self::Subject => &["/subject", "/sub", "/actor/user/uid"],
            Self::Client => &["/client_id", "/client", "/actor/app_uid"],
            Self::Outcome => &["/decision", "/outcome", "/status"],
            Self::Id => &["/token_id", "/jti", "/actor/session/credential_uid"],
            Self::Correlation => &["/correlation_id", "/correlation", "/metadata/correlation_uid"],
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Record {
    value: Value,
    /// The same as text, in which a word can be looked for.
    text: String,
    mapping: Mapping,
}

impl Record {
    /// What a member says, where it is text.
    pub fn says(&self, member: Member) -> Option<&str> {
        let mapped = match member {
            Member::Tool => &self.mapping.tool,
            Member::Subject => &self.mapping.subject,
            Member::Client => &self.mapping.client,
            Member::Outcome => &self.mapping.outcome,
            Member::Id => &self.mapping.id,
            Member::Correlation => &self.mapping.correlation,
        };
        match mapped {
            Some(pointer) => self.value.pointer(pointer)?.as_str(),
            None => member.usual().iter().find_map(|pointer| self.value.pointer(pointer)?.as_str()),
        }
    }

    /// Whether this word stands in it, anywhere.
    pub fn mentions(&self, word: &str) -> bool {
        self.text.contains(word)
    }
}

impl ServerAudit {
    /// A log, and where it says what.
    pub fn new(source: Source, mapping: Mapping) -> Self {
        Self { source, mapping }
    }

    /// Whether it can be read as far as is known before the server has written to it.
    ///
    /// # Errors
    /// Where there is something that is no file, or may not be read; with the path.
    pub fn check(&self) -> io::Result<()> {
        match (&self.source, self.place()) {
            (Source::File(path), Err(error)) => {
                Err(io::Error::new(error.kind(), format!("{}: {error}", printable(&path.display().to_string()))))
            }
            _ => Ok(()),
        }
    }

    /// The end of the log as it is now: a place from which to read on. A file that is not there yet is empty.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn place(&self) -> io::Result<u64> {
        match &self.source {
            Source::Memory(bytes) => Ok(bytes.lock().unwrap_or_else(PoisonError::into_inner).len() as u64),
            Source::File(path) => match files::regular(path) {
                Ok(file) => Ok(file.metadata()?.len()),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
                Err(error) => Err(error),
            },
        }
    }

    /// The records that were added from a place on. What is no JSON is none, as is a line that has yet to end.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn records_since(&self, place: u64) -> io::Result<Vec<Record>> {
        let bytes = match &self.source {
            Source::Memory(bytes) => {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                let from = usize::try_from(place).unwrap_or(usize::MAX);
                bytes.get(from..).unwrap_or_default().to_vec()
            }
            Source::File(path) => {
                let mut file = files::regular(path)?;
                // A log that is shorter than it was has been begun anew.
                let from = if file.metadata()?.len() < place { 0 } else { place };
                file.seek(SeekFrom::Start(from))?;
                let mut bytes = Vec::new();
                file.take(READ_AT_MOST).read_to_end(&mut bytes)?;
                bytes
            }
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let values =
            lines.filter(|line| line.len() <= LINE_AT_MOST).filter_map(|line| serde_json::from_slice(line).ok());
        let record = |value: Value| Record { text: value.to_string(), value, mapping: self.mapping.clone() };
        Ok(values.filter(Value::is_object).map(record).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str, mapping: Mapping) -> ServerAudit {
        ServerAudit::new(Source::Memory(Arc::new(Mutex::new(text.as_bytes().to_vec()))), mapping)
    }

    #[test]
    fn records_are_whole_lines_of_json_from_a_place_on() {
        let log = log("{\"tool\":\"a\"}\nnot JSON\n[1]\n{\"tool\":\"b\"}\n{\"tool\":", Mapping::default());
        let tools = |place| -> Vec<String> {
            let records = log.records_since(place).unwrap();
            records.iter().filter_map(|r| r.says(Member::Tool).map(str::to_owned)).collect()
        };
        assert_eq!(tools(0), ["a", "b"]);
        assert_eq!(tools(13), ["b"]);
        assert_eq!(tools(log.place().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn members_are_found_plainly_as_in_ocsf_and_where_the_user_says() {
        let text = "{\"subject\":\"alice\",\"client_id\":\"c\"}\n\
                    {\"actor\":{\"user\":{\"uid\":\"bob\"},\"app_uid\":\"d\"},\"who\":{\"is\":\"carol\"}}\n";
        let usual = log(text, Mapping::default()).records_since(0).unwrap();
        assert_eq!((usual[0].says(Member::Subject), usual[0].says(Member::Client)), (Some("alice"), Some("c")));
        assert_eq!((usual[1].says(Member::Subject), usual[1].says(Member::Client)), (Some("bob"), Some("d")));
        let mapping = Mapping { subject: Some("/who/is".to_owned()), ..Mapping::default() };
        let mapped = log(text, mapping).records_since(0).unwrap();
        assert_eq!((mapped[0].says(Member::Subject), mapped[1].says(Member::Subject)), (None, Some("carol")));
        assert!(mapped[1].mentions("bob") && !mapped[0].mentions("bob"));
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_empty() {
        let log = ServerAudit::new(Source::File("/nonexistent/audit.jsonl".into()), Mapping::default());
        assert_eq!(log.place().unwrap(), 0);
        assert!(log.check().is_ok());
        assert!(log.records_since(0).is_err());
    }

    #[test]
    fn what_is_no_file_is_read_at_no_time() {
        for path in ["/dev/zero", "/"] {
            let log = ServerAudit::new(Source::File(path.into()), Mapping::default());
            assert_eq!(log.check().unwrap_err().to_string(), format!("{path}: it is no regular file"));
            assert!(log.place().is_err() && log.records_since(0).is_err());
        }
    }
}
