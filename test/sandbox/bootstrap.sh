#!/usr/bin/env bash
# What must be here before TypeScript can run: node, npm, and the packages of package-lock.json.
# Silent when everything is there. Two at once wait for each other: npm ci begins by removing node_modules.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

needed=20.15 # package.json, engines

fail() {
  printf '✗ %s\n' "$1" >&2
  printf '→ %s\n' "$2" >&2
  exit 2
}

install_node="install Node.js $needed or later with npm: https://nodejs.org/en/download"
command -v node >/dev/null || fail 'node is not installed' "$install_node"
version=$(node --version)
# The lower of the two comes first.
[ "$(printf '%s\n' "$needed" "${version#v}" | sort --version-sort | head -n 1)" = "$needed" ] || fail "node $version is too old: $needed or later is needed" "$install_node"
command -v npm >/dev/null || fail 'npm is not installed, though node is' "$install_node"

# npm writes this file last, so an interrupted installation has none.
stamp=node_modules/.package-lock.json
installed() { [ -e "$stamp" ] && ! [ package-lock.json -nt "$stamp" ]; }

installed && exit 0
exec 9<package-lock.json
if command -v flock >/dev/null; then flock 9; fi
installed && exit 0 # by the one that we waited for

printf '· installing the packages of package-lock.json (npm ci)\n'
npm ci --no-audit --no-fund --loglevel=error >/dev/null || fail 'npm ci failed' 'its messages above say why'
touch "$stamp" # newer than package-lock.json, even where the clock was set back
printf '· packages are installed (%s s)\n' "$SECONDS"
