#!/usr/bin/env bash
# Put memeci into an environment of its own, from this checkout and hash-pinned wheels, and run it.
# The user's Python and its packages are neither used nor changed: `command` runs with them as before.
set -euo pipefail

home=${GITHUB_ACTION_PATH:?this runs as a GitHub action}
lock="$home/action/requirements.txt"

fail() {
  echo "::error title=memeci::$1"
  echo "error: $1" >&2
  exit 3
}

python=$(command -v python3) || fail "there is no python3 on this runner; add actions/setup-python before memeci."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "memeci needs Python 3.10 or newer; add actions/setup-python."

# One environment per lock, interpreter and checkout. The tool cache outlives the job on runners of your own.
base=${RUNNER_TOOL_CACHE:-}
mkdir -p "$base/memeci" 2>/dev/null && [ -w "$base/memeci" ] || base=${RUNNER_TEMP:-/tmp}
key=$({ cat "$lock"; "$python" -VV; echo "$home"; } | sha256sum | cut -c1-16)
env="$base/memeci/$key"

if [ ! -f "$env/complete" ]; then
  fresh=$(mktemp -d "$base/memeci-XXXXXX")
  install=(install --quiet --require-hashes --no-deps --only-binary :all: --requirement "$lock")
  if command -v uv >/dev/null; then
    uv venv --quiet --python "$python" --clear "$fresh"
    uv pip install --quiet --python "$fresh/bin/python" --require-hashes --no-deps --only-binary :all: --requirement "$lock"
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip "$fresh"
    "$python" -m pip --disable-pip-version-check --python "$fresh/bin/python" "${install[@]}"
  else
    "$python" -m venv "$fresh"
    "$fresh/bin/python" -m pip --disable-pip-version-check "${install[@]}"
  fi
  echo "$home" >"$("$fresh/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/memeci.pth"
  touch "$fresh/complete"
  mkdir -p "$base/memeci"
  # Another job on this machine may have been faster: both are the same.
  mv -T "$fresh" "$env" 2>/dev/null || rm -rf "$fresh"
fi

# -I: neither the working directory nor PYTHONPATH can put a module in front of ours.
exec "$env/bin/python" -I -m memeci ci
