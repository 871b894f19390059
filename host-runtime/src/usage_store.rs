//! What API keys have used of their plans, on disk: counts outlive the process.
//!
//! SQLite, since its files can be read (`edgeway usage`) while a gateway writes them, and survive
//! what may happen to a machine; [`writer`] keeps it off the path of requests.

pub mod writer;

use std::fs::File;
use std::path::Path;

use gateway_core::usage::{Day, Usage};
use rusqlite::{Connection, OpenFlags, params};

use crate::folder_lock;
use crate::perform::tokens::Unwritten;

const FILE: &str = "usage.db";
/// Whoever has locked this file writes.
const LOCK: &str = "edgeway.lock";
/// Of the tables; a store of a later version is refused.
const VERSION: u32 = 1;
const TABLES: &str = "
    CREATE TABLE usage (
        usage_plan_id TEXT NOT NULL,
        api_key_id TEXT NOT NULL,
        day INTEGER NOT NULL, -- of UTC, since 1970-01-01
        used INTEGER NOT NULL,
        PRIMARY KEY (usage_plan_id, api_key_id, day)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
";

/// The counts of one gateway, by day.
#[derive(Debug)]
pub struct UsageStore {
    connection: Connection,
    /// Counts are written as they are in memory: of two gateways one would overwrite the other's.
    _lock: Option<File>,
}

/// Counts by key: `{usagePlanId}/{apiKeyId}`.
pub type Counted = Vec<(String, Usage)>;

impl UsageStore {
    /// The store in this folder, which is made if need be, to be written to.
    ///
    /// # Errors
    /// When it cannot be used, or another process does; in words.
    pub fn open(directory: &Path) -> Result<Self, String> {
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(directory).map_err(|e| said(&e))?;
        let lock = File::create(directory.join(LOCK)).map_err(|e| said(&e))?;
        folder_lock::lock(&lock).map_err(|_| said(&"another edgeway keeps its data here"))?;
        let connection = Connection::open(directory.join(FILE)).map_err(|e| said(&e))?;
        let mut store = Self { connection, _lock: Some(lock) };
        store.prepare().map_err(|e| said(&e))?;
        Ok(store)
    }

    /// The store in this folder, to be read, whoever else writes it. `None` if there is none yet.
    ///
    /// # Errors
    /// When it cannot be read; in words.
    pub fn open_to_read(directory: &Path) -> Result<Option<Self>, String> {
        let file = directory.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags).map_err(|e| said(&e))?;
        let store = Self { connection, _lock: None };
        match store.version().map_err(|e| said(&e))? {
            VERSION => Ok(Some(store)),
            // The gateway that makes it has not come to its tables yet.
            0 => Ok(None),
            other => Err(said(&unknown_version(other))),
        }
    }

    /// Everything that was counted.
    ///
    /// # Errors
    /// When it cannot be read; in words.
    pub fn load(&self) -> Result<Counted, String> {
        self.select("SELECT usage_plan_id, api_key_id, day, used FROM usage ORDER BY 1, 2, 3", &[])
    }

    /// What was counted for a plan.
    ///
    /// # Errors
    /// When it cannot be read; in words.
    pub fn load_plan(&self, usage_plan_id: &str) -> Result<Counted, String> {
        let rows = "SELECT usage_plan_id, api_key_id, day, used FROM usage \
                    WHERE usage_plan_id = ?1 ORDER BY 1, 2, 3";
        self.select(rows, &[&usage_plan_id])
    }

    /// Writes all of these counts, or none. When it returns they are on the disk.
    ///
    /// # Errors
    /// When they could not be written; in words.
    pub fn write(&mut self, batch: &[Unwritten]) -> Result<(), String> {
        self.write_all(batch).map_err(|error| error.to_string())
    }

    fn prepare(&mut self) -> Result<(), String> {
        let said = |error: rusqlite::Error| error.to_string();
        let version = self.version().map_err(said)?;
        // Readers do not wait for the writer, nor it for them; and nothing that was written is lost,
        // whatever happens to the machine.
        let modes = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
        self.connection.execute_batch(modes).map_err(said)?;
        match version {
            VERSION => Ok(()),
            0 => {
                let tables = self.connection.transaction().map_err(said)?;
                tables.execute_batch(TABLES).map_err(said)?;
                tables.commit().map_err(said)
            }
            other => Err(unknown_version(other)),
        }
    }

    fn version(&self) -> rusqlite::Result<u32> {
        self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))
    }

    fn select(&self, rows: &str, of: &[&dyn rusqlite::ToSql]) -> Result<Counted, String> {
        let mut counted: Vec<(String, Vec<(Day, u32)>)> = Vec::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(rows)?;
            let mut rows = statement.query(of)?;
            while let Some(row) = rows.next()? {
                let key = format!("{}/{}", row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
                let day = (row.get(2)?, row.get(3)?);
                match counted.last_mut() {
                    Some((last, days)) if *last == key => days.push(day),
                    _ => counted.push((key, vec![day])),
                }
            }
            Ok(())
        };
        read().map_err(|error| error.to_string())?;
        Ok(counted.into_iter().map(|(key, days)| (key, Usage::from_days(days))).collect())
    }

    fn write_all(&mut self, batch: &[Unwritten]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut count = transaction.prepare(
                "INSERT INTO usage VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET used = excluded.used",
            )?;
            let mut forget = transaction.prepare(
                "DELETE FROM usage WHERE usage_plan_id = ?1 AND api_key_id = ?2 AND day < ?3",
            )?;
            for Unwritten { key, days, oldest } in batch {
                let (plan, key) = key.split_once('/').unwrap_or((key, ""));
                for (day, used) in days {
                    count.execute(params![plan, key, day, used])?;
                }
                forget.execute(params![plan, key, oldest])?;
            }
        }
        transaction.commit()
    }
}

