//! What this door shows.

mod log;
mod place;
mod user;

pub use log::RowOut;
pub use place::{EnvironmentOut, OrganizationOut, ProjectOut};
pub use user::{LoginOut, MemberOut, MembersOut, ProfileOut, RegisteredOut, UserOut};
pub use variable::{HIDDEN, VariableOut, shown};

mod variable;

use jiff::{Timestamp, tz::TimeZone};

/// A moment: RFC 3339 in UTC with microseconds.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string()
}
