#!/usr/bin/env bash
# The report's page in a window of 1200 pixels and on a phone of 390, as Chromium lays it out: nothing is wider than the
# page, every table fits in a window, and on a phone what is wider than the screen can be scrolled by itself.
. "$ROOT/tests/course_length/cases.sh" || exit 1

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "skipped: no chromium"
  exit
fi
"$COURSE_LENGTH" > story.txt || exit 1

# The page measures itself and tells the page around it, whose text is then printed.
cat > measure.js <<'JS'
addEventListener("load", () => {
  const width = document.documentElement.clientWidth, lines = [];  // without the scroll bar
  const say = (name, value) => lines.push(name + " " + value);
  const name = (element) => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "");
  const scrolls = (element) => element && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  say("window", innerWidth);
  say("beyond-the-window", document.scrollingElement.scrollWidth - width);
  const wide = [...document.body.querySelectorAll("*")].filter(
      (one) => !one.ownerSVGElement && one.getBoundingClientRect().right > width + 1 && !scrolls(one.parentElement));
  say("too-wide", wide.map(name).join(" ") || "none");
  const tables = [...document.querySelectorAll("table")];
  say("tables", tables.length);
  const hidden = tables.filter((one) => one.parentElement.scrollWidth > one.parentElement.clientWidth);
  say("scrolled-tables", hidden.length);
  say("unreachable-tables", hidden.filter((one) => !scrolls(one.parentElement)).length);
  say("pictures", [...document.querySelectorAll("figure > svg")].filter((one) => one.getBoundingClientRect().width > 100).length);
  const sizes = [...document.querySelectorAll("p, li, td, th")].map((one) => parseFloat(getComputedStyle(one).fontSize));
  say("smallest-text", Math.floor(Math.min(...sizes)));
  parent.postMessage(lines.join("\n"), "*");
});
JS
{ cat course_length_report/report.html; echo '<script>'; cat measure.js; echo '</script>'; } > page.html

# measure WIDTH: writes WIDTH.txt. A phone's width is that of a frame, since a window of the browser may be wider.
measure() {
  cat > "$1.html" <<HTML
<!DOCTYPE html><meta charset="utf-8"><pre id="told">nothing</pre>
<iframe src="page.html" style="width: $1px; height: 800px; border: 0"></iframe>
<script>addEventListener("message", (event) => document.getElementById("told").textContent = "[[\n" + event.data + "\n]]");</script>
HTML
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --window-size=1300,900 \
    --virtual-time-budget=20000 --dump-dom "file://$PWD/$1.html" 2> "$1.log" | sed -n '/\[\[/,/\]\]/p' > "$1.txt"
}
# told WIDTH NAME: what was measured.
told() { sed -n "s/^$2 //p" "$1.txt"; }

for width in 1200 390; do
  measure $width
  case_of "the page was laid out at $width pixels" [ "$(told $width window)" = $width ]
  case_of "the page is $width pixels wide, no more" [ "$(told $width beyond-the-window)" = 0 ]
  case_of "nothing is wider than $width pixels: $(told $width too-wide)" [ "$(told $width too-wide)" = none ]
  case_of "all three tables are there at $width pixels" [ "$(told $width tables)" = 3 ]
  case_of "no table is cut off at $width pixels" [ "$(told $width unreachable-tables)" = 0 ]
  case_of "all seven pictures are there at $width pixels" [ "$(told $width pictures)" = 7 ]
  case_of "the text can be read at $width pixels" [ "$(told $width smallest-text)" -ge 12 ]
done
case_of "at 1200 pixels every table is seen whole" [ "$(told 1200 scrolled-tables)" = 0 ]

finish page
