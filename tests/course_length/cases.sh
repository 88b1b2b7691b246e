# cases.sh - what the tests of the main job share: named cases, and a line that counts them.
#   case_of "what should hold" COMMAND ARGUMENT...   the case passes if the command does
#   finish NAME                                       prints the counts and ends the script
set -uo pipefail
passed=0
failed=0

case_of() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

finish() {
  echo "[$1] test cases: $((passed + failed)) | $passed passed | $failed failed"
  [ "$failed" = 0 ]
  exit
}

# has FILE TEXT: is the text in the file?
has() { grep -qF -- "$2" "$1" || { echo "not in $1: $2"; return 1; }; }

# Without CLI11 there is no main job to test.
if [ -z "$COURSE_LENGTH" ]; then
  echo "skipped: no main job, since CLI11 is not installed"
  exit
fi
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH" || exit 1
data=$ROOT/examples/data/lectures.csv
