//! An open directory, and the few operations on its entries that the agent needs. Every one takes an
//! [`EntryName`] relative to the open directory and follows no symlink, unless it says so.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::EntryName;

/// An open directory.
pub struct Dir(OwnedFd);

const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const CREATE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Dir {
    /// Opens the directory at `path`: a mount point that the pod's specification names.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::open(path, OPEN_DIR, Mode::empty())?))
    }

    /// Creates the directory `name` with mode 0755 (its files have modes of their own) and opens it. It
    /// keeps the set-group-ID bit of a volume with an `fsGroup`: its files belong to that group.
    pub(super) fn create_dir(&self, name: &EntryName) -> io::Result<Self> {
        fs::mkdirat(&self.0, name.as_str(), Mode::from_raw_mode(0o755))?;
        let child = self.open_dir(name)?;
        let inherited = Mode::from_raw_mode(fs::fstat(&child.0)?.st_mode) & Mode::SGID;
        fs::fchmod(&child.0, Mode::from_raw_mode(0o755) | inherited)?;
        Ok(child)
    }

    /// Opens the directory `name`.
    pub(super) fn open_dir(&self, name: &EntryName) -> io::Result<Self> {
        Ok(Self(fs::openat(
            &self.0,
            name.as_str(),
            OPEN_DIR | OFlags::NOFOLLOW,
            Mode::empty(),
        )?))
    }

    /// Creates the file `name`, which must not exist, with exactly the permissions `mode`.
    pub(super) fn create(&self, name: &EntryName, mode: u32, content: &mut dyn Read) -> io::Result<()> {
        // Readable by nobody else until its mode is set.
        let mut file = File::from(fs::openat(
            &self.0,
            name.as_str(),
            CREATE,
            Mode::RUSR | Mode::WUSR,
        )?);
        io::copy(content, &mut file)?;
        file.flush()?;
        fs::fchmod(&file, Mode::from_raw_mode(mode))?;
        Ok(())
    }

    /// Puts `content` in place as the file `name`, by a rename: a reader sees the former file or this one,
    /// never a part.
    pub fn replace(&self, name: &EntryName, mode: u32, content: &mut dyn Read) -> io::Result<()> {
        let staged = EntryName::own("staged");
        self.remove(&staged)?;
        self.create(&staged, mode, content)?;
        self.rename(&staged, name)
    }

    /// Renames `from` to `to`, replacing it.
    pub(super) fn rename(&self, from: &EntryName, to: &EntryName) -> io::Result<()> {
        Ok(fs::renameat(&self.0, from.as_str(), &self.0, to.as_str())?)
    }

    /// Makes `name` a symlink to `target`; it must not exist.
    pub(super) fn link(&self, name: &EntryName, target: &str) -> io::Result<()> {
        Ok(fs::symlinkat(target, &self.0, name.as_str())?)
    }

    /// Where the symlink `name` leads; `None` when there is no such symlink.
    pub(super) fn target(&self, name: &EntryName) -> io::Result<Option<String>> {
        match fs::readlinkat(&self.0, name.as_str(), Vec::new()) {
            Ok(target) => Ok(target.into_string().ok()),
            Err(Errno::NOENT | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Permissions and content of the regular file `name`; `None` when there is none.
    pub fn read(&self, name: &EntryName) -> io::Result<Option<(u32, Zeroizing<Vec<u8>>)>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match fs::openat(&self.0, name.as_str(), flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::LOOP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let stat = fs::fstat(&file)?;
        // Room for all of it at once, so that no reallocation leaves a copy behind.
        let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(stat.st_size).unwrap_or(0) + 1));
        file.read_to_end(&mut content)?;
        Ok(Some((stat.st_mode & 0o7777, content)))
    }

    /// Removes the file or symlink `name`; it may be absent.
    pub fn remove(&self, name: &EntryName) -> io::Result<()> {
        self.unlink(name, AtFlags::empty())
    }

    /// Removes the directory `name` and the files directly in it; it may be absent.
    pub(super) fn remove_dir(&self, name: &EntryName) -> io::Result<()> {
        match self.open_dir(name) {
            Ok(child) => child.names()?.iter().try_for_each(|file| child.remove(file))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            // A file or a symlink in its place: that itself goes, never what it leads to.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return self.remove(name),
            Err(error) => return Err(error),
        }
        self.unlink(name, AtFlags::REMOVEDIR)
    }

    /// The names of all entries, our own included; names that are not text are left out.
    pub(super) fn names(&self) -> io::Result<Vec<EntryName>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            match entry?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(EntryName::found(name)),
            }
        }
        Ok(names)
    }

    fn unlink(&self, name: &EntryName, flags: AtFlags) -> io::Result<()> {
        match fs::unlinkat(&self.0, name.as_str(), flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
