//! What creating and rotating share: a value is put where another may be.

use coffer_domain::{
    address::Version,
    canonical_uri::CanonicalUri,
    provider::{Change, Intent},
    secret_json::SecretJson,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    canonical::{auth::Signed, deed::Deed, error::Failure, model::body::Unread, op::Op},
};

/// What was put.
pub struct Put {
    uri: String,
    resource_ref: Option<String>,
    /// The version that was there.
    pub old: Option<Version>,
    /// The version that is there now.
    pub new: Option<Version>,
}

impl Put {
    /// What is told of it; `status` and `versions` are the operation's own.
    pub fn told<const N: usize>(&self, status: &str, versions: [(&str, Option<Version>); N]) -> Value {
        let mut told = json!({ "status": status, "uri": self.uri, "resource_ref": self.resource_ref });
        for (name, version) in versions {
            told[name] = json!(version.map(Version::get));
        }
        told
    }
}

/// The URI and the value of a body, for whoever has the scope.
pub async fn asked(
    app: &App,
    signed: &Signed,
    op: Op,
    body: Unread,
) -> Result<(CanonicalUri, SecretJson), Failure> {
    signed.require(&app.canonical, op)?;
    let mut body = body.read().await?;
    let uri = body.uri("uri", app.canonical.settings.reading)?;
    Ok((uri, body.value()?))
}

/// Puts a value there.
pub async fn put(
    app: &App,
    signed: &Signed,
    (op, intent): (Op, Intent),
    uri: CanonicalUri,
    value: &SecretJson,
) -> Result<Put, Failure> {
    let deed = Deed::begin(app, signed, op, uri)?.of_a_secret()?.unpinned()?;
    let change = Change::of(deed.uri.fragment.as_ref(), value)?;
    let deed = deed.permitted().await?;
    let wrote = deed.provider.write(&deed.actor, &deed.uri, &change, intent).await;
    let wrote = deed.end(wrote, |wrote| wrote.new)?;
    Ok(Put {
        uri: deed.uri.to_string(),
        resource_ref: deed.resource_ref(),
        old: wrote.old,
        new: wrote.new,
    })
}
