//! What this door's tokens look like: a prefix for each kind, and 43 random base-62 characters (256 bits).

use coffer_domain::{api_key::TokenForm, usecase::door_keys::DoorKey};

use super::NAME;

const fn form(prefix: &'static str) -> TokenForm {
    TokenForm::Dialect {
        prefix,
        random: 43,
        shown: 0,
    }
}

/// Of an account's API key.
pub const ACCOUNT: TokenForm = form("secryn_key_");

/// Of a vault's access key.
pub const VAULT: DoorKey = DoorKey {
    door: NAME,
    form: form("secryn_vault_"),
};

/// Of one public key or certificate.
pub const ITEM: DoorKey = DoorKey {
    door: NAME,
    form: form("secryn_item_"),
};
