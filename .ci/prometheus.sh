#!/usr/bin/env bash
# Prints a directory that holds prometheus and promtool.
#
# Where neither PATH nor the cache has them, it downloads Debian's package and
# unpacks it into the cache: nothing is installed and no service is started.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/govitals/prometheus
bin=$cache/usr/bin

say() { echo "prometheus.sh: $*" >&2; }

works() { "$1/promtool" --version && "$1/prometheus" --version; } >/dev/null 2>&1

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

fetch() { apt-get -qq -o APT::Sandbox::User=root download prometheus >&2; }

# The lists of packages may be missing or stale: refresh them and try once more.
download() {
  fetch && return
  say 'refreshing the lists of packages'
  as_root apt-get -qq update >&2 && fetch
}

unpack() {
  mkdir -p "$(dirname "$cache")"
  temp=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  cd "$temp"
  if ! download; then
    say 'apt-get could not download the package prometheus; apt-get update needs root, or put prometheus and promtool on PATH'
    exit 1
  fi
  dpkg -x prometheus_*.deb root
  rm -rf "$cache"
  mv root "$cache"
}

if found=$(command -v promtool) && works "$(dirname "$found")"; then
  dirname "$found"
  exit
fi
if ! works "$bin"; then
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    say 'no prometheus and promtool on PATH, and no apt-get and dpkg to get them with: install Prometheus'
    exit 1
  fi
  unpack
  if ! works "$bin"; then
    say "the programs do not run here; see what this says: $bin/prometheus --version"
    exit 1
  fi
fi
echo "$bin"
