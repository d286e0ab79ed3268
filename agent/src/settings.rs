//! The configuration, parsed: names that stay inside their directory, templates that parse, an address
//! that is `https`. Nothing after this looks at the wire form again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use coffer_wire::{
    AgentConfig, Content, Delivery, FileSpec, Selection, SignalSpec, StaleConfig, Template, TemplateError,
    WatchRequest, bundle::BundleContent, envfile,
};
use thiserror::Error;

use crate::net::{AddressError, ServerAddress};
use crate::place::{EntryName, NameError};
use crate::signal::Hint;

/// A parsed configuration.
#[derive(Debug)]
pub struct Settings {
    /// Where the server is.
    pub server: ServerAddress,
    /// PEM certificates to trust at first.
    pub trust: String,
    /// What is asked for: vault, environment, names.
    pub watch: WatchRequest,
    /// File that holds the token.
    pub token_file: PathBuf,
    /// How variables are delivered.
    pub delivery: Delivery,
    /// Where variables go.
    pub variables_dir: PathBuf,
    /// Which variables.
    pub variables: Chosen,
    /// Files, by directory.
    pub directories: BTreeMap<PathBuf, Vec<FileSettings>>,
    /// Where the agent's own state goes.
    pub state_dir: PathBuf,
    /// Whom to signal when secrets have changed.
    pub signal: Option<Hint>,
    /// How to start while the server cannot be reached.
    pub stale: Option<StaleSettings>,
}

/// How to start with the values of a last-known-good bundle.
#[derive(Debug)]
pub struct StaleSettings {
    /// The bundle's file, which may be missing.
    pub bundle: PathBuf,
    /// Where its key is.
    pub keys: ServerAddress,
    /// PEM certificates to trust there.
    pub trust: String,
    /// What the bundle must hold.
    pub content: BundleContent,
}

/// Which variables.
#[derive(Debug)]
pub enum Chosen {
    /// These.
    Named(Vec<ChosenVariable>),
    /// Every secret whose name can be a variable's.
    All,
}

/// One variable.
#[derive(Debug)]
pub struct ChosenVariable {
    /// Its name.
    pub name: EntryName,
    /// The secret's.
    pub secret: String,
    /// Only this member of it.
    pub field: Option<String>,
}

/// One file.
#[derive(Debug)]
pub struct FileSettings {
    /// Its name.
    pub name: EntryName,
    /// Its permission bits.
    pub mode: u32,
    /// What it holds.
    pub source: Source,
}

/// What a file holds.
#[derive(Debug)]
pub enum Source {
    /// One secret.
    Secret(String),
    /// A template.
    Template(Template),
}

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Not the JSON it must be.
    #[error("the configuration does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// The server's address.
    #[error("server: {0}")]
    Server(#[from] AddressError),
    /// The address of the bundles' keys.
    #[error("stale: keys: {0}")]
    Keys(AddressError),
    /// A signal's name.
    #[error("signal {0:?}: not one that an application can be sent")]
    Signal(String),
    /// A variable's name.
    #[error("variable {0:?}: not a name that an environment variable can have")]
    Variable(String),
    /// `*` with env files.
    #[error(
        "variables: all secrets as variables need the exec delivery: kubelet must be told each name of an env file"
    )]
    AllNeedsExec,
    /// A file's name.
    #[error("file {0:?}: {1}")]
    FileName(String, NameError),
    /// A file's permissions.
    #[error("file {0:?}: mode {1:o} is not between 0 and 777")]
    Mode(String, u32),
    /// A file's template.
    #[error("file {0:?}: template: {1}")]
    Template(String, TemplateError),
    /// Two files in one place.
    #[error("file {0:?}: named twice in {1:?}")]
    Twice(String, String),
    /// Files among the variables.
    #[error("file {0:?}: {1:?} is the directory of the variables")]
    AmongVariables(String, String),
}

impl Settings {
    /// Parses the JSON of an [`AgentConfig`].
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let config: AgentConfig = serde_json::from_str(json)?;
        let variables = variables(&config)?;
        let directories = directories(&config)?;
        let watch = watch(&config, &directories);
        let stale = config
            .stale
            .as_ref()
            .map(|stale| stale_settings(stale, &watch))
            .transpose()?;
        let signal = config.signal.as_ref().map(hint).transpose()?;
        Ok(Self {
            signal,
            server: ServerAddress::parse(&config.server)?,
            trust: config.trust,
            watch,
            token_file: config.token_file.into(),
            delivery: config.variables.delivery,
            variables_dir: config.variables.dir.into(),
            variables,
            directories,
            state_dir: config.state_dir.into(),
            stale,
        })
    }
}

