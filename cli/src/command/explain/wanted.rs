//! Variables and files, as annotations ask for them and as a pod carries them, so that the two can be compared.

use coffer_domain::template::Template;
use coffer_injector::{
    annotation::ENV,
    injected::Carried,
    known::{Index, Reader},
    pod::variables,
    wish::{self, Variables, Wish},
};
use coffer_wire::{Content, Selection};

use super::report::Kind;

/// Where values come from: namespace, vault, environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The vault's namespace.
    pub organization: String,
    /// Its name.
    pub vault: String,
    /// The environment.
    pub environment: String,
}

/// A variable or a file.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The annotation that asks for it.
    pub annotation: Option<String>,
    /// The variable's name, or the file's path.
    pub name: String,
    /// The keys that it is made from.
    pub keys: Vec<String>,
    /// Of a file: its permission bits and what it holds.
    pub file: Option<(u32, Content)>,
}

impl Wanted {
    /// Which of the two.
    pub fn kind(&self) -> Kind {
        if self.file.is_some() {
            Kind::File
        } else {
            Kind::Variable
        }
    }

    /// Whether it bears the same name, whatever it is made from.
    pub fn is_namesake(&self, other: &Self) -> bool {
        (self.kind(), &self.name) == (other.kind(), &other.name)
    }

    /// Whether it is the very same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_namesake(other) && self.file == other.file && self.keys == other.keys
    }
}

impl Place {
    /// The wish's.
    pub fn of_wish(wish: &Wish) -> Self {
        Self {
            organization: wish.organization.to_string(),
            vault: wish.vault.to_string(),
            environment: wish.environment.to_string(),
        }
    }

    /// The agent's.
    pub fn of_carried(carried: &Carried) -> Self {
        let config = &carried.config;
        Self {
            organization: config.organization.clone(),
            vault: config.vault.clone(),
            environment: config.environment.clone(),
        }
    }
}

/// What a wish comes to. `*` is what the injector makes of it.
pub fn of_wish(wish: &Wish, index: &Index, reader: Reader<'_>) -> Vec<Wanted> {
    let named = variables::resolve(&wish.variables, index.readable(wish, reader));
    let named = named.map(|resolved| resolved.variables).unwrap_or_default();
    let variables = named.into_iter().map(|it| Wanted {
        annotation: Some(ENV.to_owned()),
        name: it.name,
        keys: vec![it.secret.to_string()],
        file: None,
    });
    variables.chain(wish.files.iter().map(of_file)).collect()
}

fn of_file(file: &wish::File) -> Wanted {
    let (keys, content) = match &file.content {
        wish::Content::Secret(key) => (vec![key.to_string()], Content::Secret(key.to_string())),
        wish::Content::Template { source, names } => {
            (names.iter().cloned().collect(), Content::Template(source.clone()))
        }
    };
    Wanted {
        annotation: Some(file.annotation()),
        name: format!("{}/{}", file.directory, file.name),
        keys,
        file: Some((file.mode, content)),
    }
}

/// What a pod carries. Of variables that its agent resolves by itself, `wish` tells the names.
pub fn of_carried(carried: &Carried, wish: Option<&Wish>, index: &Index, reader: Reader<'_>) -> Vec<Wanted> {
    let variables = match &carried.config.variables.selection {
        Selection::Named(pairs) => pairs.clone(),
        Selection::All => {
            let all = wish.filter(|wish| wish.variables == Variables::All);
            let keys = all.into_iter().flat_map(|wish| of_wish(wish, index, reader));
            keys.filter(|it| it.kind() == Kind::Variable)
                .filter_map(|it| Some((it.name, it.keys.into_iter().next()?)))
                .collect()
        }
    };
    let variables = variables.into_iter().map(|(name, key)| Wanted {
        annotation: None,
        name,
        keys: vec![key],
        file: None,
    });
    let files = carried.files.iter().map(|it| Wanted {
        annotation: None,
        name: it.path.clone(),
        keys: keys(&it.content),
        file: Some((it.mode, it.content.clone())),
    });
    variables.chain(files).collect()
}

fn keys(content: &Content) -> Vec<String> {
    match content {
        Content::Secret(key) => vec![key.clone()],
        Content::Template(text) => {
            let parsed = Template::parse(text);
            parsed.map_or_else(|_| Vec::new(), |it| it.names().iter().cloned().collect())
        }
    }
}
