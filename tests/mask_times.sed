# A time differs from run to run, so both sides of a comparison pass through here: a number followed by the unit
# ns, us, ms or s becomes <time>, and the blanks before it become one.
s/ *[0-9][0-9,]*(\.[0-9]+)?([eE][-+]?[0-9]+)? ?(ns|us|ms|s)([^[:alnum:]_]|$)/ <time>\4/g
