#!/usr/bin/env bash
# The tests need a PostgreSQL to start privately and a Chromium to drive. Debian's packages are installed when this runs as
# root and they are missing; anybody else is told exactly what to install.
set -euo pipefail

missing=()
have_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_postgres || missing+=(postgresql)
have_chromium || missing+=(chromium)
if [ "$(id -u)" -eq 0 ] && [ ! -x /usr/bin/swift-proxy-server ]; then
    missing+=(swift-proxy swift-account swift-container swift-object) # the S3-compatible server; tests skip without it
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "Missing for the tests: ${missing[*]}" >&2
    echo "On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
