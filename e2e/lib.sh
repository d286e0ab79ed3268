# Shared by `e2e/run` and `demo/run`: a cluster, our images in it, the chart on top.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
node=$target/debug/coffer-node
static=$target/static
system=coffer-system

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }
refuse() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# Brings up the node called $1, or uses the cluster that KUBECONFIG names. Sets KUBECONFIG.
cluster_up() {
    if [ -n "${KUBECONFIG:-}" ]; then
        say "using the cluster of KUBECONFIG=$KUBECONFIG"
        own_node=
        [ -n "${COFFER_IMAGE:-}" ] && [ -n "${COFFER_APP_IMAGE:-}" ] ||
            refuse "with your own cluster, set COFFER_IMAGE and COFFER_APP_IMAGE to images that it can pull: Coffer's (Dockerfile) and the test application's (e2e/testapp)"
        command -v kubectl >/dev/null || refuse "kubectl is not in the path"
        return
    fi
    own_node=$1
    "$node" up --name "$1"
    KUBECONFIG=$("$node" kubeconfig --name "$1")
    export KUBECONFIG
    "$node" load --name "$1" "$static/coffer.tar"
    PATH=$("$node" tools path kubectl | xargs dirname):$PATH
    export PATH
}

# Installs the chart, or upgrades it. Further arguments go to helm.
chart_up() {
    local image=${COFFER_IMAGE:-localhost/coffer:dev}
    "$node" tools build helm >/dev/null
    "$("$node" tools path helm)" upgrade --install coffer "$repository/charts/coffer" \
        --namespace "$system" --create-namespace --wait --timeout 5m \
        --set "image.repository=${image%:*}" --set "image.tag=${image##*:}" --set image.pullPolicy=IfNotPresent \
        "$@"
}

# Everything that is worth a look when something failed.
look() {
    {
        kubectl -n "$system" get pods -o wide
        kubectl -n "$system" logs --all-containers --prefix -l app.kubernetes.io/part-of=coffer --tail=40
        kubectl get coffer -A
        kubectl get events -A --sort-by=.lastTimestamp | tail -30
    } 2>&1 | sed 's/^/    /'
}
