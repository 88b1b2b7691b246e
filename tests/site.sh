#!/usr/bin/env bash
# site.sh SCRATCH
#
# Builds the book as a site (docs/run.sh), looks at its pages in Chromium, wide and narrow, and uses its search in both
# languages. Needs mkdocs, Doxygen, chromium, npm. Pictures of the pages are in SCRATCH/pictures.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$1
rm -rf "$scratch"
mkdir -p "$scratch/pictures"
bash "$root/docs/run.sh"
cd "$scratch"
npm install --silent --no-audit --no-fund playwright-core@1.60
cp "$root/tests/site/browser.mjs" .
python3 -m http.server 8766 --bind 127.0.0.1 --directory "$root/build/book/site" > server.log 2>&1 &
trap 'kill $!' EXIT
sleep 1
node browser.mjs http://127.0.0.1:8766/ "$root/build/book/site" "$scratch/pictures"
