//! `coffer keyway directory …`: who is whom for a Keyway API that asks no forge. It changes a file on this machine,
//! which a server that reads it takes over at once.

use std::path::Path;

use coffer_api_server::keyway::forge::{
    admin::{AdminError, NewRepository, NewUser},
    listed::{self, Listed},
};
use coffer_domain::{repo_role::RepoRole, secret_value::SecretValue};
use coffer_store::SystemEntropy;

use crate::{
    args::{
        DirectoryArgs, DirectoryVerb, OrganizationVerb, Output, RepositoryVerb, RoleVerb, TokenVerb, UserVerb,
    },
    failure::Failure,
    output,
};

/// Does what the command line says.
pub fn run(args: DirectoryArgs, print: Output) -> Result<(), Failure> {
    let file = &args.file;
    match args.verb {
        DirectoryVerb::List => list(file, print),
        DirectoryVerb::User { verb } => user(file, verb),
        DirectoryVerb::Token { verb } => token(file, verb),
        DirectoryVerb::Repository { verb } => repository(file, verb),
        DirectoryVerb::Role { verb } => role(file, verb),
        DirectoryVerb::Organization { verb } => organization(file, verb),
    }
}

fn change<T>(file: &Path, change: impl FnOnce(&mut Listed) -> Result<T, AdminError>) -> Result<T, Failure> {
    listed::change(file, change).map_err(|error| Failure::Directory(error.to_string()))
}

fn entropy() -> Result<SystemEntropy, Failure> {
    SystemEntropy::checked().map_err(|error| Failure::Directory(error.to_string()))
}

fn user(file: &Path, verb: UserVerb) -> Result<(), Failure> {
    match verb {
        UserVerb::Add {
            login,
            id,
            email,
            bot,
        } => {
            let (new, entropy) = (
                NewUser {
                    login,
                    id,
                    email,
                    bot,
                },
                entropy()?,
            );
            change(file, |listed| listed.add_user(new, &entropy))
        }
        UserVerb::Remove { login } => change(file, |listed| listed.remove_user(&login)),
    }
}

fn token(file: &Path, verb: TokenVerb) -> Result<(), Failure> {
    match verb {
        TokenVerb::Add { login } => {
            let entropy = entropy()?;
            let token = change(file, |listed| listed.add_token(&login, &entropy))?;
            eprintln!("coffer: this token is shown once; the directory keeps its digest alone");
            output::print(token.reveal());
            Ok(())
        }
        TokenVerb::Remove { login, token_file } => {
            let token = token_file.as_deref().map(read).transpose()?;
            let removed = change(file, |listed| listed.remove_tokens(&login, token.as_ref()))?;
            if removed == 0 && token.is_some() {
                return Err(Failure::Directory(format!("{login} has no such token")));
            }
            eprintln!("coffer: {removed} removed");
            Ok(())
        }
    }
}

fn read(path: &Path) -> Result<SecretValue, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(SecretValue::from(text.trim()))
}

fn repository(file: &Path, verb: RepositoryVerb) -> Result<(), Failure> {
    match verb {
        RepositoryVerb::Add { name, id, private } => {
            let (new, entropy) = (NewRepository { name, id, private }, entropy()?);
            change(file, |listed| listed.add_repository(new, &entropy))
        }
        RepositoryVerb::Remove { name } => change(file, |listed| listed.remove_repository(&name)),
    }
}

fn role(file: &Path, verb: RoleVerb) -> Result<(), Failure> {
    match verb {
        RoleVerb::Set {
            repository,
            login,
            role,
        } => {
            let rule = || Failure::Usage("ROLE: must be read, triage, write, maintain or admin".to_owned());
            let role = RepoRole::parse(&role).ok_or_else(rule)?;
            change(file, |listed| listed.set_role(&repository, &login, Some(role)))
        }
        RoleVerb::Remove { repository, login } => {
            change(file, |listed| listed.set_role(&repository, &login, None))
        }
    }
}

fn organization(file: &Path, verb: OrganizationVerb) -> Result<(), Failure> {
    match verb {
        OrganizationVerb::Set { login, owner, member } => {
            change(file, |listed| listed.set_organization(&login, &owner, &member))
        }
        OrganizationVerb::Remove { login } => change(file, |listed| listed.remove_organization(&login)),
    }
}

/// Who may do what. Of tokens, only how many there are.
fn list(file: &Path, print: Output) -> Result<(), Failure> {
    let listed = listed::load(file).map_err(|error| Failure::Directory(error.to_string()))?;
    let mut rows = Vec::new();
    for repository in &listed.repositories {
        for (login, role) in &repository.roles {
            let user = listed
                .users
                .iter()
                .find(|user| user.login.eq_ignore_ascii_case(login));
            let tokens = user.map_or(0, |user| user.tokens.len());
            rows.push(vec![
                repository.name.clone(),
                login.clone(),
                role.as_str().to_owned(),
                tokens.to_string(),
            ]);
        }
    }
    match print {
        Output::Table => output::table(&["REPOSITORY", "USER", "ROLE", "TOKENS"], &rows),
        Output::Json | Output::Yaml => {
            let one = |row: &Vec<String>| serde_json::json!({ "repository": row[0], "user": row[1], "role": row[2], "tokens": row[3].parse::<u64>().ok() });
            output::data(&rows.iter().map(one).collect(), print);
        }
    }
    Ok(())
}
