#!/usr/bin/env bash
# See that the system has what Python wheels cannot bring: system_packages.sh run|test|venv|translate …
# As root on Debian or Ubuntu what is missing is installed; elsewhere it is named.
set -euo pipefail
missing=() reasons=()

need() { # package, reason
    missing+=("$1")
    reasons+=("$2")
}
has_library() {
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true; } | grep "$1" >/dev/null ||
        ls /opt/homebrew/lib/"${1%%.so*}"*.dylib /usr/local/lib/"${1%%.so*}"*.dylib >/dev/null 2>&1
}
has() { command -v "$1" >/dev/null; }

for group in "$@"; do
    case $group in
    run)
        has_library libpango-1.0.so.0 || need libpango-1.0-0 "PDF documents (Pango)"
        has_library libpangoft2-1.0.so.0 || need libpangoft2-1.0-0 "PDF documents (Pango with FreeType)"
        has_library libharfbuzz-subset.so.0 || need libharfbuzz-subset0 "PDF documents (font subsets)"
        has fc-list || need fontconfig "fonts in PDF documents"
        [ -n "$(fc-list 2>/dev/null)" ] || need fonts-dejavu-core "fonts in PDF documents"
        [ -n "$(fc-list :lang=zh-cn 2>/dev/null)" ] || need fonts-noto-cjk "Chinese in PDF documents"
        has msgfmt || need gettext "the Chinese pages"
        ;;
    translate)
        has msgfmt || need gettext "the Chinese pages"
        ;;
    test)
        has "${CHROMIUM:-chromium}" || has google-chrome || need chromium "browser tests"
        ;;
    venv)
        need python3-venv "the virtual environment"
        ;;
    esac
done
[ ${#missing[@]} = 0 ] && exit 0

if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing system packages: ${missing[*]} …"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    apt-get install -y --no-install-recommends "${missing[@]}" 2>&1 </dev/null |
        tee "$log" | grep --line-buffered -E '^(Setting up|E:)' | sed 's/^/  /' || true
    if [ "${PIPESTATUS[0]}" != 0 ]; then
        tail -20 "$log" >&2
        exit 1
    fi
    rm -f "$log"
    exit 0
fi

echo "Missing on this system:" >&2
for i in "${!missing[@]}"; do
    printf '  %-22s for %s\n' "${missing[$i]}" "${reasons[$i]}" >&2
done
if has apt-get; then
    echo "Install them:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
elif has brew; then
    echo "Install them:  brew install pango gettext fontconfig   (and Chromium for the browser tests)" >&2
else
    echo "The names are Debian's; your system's package manager has the same under similar names." >&2
fi
exit 1
