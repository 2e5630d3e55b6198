#!/usr/bin/env bash
# The viewer's build output is committed, so that nobody who installs Offangle needs Node. Here it is rebuilt and compared.
set -euo pipefail
cd "$(dirname "$0")/../viewer"
npm ci --no-audit --no-fund --silent
npm run --silent check
npm run --silent build
git diff --exit-code --stat -- ../src/offangle/web/static
