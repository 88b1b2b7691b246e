# median.awk - the median of values[key, 1 .. count[key]]; sets smallest and largest.

function median_of(key,    n, i, j, value, sorted) {
  n = count[key]
  for (i = 1; i <= n; ++i) {
    value = values[key, i]
    for (j = i - 1; j >= 1 && sorted[j] > value; --j) sorted[j + 1] = sorted[j]
    sorted[j + 1] = value
  }
  smallest = sorted[1]
  largest = sorted[n]
  return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}
