#!/usr/bin/env bash
# Lints the Helm chart and renders it with the values of deploy/helm/reembed/ci into deploy/helm/rendered, with what it was rendered of in the first
# line: tests look at that, and at nothing older. Wants Helm 4; where there is none, `go install helm.sh/helm/v4/cmd/helm@v4.3.2` builds it in some minutes.
set -euo pipefail
cd "$(dirname "$0")/../deploy/helm"
helm=${HELM:-helm}
hash=$(cd reembed && find . -type f -not -name README.md -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
mkdir -p rendered
for values in reembed/ci/*-values.yaml; do
  name=$(basename "$values" -values.yaml)
  "$helm" lint --strict reembed --values "$values" >/dev/null
  { echo "# of the chart $hash"; "$helm" template reembed reembed --namespace reembed --values "$values"; } > "rendered/$name.yaml"
done
