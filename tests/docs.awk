# docs.awk - the ```cpp blocks of one Markdown page as programs, but for those below a line <!-- needs MPI -->.
#
# Variables: page (its path, for the compiler's messages), out (the folder to write to). Prints a line for each block:
#   NUMBER LINE program|fragment
# A block with `int main` is a program and is written as it stands, to NUMBER.cpp. The others are fragments, and all
# fragments of a page become fragments.cpp, which runs the one whose number is its argument. In a fragment,
#   - #include lines go to the top of the file,
#   - definitions of functions, templates and types, and using lines, go before the function that runs it,
#   - everything else is that function's body.
# Each fragment has its own namespace, with `using namespace minigrad`, so that no fragment sees another.
# NUMBER.expected is what the block must print: the text of its `// prints: ` comments, or the ```text block that
# follows it on the page before any heading or other block.

function finish_item(    global) {
  if (item == "") return
  if (item_code ~ /^#include/) {
    includes = includes item
  } else {
    global = item_code ~ /^(template|struct|class|enum|union|namespace|using|inline|concept|static_assert)[^A-Za-z0-9_]/ ||
             item_code ~ /^#/ ||
             item_code ~ /^[A-Za-z_][A-Za-z0-9_:<>,&* ]*[ &*>][A-Za-z_][A-Za-z0-9_]*\([^;=]*\) *(const *)?(-> *[^{;]*)?\{/
    if (global) globals = globals item
    else body = body item
  }
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
    fragments = fragments "namespace fragment_" number " {\nusing namespace minigrad;\n" globals "void run();\nvoid run() {\n" \
                body "}\n}\n"
    cases = cases "    case " number ": fragment_" number "::run(); break;\n"
  }
  if (prints != "") write_expected(prints)
  print number, first - 1, program ? "program" : "fragment"
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
      program = awaiting = 0
      whole = globals = body = includes = prints = ""
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
    inside = ""
  }
  next
}

inside == "cpp" || inside == "output" {
  text = substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0
}
inside == "cpp" {
  if (text ~ /(^|[ \t])int main *\(/) program = 1
  if (match(text, /\/\/ prints: ?/)) prints = prints substr(text, RSTART + RLENGTH) "\n"
  whole = whole text "\n"
  add_line(text)
}
inside == "output" { output = output text "\n" }
inside == "" && /^#/ { awaiting = 0 }
inside == "" { before = $0 }

END {
  if (failed) exit 1
  if (inside != "") fault("a block is not closed")
  if (cases == "") exit
  file = out "/fragments.cpp"
  print "#include <minigrad/minigrad.hpp>\n" > file
  print "#include <cmath>\n#include <cstdio>\n#include <cstdlib>\n#include <iostream>\n#include <string>\n#include <vector>\n" > file
  printf "%s", all_includes fragments > file
  print "int main(int, char** arguments) {\n  switch (std::atoi(arguments[1])) {\n" cases "  }\n}" > file
}
