//! What the answers of this door hold, in a notation of one line a shape, for the OpenAPI document.
//!
//! A shape is the names of its members. `name:type` says the type, which is a string where nothing is said; `name?` may
//! be absent, and a type with `?` may be null. Types are `int`, `bool`, `time`, `limit`, `object`, the name of another
//! shape, `[type]` for a list and `{type}` for an object whose members all have that type. An answer is wrapped as `one`
//! (`{"data": …, "meta": …}`), as a `page` (a list, with `meta.pagination`), `twice` (members alone, and under `data`)
//! or not at all (`bare`).

use serde_json::{Map, Value, json};

use crate::http::documented::named;

/// What each route answers: method, path, how it is wrapped, and the type of what it holds. Those that answer nothing, a
/// page for people, or elsewhere are left out.
const ANSWERS: &str = "\
GET /health bare Health
POST /auth/device/start twice Device
POST /auth/device/poll twice DeviceState
POST /auth/token/validate one User
GET /vaults page Vault
POST /vaults one NewVault
GET /vaults/{owner}/{repo} one Vault
GET /vaults/{owner}/{repo}/collaborators one Collaborators
GET /vaults/{owner}/{repo}/secrets page Secret
POST /vaults/{owner}/{repo}/secrets one Secret
PATCH /vaults/{owner}/{repo}/secrets/{id} one Secret
GET /vaults/{owner}/{repo}/secrets/{id}/value one Value
GET /vaults/{owner}/{repo}/secrets/{id}/versions one [Version]
GET /vaults/{owner}/{repo}/secrets/{id}/versions/{version}/value one VersionValue
POST /vaults/{owner}/{repo}/secrets/{id}/versions/{version}/restore one RestoredVersion
GET /vaults/{owner}/{repo}/trash page TrashedSecret
DELETE /vaults/{owner}/{repo}/trash one Emptied
POST /vaults/{owner}/{repo}/trash/{id}/restore one RestoredSecret
POST /secrets/push one Pushed
GET /secrets/pull one Pulled
GET /secrets/view one Viewed
GET /vaults/{owner}/{repo}/environments one Environments
POST /vaults/{owner}/{repo}/environments one NewEnvironment
PATCH /vaults/{owner}/{repo}/environments/{name} one RenamedEnvironment
DELETE /vaults/{owner}/{repo}/environments/{name} one DeletedEnvironment
PATCH /vaults/{owner}/{repo}/environments/{name}/type one RetypedEnvironment
GET /vaults/{owner}/{repo}/permissions/overrides one Overrides
POST /vaults/{owner}/{repo}/permissions/overrides one Override
PUT /vaults/{owner}/{repo}/permissions/overrides/{id} one Override
DELETE /vaults/{owner}/{repo}/permissions/overrides/{id} one DeletedOverride
DELETE /vaults/{owner}/{repo}/permissions/reset one ResetOverrides
GET /vaults/{owner}/{repo}/permissions/effective one Effective
GET /vaults/{owner}/{repo}/security/alerts one [Alert]
GET /users/me one User
GET /users/me/usage one Usage
GET /activity page Activity
GET /api-keys one ApiKeys
POST /api-keys one IssuedApiKey
GET /api-keys/{id} one ApiKey
POST /github/check-installation one Installation
GET /github/repo-ids one RepoIds
GET /integrations one Providers
GET /integrations/connections one Connections
GET /integrations/connections/{id}/projects one Projects
GET /integrations/providers/{provider}/all-projects one AllProjects
POST /integrations/{provider}/connect one Connected
GET /integrations/vaults/{owner}/{repo}/sync/status one SyncStatus
GET /integrations/vaults/{owner}/{repo}/sync/preview one SyncPreview
POST /integrations/vaults/{owner}/{repo}/sync one SyncResult
GET /integrations/vaults/{owner}/{repo}/sync/diff one SyncDifference
POST /integrations/vaults/{owner}/{repo}/sync/link one Linked
GET /orgs one [Organization]
GET /orgs/{org} one Organization
PUT /orgs/{org} one ChangedOrganization
GET /orgs/{org}/members one [Member]
POST /orgs/{org}/members/sync one ComparedMembers
GET /orgs/{org}/billing one Billing
GET /orgs/{org}/trial one Trial
POST /orgs/{org}/trial/start one StartedTrial";

