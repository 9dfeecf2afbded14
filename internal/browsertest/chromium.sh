#!/bin/sh
# Finds Chromium, or installs Debian's package where that is allowed. Where
# neither is possible it says so: the browser test then skips, and in CI fails.
set -eu
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
	if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
		exit 0
	fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
	echo "installing Debian's package chromium" >&2
	apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "there is no Chromium, and it can't be installed here: the pages are not looked at in a browser" >&2
[ -z "${CI:-}" ]
