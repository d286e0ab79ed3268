package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// object is what the parts of RBAC have in common.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Rules    []rule    `json:"rules"`
	RoleRef  reference `json:"roleRef"`
	Subjects []subject `json:"subjects"`
}

type rule struct {
	APIGroups       []string `json:"apiGroups"`
	Resources       []string `json:"resources"`
	ResourceNames   []string `json:"resourceNames"`
	NonResourceURLs []string `json:"nonResourceURLs"`
	Verbs           []string `json:"verbs"`
}

type reference struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type subject struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

// parse reads the documents of a manifest. Objects that are not RBAC's come back too: they grant nothing.
// A webhook's rules look otherwise, so they are left out.
func parse(manifest []byte) ([]object, error) {
	var objects []object
	for _, document := range separator.Split(string(manifest), -1) {
		var head struct {
			APIVersion string `json:"apiVersion"`
		}
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(head.APIVersion, "rbac.authorization.k8s.io/") {
			continue
		}
		var parsed object
		if err := yaml.Unmarshal([]byte(document), &parsed); err != nil {
			return nil, err
		}
		objects = append(objects, parsed)
	}
	return objects, nil
}

// grants follows every binding to its role: "who | where | what | verbs".
func grants(objects []object) ([]string, error) {
	roles := map[string]object{}
	for _, o := range objects {
		if o.Kind == "Role" || o.Kind == "ClusterRole" {
			roles[key(o.Kind, o.Metadata.Namespace, o.Metadata.Name)] = o
		}
	}
	bound := map[string]bool{}
	var lines []string
	for _, binding := range objects {
		if !strings.HasSuffix(binding.Kind, "Binding") {
			continue
		}
		name := key(binding.RoleRef.Kind, binding.Metadata.Namespace, binding.RoleRef.Name)
		role, found := roles[name]
		if !found {
			return nil, fmt.Errorf("%s %s binds %s, which is not part of the chart", binding.Kind, binding.Metadata.Name, name)
		}
		bound[name] = true
		for _, who := range binding.Subjects {
			lines = append(lines, linesOf(who, binding, role)...)
		}
	}
	for name := range roles {
		if !bound[name] {
			return nil, fmt.Errorf("nothing binds %s", name)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// key names a role; a ClusterRole is the same whatever namespace binds it.
func key(kind, namespace, name string) string {
	if kind == "ClusterRole" {
		namespace = ""
	}
	return kind + " " + namespace + "/" + name
}

func linesOf(who subject, binding, role object) []string {
	where := "cluster"
	if binding.Kind == "RoleBinding" {
		where = "namespace " + binding.Metadata.Namespace
	}
	var lines []string
	for _, r := range role.Rules {
		verbs := strings.Join(slices.Sorted(slices.Values(r.Verbs)), ",")
		for _, what := range r.objects() {
			lines = append(lines, fmt.Sprintf("%s %s/%s | %s | %s | %s", who.Kind, who.Namespace, who.Name, where, what, verbs))
		}
	}
	return lines
}

// objects lists what a rule is about: "group/resource", with names in brackets, or a path.
func (r rule) objects() []string {
	all := slices.Clone(r.NonResourceURLs)
	for _, group := range r.APIGroups {
		for _, resource := range r.Resources {
			what := strings.TrimPrefix(group+"/"+resource, "/")
			if len(r.ResourceNames) > 0 {
				what += "[" + strings.Join(r.ResourceNames, ",") + "]"
			}
			all = append(all, what)
		}
	}
	return all
}

// never are rights that no list of rights, however it is updated, may come to hold.
var never = []struct {
	right  *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`\| [^|]*\*[^|]*\||\| [^|]*\*[^|]*$`), "a wildcard"},
	{regexp.MustCompile(`\b(escalate|bind|impersonate|deletecollection)\b`), "a verb that leads to other rights"},
	{regexp.MustCompile(`serviceaccounts/token|nodes/proxy|pods/(exec|attach|ephemeralcontainers|portforward|proxy)`), "a way into other programs"},
	{regexp.MustCompile(`\| (rbac\.authorization\.k8s\.io|certificates\.k8s\.io)/`), "a way to other rights"},
	{regexp.MustCompile(`webhookconfigurations \|`), "webhooks of others"},
	{regexp.MustCompile(`-injector \| .*\| (secrets \||secrets\[[^\]]*(kek|-ca)\b)`), "a Secret that is not the injector's"},
	{regexp.MustCompile(`-injector \| .*\| (secrets[^|]*)\| .*\bcreate\b`), "a Secret of the injector's choice"},
}

func forbidden(granted []string) error {
	var problems []error
	for _, line := range granted {
		for _, n := range never {
			if n.right.MatchString(line) {
				problems = append(problems, fmt.Errorf("%s grants %s", line, n.reason))
			}
		}
	}
	return errors.Join(problems...)
}
