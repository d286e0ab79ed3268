#!/usr/bin/env bash
# Tries the guard's expressions on a real API server: installs the policy alone, under a name of its own, and asks for pods
# with --dry-run=server. Needs KUBECONFIG, $HELM and kubectl ($KUBECTL), and a cluster in which no injector answers: one that
# does would make a refused pod a good one. Removes what it made.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kubectl=${KUBECTL:-kubectl}
helm=${HELM:-helm}
name=guard-test-$$
work=$(mktemp -d)
failed=0

cleanup() {
  if [[ -e $work/guard.yaml ]]; then "$kubectl" delete --ignore-not-found --wait=false -f "$work/guard.yaml" >/dev/null || true; fi
  "$kubectl" delete --ignore-not-found --wait=false namespace "$name" "$name-own" >/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

prepare() {
  local present
  present=$("$kubectl" get validatingadmissionpolicies,mutatingwebhookconfigurations -l app.kubernetes.io/part-of=coffer -o name)
  [[ -z $present ]] || { printf 'Coffer is installed in this cluster:\n%s\n' "$present" >&2; exit 2; }
  "$helm" template "$name" "$here/../coffer" --namespace "$name-own" --set fullnameOverride="$name" \
    --show-only templates/injector/guard.yaml >"$work/guard.yaml"
  "$kubectl" create namespace "$name" >/dev/null
  "$kubectl" create namespace "$name-own" >/dev/null
  "$kubectl" apply -f "$work/guard.yaml" >/dev/null
  local warnings
  warnings=$("$kubectl" wait "validatingadmissionpolicy/$name-guard" --for=jsonpath='{.status.observedGeneration}'=1 --timeout=60s >/dev/null &&
    "$kubectl" get "validatingadmissionpolicy/$name-guard" -o jsonpath='{.status.typeChecking.expressionWarnings}')
  [[ -z $warnings ]] || { echo "the expressions do not type-check: $warnings" >&2; exit 1; }
}

# NAMESPACE ANNOTATIONS INIT-CONTAINERS NODE (the second and third as JSON): asks for a pod
ask() {
  "$kubectl" create --dry-run=server -o name -f - 2>&1 <<POD
{"apiVersion": "v1", "kind": "Pod",
 "metadata": {"name": "x", "namespace": "$1", "annotations": $2},
 "spec": {"nodeName": "${4:-}", "initContainers": $3, "containers": [{"name": "x", "image": "x"}]}}
POD
}

expect() { # accepted|refused TITLE NAMESPACE ANNOTATIONS [INIT-CONTAINERS [NODE]]
  local answer verdict=accepted
  answer=$(ask "$3" "$4" "${5:-[]}" "${6:-}") || verdict=refused
  if [[ $verdict == refused && $answer != *"injector did not answer"* ]]; then verdict="an error: $answer"; fi
  if [[ $verdict == "$1" ]]; then printf '%-9s %s\n' "$1" "$2"; else
    printf 'FAILED    %s: expected %s, got %s\n' "$2" "$1" "$verdict" >&2
    failed=1
  fi
}

# The policy is in force some time after it was accepted.
await() {
  for _ in $(seq 300); do
    ask "$name" '{"coffer.dev/inject": "true"}' '[]' >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  echo "the policy did not come into force within a minute" >&2
  exit 1
}

agent='{"name": "coffer-agent", "image": "x", "restartPolicy": "Always"}'
once='{"name": "coffer-agent", "image": "x"}'
other='{"name": "proxy", "image": "x", "restartPolicy": "Always"}'
marked='{"coffer.dev/inject": "true", "coffer.dev/status": "injected"}'

prepare
await
expect accepted "no annotations" "$name" null
expect accepted "annotations of others" "$name" '{"example.com/a": "b"}'
expect accepted "opted out" "$name" '{"coffer.dev/inject": "false"}'
expect accepted "our annotations without opting in" "$name" '{"coffer.dev/vault": "app"}'
expect refused "opted in" "$name" '{"coffer.dev/inject": "true"}'
expect refused "opted in, spelled another way" "$name" '{"coffer.dev/inject": "True"}'
expect refused "opted in, with nothing" "$name" '{"coffer.dev/inject": ""}'
expect refused "a mark without an agent" "$name" "$marked"
expect refused "a mark beside someone else's sidecar" "$name" "$marked" "[$other]"
expect refused "a mark beside an agent that ends" "$name" "$marked" "[$once]"
expect refused "an agent without a mark" "$name" '{"coffer.dev/inject": "true"}' "[$agent]"
expect refused "an agent beside another mark" "$name" '{"coffer.dev/inject": "true", "coffer.dev/status": "no"}' "[$agent]"
expect accepted "injected" "$name" "$marked" "[$agent]"
expect accepted "injected, after a mesh's sidecar" "$name" "$marked" "[$other, $agent]"
expect accepted "the record of a static pod" "$name" '{"coffer.dev/inject": "true", "kubernetes.io/config.mirror": "x"}' '[]' some-node
expect accepted "the release's own namespace" "$name-own" '{"coffer.dev/inject": "true"}'
expect accepted "kube-system" kube-system '{"coffer.dev/inject": "true"}'
exit "$failed"
