# headers.awk - headers in, lines out: each a chain of headers in which every one reaches, by its own #include lines and
# those of what it includes, the one before. So a chain, included in its order in one file, brings no header anything that
# it would not have alone.

function normal(path) {
  while (sub(/[^\/]+\/\.\.\//, "", path)) {}
  return path
}

FNR == 1 {
  header[++headers] = FILENAME
  folder = FILENAME
  sub(/[^\/]*$/, "", folder)
}
/^ *# *include *"/ {
  split($0, part, "\"")
  direct[FILENAME, ++count[FILENAME]] = normal(folder part[2])
}

# all[h] gets what h reaches, itself too, and size[h] how many they are.
function reach(h,    i, k, m, part) {
  if (h in size) return
  size[h] = 1
  all[h] = " " h " "
  for (i = 1; i <= count[h]; ++i) {
    reach(direct[h, i])
    m = split(all[direct[h, i]], part, " ")
    for (k = 1; k <= m; ++k) {
      if (index(all[h], " " part[k] " ") == 0) {
        all[h] = all[h] part[k] " "
        ++size[h]
      }
    }
  }
}

END {
  for (i = 1; i <= headers; ++i) reach(header[i])
  for (s = 1; done < headers; ++s) {  # from those that reach little to those that reach much
    for (i = 1; i <= headers; ++i) {
      h = header[i]
      if (size[h] != s) continue
      ++done
      best = 0
      for (c = 1; c <= chains; ++c) {
        if (index(all[h], " " last[c] " ") && (best == 0 || size[last[c]] > size[last[best]])) best = c
      }
      if (best == 0) best = ++chains
      last[best] = h
      chain[best] = chain[best] h " "
    }
  }
  for (c = 1; c <= chains; ++c) print chain[c]
}
