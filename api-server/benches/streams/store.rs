//! A store with a vault that lets every pod in, and the one secret in it, which the server made itself.

use std::sync::Arc;

use coffer_api_server::{bootstrap::bootstrap, config::DataDir};
use coffer_domain::{
    address::Place,
    entity::Owner,
    generate::{Alphabet, Generator},
    name::{EnvName, OrgName, SecretName, VaultName},
    pattern::Pattern,
    rights::Access,
    usecase::{
        Caller, Coffer,
        secrets::{Declaration, Declared, Source},
        vaults::VaultSettings,
    },
};
use coffer_store::{StoreOptions, SystemClock, SystemEntropy, SystemKeyPairs, kek::FileKek};

/// The organization, the vault and the environment.
pub const PLACE: [&str; 3] = ["default"; 3];
/// The secret that all pods watch.
pub const NAME: &str = "S1";

/// Makes a store; an administrator's token.
pub async fn prepare(data: &DataDir) -> String {
    let entropy = Arc::new(SystemEntropy::checked().unwrap());
    let kek = FileKek::create(&data.kek(), Arc::clone(&entropy) as _).unwrap();
    let store = coffer_store::open(StoreOptions::new(data.store(), Arc::new(kek)).unwrap())
        .await
        .unwrap();
    let coffer = Coffer::new(store, Arc::new(SystemClock), entropy, Arc::new(SystemKeyPairs));
    let made = bootstrap(&coffer, &OrgName::new(PLACE[0]).unwrap())
        .await
        .unwrap();
    let [_, vault, environment] = PLACE;
    let place = Place {
        organization: made.organization.clone(),
        vault: VaultName::new(vault).unwrap(),
        environment: EnvName::new(environment).unwrap(),
    };
    let all = || vec![Pattern::any()];
    let access = Access {
        service_accounts: all(),
        namespaces: all(),
        environments: all(),
        names: all(),
    };
    let settings = VaultSettings {
        environments: vec![place.environment.clone()],
        access: vec![access],
        owner: None,
    };
    coffer
        .apply_vault(&Caller::controller(), &place.organization, &place.vault, settings)
        .await
        .unwrap();
    let owner = Owner {
        kind: "VaultSecret".to_owned(),
        name: "default/app".to_owned(),
        uid: "uid-of-app".to_owned(),
    };
    let declaration = Declaration {
        owner,
        keys: vec![Declared {
            name: SecretName::new(NAME).unwrap(),
            source: Source::Generate(Generator::Password {
                length: 32,
                alphabet: Alphabet::Alphanumeric,
            }),
            rotate: None,
            patience: None,
        }],
        sweep: false,
        delete_removed: false,
    };
    coffer
        .declare_secrets(&Caller::controller(), &place, &declaration)
        .await
        .unwrap();
    String::from_utf8(made.token.reveal().to_vec()).unwrap()
}
