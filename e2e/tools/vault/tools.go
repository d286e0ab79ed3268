//go:build tools

// Package tools names the server that tests talk to, so that its module is required.
package tools

import _ "github.com/hashicorp/vault"
