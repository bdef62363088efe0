//! The server's own log, as a fault has it.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reference_server::audit::{AuditRecord, AuditSink, Discard};
use serde_json::Value;
use support::fault::Fault;

struct Log {
    file: Mutex<std::fs::File>,
    change: fn(&mut Value) -> bool,
}

/// The log in the file that `AUDIT_FILE` names; none where it names none.
pub(crate) fn open(fault: &Fault) -> io::Result<Arc<dyn AuditSink>> {
    let Some(path) = std::env::var_os("AUDIT_FILE") else { return Ok(Arc::new(Discard)) };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(Path::new(&path))?;
    Ok(Arc::new(Log { file: Mutex::new(file), change: fault.record }))
}

impl AuditSink for Log {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let mut record = serde_json::to_value(record)?;
        if !(self.change)(&mut record) {
            return Ok(());
        }
        // A fault may make several lines of one.
        let records = if let Value::Array(records) = record { records } else { vec![record] };
        let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that two servers that append to one file keep their lines apart.
        file.write_all(lines.as_bytes())
    }
}
