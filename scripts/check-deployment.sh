#!/usr/bin/env bash
# Holds the files of a deployment and of a release to what would read them, where neither an engine nor a cluster nor GitHub is at hand: the Helm chart to Helm and to the definitions of
# KEDA and of the Prometheus operator, docker-compose.yml to Compose's own loader, workflows to actionlint, the chart and the Dockerfile to checkov. These come as Go modules and a Python
# package, and stay in node_modules/.cache. Ends with 3 where one of them cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/node_modules/.cache/deployment

missing() {
  echo "these files are held to what the tests know of them alone: $1" >&2
  exit 3
}

# A program of a Go module, by its name and where it is.
program() {
  [ -x "$tools/bin/$1" ] || GOBIN=$tools/bin go install "$2" || missing "$1 could not be built"
}

# The folder of a Go module, of which nothing is built.
module() {
  go mod download -json "$1" | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).Dir'
}

command -v go >/dev/null || missing 'there is no Go'
command -v helm >/dev/null || program helm helm.sh/helm/v4/cmd/helm@v4.3.2
program cmd github.com/compose-spec/compose-go/v2/cmd@v2.16.2
program actionlint github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
keda=$(module github.com/kedacore/keda/v2@v2.21.0) || missing 'KEDA could not be had'
operator=$(module github.com/prometheus-operator/prometheus-operator@v0.85.0) || missing 'the Prometheus operator could not be had'

"$tools/bin/actionlint" -shellcheck= -pyflakes= .github/workflows/*.yml
PATH=$tools/bin:$PATH REEMBED_TEST_COMPOSE=$tools/bin/cmd REEMBED_TEST_KEDA=$keda REEMBED_TEST_PROMETHEUS_OPERATOR=$operator \
  npx vitest run apps/coordinator/src/{helm-chart,deployment-files}.test.ts

if [ ! -x "$tools/checkov/bin/checkov" ]; then
  python3 -m venv "$tools/checkov" && "$tools/checkov/bin/pip" install --quiet --disable-pip-version-check checkov==3.3.30 ||
    missing 'checkov could not be installed'
fi
# What it finds and what stays all the same, with its reasons: deploy/helm/reembed/README.md.
"$tools/checkov/bin/checkov" --framework kubernetes --skip-download --compact --quiet --directory deploy/helm/rendered \
  --skip-check CKV_K8S_11,CKV_K8S_15,CKV_K8S_35,CKV_K8S_43
"$tools/checkov/bin/checkov" --framework dockerfile --skip-download --compact --quiet --file Dockerfile
