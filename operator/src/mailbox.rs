//! The queue of each kind: everything that may concern an object sends its reference here. Sending the
//! same one many times costs one reconciliation.

use coffer_crds::{ApiKey, Vault, VaultSecret};
use kube::runtime::reflector::{Lookup, ObjectRef};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Where references of one kind are sent.
pub struct Mailbox<K: Lookup>(UnboundedSender<ObjectRef<K>>);

impl<K: Lookup> Clone for Mailbox<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Lookup> Mailbox<K> {
    /// Asks for a reconciliation. Without a controller (not leading, or ending) nobody hears.
    pub fn send(&self, reference: ObjectRef<K>) {
        let _ = self.0.send(reference);
    }

    /// For several.
    pub fn send_all(&self, references: impl IntoIterator<Item = ObjectRef<K>>) {
        references.into_iter().for_each(|reference| self.send(reference));
    }
}

/// One mailbox for each kind.
#[derive(Clone)]
pub struct Mail {
    /// Of vaults.
    pub vaults: Mailbox<Vault>,
    /// Of vault secrets.
    pub secrets: Mailbox<VaultSecret>,
    /// Of API keys.
    pub keys: Mailbox<ApiKey>,
}

/// Where the controllers take from.
pub struct Inboxes {
    /// Of vaults.
    pub vaults: UnboundedReceiver<ObjectRef<Vault>>,
    /// Of vault secrets.
    pub secrets: UnboundedReceiver<ObjectRef<VaultSecret>>,
    /// Of API keys.
    pub keys: UnboundedReceiver<ObjectRef<ApiKey>>,
}

/// Mailboxes and their other ends.
pub fn mail() -> (Mail, Inboxes) {
    let ((vaults, from_vaults), (secrets, from_secrets), (keys, from_keys)) =
        (unbounded_channel(), unbounded_channel(), unbounded_channel());
    let mail = Mail {
        vaults: Mailbox(vaults),
        secrets: Mailbox(secrets),
        keys: Mailbox(keys),
    };
    (
        mail,
        Inboxes {
            vaults: from_vaults,
            secrets: from_secrets,
            keys: from_keys,
        },
    )
}
