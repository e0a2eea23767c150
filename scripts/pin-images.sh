#!/usr/bin/env bash
# Writes the digest of every image of docker-compose.yml, Dockerfile and the Helm chart beside its version, as the registry has it today. It needs
# Docker. Again after a change of a version, and to take what an image of the same version was rebuilt with; then render the chart again.
set -euo pipefail
cd "$(dirname "$0")/.."

files=(docker-compose.yml Dockerfile deploy/helm/reembed/values.yaml)
before='image: |FROM (--platform=[^ ]+ )?'
grep -hoE "($before)[a-z0-9/]+:[A-Za-z0-9._-]+" "${files[@]}" | sed -E 's/.* //' | sort -u | while read -r image; do
  digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
  sed -i -E "s#(($before)${image})(@sha256:[0-9a-f]+)?( |\$)#\1@${digest}\5#" "${files[@]}"
done
