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
# 1 means "the gate failed" and nothing else: an installation that breaks is 3.
trap 'fail "memeci could not be installed; the lines above say why."' ERR

purelib() { "$1" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

install_packages() { # INTERPRETER FOLDER
  local pinned=(--quiet --require-hashes --no-deps --only-binary :all: --requirement "$lock")
  if command -v uv >/dev/null; then
    uv venv --quiet --python "$1" --clear "$2"
    uv pip install --python "$2/bin/python" "${pinned[@]}"
  elif "$1" -m pip --version >/dev/null 2>&1; then
    "$1" -m venv --without-pip "$2"
    "$1" -m pip --disable-pip-version-check --python "$2/bin/python" install --no-compile "${pinned[@]}"
  else
    "$1" -m venv "$2"
    "$2/bin/python" -m pip --disable-pip-version-check install --no-compile "${pinned[@]}"
  fi
}

python=$(command -v python3) || fail "there is no python3 on this runner; add actions/setup-python before memeci."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "memeci needs Python 3.10 or newer; add actions/setup-python."

# MEMECI_PACKAGES: a virtual environment with our requirements, prepared on a runner that may not download anything.
# Otherwise one environment per lock and interpreter. The tool cache outlives the job on runners of your own.
packages=${MEMECI_PACKAGES:-}
if [ -z "$packages" ]; then
  cache="${RUNNER_TOOL_CACHE:-}/memeci"
  mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || cache="${RUNNER_TEMP:-/tmp}/memeci"
  packages="$cache/$({ cat "$lock"; "$python" -VV; } | sha256sum | cut -c1-16)"
  if [ ! -f "$packages/complete" ]; then
    mkdir -p "$cache"
    fresh=$(mktemp -d "$cache/fresh-XXXXXX")
    install_packages "$python" "$fresh"
    touch "$fresh/complete"
    # Another job on this machine may have been faster: both are the same.
    mv -T "$fresh" "$packages" 2>/dev/null || rm -rf "$fresh"
  fi
fi

# A thin environment for this job alone: this checkout, and those packages.
run=$(mktemp -d "${RUNNER_TEMP:-/tmp}/memeci-XXXXXX")
"$packages/bin/python" -I -m venv --without-pip "$run"
printf '%s\n' "$home" "$(purelib "$packages/bin/python")" >"$(purelib "$run/bin/python")/memeci.pth"

# -I: neither the working directory nor PYTHONPATH can put a module in front of ours.
exec "$run/bin/python" -I -m memeci ci
