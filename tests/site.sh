#!/usr/bin/env bash
# site.sh SCRATCH
#
# Builds the book as a site (docs/run.sh), looks at its pages in Chromium, wide and narrow, and uses its search in both
# languages. Needs mkdocs, Doxygen, chromium, npm. Pictures of the pages are in SCRATCH/pictures.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tests/serve.sh"
scratch=$1
rm -rf "$scratch"
mkdir -p "$scratch/pictures"
bash "$root/docs/run.sh"
cd "$scratch"
npm install --silent --no-audit --no-fund playwright-core@1.60
cp "$root/tests/site/browser.mjs" .
serve "$root/build/book/site"
node browser.mjs "$url" "$root/build/book/site" "$scratch/pictures"
