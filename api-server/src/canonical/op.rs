//! What can be asked of this door, and what each takes: a scope, a right, a purpose.

use coffer_domain::rights::Permission;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Creates or updates.
    Write,
    /// Reads what is for development.
    ReadYaml,
    /// Reads a value.
    Read,
    /// Deletes so that it can be undone.
    Delete,
    /// Erases a path.
    Destroy,
    /// Puts another value in the place of one.
    Rotate,
    /// Looks at what there is, without values.
    Metadata,
    /// Undeletes versions.
    Undelete,
    /// Erases versions.
    DestroyVersions,
    /// Says whose a path is.
    SetOwner,
    /// Copies.
    Copy,
    /// Moves.
    Move,
}

impl Op {
    /// The scopes that it takes, all of them.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Write => &["secrets.write"],
            Self::ReadYaml | Self::Read => &["secrets.read"],
            Self::Delete | Self::Undelete => &["secrets.delete"],
            Self::Destroy | Self::DestroyVersions => &["secrets.destroy"],
            Self::Rotate => &["secrets.rotate"],
            Self::Metadata => &["secrets.read_metadata"],
            Self::SetOwner => &["secrets.set_owner"],
            Self::Copy | Self::Move => &["secrets.read", "secrets.write"],
        }
    }

    /// What those scopes amount to, for this operation alone.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Write | Self::SetOwner => &[Permission::Write],
            Self::ReadYaml | Self::Read => &[Permission::Read],
            Self::Delete | Self::Undelete => &[Permission::Delete],
            Self::Destroy | Self::DestroyVersions => &[Permission::Destroy],
            Self::Rotate => &[Permission::Rotate],
            Self::Metadata => &[Permission::List],
            Self::Copy => &[Permission::Read, Permission::Write],
            Self::Move => &[Permission::Read, Permission::Write, Permission::Delete],
        }
    }

    /// What it is for, in the product's words.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Write | Self::Copy | Self::Move => "write",
            Self::ReadYaml => "read",
            Self::Read => "execute",
            Self::Delete => "delete",
            Self::Destroy | Self::DestroyVersions => "destroy_versions",
            Self::Rotate => "rotate",
            Self::Metadata => "read_metadata",
            Self::Undelete => "undelete",
            Self::SetOwner => "owner_update",
        }
    }

    /// What the journal calls it once it is done.
    pub fn event(self) -> &'static str {
        match self {
            Self::Write => "SECRET_UPDATED",
            Self::ReadYaml | Self::Read => "SECRET_PERMIT",
            Self::Delete => "SECRET_DELETED",
            Self::Destroy | Self::DestroyVersions => "SECRET_DESTROYED",
            Self::Rotate => "SECRET_ROTATED",
            Self::Metadata => "SECRET_METADATA_READ",
            Self::Undelete => "SECRET_UNDELETED",
            Self::SetOwner => "SECRET_OWNER_UPDATED",
            Self::Copy => "SECRET_COPIED",
            Self::Move => "SECRET_MOVED",
        }
    }

    /// What the stream calls it.
    pub fn signal(self) -> &'static str {
        match self {
            Self::Write | Self::Copy | Self::Move => "secret.updated",
            Self::ReadYaml | Self::Read => "secret.read",
            Self::Delete => "secret.deleted",
            Self::Destroy | Self::DestroyVersions => "secret.destroyed",
            Self::Rotate => "secret.rotated",
            Self::Metadata | Self::SetOwner => "secret.metadata",
            Self::Undelete => "secret.undeleted",
        }
    }

    /// Whether it changes something.
    pub fn writes(self) -> bool {
        !matches!(self, Self::ReadYaml | Self::Read | Self::Metadata)
    }
}
