#!/usr/bin/env bash
# predict: the answer, the spread of the validation errors, and what it warns of.
. "$ROOT/tests/course_length/cases.sh" || exit 1

predict() { "$COURSE_LENGTH" predict "$@"; }

predict --pages 84 --words 3388 > question.txt 2> errors.txt
case_of "the lecture's question is answered in silence" [ "$? $(wc -c < errors.txt)" = "0 0" ]
# The range of 60 trainings elsewhere was 106 to 168 minutes.
case_of "the answer is a plausible number" awk 'NR == 1 { exit !($1 > 100 && $1 < 170 && $2 == "minutes") }' question.txt
case_of "the spread of the validation errors" grep -Eq \
  '^  prediction - truth on the 5 validation lectures: [+-][0-9.]+ to [+-][0-9.]+ min, root mean square [0-9.]+ min$' question.txt
case_of "it says which features it looks at" has question.txt 'they look at pages, words, words/pages'
case_of "84 pages are extrapolation" has question.txt 'extrapolation: pages 84, the training rows have 9 to 67'
case_of "3388 words are extrapolation" has question.txt 'extrapolation: words 3388, the training rows have 260 to 2196'

predict --pages 84 --words 3388 > again.txt
case_of "the same seed gives the same answer" cmp question.txt again.txt
predict --seed 7 --pages 84 --words 3388 > seed.txt
case_of "another seed gives another answer" [ "$(head -1 question.txt)" != "$(head -1 seed.txt)" ]

predict --pages 30 --words 1000 > inside.txt
case_of "within the training rows nothing is extrapolated" [ "$(grep -c extrapolation inside.txt)" = 0 ]

predict --pages 84 --words 3388 --title '一堂課搞懂 "Machine Learning"' > title.txt
case_of "a title adds two features" has title.txt 'title length, has "Learning"'
case_of "a feature that validation never saw is named" has title.txt 'never validated: has "Learning"'
predict --pages 30 --words 1000 --title 'twelve chars' > short.txt
case_of "titles are counted in characters" has short.txt 'extrapolation: title length 12, the training rows have'

sed 's/Learning/LEARN/g' "$data" > no_learning.csv
predict --data no_learning.csv --pages 30 --words 1000 --title x > dropped.txt
case_of "a constant feature is dropped by name" has dropped.txt \
  'dropped: has "Learning" is the same in all training rows, so it can tell nothing apart'

mkdir elsewhere
case_of "it runs in another folder" [ "$(cd elsewhere && predict --pages 84 --words 3388 | head -1)" = "$(head -1 question.txt)" ]
case_of "it writes nothing" [ -z "$(ls -A elsewhere)" ]
predict --help > help.txt
case_of "--help names the options" has help.txt '--title TEXT'

finish predict
