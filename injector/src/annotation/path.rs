//! Where a file may go. The directory becomes a mount in the application's containers, so it must not
//! hide what the system or the image keeps there.

use crate::denied::{Denied, quoted};

/// Directories where nothing may be mounted, nor anywhere beneath them.
const CLOSED: [&str; 6] = [
    "/proc",
    "/sys",
    "/dev",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/run/secrets/kubernetes.io/serviceaccount",
    crate::pod::exec::APP_DIRECTORY,
];

/// Directories that a mount would hide with all the image has in them; beneath them is fine.
const SHARED: [&str; 17] = [
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/var",
    "/var/run",
    "/var/run/secrets",
    "/run",
    "/run/secrets",
    "/tmp",
    "/home",
    "/root",
];

const LONGEST: usize = 1024;

/// Splits `path` into a directory and a file name, both safe.
pub(super) fn parse(about: &str, path: &str) -> Result<(String, String), Denied> {
    let refuse = |problem: &str, fix: &str| {
        Err(Denied::new(
            about,
            format!("path {} {problem}", quoted(path)),
            fix,
        ))
    };
    if !path.starts_with('/') {
        return refuse("is not absolute", "start it with '/'");
    }
    if path.len() > LONGEST || !path[1..].split('/').all(is_segment) {
        return refuse(
            "is not made of plain names",
            "use letters, digits, '.', '_', '-', '+', '@' and '=' between single slashes, and no '.' or '..'",
        );
    }
    let (directory, name) = path.rsplit_once('/').unwrap_or_default();
    if name.starts_with("..") {
        return refuse(
            "has a file name that starts with '..'",
            "choose another file name",
        );
    }
    if directory.is_empty() || SHARED.contains(&directory) {
        let shown = if directory.is_empty() { "/" } else { directory };
        return refuse(
            &format!("would hide everything in {shown} behind a volume"),
            "put the file in a directory of its own, such as /etc/app/",
        );
    }
    if let Some(closed) = CLOSED.iter().find(|closed| is_within(directory, closed)) {
        return refuse(
            &format!("lies in {closed}, which is not the application's"),
            "choose another directory",
        );
    }
    Ok((directory.to_owned(), name.to_owned()))
}

fn is_segment(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-+@=".contains(&b);
    !text.is_empty() && text != "." && text != ".." && text.len() <= 255 && text.bytes().all(plain)
}

/// Whether `path` is `directory` or lies beneath it; both without a trailing slash.
pub fn is_within(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether one of two directories is the other or lies beneath it, so that a volume at one is in the way
/// of a volume at the other.
pub fn nested(a: &str, b: &str) -> bool {
    is_within(a, b) || is_within(b, a)
}
