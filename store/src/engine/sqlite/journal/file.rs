//! The journal's files. A record is its event's length and a checksum (four bytes each, little-endian), the
//! tenant's id, and the event. The checksum binds the generation, so that nothing of another file passes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use coffer_domain::id::OrgId;

use super::Event;

const PREFIX: &str = "audit-";
const SUFFIX: &str = ".journal";
const ID: usize = 16;

/// The file of a generation.
pub(super) fn path(directory: &Path, generation: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{generation}{SUFFIX}"))
}

/// The generations of which there are files, oldest first.
pub(super) fn generations(directory: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| {
            name.strip_prefix(PREFIX)?
                .strip_suffix(SUFFIX)?
                .parse::<u64>()
                .ok()
        });
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// Appends a record to `out`.
pub(super) fn encode(
    generation: u64,
    organization: OrgId,
    event: &[u8],
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let length = u32::try_from(event.len()).map_err(io::Error::other)?;
    let check = checksum(generation, organization.as_bytes(), event);
    for part in [
        &length.to_le_bytes()[..],
        &check.to_le_bytes(),
        organization.as_bytes(),
        event,
    ] {
        out.extend_from_slice(part);
    }
    Ok(())
}

/// The records of a file, up to the first that is not whole: the one during whose writing the machine ended.
pub(super) fn parse(generation: u64, mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some((event, rest)) = first(generation, bytes) {
        events.push(event);
        bytes = rest;
    }
    events
}

fn first(generation: u64, bytes: &[u8]) -> Option<(Event, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<4>()?;
    let (organization, rest) = rest.split_first_chunk::<ID>()?;
    let (event, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let whole = u32::from_le_bytes(*check) == checksum(generation, organization, event);
    whole.then(|| ((OrgId::from_bytes(*organization), event.to_vec()), rest))
}

fn checksum(generation: u64, organization: &[u8; ID], event: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&generation.to_le_bytes());
    hasher.update(organization);
    hasher.update(event);
    hasher.finalize()
}

/// How long a record of an event of `length` bytes is.
#[cfg(test)]
pub(super) fn record_length(length: usize) -> usize {
    8 + ID + length
}
