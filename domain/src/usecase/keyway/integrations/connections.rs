//! Connections: a user's token at a provider, kept sealed. One for each account there; connecting again replaces
//! the token and keeps the id.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Keyway, Session, door};
use crate::{
    Error,
    audit::Origin,
    id::{RecordId, UserId},
    integration::{Access, Holder, Integration, Project, Provider, ProviderError, is_id},
    record::{Collection, Document, Kept},
    secret_value::SecretValue,
    usecase::{ATTEMPTS, access::not_found, contended},
};

/// A user's token at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub id: RecordId,
    /// Whose it is.
    pub user: UserId,
    /// With whom.
    pub provider: Provider,
    /// As whom.
    pub holder: Holder,
    /// When it was made, or last made anew.
    pub since: Timestamp,
    #[serde(with = "crate::secret_value::base64")]
    token: SecretValue,
}

impl Document for Connection {
    const COLLECTION: Collection = Collection::new("keyway.connection");
    const NOUN: &'static str = "connection";

    fn group(&self) -> String {
        self.user.to_string()
    }
}

impl Connection {
    pub(super) fn access(&self) -> Access {
        Access {
            token: self.token.clone(),
            team: self.holder.team.clone(),
        }
    }
}

impl Keyway {
    /// Whether a provider can be connected with.
    pub fn is_configured(&self, provider: Provider) -> bool {
        self.integrations
            .get(&provider)
            .is_some_and(|integration| integration.configured())
    }

    /// The adapter of a provider that can be connected with.
    pub fn integration(&self, provider: Provider) -> Result<&dyn Integration, Error> {
        let found = self
            .integrations
            .get(&provider)
            .filter(|found| found.configured());
        found
            .map(|found| &**found)
            .ok_or_else(|| Error::Refused(format!("{provider} is not configured on this server")))
    }

    /// A session's own connections, in the order of their making.
    pub async fn connections(&self, session: &Session) -> Result<Vec<Kept<Connection>>, Error> {
        let Some((user, _)) = session.account() else {
            return Ok(Vec::new());
        };
        let group = user.to_string();
        let mut found: Vec<Kept<Connection>> = self.coffer.all_kept(self.home().await?, Some(&group)).await?;
        found.sort_by_key(|kept| (kept.body.since, kept.body.id));
        Ok(found)
    }

    /// One of a session's own connections.
    pub async fn connection(&self, session: &Session, id: RecordId) -> Result<Kept<Connection>, Error> {
        let found = self.connections(session).await?.into_iter();
        let mut found = found.filter(|kept| kept.body.id == id);
        found
            .next()
            .ok_or_else(|| not_found("connection", id.to_string()))
    }

    /// Connects with a token of the user's own making. `most`: how many connections the user may have.
    pub async fn connect_with_token(
        &self,
        session: &Session,
        (provider, token): (Provider, SecretValue),
        most: Option<usize>,
        origin: Origin,
    ) -> Result<Option<Kept<Connection>>, Error> {
        let integration = self.integration(provider)?;
        if integration.authorize_url("", "").is_some() {
            return Err(Error::Refused(format!(
                "{provider} is connected with in a browser, not with a token"
            )));
        }
        own(session)?;
        let holder = integration.holder(&token).await?;
        self.connect(session, (provider, token, holder), most, origin)
            .await
    }

    /// Connects with the code that a consent brought, which was asked for with `callback`.
    pub async fn connect_with_code(
        &self,
        session: &Session,
        provider: Provider,
        (code, callback): (&str, &str),
        most: Option<usize>,
        origin: Origin,
    ) -> Result<Option<Kept<Connection>>, Error> {
        own(session)?;
        let integration = self.integration(provider)?;
        let (token, holder) = integration.exchange(code, callback).await?;
        self.connect(session, (provider, token, holder), most, origin)
            .await
    }

    /// Keeps a token; `None` if that would be one connection more than `most`.
    async fn connect(
        &self,
        session: &Session,
        (provider, token, holder): (Provider, SecretValue, Holder),
        most: Option<usize>,
        origin: Origin,
    ) -> Result<Option<Kept<Connection>>, Error> {
        let user = own(session)?;
        if !is_id(holder.account()) {
            return Err(ProviderError::Broken(provider, "names an account that cannot be kept").into());
        }
        let key = format!("{user}:{}:{}", provider.as_str(), holder.account());
        let home = self.home().await?;
        let caller = session.caller(home, Vec::new(), origin);
        for _ in 0..ATTEMPTS {
            let there = self.connections(session).await?;
            let before = there.iter().find(|kept| kept.key == key);
            if before.is_none() && most.is_some_and(|most| there.len() >= most) {
                return Ok(None);
            }
            let fresh = || RecordId::fresh(self.coffer.clock(), self.coffer.entropy());
            let body = Connection {
                id: before.map_or_else(fresh, |kept| kept.body.id),
                user,
                provider,
                holder: holder.clone(),
                since: self.coffer.clock().now(),
                token: token.clone(),
            };
            let kept = match before {
                Some(_) => Some(
                    self.change(&caller, home, &key, |_: Connection| Ok(body.clone()))
                        .await?,
                ),
                None => self.add(&caller, home, &key, &body, None).await?,
            };
            if kept.is_some() {
                return Ok(kept);
            }
        }
        Err(contended("the connection"))
    }

    /// Forgets a connection's token, and what was linked by it.
    pub async fn disconnect(
        &self,
        session: &Session,
        id: RecordId,
        origin: Origin,
    ) -> Result<Connection, Error> {
        let caller = session.caller(self.home().await?, Vec::new(), origin);
        for _ in 0..ATTEMPTS {
            let found = self.connection(session, id).await?;
            if self.remove(&caller, &found).await? {
                self.drop_links_of(&door(), id).await?;
                return Ok(found.body);
            }
        }
        Err(contended("the connection"))
    }

    /// The projects that a connection reaches.
    pub async fn projects(&self, connection: &Connection) -> Result<Vec<Project>, Error> {
        let integration = self.integration(connection.provider)?;
        Ok(integration.projects(&connection.access()).await?)
    }
}

/// The account of a session that may have connections.
fn own(session: &Session) -> Result<UserId, Error> {
    let account = session.account().map(|(user, _)| user);
    account.ok_or_else(|| Error::Refused("connections are a user's own, not a key's".to_owned()))
}
