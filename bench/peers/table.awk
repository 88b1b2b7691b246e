# table.awk - medians, spread and ratios of the lines "threads program workload value unit came_out ok".
#
# The spread is (largest - smallest) / median. A ratio is minigrad's speed by the peer's, whichever way the unit counts.

function short(x) { return x >= 1000 ? sprintf("%.0f", x) : sprintf("%.3g", x) }

# "median (spread)", or a dash where the program does not do this work.
function cell(row, program,    key, m) {
  key = row SUBSEP program
  if (!(key in count)) return "-"
  m = median_of(key)
  return short(m) sprintf(" (%.0f%%)", 100 * (largest - smallest) / m)
}

# How much faster minigrad is than the fastest of a list of programs: "0.61 torch".
function against(row, own, list,    names, n, i, key, m, best, fastest, mine) {
  n = split(list, names, " ")
  for (i = 1; i <= n; ++i) {
    key = row SUBSEP names[i]
    if (!(key in count)) continue
    m = median_of(key)
    if (unit[row] !~ /\/s$/) m = 1 / m
    if (m > best) { best = m; fastest = names[i] }
  }
  if (!best || !((row SUBSEP own) in count)) return "-"
  mine = median_of(row SUBSEP own)
  if (unit[row] !~ /\/s$/) mine = 1 / mine
  return sprintf("%.2f", mine / best) " " fastest
}

{
  row = $1 " " $3
  if (!(row in unit)) rows[++n_rows] = row
  unit[row] = $5
  key = row SUBSEP $2
  values[key, ++count[key]] = $4
  if (!($2 in known)) { known[$2] = 1; programs[++n_programs] = $2 }
  if ($7 != "ok") wrong[$2 " " $3 ": " $6] = 1
}

END {
  libraries = "torch dlib fann"
  by_hand = "eigen openblas onednn fixed fixed-fast"
  n_columns = split("minigrad minigrad-clang " libraries " " by_hand, columns, " ")
  head = "| workload | threads | unit |"
  line = "| --- | --- | --- |"
  for (i = 1; i <= n_columns; ++i) {
    if (!(columns[i] in known)) continue
    head = head " " columns[i] " |"
    line = line " ---: |"
  }
  print head " against the best library | against the best by hand |"
  print line " --- | --- |"
  for (r = 1; r <= n_rows; ++r) {
    row = rows[r]
    split(row, part, " ")
    own = part[1] > 1 ? "minigrad-openmp" : "minigrad"
    text = "| " part[2] " | " part[1] " | " unit[row] " |"
    for (i = 1; i <= n_columns; ++i)
      if (columns[i] in known) text = text " " cell(row, columns[i] == "minigrad" ? own : columns[i]) " |"
    print text " " against(row, own, libraries) " | " against(row, own, by_hand) " |"
  }
  for (line in wrong) {
    print "WRONG: " line
    failed = 1
  }
  exit failed
}