fn unknown_version(version: u32) -> String {
    format!("it is of version {version}, of a later edgeway: this one knows version {VERSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwritten(key: &str, days: &[(Day, u32)], oldest: Day) -> Unwritten {
        Unwritten { key: key.into(), days: days.to_vec(), oldest }
    }
    fn usage(days: &[(Day, u32)]) -> Usage {
        Usage::from_days(days.to_vec())
    }

    #[test]
    fn what_was_written_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let folder = &folder.path().join("made/on/the/way");
        let mut store = UsageStore::open(folder).unwrap();
        store
            .write(&[unwritten("p/a", &[(1, 5), (2, 7)], 1), unwritten("q/ä", &[(2, u32::MAX)], 2)])
            .unwrap();
        store.write(&[unwritten("p/a", &[(2, 9), (3, 1)], 1)]).unwrap();
        drop(store);
        let mut store = UsageStore::open(folder).unwrap();
        let (a, b) = (usage(&[(1, 5), (2, 9), (3, 1)]), usage(&[(2, u32::MAX)]));
        assert_eq!(store.load().unwrap(), [("p/a".into(), a.clone()), ("q/ä".into(), b)]);
        assert_eq!(store.load_plan("p").unwrap(), [("p/a".into(), a)]);
        assert_eq!(store.load_plan("' OR 1=1 --").unwrap(), []);
        store.write(&[unwritten("p/a", &[(4, 1)], 3)]).unwrap();
        let a = usage(&[(3, 1), (4, 1)]);
        assert_eq!(store.load_plan("p").unwrap(), [("p/a".into(), a)], "old days are forgotten");
    }

    #[test]
    fn one_process_writes_and_others_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(UsageStore::open_to_read(folder.path()).unwrap().is_none());
        let mut store = UsageStore::open(folder.path()).unwrap();
        let refused = UsageStore::open(folder.path()).unwrap_err();
        assert!(refused.ends_with("another edgeway keeps its data here"), "{refused}");
        let reader = UsageStore::open_to_read(folder.path()).unwrap().unwrap();
        store.write(&[unwritten("p/a", &[(1, 5)], 1)]).unwrap();
        assert_eq!(reader.load().unwrap(), [("p/a".into(), usage(&[(1, 5)]))]);
        drop((store, reader));
        let reader = UsageStore::open_to_read(folder.path()).unwrap().unwrap();
        assert_eq!(reader.load().unwrap(), [("p/a".into(), usage(&[(1, 5)]))]);
    }

    #[test]
    fn what_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, "a text of somebody's, long enough to be looked at".repeat(99))
            .unwrap();
        let before = std::fs::read(&file).unwrap();
        assert!(UsageStore::open(folder.path()).is_err());
        assert!(UsageStore::open_to_read(folder.path()).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), before);
        std::fs::remove_file(&file).unwrap();
        Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
        let refused = UsageStore::open(folder.path()).unwrap_err();
        assert!(refused.contains("version 7"), "{refused}");
    }
}
