//! The data directory: one process at a time, checked before anything is written.
//!
//! What it protects against is the end of the process, SIGKILL included; not the loss of power (SQLite runs with
//! WAL and `synchronous = NORMAL`).

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

/// Tables and items.
pub(crate) const ITEMS: &str = "dynamodb.sqlite3";
/// Queues and stream events on their way.
pub(crate) const EVENTS: &str = "events.sqlite3";
/// Mail and SMS that were "sent": the one file that holds plain text.
pub(crate) const OUTBOX: &str = "outbox.sqlite3";
/// Objects of the play S3.
pub(crate) const OBJECTS: &str = "objects.sqlite3";
/// Key material of the play KMS.
pub(crate) const KEYS: &str = "kms-keys.json";
const MANIFEST: &str = "local-aws.json";
const LOCK: &str = "lock";
const FORMAT: u32 = 1;
/// Above this a full check would take longer than a start may; SQLite still checks every page it reads.
const CHECKED_BYTES: u64 = 512 * 1024 * 1024;

/// Why local AWS did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The template cannot be played.
    #[error(transparent)]
    Template(#[from] super::template::TemplateError),
    /// Another process uses the directory.
    #[error("{0} is in use by another local run; stop that one or choose another LOCAL_DATA")]
    InUse(PathBuf),
    /// A file is not what local AWS wrote. It is left as it is.
    #[error(
        "{file} is damaged: {reason}. It was left as it is; restore it, or start with another LOCAL_DATA"
    )]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The template's schema does not fit the stored tables.
    #[error("the stored table {table} does not fit template.yaml: {reason}. Start with another LOCAL_DATA")]
    Schema {
        /// Physical name.
        table: String,
        /// What differs.
        reason: String,
    },
    /// A deployment of this template would not work.
    #[error("template.yaml: {0}")]
    Wiring(String),
    /// The file system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file or directory.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The engine refused.
    #[error("local AWS: {0}")]
    Engine(String),
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    files: Vec<String>,
}

/// An open, locked and checked data directory.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        create(path).map_err(|source| OpenError::Io { file: path.to_owned(), source })?;
        let file = path.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(|source| OpenError::Io { file: file.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { file, source }),
        }
        let directory = Self { path: path.to_owned(), _lock: lock };
        directory.check()?;
        Ok(directory)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Records that every file exists, so that a missing one is noticed at the next start.
    pub(crate) fn complete(&self) -> Result<(), OpenError> {
        let file = self.file(MANIFEST);
        if file.exists() {
            return Ok(());
        }
        let manifest = Manifest {
            format: FORMAT,
            files: [ITEMS, EVENTS, OUTBOX, OBJECTS, KEYS].map(str::to_owned).into(),
        };
        let text = serde_json::to_string(&manifest).map_err(|error| OpenError::Engine(error.to_string()))?;
        write_whole(&file, text.as_bytes())
    }

    fn check(&self) -> Result<(), OpenError> {
        let file = self.file(MANIFEST);
        let expected = match fs::read_to_string(&file) {
            Ok(text) => {
                let manifest: Manifest = serde_json::from_str(&text)
                    .map_err(|error| OpenError::Corrupt { file: file.clone(), reason: error.to_string() })?;
                if manifest.format != FORMAT {
                    let reason =
                        format!("it has format {}, this program reads format {FORMAT}", manifest.format);
                    return Err(OpenError::Corrupt { file, reason });
                }
                manifest.files
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(OpenError::Corrupt { file, reason: "it is not text".to_owned() });
            }
            Err(source) => return Err(OpenError::Io { file, source }),
        };
        for name in [ITEMS, EVENTS, OUTBOX, OBJECTS, KEYS] {
            let file = self.file(name);
            if file.exists() {
                if name != KEYS {
                    check_sqlite(&file, expected.iter().any(|known| known == name))?;
                }
            } else if expected.iter().any(|known| known == name) {
                return Err(OpenError::Corrupt { file, reason: "it is missing".to_owned() });
            }
        }
        Ok(())
    }
}

/// A new directory is its owner's alone: the outbox in it is plain text.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file at once: readers see the old bytes or the new ones.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), OpenError> {
    let fail = |source| OpenError::Io { file: file.to_owned(), source };
    let partial = file.with_extension("partial");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = options.open(&partial).map_err(fail)?;
    writer.write_all(bytes).map_err(fail)?;
    writer.sync_all().map_err(fail)?;
    fs::rename(&partial, file).map_err(fail)
}

fn check_sqlite(file: &Path, must_have_content: bool) -> Result<(), OpenError> {
    let corrupt = |reason: String| OpenError::Corrupt { file: file.to_owned(), reason };
    let mut header = Vec::new();
    File::open(file)
        .and_then(|open| open.take(16).read_to_end(&mut header))
        .map_err(|source| OpenError::Io { file: file.to_owned(), source })?;
    if header.is_empty() {
        return if must_have_content { Err(corrupt("it is empty".to_owned())) } else { Ok(()) };
    }
    if header != b"SQLite format 3\0" {
        return Err(corrupt("it is not a SQLite database".to_owned()));
    }
    let length = fs::metadata(file).map_err(|source| OpenError::Io { file: file.to_owned(), source })?.len();
    if length > CHECKED_BYTES {
        return Ok(());
    }
    let open = || -> rusqlite::Result<String> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Closing must not write the log into a file that turns out to be damaged.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    };
    match open() {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(answer) => Err(corrupt(answer)),
        Err(error) => Err(corrupt(error.to_string())),
    }
}

/// Opens a database of local AWS's own, in memory without a file.
pub(crate) fn open_sqlite(file: Option<&Path>, schema: &str) -> Result<Connection, OpenError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(schema)?;
        Ok(connection)
    };
    open().map_err(|error| match file {
        Some(file) => OpenError::Corrupt { file: file.to_owned(), reason: error.to_string() },
        None => OpenError::Engine(error.to_string()),
    })
}