/// The shapes.
const SHAPES: &str = "\
Meta = requestId
PageMeta = requestId pagination:Pagination
Pagination = total:int limit:int offset:int hasMore:bool
Health = status version timestamp:time
Device = deviceCode userCode verificationUri verificationUriComplete expiresIn:int interval:int githubAppInstallUrl
DeviceState = status error? message? keywayToken? githubLogin? expiresAt?:time
User = id username login githubId:int? avatarUrl:string? email:string? plan forgeType forgeUserId createdAt:time?
Person = id username avatarUrl
Usage = plan limits:Limits usage:Used
Limits = maxPublicRepos:limit maxPrivateRepos:limit maxProviders:limit maxEnvironmentsPerVault:limit maxSecretsPerPrivateVault:limit
Used = public:int private:int providers:int
Activity = id action platform metadata:object ip userAgent:string? repoFullName:string? vaultId:string? actor:Person? createdAt:time timestamp:time
Vault = id repoOwner repoName repoFullName repoAvatar secretCount:int environments:[string] environmentDetails:[Environment] permission:string? isPrivate:bool isReadOnly:bool readonlyReason:string? syncs:[VaultSync] createdAt:time updatedAt:time
Environment = name type displayOrder:int
VaultSync = id provider projectId projectName:string? connectionId keywayEnvironment providerEnvironment lastSyncedAt:time?
NewVault = vaultId repoFullName message
Collaborators = repoFullName provider collaborators:[Collaborator]
Collaborator = login avatarUrl htmlUrl githubPermission keywayPermissions:Rights type
Rights = canRead:bool canWrite:bool canManage:bool
Secret = id key environment createdAt:time updatedAt:time lastModifiedBy:Person? status?
Value = value preview
Version = id versionNumber:int createdAt:time createdBy:string? createdByUser:Person?
VersionValue = value versionNumber:int
RestoredVersion = message key versionNumber:int
TrashedSecret = id key environment deletedAt:time expiresAt:time daysRemaining:int
RestoredSecret = id key environment message
Emptied = deleted:int message
Pushed = success:bool message stats:PushStats
PushStats = created:int updated:int deleted:int
Pulled = content
Viewed = key value environment
Environments = environments:[string] environmentDetails:[Environment]
NewEnvironment = environment environments:[string] environmentDetails:[Environment]
RenamedEnvironment = oldName newName environments:[string] environmentDetails:[Environment]
DeletedEnvironment = deleted environments:[string] environmentDetails:[Environment]
RetypedEnvironment = environment oldType newType
Overrides = overrides:[Override] defaults:{RoleDefaults}
Override = id environment targetType targetUserId:string? targetRole:string? targetUser:Person? canRead:bool canWrite:bool createdBy createdByUser:Person? createdAt:time updatedAt:time
RoleDefaults = read:bool write:bool protected:Reach standard:Reach development:Reach
Reach = read:bool write:bool
DeletedOverride = deleted:bool
ResetOverrides = message defaults:{RoleDefaults}
Effective = role:string? permissions:{EffectiveReach}
EffectiveReach = canRead:bool canWrite:bool read:bool write:bool
Alert = id type message severity createdAt:time event:AlertEvent?
AlertEvent = ip userAgent:string? location:Location deviceId
Location = country:string? city:string?
ApiKeys = keys:[ApiKey]
ApiKey = id name prefix environment scopes:[string] expiresAt:time? lastUsedAt:time? usageCount:int createdAt:time revokedAt:time? revokedReason:string? isActive:bool allowedIps:[string]?
IssuedApiKey = id name prefix environment scopes:[string] expiresAt:time? lastUsedAt:time? usageCount:int createdAt:time revokedAt:time? revokedReason:string? isActive:bool allowedIps:[string]? token
Installation = installed:bool installationId?:int installUrl message?
RepoIds = ownerId:int? repoId:int?
Providers = providers:[Provider]
Provider = name displayName configured:bool
Connections = connections:[Connection]
Connection = id provider providerAccountId providerUserId:string? providerTeamId:string? createdAt:time updatedAt:time
Projects = projects:[Project]
AllProjects = projects:[Project] connections:[Connection]
Project = id name linkedRepo:string? framework:string? environments?:[string] serviceId? serviceName? createdAt?:time connectionId? teamId?:string? teamName?
Connected = success:bool provider user:ConnectedUser
ConnectedUser = id:string? username:string? email:string? teamName:string?
SyncStatus = isFirstSync:bool vaultIsEmpty:bool providerHasSecrets:bool providerSecretCount:int
SyncPreview = toCreate:[string] toUpdate:[string] toDelete:[string] toSkip:[string]
SyncResult = status success:bool created:int updated:int deleted:int skipped:int stats:SyncStats error?
SyncStats = created:int updated:int deleted:int skipped:int total:int
SyncDifference = keywayCount:int providerCount:int onlyInKeyway:[string] onlyInProvider:[string] different:[string] same:[string]
Linked = link:Link
Link = id provider projectId projectName:string? connectionId keywayEnvironment providerEnvironment lastSyncedAt:time? vaultId isNew:bool
Organization = id login displayName avatarUrl plan effectivePlan memberCount:int vaultCount:int createdAt:time role trial:Trial defaultPermissions:{LeastRoles} trialDurationDays:int display_name avatar_url effective_plan member_count:int vault_count:int
Trial = status hasStarted:bool isActive:bool startedAt:time? endsAt:time? convertedAt:time? daysRemaining:int? trialDurationDays:int days_remaining:int? ends_at:time? trial_duration_days:int
LeastRoles = read:string? write:string?
ChangedOrganization = id login displayName:string? defaultPermissions:{LeastRoles} updatedAt:time
Member = id userId:string? username avatarUrl email:string? orgRole role membershipState joinedAt:time? onKeyway:bool
ComparedMembers = message added:int updated:int removed:int
Billing = plan status currentPeriodEnd:time? cancelAtPeriodEnd:bool effectivePlan trial:Trial prices:object?
StartedTrial = message trial:Trial trial_ends:time
AskedRoles = read?:string? write?:string?";

