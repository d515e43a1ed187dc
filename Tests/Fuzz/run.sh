#!/usr/bin/env bash
# Fuzzes what reads bytes from outside, with libFuzzer and AddressSanitizer.
#
#   run.sh [--seconds N | --minutes N] [TARGET…]      each target so long; default: 3 seconds, all targets. A run of
#                                                     seconds tries the same inputs each time, as far as it gets
#   run.sh --reproduce TARGET FILE…                   these inputs once
#
# What a run learns stays in .build-fuzz/corpus, where the next begins. An input that crashes, hangs or takes too much
# memory is left in .build-fuzz/findings/TARGET, and the status is 1. Where it cannot be run it says SKIP and why, and the
# status is 77.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
work=$root/.build-fuzz
all=(frames server client batch open admin configuration records lists csv libsvm mnist numpy images)
# An input takes milliseconds, and a target with AddressSanitizer some 200 MiB.
limits=(-timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=128)

skip() { echo "SKIP: $1"; exit 77; }
usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

# 0 is a seed of the moment's own.
seconds=3 seed=1 reproduce=no
case ${1:-} in
    --seconds) seconds=${2:?} && shift 2 ;;
    --minutes) seconds=$((${2:?} * 60)) seed=0 && shift 2 ;;
    --reproduce) reproduce=yes && shift ;;
    -*) usage ;;
esac

resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
runtime=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
[[ -e $runtime ]] || skip "this Swift toolchain has no libFuzzer ($runtime)"
# With optimisation, as it is shipped: the checks are the same, and more inputs go through.
coverage=edge,inline-8bit-counters,pc-table,trace-cmp
swift build --package-path "$here" -c release --scratch-path "$work" --sanitize=address --product HeadraceFuzz \
    -Xswiftc -sanitize-coverage=$coverage -Xcc -fsanitize-coverage=$coverage -Xswiftc -use-ld=lld \
    -Xlinker "$runtime" -Xlinker -lstdc++

# In memory where there is room for it: the targets write thousands of files a second.
folder=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$folder"' EXIT
golden=${HEADRACE_GOLDEN:-$("$root/Tests/Fixtures/unpack.sh" "$work/golden")}
PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-python3}" "$here/seeds.py" "$folder" "$golden"
export HEADRACE_FUZZ_FOLDER=$folder
# libFuzzer looks for leaks by itself, but Swift keeps what it knows of types where it does not look.
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}

# fuzz TARGET ARGUMENT…
fuzz() {
    HEADRACE_FUZZ_TARGET=$1 "$work/release/HeadraceFuzz" "${limits[@]}" "${@:2}"
}

if [[ $reproduce == yes ]]; then
    (($# >= 2)) || usage
    fuzz "$@"
    exit
fi

failures=0
(($# > 0)) || set -- "${all[@]}"
for target in "$@"; do
    corpus=$work/corpus/$target findings=$work/findings/$target log=$folder/log
    mkdir -p "$corpus" "$findings" "$folder/seeds/$target"
    dictionary=()
    [[ -e $here/dictionaries/$target.dict ]] && dictionary=(-dict="$here/dictionaries/$target.dict")
    # Known findings are the first inputs, so that none comes back.
    inputs=("$corpus" "$folder/seeds/$target")
    [[ -d $here/findings/$target ]] && inputs+=("$here/findings/$target")
    if fuzz "$target" -seed="$seed" -max_total_time="$seconds" -max_len=8192 -print_final_stats=1 "${dictionary[@]}" \
        -artifact_prefix="$findings/" "${inputs[@]}" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
        edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | sed -n '1p;$p' | paste -sd' ')
        printf '%-14s %9s runs, edges %s, %s MiB\n' "$target" "$runs" "${edges/ / to }" "$memory"
    else
        tail -n 40 "$log"
        echo "$target: FAILED; the input is in $findings, and 'Tests/Fuzz/run.sh --reproduce $target FILE' runs it again"
        failures=$((failures + 1))
    fi
done
exit $((failures > 0))
