# need.sh - what the two run.sh share: finding out which packages are missing, and installing them on Debian's kin.
# Written for bash. `need PACKAGE COMMAND...` asks for PACKAGE unless COMMAND succeeds; then `install_missing`.
# `want PACKAGE COMMAND...` asks for data that some tests compare with, and which they do without where it is not to be
# had.
missing=()
wanted=()

need() {
  local package=$1
  shift
  "$@" > /dev/null 2>&1 || missing+=("$package")
}

want() {
  local package=$1
  shift
  "$@" > /dev/null 2>&1 || wanted+=("$package")
}

has_header() { echo "#include <$1>" | g++ -x c++ -std=c++20 -E -; }

install_missing() {
  if [ $((${#missing[@]} + ${#wanted[@]})) -eq 0 ]; then return; fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  if command -v apt-get > /dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo > /dev/null; }; then
    echo "installing: ${missing[*]} ${wanted[*]}"
    ${as_root[@]+"${as_root[@]}"} apt-get -q update || true  # one unreachable source need not matter
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
      apt-get -q install -y --no-install-recommends ${missing[@]+"${missing[@]}"}
    local package
    for package in ${wanted[@]+"${wanted[@]}"}; do
      ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$package" || echo "going on without $package" >&2
    done
    return
  fi
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  echo "missing, by the names that Debian gives the packages: ${missing[*]}" >&2
  local program
  for program in cmake make g++; do
    command -v $program > /dev/null || { echo "cannot go on without $program" >&2; exit 1; }
  done
}

jobs=$(nproc 2> /dev/null || getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)
