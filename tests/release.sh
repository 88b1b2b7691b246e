#!/usr/bin/env bash
# release.sh SCRATCH
#
# cmake/release.sh, on copies of the project: it packs a release whose versions agree, whose tarball has the library, and
# refuses one whose versions differ. Where conan is installed, its recipe is run on the tarball, and where vcpkg is, its
# port.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$1
rm -rf "$scratch"
mkdir -p "$scratch/project"
cd "$scratch/project"
git() { command git -c user.name=test -c user.email=test@example.org "$@"; }

(cd "$root" && tar c CMakeLists.txt CHANGELOG.md README.md LICENSE include cmake) | tar x
version=$(sed -n 's/#define MINIGRAD_VERSION "\(.*\)"/\1/p' include/minigrad/core/version.hpp)
sed -i "s/^## $version - .*/## $version - 2026-01-01/" CHANGELOG.md
git init -q
git add .
git commit -q -m all
cmake/release.sh pack "file://$scratch/release" "$scratch/release"
cd "$scratch/release"
tar xf "minigrad-$version.tar.gz" -C "$scratch" "minigrad-$version/include/minigrad/minigrad.hpp"
grep -q "sha256: \"$(sha256sum < "minigrad-$version.tar.gz" | cut -d' ' -f1)\"" conan/all/conandata.yml
grep -q "SHA512 $(sha512sum < "minigrad-$version.tar.gz" | cut -d' ' -f1)" vcpkg/minigrad/portfile.cmake

refused() {  # refused FILE: the release, now that a version or a date in FILE differs
  if "$scratch/project/cmake/release.sh" pack file:///nowhere "$scratch/nothing" 2> "$scratch/message"; then
    echo "a release is packed though $1 differs" && exit 1
  fi
  grep -q "$1" "$scratch/message" || { echo "of $1 it says:" && cat "$scratch/message" && exit 1; }
  [ ! -e "$scratch/nothing" ] || { echo "something was written though $1 differs" && exit 1; }
}
cd "$scratch/project"
for file in CMakeLists.txt CHANGELOG.md README.md cmake/vcpkg/minigrad/vcpkg.json cmake/conan/config.yml; do
  sed -i "s/${version//./\\.}/9.9.9/" "$file"
  refused "$file"
  git checkout -q "$file"
done
sed -i "s/^## $version - .*/## $version - not yet released/" CHANGELOG.md
git commit -q -a -m "without a date"
refused CHANGELOG.md

if command -v conan; then conan create "$scratch/release/conan/all" --version "$version" -s compiler.cppstd=20; fi
if command -v vcpkg; then vcpkg install minigrad --overlay-ports="$scratch/release/vcpkg"; fi
