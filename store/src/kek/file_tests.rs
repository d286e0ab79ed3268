//! Root key files, good and bad.

use std::os::unix::fs::PermissionsExt;

use coffer_domain::testkit::SeededEntropy;
use tempfile::TempDir;

use super::*;

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::new(1))
}

fn file(content: &str, mode: u32) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    (directory, path)
}

fn line(byte: u8) -> String {
    BASE64_STANDARD.encode([byte; 32]) + "\n"
}

fn refused(content: &str, mode: u32) -> KekFileError {
    let (_held, path) = file(content, mode);
    FileKek::open(&path, entropy()).err().unwrap()
}

#[tokio::test]
async fn a_new_key_is_private_and_reads_back() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("kek");
    let made = FileKek::create(&path, entropy()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o400);
    let read = FileKek::open(&path, entropy()).unwrap();
    assert_eq!(made.status().await.unwrap(), read.status().await.unwrap());
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_held, path) = file("precious", 0o600);
    assert!(matches!(
        FileKek::create(&path, entropy()),
        Err(KekFileError::Io { .. })
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_file_that_others_may_touch_is_refused() {
    for mode in [0o440, 0o404, 0o420, 0o401, 0o666] {
        let error = refused(&line(1), mode);
        assert!(
            matches!(error, KekFileError::Exposed { mode: found, .. } if found == mode),
            "{mode:o}"
        );
        assert!(error.to_string().contains("chmod 0400"), "{error}");
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    let (_held, path) = file(&line(1), 0o400);
    // Only root can give files away; for others there is nothing to show.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        assert!(matches!(
            FileKek::open(&path, entropy()),
            Err(KekFileError::Owner { owner: 12345, .. })
        ));
    }
}

#[tokio::test]
async fn the_first_line_wraps_and_the_others_unwrap() {
    let (_held, old_path) = file(&line(1), 0o400);
    let (_held2, path) = file(&format!("# rolled over\n\n{}{}", line(2), line(1)), 0o400);
    let (old, both) = (
        FileKek::open(&old_path, entropy()).unwrap(),
        FileKek::open(&path, entropy()).unwrap(),
    );
    let id = old.status().await.unwrap();
    let aad = Aad::store_seed(&[1; 16], &id);
    let wrapped = old
        .wrap(&aad, &Seed::from_slice(&[9; 32]).unwrap())
        .await
        .unwrap();
    assert_eq!(both.unwrap(&aad, &wrapped).await.unwrap().reveal(), &[9; 32]);
    assert_ne!(both.status().await.unwrap(), id);
}

#[test]
fn a_bad_line_is_named_without_its_content() {
    let short = BASE64_STANDARD.encode([1; 31]);
    for bad in ["not base64 at all!", &short] {
        let error = refused(&format!("{}{bad}\n", line(1)), 0o400);
        assert!(matches!(error, KekFileError::Line { line: 2, .. }));
        assert!(!error.to_string().contains(bad));
    }
    assert!(matches!(refused("# nothing\n", 0o400), KekFileError::Empty(_)));
}
