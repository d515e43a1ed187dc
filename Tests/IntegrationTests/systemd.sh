#!/usr/bin/env bash
# The daemon under a real systemd, with the units of deploy/systemd: socket activation, READY, reload, status, drain.
#
#   systemd.sh [PATH OF THE BUILT headraced]      default: .build/release/headraced
#
# Where it cannot be run it says SKIP and why, and exits with 77.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
binary=${1:-${HEADRACED:-$root/.build/release/headraced}}

skip() { echo "SKIP: $1"; exit 77; }
[ -x "$binary" ] || skip "no headraced at $binary; build it with: swift build -c release --product headraced"
[ "$(id -u)" = 0 ] || skip "needs root, to boot a container"
command -v systemd-nspawn >/dev/null || skip "needs systemd-nspawn (package systemd-container)"
command -v curl >/dev/null || skip "needs curl"
unshare --mount true 2>/dev/null || skip "this machine does not let us make mount namespaces"

exposure=$(systemd-analyze security --offline=true --threshold=15 "$root/deploy/systemd/headraced.service" | tail -1) || {
    echo "FAIL: systemd-analyze security: ${exposure#*→ }, the threshold is 1.5" >&2
    exit 1
}
echo "ok: ${exposure#*→ }"

status=0
"$here/systemd-sandbox" --timeout 120 \
    --copy "$binary:/usr/bin/headraced" \
    --copy "$root/deploy/systemd/headraced.service:/etc/systemd/system/headraced.service" \
    --copy "$root/deploy/systemd/headraced.socket:/etc/systemd/system/headraced.socket" \
    --copy "$root/deploy/systemd/headrace.sysusers:/usr/lib/sysusers.d/headrace.conf" \
    --copy "$root/deploy/systemd/headrace.tmpfiles:/usr/lib/tmpfiles.d/headrace.conf" \
    --copy "$root/config/headraced.yaml:/etc/headrace/headraced.yaml" \
    --copy "$here/systemd-inside:/opt/test/systemd-inside" \
    --copy "$here/drain_client.py:/opt/test/drain_client.py" \
    -- bash /opt/test/systemd-inside || status=$?
case $status in
    0) echo "PASS" ;;
    2 | 3) skip "a container with systemd cannot be booted here (see above)" ;;
    *) echo "FAIL: status $status" >&2; exit 1 ;;
esac
