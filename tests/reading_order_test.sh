#!/usr/bin/env bash
# minigrad.hpp lists every header that it brings, in an order to read them in: none stands before one that it includes.
# Then each is opened by minigrad.hpp itself, and none first by another header, which a compiler's -H shows by its depth.
set -euo pipefail
root=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
echo '#include <minigrad/minigrad.hpp>' | "${CXX:-g++}" -std=c++20 -I"$root/include" -x c++ - -E -H 2>&1 > /dev/null |
  awk -v headers="$root/include/minigrad/" '
    index($2, headers) && $1 ~ /^\.+$/ {
      name = substr($2, length(headers) + 1)
      while (sub(/[a-z_]+\/\.\.\//, "", name)) {}
      if (seen[name]++) next
      if (length($1) <= 2) passed++
      else { print "minigrad.hpp should list " name " before the header that includes it"; failed++ }
    }
    END {
      print "[reading_order] test cases: " passed + failed " | " passed + 0 " passed | " failed + 0 " failed"
      exit failed > 0 || passed < 100
    }'
