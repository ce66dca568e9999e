#!/usr/bin/env bash
# Runs `make test` as fresh machines with other Debians would, each with its own Python, servers and
# drivers. `make matrix` calls it; or
#
#     tests/matrix.sh [suite ...] [-- argument of pytest ...]
#
# For each suite (bookworm, trixie and sid when none is named) debootstrap makes a root in .matrix/,
# once; the project is copied into it anew each time. Whatever is mounted there is mounted for one
# command only, in a namespace of its own: nothing stays mounted, so .matrix/ can always be removed.
#
# Exit code: 1 when tests failed; 75 when none failed, but a root could not be made (as when the
# server of the packages cannot be reached).
set -u
cd "$(dirname "$0")/.." || exit

NO_ROOT=75
ROOT_SECONDS=900  # and no longer for a server that does not answer
PROJECT=/srv/connector
NEEDED="make python3 python3-venv"
HANDED_IN="/etc/pip.conf /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf /etc/hosts"
HANDED_ON='^(PIP_\w+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(http|https|ftp|no|all)_proxy)='

main() {
    local suites=() suite code worst=0
    while [ $# -gt 0 ] && [ "$1" != -- ]; do suites+=("$1"); shift; done
    shift $(($# > 0))
    [ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie sid)
    [ "$(id -u)" = 0 ] || give_up "Roots of other Debians can be made by root only."
    have_debootstrap || give_up "debootstrap is missing, and could not be installed."
    for suite in "${suites[@]}"; do
        say "$suite"
        test_in "$suite" "$@"
        code=$?
        case $code in
            0) say "$suite: passed" ;;
            "$NO_ROOT") say "$suite: NOT TESTED, since its root could not be made" ;;
            *) say "$suite: FAILED"; code=1 ;;
        esac
        [ $worst = 1 ] || [ $code = 0 ] || worst=$code
    done
    exit $worst
}

say() { echo "=== matrix: $*"; }
give_up() { say "$*" >&2; exit $NO_ROOT; }

have_debootstrap() {
    command -v debootstrap >/dev/null && return
    command -v apt-get >/dev/null || return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        debootstrap debian-archive-keyring
}

test_in() {
    local root=.matrix/$1
    shift
    if [ -e "$root/made" ]; then
        bring_up_to_date "$root" || say "$root stays as it is: no newer packages can be had"
    else
        make_root "$root" || return $NO_ROOT
    fi
    hand_in "$root"
    copy_project "$root" || return
    inside "$root" make -C $PROJECT test PYTEST="$*"
}

make_root() {
    local root=$1
    rm -rf "$root"
    mkdir -p "$root"
    # shellcheck disable=SC2046  # nothing, where the host names no server
    timeout --foreground $ROOT_SECONDS unshare --mount debootstrap --variant=minbase "${root##*/}" "$root" $(mirror) || return
    # A server may be behind: what it has is signed, but is said to be good for a few days only.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/matrix"  # it can be made again
    echo 'Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";' \
        >"$root/etc/apt/apt.conf.d/90matrix"
    # No server is started when its package is installed: the ports are the host's.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    bring_up_to_date "$root" && touch "$root/made"
}

# The server that this machine has Debian's packages from; without one, debootstrap knows one.
mirror() {
    # shellcheck disable=SC2016  # the name of a field
    apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2>/dev/null \
        | sort -u | head -n 1
}

bring_up_to_date() {
    local root=$1 until
    hand_in "$root"
    inside "$root" apt-get update -qq || return
    until=$(sed -n 's/^Valid-Until: //p' "$root"/var/lib/apt/lists/*Release | sort -u | head -n 1)
    if [ -n "$until" ] && [ "$(date -d "$until" +%s)" -lt "$(date +%s)" ]; then
        say "the server of the packages is behind: what it has was good until $until"
    fi
    inside "$root" apt-get full-upgrade -y -qq || return
    # shellcheck disable=SC2086  # several words
    inside "$root" apt-get install -y -qq --no-install-recommends $NEEDED
}

# How this machine reaches the net and the servers of packages.
hand_in() {
    local root=$1 file
    for file in $HANDED_IN; do
        [ -e "$file" ] || continue
        mkdir -p "$root/${file%/*}"
        cp -L --remove-destination "$file" "$root/$file"
    done
}

# Tracked files, and untracked ones that are not ignored.
copy_project() {
    local files
    rm -rf "${1:?}/$PROJECT"
    mkdir -p "$1/$PROJECT"
    files=$(mktemp)
    git ls-files -z --cached --others --exclude-standard \
        | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done >"$files"
    tar -c --null -T "$files" | tar -x --no-same-owner -C "$1/$PROJECT" && rm "$files"
}

# A command in a root. Its first process is a shell, which takes care of orphans; with it all end.
inside() {
    local root=$1 handed
    shift
    mapfile -t handed < <(env | grep -E "$HANDED_ON")
    # shellcheck disable=SC2016  # for the inner shell
    env -i "${handed[@]}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive CI=true \
        unshare --mount --pid --fork --kill-child bash -c '
            root=$1; shift
            mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" || exit
            chroot "$root" "$@"; exit $?' bash "$root" "$@"
}

main "$@"
