//! From what the command line says to the path of the API.

use coffer_domain::address::Reference;

use crate::{args::PlaceArgs, failure::Failure};

/// A secret, by the parts of its path.
pub struct Named {
    /// The organization.
    pub organization: String,
    /// The vault.
    pub vault: String,
    /// The environment.
    pub environment: String,
    /// The name.
    pub name: String,
    /// A version, if the address pins one.
    pub version: Option<u64>,
}

impl Named {
    /// A name in `place`, or a whole `coffer://` address.
    pub fn new(text: &str, place: &PlaceArgs) -> Result<Self, Failure> {
        if !text.starts_with("coffer://") {
            let PlaceArgs {
                organization,
                vault,
                environment,
            } = place;
            return Ok(Self {
                organization: organization.clone(),
                vault: vault.clone(),
                environment: environment.clone(),
                name: text.to_owned(),
                version: None,
            });
        }
        let reference: Reference = text
            .parse()
            .map_err(|error| Failure::Usage(format!("{text}: {error}")))?;
        if reference.field.is_some() {
            return Err(Failure::Usage(
                "an address with #field reads into a value: leave the field out here".to_owned(),
            ));
        }
        let address = reference.address;
        Ok(Self {
            organization: address.place.organization.into(),
            vault: address.place.vault.into(),
            environment: address.place.environment.into(),
            name: address.name.into(),
            version: reference.version.map(coffer_domain::address::Version::get),
        })
    }

    /// The parts of the path of this secret, with a verb such as `:rotate` after its name.
    pub fn path<'a>(&'a self, last: &'a str) -> [&'a str; 7] {
        [
            &self.organization,
            "vaults",
            &self.vault,
            "environments",
            &self.environment,
            "secrets",
            last,
        ]
    }
}

/// The parts of the path of something in an environment.
pub fn in_place<'a>(place: &'a PlaceArgs, last: &'a str) -> [&'a str; 6] {
    [
        &place.organization,
        "vaults",
        &place.vault,
        "environments",
        &place.environment,
        last,
    ]
}
