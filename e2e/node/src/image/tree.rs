//! The files of a layer: gathered from disk, with every folder above them, in one fixed order.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Addition;

/// What is at one path of the layer. Owners and times are not carried over: all are root's, of 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Folder,
    File { source: PathBuf, mode: u32 },
    Link { to: PathBuf },
}

/// Paths relative to the image's root. The order is the one they are written in.
pub type Tree = BTreeMap<PathBuf, Entry>;

pub fn gather(additions: &[Addition]) -> Result<Tree> {
    let mut tree = Tree::new();
    for addition in additions {
        let target = addition.target.strip_prefix("/").unwrap_or(&addition.target);
        add(&mut tree, &addition.source, target)?;
    }
    Ok(tree)
}

fn add(tree: &mut Tree, source: &Path, target: &Path) -> Result<()> {
    // A link that is named outright stands for its file; links within a folder stay links.
    let found = fs::metadata(source).with_context(|| format!("cannot add {}", source.display()))?;
    add_parents(tree, target);
    if found.is_dir() {
        return add_folder(tree, source, target);
    }
    add_file(tree, source, target, &found)
}

fn add_folder(tree: &mut Tree, source: &Path, target: &Path) -> Result<()> {
    tree.insert(target.to_owned(), Entry::Folder);
    for entry in fs::read_dir(source).with_context(|| format!("cannot read {}", source.display()))? {
        let path = entry?.path();
        let inside = target.join(path.file_name().unwrap_or_default());
        let found = fs::symlink_metadata(&path)?;
        if found.is_symlink() {
            tree.insert(
                inside,
                Entry::Link {
                    to: fs::read_link(&path)?,
                },
            );
        } else if found.is_dir() {
            add_folder(tree, &path, &inside)?;
        } else {
            add_file(tree, &path, &inside, &found)?;
        }
    }
    Ok(())
}

fn add_file(tree: &mut Tree, source: &Path, target: &Path, found: &fs::Metadata) -> Result<()> {
    if !found.is_file() {
        bail!("{} is neither a file nor a folder", source.display());
    }
    // Only whether it can be run is kept of the mode, or the umask of a checkout would show in the image.
    let mode = if found.permissions().mode() & 0o111 == 0 {
        0o644
    } else {
        0o755
    };
    tree.insert(
        target.to_owned(),
        Entry::File {
            source: source.to_owned(),
            mode,
        },
    );
    Ok(())
}

fn add_parents(tree: &mut Tree, target: &Path) {
    for folder in target
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        tree.entry(folder.to_owned()).or_insert(Entry::Folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_with_its_parents_links_and_modes() {
        let disk = tempfile::tempdir().unwrap();
        fs::create_dir(disk.path().join("sub")).unwrap();
        fs::write(disk.path().join("sub/run"), "x").unwrap();
        fs::set_permissions(disk.path().join("sub/run"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(disk.path().join("text"), "x").unwrap();
        std::os::unix::fs::symlink("sub/run", disk.path().join("link")).unwrap();
        let tree = gather(&[Addition {
            source: disk.path().into(),
            target: "/opt/app".into(),
        }])
        .unwrap();
        let paths: Vec<&str> = tree.keys().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            paths,
            [
                "opt",
                "opt/app",
                "opt/app/link",
                "opt/app/sub",
                "opt/app/sub/run",
                "opt/app/text"
            ]
        );
        assert_eq!(
            tree[Path::new("opt/app/link")],
            Entry::Link { to: "sub/run".into() }
        );
        assert!(matches!(
            tree[Path::new("opt/app/sub/run")],
            Entry::File { mode: 0o755, .. }
        ));
        assert!(matches!(
            tree[Path::new("opt/app/text")],
            Entry::File { mode: 0o644, .. }
        ));
    }

    #[test]
    fn a_missing_source_is_named() {
        let addition = Addition {
            source: "/no/such/file".into(),
            target: "/x".into(),
        };
        assert!(
            gather(&[addition])
                .unwrap_err()
                .to_string()
                .contains("/no/such/file")
        );
    }
}
