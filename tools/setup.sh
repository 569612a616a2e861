#!/usr/bin/env bash
# Make .venv and install the locked libraries: setup.sh runtime|dev. Nothing to do takes milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-dev}
lock=requirements/$kind.txt
wanted=$(sha256sum "$lock" 2>/dev/null || shasum -a 256 "$lock")
wanted=${wanted%% *}
stamp=.venv/.installed-$kind

find_python() {
    local name
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14; do
        if [ -n "$name" ] && command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is needed; none found. Install it, or name it: make PYTHON=/path/to/python3 …" >&2
    exit 1
}

make_venv() {
    local python
    python=$(find_python)
    echo "Making the virtual environment with $("$python" --version) …"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        tools/system_packages.sh venv
    fi
    "$python" -m venv .venv
}

# One line per tenth library, or one line that moves on a terminal.
progress() {
    local total shown=0 line terminal=0
    total=$(grep -c '^[A-Za-z0-9].*==' "$lock")
    [ -t 1 ] && terminal=1
    while IFS= read -r line; do
        case $line in
        "Collecting "* | "Processing "* | "Requirement already satisfied"*)
            shown=$((shown + 1))
            if [ $terminal = 1 ]; then
                printf '\r\033[K  %d of %d libraries' $shown "$total"
            elif [ $((shown % 20)) = 0 ]; then
                echo "  $shown of $total libraries"
            fi
            ;;
        "Installing collected"*)
            [ $terminal = 1 ] && printf '\r\033[K'
            echo "  all here; installing …"
            ;;
        ERROR* | *rror:*) echo "$line" >&2 ;;
        esac
    done
}

[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv && make_venv; }
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    started=$SECONDS
    echo "Installing the locked libraries ($lock), about a minute …"
    .venv/bin/python -m pip install --no-deps --require-hashes --disable-pip-version-check --no-input \
        --progress-bar off --no-warn-script-location -r "$lock" 2>.venv/pip-errors | progress ||
        { cat .venv/pip-errors >&2; exit 1; }
    echo "$wanted" >"$stamp"
    # The development lock contains the runtime lock.
    [ "$kind" = dev ] && { sha256sum requirements/runtime.txt 2>/dev/null || shasum -a 256 requirements/runtime.txt; } |
        cut -d' ' -f1 >.venv/.installed-runtime
    echo "  done in $((SECONDS - started)) s"
fi
