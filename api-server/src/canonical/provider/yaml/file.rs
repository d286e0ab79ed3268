//! The file itself: read whole, replaced whole, one writer at a time on this machine.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use coffer_domain::{provider::ProviderFault, secret_json::SecretJson};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{emit::emit, tree::Tree};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// What is done to the tree; whether the file before it is kept beside it.
type Edit = Box<dyn FnOnce(&mut Tree) -> Result<bool, ProviderFault> + Send>;

/// A file that holds a mapping.
#[derive(Debug, Clone)]
pub(super) struct File {
    path: Arc<PathBuf>,
}

impl File {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path: Arc::new(path) }
    }

    /// What it holds; nothing, if there is none.
    pub(super) async fn read(&self) -> Result<Tree, ProviderFault> {
        let path = Arc::clone(&self.path);
        blocking(move || load(&path)).await
    }

    /// Reads, changes and replaces it, while nobody else does.
    pub(super) async fn change(&self, edit: Edit) -> Result<(), ProviderFault> {
        let path = Arc::clone(&self.path);
        blocking(move || {
            let _turn = lock(&path).map_err(|error| broken(&path, &error))?;
            let mut tree = load(&path)?;
            let keeps = edit(&mut tree)?;
            if keeps {
                fs::copy(&*path, beside(&path, "bak")).map_err(|error| broken(&path, &error))?;
            }
            replace(&path, &tree).map_err(|error| broken(&path, &error))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProviderFault> + Send + 'static,
) -> Result<T, ProviderFault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(ProviderFault::Broken))
}

/// Holds a lock beside the file until it is dropped: the file itself is replaced.
fn lock(path: &Path) -> io::Result<fs::File> {
    let file = private()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, "lock"))?;
    file.lock()?;
    Ok(file)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    path.with_file_name(name)
}

fn load(path: &Path) -> Result<Tree, ProviderFault> {
    let size = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Tree::default()),
        Err(error) => return Err(broken(path, &error)),
        Ok(metadata) => metadata.len(),
    };
    if size > LARGEST {
        return Err(broken(path, &"it is too large"));
    }
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| broken(path, &error))?;
    parse(&text).map_err(|why| broken(path, &why))
}

/// The mapping that a text holds. What is wrong with it is not said: the parser's words repeat the text.
pub(super) fn parse(text: &str) -> Result<Tree, &'static str> {
    let read: Option<Value> = serde_saphyr::from_str(text).map_err(|_| "it is not YAML")?;
    match read {
        None | Some(Value::Null) => Ok(Tree::default()),
        Some(Value::Object(mounts)) => Ok(Tree::new(mounts)),
        Some(_) => Err("it is not a mapping"),
    }
}

fn replace(path: &Path, tree: &Tree) -> io::Result<()> {
    let (fresh, empty) = (beside(path, "new"), Map::new());
    let text = Zeroizing::new(emit(tree.root().members().unwrap_or(&empty)));
    let mut file = private().create(true).truncate(true).write(true).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    // The new name is on disk once its folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn broken(path: &Path, why: &dyn std::fmt::Display) -> ProviderFault {
    tracing::warn!(file = %path.display(), %why, "the YAML file cannot be used");
    ProviderFault::Broken
}

impl Tree {
    fn new(mounts: Map<String, Value>) -> Self {
        Self::of(SecretJson::from(mounts))
    }
}
