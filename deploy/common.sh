# Functions that quickstart.sh and test.sh share. Sourced by bash with `set -euo pipefail`; does nothing by itself.
# shellcheck shell=bash

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
venv=$repository/.build-venv
# shellcheck disable=SC2034  # The sourcing scripts use it.
build_packages=(libjpeg-dev libpng-dev zlib1g-dev libsystemd-dev xz-utils)

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

# Prints the first Python on the PATH that is at least 3.10 and can make a virtual environment; fails when there is none.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# require_packages PACKAGE…: installs those of these Debian packages that are missing, and Python where there is none.
require_packages() {
    local name status wanted=("$@") missing=()
    if ! command -v dpkg-query >/dev/null; then
        echo "This is neither Debian nor Ubuntu: the headers of libjpeg-turbo, libpng, zlib and libsystemd must be installed."
        return
    fi
    if ! find_python >/dev/null; then
        wanted+=(python3 python3-venv)
    fi
    for name in "${wanted[@]}"; do
        status=$(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null || true)
        if [[ $status != installed ]]; then
            missing+=("$name")
        fi
    done
    if [[ ${#missing[@]} -eq 0 ]]; then
        return
    fi
    if [[ $(id -u) -ne 0 ]]; then
        echo "Some Debian packages are missing. Install them, then run $0 again:" >&2
        echo "    sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
    say "Installing ${missing[*]}"
    apt-get --quiet --quiet update
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends install "${missing[@]}"
}

# Swift 6.2 is the first whose package manager reads Package.swift.
require_swift() {
    local text
    command -v swift >/dev/null || die "swift is not on the PATH; Headrace is built with Swift 6.2 or newer, see https://www.swift.org/install/linux/"
    text=$(swift --version 2>/dev/null)
    if [[ ! $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
        die "cannot tell the version of $(command -v swift), which says: $text"
    fi
    if ((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] < 602)); then
        die "Swift 6.2 or newer is needed; $(command -v swift) is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}. See https://www.swift.org/install/linux/"
    fi
}

# require_venv PACKAGE=MODULE…: makes $venv unless it is there, and installs the packages whose modules it cannot import.
# The client itself needs no installing: PYTHONPATH names its sources.
require_venv() {
    local python pair missing=()
    if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        python=$(find_python) || die "no Python of version 3.10 or newer, with its venv module, is on the PATH"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    for pair in "$@"; do
        if ! "$venv/bin/python" -c "import ${pair#*=}" 2>/dev/null; then
            missing+=("${pair%%=*}")
        fi
    done
    if [[ ${#missing[@]} -gt 0 ]]; then
        say "Installing ${missing[*]} for Python in $(basename "$venv")"
        "$venv/bin/python" -m pip --quiet --disable-pip-version-check install "${missing[@]}" \
            || die "pip could not install ${missing[*]}; its message is above"
    fi
    export PYTHONPATH=$repository/Sources/PythonClient
    # Compiled files would litter the source tree.
    export PYTHONDONTWRITEBYTECODE=1
}

# find_exact_python VERSION: prints a Python of that version, such as 3.10, on the PATH or kept by pyenv; fails when there is none.
find_exact_python() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if "$candidate" -c "import sys, ensurepip, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}
