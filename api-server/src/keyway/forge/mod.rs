//! Forges: GitHub, and a directory in a file for servers that cannot or should not ask GitHub.

pub mod admin;
pub mod directory;
pub mod github;
pub mod listed;
pub mod sign_in;

/// Where GitHub keeps the picture of an account.
fn avatar(id: u64) -> String {
    format!("https://avatars.githubusercontent.com/u/{id}?v=4")
}

/// The same by the account's login.
pub(super) fn picture(login: &str) -> String {
    format!("https://github.com/{login}.png")
}
