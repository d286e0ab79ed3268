//! `/secrets`

pub mod batch_get;
pub mod batch_upsert;
pub mod create;
pub mod delete;
pub mod export;
pub mod get;
pub mod import;
pub mod list;
pub mod rollback;
pub mod rotate;
pub mod update;
pub mod versions;

use axum::routing;
use coffer_domain::{
    name::SecretName,
    secret_value::SecretValue,
    usecase::{Caller, secrets::Revised},
};
use jiff::Timestamp;

use super::Route;
use crate::{
    app::App,
    http::fields::{FieldFault, Fields, MISSING},
    v_secure::{
        error::ApiError,
        model::secret::Described,
        place::{self, Account},
        span,
    },
};

/// The routes of this noun. Literal parts are matched before names.
pub(super) fn routes() -> Vec<Route> {
    vec![
        (
            "/secrets",
            routing::get(list::list_secrets).post(create::create_secret),
        ),
        ("/secrets/batch/get", routing::post(batch_get::batch_get)),
        ("/secrets/batch/upsert", routing::post(batch_upsert::batch_upsert)),
        (
            "/secrets/export",
            routing::post(export::export_secrets)
                .get(get::get_secret)
                .put(update::update_secret)
                .delete(delete::delete_secret),
        ),
        (
            "/secrets/import",
            routing::post(import::import_secrets)
                .get(get::get_secret)
                .put(update::update_secret)
                .delete(delete::delete_secret),
        ),
        (
            "/secrets/{name}",
            routing::get(get::get_secret)
                .put(update::update_secret)
                .delete(delete::delete_secret),
        ),
        ("/secrets/{name}/versions", routing::get(versions::list_versions)),
        ("/secrets/{name}/rollback", routing::post(rollback::roll_back)),
        ("/secrets/{name}/rotate", routing::post(rotate::rotate_secret)),
    ]
}

/// A secret to be written, whether there is one or not.
pub(super) struct NewSecret {
    pub(super) name: SecretName,
    pub(super) value: SecretValue,
    pub(super) described: Described,
}

impl NewSecret {
    /// Reads a body, or an item of one.
    pub(super) fn of(fields: &mut Fields, now: Timestamp) -> Result<Self, FieldFault> {
        let name = place::name(&fields.required("name")?)?;
        let value = span::value(fields)?.ok_or_else(|| FieldFault::new("value", MISSING))?;
        let described = Described::of(fields, now)?;
        Ok(Self {
            name,
            value,
            described,
        })
    }

    /// Writes it where the account's writes go. With `fresh` there must be none of its name.
    pub(super) async fn write(
        self,
        app: &App,
        caller: &Caller,
        account: &Account,
        fresh: bool,
    ) -> Result<Revised, ApiError> {
        let now = app.coffer.clock().now();
        let address = account.address(self.name)?;
        let described = self.described;
        let change = move |before| described.over(before, now);
        let written = app
            .coffer
            .upsert_secret(caller, &address, self.value, &change, fresh);
        Ok(written.await?)
    }
}
