package main

import (
	"slices"
	"strings"
	"testing"
)

const manifest = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], resourceNames: [one], verbs: [watch, get]}
- {nonResourceURLs: [/version], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: team}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: app, namespace: other}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
webhooks: [{rules: [{apiGroups: ["*"]}]}]
`

func TestGrantsFollowBindings(t *testing.T) {
	got, err := grantsOf(manifest)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ServiceAccount other/app | namespace team | /version | get",
		"ServiceAccount other/app | namespace team | secrets[one] | get,watch",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestLooseEndsAreErrors(t *testing.T) {
	parts := strings.Split(manifest, "---")
	for text, want := range map[string]string{
		parts[0]: "nothing binds ClusterRole /reader",
		parts[1]: "which is not part of the chart",
	} {
		if _, err := grantsOf(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestForbiddenRights(t *testing.T) {
	for right, refused := range map[string]bool{
		"ServiceAccount c/x-operator | cluster | secrets | get":                                                                false,
		"ServiceAccount c/x-operator | cluster | secrets | *":                                                                  true,
		"ServiceAccount c/x-operator | cluster | * | get":                                                                      true,
		"ServiceAccount c/x-operator | cluster | rbac.authorization.k8s.io/roles | get":                                        true,
		"ServiceAccount c/x-operator | cluster | serviceaccounts | impersonate":                                                true,
		"ServiceAccount c/x-operator | cluster | serviceaccounts/token | create":                                               true,
		"ServiceAccount c/x-operator | cluster | pods/exec | create":                                                           true,
		"ServiceAccount c/x-operator | cluster | pods | get,list,watch":                                                        false,
		"ServiceAccount c/x-injector | namespace c | secrets[x-injector-tls] | get":                                            false,
		"ServiceAccount c/x-injector | namespace c | secrets[x-kek] | get":                                                     true,
		"ServiceAccount c/x-injector | namespace c | secrets | get":                                                            true,
		"ServiceAccount c/x-injector | namespace c | secrets | create":                                                         true,
		"ServiceAccount c/x-injector | cluster | admissionregistration.k8s.io/mutatingwebhookconfigurations | patch":           true,
		"ServiceAccount c/x-injector | cluster | admissionregistration.k8s.io/mutatingwebhookconfigurations[x-injector] | get": false,
	} {
		if err := forbidden([]string{right}); (err != nil) != refused {
			t.Errorf("%s: got %v", right, err)
		}
	}
}

func grantsOf(text string) ([]string, error) {
	objects, err := parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return grants(objects)
}
