// What GitOps tools make of objects in a cluster, by their own engines.
//
//	gitops-verdict health ARGOCD_CM               objects as lines of JSON on stdin; for each, what Argo CD's Lua and kstatus say
//	gitops-verdict watch ARGOCD_CM REPOSITORY NS  a line for each change in the namespace: is it as Git says, and is it healthy?
//
// ARGOCD_CM is a manifest of Argo CD's ConfigMap, or a patch of it, with health checks in it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: gitops-verdict health ARGOCD_CM | gitops-verdict watch ARGOCD_CM REPOSITORY NAMESPACE")
	}
	checks, err := readChecks(arguments[1])
	if err != nil {
		return err
	}
	switch {
	case arguments[0] == "health" && len(arguments) == 2:
		return tellHealth(checks, os.Stdin)
	case arguments[0] == "watch" && len(arguments) == 4:
		return watch(checks, arguments[2], arguments[3])
	}
	return fmt.Errorf("unknown arguments: %q", arguments)
}

// tell prints a line of JSON.
func tell(line any) error {
	return json.NewEncoder(os.Stdout).Encode(line)
}
