//! The schema and how it grows: numbered scripts, forward only, each in one transaction with the number it
//! leads to (`user_version`).

use rusqlite::{Connection, TransactionBehavior};

use super::open::OpenSqliteError;

/// The scripts, in order, with the schema each leads to.
const SCRIPTS: [(i32, &str); 7] = [
    (1, include_str!("migrations/001.sql")),
    (2, include_str!("migrations/002.sql")),
    (3, include_str!("migrations/003.sql")),
    (4, include_str!("migrations/004.sql")),
    (5, include_str!("migrations/005.sql")),
    (6, include_str!("migrations/006.sql")),
    (7, include_str!("migrations/007.sql")),
];

/// `Cofr`: tells our files from other SQLite databases (`application_id`).
const APPLICATION_ID: i32 = 0x436f_6672;

/// Brings the database to the newest schema, from whatever earlier one it has.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenSqliteError> {
    let (known, found) = (SCRIPTS[SCRIPTS.len() - 1].0, version(connection)?);
    if found > known {
        return Err(OpenSqliteError::NewerSchema { found, known });
    }
    // A table that others refer to is replaced as a whole: dropping the old one must not take along what refers to
    // it. SQLite ignores this pragma within a transaction.
    connection.pragma_update(None, "foreign_keys", false)?;
    for (schema, script) in SCRIPTS.into_iter().filter(|(schema, _)| *schema > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", schema)?;
        check_references(&transaction)?;
        transaction.commit()?;
        tracing::info!(schema, "migrated the store");
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Whether everything that is referred to is there.
fn check_references(connection: &Connection) -> Result<(), OpenSqliteError> {
    let dangling = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if dangling {
        Err(OpenSqliteError::Dangling)
    } else {
        Ok(())
    }
}

/// The schema the file has; 0 for an empty file.
fn version(connection: &Connection) -> Result<i32, OpenSqliteError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application, schema) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match schema {
        0 if tables == 0 => Ok(0),
        1.. if application == APPLICATION_ID => Ok(schema),
        _ => Err(OpenSqliteError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_schema_5_stay_as_they_are() {
        let mut database = Connection::open_in_memory().unwrap();
        for (_, script) in &SCRIPTS[..5] {
            database.execute_batch(script).unwrap();
        }
        let rows = "INSERT INTO organizations (id, name, created_at) VALUES (zeroblob(16), 'acme', 1);
            INSERT INTO records VALUES (zeroblob(16), 'notes', 'a', 'g', zeroblob(32), 7, 1, 2, 3, 4, x'0a'),
                (zeroblob(16), 'notes', 'b', '', NULL, 1, 1, 1, NULL, NULL, zeroblob(9000));";
        database.execute_batch(rows).unwrap();
        let all = |database: &Connection| -> Vec<String> {
            let text = "SELECT hex(organization_id) || collection || key || listed_under || ifnull(hex(digest), '-')
                || revision || created_at || updated_at || ifnull(expires_at, '-') || ifnull(due_at, '-') || hex(sealed)
                FROM records ORDER BY key";
            let mut statement = database.prepare(text).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let before = all(&database);
        database.pragma_update(None, "user_version", 5).unwrap();
        database
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        migrate(&mut database).unwrap();
        assert_eq!(all(&database), before);
        assert_eq!(before.len(), 2);
        let again = "INSERT INTO records SELECT * FROM records WHERE key = 'a'";
        assert!(database.execute_batch(again).is_err(), "a key is taken once");
    }

    #[test]
    fn a_ledger_of_schema_6_starts_with_what_was_delivered() {
        let database = Connection::open_in_memory().unwrap();
        for (_, script) in &SCRIPTS[..6] {
            database.execute_batch(script).unwrap();
        }
        // Only this table is looked at: what it refers to is left out.
        database.pragma_update(None, "foreign_keys", false).unwrap();
        let row =
            "INSERT INTO consumers VALUES (zeroblob(16), 'uid', zeroblob(16), 'team', 'web-1', 4, 1, 3, 1)";
        database.execute_batch(row).unwrap();
        database.execute_batch(SCRIPTS[6].1).unwrap();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let found = database.query_row("SELECT started, delivered FROM consumers", [], read);
        assert_eq!(found.unwrap(), (4, 4));
    }
}