fn stale_settings(stale: &StaleConfig, watch: &WatchRequest) -> Result<StaleSettings, SettingsError> {
    Ok(StaleSettings {
        bundle: stale.bundle.clone().into(),
        keys: ServerAddress::parse(&stale.keys).map_err(SettingsError::Keys)?,
        trust: stale.trust.clone(),
        content: BundleContent {
            organization: watch.organization.clone(),
            vault: watch.vault.clone(),
            environment: watch.environment.clone(),
            names: watch.names.clone(),
            max_stale: stale.max_stale,
        },
    })
}

fn hint(spec: &SignalSpec) -> Result<Hint, SettingsError> {
    let unknown = || SettingsError::Signal(spec.signal.clone());
    Hint::parse(&spec.signal, &spec.process, spec.secrets.clone()).ok_or_else(unknown)
}

fn variables(config: &AgentConfig) -> Result<Chosen, SettingsError> {
    match (&config.variables.selection, config.variables.delivery) {
        (Selection::All, Delivery::EnvFile) => Err(SettingsError::AllNeedsExec),
        (Selection::All, Delivery::Exec) => Ok(Chosen::All),
        (Selection::Named(named), _) => named
            .iter()
            .map(|(name, secret)| variable(name, secret, &config.variables.fields))
            .collect::<Result<_, _>>()
            .map(Chosen::Named),
    }
}

/// A variable's name is also its env file's.
fn variable(
    name: &str,
    secret: &str,
    fields: &BTreeMap<String, String>,
) -> Result<ChosenVariable, SettingsError> {
    match EntryName::parse(name) {
        Ok(entry) if envfile::is_variable_name(name) => Ok(ChosenVariable {
            name: entry,
            secret: secret.to_owned(),
            field: fields.get(name).cloned(),
        }),
        _ => Err(SettingsError::Variable(name.to_owned())),
    }
}

fn directories(config: &AgentConfig) -> Result<BTreeMap<PathBuf, Vec<FileSettings>>, SettingsError> {
    let mut directories: BTreeMap<PathBuf, Vec<FileSettings>> = BTreeMap::new();
    for spec in &config.files {
        if spec.dir == config.variables.dir {
            return Err(SettingsError::AmongVariables(spec.name.clone(), spec.dir.clone()));
        }
        let file = file(spec)?;
        let files = directories.entry(spec.dir.clone().into()).or_default();
        if files.iter().any(|f| f.name == file.name) {
            return Err(SettingsError::Twice(spec.name.clone(), spec.dir.clone()));
        }
        files.push(file);
    }
    Ok(directories)
}

fn file(spec: &FileSpec) -> Result<FileSettings, SettingsError> {
    let name = EntryName::parse(&spec.name).map_err(|e| SettingsError::FileName(spec.name.clone(), e))?;
    // No setuid, setgid or sticky bits: nobody runs a secret.
    if spec.mode > 0o777 {
        return Err(SettingsError::Mode(spec.name.clone(), spec.mode));
    }
    let source = match &spec.content {
        Content::Secret(secret) => Source::Secret(secret.clone()),
        Content::Template(text) => Source::Template(
            Template::parse(text).map_err(|e| SettingsError::Template(spec.name.clone(), e))?,
        ),
    };
    Ok(FileSettings {
        name,
        mode: spec.mode,
        source,
    })
}

