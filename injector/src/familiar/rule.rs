//! Where a reference leads: the table of a `Vault` (`spec.references`), or, without a fitting line, one rule for all.
//! `vault:MOUNT/data/PATH#KEY` is the member KEY of the secret PATH in the Vault MOUNT, as over the KV v2 door;
//! `op://VAULT/ITEM/FIELD` is the secret ITEM/FIELD in the Vault VAULT. Whether a pod may read it is not known here.

use coffer_crds::ReferenceRule;
use coffer_domain::name::{BadName, EnvName, OrgName, SecretName, VaultName};

use super::reference::{Fault, Foreign, Reference, Scheme, segments};
use crate::known::{Index, Reader};

/// A secret, or a member of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The vault's organization: its namespace.
    pub organization: OrgName,
    /// The vault.
    pub vault: VaultName,
    /// The environment, if the reference says one.
    pub environment: Option<EnvName>,
    /// The secret.
    pub secret: SecretName,
    /// A member of its JSON object.
    pub field: Option<String>,
}

/// What the answer rests on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'g> {
    /// The vault that the pod names itself.
    pub vault: Option<&'g (OrgName, VaultName)>,
    /// The names and tables known.
    pub known: &'g Index,
    /// Who wants to read.
    pub reader: Reader<'g>,
}

/// Where `reference` leads.
pub fn target(reference: &Reference, ground: Ground<'_>) -> Result<Target, Fault> {
    let target = match reference {
        Reference::Own(own) => Target {
            organization: own.address.place.organization.clone(),
            vault: own.address.place.vault.clone(),
            environment: Some(own.address.place.environment.clone()),
            secret: own.address.name.clone(),
            field: own.field.clone(),
        },
        Reference::Foreign(foreign) => match listed(foreign, ground)? {
            Some(target) => target,
            None => unlisted(foreign, ground)?,
        },
    };
    let place = (target.organization.clone(), target.vault.clone());
    match ground.vault {
        Some(pods) if *pods != place => Err(elsewhere(reference, &target, pods)),
        _ => Ok(target),
    }
}

fn elsewhere(reference: &Reference, target: &Target, pods: &(OrgName, VaultName)) -> Fault {
    let (organization, vault) = pods;
    let problem = format!(
        "it is of Vault {}/{}, and the pod's is {organization}/{vault}",
        target.organization, target.vault
    );
    let fix = match reference {
        Reference::Own(_) => "write the pod's vault, or another coffer.dev/vault: a pod reads one".to_owned(),
        Reference::Foreign(it) => {
            let count = if it.scheme == Scheme::Vault && it.path.get(1).is_some_and(|s| s == "data") {
                2
            } else {
                1
            };
            let start = it.path[..count.min(it.path.len())].join("/");
            format!(
                "add {{prefix: \"{}{start}\"}} to spec.references of Vault {vault}, or write another coffer.dev/vault",
                it.scheme.prefix()
            )
        }
    };
    Fault::new(problem, fix)
}

/// By the longest fitting line of the vaults in question: the pod's own, or all of its namespace.
fn listed(foreign: &Foreign, ground: Ground<'_>) -> Result<Option<Target>, Fault> {
    let Ground { known, reader, .. } = ground;
    let names: Vec<(&str, &str)> = match ground.vault {
        Some((organization, vault)) => vec![(organization.as_str(), vault.as_str())],
        None => known
            .vaults(reader.namespace)
            .map(|name| (reader.namespace, name))
            .collect(),
    };
    let mut best: Option<(usize, (&str, &str), &ReferenceRule)> = None;
    for (namespace, name) in names {
        let Some(vault) = known
            .vault(namespace, name)
            .filter(|it| it.is_shown_to(namespace, reader))
        else {
            continue;
        };
        for rule in vault.references() {
            let Some(length) = fits(rule, foreign) else {
                continue;
            };
            match best {
                Some((longest, _, _)) if longest > length => {}
                Some((longest, other, _)) if longest == length && other != (namespace, name) => {
                    return Err(Fault::new(
                        format!("Vaults {} and {name} both say that it is theirs", other.1),
                        "write coffer.dev/vault, or change spec.references of one of them",
                    ));
                }
                _ => best = Some((length, (namespace, name), rule)),
            }
        }
    }
    best.map(|(length, place, rule)| by_rule(foreign, place, rule, length))
        .transpose()
}

