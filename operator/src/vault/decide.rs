//! From a `Vault`'s spec to the vault that the store should hold. Pure.

use coffer_crds::{AccessRule, VaultSpec};
use coffer_domain::{
    name::EnvName, pattern::Pattern, rights::Access, rotation::Schedule, usecase::vaults::VaultSettings,
};

use crate::{
    identity::{Identity, misnamed},
    problem::Problem,
    schedule,
};

/// The settings that the spec asks for.
pub fn settings(spec: &VaultSpec, identity: &Identity) -> Result<VaultSettings, Problem> {
    let named = spec.environments().into_iter().map(EnvName::new);
    let environments = named
        .collect::<Result<_, _>>()
        .map_err(|bad| misnamed("spec.environments", &bad))?;
    let access = spec
        .access
        .iter()
        .map(|rule| access(rule, &identity.namespace))
        .collect();
    Ok(VaultSettings {
        environments,
        access,
        owner: Some(identity.owner()),
    })
}

/// When the key that values are sealed to is replaced.
pub fn key_rotation(spec: &VaultSpec) -> Result<Option<Schedule>, Problem> {
    let rotation = spec.key_rotation.as_ref();
    rotation
        .map(|rotation| schedule::parse_in("keyRotation", rotation.timing()))
        .transpose()
}

fn access(rule: &AccessRule, namespace: &str) -> Access {
    Access {
        service_accounts: patterns(&rule.service_accounts),
        namespaces: patterns(&rule.namespaces(namespace)),
        environments: rule
            .environments
            .as_deref()
            .map_or_else(|| vec![Pattern::any()], patterns),
        names: patterns(&rule.keys()),
    }
}

fn patterns<T: AsRef<str>>(texts: &[T]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            kind: "Vault",
            namespace: "team".into(),
            name: "app".into(),
            uid: "u1".into(),
        }
    }

    fn spec(json: serde_json::Value) -> VaultSpec {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn absent_namespaces_are_the_own_one_and_absent_environments_and_keys_are_all() {
        let spec = spec(serde_json::json!({"access": [{"serviceAccounts": ["web"]}]}));
        let settings = settings(&spec, &identity()).unwrap();
        let expected = Access {
            service_accounts: vec![Pattern::new("web")],
            namespaces: vec![Pattern::new("team")],
            environments: vec![Pattern::any()],
            names: vec![Pattern::any()],
        };
        assert_eq!(settings.access, [expected]);
        assert_eq!(settings.environments, [EnvName::default_environment()]);
        assert_eq!(settings.owner.unwrap().name, "team/app");
    }

    #[test]
    fn what_is_written_is_taken_as_written() {
        let spec = spec(serde_json::json!({
            "environments": ["production", "staging"],
            "access": [{"serviceAccounts": ["*"], "namespaces": ["a", "b"], "environments": ["staging"], "keys": ["app/*"]}],
        }));
        let settings = settings(&spec, &identity()).unwrap();
        assert_eq!(settings.environments.len(), 2);
        assert_eq!(
            settings.access[0].namespaces,
            [Pattern::new("a"), Pattern::new("b")]
        );
        assert_eq!(settings.access[0].environments, [Pattern::new("staging")]);
        assert_eq!(settings.access[0].names, [Pattern::new("app/*")]);
    }

    #[test]
    fn a_bad_schedule_names_its_field() {
        let spec = spec(serde_json::json!({"keyRotation": {"schedule": "61 * * * *"}}));
        let problem = key_rotation(&spec).unwrap_err();
        assert!(
            problem.message.starts_with("keyRotation.schedule: "),
            "{}",
            problem.message
        );
    }

    #[test]
    fn a_name_that_got_by_the_schema_is_a_problem_not_a_panic() {
        let problem = settings(&spec(serde_json::json!({"environments": ["a b"]})), &identity()).unwrap_err();
        assert!(
            problem.message.starts_with("spec.environments: "),
            "{}",
            problem.message
        );
    }
}
