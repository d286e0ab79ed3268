// Asks a KV v2 server everything that its clients ask, with the client that HashiCorp publishes, and prints each answer
// as a line of JSON without what differs from one run to the next: {"step":…,"answer":…} or {"step":…,"status":…,
// "errors":…}. What two servers print is compared line by line.
//
// KV2_ADDRESS, KV2_TOKEN and KV2_MOUNT say whom to ask; KV2_ROLE_ID, KV2_SECRET_ID, KV2_JWT and KV2_JWT_ROLE are what to
// log in with. The mount is empty.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	vault "github.com/hashicorp/vault/api"
)

// Members whose texts or numbers are each server's own; that they are there, and of which type, is compared.
var own = map[string]bool{
	"request_id": true, "created_time": true, "updated_time": true, "deletion_time": true, "creation_time": true,
	"expire_time": true, "issue_time": true, "accessor": true, "client_token": true, "id": true, "uuid": true,
	"server_time_utc": true, "version": true, "cluster_name": true, "cluster_id": true, "build_date": true,
	"entity_id": true, "token": true, "ttl": true, "lease_duration": true, "creation_ttl": true, "display_name": true,
	"storage_type": true, "nonce": true, "type": true, "path": true, "role_name": true,
	"CreatedTime": true, "UpdatedTime": true, "DeletionTime": true,
}

// Members that one server fills and another leaves empty: whom a token stands for, where a server keeps people.
var either = map[string]bool{"entity_id": true}

// zero is how the client shows a time that is not set.
const zero = "0001-01-01T00:00:00Z"

// Steps in which a member of that name is no text of the server's own, but what this is about.
var shown = map[string]map[string]bool{
	"preflight": {"type": true, "path": true, "version": true},
}

type asker struct {
	client *vault.Client
	mount  string
	kv     *vault.KVv2
	ctx    context.Context
}

