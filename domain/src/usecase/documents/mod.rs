//! Documents: typed records that a principal reads and writes by its rights on the organization as a whole, as
//! [`Document::READ`] and [`Document::WRITE`] say. Also how the other use-cases read and write theirs.

mod rows;

pub(crate) use rows::{Draft, Present, commit, dropping, missing, read, read_found};
use rows::{check_key, target};

use super::{ATTEMPTS, Caller, Coffer, MAX_PAGE, access::Ask, contended};
use crate::{
    Error,
    api_key::{ApiToken, TokenDigest},
    audit::{AuditEvent, Outcome},
    id::{OrgId, RecordId},
    name::OrgName,
    record::{Document, FoundRecord, Kept, MAX_RECORD_BYTES, Record, RecordHead, RecordQuery, Unreadable},
    secret_value::SecretValue,
    store::{Precondition, Write},
};

/// Which documents of an organization to list.
#[derive(Debug, Clone, Copy)]
pub struct DocumentPage<'a> {
    /// Only those of this group.
    pub group: Option<&'a str>,
    /// From the last key to the first; fresh keys are in the order of their making.
    pub descending: bool,
    /// How many to leave out first.
    pub skip: u32,
    /// How many at most.
    pub limit: u32,
}

impl Default for DocumentPage<'_> {
    fn default() -> Self {
        Self {
            group: None,
            descending: false,
            skip: 0,
            limit: MAX_PAGE,
        }
    }
}

