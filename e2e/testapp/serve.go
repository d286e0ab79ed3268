package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// serve answers until SIGTERM. Values are base64 in JSON (Go's encoding of []byte), so a test sees
// exact bytes whatever they are.
func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	port := flags.Uint("port", 8080, "port to listen on")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	server := &http.Server{
		Addr:              ":" + strconv.FormatUint(uint64(*port), 10),
		Handler:           routes(countHangups()),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stop := terminated()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case <-stop:
		return nil
	case err := <-failed:
		return err
	}
}

func routes(hangups *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) { answer(w, environmentBytes()) })
	mux.HandleFunc("GET /signals", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]int64{"SIGHUP": hangups.Load()})
	})
	mux.HandleFunc("GET /file", sendFile)
	mux.HandleFunc("GET /process/{what}", freeze)
	return mux
}

func environmentBytes() map[string][]byte {
	variables := map[string][]byte{}
	for name, value := range environment() {
		variables[name] = []byte(value)
	}
	return variables
}

func sendFile(w http.ResponseWriter, r *http.Request) {
	content, err := os.ReadFile(r.URL.Query().Get("path"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(content)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// countHangups counts SIGHUP, the signal an application gets when its files have changed.
func countHangups() *atomic.Int64 {
	var count atomic.Int64
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for range signals {
			count.Add(1)
		}
	}()
	return &count
}
