package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// environment is the process's own environment by name.
func environment() map[string]string {
	variables := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return variables
}

func printEnvironment(_ []string) error {
	return json.NewEncoder(os.Stdout).Encode(environment())
}

func printFile(arguments []string) error {
	path, err := only(arguments, "PATH")
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(content)
	return err
}

// check compares digests and names what differs. It never prints a value.
func check(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("nothing to check: give NAME=SHA256HEX")
	}
	var failures []error
	for _, argument := range arguments {
		if err := checkOne(argument); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func checkOne(argument string) error {
	name, wanted, found := strings.Cut(argument, "=")
	if !found {
		return fmt.Errorf("%q is not WHAT=SHA256HEX", argument)
	}
	value, err := valueOf(name)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(value)
	if got := hex.EncodeToString(digest[:]); got != strings.ToLower(wanted) {
		return fmt.Errorf("%s differs: %d bytes with digest %s", name, len(value), got)
	}
	fmt.Println(name, "as expected")
	return nil
}

func valueOf(name string) ([]byte, error) {
	if strings.HasPrefix(name, "/") {
		return os.ReadFile(name)
	}
	value, set := os.LookupEnv(name)
	if !set {
		return nil, fmt.Errorf("%s is not set", name)
	}
	return []byte(value), nil
}

func lookup(arguments []string) error {
	for _, name := range arguments {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		addresses, err := net.DefaultResolver.LookupHost(ctx, name)
		cancel()
		if err != nil {
			return err
		}
		fmt.Println(strings.Join(addresses, "\n"))
	}
	return nil
}

func waitFile(arguments []string) error {
	path, err := only(arguments, "PATH")
	if err != nil {
		return err
	}
	stop := terminated()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-stop:
			return fmt.Errorf("told to stop before %s existed", path)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// writeFile plays a sidecar that puts a file in place: under another name first, so that whoever
// waits for it never reads half of it.
func writeFile(arguments []string) error {
	flags := flag.NewFlagSet("write", flag.ContinueOnError)
	stay := flags.Bool("stay", false, "wait for SIGTERM afterwards")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("expects PATH TEXT")
	}
	path := flags.Arg(0)
	if err := os.WriteFile(path+".new", []byte(flags.Arg(1)), 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	if *stay {
		return sleep(nil)
	}
	return nil
}

func sleep(_ []string) error {
	<-terminated()
	return nil
}

// terminated reports the first SIGTERM or SIGINT. As process 1 of a container there is no default
// action for either, so a program that does not ask for them would be killed at the end of the grace period.
func terminated() <-chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	return signals
}

func only(arguments []string, what string) (string, error) {
	if len(arguments) != 1 {
		return "", fmt.Errorf("expects exactly one %s", what)
	}
	return arguments[0], nil
}
