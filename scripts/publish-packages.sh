#!/usr/bin/env bash
# Publishes every built package, those first that others need. What it is given goes to `npm publish`; what npm has already in this version is passed over.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in contracts core process qdrant embedders client; do folders+=("packages/$name/dist"); done
folders+=("apps/cli/dist")
for folder in "${folders[@]}"; do
  id=$(node -p "const { name, version } = require('./$folder/package.json'); name + '@' + version")
  if npm view "$id" version >/dev/null 2>&1; then echo "$id is there already"; else npm publish "./$folder" "$@"; fi
done
