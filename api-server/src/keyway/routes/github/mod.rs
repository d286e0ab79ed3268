//! `/github`

mod check_installation;
mod repo_ids;

use axum::routing::{get, post};

use super::{Access, Route};

/// The routes of this noun.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            ("POST", "/github/check-installation"),
            (Access::Signed(None), 200),
            "tells whether the app is installed on a repository",
            &["repoOwner!", "repoName!"],
            post(check_installation::check),
        ),
        Route::new(
            ("GET", "/github/repo-ids"),
            (Access::Open, 200),
            "tells the forge's numbers of a public repository",
            &["repo!"],
            get(repo_ids::ids),
        ),
    ]
}
