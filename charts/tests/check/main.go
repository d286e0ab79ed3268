// Command check tells what a rendered chart grants to whom, and makes the schemas that kubeconform
// validates against, from files on this machine.
package main

import (
	"fmt"
	"os"
)

const usage = `check, for the chart's tests

  check grants [FILE...]             print each right that rendered manifests grant, one a line, sorted
  check schemas SWAGGER CRDS OUT     write JSON schemas of Kubernetes' kinds and of the CRDs in a folder
  check values SCHEMA VALUES         print the table of a chart's values, for its README
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) >= 2 && arguments[0] == "grants":
		return printGrants(arguments[1:])
	case len(arguments) == 4 && arguments[0] == "schemas":
		return writeSchemas(arguments[1], arguments[2], arguments[3])
	case len(arguments) == 3 && arguments[0] == "values":
		return printValues(arguments[1], arguments[2])
	default:
		return fmt.Errorf("wrong usage\n\n%s", usage)
	}
}

func printGrants(paths []string) error {
	var objects []object
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		parsed, err := parse(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		objects = append(objects, parsed...)
	}
	granted, err := grants(objects)
	if err != nil {
		return err
	}
	for _, line := range granted {
		fmt.Println(line)
	}
	return forbidden(granted)
}
