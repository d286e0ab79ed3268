//! What the server's configuration says of an OpenBao or Vault server that keeps some of the mounts, and which those
//! are. The environment variables are the product's own, as far as it has one.

use std::{collections::BTreeMap, fmt, fs, path::PathBuf, sync::Arc, time::Duration};

use clap::ValueEnum;
use coffer_domain::{
    name::VaultName,
    provider::{Provider, foreign::Foreign},
    secret_value::SecretValue,
    usecase::Coffer,
};
use coffer_remote::{Certificates, Login, Options, VaultServer, address};
use jiff::Timestamp;

use crate::canonical::settings::{BadSettings, Hidden};

/// Where a pod finds its service account's token.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// How this server logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// With a token that it was given.
    Token,
    /// With a role's id and secret id.
    Approle,
    /// As its pod's service account.
    Kubernetes,
    /// With a JWT from a file.
    Jwt,
}

/// The command line's part on the server that keeps some of the mounts.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "canonical_vault")]
pub struct VaultArgs {
    /// An OpenBao or Vault server that keeps mounts of the Canonical door: its address.
    #[arg(long, env = "VAULT_URL", value_name = "URL")]
    pub canonical_vault_url: Option<String>,
    /// Which mounts, by commas, each with its engine if that is called otherwise: secret,team=kv/team; without, all.
    #[arg(
        long,
        env = "COFFER_CANONICAL_VAULT_MOUNTS",
        value_name = "MOUNT[=ENGINE]",
        value_delimiter = ','
    )]
    pub canonical_vault_mounts: Vec<String>,
    /// Its namespace.
    #[arg(long, env = "VAULT_NAMESPACE", value_name = "PATH")]
    pub canonical_vault_namespace: Option<String>,
    /// The certificates of its own authority, as PEM; else those that this machine trusts.
    #[arg(long, env = "VAULT_CACERT", value_name = "FILE")]
    pub canonical_vault_ca: Option<PathBuf>,
    /// How to log in there; else by what is given, a token before a role.
    #[arg(long, env = "VAULT_AUTH_METHOD")]
    pub canonical_vault_auth: Option<Method>,
    /// A token.
    #[arg(long, env = "VAULT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub canonical_vault_token: Option<Hidden>,
    /// The id of an `AppRole`.
    #[arg(long, env = "VAULT_ROLE_ID", value_name = "ID")]
    pub canonical_vault_role_id: Option<String>,
    /// Its secret id.
    #[arg(long, env = "VAULT_SECRET_ID", value_name = "ID", hide_env_values = true)]
    pub canonical_vault_secret_id: Option<Hidden>,
    /// The role to log in as with a service account or a JWT.
    #[arg(long, env = "VAULT_ROLE", value_name = "NAME")]
    pub canonical_vault_role: Option<String>,
    /// Where the method is mounted; else by its own name.
    #[arg(long, env = "VAULT_AUTH_MOUNT", value_name = "PATH")]
    pub canonical_vault_auth_mount: Option<String>,
    /// The file with the service account's token, or with the JWT; it is read anew for each login.
    #[arg(long, env = "VAULT_JWT_PATH", value_name = "FILE", default_value = SERVICE_ACCOUNT)]
    pub canonical_vault_jwt: PathBuf,
    /// How long it may take to answer, in seconds.
    #[arg(long, env = "VAULT_TIMEOUT", value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub canonical_vault_timeout: u64,
    /// How many requests to it may be under way.
    #[arg(long, env = "VAULT_MAX_CONCURRENT_OPERATIONS", default_value = "50", value_parser = clap::value_parser!(u16).range(1..))]
    pub canonical_vault_concurrency: u16,
    /// A token that ends within so many seconds is renewed.
    #[arg(
        long,
        env = "VAULT_TOKEN_RENEWAL_THRESHOLD",
        value_name = "SECONDS",
        default_value = "600"
    )]
    pub canonical_vault_renewal: u64,
    /// Whether the door keeps to the mounts that are named: a server that was given for something else is not opened
    /// to a door by that.
    #[arg(skip)]
    pub canonical_vault_named_only: bool,
}

impl Default for VaultArgs {
    fn default() -> Self {
        Self {
            canonical_vault_url: None,
            canonical_vault_mounts: Vec::new(),
            canonical_vault_namespace: None,
            canonical_vault_ca: None,
            canonical_vault_auth: None,
            canonical_vault_token: None,
            canonical_vault_role_id: None,
            canonical_vault_secret_id: None,
            canonical_vault_role: None,
            canonical_vault_auth_mount: None,
            canonical_vault_jwt: PathBuf::from(SERVICE_ACCOUNT),
            canonical_vault_timeout: 30,
            canonical_vault_concurrency: 50,
            canonical_vault_renewal: 600,
            canonical_vault_named_only: false,
        }
    }
}

