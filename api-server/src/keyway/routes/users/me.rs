//! `GET /users/me`

use axum::response::Response;

use crate::keyway::{auth::Signed, model::user::UserOut};

/// Who one is.
pub async fn me(signed: Signed) -> Response {
    signed.one(&UserOut::of(&signed.session))
}
