#!/usr/bin/env bash
# Builds everything and runs every test, from a clean clone too. Exits non-zero when anything fails.
#
#   deploy/test.sh [--swift-only | --python-only]
#
# --swift-only leaves out the Python and integration tests, --python-only the Swift tests and the format check.
# One build serves all: release, because pixel loops are slow without optimisation, with -enable-testing, and with the trait
# HDF5, whose absence quickstart.sh builds. It has a folder of
# its own (.build-tests), as its flags differ from those of an ordinary release build and each would undo the other.
set -euo pipefail
# shellcheck source=deploy/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

run_swift=yes run_python=yes
case ${1:-} in
    '') ;;
    --swift-only) run_python=no ;;
    --python-only) run_swift=no ;;
    *)
        echo "usage: $0 [--swift-only | --python-only]" >&2
        exit 2
        ;;
esac

# A test that hangs ends its phase instead of the whole run.
swift_limit_seconds=1500 pytest_limit_seconds=1500 script_limit_seconds=900 fuzz_limit_seconds=1500
scratch=$repository/.build-tests
build_flags=(-c release --scratch-path "$scratch" -Xswiftc -enable-testing --traits HDF5)
passed=0 failed=0 skipped=0
failures=() times=()
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    failed=$((failed + $2))
    failures+=("$1")
}

# phase NAME COMMAND…: announces and times the command; its status becomes $status.
phase() {
    local name=$1 start=$SECONDS
    shift
    say "$name"
    status=0
    "$@" || status=$?
    times+=("$(printf '%5d s  %s' $((SECONDS - start)) "$name")")
}

# count NAME REPORT: adds up a JUnit report. No report, no test in it, or a failed command without a failed test is a failure:
# that is what a crash, a time-out or an empty run looks like.
count() {
    local name=$1 report=$2 line names='' tests=0 bad=0 left_out=0
    if line=$("$venv/bin/python" - "$report" <<'PYTHON' 2>/dev/null
import sys
import xml.etree.ElementTree as tree

cases = list(tree.parse(sys.argv[1]).iter("testcase"))
bad = []
for case in cases:
    fault = next((fault for kind in ("failure", "error") for fault in case.findall(kind)), None)
    if fault is not None:
        words = " ".join((fault.get("message") or fault.text or "").split())
        bad.append(f"    {case.get('classname')} {case.get('name')}: {words[:400]}")
print(len(cases), len(bad), sum(case.find("skipped") is not None for case in cases))
# For the summary: whoever has only the end of the log learns what failed.
print(*bad[:20], sep="\n")
PYTHON
    ); then
        read -r tests bad left_out <<<"$line"
        names=${line#*$'\n'}
    fi
    passed=$((passed + tests - bad - left_out))
    skipped=$((skipped + left_out))
    if ((bad > 0)); then
        fail "$name: $bad of $tests failed"$'\n'"$names" "$bad"
    elif ((status == 124 || status == 137)); then
        fail "$name: stopped, it took too long" 1
    elif ((status != 0)); then
        fail "$name: ended with status $status" 1
    elif ((tests == 0)); then
        fail "$name: no test was run" 1
    fi
}

# judge NAME LIMIT: what the status of a script means; 77 is that this machine cannot run it, with the reason on its last line.
judge() {
    case $status in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)) ;;
        124 | 137) fail "$1: stopped, it took longer than $2 s" 1 ;;
        *) fail "$1: ended with status $status" 1 ;;
    esac
}

# Only told, never a failure.
# shellcheck disable=SC2329
format_check() {
    local findings
    findings=$(swift format lint -rs Sources Tests 2>&1 | grep -cE ': (error|warning): ' || true)
    echo "$findings findings (swift format lint -rs Sources Tests lists them)"
}

