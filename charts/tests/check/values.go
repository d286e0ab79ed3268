package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// printValues writes the table of a chart's values: descriptions from its schema, defaults from its values.
func printValues(schemaPath, valuesPath string) error {
	description, err := os.ReadFile(schemaPath)
	if err != nil {
		return err
	}
	defaults, err := os.ReadFile(valuesPath)
	if err != nil {
		return err
	}
	lines, err := valuesTable(description, defaults)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(lines, "\n"))
	return nil
}

func valuesTable(description, defaults []byte) ([]string, error) {
	var root schema
	if err := json.Unmarshal(description, &root); err != nil {
		return nil, err
	}
	var values map[string]any
	if err := yaml.Unmarshal(defaults, &values); err != nil {
		return nil, err
	}
	lines := []string{"| value | what it is | default |", "| --- | --- | --- |"}
	rows, err := valueRows("", root, values)
	return append(lines, rows...), err
}

// valueRows lists the values below a path. Each needs a description and a default, so that values.yaml shows it.
func valueRows(path string, node schema, values map[string]any) ([]string, error) {
	fields, _ := node["properties"].(schema)
	var rows []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field, _ := fields[name].(schema)
		where := strings.TrimPrefix(path+"."+name, ".")
		if where == "global" {
			continue
		}
		value, given := values[name]
		if !given {
			return nil, fmt.Errorf("%s has no default in values.yaml", where)
		}
		below, err := rowsOf(where, field, value)
		if err != nil {
			return nil, err
		}
		rows = append(rows, below...)
	}
	return rows, nil
}

func rowsOf(where string, field schema, value any) ([]string, error) {
	if _, divided := field["properties"]; divided {
		parts, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is no map in values.yaml", where)
		}
		return valueRows(where, field, parts)
	}
	text, _ := field["description"].(string)
	if text == "" {
		return nil, fmt.Errorf("%s has no description in values.schema.json", where)
	}
	standard, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("| `%s` | %s | `%s` |", where, strings.ReplaceAll(text, "|", `\|`), standard)}, nil
}
