//! A set of files that changes as one.
//!
//! The files live in `..v<N>`; `..data` is a symlink to it; each visible `name` is a symlink to
//! `..data/name`. A new set is staged in `..v<N+1>` and `..data` is swapped by one rename: whoever opens
//! the files sees the whole former set or the whole new one, whatever moment the agent dies at.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::{Dir, EntryName};

/// A file of a new set.
pub struct NewFile<'a> {
    /// Its name.
    pub name: &'a EntryName,
    /// Its permission bits.
    pub mode: u32,
    /// What it holds.
    pub content: &'a [u8],
}

/// A directory whose files change together.
pub struct AtomicDir(Dir);

impl AtomicDir {
    /// Opens the directory at `path`.
    pub fn open(path: &Path) -> io::Result<Self> {
        Dir::open(path).map(Self)
    }

    /// Puts `files` in place of whatever set there was. `false`: exactly they were in place already, and
    /// nothing was touched, so that a program that watches its files is not woken for nothing.
    pub fn put(&self, files: &[NewFile<'_>]) -> io::Result<bool> {
        let current = self.current()?;
        let changed = !self.holds(current, files)?;
        if changed {
            let staged = self.stage(current, files)?;
            self.point(staged)?;
        }
        self.tidy(files)?;
        Ok(changed)
    }

    /// The number of the set in place.
    fn current(&self) -> io::Result<Option<u64>> {
        Ok(self.0.target(&data())?.as_deref().and_then(set_number))
    }

    /// Whether the set `current` is exactly `files`.
    fn holds(&self, current: Option<u64>, files: &[NewFile<'_>]) -> io::Result<bool> {
        let Some(current) = current else { return Ok(false) };
        let set = match self.0.open_dir(&set_name(current)) {
            Ok(set) => set,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        for file in files {
            match set.read(file.name)? {
                Some((mode, content)) if mode == file.mode && content.as_slice() == file.content => {}
                _ => return Ok(false),
            }
        }
        Ok(set.names()?.len() == files.len())
    }

    /// Writes the new set beside the current one, where nobody looks yet.
    fn stage(&self, current: Option<u64>, files: &[NewFile<'_>]) -> io::Result<u64> {
        let number = current.map_or(1, |n| n.wrapping_add(1));
        let name = set_name(number);
        self.0.remove_dir(&name)?;
        let set = self.0.create_dir(&name)?;
        for file in files {
            let mut content = file.content;
            if let Err(error) = set.create(file.name, file.mode, &mut content) {
                // Most likely the volume is full: give the room back.
                let _ = self.0.remove_dir(&name);
                return Err(error);
            }
        }
        Ok(number)
    }

    /// Makes the staged set the current one: the one step that readers can see.
    fn point(&self, number: u64) -> io::Result<()> {
        let staged = EntryName::own("data_staged");
        self.0.remove(&staged)?;
        self.0.link(&staged, set_name(number).as_str())?;
        self.0.rename(&staged, &data())
    }

    /// Makes the visible names those of `files`, and removes sets that are no longer (or never were) in
    /// place. Repeats what an earlier run may have left undone.
    fn tidy(&self, files: &[NewFile<'_>]) -> io::Result<()> {
        let current = self.current()?;
        let wanted: BTreeSet<&str> = files.iter().map(|f| f.name.as_str()).collect();
        for file in files {
            self.show(file.name)?;
        }
        for entry in self.0.names()? {
            if let Some(number) = set_number(entry.as_str()) {
                if Some(number) != current {
                    self.0.remove_dir(&entry)?;
                }
            } else if !wanted.contains(entry.as_str()) && self.is_ours(&entry)? {
                self.0.remove(&entry)?;
            }
        }
        Ok(())
    }

    /// Makes `name` a symlink into the current set.
    fn show(&self, name: &EntryName) -> io::Result<()> {
        let target = visible_target(name);
        if self.0.target(name)?.as_deref() == Some(&target) {
            return Ok(());
        }
        let staged = EntryName::own("link_staged");
        self.0.remove(&staged)?;
        self.0.link(&staged, &target)?;
        self.0.rename(&staged, name)
    }

    /// Whether `name` is a symlink that [`Self::show`] made: nothing else is ever removed.
    fn is_ours(&self, name: &EntryName) -> io::Result<bool> {
        Ok(self.0.target(name)?.as_deref() == Some(&visible_target(name)))
    }
}

fn data() -> EntryName {
    EntryName::own("data")
}

fn visible_target(name: &EntryName) -> String {
    format!("..data/{}", name.as_str())
}

fn set_name(number: u64) -> EntryName {
    EntryName::own(&format!("v{number}"))
}

fn set_number(name: &str) -> Option<u64> {
    name.strip_prefix("..v")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Fixture {
        root: tempfile::TempDir,
        dir: AtomicDir,
    }

    fn fixture() -> Fixture {
        let root = tempfile::tempdir().unwrap();
        let dir = AtomicDir::open(root.path()).unwrap();
        Fixture { root, dir }
    }

    fn files<'a>(names: &'a [EntryName], content: &'a [u8]) -> Vec<NewFile<'a>> {
        names
            .iter()
            .map(|name| NewFile {
                name,
                mode: 0o440,
                content,
            })
            .collect()
    }

    fn names(list: &[&str]) -> Vec<EntryName> {
        list.iter().map(|n| EntryName::parse(n).unwrap()).collect()
    }

    impl Fixture {
        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.root.path().join(name)).unwrap()
        }

        fn entries(&self) -> Vec<String> {
            let mut all: Vec<String> = fs::read_dir(self.root.path())
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            all.sort();
            all
        }
    }

    #[test]
    fn files_appear_change_and_disappear_together() {
        let f = fixture();
        let ab = names(&["a", "b"]);
        assert!(f.dir.put(&files(&ab, b"one")).unwrap());
        assert_eq!((f.text("a"), f.text("b")), ("one".into(), "one".into()));
        assert_eq!(f.entries(), ["..data", "..v1", "a", "b"]);

        assert!(f.dir.put(&files(&ab, b"two")).unwrap());
        assert_eq!((f.text("a"), f.text("b")), ("two".into(), "two".into()));
        assert_eq!(f.entries(), ["..data", "..v2", "a", "b"]);

        let only_b = names(&["b"]);
        assert!(f.dir.put(&files(&only_b, b"two")).unwrap());
        assert_eq!(f.entries(), ["..data", "..v3", "b"]);
    }

    #[test]
    fn an_unchanged_set_is_not_touched() {
        let f = fixture();
        let a = names(&["a"]);
        assert!(f.dir.put(&files(&a, b"one")).unwrap());
        assert!(!f.dir.put(&files(&a, b"one")).unwrap());
        assert_eq!(f.entries(), ["..data", "..v1", "a"]);
    }

    #[test]
    fn another_mode_is_a_change() {
        let f = fixture();
        let a = names(&["a"]);
        f.dir.put(&files(&a, b"one")).unwrap();
        assert!(
            f.dir
                .put(&[NewFile {
                    name: &a[0],
                    mode: 0o400,
                    content: b"one"
                }])
                .unwrap()
        );
        let mode = fs::metadata(f.root.path().join("a"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o400);
    }

    #[test]
    fn files_belong_to_the_group_of_the_volume() {
        let f = fixture();
        fs::set_permissions(f.root.path(), fs::Permissions::from_mode(0o2777)).unwrap();
        f.dir.put(&files(&names(&["a"]), b"one")).unwrap();
        let set = fs::metadata(f.root.path().join("..data")).unwrap();
        assert_eq!(set.permissions().mode() & 0o7777, 0o2755);
    }

    #[test]
    fn a_crash_before_the_swap_leaves_the_former_set_whole() {
        let f = fixture();
        let ab = names(&["a", "b"]);
        f.dir.put(&files(&ab, b"one")).unwrap();
        f.dir
            .stage(f.dir.current().unwrap(), &files(&ab, b"two"))
            .unwrap();
        assert_eq!((f.text("a"), f.text("b")), ("one".into(), "one".into()));

        f.dir.put(&files(&ab, b"three")).unwrap();
        assert_eq!((f.text("a"), f.text("b")), ("three".into(), "three".into()));
        assert_eq!(f.entries(), ["..data", "..v2", "a", "b"]);
    }

    #[test]
    fn a_crash_after_the_swap_leaves_the_new_set_whole() {
        let f = fixture();
        let ab = names(&["a", "b"]);
        f.dir.put(&files(&ab, b"one")).unwrap();
        let staged = f
            .dir
            .stage(f.dir.current().unwrap(), &files(&ab, b"two"))
            .unwrap();
        f.dir.point(staged).unwrap();
        assert_eq!((f.text("a"), f.text("b")), ("two".into(), "two".into()));

        assert!(
            !f.dir.put(&files(&ab, b"two")).unwrap(),
            "the set was in place already"
        );
        assert_eq!(
            f.entries(),
            ["..data", "..v2", "a", "b"],
            "and the next run tidied up"
        );
    }

    #[test]
    fn a_crash_between_link_and_rename_is_repaired() {
        let f = fixture();
        let a = names(&["a"]);
        f.dir.put(&files(&a, b"one")).unwrap();
        std::os::unix::fs::symlink("..v1", f.root.path().join("..data_staged")).unwrap();
        f.dir.put(&files(&a, b"two")).unwrap();
        assert_eq!(f.text("a"), "two");
    }

    #[test]
    fn a_failed_stage_gives_its_room_back_and_keeps_the_former_set() {
        let f = fixture();
        let a = names(&["a"]);
        f.dir.put(&files(&a, b"one")).unwrap();
        // Twice the same name: the second creation fails, as on a full volume.
        let twice = [
            NewFile {
                name: &a[0],
                mode: 0o440,
                content: b"x",
            },
            NewFile {
                name: &a[0],
                mode: 0o440,
                content: b"x",
            },
        ];
        assert!(f.dir.put(&twice).is_err());
        assert_eq!(f.text("a"), "one");
        assert_eq!(f.entries(), ["..data", "..v1", "a"]);
    }

    #[test]
    fn foreign_entries_are_left_alone() {
        let f = fixture();
        fs::write(f.root.path().join("foreign"), "theirs").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", f.root.path().join("link")).unwrap();
        f.dir.put(&files(&names(&["a"]), b"one")).unwrap();
        assert_eq!(f.entries(), ["..data", "..v1", "a", "foreign", "link"]);
    }

    #[test]
    fn a_planted_symlink_is_never_written_through() {
        let f = fixture();
        let outside = tempfile::tempdir().unwrap();
        let victim = outside.path().join("victim");
        fs::write(&victim, "untouched").unwrap();
        // Someone who can write to the volume plants links at every name the agent is about to use.
        for name in ["a", "..staged", "..data_staged", "..link_staged"] {
            std::os::unix::fs::symlink(&victim, f.root.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(outside.path(), f.root.path().join("..v1")).unwrap();
        let a = names(&["a"]);
        f.dir.0.replace(&a[0], 0o400, &mut &b"secret"[..]).unwrap();
        f.dir.put(&files(&a, b"secret")).unwrap();
        assert_eq!(f.text("a"), "secret");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}
