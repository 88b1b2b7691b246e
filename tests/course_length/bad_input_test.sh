#!/usr/bin/env bash
# Bad input: one line on the error stream that names the culprit, exit status 2, and nothing left behind.
. "$ROOT/tests/course_length/cases.sh" || exit 1

# refuses MESSAGE ARGUMENT...: the program ends so, having printed no table and written nothing.
refuses() {
  local message=$1 before
  shift
  before=$(ls -A)
  "$COURSE_LENGTH" "$@" > ../bad_input.out 2> ../bad_input.err
  local status=$?
  [ "$status" = 2 ] || { echo "exit status $status"; return 1; }
  [ "$(cat ../bad_input.err)" = "$message" ] || { echo "it says: $(cat ../bad_input.err)"; return 1; }
  [ ! -s ../bad_input.out ] || { echo "it prints on the standard output"; return 1; }
  [ "$(ls -A)" = "$before" ] || { echo "it leaves something behind: $(ls -A)"; return 1; }
}

# with_field ROW COLUMN TEXT: the lectures with another text in a field, counted from 1 without the header; rows up to 4
# have no commas in their titles.
with_field() { awk -F, -v OFS=, -v row="$1" -v column="$2" -v text="$3" 'NR == row + 1 { $column = text } { print }' "$data"; }
column_list='"course", "lecture", "title", "pages", "words", "minutes", "pages_from", "minutes_from"'

case_of "no such file" refuses \
  'minigrad: read_csv: cannot open "none.csv": No such file or directory' --data none.csv
: > empty.csv
case_of "an empty file" refuses 'minigrad: empty.csv: the file is empty' --data empty.csv
mkdir folder.csv
case_of "a folder for a file" refuses 'minigrad: read_csv: cannot read "folder.csv": Is a directory' --data folder.csv

for column in course title pages words minutes; do
  sed "1s/\b$column\b/other/" "$data" > "no_$column.csv"
  case_of "no column $column" refuses \
    "minigrad: no_$column.csv: no column \"$column\"; the columns are ${column_list/\"$column\"/\"other\"}; the first row names the columns: where it is data, .header = no_header or .names = {...}" \
    --data "no_$column.csv"
done

with_field 2 4 many > text.csv
case_of "a text for a number" refuses 'minigrad: text.csv:3:29: column "pages": "many" is not a number' --data text.csv
with_field 2 6 19:27 > time.csv
case_of "a time for a number" refuses 'minigrad: time.csv:3:37: column "minutes": "19:27" is not a number' --data time.csv
with_field 2 5 "" > missing.csv
case_of "a missing number" refuses \
  'minigrad: missing.csv:3:32: column "words": missing value, the first of 1 in 18 rows; drop_missing({"words"}) keeps the other rows' \
  --data missing.csv
with_field 2 4 -26 > negative.csv
case_of "negative pages" refuses \
  'minigrad: negative.csv:3:29: column "pages": -26 must be greater than 0' --data negative.csv
with_field 2 6 0 > zero.csv
case_of "no minutes" refuses 'minigrad: zero.csv:3:37: column "minutes": 0 must be greater than 0' --data zero.csv
with_field 2 6 inf > infinite.csv
case_of "infinite minutes" refuses \
  'minigrad: infinite.csv:3:37: column "minutes": "inf" is not a finite number' --data infinite.csv
with_field 2 8 'x,y' > fields.csv
case_of "more fields than columns" refuses \
  'minigrad: fields.csv:3:70: more fields than the 8 of the header; a field with a comma in it stands in quotes' \
  --data fields.csv

head -1 "$data" > none_left.csv
case_of "zero rows" refuses 'course_length: none_left.csv: no rows: there is nothing to learn from' --data none_left.csv
head -2 "$data" > one.csv
case_of "one row" refuses 'course_length: one.csv: only one row: any function through it would be right' --data one.csv
for course in ML2021 GenAI2024 ML2026 GenAI-ML2025; do
  grep -v "^$course," "$data" > "without.csv"
  case_of "no row of $course" refuses "course_length: without.csv: no row of course \"$course\"" --data without.csv
done
grep -v '^GenAI2024,[1-9]' "$data" > few.csv
case_of "one row of a course" refuses \
  'course_length: few.csv: course "GenAI2024" has 1 rows, and at least 8 are needed' --data few.csv
(cat "$data" && grep '^GenAI-ML2025' "$data") > two.csv
case_of "two final tests" refuses 'course_length: two.csv: course "GenAI-ML2025" is the final test: one row' --data two.csv
awk -F, -v OFS=, '/^ML2026/ { $4 = 60 } { print }' "$data" > constant.csv
case_of "a constant column" refuses \
  'course_length: constant.csv: column "pages" is constant (60) in course "ML2026": nothing can be learned from it' \
  --data constant.csv

printf 'pages,minutes\n10,20\n' > moments.csv
case_of "one reconstructed row" refuses \
  'course_length: moments.csv: 1 rows, and a line needs at least 2' --moments moments.csv
printf 'pages,minutes\n10,20\n10,30\n' > moments.csv
case_of "constant reconstructed pages" refuses \
  'course_length: moments.csv: column "pages" is constant: every line would do' --moments moments.csv

: > file
case_of "a file in the way of the report" refuses \
  'course_length: cannot write "file": it is there already, and not a folder' --out file
case_of "a file on the way to the report" refuses \
  'course_length: cannot write "file": it is there already, and not a folder' --out file/report
case_of "a folder that cannot be made" refuses \
  'course_length: cannot write "/proc/none": No such file or directory' --out /proc/none
case_of "a folder without a name" refuses 'course_length: cannot write "": a folder needs a name' --out ""
mkdir locked && chmod 555 locked
if [ "$(id -u)" != 0 ]; then  # nothing is locked to root
  case_of "a folder that is locked" refuses \
    'course_length: cannot write "locked/.report.html.part": Permission denied' --out locked
  case_of "a folder in one that is locked" refuses \
    'course_length: cannot write "locked/report": Permission denied' --out locked/report
fi

whole='is not a whole number from'
nine='on, of at most nine digits'
case_of "an unknown option" refuses 'course_length: The following argument was not expected: --colour' --colour
case_of "a seed that is no number" refuses "course_length: --seed: \"x\" $whole 0 $nine" --seed x
case_of "a negative seed" refuses "course_length: --seed: \"-1\" $whole 0 $nine" --seed -1
case_of "predict without pages" refuses 'course_length: --pages is required' predict --words 100
case_of "predict without words" refuses 'course_length: --words is required' predict --pages 10
for pages in -3 0 8.5 x 1e3 nan ""; do
  case_of "predict --pages '$pages'" refuses "course_length: --pages: \"$pages\" $whole 1 $nine" predict --pages "$pages" --words 9
done
case_of "a report where there is none" refuses \
  'course_length: predict excludes --out' --out x predict --pages 1 --words 1
case_of "a title that is not UTF-8" refuses \
  'minigrad: --title:2:6: byte 0xFF is not UTF-8; save the file as UTF-8' \
  predict --pages 9 --words 9 --title $'\xff'
case_of "predict with bad data" refuses \
  'minigrad: read_csv: cannot open "none.csv": No such file or directory' predict --pages 9 --words 9 --data none.csv

finish input
