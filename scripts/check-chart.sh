#!/usr/bin/env bash
# Lints the Helm chart, holds what it renders to deploy/helm/rendered, and has checkov look through that. Where there is no Helm it is built from its Go module,
# which takes minutes the first time; what is needed besides is kept in node_modules/.cache. Ends with 3 where Helm or checkov cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/node_modules/.cache/chart

missing() {
  echo "the chart is held to what stands in deploy/helm/rendered alone: $1" >&2
  exit 3
}

if ! command -v helm >/dev/null; then
  command -v go >/dev/null || missing 'there is no Helm, nor Go to build it with'
  [ -x "$tools/bin/helm" ] || GOBIN=$tools/bin go install helm.sh/helm/v4/cmd/helm@v4.3.2 || missing 'Helm could not be built'
  export PATH=$tools/bin:$PATH
fi
npx vitest run apps/coordinator/src/helm-chart.test.ts

if [ ! -x "$tools/checkov/bin/checkov" ]; then
  python3 -m venv "$tools/checkov" && "$tools/checkov/bin/pip" install --quiet --disable-pip-version-check checkov==3.3.30 ||
    missing 'checkov could not be installed'
fi
# What it finds and what stays all the same, with its reasons: deploy/helm/reembed/README.md.
"$tools/checkov/bin/checkov" --framework kubernetes --skip-download --compact --quiet --directory deploy/helm/rendered \
  --skip-check CKV_K8S_11,CKV_K8S_15,CKV_K8S_35,CKV_K8S_43
