//! Opening what was sealed: into the store, by our own controllers, or into another seal.

use crate::{
    Error,
    address::{Address, Place},
    audit::Outcome,
    name::SecretName,
    rights::Permission,
    seal::{SealError, Sealed, open, seal},
    secret_value::SecretValue,
    store::LocatedVault,
    usecase::{ATTEMPTS, Caller, Coffer, access::Ask, contended, controllers::controllers_only},
};

const UNSEAL: Ask = Ask {
    permission: Permission::Write,
    action: "secret.unseal",
};

const RESEAL: Ask = Ask {
    permission: Permission::Read,
    action: "secret.reseal",
};

/// Whether it is on record already that the seal of this name is refused for this reason.
type OnRecord<'a> = &'a (dyn Fn(&SecretName, &SealError) -> bool + Send + Sync);

impl Coffer {
    /// Opens what was sealed for `place`, for our own controllers, who declare the values there: that is recorded
    /// if it changes anything. A seal that is refused is recorded, as it may be somebody's attempt; who asks for the
    /// same thing again and again says that it is.
    pub async fn unseal_secrets(
        &self,
        caller: &Caller,
        place: &Place,
        wanted: &[(SecretName, String)],
        is_on_record: OnRecord<'_>,
    ) -> Result<Vec<Result<SecretValue, SealError>>, Error> {
        controllers_only(caller, place)?;
        let located = self.authorise(caller, UNSEAL, place, None).await?;
        let ring = self.present_ring(&located).await?;
        let pairs = ring
            .map(|kept| kept.body.pairs())
            .transpose()?
            .unwrap_or_default();
        let mut opened = Vec::with_capacity(wanted.len());
        for (name, text) in wanted {
            let address = place.secret(name.clone());
            let value = text
                .parse()
                .and_then(|sealed: Sealed| open(&pairs, &sealed, &address));
            if value.as_ref().is_err_and(|why| !is_on_record(name, why)) {
                self.note_refused(caller, UNSEAL.action, &located, &address)
                    .await?;
            }
            opened.push(value);
        }
        Ok(opened)
    }

    /// The same value sealed anew to the vault's newest key, for the same place. Who asks must be let read what is
    /// there, although the value itself does not leave.
    pub async fn reseal_secret(
        &self,
        caller: &Caller,
        address: &Address,
        text: &str,
    ) -> Result<Sealed, Error> {
        for _ in 0..ATTEMPTS {
            let located = self
                .authorise(caller, RESEAL, &address.place, Some(&address.name))
                .await?;
            let Some(ring) = self.ring(&located, caller).await? else {
                continue;
            };
            let pairs = ring.pairs()?;
            let opened = text
                .parse()
                .and_then(|sealed: Sealed| open(&pairs, &sealed, address));
            let value = match opened {
                Ok(value) => value,
                Err(refused) => {
                    self.note_refused(caller, RESEAL.action, &located, address)
                        .await?;
                    return Err(refused.into());
                }
            };
            let newest = pairs.first().map(crate::seal::SealingPair::public);
            let newest = newest.ok_or_else(|| Error::Internal("a vault without sealing keys".to_owned()))?;
            let sealed = seal(&*self.entropy, &newest, address, &value)?;
            let event = self.event(caller, RESEAL.action, address.to_string(), Outcome::Allowed);
            self.store.record(located.organization.id, event).await?;
            return Ok(sealed);
        }
        Err(contended(address))
    }

    async fn note_refused(
        &self,
        caller: &Caller,
        action: &str,
        located: &LocatedVault,
        address: &Address,
    ) -> Result<(), Error> {
        let event = self.event(caller, action, address.to_string(), Outcome::Denied);
        Ok(self.store.record(located.organization.id, event).await?)
    }
}
