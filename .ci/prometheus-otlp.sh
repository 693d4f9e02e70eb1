#!/usr/bin/env bash
# Prints a directory that holds a prometheus which takes OTLP:
#
#   GOVITALS_PROMETHEUS=$(bash .ci/prometheus-otlp.sh)/prometheus
#   export GOVITALS_PROMETHEUS
#   cd e2e && GOVITALS_REQUIRE=otlp go test ./fleet -run OTLP -v
#
# Debian builds its packages without that receiver, 3.5 too. So the first call builds
# the program, from the Go module proxy into the cache, without the plugins for the
# discovery of services at cloud providers, which are most of it.
set -euo pipefail

module=github.com/prometheus/prometheus@v0.305.0 # the program calls it 3.5.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/govitals/prometheus-otlp-${module#*@}

if ! [ -x "$cache/prometheus" ]; then
  mkdir -p "$cache"
  temp=$(mktemp -d)
  trap 'rm -rf "$temp"' EXIT
  cd "$temp"
  source=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  cp -r "$source" source
  chmod -R u+w source
  rm source/plugins/plugins.go # leaves those of minimum.go
  (cd source && go build -o "$temp/prometheus" ./cmd/prometheus) >&2
  mv prometheus "$cache/prometheus"
fi
echo "$cache"
