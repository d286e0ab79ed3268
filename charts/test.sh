#!/usr/bin/env bash
# Tests the chart: lint, rendering with every set of values in coffer/ci, unit tests, schemas, and the rights it grants.
#
#   charts/test.sh              all of it
#   UPDATE=1 charts/test.sh     accept the rights and values as they are now, into tests/grants and coffer/README.md: review
#                               the difference
#
# Tools are $HELM, $HELM_UNITTEST and $KUBECONFORM; those that are not set come from `coffer-node tools`
# (`coffer-node` in the path, else `cargo run -p coffer-node`). Nothing is asked of the network but Go modules that are missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
chart=$here/coffer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
namespace=coffer-system
# The oldest Kubernetes that the chart supports.
kube_version=1.35.0

step() { printf '%-12s %s\n' "$1" "$2"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

node() {
  if command -v coffer-node >/dev/null; then coffer-node "$@"; else cargo run --quiet --manifest-path "$root/Cargo.toml" -p coffer-node -- "$@"; fi
}
tool() { # NAME: its path, built if need be
  node tools path "$1" 2>/dev/null || { node tools build "$1" >&2 && node tools path "$1"; }
}

find_tools() {
  helm=${HELM:-$(tool helm)}
  unittest=${HELM_UNITTEST:-$(tool helm-unittest)}
  kubeconform=${KUBECONFORM:-$(tool kubeconform)}
  # None of the user's repositories, plugins or caches.
  export HELM_CONFIG_HOME=$work/helm HELM_CACHE_HOME=$work/helm HELM_DATA_HOME=$work/helm
  step tools "helm $("$helm" version --template '{{.Version}}'), kubeconform $("$kubeconform" -v)"
}

render() {
  local values name
  for values in "$chart"/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    "$helm" lint --strict --quiet "$chart" --namespace "$namespace" --kube-version "$kube_version" --values "$values"
    "$helm" template coffer "$chart" --namespace "$namespace" --kube-version "$kube_version" --values "$values" >"$work/$name.yaml"
    step rendered "$name: $(grep -c '^kind:' "$work/$name.yaml") objects"
  done
  if "$helm" template coffer "$chart" --kube-version 1.34.9 >/dev/null 2>"$work/old"; then
    fail "the chart accepts Kubernetes 1.34"
  fi
  grep -q 'requires kubeVersion' "$work/old" || fail "Kubernetes 1.34 is refused for another reason: $(cat "$work/old")"
}

unit_tests() {
  "$unittest" --strict "$chart" >"$work/unit" 2>&1 || { cat "$work/unit"; fail "helm-unittest"; }
  step unittest "$(grep '^Tests:' "$work/unit" | tr -s ' ')"
}

build_check() {
  (cd "$here/tests/check" && go vet ./... && go test ./... >"$work/check.log" && CGO_ENABLED=0 go build -o "$work/check" .) ||
    { cat "$work/check.log"; fail "charts/tests/check"; }
}

conform() { "$kubeconform" -strict -schema-location "$work/schemas/{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json" "$@"; }

validate() {
  local kubernetes
  kubernetes=$(cd "$root/e2e/tools/kubernetes" && go mod download k8s.io/kubernetes && go list -m -f '{{.Dir}}' k8s.io/kubernetes)
  "$work/check" schemas "$kubernetes/api/openapi-spec/swagger.json" "$chart/crds" "$work/schemas"
  # A field that does not exist: were it accepted, the rest would prove nothing.
  sed 's/^automountServiceAccountToken:/automountServiceAccountTokens:/' "$work/minimal.yaml" >"$work/bad.yaml"
  if conform "$work/bad.yaml" >"$work/refused"; then fail "an unknown field is accepted"; fi
  grep -q "automountServiceAccountTokens' not allowed" "$work/refused" || fail "an unknown field is refused for another reason: $(cat "$work/refused")"
  # The Prometheus operator's kinds are not ours to have schemas of.
  conform -summary -skip monitoring.coreos.com/v1/ServiceMonitor \
    "$chart/crds" "$root/examples/quickstart" $(find "$work" -maxdepth 1 -name '*.yaml' ! -name bad.yaml) >"$work/valid" ||
    { cat "$work/valid"; fail "kubeconform"; }
  step schemas "$(tail -1 "$work/valid")"
}

compare_grants() {
  local values name golden
  for values in "$chart"/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    golden=$here/tests/grants/$name.txt
    "$work/check" grants "$work/$name.yaml" >"$work/$name.txt" || fail "$name grants what no chart of ours may"
    if [[ -n ${UPDATE:-} ]]; then mkdir -p "$(dirname "$golden")" && cp "$work/$name.txt" "$golden"; fi
    diff -u "$golden" "$work/$name.txt" ||
      fail "$name grants other rights than charts/tests/grants/$name.txt lists; if they are meant: UPDATE=1 charts/test.sh"
    step grants "$name: $(wc -l <"$golden") rights, as listed"
  done
}

compare_readme() {
  local begin='<!-- values:' end='<!-- end of values -->' readme=$chart/README.md
  "$work/check" values "$chart/values.schema.json" "$chart/values.yaml" >"$work/table" || fail "values.yaml and values.schema.json"
  awk -v table="$work/table" -v begin="$begin" -v end="$end" '
    index($0, end) { while ((getline line < table) > 0) print line; inside = 0 }
    !inside { print }
    index($0, begin) { inside = 1 }' "$readme" >"$work/README.md"
  if [[ -n ${UPDATE:-} ]]; then cp "$work/README.md" "$readme"; fi
  diff -u "$readme" "$work/README.md" || fail "the chart's README lists other values; UPDATE=1 charts/test.sh writes the list"
  step readme "$(grep -c '^| `' "$work/table") values, as listed"
}

find_tools
render
unit_tests
build_check
validate
compare_grants
compare_readme
step passed "$chart"
