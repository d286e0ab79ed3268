//! Paths and queries of the Kubernetes API.

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub plural: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub status: bool,
}

impl Target {
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let rest = match segments.as_slice() {
            ["api", "v1", rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            ["openid", "v1", "jwks"] => &["jwks", "jwks"],
            _ => return None,
        };
        let text = |text: &str| Some(text.to_owned());
        Some(match rest {
            [plural] => Self::all(plural),
            ["namespaces", name] => Self {
                name: text(name),
                ..Self::all("namespaces")
            },
            ["namespaces", namespace, plural] => Self {
                namespace: text(namespace),
                ..Self::all(plural)
            },
            ["namespaces", namespace, plural, name] => Self::named(plural, namespace, name),
            ["namespaces", namespace, plural, name, "status"] => Self {
                status: true,
                ..Self::named(plural, namespace, name)
            },
            // An eviction is an object of its own to this server: the test plays whoever replaces the pod.
            ["namespaces", namespace, "pods", name, "eviction"] => Self::named("evictions", namespace, name),
            _ => return None,
        })
    }

    pub fn all(plural: &str) -> Self {
        Self {
            plural: plural.to_owned(),
            namespace: None,
            name: None,
            status: false,
        }
    }

    pub fn named(plural: &str, namespace: &str, name: &str) -> Self {
        let namespace = (!namespace.is_empty()).then(|| namespace.to_owned());
        Self {
            namespace,
            name: Some(name.to_owned()),
            ..Self::all(plural)
        }
    }
}

/// The parameters looked at.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub watch: bool,
    pub manager: String,
    pub version: u64,
    pub labels: Vec<(String, String)>,
    pub no_phases: Vec<String>,
}

impl Query {
    pub fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = decoded(value);
            match key {
                "watch" => parsed.watch = value == "true",
                "fieldManager" => parsed.manager = value,
                "resourceVersion" => parsed.version = value.parse().unwrap_or(0),
                "labelSelector" => {
                    let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
                    parsed.labels = pairs
                        .map(|(key, value)| (key.to_owned(), value.to_owned()))
                        .collect();
                }
                "fieldSelector" => {
                    let pairs = value
                        .split(',')
                        .filter_map(|pair| pair.strip_prefix("status.phase!="));
                    parsed.no_phases = pairs.map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        parsed
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| std::str::from_utf8(&tail[..2]).unwrap());
        let byte = hex.map_or(*first, |hex| u8::from_str_radix(hex, 16).unwrap());
        bytes.push(if *first == b'+' { b' ' } else { byte });
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap()
}
