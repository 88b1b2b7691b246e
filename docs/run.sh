#!/usr/bin/env bash
# docs/run.sh [--serve]
#
# Builds the book as a site in build/book/site: the chapters, the reference from the headers' doc comments, the sources,
# in English and Traditional Chinese, and the playground where emscripten is installed. It checks every link, and fails where a public name has no doc comment. --serve
# then shows it at http://localhost:8000. Installs what is missing where there is apt-get.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"
out=$root/build/book

need mkdocs command -v mkdocs
need mkdocs-material test -d /usr/share/mkdocs/themes/material
need doxygen command -v doxygen
need python3-yaml /usr/bin/python3 -c 'import yaml'
need npm command -v npm
install_missing

# MathJax, as the site serves it; formulas need no other host then.
mkdir -p "$out/mathjax"
if [ ! -e "$out/mathjax/package/es5/tex-svg.js" ]; then
  (cd "$out/mathjax" && npm pack --silent mathjax@3.2.2 > /dev/null && tar xzf mathjax-3.2.2.tgz)
fi
if command -v em++ > /dev/null; then "$root/docs/playground/run.sh" --build; fi
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/docs/site/build.py" "$root" "$out"
if [ "${1:-}" = --serve ]; then
  cd "$out/site"
  exec /usr/bin/python3 -m http.server 8000
fi
