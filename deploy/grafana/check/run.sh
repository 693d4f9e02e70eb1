#!/usr/bin/env bash
# Holds dashboard.json to the types of Grafana's own package: bash deploy/grafana/check/run.sh
#
# Ends with 0 if they fit, 1 if not, and 2 where npm or the network is missing. The
# two packages from npm are kept in the cache of the user.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dashboard=${1:-$here/../dashboard.json}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/govitals/grafana-schema-13.2.3

say() { echo "run.sh: $*"; }

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  say 'npm or node is missing: apt-get install npm'
  exit 2
fi
# Whole or not at all: another run must not see half an installation.
if [ ! -d "$cache" ]; then
  mkdir -p "$(dirname "$cache")"
  temp=$(mktemp -d "$cache.XXXXXX")
  if ! (cd "$temp" && npm install --no-audit --no-fund --ignore-scripts typescript@5.9.3 @grafana/schema@13.2.3) >"$temp/log" 2>&1; then
    say "npm could not install @grafana/schema: $(tail -n 3 "$temp/log")"
    rm -rf "$temp"
    exit 2
  fi
  if [ -d "$cache" ]; then rm -rf "$temp"; else mv "$temp" "$cache"; fi
fi

work=$(mktemp -d "$cache/check.XXXXXX")
trap 'rm -rf "$work"' EXIT
{
  echo "import type { Dashboard } from '../node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen';"
  echo 'export const dashboard: Dashboard ='
  cat "$dashboard"
} >"$work/dashboard.ts"
cd "$work"
if ! node ../node_modules/typescript/bin/tsc --noEmit --strict --skipLibCheck --moduleResolution bundler --module esnext dashboard.ts; then
  say "$dashboard is not what Grafana's schema asks for"
  exit 1
fi
say 'the dashboard fits @grafana/schema 13.2.3'
