#!/usr/bin/env bash
# release.sh check              compares the version everywhere that it is written
# release.sh pack URL FOLDER    what check does, and that CHANGELOG.md dates the version and nothing is uncommitted; then
#                               writes into FOLDER what a release consists of: minigrad-VERSION.tar.gz,
#                               minigrad_single.hpp, the Conan recipe and the vcpkg port, both for the tarball at
#                               URL/minigrad-VERSION.tar.gz
# Run tests/run.sh --all before, and tag the commit afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fail() { echo "release.sh: $*" >&2 && exit 1; }

number() { sed -n "s/#define MINIGRAD_VERSION_$1 //p" include/minigrad/core/version.hpp; }
version=$(number MAJOR).$(number MINOR).$(number PATCH)
says() { grep -q "$2" "$1" || fail "$1 does not say $3: core/version.hpp does"; }
says include/minigrad/core/version.hpp "^#define MINIGRAD_VERSION \"$version\"" "\"$version\""
says include/minigrad/core/version.hpp "^#define MINIGRAD_ABI v${version//./_}$" "v${version//./_}"
says CMakeLists.txt "^project(minigrad VERSION $version " "$version"
says CHANGELOG.md "^## $version - " "$version"
says README.md "GIT_TAG v$version)" "v$version"
says README.md "find_package(minigrad ${version%.*} REQUIRED)" "${version%.*}"
says cmake/vcpkg/minigrad/vcpkg.json "\"version\": \"$version\"" "$version"
says cmake/conan/config.yml "\"$version\":" "$version"
[ "$(grep -m1 '^## [0-9]' CHANGELOG.md | cut -d' ' -f2)" = "$version" ] || fail "CHANGELOG.md begins with another version"
if [ "${1:-}" = check ]; then exit; fi

[ "${1:-}" = pack ] && [ $# -eq 3 ] || fail "how to call it stands at its top"
url=$2/minigrad-$version.tar.gz
out=$3
grep -Eq "^## $version - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md || fail "CHANGELOG.md gives $version no date"
[ -z "$(git status --porcelain)" ] || fail "there are uncommitted changes"
mkdir -p "$out"
git archive --prefix="minigrad-$version/" -o "$out/minigrad-$version.tar.gz" HEAD
cmake/single_header.sh > "$out/minigrad_single.hpp"
cp -R cmake/conan cmake/vcpkg "$out"
cat > "$out/conan/all/conandata.yml" << END
sources:
  "$version":
    url: "$url"
    sha256: "$(sha256sum < "$out/minigrad-$version.tar.gz" | cut -d' ' -f1)"
END
port=$out/vcpkg/minigrad/portfile.cmake
{
  cat << END
vcpkg_download_distfile(ARCHIVE
    URLS "$url"
    FILENAME "minigrad-$version.tar.gz"
    SHA512 $(sha512sum < "$out/minigrad-$version.tar.gz" | cut -d' ' -f1)
)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "\${ARCHIVE}")
END
  sed '1,/^get_filename_component/d' "$port"
} > "$port.new"
mv "$port.new" "$port"
echo "minigrad $version is in $out"
