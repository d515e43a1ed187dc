#!/usr/bin/env bash
# What deploy/container/Dockerfile promises, without a container engine: the daemon serves as a user without rights, on a root
# file system that can only be read, with the image's variables and command line. The image itself is not built.
#
#   container.sh
#
# $HEADRACED and $HEADRACE name the programs, $PYTHON a Python with NumPy (default: python3).
# Where it cannot be run it says SKIP and why, and exits with 77.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dockerfile=$root/deploy/container/Dockerfile
headraced=${HEADRACED:-$root/.build/release/headraced}
headrace=${HEADRACE:-$root/.build/release/headrace}
python=${PYTHON:-python3}

skip() { echo "SKIP: $1"; exit 77; }
[ -x "$headraced" ] || skip "no headraced at $headraced; build it with: swift build -c release"
[ -x "$headrace" ] || skip "no headrace at $headrace; build it with: swift build -c release"
[ "$(id -u)" = 0 ] || skip "needs root, to change mounts and the user"
"$python" -c 'import numpy' 2>/dev/null || skip "needs a Python with NumPy, named by \$PYTHON"
unshare --mount true 2>/dev/null || skip "this machine does not let us make mount namespaces"

# The programs and what they are linked to must be found by a user who may not look into every folder.
work=$(mktemp -d)
cleanup() {
    if [ -s "$work/pid" ]; then kill "$(cat "$work/pid")" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"
mkdir "$work/libraries"
ldd "$headraced" | awk '$2 == "=>" && $3 ~ /swift/ { print $3 }' | xargs -r cp -t "$work/libraries"
cp "$headraced" "$headrace" "$work"
"$headrace" rec pack --recursive "$work/photos" "$root/Tests/Fixtures/photos" >/dev/null
cat >"$work/headraced.yaml" <<YAML
datasets:
  photos:
    iterator: ImageRecordIter
    path_imgrec: $work/photos.rec
    data_shape: [3, 48, 48]
    batch_size: 4
    resize: 56
YAML
chmod -R a+rX "$work"

# From the Dockerfile, so that it cannot drift away from what is tested.
user=$(sed -n 's/^USER \([0-9]*\):.*/\1/p' "$dockerfile")
mapfile -t variables < <(sed -n 's/^ENV //p' "$dockerfile")
mapfile -t volumes < <("$python" -c 'import json, re, sys
print("\n".join(json.loads(re.search(r"^VOLUME (.*)$", open(sys.argv[1]).read(), re.MULTILINE)[1])))' "$dockerfile")
[ "$user" -gt 0 ] && [ ${#variables[@]} -gt 0 ] && [ ${#volumes[@]} -gt 0 ]

# shellcheck disable=SC2016  # Expanded by the inner shell.
unshare --mount --propagation private bash -euo pipefail -c '
    work=$1 user=$2 count=$3
    shift 3
    variables=("${@:1:count}")
    volumes=("${@:count + 1}")
    for volume in "${volumes[@]}"; do
        mkdir -p "$volume"
        mount -t tmpfs -o "uid=$user,gid=$user,mode=0755" none "$volume"
    done
    mount --bind "$work" "$work"
    mount -o remount,ro,bind /
    mount -o remount,ro,bind "$work"
    exec env -i PATH="$work:/usr/bin:/bin" LD_LIBRARY_PATH="$work/libraries" "${variables[@]}" \
        setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
        headraced --config "$work/headraced.yaml"
' container "$work" "$user" ${#variables[@]} "${variables[@]}" "${volumes[@]}" 2>"$work/log" &
echo $! >"$work/pid"
daemon=$(cat "$work/pid")
fail() { cat "$work/log" >&2; echo "FAIL: $1" >&2; exit 1; }

inside() { nsenter --target "$daemon" --mount -- "$@"; }
for _ in $(seq 300); do
    if inside test -S /run/headrace/data.sock 2>/dev/null; then break; fi
    kill -0 "$daemon" 2>/dev/null || fail "the daemon ended"
    sleep 0.1
done
inside test -S /run/headrace/data.sock || fail "no socket after 30 s"
[ "$(stat -c %u "/proc/$daemon")" = "$user" ] || fail "the daemon runs as $(stat -c %U "/proc/$daemon")"
grep -q '^CapBnd:[[:space:]]*0*$' "/proc/$daemon/status" || fail "the daemon has capabilities left"
fails_inside() { ! inside touch /usr/headrace-test 2>/dev/null; }
fails_inside || fail "the root file system can be written"
result=$(inside env PYTHONPATH="$root/Sources/PythonClient" PYTHONDONTWRITEBYTECODE=1 timeout 60 \
    "$python" "$here/epoch_client.py" unix:/run/headrace/data.sock photos) || fail "no epoch"
[[ $result == *"memory shared reconnections 0" ]] || fail "$result"
inside env HEADRACE_ADMIN=/run/headrace/admin.sock "$headrace" status >"$work.status" 2>&1 || fail "$(cat "$work.status")"
rm -f "$work.status"
kill -TERM "$daemon"
status=0
wait "$daemon" || status=$?
[ $status = 0 ] || fail "status $status after SIGTERM"
rm "$work/pid"
echo "ok: as user $user, without capabilities, root file system read-only: an epoch over shared memory, status, drain"
echo "PASS (the image itself is not built: that takes a container engine)"
