package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// signals that stop a process where it is, and let it go on.
var signals = map[string]syscall.Signal{"freeze": syscall.SIGSTOP, "thaw": syscall.SIGCONT}

// freeze stops or resumes the processes of one name that this container sees: those of its own pod, and only if that
// has shareProcessNamespace. It answers with how many there were.
func freeze(w http.ResponseWriter, r *http.Request) {
	sent, name := 0, r.URL.Query().Get("process")
	entries, err := os.ReadDir("/proc")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() || program(pid) != name {
			continue
		}
		if err := syscall.Kill(pid, signals[r.PathValue("what")]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sent++
	}
	answer(w, sent)
}

// program is the name of a process' program; empty if the process is gone.
func program(pid int) string {
	line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	first, _, _ := strings.Cut(string(line), "\x00")
	return filepath.Base(first)
}
