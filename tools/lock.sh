#!/usr/bin/env bash
# Write requirements/*.txt: exact releases with their digests and no index address (docs/adr/0002).
set -euo pipefail
cd "$(dirname "$0")/.."
export CUSTOM_COMPILE_COMMAND="make lock"
flags=(--quiet --generate-hashes --strip-extras --allow-unsafe
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options)
[ -n "${UPGRADE:-}" ] && flags+=(--upgrade)
echo "Locking the runtime …"
.venv/bin/pip-compile "${flags[@]}" --output-file requirements/runtime.txt pyproject.toml
echo "Locking the development tools …"
.venv/bin/pip-compile "${flags[@]}" --extra dev --constraint requirements/runtime.txt --output-file requirements/dev.txt pyproject.toml
echo "Locking the store for digital slides …"
.venv/bin/pip-compile "${flags[@]}" --extra s3 --constraint requirements/runtime.txt --output-file requirements/s3.txt pyproject.toml
echo "Locking what is measured beside us …"
.venv/bin/pip-compile "${flags[@]}" --output-file requirements/peers.txt requirements/peers.in
if grep -nE '://|^-' requirements/*.txt; then
    echo "An address or an option got into the lock." >&2
    exit 1
fi
