#!/usr/bin/env bash
# Everything CI runs, cheapest first. Each stage prints how long it took.
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=${BIN:-.venv/bin}
export OFFANGLE_REQUIRE_POSTGRES=1 PYTHONDONTWRITEBYTECODE=1

stage() {
    local name=$1
    shift
    local begin=$SECONDS
    printf '\n=== %s\n' "$name"
    "$@"
    printf '=== %s: %d s\n' "$name" $((SECONDS - begin))
}

stage "system packages" bash tools/system_packages.sh
stage "lint, types, layers" make --no-print-directory check
if command -v npm >/dev/null; then
    stage "viewer: types, unit tests, build equals what is committed" bash tools/viewer.sh
else
    echo "=== viewer: skipped, npm is not installed (its committed build is what the pages use)"
fi
ALL="tests/unit tests/golden tests/contract tests/integration"
on_postgres() { PYTHONPATH=tests "$BIN/python" -m makers.postgres --run "$BIN/python" -m pytest --database postgres "$@"; }
# Promises in seconds run alone and one after the other: beside others they would measure the machine.
stage "unit, golden, contract and integration, on SQLite" "$BIN/python" -m pytest -q -n 2 -m "not timed" $ALL
stage "what asks the database, on PostgreSQL" on_postgres -q -n 2 -m "not timed" $ALL
stage "promises in seconds, on SQLite" "$BIN/python" -m pytest -q -m timed $ALL
stage "promises in seconds, on PostgreSQL" on_postgres -q -m timed $ALL
stage "browser" "$BIN/python" -m pytest -q tests/browser