/// How many segments of the path the line's prefix is, if it is the beginning of it.
fn fits(rule: &ReferenceRule, foreign: &Foreign) -> Option<usize> {
    let prefix = rule.prefix.strip_prefix(foreign.scheme.prefix())?;
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() {
        return Some(0);
    }
    let prefix = segments(prefix).ok()?;
    foreign.path.starts_with(&prefix).then_some(prefix.len())
}

fn by_rule(
    foreign: &Foreign,
    (organization, vault): (&str, &str),
    rule: &ReferenceRule,
    length: usize,
) -> Result<Target, Fault> {
    let form = rule.name();
    let rest = foreign.path[length..].join("/");
    let name = form.replace("{path}", &rest).replace("{key}", &foreign.key);
    // Where one of both is empty, its slash goes too.
    let name: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    Ok(Target {
        organization: OrgName::new(organization).map_err(|bad| unnamed(&bad))?,
        vault: VaultName::new(vault).map_err(|bad| unnamed(&bad))?,
        environment: rule
            .environment
            .as_deref()
            .map(EnvName::new)
            .transpose()
            .map_err(|bad| unnamed(&bad))?,
        secret: SecretName::new(name.join("/")).map_err(|bad| unnamed(&bad))?,
        field: (!form.contains("{key}")).then(|| foreign.key.clone()),
    })
}

/// By the rule for all.
fn unlisted(foreign: &Foreign, ground: Ground<'_>) -> Result<Target, Fault> {
    let (first, rest) = foreign
        .path
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let (vault, name, field) = match foreign.scheme {
        Scheme::Vault => {
            // The API's path of KV version 2 has it; the secret's own has not.
            let rest = rest
                .strip_prefix(&["data".to_owned()][..])
                .filter(|rest| !rest.is_empty())
                .unwrap_or(rest);
            if rest.is_empty() {
                return Err(Fault::new(
                    "it names a mount alone",
                    "write vault:MOUNT/data/PATH#KEY",
                ));
            }
            (first.to_owned(), rest.join("/"), Some(foreign.key.clone()))
        }
        Scheme::OnePassword => {
            let name = format!("{}/{}", rest.join("/"), foreign.key);
            (first.to_lowercase(), name, None)
        }
    };
    let vault = VaultName::new(vault).map_err(|bad| unnamed(&bad))?;
    let organization = match ground.vault {
        Some((organization, pods)) if *pods == vault => organization.clone(),
        _ => OrgName::new(ground.reader.namespace).map_err(|bad| unnamed(&bad))?,
    };
    Ok(Target {
        organization,
        vault,
        environment: None,
        secret: SecretName::new(name).map_err(|bad| unnamed(&bad))?,
        field,
    })
}

fn unnamed(bad: &BadName) -> Fault {
    Fault::new(
        format!("it leads to what is no name: {bad}"),
        "add a line with another name to spec.references of the Vault",
    )
}

#[cfg(test)]
mod tests {
    use coffer_crds::VaultSpec;
    use serde_json::json;

    use super::*;
    use crate::familiar::reference::read;

