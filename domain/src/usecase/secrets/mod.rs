//! Secrets and their versions.

mod bulk;
mod declare;
mod describe;
mod lifecycle;
mod plan;
mod plans;
mod read;
mod replace;
mod retire;
mod returned;
mod rotate;
mod trash;
mod upsert;
mod whole;
mod withdraw;
mod write;

pub use bulk::{NewSecret, Span};
pub use declare::{Declaration, Declared, KeyState, Source};
pub use lifecycle::Which;
pub(crate) use plans::joined;
pub use read::{Looked, Read};
pub(super) use read::{VERSIONS, may_list_name};
pub use replace::Replaced;
pub use retire::Succeeding;
pub use returned::{Return, Returned};
pub use trash::KEPT_IN_TRASH;
pub use upsert::{Change, Revised};
pub(in crate::usecase) use whole::Beside;
pub use whole::{Becomes, Before, Remake, Shifted};
pub use write::{Expected, PutOptions, Written};

use super::access::Ask;
use crate::{Error, address::Address, rights::Permission, store::Opened};

/// What was opened, if its current version can be read.
pub(super) fn opened(opened: Opened, address: &Address) -> Result<Read, Error> {
    read::readable(opened, address, None)
}

const READ: Ask = Ask {
    permission: Permission::Read,
    action: "secret.read",
};
pub(super) const LIST: Ask = Ask {
    permission: Permission::List,
    action: "secret.list",
};
pub(super) const WRITE: Ask = Ask {
    permission: Permission::Write,
    action: "secret.write",
};
const DELETE: Ask = Ask {
    permission: Permission::Delete,
    action: "secret.delete",
};
const UNDELETE: Ask = Ask {
    permission: Permission::Delete,
    action: "secret.undelete",
};
pub(super) const DESTROY: Ask = Ask {
    permission: Permission::Destroy,
    action: "secret.destroy",
};
const ROTATE: Ask = Ask {
    permission: Permission::Rotate,
    action: "secret.rotate",
};
