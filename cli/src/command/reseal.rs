//! `coffer reseal`: what is sealed in files, sealed anew to the newest key. The server opens and seals; the values
//! come here in no form but sealed. A sealed value bears its place, so any text file will do, templates too.

use std::{collections::BTreeMap, fs, path::Path};

use coffer_domain::{address::Address, seal::Sealed};
use reqwest::Method;
use serde_json::json;

use super::{Context, documents::files, seal};
use crate::{args::ResealArgs, failure::Failure, output};

/// What happened to one sealed value.
struct Done {
    file: String,
    address: Address,
    old: String,
    new: String,
}

pub async fn run(context: &Context, args: ResealArgs) -> Result<(), Failure> {
    let mut work = Work {
        context,
        newest: BTreeMap::new(),
        done: Vec::new(),
    };
    for file in files(&args.path)? {
        work.file(&file, &args).await?;
    }
    let done = work.done;
    if context.output.is_data() {
        let rows = done.iter().map(
            |it| json!({"file": it.file, "address": it.address.to_string(), "from": it.old, "to": it.new}),
        );
        output::data(&json!({ "items": rows.collect::<Vec<_>>() }), context.output);
    } else if done.is_empty() {
        output::print(b"everything is sealed to the newest key already");
    } else {
        let rows = done
            .into_iter()
            .map(|it| vec![it.file, it.address.to_string(), it.old, it.new]);
        output::table(
            &["FILE", "SECRET", "FROM KEY", "TO KEY"],
            &rows.collect::<Vec<_>>(),
        );
    }
    Ok(())
}

struct Work<'c> {
    context: &'c Context,
    /// The newest key of each vault, by organization and vault.
    newest: BTreeMap<(String, String), String>,
    done: Vec<Done>,
}

impl Work<'_> {
    /// One file, written once, after all its values were sealed anew.
    async fn file(&mut self, path: &Path, args: &ResealArgs) -> Result<(), Failure> {
        let failed = |source| Failure::File {
            path: path.to_owned(),
            source,
        };
        let text = fs::read_to_string(path).map_err(failed)?;
        let mut written = text.clone();
        for old in sealed_in(&text) {
            let sealed: Sealed = old
                .parse()
                .map_err(|error| Failure::Seal(format!("{}: {error}", path.display())))?;
            let newest = self.newest(&sealed.address).await?;
            if newest == sealed.key.to_string() && !args.all {
                continue;
            }
            if !args.dry_run {
                written = written.replace(old, &self.anew(path, &sealed).await?);
            }
            self.done.push(Done {
                file: path.display().to_string(),
                old: sealed.key.to_string(),
                address: sealed.address,
                new: newest,
            });
        }
        if written == text {
            return Ok(());
        }
        seal::replace(path, &written)
    }

    async fn newest(&mut self, address: &Address) -> Result<String, Failure> {
        let place = &address.place;
        let vault = (place.organization.to_string(), place.vault.to_string());
        if let Some(known) = self.newest.get(&vault) {
            return Ok(known.clone());
        }
        let client = &self.context.client;
        let path = [vault.0.as_str(), "vaults", &vault.1, "sealing-keys"];
        let answer = client.send(Method::GET, &path, &[], None).await?;
        let id = answer["items"][0]["id"]
            .as_str()
            .ok_or_else(|| client.strange("an answer without a key".to_owned()))?;
        self.newest.insert(vault, id.to_owned());
        Ok(id.to_owned())
    }

    async fn anew(&self, file: &Path, sealed: &Sealed) -> Result<String, Failure> {
        let (place, client) = (&sealed.address.place, &self.context.client);
        let verb = format!("{}:reseal", sealed.address.name);
        let path = [
            place.organization.as_str(),
            "vaults",
            place.vault.as_str(),
            "environments",
            place.environment.as_str(),
            "secrets",
            &verb,
        ];
        let body = json!({"sealed": sealed.to_string()});
        let answer = client.send(Method::POST, &path, &[], Some(&body)).await;
        let answer = answer.map_err(|failure| match failure {
            Failure::Refused { status, message } => Failure::Refused {
                status,
                message: format!("{}: {}: {message}", file.display(), sealed.address),
            },
            other => other,
        })?;
        let text = answer["sealed"].as_str().map(str::to_owned);
        text.ok_or_else(|| client.strange("an answer without a sealed value".to_owned()))
    }
}

/// Every sealed value that stands in a text, each once.
fn sealed_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("coffer-seal:v1:") {
        let rest = &text[at..];
        let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '_' | '-');
        let sealed = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
        if sealed.matches(':').count() == 4 && !found.contains(&sealed) {
            found.push(sealed);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::sealed_in;

    #[test]
    fn sealed_values_are_found_in_any_text_once() {
        let one = "coffer-seal:v1:0011223344556677:team/app/default/A:abc_-";
        let two = "coffer-seal:v1:0011223344556677:team/app/default/b/c:xyz";
        let text = format!("a: {one}\nb: \"{two}\" # coffer-seal:v1: begins one\nc: {{d: '{one}'}}");
        assert_eq!(sealed_in(&text), [one, two]);
    }
}
