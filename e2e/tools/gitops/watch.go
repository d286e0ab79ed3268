package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/argoproj/gitops-engine/pkg/cache"
	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/argoproj/gitops-engine/pkg/sync"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	jsonpatch "github.com/evanphx/json-patch"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
)

// The annotation by which the engine's agent knows what it applied.
const mark = "gitops-agent.argoproj.io/gc-mark"

// application is what Argo CD shows of an application.
type application struct {
	Revision  string     `json:"revision"`
	Sync      string     `json:"sync"`
	Health    string     `json:"health"`
	Resources []resource `json:"resources"`
}

type resource struct {
	Kind       string          `json:"kind"`
	Name       string          `json:"name"`
	Sync       string          `json:"sync"`
	Health     string          `json:"health,omitempty"`
	Message    string          `json:"message,omitempty"`
	Difference json.RawMessage `json:"difference,omitempty"`
}

// watch prints the application after every change in the namespace.
func watch(checks checks, repository, namespace string) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	cluster := cache.NewClusterCache(config, cache.SetNamespaces([]string{namespace}), cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(object *unstructured.Unstructured, _ bool) (any, bool) {
			// Only what Git brought is kept whole.
			_, marked := object.GetAnnotations()[mark]
			return marked, marked
		}))
	cluster.OnResourceUpdated(func(_, _ *cache.Resource, _ map[kube.ResourceKey]*cache.Resource) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	for {
		if err := cluster.EnsureSynced(); err != nil {
			return err
		}
		seen, err := look(cluster, checks, repository, namespace)
		if err != nil {
			return err
		}
		if err := tell(seen); err != nil {
			return err
		}
		<-changed
	}
}

func look(cluster cache.ClusterCache, checks checks, repository, namespace string) (*application, error) {
	revision, targets, err := manifests(repository)
	if err != nil {
		return nil, err
	}
	live, err := cluster.GetManagedLiveObjs(targets, func(r *cache.Resource) bool { return r.Info == true })
	if err != nil {
		return nil, err
	}
	both := sync.Reconcile(targets, live, namespace, cluster)
	differences, err := diff.DiffArray(both.Target, both.Live, diff.WithNormalizer(unmarked{}), diff.WithLogr(logr.Discard()))
	if err != nil {
		return nil, err
	}
	seen := &application{Revision: revision, Sync: "Synced", Health: string(health.HealthStatusHealthy)}
	for index, difference := range differences.Diffs {
		one, err := judge(checks, both.Target[index], both.Live[index], difference)
		if err != nil {
			return nil, err
		}
		if one.Sync != "Synced" {
			seen.Sync = one.Sync
		}
		if health.IsWorse(health.HealthStatusCode(seen.Health), health.HealthStatusCode(one.Health)) {
			seen.Health = one.Health
		}
		seen.Resources = append(seen.Resources, one)
	}
	return seen, nil
}

// judge says of one object what Argo CD would: whether it is as in Git, and how it is.
func judge(checks checks, target, live *unstructured.Unstructured, difference diff.DiffResult) (resource, error) {
	shown := target
	if shown == nil {
		shown = live
	}
	one := resource{Kind: shown.GetKind(), Name: shown.GetName(), Sync: "Synced"}
	if live == nil {
		one.Sync, one.Health = "OutOfSync", string(health.HealthStatusMissing)
		return one, nil
	}
	if target == nil || difference.Modified {
		one.Sync = "OutOfSync"
		patch, err := jsonpatch.CreateMergePatch(difference.NormalizedLive, difference.PredictedLive)
		if err != nil {
			return one, err
		}
		one.Difference = patch
	}
	found, err := health.GetResourceHealth(live, checks)
	if err == nil && found != nil {
		one.Health, one.Message = string(found.Status), found.Message
	}
	return one, err
}

// unmarked takes the agent's own annotation out of a comparison.
type unmarked struct{}

func (unmarked) Normalize(object *unstructured.Unstructured) error {
	unstructured.RemoveNestedField(object.Object, "metadata", "annotations", mark)
	return nil
}

// manifests are those of the folder, and the commit that is checked out.
func manifests(repository string) (string, []*unstructured.Unstructured, error) {
	git := exec.Command("git", "rev-parse", "HEAD")
	git.Dir = repository
	revision, err := git.Output()
	if err != nil {
		return "", nil, err
	}
	var found []*unstructured.Unstructured
	err = filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		objects, err := kube.SplitYAML(text)
		found = append(found, objects...)
		return err
	})
	return strings.TrimSpace(string(revision)), found, err
}
