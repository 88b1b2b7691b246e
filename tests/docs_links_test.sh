#!/usr/bin/env bash
# Every link within the docs names a file that is there, and an anchor of it: a heading, or <a id="...">, by which Chinese
# pages have the anchors of the English ones.
set -euo pipefail
root=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
cd "$root"

text() { awk '/^[ \t]*```/ { inside = !inside; next } !inside' "$1"; }
# The anchors of a page: those that it names, and its headings in small letters, with - for blanks and without other signs.
anchors() {
  text "$1" | sed -nE 's/^<a id="([^"]*)"><\/a>$/\1/p'
  text "$1" | sed -nE 's/^#+ +//p' | sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g' | tr '[:upper:]' '[:lower:]' |
    sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

declare -A anchors_of  # of the pages that were asked
passed=0 failed=0
for page in *.md docs/*.md docs/zh-TW/*.md; do
  folder=$(dirname "$page")
  while read -r link; do
    file=${link%%#*} anchor=
    case $link in *'#'*) anchor=${link#*#} ;; esac
    target=$page
    if [ -n "$file" ]; then target=$folder/$file; fi
    if [[ -n $anchor && -z ${anchors_of[$target]-} && -e $target ]]; then anchors_of[$target]=$'\n'$(anchors "$target")$'\n'; fi
    if [ ! -e "$target" ]; then
      echo "$page: the link $link names a file that is not there"
      failed=$((failed + 1))
    elif [[ -n $anchor && $target == *.md ]] && [[ ${anchors_of[$target]} != *$'\n'"$anchor"$'\n'* ]]; then
      echo "$page: the link $link names an anchor that is not there"
      failed=$((failed + 1))
    else
      passed=$((passed + 1))
    fi
  done < <(text "$page" | sed -E 's/`[^`]*`//g' | grep -oE '\]\([^) ]+\)' | sed -E 's/^\]\(|\)$//g' | grep -vE '^(https?|mailto):' | sort -u)
done
echo "[docs_links] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