finish() {
    say "Times"
    printf '%s\n' "${times[@]}"
    if ((${#failures[@]} > 0)); then
        say "Failures"
        printf '%s\n' "${failures[@]}"
    fi
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    if ((failed > 0)); then
        exit 1
    fi
    exit 0
}

build_packages+=(libhdf5-dev)
if [[ $(id -u) -eq 0 && $run_python == yes ]]; then
    # The test of the Debian package boots a container; for users other than root it is skipped.
    build_packages+=(systemd-container curl dpkg-dev lintian mandoc)
fi
require_packages "${build_packages[@]}"
require_swift
# OpenCV is optional for users, but what it encodes is compared with MXNet. The second line is for what is in deploy.
require_venv numpy=numpy pytest=pytest pillow=PIL opencv-python-headless=cv2 scipy=scipy h5py=h5py \
    build=build setuptools=setuptools wheel=wheel kubernetes-validate=kubernetes_validate

phase "Build" swift build "${build_flags[@]}" --build-tests
if ((status != 0)); then
    fail "Build: swift build ended with status $status" 1
    finish
fi

binaries=$(swift build "${build_flags[@]}" --show-bin-path)
HEADRACED=$binaries/headraced HEADRACE=$binaries/headrace
HEADRACE_GOLDEN=$(Tests/Fixtures/unpack.sh "$scratch/golden")
# The interpreter of scripts that need NumPy.
PYTHON=$venv/bin/python
export HEADRACED HEADRACE HEADRACE_GOLDEN PYTHON
for binary in "$HEADRACED" "$HEADRACE"; do
    if [[ ! -x $binary ]]; then
        fail "Build: it made no $(basename "$binary")" 1
    fi
done

if [[ $run_swift == yes ]]; then
    phase "Format" format_check

    phase "Swift tests" timeout --kill-after=10 "$swift_limit_seconds" \
        swift test "${build_flags[@]}" --skip-build --disable-xctest --xunit-output "$reports/swift.xml"
    # Whether SwiftPM adds "-swift-testing" to the name depends on its version.
    count "Swift tests" "$reports"/swift*.xml

    # Builds what it fuzzes with AddressSanitizer, in a folder of its own.
    phase "Fuzzing" timeout --kill-after=10 "$fuzz_limit_seconds" Tests/Fuzz/run.sh --seconds 2
    judge "Fuzzing" "$fuzz_limit_seconds"
fi

if [[ $run_python == yes ]]; then
    phase "Python tests" timeout --kill-after=10 "$pytest_limit_seconds" \
        "$venv/bin/python" -m pytest -q -rs -p no:cacheprovider --junitxml "$reports/python.xml" Tests/PythonClientTests
    count "Python tests" "$reports/python.xml"

    # The ends of what the client supports, without any package that is optional. The reference cases need no repeating.
    for pair in 3.10:numpy==1.26.4 3.13:numpy; do
        version=${pair%%:*} numpy=${pair#*:}
        name="Python $version tests, $numpy"
        if ! python=$(find_exact_python "$version"); then
            say "$name: skipped, there is no Python $version on this machine"
            skipped=$((skipped + 1))
            continue
        fi
        other_venv=$scratch/venv-$version
        if ! "$other_venv/bin/python" -c 'import numpy, pytest' 2>/dev/null; then
            "$python" -m venv --clear "$other_venv"
            "$other_venv/bin/python" -m pip --quiet --disable-pip-version-check install "$numpy" pytest
        fi
        phase "$name" timeout --kill-after=10 "$pytest_limit_seconds" \
            "$other_venv/bin/python" -m pytest -q -rs -p no:cacheprovider --junitxml "$reports/python-$version.xml" \
            --ignore-glob='*test_golden_*' --ignore-glob='*test_serving*' Tests/PythonClientTests
        count "$name" "$reports/python-$version.xml"
    done

    for script in Tests/IntegrationTests/*.sh; do
        if [[ ! -e $script ]]; then
            continue
        fi
        phase "$script" timeout --kill-after=10 "$script_limit_seconds" bash "$script"
        judge "$script" "$script_limit_seconds"
    done
fi

finish
