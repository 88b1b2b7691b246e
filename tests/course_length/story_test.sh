#!/usr/bin/env bash
# The whole story: the table, the report and its pictures, on other data.
. "$ROOT/tests/course_length/cases.sh" || exit 1

"$COURSE_LENGTH" > story.txt 2> errors.txt
case_of "the story is told in silence" [ "$? $(cat errors.txt)" = "0 " ]

# field N FIELD [FILE]: field FIELD (3 training, 4 validation, 5 final test) of stage N.
field() {
  awk -v stage="$1" -v field="$2" 'substr($0, 1, 3) + 0 == stage && /^ ? ?[0-9]/ {
    split("6 46 62 80", from, " "); split("42 16 18 16", width, " ")
    text = substr($0, from[field - 1] + 2, width[field - 1]); sub(/^ +/, "", text); print text; exit }' "${3:-story.txt}"
}
# The number that it begins with; the lowest and the highest of a spread, "81 [73..87]".
row() { field "$@" | sed 's/ .*//'; }
lowest() { field "$@" | sed 's/.*\[\(.*\)\.\..*/\1/'; }
highest() { field "$@" | sed 's/.*\.\.\(.*\)\].*/\1/'; }
holds() { awk "BEGIN { exit !($1) }" || { echo "not so: $1"; return 1; }; }
line() { grep -qE -- "$1" story.txt || { echo "no line like: $1"; return 1; }; }

# What has one right answer, and the lecture's figure beside it.
case_of "brute force" line '^ +1  best of 3721 lines: 1\.65 pages \+ 6 +240\.3 +144\.6$'
case_of "closed form" line '^ +2  closed form: 1\.67 pages \+ 4\.85 +240\.0 +145\.1  240$'
case_of "divergence" line '^ +3  .*learning rate 0\.001 +diverges +diverges$'
case_of "fit() says why" line 'fit: the loss is inf in epoch 321'
case_of "100 updates" line '^ +4  .*100 updates +262\.7 .*  263$'
case_of "1000 updates" line '^ +5  .*1000 updates +260\.9 .*  261$'
case_of "10000 updates" line '^ +6  .*10000 updates +249\.4 .*  249$'
case_of "all rows an update" line '^ +7  .*all rows an update, 50 epochs +240\.1$'
case_of "trained on ML2021" line '^ 10  line: 2\.094 pages - 4\.98 +267\.0 +1372\.1 +170\.9  240 / 1143$'
case_of "trained on GenAI2024" line '^ 11  line: 0\.490 pages \+ 18\.66 +29\.0 +747\.8 +59\.8  71 / 122$'
case_of "four features" line '^ 12  line, 4 features +21\.1 +1290\.4 +62\.0$'
case_of "has \"Learning\" is dropped by name" line '^ +dropped: has "Learning" is the same in all rows of GenAI2024'
case_of "the line to beat" line '^ 13  line: 1\.961 pages - 7\.82 +502\.0 +139\.6 +156\.9$'
case_of "the last training loss is shown twice" line '^ 18  .*22 \(once 21\) / 1307$'
case_of "the final test" line '^ 22  84 pages, 3388 words +[0-9]+ \[[0-9]+\.\.[0-9]+\]  107 \(true 107\)$'
case_of "extrapolation" line '^ +extrapolation: words 3388, the training rows have 260 to 2196$'
case_of "why these courses" line 'it has no word counts'

# What depends on the seeds, as wide as it was in 60 of them elsewhere.
case_of "plain descent is worse than the line" holds "$(row 14 3) > 502.0"
case_of "mended hinges beat it" holds "$(row 15 3) < 120"
case_of "so does the deep network" holds "$(row 16 3) < 120"
case_of "words are learned by heart" holds "$(row 17 3) < 6"
case_of "so are words per page" holds "$(row 18 3) < 6"
case_of "and validation pays for it" holds "$(row 18 4) > 2 * $(row 20 4)"
case_of "the early stop comes between epochs 40 and 120" grep -qE 'The best epoch is ([4-9][0-9]|1[01][0-9]|120) ' <<< "$(tr -s '\n ' ' ' < story.txt)"
case_of "its answer is the less absurd one" holds "$(row 20 5) < $(row 18 5)"

