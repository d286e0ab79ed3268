package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// schema is a JSON schema, or any part of one.
type schema = map[string]any

const definitionPrefix = "#/definitions/"

// writeSchemas writes <group>_<version>_<kind>.json for every kind of an OpenAPI v2 document and of
// the CustomResourceDefinitions in a folder. Unknown fields are refused. Each file stands alone.
func writeSchemas(swagger, crds, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(swagger)
	if err != nil {
		return err
	}
	var document struct {
		Definitions map[string]schema `json:"definitions"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("%s: %w", swagger, err)
	}
	if err := writeBuiltin(document.Definitions, out); err != nil {
		return err
	}
	return writeCustom(crds, out)
}

type groupVersionKind struct{ group, version, kind string }

// file is how charts/test.sh tells kubeconform to look for a kind; the core group goes by its version there.
func (g groupVersionKind) file() string {
	group := g.group
	if group == "" {
		group = g.version
	}
	return strings.ToLower(group + "_" + g.version + "_" + g.kind + ".json")
}

func writeBuiltin(definitions map[string]schema, out string) error {
	for _, definition := range definitions {
		tighten(definition)
	}
	quantity(definitions)
	for name, definition := range definitions {
		for _, gvk := range kinds(definition) {
			used := map[string]schema{}
			collect(name, definitions, used)
			whole := schema{"$ref": definitionPrefix + name, "definitions": used}
			if err := write(filepath.Join(out, gvk.file()), whole); err != nil {
				return err
			}
		}
	}
	return nil
}

// kinds lists the kinds a definition stands for: none for parts, several for what every group shares.
func kinds(definition schema) []groupVersionKind {
	list, _ := definition["x-kubernetes-group-version-kind"].([]any)
	if len(list) != 1 {
		return nil
	}
	entry, _ := list[0].(schema)
	text := func(key string) string { value, _ := entry[key].(string); return value }
	return []groupVersionKind{{text("group"), text("version"), text("kind")}}
}

// collect adds a definition and all that it refers to.
func collect(name string, all, used map[string]schema) {
	if _, done := used[name]; done {
		return
	}
	used[name] = all[name]
	walk(all[name], func(part schema) {
		if target, ok := part["$ref"].(string); ok {
			collect(strings.TrimPrefix(target, definitionPrefix), all, used)
		}
	})
}

// tighten refuses unknown fields, and says what "int-or-string" is to a JSON schema.
func tighten(definition schema) {
	walk(definition, func(part schema) {
		if part["format"] == "int-or-string" || part["x-kubernetes-int-or-string"] == true {
			delete(part, "type")
			delete(part, "format")
			part["oneOf"] = []any{schema{"type": "string"}, schema{"type": "integer"}}
		}
		_, closed := part["additionalProperties"]
		_, object := part["properties"].(schema)
		if object && !closed && part["x-kubernetes-preserve-unknown-fields"] != true {
			part["additionalProperties"] = false
		}
	})
}

// quantity: manifests write amounts as numbers too.
func quantity(definitions map[string]schema) {
	if amount, found := definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]; found {
		delete(amount, "type")
		amount["oneOf"] = []any{schema{"type": "string"}, schema{"type": "number"}}
	}
}

// walk visits every schema inside one, itself first. Only what holds schemas is entered: a field may well
// be called "format" or "properties".
func walk(node any, visit func(schema)) {
	part, ok := node.(schema)
	if !ok {
		return
	}
	visit(part)
	if fields, ok := part["properties"].(schema); ok {
		for _, field := range fields {
			walk(field, visit)
		}
	}
	for _, key := range []string{"items", "additionalProperties", "not"} {
		walk(part[key], visit)
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		several, _ := part[key].([]any)
		for _, one := range several {
			walk(one, visit)
		}
	}
}

type customResourceDefinition struct {
	Spec struct {
		Group    string                `json:"group"`
		Names    struct{ Kind string } `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

func writeCustom(folder, out string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no CustomResourceDefinition in %s: %w", folder, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var crd customResourceDefinition
		if err := yaml.Unmarshal(text, &crd); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := crd.write(out); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func (c customResourceDefinition) write(out string) error {
	for _, version := range c.Spec.Versions {
		whole := version.Schema.OpenAPIV3Schema
		fields, ok := whole["properties"].(schema)
		if !ok {
			return fmt.Errorf("version %s has no schema", version.Name)
		}
		tighten(whole)
		for _, everyObjectHas := range []string{"apiVersion", "kind"} {
			fields[everyObjectHas] = schema{"type": "string"}
		}
		fields["metadata"] = schema{"type": "object"}
		gvk := groupVersionKind{c.Spec.Group, version.Name, c.Spec.Names.Kind}
		if err := write(filepath.Join(out, gvk.file()), whole); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, content schema) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
