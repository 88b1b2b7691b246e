#!/usr/bin/env bash
# single_header.sh [HEADER...] > minigrad_single.hpp
#
# Writes HEADERs (such as minigrad/nn/layers.hpp; minigrad/minigrad.hpp if there is none) and all headers of minigrad that
# they include as one file, each once and in the order in which the compiler would read them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../include"
if [ $# -eq 0 ]; then set -- minigrad/minigrad.hpp; fi
for header in "$@"; do
  if [ ! -f "$header" ]; then echo "single_header.sh: include/ has no $header" >&2 && exit 1; fi
done

version=$(sed -n 's/#define MINIGRAD_VERSION "\(.*\)"/\1/p' minigrad/core/version.hpp)
echo "// minigrad $version as one file, generated from its headers by cmake/single_header.sh: $*"
echo "// To read it, read the headers; each is a chapter."
echo "//"
sed 's|^|// |; s| *$||' ../LICENSE
echo "#pragma once"
awk '
function normal(path) {  # a/b/../c is a/c
  while (match(path, /[^\/.]+\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
  return path
}
function included(line, folder) {  # the header of minigrad that a line includes, or ""
  if (match(line, /^#include "[^"]*\.hpp"/)) return normal(folder substr(line, 11, RLENGTH - 11))
  if (match(line, /^#include <minigrad\/[^>]*>/)) return substr(line, 11, RLENGTH - 11)
  return ""
}
function folder_of(path) {
  sub(/[^\/]*$/, "", path)
  return path
}
function put(path,    lines, count, i, j, depth, name) {
  if (path in seen) return
  seen[path]
  while ((getline lines[++count] < path) > 0) {}
  close(path)
  print "\n// ---- " path " ----"
  for (i = 1; i < count; ++i) {
    if (lines[i] ~ /^#if/ && ++depth == 1)  # what is behind it may be left out, and others include it as well
      for (j = i; j < count && lines[j] !~ /^#endif/; ++j)
        if ((name = included(lines[j], folder_of(path))) != "") put(name)
    if (lines[i] ~ /^#endif/) --depth
    if (lines[i] ~ /^#pragma once/) continue
    if ((name = included(lines[i], folder_of(path))) != "") put(name)
    else print lines[i]
  }
}
BEGIN { for (i = 1; i < ARGC; ++i) put(ARGV[i]) }
' "$@"
