// What the chart's tests need beyond helm, helm-unittest and kubeconform. Built by charts/test.sh.
module coffer.dev/charts/tests/check

go 1.26.0

require sigs.k8s.io/yaml v1.6.0

require go.yaml.in/yaml/v2 v2.4.2 // indirect
