//! Values copied from core Secrets (`secretKeyRef`): the object's own namespace only, and only where the
//! operator was given the right. Nothing of a Secret is kept but the value asked for.

use std::collections::BTreeMap;

use coffer_crds::{SecretKeyRef, condition::reason};
use coffer_domain::secret_value::SecretValue;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use crate::{
    context::Context,
    failure::{Failure, code},
    problem::Problem,
    reference::hint,
};

/// A Secret's values by key, or why it cannot be read.
type Read = Result<BTreeMap<String, SecretValue>, Problem>;

/// Reads Secrets of one namespace, each once.
pub struct Sources<'a> {
    context: &'a Context,
    namespace: &'a str,
    read: BTreeMap<String, Read>,
}

impl<'a> Sources<'a> {
    /// Of `namespace`.
    pub fn new(context: &'a Context, namespace: &'a str) -> Self {
        Self {
            context,
            namespace,
            read: BTreeMap::new(),
        }
    }

    /// The value that entry `key` of `data` refers to.
    pub async fn read(
        &mut self,
        key: &str,
        reference: &SecretKeyRef,
    ) -> Result<Result<SecretValue, Problem>, Failure> {
        if !self.read.contains_key(&reference.name) {
            let read = self.fetch(&reference.name).await?;
            self.read.insert(reference.name.clone(), read);
        }
        let found = match self.read.get(&reference.name) {
            Some(Ok(values)) => pick(values, reference),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(missing(&reference.name, self.namespace)),
        };
        Ok(found.map_err(|problem| Problem {
            message: format!("data.{key}: {}", problem.message),
            ..problem
        }))
    }

    async fn fetch(&self, name: &str) -> Result<Read, Failure> {
        if !self.context.secret_namespaces.contains(self.namespace) {
            return Ok(Err(no_right(self.namespace)));
        }
        let api: Api<Secret> = Api::namespaced(self.context.client.clone(), self.namespace);
        match api.get_opt(name).await {
            Ok(Some(secret)) => Ok(Ok(values(secret))),
            Ok(None) => Ok(Err(missing(name, self.namespace))),
            Err(error) if code(&error) == 403 => Ok(Err(no_right(self.namespace))),
            Err(error) => Err(Failure::cluster("read a Secret")(error)),
        }
    }
}

/// The operator has no right for Secrets in `namespace`, and how to give it.
pub fn no_right(namespace: &str) -> Problem {
    let message = format!(
        "the operator may not use Secrets in namespace {namespace}; \
         add the namespace to the chart's value secretNamespaces"
    );
    Problem::stalled(reason::FORBIDDEN, message)
}

fn missing(name: &str, namespace: &str) -> Problem {
    let message = format!("secretKeyRef.name: there is no Secret {name} in namespace {namespace}");
    Problem::waiting(reason::SOURCE_NOT_FOUND, message)
}

/// The values, moved out: no copy stays behind.
fn values(secret: Secret) -> BTreeMap<String, SecretValue> {
    let data = secret.data.unwrap_or_default().into_iter();
    data.map(|(key, bytes)| (key, SecretValue::new(bytes.0)))
        .collect()
}

fn pick(values: &BTreeMap<String, SecretValue>, reference: &SecretKeyRef) -> Result<SecretValue, Problem> {
    values.get(&reference.key).cloned().ok_or_else(|| {
        let hint = hint(&reference.key, values.keys().map(String::as_str));
        let message = format!(
            "secretKeyRef.key: Secret {} has no key {}{hint}",
            reference.name, reference.key
        );
        Problem::waiting(reason::SOURCE_KEY_NOT_FOUND, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_named_with_the_nearest() {
        let values = BTreeMap::from([("password".to_owned(), SecretValue::from("x"))]);
        let reference = SecretKeyRef {
            name: "database".into(),
            key: "pasword".into(),
        };
        let problem = pick(&values, &reference).unwrap_err();
        assert_eq!(problem.reason, reason::SOURCE_KEY_NOT_FOUND);
        assert!(
            problem
                .message
                .ends_with("no key pasword; did you mean password?"),
            "{}",
            problem.message
        );
    }
}
