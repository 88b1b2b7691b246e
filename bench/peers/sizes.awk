# sizes.awk - of lines "threads program size-WHAT-N value unit came_out ?" prints a table, and writes for gnuplot the
# files OUT/WHAT-PROGRAM.dat with lines "N microseconds": the median of all rounds. Programs that come to different
# losses are named, for they did not do the same work.

{
  split($3, part, "-")
  what = part[2]
  size = part[3]
  cell = what SUBSEP size SUBSEP $2
  values[cell, ++count[cell]] = $4
  if (!((what, size) in loss)) { loss[what, size] = $6; rows[++n_rows] = what " " size }
  off = $6 - loss[what, size]
  if (off < 0) off = -off
  if (off > 2e-3 * loss[what, size]) wrong["WRONG: " $2 " " $3 " comes to the loss " $6 ", others to " loss[what, size]] = 1
  if (!($2 in known)) { known[$2] = 1; programs[++n_programs] = $2 }
}

END {
  head = "| us/update |"
  line = "| --- |"
  for (i = 1; i <= n_programs; ++i) {
    head = head " " programs[i] " |"
    line = line " ---: |"
  }
  print head
  print line
  for (r = 1; r <= n_rows; ++r) {
    split(rows[r], part, " ")
    text = "| " rows[r] " |"
    for (i = 1; i <= n_programs; ++i) {
      cell = part[1] SUBSEP part[2] SUBSEP programs[i]
      if (!(cell in count)) { text = text " - |"; continue }
      m = median_of(cell)
      text = text sprintf(" %.3g |", m)
      print part[2], m > (out "/" part[1] "-" programs[i] ".dat")
    }
    print text
  }
  for (line in wrong) {
    print line
    failed = 1
  }
  exit failed
}
