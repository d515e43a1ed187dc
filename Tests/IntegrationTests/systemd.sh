#!/usr/bin/env bash
# The Debian package under a real systemd: installation, socket activation, shared memory, TCP, reload, kill -9, watchdog, upgrade,
# drain, removal.
#
#   systemd.sh
#
# $HEADRACED names the built headraced; its objects, which lie beside it, are linked and packed. $HEADRACE_DEB names a package
# to test instead. $PYTHON is a Python with NumPy (default: python3).
# Where it cannot be run it says SKIP and why, and exits with 77.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
binary=${HEADRACED:-$root/.build/release/headraced}
package=${HEADRACE_DEB:-}
python=$(command -v "${PYTHON:-python3}") || python=

skip() { echo "SKIP: $1"; exit 77; }
[ -n "$package" ] || [ -x "$binary" ] || skip "no headraced at $binary; build it with: swift build -c release"
[ "$(id -u)" = 0 ] || skip "needs root, to boot a container"
command -v systemd-nspawn >/dev/null || skip "needs systemd-nspawn (package systemd-container)"
command -v curl >/dev/null || skip "needs curl"
command -v openssl >/dev/null || skip "needs openssl, for certificates"
command -v dpkg-shlibdeps >/dev/null || skip "needs dpkg-shlibdeps (package dpkg-dev)"
"${python:-false}" -c 'import numpy' 2>/dev/null || skip "needs a Python with NumPy, named by \$PYTHON"
unshare --mount true 2>/dev/null || skip "this machine does not let us make mount namespaces"
# The interpreter itself, and NumPy copied: the container has a /tmp and a /run of its own, where a virtual environment may lie.
site=$("$python" -c 'import numpy, os; print(os.path.dirname(numpy.__path__[0]))')
numpy=(--copy "$site/numpy:/opt/test/site/numpy")
[ ! -d "$site/numpy.libs" ] || numpy+=(--copy "$site/numpy.libs:/opt/test/site/numpy.libs")
python=$("$python" -c 'import sys; print(sys._base_executable)')
# The container shows the root file system alone.
[ "$(stat -c %d "$python")" = "$(stat -c %d /)" ] || skip "$python is not on the root file system"

exposure=$(systemd-analyze security --offline=true --threshold=15 "$root/deploy/systemd/headraced.service" | tail -1) || {
    echo "FAIL: systemd-analyze security: ${exposure#*→ }, the threshold is 1.5" >&2
    exit 1
}
echo "ok: ${exposure#*→ }"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$package" ]; then
    "$root/deploy/deb/build.sh" --objects "$(dirname "$(realpath "$binary")")" --output "$work" --fast >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        echo "FAIL: deploy/deb/build.sh" >&2
        exit 1
    }
    package=$(tail -1 "$work/log")
fi
if command -v lintian >/dev/null; then
    lintian --fail-on error "$package" 2>/dev/null || { echo "FAIL: lintian finds errors" >&2; exit 1; }
    echo "ok: lintian finds no errors"
else
    echo "lintian is left out: it is not installed"
fi

status=0
"$here/systemd-sandbox" --timeout 800 \
    --copy "$package:/opt/test/headrace.deb" \
    "${numpy[@]}" \
    --copy "$root/Sources/PythonClient:/opt/test/client" \
    --copy "$root/Tests/Fixtures/photos:/opt/test/photos" \
    --copy "$here/systemd-inside:/opt/test/systemd-inside" \
    --copy "$here/drain_client.py:/opt/test/drain_client.py" \
    --copy "$here/epoch_client.py:/opt/test/epoch_client.py" \
    --copy "$here/stop_threads.py:/opt/test/stop_threads.py" \
    -- bash /opt/test/systemd-inside "$python" || status=$?
case $status in
    0) echo "PASS" ;;
    2 | 3) skip "a container with systemd cannot be booted here (see above)" ;;
    *) echo "FAIL: status $status" >&2; exit 1 ;;
esac
