#!/bin/sh
# Makes .venv and installs what the locks name, by hash. What is missing is said in one line.
#
#   sh requirements/install.sh            make or mend .venv; does nothing when it is up to date
#   sh requirements/install.sh find       only print the Python that would be used
#
# PYTHON=... names the interpreter. Two stamps inside .venv keep a copy of what was installed: a change of the locks
# installs everything again, a change of pyproject.toml only our own package. No stamp means that an earlier run was
# interrupted, and then the folder is made anew, because half a package looks like a whole one to pip.
set -eu
cd "$(dirname "$0")/.."

stop() {
    echo "setup: $*" >&2
    exit 1
}

tell_version='import sys; print("%d.%d" % sys.version_info[:2])'

version_of() {
    "$1" -c "$tell_version" 2>/dev/null || true
}

is_supported() {
    case $1 in 3.11 | 3.12 | 3.13) return 0 ;; *) return 1 ;; esac
}

# Sets `python` and `version`, or stops.
find_python() {
    needed="Loa Trẻ needs Python 3.11, 3.12 or 3.13"
    if [ -n "${PYTHON:-}" ]; then
        python=$PYTHON
        version=$(version_of "$python")
        [ -n "$version" ] || stop "$needed, and PYTHON=$python does not run"
        is_supported "$version" || stop "$needed, and PYTHON=$python is $version"
        return
    fi
    seen=
    for python in python3 python3.13 python3.12 python3.11; do
        version=$(version_of "$python")
        is_supported "$version" && return
        [ -z "$version" ] || seen="$seen $python is $version;"
    done
    stop "$needed;${seen:- no python3 was found;} install one, or name it: make PYTHON=/path/to/python3.13"
}

locks() {
    printf '%s\n%s\n' "$PWD" "$1"
    cat requirements/run.txt requirements/dev.txt
}

# A folder that was moved still has its old place written into its scripts.
is_whole_and_here() {
    [ -f .venv/.locked ] && [ "$(head -n 1 .venv/.locked)" = "$PWD" ]
}

make_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "$python has no venv or ensurepip module (on Debian and Ubuntu: apt-get install python3-venv)"
    log=$(mktemp) || stop "no temporary file can be written"
    if ! "$python" -m venv --clear .venv >"$log" 2>&1; then
        why=$(grep -v '^ *$' "$log" | tail -n 1)
        rm -f "$log"
        stop "$python could not make .venv: ${why:-no reason given}"
    fi
    rm -f "$log"
}

# Runs pip on what is given; its output goes to a file, because a reader needs one line and a mender needs all.
install() {
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "$@" >.venv/install.log 2>&1; then
        why=$(grep -E '^ *(ERROR|error)' .venv/install.log | tail -n 1 | cut -c 1-200)
        stop "pip failed (is the network there?): ${why:-no reason given} (all of it: .venv/install.log)"
    fi
}

main() {
    if [ "${1:-}" = find ]; then
        find_python
        command -v "$python"
        return
    fi
    installed=$(version_of .venv/bin/python)
    if [ -z "${PYTHON:-}" ] && is_supported "$installed" && is_whole_and_here; then
        version=$installed
    else
        find_python
        if [ "$installed" != "$version" ] || ! is_whole_and_here; then
            echo "setup: making .venv with $python ($version)"
            make_venv
        fi
    fi
    if ! locks "$version" | cmp -s - .venv/.locked; then
        echo "setup: installing the locked packages (half a minute to a few minutes)"
        rm -f .venv/.locked .venv/.installed
        install --require-hashes --no-deps -r requirements/dev.txt
        locks "$version" >.venv/.locked
    fi
    if ! cmp -s pyproject.toml .venv/.installed; then
        install --no-deps --no-build-isolation -e .
        cp pyproject.toml .venv/.installed
        echo "setup: .venv is ready"
    fi
}

main "$@"
