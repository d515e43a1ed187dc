#!/usr/bin/env bash
# Builds the Debian package of headraced and headrace.
#
#   deploy/deb/build.sh [--output FOLDER] [--version VERSION] [--objects FOLDER] [--fast]
#
# --output   where the package goes; dist by default
# --version  the package's version; that of the sources by default
# --objects  link the objects that a release build left in this folder (what `swift build --show-bin-path` prints) instead of
#            building from scratch
# --fast     little compression: for tests
#
# Prints the package's path last. The Swift runtime is linked statically, so that the package needs Debian's libraries alone.
# DEBFULLNAME and DEBEMAIL name the maintainer, SOURCE_DATE_EPOCH sets all times (by default: the last commit's).
set -euo pipefail
# shellcheck source=deploy/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"
here=$repository/deploy/deb

output=$repository/dist objects='' compression=(-Zxz)
version=$(sed -n 's/.*text = "\(.*\)".*/\1/p' "$repository/Sources/Daemon/Startup/DaemonVersion.swift")
while [[ $# -gt 0 ]]; do
    case $1 in
        --output) output=$2; shift 2 ;;
        --version) version=$2; shift 2 ;;
        --objects) objects=$2; shift 2 ;;
        --fast) compression=(-Zgzip -z1); shift ;;
        *) die "unknown option $1; the head of the script lists those that there are" ;;
    esac
done
require_packages "${build_packages[@]}" libhdf5-dev dpkg-dev
require_swift
python=$(find_python) || die "no Python of version 3.10 or newer is on the PATH; the manual pages are made with it"

maintainer="${DEBFULLNAME:-Headrace maintainers} <${DEBEMAIL:-maintainers@headrace.example}>"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$repository" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/DEBIAN" "$work/binaries" "$output"

if [[ -z $objects ]]; then
    flags=(-c release --scratch-path "$repository/.build-deb" --traits HDF5)
    for program in headraced headrace; do
        say "Building $program"
        swift build --package-path "$repository" "${flags[@]}" --product "$program"
    done
    objects=$(swift build --package-path "$repository" "${flags[@]}" --show-bin-path)
fi

say "Linking the objects of $objects statically"
# What `swift build --static-swift-stdlib` links, but from objects of any build; by lld, which does not mind the order of
# archives.
runtime=(-lFoundation -lCoreFoundation -lFoundationInternationalization -lFoundationEssentials -l_FoundationICU
    -l_FoundationCollections -l_FoundationCShims)
for program in headraced headrace; do
    swiftc -static-stdlib -emit-executable -use-ld=lld -Xlinker --gc-sections -Xlinker --as-needed -Xlinker -znow \
        -Xlinker "--defsym=main=${program}_main" "@$objects/$program.product/Objects.LinkFileList" \
        -ljpeg -lpng -lz -lsystemd -lhdf5_serial "${runtime[@]}" -o "$work/binaries/$program"
done

say "Packing headrace $version"
# place MODE SOURCE TARGET: a file of the package.
place() { install -D -m "$1" "$2" "$root/$3"; }
# squeeze TARGET: standard input, compressed, as a file of the package.
squeeze() {
    mkdir -p "$(dirname "$root/$1")"
    gzip -9n >"$root/$1"
}

for program in headraced headrace; do
    place 755 "$work/binaries/$program" "usr/bin/$program"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/$program"
    completion() { "$work/binaries/$program" --generate-completion-script "$1"; }
    # Sourced, not run: no #! line.
    completion bash | sed '1{/^#!/d}' >"$work/bash"
    completion zsh >"$work/zsh"
    completion fish >"$work/fish"
    place 644 "$work/bash" "usr/share/bash-completion/completions/$program"
    place 644 "$work/zsh" "usr/share/zsh/vendor-completions/_$program"
    place 644 "$work/fish" "usr/share/fish/vendor_completions.d/$program.fish"
done

place 644 "$repository/config/headraced.yaml" etc/headrace/headraced.yaml
mkdir -p "$root/etc/headrace/conf.d"
for unit in headraced.service headraced.socket headraced-admin.socket; do
    place 644 "$repository/deploy/systemd/$unit" "lib/systemd/system/$unit"
done
place 644 "$repository/deploy/systemd/headrace.sysusers" usr/lib/sysusers.d/headrace.conf
place 644 "$repository/deploy/systemd/headrace.tmpfiles" usr/lib/tmpfiles.d/headrace.conf

"$python" "$repository/deploy/man/make_manual.py" "$work/binaries" "$work/man"
for page in "$work"/man/*; do
    squeeze "usr/share/man/man${page##*.}/$(basename "$page").gz" <"$page"
done

place 644 "$here/copyright" usr/share/doc/headrace/copyright
place 644 "$here/lintian-overrides" usr/share/lintian/overrides/headrace
squeeze usr/share/doc/headrace/changelog.gz <<CHANGELOG
headrace ($version) unstable; urgency=medium

  * Version $version. The repository's log says what changed.

 -- $maintainer  $(date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')
CHANGELOG

# dpkg-shlibdeps wants a source package around it.
mkdir "$work/debian"
printf 'Source: headrace\n\nPackage: headrace\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$root/usr/bin/headraced" "$root/usr/bin/headrace" | sed 's/^shlibs:Depends=//')
architecture=$(dpkg --print-architecture)
kilobytes=$(du --summarize --apparent-size --block-size=1K --exclude=DEBIAN "$root" | cut -f1)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$kilobytes/" \
    -e "s/@MAINTAINER@/$maintainer/; s/@DEPENDS@/$depends/" "$here/control.in" >"$root/DEBIAN/control"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN"
echo /etc/headrace/headraced.yaml >"$root/DEBIAN/conffiles"
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

package=$output/headrace_${version}_$architecture.deb
dpkg-deb --root-owner-group "${compression[@]}" --build "$root" "$package" >/dev/null
echo "$package"
