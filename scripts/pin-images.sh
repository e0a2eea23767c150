#!/usr/bin/env bash
# Writes the digest of every image of docker-compose.yml and Dockerfile beside its version, as the registry has it today. It needs Docker; without,
# versions alone say which image is meant. Again after a change of a version.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -hoE '(image: |FROM )[a-z0-9/]+:[A-Za-z0-9._-]+' docker-compose.yml Dockerfile | sed -E 's/^(image: |FROM )//' | sort -u | while read -r image; do
  digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
  sed -i -E "s#(image: |FROM )${image}(@sha256:[0-9a-f]+)?( |\$)#\1${image}@${digest}\3#" docker-compose.yml Dockerfile
done
