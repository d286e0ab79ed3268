package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

const swagger = `{"definitions": {
 "v1.Thing": {"type": "object",
  "properties": {"port": {"$ref": "#/definitions/IntOrString"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}},
  "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Thing"}]},
 "IntOrString": {"type": "string", "format": "int-or-string"},
 "Unrelated": {"type": "string"}
}}`

const crd = `
spec:
  group: example.com
  names: {kind: Widget}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {format: {type: string}}}}}}
`

func TestSchemasStandAloneAndAreClosed(t *testing.T) {
	folder := t.TempDir()
	source, crds, out := filepath.Join(folder, "swagger.json"), filepath.Join(folder, "crds"), filepath.Join(folder, "out")
	if err := os.Mkdir(crds, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{source: swagger, filepath.Join(crds, "widgets.yaml"): crd} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSchemas(source, crds, out); err != nil {
		t.Fatal(err)
	}
	expect(t, filepath.Join(out, "v1_v1_thing.json"), `{"$ref": "#/definitions/v1.Thing", "definitions": {
	 "v1.Thing": {"type": "object", "additionalProperties": false,
	  "properties": {"port": {"$ref": "#/definitions/IntOrString"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}},
	  "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Thing"}]},
	 "IntOrString": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}`)
	expect(t, filepath.Join(out, "example.com_v1_widget.json"), `{"type": "object", "additionalProperties": false, "properties": {
	 "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
	 "spec": {"type": "object", "additionalProperties": false, "properties": {"format": {"type": "string"}}}}}`)
}

func expect(t *testing.T, path, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got, wanted any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s: got %s", filepath.Base(path), text)
	}
}