func main() {
	config := vault.DefaultConfig()
	config.Address = os.Getenv("KV2_ADDRESS")
	config.MaxRetries = 0
	config.Timeout = time.Minute
	client, err := vault.NewClient(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client.SetToken(os.Getenv("KV2_TOKEN"))
	mount := os.Getenv("KV2_MOUNT")
	asker := &asker{client, mount, client.KVv2(mount), context.Background()}
	asker.server()
	asker.values()
	asker.versions()
	asker.paths()
	asker.wrapping()
	asker.refusals()
	asker.logins()
}

// tell prints an answer, or how it was refused.
func tell(step string, answer any, err error) {
	line := map[string]any{"step": step}
	var refused *vault.ResponseError
	switch {
	case errors.As(err, &refused):
		line["status"], line["errors"] = refused.StatusCode, refused.Errors
	case err != nil:
		line["error"] = err.Error()
	default:
		line["answer"] = plain(step, "", parsed(answer))
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// parsed is a value as JSON has it.
func parsed(answer any) any {
	text, err := json.Marshal(answer)
	if err != nil {
		return err.Error()
	}
	var value any
	_ = json.Unmarshal(text, &value)
	return value
}

// plain is a value without what is each server's own.
func plain(step, name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, member := range value {
			members[name] = plain(step, name, member)
		}
		return members
	case []any:
		items := []any{}
		for _, item := range value {
			items = append(items, plain(step, name, item))
		}
		return items
	case string:
		if own[name] && !shown[step][name] && (value != "" || either[name]) && value != zero {
			return "<text>"
		}
	case float64:
		if own[name] && name != "version" {
			return "<number>"
		}
	}
	return value
}

func (a *asker) server() {
	health, err := a.client.Sys().Health()
	if err == nil {
		// Members that only one edition, or a later one, has are not the server's answer, but the client's.
		answer := map[string]any{"initialized": health.Initialized, "sealed": health.Sealed, "standby": health.Standby,
			"replication_performance_mode": health.ReplicationPerformanceMode, "replication_dr_mode": health.ReplicationDRMode,
			"server_time_utc": health.ServerTimeUTC, "version": health.Version, "cluster_id": health.ClusterID}
		tell("health", answer, nil)
	} else {
		tell("health", nil, err)
	}
	seal, err := a.client.Sys().SealStatus()
	if err == nil {
		tell("seal-status", map[string]any{"initialized": seal.Initialized, "sealed": seal.Sealed, "t": seal.T, "n": seal.N,
			"progress": seal.Progress, "nonce": seal.Nonce, "type": seal.Type, "recovery_seal": seal.RecoverySeal,
			"migration": seal.Migration}, nil)
	} else {
		tell("seal-status", nil, err)
	}
	for _, path := range []string{a.mount, a.mount + "/a", "nowhere/a"} {
		found, err := a.client.Logical().Read("sys/internal/ui/mounts/" + path)
		if err == nil && found != nil {
			data := found.Data
			tell("preflight", map[string]any{"path": data["path"], "type": data["type"], "options": data["options"],
				"accessor": data["accessor"], "uuid": data["uuid"], "local": data["local"], "seal_wrap": data["seal_wrap"],
				"external_entropy_access": data["external_entropy_access"], "description": data["description"],
				"config": data["config"] != nil}, nil)
		} else {
			tell("preflight", found, err)
		}
	}
}

func (a *asker) values() {
	first, err := a.kv.Put(a.ctx, "app", map[string]any{"user": "root", "nested": map[string]any{"n": 1, "list": []any{"x", 2}}})
	tell("put", first, err)
	second, err := a.kv.Put(a.ctx, "app", map[string]any{"user": "admin"}, vault.WithCheckAndSet(1))
	tell("put with cas", second, err)
	stale, err := a.kv.Put(a.ctx, "app", map[string]any{"user": "x"}, vault.WithCheckAndSet(1))
	tell("put with stale cas", stale, err)
	fresh, err := a.kv.Put(a.ctx, "app", map[string]any{"user": "x"}, vault.WithCheckAndSet(0))
	tell("put with cas 0", fresh, err)
	read, err := a.kv.Get(a.ctx, "app")
	tell("get", read, err)
	older, err := a.kv.GetVersion(a.ctx, "app", 1)
	tell("get version", older, err)
	a.read("get version 0", a.mount+"/data/app", map[string][]string{"version": {"0"}})
	a.read("get version none", a.mount+"/data/app", map[string][]string{"version": {"9"}})
	a.read("get absent", a.mount+"/data/absent", nil)
	patched, err := a.kv.Patch(a.ctx, "app", map[string]any{"more": "x", "user": "patched"})
	tell("patch", patched, err)
	read, err = a.kv.Get(a.ctx, "app")
	tell("get patched", read, err)
	absent, err := a.kv.Patch(a.ctx, "absent", map[string]any{"more": "x"})
	tell("patch absent", absent, err)
	back, err := a.kv.Rollback(a.ctx, "app", 1)
	tell("rollback", back, err)
	a.read("subkeys", a.mount+"/subkeys/app", nil)
	a.read("subkeys to a depth", a.mount+"/subkeys/app", map[string][]string{"depth": {"1"}})
}

func (a *asker) versions() {
	for _, number := range []int{1, 2, 3} {
		_, err := a.kv.Put(a.ctx, "life", map[string]any{"n": number})
		tell("life", nil, err)
	}
	tell("delete", nil, a.kv.Delete(a.ctx, "life"))
	a.read("get deleted", a.mount+"/data/life", nil)
	tell("delete again", nil, a.kv.Delete(a.ctx, "life"))
	patched, err := a.kv.Patch(a.ctx, "life", map[string]any{"more": "x"}, vault.WithMergeMethod("patch"))
	tell("patch deleted", patched, err)
	tell("undelete", nil, a.kv.Undelete(a.ctx, "life", []int{3}))
	read, err := a.kv.Get(a.ctx, "life")
	tell("get undeleted", read, err)
	tell("delete versions", nil, a.kv.DeleteVersions(a.ctx, "life", []int{2}))
	tell("destroy", nil, a.kv.Destroy(a.ctx, "life", []int{1}))
	a.read("get destroyed", a.mount+"/data/life", map[string][]string{"version": {"1"}})
	tell("undelete destroyed", nil, a.kv.Undelete(a.ctx, "life", []int{1, 2, 9}))
	versions, err := a.kv.GetVersionsAsList(a.ctx, "life")
	tell("versions", versions, err)
	for _, verb := range []string{"delete", "undelete", "destroy"} {
		a.write(verb+" absent", a.mount+"/"+verb+"/absent", map[string]any{"versions": []int{1}})
		a.write(verb+" nothing", a.mount+"/"+verb+"/life", map[string]any{"versions": []int{}})
	}
	tell("delete absent", nil, a.kv.Delete(a.ctx, "absent"))
}

func (a *asker) paths() {
	known, err := a.kv.GetMetadata(a.ctx, "life")
	tell("metadata", known, err)
	a.read("metadata as sent", a.mount+"/metadata/life", nil)
	a.read("metadata absent", a.mount+"/metadata/absent", nil)
	said := vault.KVMetadataPutInput{CustomMetadata: map[string]any{"team": "web", "tier": "1"}, MaxVersions: 2}
	tell("put metadata", nil, a.kv.PutMetadata(a.ctx, "life", said))
	for _, number := range []int{4, 5} {
		written, err := a.kv.Put(a.ctx, "life", map[string]any{"n": number})
		tell("put one too many", written, err)
	}
	known, err = a.kv.GetMetadata(a.ctx, "life")
	tell("metadata after", known, err)
	a.read("get a dropped version", a.mount+"/data/life", map[string][]string{"version": {"3"}})
	required := true
	tell("patch metadata", nil, a.kv.PatchMetadata(a.ctx, "life", vault.KVMetadataPatchInput{
		CustomMetadata: map[string]any{"tier": nil, "who": "x"}, CASRequired: &required}))
	known, err = a.kv.GetMetadata(a.ctx, "life")
	tell("metadata patched", known, err)
	_, err = a.kv.Put(a.ctx, "life", map[string]any{"n": 6})
	tell("put without cas", nil, err)
	tell("patch metadata absent", nil, a.kv.PatchMetadata(a.ctx, "absent", vault.KVMetadataPatchInput{
		CustomMetadata: map[string]any{"who": "x"}}))
	tell("put metadata first", nil, a.kv.PutMetadata(a.ctx, "waiting/for", vault.KVMetadataPutInput{
		CustomMetadata: map[string]any{"managed-by": "external-secrets"}}))
	known, err = a.kv.GetMetadata(a.ctx, "waiting/for")
	tell("metadata without versions", known, err)
	written, err := a.kv.Put(a.ctx, "waiting/for", map[string]any{"k": "v"}, vault.WithCheckAndSet(0))
	tell("put after metadata", written, err)
	_, err = a.kv.Put(a.ctx, "life/below", map[string]any{"k": "v"})
	tell("put below", nil, err)
	for _, path := range []string{"metadata", "metadata/", "metadata/life", "metadata/waiting/", "metadata/absent"} {
		listed, err := a.client.Logical().List(a.mount + "/" + path)
		tell("list "+path, listed, err)
	}
	tell("delete metadata", nil, a.kv.DeleteMetadata(a.ctx, "waiting/for"))
	tell("delete metadata again", nil, a.kv.DeleteMetadata(a.ctx, "waiting/for"))
	a.read("metadata deleted", a.mount+"/metadata/waiting/for", nil)
	tell("put bad metadata", nil, status(a.kv.PutMetadata(a.ctx, "life", vault.KVMetadataPutInput{
		CustomMetadata: map[string]any{"k": ""}})))
}

// wrapping has an answer put away, and takes it with its token.
func (a *asker) wrapping() {
	client, _ := a.client.Clone()
	client.SetToken(a.client.Token())
	client.SetWrappingLookupFunc(func(_, path string) string {
		if path == "sys/wrapping/unwrap" || path == "sys/wrapping/lookup" {
			return ""
		}
		return "2m0s"
	})
	wrapped := func(step, path string, body map[string]any) string {
		found, err := client.Logical().Read(path)
		if body != nil {
			found, err = client.Logical().Write(path, body)
		}
		tell(step, found, err)
		if found == nil || found.WrapInfo == nil {
			return "none"
		}
		return found.WrapInfo.Token
	}
	token := wrapped("wrapped get", a.mount+"/data/app", nil)
	for _, step := range []string{"lookup of what is wrapped", "the same again"} {
		a.write(step, "sys/wrapping/lookup", map[string]any{"token": token})
	}
	other, _ := a.client.Clone()
	other.ClearToken()
	found, err := other.Logical().Unwrap(token)
	tell("unwrap with nothing but its token", found, err)
	a.write("unwrap again", "sys/wrapping/unwrap", map[string]any{"token": token})
	a.write("lookup of what is taken", "sys/wrapping/lookup", map[string]any{"token": token})
	token = wrapped("wrap", "sys/wrapping/wrap", map[string]any{"zip": "zap", "n": 1})
	fresh := wrapped("rewrap", "sys/wrapping/rewrap", map[string]any{"token": token})
	found, err = a.client.Logical().Unwrap(token)
	tell("unwrap of what was rewrapped", found, err)
	found, err = a.client.Logical().Unwrap(fresh)
	tell("unwrap", found, err)
	a.write("wrap without a time", "sys/wrapping/wrap", map[string]any{"zip": "zap"})
	missing, err := client.Logical().Read(a.mount + "/data/absent")
	tell("wrapped get absent", missing, err)
}

func (a *asker) refusals() {
	a.write("no data", a.mount+"/data/app", map[string]any{"options": map[string]any{}})
	_, err := a.client.Logical().Write(a.mount+"/data/app", map[string]any{"data": "text"})
	tell("data of another kind", nil, status(err))
	_, err = a.client.Logical().ReadWithData(a.mount+"/data/app", map[string][]string{"version": {"x"}})
	tell("version of another kind", nil, status(err))
	a.read("no mount", "nowhere/data/a", nil)
	a.refused("no token", "")
	a.refused("bad token", "s.000000000000000000000000")
}

// refused reads with another token.
func (a *asker) refused(step, token string) {
	other, err := a.client.Clone()
	if err == nil {
		other.SetToken(token)
		_, err = other.Logical().Read(a.mount + "/data/app")
	}
	tell(step, nil, err)
}

// status is a refusal without its words, where each server has its own.
func status(err error) error {
	var refused *vault.ResponseError
	if errors.As(err, &refused) {
		refused.Errors = nil
	}
	return err
}

func (a *asker) logins() {
	role := map[string]any{"role_id": os.Getenv("KV2_ROLE_ID"), "secret_id": os.Getenv("KV2_SECRET_ID")}
	a.login("approle", "auth/approle/login", role, true)
	a.login("approle with a wrong secret", "auth/approle/login", map[string]any{"role_id": role["role_id"], "secret_id": "wrong-as-can-be"}, false)
	a.login("approle without a role", "auth/approle/login", map[string]any{"secret_id": "x"}, false)
	a.login("approle without a secret", "auth/approle/login", map[string]any{"role_id": role["role_id"]}, false)
	a.login("jwt", "auth/jwt/login", map[string]any{"role": os.Getenv("KV2_JWT_ROLE"), "jwt": os.Getenv("KV2_JWT")}, true)
	a.login("jwt without a role", "auth/jwt/login", map[string]any{"jwt": "x"}, false)
	a.login("jwt without a token", "auth/jwt/login", map[string]any{"role": os.Getenv("KV2_JWT_ROLE")}, false)
}

// login logs in and does with the token what its holders do.
func (a *asker) login(step, path string, with map[string]any, good bool) {
	client, _ := a.client.Clone()
	client.ClearToken()
	opened, err := client.Logical().Write(path, with)
	if !good {
		// With which status and words is each server's own: one says 500 to a secret that is wrong.
		tell(step, map[string]any{"let in": err == nil && opened != nil && opened.Auth != nil}, nil)
		return
	}
	tell(step, opened, err)
	if err != nil || opened == nil || opened.Auth == nil {
		return
	}
	client.SetToken(opened.Auth.ClientToken)
	read, err := client.KVv2(a.mount).Get(a.ctx, "app")
	tell(step+": get", read, err)
	_, err = client.KVv2(a.mount).Put(a.ctx, "app", map[string]any{"k": "v"})
	tell(step+": put", nil, status(err))
	looked, err := client.Auth().Token().LookupSelf()
	tell(step+": lookup-self", looked, err)
	renewed, err := client.Auth().Token().RenewSelf(60)
	tell(step+": renew-self", renewed, err)
	tell(step+": revoke-self", nil, client.Auth().Token().RevokeSelf(""))
	_, err = client.Auth().Token().LookupSelf()
	tell(step+": lookup-self of what is revoked", nil, err)
}

func (a *asker) read(step, path string, query map[string][]string) {
	found, err := a.client.Logical().ReadWithData(path, query)
	tell(step, found, err)
}

func (a *asker) write(step, path string, body map[string]any) {
	done, err := a.client.Logical().Write(path, body)
	tell(step, done, err)
}
