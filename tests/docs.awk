# docs.awk - the ```cpp blocks of one Markdown page as programs, but for those below a line <!-- needs MPI -->.
#
# Variables: page (its path, for the compiler's messages), name (a namespace for it), out (the folder to write to). Prints
# a line for each block:
#   NUMBER LINE program|part
# A block with `int main` is a program and is written as it stands, to NUMBER.cpp. All others are parts of one function,
# NAME::run() in page.hpp, which runs them in the order of the page. So a block sees what the blocks above it defined, and
# the state that they left. In a block,
#   - #include lines go to the top of the file,
#   - definitions of functions, templates and types, and using lines, go before the function,
#   - everything else is the function's body.
# A block below the line <!-- in braces --> is a scope: it may name things anew, and what it names ends with it.
# What a part prints goes to NUMBER.actual. NUMBER.expected is what it must print: the text of its `// prints: ` comments,
# or the ```text block that follows it on the page before any heading or other block.

# The name that a definition outside of functions introduces, or nothing.
function defined_name(code,    i, c, open) {
  if (code ~ /^template *</) {
    for (i = index(code, "<"); i <= length(code); ++i) {
      c = substr(code, i, 1)
      if (c == "<") ++open
      if (c == ">" && --open == 0) break
    }
    code = substr(code, i + 1)
    sub(/^ */, "", code)
  }
  if (code ~ /^(namespace |static_assert|#)/) return ""
  if (code ~ /^using [^=]*$/) return ""
  if (sub(/^(struct|class|enum class|enum|union|concept|using) +/, "", code)) {
    sub(/[^A-Za-z0-9_].*/, "", code)
  } else {
    sub(/ *[({=].*/, "", code)
    sub(/.*[^A-Za-z0-9_]/, "", code)
  }
  return code
}

# What makes a definition of a scope known in the part of the function that is in braces.
function in_scope(code, name) {
  if (name != "") return "using scope_" number "::" name ";\n"
  if (code ~ /^using /) return code "\n"
  if (code !~ /^namespace /) return ""
  sub(/^namespace +/, "", code)
  sub(/[^A-Za-z0-9_].*/, "", code)
  return "namespace " code " = scope_" number "::" code ";\n"
}

function finish_item(    global, name) {
  if (item == "") return
  if (item_code ~ /^#include/) {
    includes = includes item
  } else {
    global = item_code ~ /^(template|struct|class|enum|union|namespace|using|inline|concept|static_assert)[^A-Za-z0-9_]/ ||
             item_code ~ /^#/ ||
             item_code ~ /^[A-Za-z_][A-Za-z0-9_:<>,&* ]*[ &*>][A-Za-z_][A-Za-z0-9_]*\([^;=]*\) *(const *)?(-> *[^{;]*)?\{/
    if (global) {
      globals = globals item
      name = defined_name(item_code)
      if (scope) names = names in_scope(item_code, name)
      if (name != "" && !scope) check_order(name)
    } else {
      body = body item
    }
  }
  code_of[number] = code_of[number] " " item_code
  item = item_code = ""
  depth = 0
}

# Collects lines into an item, which ends where all brackets are closed and the line ends in ; or }.
function add_line(text,    code, i, c) {
  code = text
  gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
  gsub(/'([^'\\]|\\.)'/, "0", code)
  sub(/\/\/.*/, "", code)
  sub(/[ \t]+$/, "", code)
  if (item == "") {
    if (code == "") return
    item = "#line " NR " \"" page "\"\n"
  }
  item = item text "\n"
  if (code == "") return
  item_code = item_code (item_code == "" ? "" : " ") code
  for (i = 1; i <= length(code); ++i) {
    c = substr(code, i, 1)
    if (c ~ /[({[]/) ++depth
    if (c ~ /[])}]/) --depth
  }
  if (depth <= 0 && (code ~ /[;}]$/ || item_code ~ /^#/)) finish_item()
}

function finish_block() {
  finish_item()
  if (program) {
    printf "#line %d \"%s\"\n%s", first, page, whole > (out "/" number ".cpp")
    close(out "/" number ".cpp")
  } else {
    all_includes = all_includes includes
    if (scope) {
      if (globals != "") all_globals = all_globals "namespace scope_" number " {\n" globals "}\n"
      body = "{\n" names body "}\n"
    } else {
      all_globals = all_globals globals
    }
    all_bodies = all_bodies "begin_block(" number ");\n" body
  }
  if (prints != "") write_expected(prints)
  print number, first - 1, program ? "program" : "part"
}

# Definitions go before the whole function, so the compiler would not notice a block that uses what only a later one defines.
function check_order(name,    k) {
  for (k = 1; k < number; ++k)
    if (!(k in alone) && code_of[k] ~ "(^|[^A-Za-z0-9_.:])" name "([^A-Za-z0-9_]|$)")
      fault("the block of line " line_of[k] " uses `" name "`, which is defined only here; if it means another one, put this block <!-- in braces -->")
}

function write_expected(text) {
  printf "%s", text > (out "/" number ".expected")
  close(out "/" number ".expected")
}

function fault(message) {
  print page ":" NR ": " message > "/dev/stderr"
  failed = 1
  exit 1
}

/^[ \t]*```/ {
  if (inside == "") {
    match($0, /```/)
    indent = RSTART - 1
    inside = substr($0, RSTART + 3)
    sub(/[ \t]+$/, "", inside)
    if (before ~ /<!-- needs MPI -->/) {  # tests/distributed/mpi_test.sh compiles it
      inside = "other"
    } else if (inside ~ /^(cpp|c\+\+|cc|cxx|C\+\+)/) {
      inside = "cpp"
      ++number
      first = NR + 1
      line_of[number] = NR
      scope = before ~ /<!-- in braces -->/
      program = awaiting = 0
      whole = globals = names = body = includes = prints = ""
    } else if (inside == "text" && awaiting) {
      inside = "output"
      output = ""
    } else {
      inside = "other"
      awaiting = 0
    }
  } else {
    if (inside == "cpp") {
      finish_block()
      awaiting = 1
    }
    if (inside == "output") {
      if (prints != "") fault("this block has `// prints:` comments already")
      write_expected(output)
      awaiting = 0
    }
    inside = before = ""
  }
  next
}

inside == "cpp" || inside == "output" {
  text = substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0
}
inside == "cpp" {
  if (text ~ /(^|[ \t])int main *\(/) program = alone[number] = 1
  if (match(text, /\/\/ prints: ?/)) prints = prints substr(text, RSTART + RLENGTH) "\n"
  whole = whole text "\n"
  add_line(text)
}
inside == "output" { output = output text "\n" }
inside == "" && /^#/ { awaiting = 0 }
inside == "" && !/^[ \t]*$/ { before = $0 }

END {
  if (failed) exit 1
  if (inside != "") fault("a block is not closed")
  if (all_bodies == "") exit
  file = out "/page.hpp"
  printf "%s", all_includes > file
  print "namespace " name " {\nusing namespace minigrad;" > file
  print "inline void begin_block(int number) {" > file
  print "  if (!std::freopen((std::to_string(number) + \".actual\").c_str(), \"w\", stdout)) std::abort();\n}" > file
  printf "%s", all_globals > file
  print "void run();\nvoid run() {\n" all_bodies "}\n}" > file
}
