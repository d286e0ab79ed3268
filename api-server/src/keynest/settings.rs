//! What the server's configuration says of this door.

use crate::http::cors::Cors;

/// The command line's part.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "keynest")]
pub struct Args {
    /// KeyNest: origin whose pages may speak with it from a browser, such as <https://app.example>; may be repeated.
    /// Without: ports 3000 and 3001 of this machine
    #[arg(
        long,
        env = "COFFER_KEYNEST_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub keynest_origin: Vec<String>,
}

/// What the door goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whose pages may speak with it.
    pub cors: Cors,
}

/// Where the product's own front end runs while it is developed.
const USUAL: [&str; 4] = [
    "http://localhost:3000",
    "http://localhost:3001",
    "http://127.0.0.1:3000",
    "http://127.0.0.1:3001",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            cors: Cors::new(USUAL),
        }
    }
}

impl Args {
    /// The settings.
    pub fn settings(&self) -> Settings {
        if self.keynest_origin.is_empty() {
            return Settings::default();
        }
        let plain = |origin: &String| origin.trim_end_matches('/').to_owned();
        Settings {
            cors: Cors::new(self.keynest_origin.iter().map(plain)),
        }
    }
}