# Each single one of 22 trainings, from as many starts.
"$COURSE_LENGTH" --seed 12 --out next > next.txt
for runs in story.txt next.txt; do
  case_of "every plain descent comes to the line, and none beats it" holds \
    "$(lowest 14 3 $runs) >= 502.0 && $(highest 14 3 $runs) < 515"
  case_of "every training of mended hinges beats the line" holds "$(highest 15 3 $runs) < 150"
  case_of "so does every deep network on pages, on validation too" holds \
    "$(highest 16 3 $runs) < 150 && $(highest 16 4 $runs) < 139.6"
  case_of "every deep network learns by heart what has words" holds \
    "$(highest 17 3 $runs) < 12 && $(highest 18 3 $runs) < 8 && $(highest 19 3 $runs) < 8"
  case_of "and does worse on validation than the line, every time" holds \
    "$(lowest 17 4 $runs) > 139.6 && $(lowest 18 4 $runs) > 139.6"
  case_of "no training that was stopped early is lost" holds \
    "$(highest 20 4 $runs) < 200 && $(highest 21 4 $runs) < 300 && $(highest 20 3 $runs) < 300"
done

# The report.
report=course_length_report/report.html
case_of "the report has a beginning and an end" eval '[ "$(head -c 15 $report)" = "<!DOCTYPE html>" ] && [ "$(tail -1 $report)" = "</html>" ]'
for picture in loss_surface batches data_and_lines hinges early_stop predictions titles; do
  case_of "picture $picture" eval "has $report 'figure id=\"$picture\"' && [ \"\$(tail -1 course_length_report/$picture.svg)\" = '</svg>' ]"
done
case_of "each picture is in the page" [ "$(grep -c '<svg xmlns' $report)" = 7 ]
case_of "the page needs nothing else" eval "! grep -Eq '<(script|img|link|iframe)|(src|href)=.?http|@import' $report"
case_of "reconstructed data are called so, twice" [ "$(grep -o '<span class="made-up">Reconstructed data' $report | wc -l)" = 2 ]
case_of "Chinese titles" has $report '大型語言模型在「想」什麼呢？'
case_of "the table of the page" has $report '<td>22 (once 21) / 1307</td>'
case_of "axes have units" eval "has $report 'length of the class (minutes)' && has $report 'loss: MSE (min²)'"
case_of "nothing is left over" [ -z "$(find . -name '*.part')" ]

# In another folder, into a folder that has to be made.
mkdir elsewhere
(cd elsewhere && "$COURSE_LENGTH" --out new/report > story.txt 2> errors.txt)
case_of "in another folder the story is told all the same" [ "$? $(cat elsewhere/errors.txt)" = "0 " ]
told() { sed '/^What the numbers say/q' "$1"; }
case_of "the same seed gives the same table" [ "$(told story.txt)" = "$(told elsewhere/story.txt)" ]
case_of "and the same pictures" cmp -s course_length_report/predictions.svg elsewhere/new/report/predictions.svg

# Other data, with a title that is nothing but trouble, into a folder with an older report.
sed -e '/^ML2021,3,/d' -e 's|^GenAI2024,5,[^,]*|&<script>|' "$data" |
  awk -F, -v OFS=, '/^GenAI2024,6,/ { $3 = "`touch trap` %s <b> \\ '"'"' &" } { print }' > other.csv
mkdir older && echo old > older/report.html
"$COURSE_LENGTH" --data other.csv --seed 3 --out older > other.txt 2> errors.txt
case_of "other data are read" eval '[ "$? $(cat errors.txt)" = "0 " ] && has other.txt "other.csv, ML2021 (17 rows)"'
case_of "and give other numbers" eval '! grep -q "2\.094 pages" other.txt && has other.txt "trained on ML2021, validated on ML2026"'
case_of "the older report is replaced" has older/report.html '<!DOCTYPE html>'
case_of "titles are no markup" eval "has older/report.html '%s &lt;b&gt; \\' && ! grep -q '<script' older/report.html"
case_of "titles are no commands" [ -z "$(find . -name trap)" ]
case_of "the page says how it was made" has older/report.html 'course_length --seed 3 --data other.csv'

finish story
