//! One file a verb.

mod audit;
mod bootstrap;
mod check;
mod consumers;
mod documents;
mod explain;
mod get;
mod injection;
mod keynest;
mod keyway;
mod list;
mod mcp;
mod place;
mod put;
mod reseal;
mod rotate;
mod seal;
mod seal_key;

use crate::{
    args::{Cli, KeywayVerb, Output, Verb},
    client::Client,
    failure::Failure,
};

/// What every verb that talks to a server has.
pub struct Context {
    /// The server.
    pub client: Client,
    /// How to print.
    pub output: Output,
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    if let Verb::Bootstrap(args) = cli.verb {
        return bootstrap::run(args).await;
    }
    if let Verb::Seal(args) = cli.verb {
        return seal::run(args, &cli.connection, cli.output).await;
    }
    if let Verb::Explain(args) = cli.verb {
        return explain::run(&args, &cli.connection, cli.output).await;
    }
    if let Verb::Check(args) = cli.verb {
        return check::run(&args, cli.output);
    }
    if let Verb::Keyway {
        verb: KeywayVerb::Directory(args),
    } = cli.verb
    {
        return keyway::run(args, cli.output);
    }
    let context = Context {
        client: Client::new(&cli.connection)?,
        output: cli.output,
    };
    match cli.verb {
        Verb::Get { name, version, place } => get::run(&context, &name, version, &place).await,
        Verb::Put {
            name,
            from_file,
            trim,
            place,
        } => put::run(&context, &name, put::Input { from_file, trim }, &place).await,
        Verb::List { place } => list::run(&context, &place).await,
        Verb::Rotate {
            name: Some(name),
            force,
            place,
            ..
        } => rotate::secret(&context, &name, force, &place).await,
        Verb::Rotate {
            name: None,
            api_key,
            overlap,
            place,
            ..
        } => rotate::api_key(&context, &api_key.unwrap_or_default(), &overlap, &place).await,
        Verb::Consumers { name, place } => consumers::run(&context, name.as_deref(), &place).await,
        Verb::Audit { verb } => audit::run(&context, verb).await,
        Verb::Keynest { verb } => keynest::run(&context, verb).await,
        Verb::Reseal(args) => reseal::run(&context, args).await,
        Verb::SealKey { verb } => seal_key::run(&context, verb).await,
        Verb::Mcp => mcp::run(&context).await,
        Verb::Bootstrap(_) | Verb::Check(_) | Verb::Explain(_) | Verb::Seal(_) | Verb::Keyway { .. } => {
            Ok(())
        }
    }
}
