# count.awk - ctest's log in, one line out: "N passed, N failed".
#
# A ctest test is often a program of many test cases. Those programs say how many in a line of doctest's form,
#   [doctest] test cases: 12 | 11 passed | 1 failed | 0 skipped
# and our own scripts do the same. A test without such a line counts as one. A test that failed with no failed case to
# show for it (a crash, a time-out, a program that is not there, which ctest's log calls passed) adds one failure. One
# that is skipped counts as nothing. `status` is ctest's own verdict, which must agree with the count.

/^[0-9]+\/[0-9]+ Test: / { finish(); open = 1; cases = ok = bad = missing = 0; verdict = "failed" }
/^Command: ""( |$)/ { missing = 1 }
/^\[[a-z_]+\] test cases: *[0-9]+ *\| *[0-9]+ passed *\| *[0-9]+ failed/ {
  cases = 1
  n = split($0, part, "|")
  for (i = 2; i <= n; ++i) {
    if (part[i] ~ /passed/) ok += part[i]
    if (part[i] ~ /failed/) bad += part[i]
  }
}
/^Test Passed\.$/ && !missing { verdict = "passed" }
/^Skip regular expression / { verdict = "skipped" }  # the reason that ctest gives

function finish() {
  if (open) {
    if (verdict == "failed" && bad == 0) ++bad
    if (verdict == "passed" && !cases) ++ok
    if (verdict == "skipped") ok = 0
    passed += ok
    failed += bad
  }
  open = 0
}

END {
  finish()
  if (status != 0 && failed == 0) failed = 1
  printf "%d passed, %d failed\n", passed, failed
  exit(failed > 0 || passed == 0)
}
