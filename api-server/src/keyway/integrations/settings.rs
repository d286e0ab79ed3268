//! What the server's configuration says of providers. Every address can be another one's: a proxy's, or a stub's.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use coffer_domain::{
    integration::{Integrations, Provider},
    secret_value::SecretValue,
};

use super::{Application, netlify::Netlify, railway::Railway, vercel::Vercel};
use crate::keyway::{
    outbound::{Base, Line},
    settings::BadForge,
};

/// The command line's part.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct IntegrationArgs {
    /// Keyway: client id of the Vercel integration; without, nobody can connect with Vercel
    #[arg(
        long,
        env = "COFFER_KEYWAY_VERCEL_CLIENT_ID",
        value_name = "ID",
        requires = "keyway_vercel_client_secret_file"
    )]
    pub keyway_vercel_client_id: Option<String>,
    /// Keyway: file of the Vercel integration's client secret
    #[arg(
        long,
        env = "COFFER_KEYWAY_VERCEL_CLIENT_SECRET_FILE",
        value_name = "FILE",
        requires = "keyway_vercel_client_id"
    )]
    pub keyway_vercel_client_secret_file: Option<PathBuf>,
    /// Keyway: the Vercel integration's name in its address
    #[arg(
        long,
        env = "COFFER_KEYWAY_VERCEL_SLUG",
        value_name = "SLUG",
        default_value = "keyway"
    )]
    pub keyway_vercel_slug: String,
    /// Keyway: base address of Vercel's pages
    #[arg(
        long,
        env = "COFFER_KEYWAY_VERCEL_URL",
        value_name = "URL",
        default_value = "https://vercel.com"
    )]
    pub keyway_vercel_url: String,
    /// Keyway: base address of Vercel's API
    #[arg(
        long,
        env = "COFFER_KEYWAY_VERCEL_API",
        value_name = "URL",
        default_value = "https://api.vercel.com"
    )]
    pub keyway_vercel_api: String,
    /// Keyway: client id of the Netlify OAuth application; without, nobody can connect with Netlify
    #[arg(
        long,
        env = "COFFER_KEYWAY_NETLIFY_CLIENT_ID",
        value_name = "ID",
        requires = "keyway_netlify_client_secret_file"
    )]
    pub keyway_netlify_client_id: Option<String>,
    /// Keyway: file of the Netlify OAuth application's client secret
    #[arg(
        long,
        env = "COFFER_KEYWAY_NETLIFY_CLIENT_SECRET_FILE",
        value_name = "FILE",
        requires = "keyway_netlify_client_id"
    )]
    pub keyway_netlify_client_secret_file: Option<PathBuf>,
    /// Keyway: base address of Netlify's pages
    #[arg(
        long,
        env = "COFFER_KEYWAY_NETLIFY_URL",
        value_name = "URL",
        default_value = "https://app.netlify.com"
    )]
    pub keyway_netlify_url: String,
    /// Keyway: base address of Netlify's API, without /api/v1
    #[arg(
        long,
        env = "COFFER_KEYWAY_NETLIFY_API",
        value_name = "URL",
        default_value = "https://api.netlify.com"
    )]
    pub keyway_netlify_api: String,
    /// Keyway: base address of Railway's API, without /graphql/v2
    #[arg(
        long,
        env = "COFFER_KEYWAY_RAILWAY_API",
        value_name = "URL",
        default_value = "https://backboard.railway.com"
    )]
    pub keyway_railway_api: String,
    /// Keyway: origin, such as <https://app.example>, to which a browser may be sent back once it has connected; may
    /// be repeated
    #[arg(
        long,
        env = "COFFER_KEYWAY_RETURN_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub keyway_return_origin: Vec<String>,
}

impl IntegrationArgs {
    /// The adapters, or what is wrong with the settings.
    pub fn build(&self) -> Result<Integrations, BadForge> {
        let vercel = Vercel {
            web: base("vercel-url", &self.keyway_vercel_url)?,
            api: base("vercel-api", &self.keyway_vercel_api)?,
            slug: self.keyway_vercel_slug.clone(),
            application: application(
                self.keyway_vercel_client_id.as_ref(),
                self.keyway_vercel_client_secret_file.as_ref(),
            )?,
            line: Line::default(),
        };
        let netlify = Netlify {
            web: base("netlify-url", &self.keyway_netlify_url)?,
            api: base("netlify-api", &self.keyway_netlify_api)?,
            application: application(
                self.keyway_netlify_client_id.as_ref(),
                self.keyway_netlify_client_secret_file.as_ref(),
            )?,
            line: Line::default(),
        };
        let railway = Railway {
            api: base("railway-api", &self.keyway_railway_api)?,
            line: Line::default(),
        };
        let mut all: Integrations = BTreeMap::new();
        all.insert(Provider::Vercel, Arc::new(vercel));
        all.insert(Provider::Netlify, Arc::new(netlify));
        all.insert(Provider::Railway, Arc::new(railway));
        Ok(all)
    }
}

/// A base address from the command line.
pub fn base(flag: &str, text: &str) -> Result<Base, BadForge> {
    Base::parse(text).ok_or_else(|| BadForge(format!("--keyway-{flag}: must be an http or https address")))
}

/// An application's name and the password in a file.
pub fn application(id: Option<&String>, file: Option<&PathBuf>) -> Result<Option<Application>, BadForge> {
    let (Some(id), Some(file)) = (id, file) else {
        return Ok(None);
    };
    let text = fs::read_to_string(file).map_err(|error| BadForge(format!("{}: {error}", file.display())))?;
    if text.trim().is_empty() {
        return Err(BadForge(format!("{}: is empty", file.display())));
    }
    Ok(Some(Application {
        id: id.clone(),
        secret: SecretValue::from(text.trim()),
    }))
}