/// What to ask the server for: exactly the names that will be used.
fn watch(config: &AgentConfig, directories: &BTreeMap<PathBuf, Vec<FileSettings>>) -> WatchRequest {
    let mut names: BTreeSet<&String> = BTreeSet::new();
    for file in directories.values().flatten() {
        match &file.source {
            Source::Secret(name) => {
                names.insert(name);
            }
            Source::Template(template) => names.extend(template.names()),
        }
    }
    let variables: BTreeSet<&String> = match &config.variables.selection {
        Selection::Named(named) => named.values().collect(),
        Selection::All => BTreeSet::new(),
    };
    names.extend(&variables);
    // Of the others the server would look at the whole value, which no env file is to hold.
    let whole: BTreeSet<&String> = match &config.variables.selection {
        Selection::Named(named) => named
            .iter()
            .filter(|(name, _)| !config.variables.fields.contains_key(*name))
            .map(|(_, secret)| secret)
            .collect(),
        Selection::All => BTreeSet::new(),
    };
    let all = config.variables.selection == Selection::All;
    let env_files = config.variables.delivery == Delivery::EnvFile;
    WatchRequest {
        organization: config.organization.clone(),
        vault: config.vault.clone(),
        environment: config.environment.clone(),
        names: (!all).then(|| names.into_iter().cloned().collect()),
        env_file_names: if env_files {
            whole.into_iter().cloned().collect()
        } else {
            Vec::new()
        },
        max_stale: config.stale.as_ref().map(|stale| stale.max_stale),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(change: impl FnOnce(&mut serde_json::Value)) -> Result<Settings, String> {
        let mut json = json!({
            "server": "https://coffer.coffer-system.svc:8443", "trust": "", "organization": "shop", "vault": "app",
            "environment": "production", "tokenFile": "/token", "stateDir": "/state",
            "signal": {"signal": "SIGHUP", "process": "app"},
            "variables": {"delivery": "env-file", "dir": "/env", "selection": {"named": {"A": "a", "B": "app/b"}}},
            "files": [
                {"dir": "/files", "name": "one", "mode": 0o440, "content": {"secret": "a"}},
                {"dir": "/files", "name": "two", "mode": 0o440, "content": {"template": "{{ c }}"}},
            ],
        });
        change(&mut json);
        Settings::parse(&json.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn asks_for_the_names_it_will_use() {
        let watch = config(|_| ()).unwrap().watch;
        assert_eq!(watch.names.unwrap(), ["a", "app/b", "c"]);
        assert_eq!(watch.env_file_names, ["a", "app/b"]);
    }

    #[test]
    fn the_server_is_not_to_judge_a_whole_of_which_a_variable_holds_a_part() {
        let watch = config(|j| j["variables"]["fields"] = json!({"B": "password"}))
            .unwrap()
            .watch;
        assert_eq!(watch.names.unwrap(), ["a", "app/b", "c"]);
        assert_eq!(watch.env_file_names, ["a"]);
    }

    #[test]
    fn all_variables_ask_for_all_names() {
        let settings = config(|j| {
            j["variables"] = json!({"delivery": "exec", "dir": "/env", "selection": "all"});
        });
        let watch = settings.unwrap().watch;
        assert_eq!((watch.names, watch.env_file_names), (None, vec![]));
    }

    #[test]
    fn a_bundle_is_asked_for_by_the_same_names() {
        let stale =
            json!({"maxStale": 3600, "bundle": "/b", "keys": "https://injector.svc:8444", "trust": ""});
        let settings = config(|j| j["stale"] = stale).unwrap();
        assert_eq!(settings.watch.max_stale, Some(3600));
        let content = settings.stale.unwrap().content;
        assert_eq!((content.names, content.max_stale), (settings.watch.names, 3600));
        assert_eq!(config(|_| ()).unwrap().watch.max_stale, None);
    }

    #[test]
    fn refuses_with_the_name_of_what_is_wrong() {
        let cases = [
            ("/server", json!("http://h"), "server: must begin with https://"),
            (
                "/variables/selection",
                json!({"named": {"1A": "a"}}),
                "variable \"1A\": not a name that an environment variable can have",
            ),
            (
                "/variables/selection",
                json!("all"),
                "variables: all secrets as variables need the exec delivery: kubelet must be told each name of an env file",
            ),
            (
                "/files/0/name",
                json!("../x"),
                "file \"../x\": a file name must not contain '/' or a NUL byte",
            ),
            (
                "/files/0/mode",
                json!(0o4755),
                "file \"one\": mode 4755 is not between 0 and 777",
            ),
            (
                "/files/1/content",
                json!({"template": "\n{{ x"}),
                "file \"two\": template: line 2: the tag is not closed by }}",
            ),
            (
                "/files/1/name",
                json!("one"),
                "file \"one\": named twice in \"/files\"",
            ),
            (
                "/files/1/dir",
                json!("/env"),
                "file \"two\": \"/env\" is the directory of the variables",
            ),
            (
                "/signal",
                json!({"signal": "SIGKILL", "process": "app"}),
                "signal \"SIGKILL\": not one that an application can be sent",
            ),
            (
                "/files/0/content",
                json!({"surprise": 1}),
                "the configuration does not parse: unknown variant `surprise`",
            ),
        ];
        for (place, value, expected) in cases {
            let error = config(|j| *j.pointer_mut(place).unwrap() = value).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
