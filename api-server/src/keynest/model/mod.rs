//! What this door shows.

mod log;
mod place;
mod user;

pub use log::RowOut;
pub use place::{EnvironmentOut, OrganizationOut, ProjectOut};
pub use user::{LoginOut, MemberOut, MembersOut, ProfileOut, RegisteredOut, UserOut};
pub use variable::{HIDDEN, VariableOut, shown};

mod variable;

/// A moment: RFC 3339 in UTC with microseconds.
pub use crate::http::time::micros as moment;