/// Every shape, as a schema.
pub fn all() -> Map<String, Value> {
    let shapes = SHAPES.lines().filter_map(|line| line.split_once(" = "));
    shapes
        .map(|(name, members)| (name.to_owned(), object(members)))
        .collect()
}

/// What a route answers, if it is one that holds something.
pub fn answer(method: &str, path: &str) -> Option<Value> {
    let (wrap, kind) = answers().find_map(|line| match line[..] {
        [said, at, wrap, kind] => ((said, at) == (method, path)).then_some((wrap, kind)),
        _ => None,
    })?;
    let data = schema(kind);
    let wrapped = |data: Value, meta: &str| {
        let properties = json!({ "data": data, "meta": named(meta) });
        json!({ "type": "object", "required": ["data", "meta"], "properties": properties })
    };
    Some(match wrap {
        "page" => wrapped(json!({ "type": "array", "items": data }), "PageMeta"),
        "twice" => json!({ "allOf": [data.clone(), wrapped(data, "Meta")] }),
        "bare" => data,
        _ => wrapped(data, "Meta"),
    })
}

/// Method, path, wrap and type of every answer.
fn answers() -> impl Iterator<Item = Vec<&'static str>> {
    ANSWERS.lines().map(|line| line.split(' ').collect())
}

/// What a member of a request is.
pub fn asked(name: &str) -> Value {
    match name {
        "secrets" => schema("{string}"),
        "scopes" | "allowedIps" => schema("[string]"),
        "canRead" | "canWrite" | "allowDelete" => schema("bool"),
        "limit" | "offset" | "expiresInDays" | "ownerId" | "repoId" => schema("int"),
        "defaultPermissions" => schema("{AskedRoles}"),
        "displayName" => schema("string?"),
        _ => schema("string"),
    }
}

fn object(members: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for member in members.split(' ') {
        let (name, kind) = member.split_once(':').unwrap_or((member, "string"));
        let plain = name.trim_end_matches('?');
        if plain == name {
            required.push(plain);
        }
        properties.insert(plain.to_owned(), schema(kind));
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

fn schema(kind: &str) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        return json!({ "anyOf": [schema(kind), { "type": "null" }] });
    }
    let within = |open, close| kind.strip_prefix(open)?.strip_suffix(close);
    if let Some(item) = within('[', ']') {
        return json!({ "type": "array", "items": schema(item) });
    }
    if let Some(member) = within('{', '}') {
        return json!({ "type": "object", "additionalProperties": schema(member) });
    }
    match kind {
        "string" => json!({ "type": "string" }),
        "int" => json!({ "type": "integer" }),
        "bool" => json!({ "type": "boolean" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "limit" => json!({ "anyOf": [{ "type": "integer" }, { "const": "unlimited" }] }),
        "object" => json!({ "type": "object", "additionalProperties": true }),
        shape => named(shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyway::routes;

    #[test]
    fn every_route_that_answers_something_says_what() {
        let silent = |route: &routes::Route| {
            let page = route.path == "/auth/device/verify" || route.path.ends_with("/callback");
            page || matches!(route.success, 204 | 302)
        };
        for route in routes::all() {
            let said = answer(route.method, route.path).is_some();
            assert_eq!(said, !silent(&route), "{} {}", route.method, route.path);
        }
        let speaking = routes::all().iter().filter(|it| !silent(it)).count();
        assert_eq!(speaking, answers().count(), "and of no other");
        for said in answers() {
            assert!(
                matches!(said[..], [_, _, "one" | "page" | "twice" | "bare", _]),
                "{said:?}"
            );
        }
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        fn refer(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    members.values().for_each(|member| refer(member, found));
                }
                Value::Array(items) => items.iter().for_each(|item| refer(item, found)),
                _ => {}
            }
        }
        let shapes = all();
        assert_eq!(shapes.len(), SHAPES.lines().count(), "each name once");
        let mut found = Vec::new();
        refer(&asked("defaultPermissions"), &mut found);
        shapes.values().for_each(|shape| refer(shape, &mut found));
        for said in answers() {
            refer(&answer(said[0], said[1]).unwrap(), &mut found);
        }
        for reference in &found {
            let name = reference.rsplit('/').next().unwrap();
            assert!(shapes.contains_key(name), "{reference}");
        }
        let unused = shapes.keys().filter(|name| {
            let reference = format!("#/components/schemas/{name}");
            !found.contains(&reference)
        });
        assert_eq!(unused.count(), 0);
    }

    #[test]
    fn the_notation_says_what_may_be_absent_and_what_null() {
        let expected = json!({
            "type": "object",
            "required": ["a", "c"],
            "properties": {
                "a": { "type": "string" },
                "b": { "type": "array", "items": { "type": "integer" } },
                "c": { "anyOf": [{ "$ref": "#/components/schemas/Person" }, { "type": "null" }] },
            },
        });
        assert_eq!(object("a b?:[int] c:Person?"), expected);
    }
}
