#!/bin/sh
# Makes sure that what `make test` uses beside Go is there: real feed readers,
# a browser, web servers, a database server, and checkers for XML and for units of
# systemd. With the argument "bench" it does so for `make bench`. As root on Debian
# it installs what is missing; elsewhere it names it and fails.
set -eu
for=${1:-test}
cd "$(dirname "$0")/.."

missing=
need() { # PROBE PACKAGE...: packages that are lacking when the probe fails
	probe=$1
	shift
	sh -c "$probe" >/dev/null 2>&1 || missing="$missing $*"
}
need 'nginx -v' nginx-light
need 'ls /usr/lib/postgresql/*/bin/initdb || initdb --version' postgresql
case $for in
bench)
	need 'command -v wrk' wrk
	;;
*)
	need '/usr/bin/python3 -c "import feedparser"' python3-feedparser
	need 'newsboat -v' newsboat
	need 'command -v sfeed_update' sfeed
	need 'command -v curl' curl
	need 'r2e --version' rss2email
	need 'xmllint --version' libxml2-utils
	need 'chromium --version' chromium
	need 'caddy version' caddy
	need 'systemd-analyze --version' systemd
	need 'node --version && npm --version' nodejs npm
	;;
esac

if [ -n "$missing" ]; then
	if [ "$(id -u)" != 0 ] || [ ! -e /etc/debian_version ]; then
		echo "make $for: missing:$missing (names of Debian packages); install them, or do without: go test ./... skips what needs them" >&2
		exit 1
	fi
	apt-get update -qq </dev/null
	# shellcheck disable=SC2086 # a list of names
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null
fi

[ "$for" = test ] || exit 0
packages() { # FOLDER PACKAGE: installs what the folder's package.json asks for
	[ -d "$1/node_modules/$2" ] || npm --prefix "$1" install --silent --no-audit --no-fund </dev/null
}
packages cmd/tributary/testdata/readers rss-parser
packages publisher/serve/testdata/axe axe-core