impl Coffer {
    /// A page of documents, and how many there are in all.
    pub async fn list_documents<T: Document>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        page: DocumentPage<'_>,
    ) -> Result<(Vec<Kept<T>>, u64), Error> {
        let (tenant, event) = self.may_read::<T>(caller, organization, "list", None).await?;
        let query = RecordQuery {
            organization: tenant,
            collection: T::COLLECTION,
            group: page.group,
            after: None,
            descending: page.descending,
            skip: page.skip,
            limit: page.limit.min(MAX_PAGE),
            now: self.clock.now(),
        };
        let total = self.store.count_records(&query).await?;
        let found = self.store.records(&query).await?;
        let documents = found.into_iter().map(read).collect::<Result<_, _>>()?;
        self.store.record(tenant, event).await?;
        Ok((documents, total))
    }

    /// One document.
    pub async fn get_document<T: Document>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        key: &str,
    ) -> Result<Kept<T>, Error> {
        let (tenant, event) = self
            .may_read::<T>(caller, organization, "read", Some(key))
            .await?;
        let found = self.kept(tenant, key).await?.ok_or_else(|| missing::<T>(key))?;
        self.store.record(tenant, event).await?;
        Ok(found)
    }

    /// A new document; refused if there is one of this key.
    pub async fn create_document<T: Document + Clone>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        key: &str,
        body: &T,
    ) -> Result<Kept<T>, Error> {
        self.create_document_for(caller, organization, key, body, None)
            .await
    }

    /// A new document, which `token` finds. Nothing of the token is kept but its keyed digest.
    pub async fn create_document_for<T: Document + Clone>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        key: &str,
        body: &T,
        token: Option<&ApiToken>,
    ) -> Result<Kept<T>, Error> {
        let digest = token.map(|token| self.store.digest(token));
        for _ in 0..ATTEMPTS {
            let tenant = self
                .authorise_organization(caller, writing::<T>(), organization)
                .await?;
            let present = self.present::<T>(tenant, key).await?;
            if self.kept::<T>(tenant, key).await?.is_some() {
                return Err(Error::AlreadyExists {
                    what: T::NOUN,
                    name: key.to_owned(),
                });
            }
            let draft = self.draft(tenant, key, present, body.clone(), digest)?;
            let event = self.document_event::<T>(caller, "create", key);
            if self
                .try_commit(commit(event, tenant, draft.precondition, draft.write))
                .await?
            {
                return Ok(draft.kept);
            }
        }
        Err(contended(key))
    }

    /// The document that a token finds, of whatever tenant. The token is all the right it takes: nothing is recorded.
    pub async fn document_of_token<T: Document>(&self, token: &str) -> Result<Option<Kept<T>>, Error> {
        let Some(token) = ApiToken::parse(token) else {
            return Ok(None);
        };
        let digest = self.store.digest(&token);
        let found = self.store.record_by_digest(T::COLLECTION, &digest).await?;
        self.living(found.as_deref())
    }

    /// Makes of a document what `change` makes of it. The token that finds it stays the same.
    pub async fn update_document<T: Document + Clone>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        key: &str,
        change: impl Fn(T) -> Result<T, Error> + Send + Sync,
    ) -> Result<Kept<T>, Error> {
        for _ in 0..ATTEMPTS {
            let tenant = self
                .authorise_organization(caller, writing::<T>(), organization)
                .await?;
            let record = self.store.record_by_key(tenant, T::COLLECTION, key).await?;
            let digest = record.as_ref().and_then(|record| record.head().digest);
            let found = self
                .living::<T>(record.as_deref())?
                .ok_or_else(|| missing::<T>(key))?;
            let present = Some((found.revision, found.created_at));
            let draft = self.draft(tenant, key, present, change(found.body)?, digest)?;
            let event = self.document_event::<T>(caller, "update", key);
            if self
                .try_commit(commit(event, tenant, draft.precondition, draft.write))
                .await?
            {
                return Ok(draft.kept);
            }
        }
        Err(contended(key))
    }

    /// Deletes a document; what it said last.
    pub async fn drop_document<T: Document>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        key: &str,
    ) -> Result<Kept<T>, Error> {
        for _ in 0..ATTEMPTS {
            let tenant = self
                .authorise_organization(caller, writing::<T>(), organization)
                .await?;
            let found = self
                .kept::<T>(tenant, key)
                .await?
                .ok_or_else(|| missing::<T>(key))?;
            let event = self.document_event::<T>(caller, "delete", key);
            let (precondition, write) = dropping(&found);
            if self
                .try_commit(commit(event, tenant, precondition, write))
                .await?
            {
                return Ok(found);
            }
        }
        Err(contended(key))
    }

    /// A key that no other record has, after all made before: `prefix` and a UUID.
    pub fn fresh_key(&self, prefix: &str) -> String {
        format!("{prefix}{}", RecordId::fresh(&*self.clock, &*self.entropy))
    }

    /// Deletes what expired, of every tenant; at most a page at a time. For the server's own timer.
    pub async fn sweep_records(&self) -> Result<(), Error> {
        Ok(self.store.sweep_records(self.clock.now(), MAX_PAGE).await?)
    }

    pub(crate) async fn may_read<T: Document>(
        &self,
        caller: &Caller,
        organization: &OrgName,
        verb: &str,
        key: Option<&str>,
    ) -> Result<(OrgId, AuditEvent), Error> {
        let ask = Ask {
            permission: T::READ,
            action: T::NOUN,
        };
        let tenant = self.authorise_organization(caller, ask, organization).await?;
        let target = key.map_or_else(|| format!("coffer://{organization}"), target::<T>);
        let action = format!("{}.{verb}", T::NOUN);
        Ok((tenant, self.event(caller, &action, target, Outcome::Allowed)))
    }

    /// What the audit log says of a document that was written.
    pub(crate) fn document_event<T: Document>(&self, caller: &Caller, verb: &str, key: &str) -> AuditEvent {
        let action = format!("{}.{verb}", T::NOUN);
        self.event(caller, &action, target::<T>(key), Outcome::Allowed)
    }

    /// The document of this key, unless it expired.
    pub(crate) async fn kept<T: Document>(
        &self,
        organization: OrgId,
        key: &str,
    ) -> Result<Option<Kept<T>>, Error> {
        let found = self.store.record_by_key(organization, T::COLLECTION, key).await?;
        self.living(found.as_deref())
    }

    /// All documents of a tenant, or of one group, in the order of their keys.
    pub(crate) async fn all_kept<T: Document>(
        &self,
        organization: OrgId,
        group: Option<&str>,
    ) -> Result<Vec<Kept<T>>, Error> {
        let now = self.clock.now();
        let mut all: Vec<Kept<T>> = Vec::new();
        loop {
            let page = self
                .store
                .records(&RecordQuery {
                    organization,
                    collection: T::COLLECTION,
                    group,
                    after: all.last().map(|kept| kept.key.as_str()),
                    descending: false,
                    skip: 0,
                    limit: MAX_PAGE,
                    now,
                })
                .await?;
            let complete = page.len() < MAX_PAGE as usize;
            for record in page {
                all.push(read(record)?);
            }
            if complete {
                return Ok(all);
            }
        }
    }

    fn living<T: Document>(&self, found: Option<&FoundRecord>) -> Result<Option<Kept<T>>, Error> {
        let now = self.clock.now();
        found
            .filter(|found| found.head().lives(now))
            .map(read_found)
            .transpose()
    }

    /// What is in the way of a new record of this key, which may have expired and not been swept yet.
    pub(crate) async fn present<T: Document>(
        &self,
        organization: OrgId,
        key: &str,
    ) -> Result<Present, Error> {
        let found = self.store.record_by_key(organization, T::COLLECTION, key).await?;
        Ok(found.map(|found| (found.head().revision, found.head().created_at)))
    }

    /// The row of a document, over the one that is there. `digest` finds it by a token.
    pub(crate) fn draft<T: Document>(
        &self,
        organization: OrgId,
        key: &str,
        present: Present,
        body: T,
        digest: Option<TokenDigest>,
    ) -> Result<Draft<T>, Error> {
        check_key(key)?;
        let now = self.clock.now();
        let head = RecordHead {
            organization,
            collection: T::COLLECTION,
            key: key.to_owned(),
            group: body.group(),
            digest,
            revision: present.map_or(0, |(revision, _)| revision) + 1,
            created_at: present.map_or(now, |(_, created)| created),
            updated_at: now,
            expires_at: body.expires_at(),
            due_at: body.due_at(),
        };
        check_key(&format!("{}.", head.group))?;
        let json = serde_json::to_vec(&body).map_err(|_| Unreadable::from(&head))?;
        if json.len() > MAX_RECORD_BYTES {
            return Err(Error::invalid(
                T::NOUN,
                format!("must not exceed {MAX_RECORD_BYTES} bytes as JSON"),
            ));
        }
        let kept = Kept {
            organization,
            key: key.to_owned(),
            revision: head.revision,
            created_at: head.created_at,
            updated_at: now,
            body,
        };
        Ok(Draft {
            precondition: Precondition::Record(
                organization,
                T::COLLECTION,
                key.to_owned(),
                present.map(|(revision, _)| revision),
            ),
            write: Write::Record(Record {
                head,
                body: SecretValue::new(json),
            }),
            kept,
        })
    }
}

fn writing<T: Document>() -> Ask {
    Ask {
        permission: T::WRITE,
        action: T::NOUN,
    }
}