    const READER: Reader<'static> = Reader {
        namespace: "team",
        service_account: "web",
    };

    fn known() -> Index {
        let mut index = Index::default();
        let mut put = |namespace: &str, name: &str, spec: serde_json::Value| {
            let spec: VaultSpec = serde_json::from_value(spec).unwrap();
            index.put_vault((namespace.to_owned(), name.to_owned()), &spec);
        };
        put(
            "team",
            "app",
            json!({
                "environments": ["default", "production"],
                "references": [
                    { "prefix": "vault:secret/data/shop", "environment": "production" },
                    { "prefix": "vault:secret/data/shop/db", "name": "{key}" },
                    { "prefix": "vault:secret/data/json/", "name": "whole/{path}" },
                    { "prefix": "op://My Vault" },
                ],
            }),
        );
        put(
            "team",
            "other",
            json!({ "references": [{ "prefix": "vault:kv/x" }] }),
        );
        put(
            "team",
            "third",
            json!({ "references": [{ "prefix": "vault:kv/x/" }] }),
        );
        put(
            "far",
            "away",
            json!({ "references": [{ "prefix": "vault:secret/data/shop", "name": "hidden" }] }),
        );
        put(
            "far",
            "near",
            json!({
                "access": [{ "serviceAccounts": ["web"], "namespaces": ["team"] }],
                "references": [{ "prefix": "vault:secret/data/shop", "name": "shown" }],
            }),
        );
        index
    }

    fn at(text: &str, vault: Option<(&str, &str)>) -> Result<String, String> {
        let vault = vault.map(|(o, v)| (OrgName::new(o).unwrap(), VaultName::new(v).unwrap()));
        let (known, reference) = (known(), read(text).unwrap().unwrap());
        let ground = Ground {
            vault: vault.as_ref(),
            known: &known,
            reader: READER,
        };
        let shown = |it: Target| {
            let environment = it.environment.map_or("-".to_owned(), |e| e.to_string());
            let field = it.field.map_or(String::new(), |field| format!("#{field}"));
            format!(
                "{}/{}/{environment}/{}{field}",
                it.organization, it.vault, it.secret
            )
        };
        target(&reference, ground)
            .map(shown)
            .map_err(|fault| format!("{}; {}", fault.problem, fault.fix))
    }

    #[test]
    fn the_longest_line_of_a_table_counts_and_without_one_the_mount_is_the_vault() {
        for (text, expected) in [
            (
                "vault:secret/data/shop/cache#password",
                "team/app/production/cache/password",
            ),
            ("vault:secret/data/shop#TOKEN", "team/app/production/TOKEN"),
            ("vault:secret/data/shop/db#DB_URL", "team/app/-/DB_URL"),
            ("vault:secret/data/json/a/b#k", "team/app/-/whole/a/b#k"),
            ("vault:secret/data/shopping#k", "team/secret/-/shopping#k"),
            ("vault:kv/app/db#k", "team/kv/-/app/db#k"),
            ("vault:kv/data#k", "team/kv/-/data#k"),
            ("op://My Vault/db/password", "team/app/-/db/password"),
            (
                "op://Personal/db/admin/password",
                "team/personal/-/db/admin/password",
            ),
            ("coffer://far/away/default/X#f", "far/away/default/X#f"),
        ] {
            assert_eq!(at(text, None).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_pods_own_vault_bounds_what_is_meant() {
        assert_eq!(
            at("vault:kv/x/a#k", Some(("team", "other"))).as_deref(),
            Ok("team/other/-/a/k")
        );
        assert_eq!(
            at("vault:secret/data/a#k", Some(("far", "secret"))).as_deref(),
            Ok("far/secret/-/a#k")
        );
        for (text, vault, expected) in [
            (
                "vault:kv/x/a#k",
                None,
                "Vaults other and third both say that it is theirs",
            ),
            (
                "vault:secret/data/none#k",
                Some(("team", "app")),
                "it is of Vault team/secret, and the pod's is team/app; add {prefix: \"vault:secret/data\"} to \
                 spec.references of Vault app",
            ),
            ("op://x/y/z", Some(("team", "app")), "{prefix: \"op://x\"}"),
            (
                "coffer://far/away/default/X",
                Some(("team", "app")),
                "a pod reads one",
            ),
            ("vault:secret#k", None, "names a mount alone"),
        ] {
            let said = at(text, vault).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn a_table_of_another_namespace_is_read_by_those_alone_whom_its_vault_lets_in() {
        let reference = "vault:secret/data/shop#k";
        assert_eq!(
            at(reference, Some(("far", "near"))).as_deref(),
            Ok("far/near/-/shown#k")
        );
        let said = at(reference, Some(("far", "away"))).unwrap_err();
        assert!(!said.contains("hidden"), "{said}");
    }
}
