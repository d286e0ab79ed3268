//! Who a pod is, by a `TokenReview`: the API server checks the signature, the times, and that the pod which the token is
//! bound to still exists; here it is checked that the token was meant for us.

use k8s_openapi::api::authentication::v1::TokenReviewStatus;

/// Extra fields of a token that is bound to a pod.
const POD_NAME: &str = "authentication.kubernetes.io/pod-name";
const POD_UID: &str = "authentication.kubernetes.io/pod-uid";

/// A pod, as its token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// Its name.
    pub pod: String,
    /// Its uid.
    pub uid: String,
}

/// Reads a review's answer. `None` for anything that is not a token of a pod, for `audience` among others: an API server
/// that says nothing of audiences checked only its own.
pub fn read(status: &TokenReviewStatus, audience: &str) -> Option<Claim> {
    let meant = status.audiences.iter().flatten().any(|one| one == audience);
    let failed = status.error.as_deref().is_some_and(|error| !error.is_empty());
    if status.authenticated != Some(true) || !meant || failed || audience.is_empty() {
        return None;
    }
    let user = status.user.as_ref()?;
    let subject = user.username.as_deref()?.strip_prefix("system:serviceaccount:")?;
    let (namespace, service_account) = subject.split_once(':')?;
    let extra = |name: &str| match user.extra.as_ref()?.get(name)?.as_slice() {
        [one] if !one.is_empty() => Some(one.clone()),
        _ => None,
    };
    if namespace.is_empty() || service_account.is_empty() || service_account.contains(':') {
        return None;
    }
    Some(Claim {
        namespace: namespace.to_owned(),
        service_account: service_account.to_owned(),
        pod: extra(POD_NAME)?,
        uid: extra(POD_UID)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claim(change: impl FnOnce(&mut Value)) -> Option<Claim> {
        let mut status = json!({
            "authenticated": true, "audiences": ["other", "coffer"],
            "user": {
                "username": "system:serviceaccount:team:web", "uid": "1",
                "extra": { POD_NAME: ["web-1"], POD_UID: ["u1"] },
            },
        });
        change(&mut status);
        read(&serde_json::from_value(status).unwrap(), "coffer")
    }

    #[test]
    fn a_pods_token_for_us_says_which_pod() {
        let expected = Claim {
            namespace: "team".into(),
            service_account: "web".into(),
            pod: "web-1".into(),
            uid: "u1".into(),
        };
        assert_eq!(claim(|_| ()), Some(expected));
    }

    #[test]
    fn nothing_else_is_believed() {
        type Change = fn(&mut Value);
        let changes: [(&str, Change); 15] = [
            ("not authenticated", |s| s["authenticated"] = json!(false)),
            ("nothing said", |s| s["authenticated"] = Value::Null),
            ("an error", |s| s["error"] = json!("expired")),
            ("another audience", |s| {
                s["audiences"] = json!(["https://kubernetes.default.svc"]);
            }),
            ("part of an audience", |s| {
                s["audiences"] = json!(["coffer2", "cof"]);
            }),
            ("no audience", |s| s["audiences"] = json!([])),
            ("audiences not said", |s| s["audiences"] = Value::Null),
            ("a person", |s| s["user"]["username"] = json!("admin")),
            ("no namespace", |s| {
                s["user"]["username"] = json!("system:serviceaccount::web");
            }),
            ("no account", |s| {
                s["user"]["username"] = json!("system:serviceaccount:team:");
            }),
            ("a third part", |s| {
                s["user"]["username"] = json!("system:serviceaccount:team:web:x");
            }),
            ("not bound to a pod", |s| s["user"]["extra"] = Value::Null),
            ("no uid", |s| s["user"]["extra"][POD_UID] = json!([])),
            ("two names", |s| s["user"]["extra"][POD_NAME] = json!(["a", "b"])),
            ("an empty uid", |s| s["user"]["extra"][POD_UID] = json!([""])),
        ];
        for (what, change) in changes {
            assert_eq!(claim(change), None, "{what}");
        }
        let status = serde_json::from_value(json!({"authenticated": true, "audiences": [""]})).unwrap();
        assert_eq!(read(&status, ""), None);
    }
}
