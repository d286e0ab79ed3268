// Command testapp plays the application in end-to-end tests. It is one static program, so it runs
// in an image made from scratch, and it shows what an application would see: its environment, its
// files, the signals it was sent. It talks to nobody; it answers on its own port only.
package main

import (
	"fmt"
	"os"
)

const usage = `testapp, the application of the end-to-end tests

  testapp env                       print the environment as a JSON object, then exit
  testapp cat PATH                  print a file, then exit
  testapp check WHAT=SHA256HEX...   exit 0 when every variable (or file, if WHAT starts with /) has that digest
  testapp lookup NAME...            resolve names, print one address a line
  testapp wait-file PATH            exit 0 once the file exists
  testapp write [--stay] PATH TEXT  write a file whole, then exit (or wait for SIGTERM)
  testapp sleep                     wait for SIGTERM
  testapp serve [--port 8080]       HTTP: /env /file?path= /signals /healthz /process/freeze?process= /process/thaw?process=
`

type command func(arguments []string) error

var commands = map[string]command{
	"env":       printEnvironment,
	"cat":       printFile,
	"check":     check,
	"lookup":    lookup,
	"wait-file": waitFile,
	"write":     writeFile,
	"sleep":     sleep,
	"serve":     serve,
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	run, known := commands[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "testapp: no command %q\n\n%s", os.Args[1], usage)
		os.Exit(2)
	}
	if err := run(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "testapp %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
