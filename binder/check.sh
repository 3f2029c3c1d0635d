#!/usr/bin/env bash
# Does what Binder does with this repository, in Binder's order but without Docker, then opens and
# runs the first lesson. Needs the Python of runtime.txt on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

lesson=notebooks/00_start_here.ipynb
python=$(tr -d - <binder/runtime.txt)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

step() { printf '\n-- %s\n' "$*"; }

step "the image's own packages, as repo2docker 2026.4 freezes them"
"$python" -m venv "$work/env"
export PATH="$work/env/bin:$PATH" VIRTUAL_ENV="$work/env" JUPYTER_NO_CONFIG=1
pip install --quiet jupyterlab==4.4.9 notebook==7.4.7 ipywidgets==8.1.7

step "requirements.txt"
pip install --quiet --requirement binder/requirements.txt

step "a copy of the repository, then postBuild"
mkdir "$work/home"
git ls-files -z --cached --others --exclude-standard |
    xargs -0 cp --parents --target-directory="$work/home"
cd "$work/home"
binder/postBuild
pip check

step "lessons open without outputs"
if grep --files-with-matches '"output_type"' notebooks/*.ipynb; then exit 1; fi

step "the server"
port=$(python -c 'import socket as s; print(s.create_server(("127.0.0.1", 0)).getsockname()[1])')
jupyter lab --no-browser --allow-root --ip=127.0.0.1 --port="$port" \
    --IdentityProvider.token= >"$work/log" 2>&1 &
get() { python -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).url)' "$1"; }
for _ in $(seq 60); do
    get "http://127.0.0.1:$port/api/status" >/dev/null 2>&1 && break
    sleep 0.5
done
get "http://127.0.0.1:$port/api/contents/$lesson" || { cat "$work/log"; exit 1; }
get "http://127.0.0.1:$port/lab/tree/$lesson"

step "the lesson"
jupyter nbconvert --to notebook --execute --stdout "$lesson" >/dev/null
echo "Binder would open $lesson"