/// Which mounts are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    All,
    /// These, and what their engines are called.
    These(BTreeMap<VaultName, String>),
}

/// The mounts that are kept elsewhere, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    kept: Kept,
    /// Without a server, what is in those mounts is nowhere.
    options: Option<Options>,
}

impl fmt::Display for Settings {
    /// Which mounts, and where: no credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kept {
            Kept::All => f.write_str("every mount")?,
            Kept::These(mounts) => {
                let names: Vec<&str> = mounts.keys().map(VaultName::as_str).collect();
                f.write_str(&names.join(", "))?;
            }
        }
        match &self.options {
            Some(options) => write!(f, " at {}", options.url),
            None => f.write_str(" nowhere: no address is given"),
        }
    }
}

impl Settings {
    /// Whether a mount is kept elsewhere.
    pub fn has(&self, mount: &str) -> bool {
        match &self.kept {
            Kept::All => true,
            Kept::These(mounts) => mounts.keys().any(|known| known.as_str() == mount),
        }
    }

    /// What keeps them, behind `coffer`'s decisions; `None`: nothing does.
    pub fn provider(&self, coffer: &Coffer) -> Option<Arc<dyn Provider>> {
        let clock = coffer.clone();
        // Options that make no server are found by [`VaultArgs::settings`], before there is a door.
        let server = VaultServer::new(self.options.as_ref()?, move || clock.clock().now()).ok()?;
        Some(Arc::new(Foreign::new(coffer.clone(), Arc::new(server))))
    }
}

/// Mounts, and what their engines are called.
fn named(list: &[String]) -> Result<BTreeMap<VaultName, String>, BadSettings> {
    let named = list.iter().map(|name| name.trim());
    let mut mounts = BTreeMap::new();
    for named in named.filter(|name| !name.is_empty()) {
        let (mount, engine) = named.split_once('=').unwrap_or((named, named));
        let segment = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
            !part.is_empty() && part.bytes().all(plain) && !part.contains("..") && part != "."
        };
        if !engine.split('/').all(segment) {
            return Err(bad("mounts", &format!("{engine:?} is no path of an engine")));
        }
        let mount = VaultName::new(mount).map_err(|error| bad("mounts", &error))?;
        mounts.insert(mount, engine.to_owned());
    }
    Ok(mounts)
}

fn engines(mounts: &BTreeMap<VaultName, String>) -> BTreeMap<String, String> {
    let each = mounts
        .iter()
        .map(|(mount, engine)| (mount.to_string(), engine.clone()));
    each.collect()
}

fn bad(flag: &str, why: &dyn fmt::Display) -> BadSettings {
    BadSettings::new(format!("--canonical-vault-{flag}: {why}"))
}

impl VaultArgs {
    /// As settings; `None`: everything is kept here.
    pub fn settings(&self) -> Result<Option<Settings>, BadSettings> {
        let kept = self.kept()?;
        let Some(url) = &self.canonical_vault_url else {
            return Ok(kept.map(|kept| Settings { kept, options: None }));
        };
        if kept.is_none() && self.canonical_vault_named_only {
            return Ok(None);
        }
        let kept = kept.unwrap_or(Kept::All);
        let engines = match &kept {
            Kept::All => BTreeMap::new(),
            Kept::These(mounts) => engines(mounts),
        };
        let options = self.options(url, engines)?;
        Ok(Some(Settings {
            kept,
            options: Some(options),
        }))
    }

