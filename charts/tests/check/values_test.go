package main

import (
	"slices"
	"strings"
	"testing"
)

func TestValuesTable(t *testing.T) {
	description := `{"properties": {
	 "global": {},
	 "b": {"description": "One|two."},
	 "a": {"description": "Not shown.", "properties": {"c": {"description": "Inner."}}}}}`
	got, err := valuesTable([]byte(description), []byte("b: [x]\na: {c: 1}"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"| `a.c` | Inner. | `1` |", "| `b` | One\\|two. | `[\"x\"]` |"}; !slices.Equal(got[2:], want) {
		t.Errorf("got %q", got)
	}
}

func TestValuesNeedDescriptionsAndDefaults(t *testing.T) {
	for description, want := range map[string]string{
		`{"properties": {"a": {"description": "x"}}}`:                                 "a has no default",
		`{"properties": {"b": {}}}`:                                                   "b has no description",
		`{"properties": {"b": {"properties": {"c": {"description": "x"}}}}}`:          "b is no map",
		`{"properties": {"d": {"properties": {"c": {"description": "x"}}}}, "x": []}`: "d.c has no default",
	} {
		_, err := valuesTable([]byte(description), []byte("b: 1\nd: {}"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", description, err)
		}
	}
}
