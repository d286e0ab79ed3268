//! What keeps the secrets of `openbao+kv2://`: the store, or a real Vault server. Cases that hold for either run for
//! either.

use std::sync::atomic::{AtomicU32, Ordering};

use coffer_vault_server::Server;
use tokio::sync::OnceCell;

tokio::task_local! {
    static KEEPER: Keeper;
}

/// One server for all cases of this process, each with an engine of its own; it ends with the process.
static SERVER: OnceCell<Server> = OnceCell::const_new();
static ENGINES: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    Store,
    Vault,
}

impl Keeper {
    /// The keeper of the case that runs.
    pub fn current() -> Self {
        KEEPER.try_get().unwrap_or(Self::Store)
    }

    /// Runs a case.
    pub async fn run(self, case: impl Future<Output = ()>) {
        KEEPER.scope(self, case).await;
    }

    /// What the program is told of it.
    pub async fn settings(self) -> Vec<String> {
        match self {
            Self::Store => Vec::new(),
            Self::Vault => {
                let server = SERVER.get_or_init(async || Server::start().await.unwrap()).await;
                let engine = format!("e{}", ENGINES.fetch_add(1, Ordering::Relaxed));
                server.mount(&engine).await.unwrap();
                elsewhere(server, &engine, server.token())
            }
        }
    }
}

/// What tells the program that a server keeps the mount `secret` in this engine, for whoever has this token.
pub fn elsewhere(server: &Server, engine: &str, token: &str) -> Vec<String> {
    vec![
        format!("--canonical-vault-url={}", server.url()),
        format!("--canonical-vault-mounts=secret={engine}"),
        format!("--canonical-vault-token={token}"),
    ]
}

/// Makes two tests of each case.
macro_rules! by_either {
    ($($case:ident),+ $(,)?) => {
        mod in_the_store {
            $(#[tokio::test]
            async fn $case() {
                $crate::canonical::keeper::Keeper::Store.run(super::$case()).await;
            })+
        }

        mod in_vault {
            $(#[tokio::test]
            async fn $case() {
                $crate::canonical::keeper::Keeper::Vault.run(super::$case()).await;
            })+
        }
    };
}
pub(super) use by_either;