    /// The server for something else than the door, with the engines of mounts that are called otherwise there
    /// (`team=kv/team`); `None`: none is named. Rights and records are for whoever uses it to ask for.
    pub fn server(
        &self,
        mounts: &[String],
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Option<Arc<dyn Provider>>, BadSettings> {
        let Some(url) = &self.canonical_vault_url else {
            return Ok(None);
        };
        let options = self.options(url, engines(&named(mounts)?))?;
        let server = VaultServer::new(&options, now).map_err(|error| bad("url", &error))?;
        Ok(Some(Arc::new(server)))
    }

    fn options(&self, url: &str, engines: BTreeMap<String, String>) -> Result<Options, BadSettings> {
        let options = Options {
            namespace: self.canonical_vault_namespace.clone(),
            authority: self.authority()?,
            timeout: Duration::from_secs(self.canonical_vault_timeout),
            concurrency: usize::from(self.canonical_vault_concurrency),
            renewal: Duration::from_secs(self.canonical_vault_renewal),
            engines,
            ..Options::new(address(url).map_err(|error| bad("url", &error))?, self.login()?)
        };
        VaultServer::new(&options, || Timestamp::UNIX_EPOCH).map_err(|error| bad("url", &error))?;
        Ok(options)
    }

    /// The mounts that are named, if any are.
    fn kept(&self) -> Result<Option<Kept>, BadSettings> {
        let mounts = named(&self.canonical_vault_mounts)?;
        Ok((!mounts.is_empty()).then_some(Kept::These(mounts)))
    }

    fn authority(&self) -> Result<Option<Certificates>, BadSettings> {
        let Some(path) = &self.canonical_vault_ca else {
            return Ok(None);
        };
        let wrong = |error: &dyn fmt::Display| bad("ca", &format!("{}: {error}", path.display()));
        let pem = fs::read(path).map_err(|error| wrong(&error))?;
        Certificates::parse(&pem).map(Some).map_err(|error| wrong(&error))
    }

    fn login(&self) -> Result<Login, BadSettings> {
        let secret = |given: &Option<Hidden>| -> Option<SecretValue> { given.as_ref().map(Hidden::value) };
        let missing = |what: &str| BadSettings::new(format!("--canonical-vault-url needs {what}"));
        let mount = |usual: &str| {
            let given = self.canonical_vault_auth_mount.clone();
            given.unwrap_or_else(|| usual.to_owned())
        };
        let role = || self.canonical_vault_role.clone();
        match self.method() {
            Method::Token => secret(&self.canonical_vault_token)
                .map(Login::Token)
                .ok_or_else(|| missing("--canonical-vault-token, or another way to log in")),
            Method::Approle => Ok(Login::AppRole {
                mount: mount("approle"),
                role: (self.canonical_vault_role_id.clone())
                    .ok_or_else(|| missing("--canonical-vault-role-id"))?,
                secret: secret(&self.canonical_vault_secret_id)
                    .ok_or_else(|| missing("--canonical-vault-secret-id"))?,
            }),
            Method::Kubernetes => Ok(Login::Jwt {
                mount: mount("kubernetes"),
                role: Some(role().ok_or_else(|| missing("--canonical-vault-role"))?),
                file: self.canonical_vault_jwt.clone(),
            }),
            Method::Jwt => Ok(Login::Jwt {
                mount: mount("jwt"),
                role: role(),
                file: self.canonical_vault_jwt.clone(),
            }),
        }
    }

    fn method(&self) -> Method {
        let given = (&self.canonical_vault_token, &self.canonical_vault_role_id);
        let usual = match given {
            (None, Some(_)) => Method::Approle,
            _ => Method::Token,
        };
        self.canonical_vault_auth.unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        vault: VaultArgs,
    }

    fn settings(arguments: &str) -> Result<Option<Settings>, BadSettings> {
        let words = std::iter::once("x").chain(arguments.split_whitespace());
        Program::try_parse_from(words).unwrap().vault.settings()
    }

    #[test]
    fn mounts_are_kept_there_as_far_as_they_are_named() {
        assert!(settings("").unwrap().is_none());
        let url = "--canonical-vault-url https://bao.example --canonical-vault-token t";
        let all = settings(url).unwrap().unwrap();
        assert!(all.has("secret") && all.options.is_some());
        let named = format!("{url} --canonical-vault-mounts secret,team=kv/team");
        let some = settings(&named).unwrap().unwrap();
        assert!(some.has("secret") && some.has("team") && !some.has("kv"));
        assert_eq!(some.to_string(), "secret, team at https://bao.example/");
        let nowhere = settings("--canonical-vault-mounts secret").unwrap().unwrap();
        assert!(nowhere.has("secret") && nowhere.options.is_none());
        let mut program = Program::try_parse_from(["x"].into_iter().chain(url.split(' '))).unwrap();
        program.vault.canonical_vault_named_only = true;
        assert!(
            program.vault.settings().unwrap().is_none(),
            "a server for something else opens no mount"
        );
        assert!(
            program
                .vault
                .server(&[], || Timestamp::UNIX_EPOCH)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let url = "--canonical-vault-url https://bao.example";
        for (arguments, part) in [
            (
                "--canonical-vault-url http://bao.example --canonical-vault-token t",
                "https",
            ),
            (url, "--canonical-vault-token"),
            (
                &format!("{url} --canonical-vault-role-id r"),
                "--canonical-vault-secret-id",
            ),
            (
                &format!("{url} --canonical-vault-auth kubernetes"),
                "--canonical-vault-role",
            ),
            (
                &format!("{url} --canonical-vault-token t --canonical-vault-ca /does/not/exist"),
                "/does/not/exist",
            ),
            ("--canonical-vault-mounts a=../b", "no path of an engine"),
        ] {
            let refused = settings(arguments).unwrap_err().to_string();
            assert!(refused.contains(part), "{arguments}: {refused}");
        }
        assert!(settings(&format!("{url} --canonical-vault-auth jwt")).is_ok());
    }
}
