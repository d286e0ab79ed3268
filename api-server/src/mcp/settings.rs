//! What the server's configuration says of this door: which pages and names may lead to it.

/// The command line's part.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "mcp")]
pub struct Args {
    /// MCP: origin that a request may say it comes from, such as <https://app.example:443>; may be repeated. Without,
    /// requests that come from a web page are refused
    #[arg(long, env = "COFFER_MCP_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub mcp_origin: Vec<String>,
    /// MCP: name of the server that a request may be for; may be repeated. Without, any name over TLS, where the
    /// certificate speaks for it, and over plain HTTP this machine's
    #[arg(long, env = "COFFER_MCP_HOST", value_name = "HOST", value_delimiter = ',')]
    pub mcp_host: Vec<String>,
}

/// What the door goes by.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which origins requests may come from.
    pub origins: Vec<String>,
    /// Which names lead here, where that is said.
    named: Vec<String>,
}

/// What this machine calls itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Args {
    /// The settings.
    pub fn settings(&self) -> Settings {
        Settings {
            origins: self.mcp_origin.clone(),
            named: self.mcp_host.clone(),
        }
    }
}

impl Settings {
    /// The hosts that requests may be for; `None`: any, since a page that had another name lead here would be stopped by
    /// the certificate.
    pub fn hosts(&self, secure: bool) -> Option<Vec<String>> {
        if secure && self.named.is_empty() {
            return None;
        }
        let usual = LOOPBACK.into_iter().map(str::to_owned);
        Some(usual.chain(self.named.iter().cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_and_the_names_that_are_said() {
        let none = Settings::default();
        assert_eq!(none.hosts(true), None);
        assert_eq!(none.hosts(false).unwrap(), LOOPBACK);
        let said = Args {
            mcp_host: vec!["coffer.example".to_owned()],
            ..Args::default()
        };
        for secure in [true, false] {
            let hosts = said.settings().hosts(secure).unwrap();
            assert!(hosts.contains(&"coffer.example".to_owned()) && hosts.len() == 4);
        }
    }
}
