#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The newcomer's way, in a bare Debian 12: a fresh clone of what is committed, `./quickstart run
# --once` from nothing and once more when built, as root and as a user with sudo. Needs root,
# mmdebstrap and the network that apt has here. Not part of the suite: `make chroot-test`.
#
#   tests/install/chroot.sh [--as root|user] [--base FILE] [--suite [STAGE ...]]
#
# --as: only one of the two.  --base: the bare system as a tar file, made if it is not there.
# --suite: `./quickstart test` there too, all of it or some stages.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
release=bookworm
as="root user" base= suite= status=0
goal_new=240 goal_built=15

die() { printf 'chroot.sh: %s\n' "$*" >&2; exit 1; }
result() { # STATUS NAME
    if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; status=1; fi
}

while [ $# -gt 0 ]; do
    case $1 in
    --as) as=${2:?root or user}; shift ;;
    --base) base=$(realpath "${2:?a file}"); shift ;;
    --suite) suite=yes; shift; break ;;
    *) die "no such option: $1" ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || die "it needs root"
command -v mmdebstrap >/dev/null || die "mmdebstrap is not installed"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/brygga-chroot-XXXXXX")
chmod 755 "$work"
base=${base:-$work/base.tar}
inside=
clean_up() {
    trap '' INT TERM
    # The end of the namespace's first process ends all others in it, and its mounts.
    [ -n "$inside" ] && kill -KILL "$inside" 2>/dev/null && wait "$inside" 2>/dev/null
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The same archive and the same way to it as this machine.
sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep -E " $release(-updates|-security)? " | sort -u
}

# enter ROOT COMMAND...: with processes and mounts of its own, which end with it.
enter() {
    local root=$1 rc
    shift
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child --propagation private /bin/sh -c '
        root=$1; shift
        mount --bind "$root" "$root" && cd "$root" || exit 1
        mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc" || exit 1
        for node in null zero full random urandom tty; do
            [ -e "dev/$node" ] || : >"dev/$node"
            mount --bind "/dev/$node" "dev/$node" || exit 1
        done
        mkdir -p dev/shm dev/pts && mount -t tmpfs -o mode=1777 tmpfs dev/shm || exit 1
        mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts 2>/dev/null && ln -sf pts/ptmx dev/ptmx
        [ -e dev/fd ] || ln -s /proc/self/fd dev/fd
        chroot "$root" "$@"; rc=$?; exit $rc' sh "$root" "$@" &
    inside=$!
    wait "$inside"
    rc=$?
    inside=
    return $rc
}

make_base() {
    local began
    [ -s "$base" ] && return
    began=$(date +%s)
    sources >"$work/sources"
    [ -s "$work/sources" ] || die "apt here knows no $release; run apt-get update first"
    apt-config dump | grep -E '^Acquire::(http|https|Check|Allow)[^ ]* "..*"' >"$work/apt.conf"
    if ! mmdebstrap --mode=root --variant=minbase --quiet --format=tar --aptopt="$work/apt.conf" \
        "$release" "$base.new" <"$work/sources" >"$work/out" 2>&1; then
        tail -n 20 "$work/out" >&2
        die "mmdebstrap failed"
    fi
    mv "$base.new" "$base"
    echo "# a bare $release in $(($(date +%s) - began)) s"
}

# make_root NAME: a copy of it with a fresh clone in the user's home folder.
make_root() {
    local root=$work/$1 home=/root user=$1
    mkdir "$root" && tar -C "$root" -xf "$base" || die "cannot unpack the base"
    cat /etc/resolv.conf >"$root/etc/resolv.conf"
    cat /etc/hosts >"$root/etc/hosts"
    if [ "$user" = user ]; then
        home=/home/newcomer user=newcomer
        enter "$root" /bin/sh -c 'export DEBIAN_FRONTEND=noninteractive
            apt-get update -qq && apt-get install -y -qq --no-install-recommends sudo &&
            useradd -m -s /bin/bash newcomer && echo "newcomer ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/newcomer' \
            >"$work/out" 2>&1 || { tail -n 20 "$work/out" >&2; die "cannot make the user"; }
    fi
    git clone -q --no-hardlinks "$top" "$root$home/brygga" || die "cannot clone $top"
    [ "$user" = root ] || chown -R --reference="$root$home" "$root$home/brygga"
}

# inside_run NAME COMMAND: as that user in the clone, with nothing of our environment but the way to the network.
inside_run() {
    local name=$1 user=root home=/root
    [ "$name" = user ] && user=newcomer home=/home/newcomer
    enter "$work/$name" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} HOME=$home USER=$user LOGNAME=$user \
        setpriv --reuid=$user --regid=$user --init-groups /bin/bash -c "cd $home/brygga && $2"
}

# quick NAME WHAT GOAL: one `quickstart run --once`, its status, its mail, its seconds.
quick() {
    local name=$1 what=$2 goal=$3 began seconds rc
    began=$(date +%s)
    inside_run "$name" "./quickstart run --once" >"$work/out" 2>&1 </dev/null
    rc=$?
    seconds=$(($(date +%s) - began))
    sed 's/^/# /' "$work/out"
    result $rc "$name, $what: ./quickstart run --once ends with 0"
    grep -q 'lena@fjordfisk.example' "$work/out"
    result $? "$name, $what: it shows mail"
    first=$(sed -n 's/^First mail in the store after \([0-9]*\) seconds.*/\1/p' "$work/out")
    echo "# $name, $what: first mail after ${first:-?} s, all of it in $seconds s (goal $goal s)"
}

git -C "$top" diff --quiet HEAD || echo "# the clone has only what is committed; this tree has more"
make_base
for name in $as; do
    make_root "$name"
    quick "$name" "from nothing" $goal_new
    quick "$name" "built" $goal_built
    if [ -n "$suite" ]; then
        inside_run "$name" "./quickstart test $*" </dev/null
        result $? "$name: ./quickstart test $*"
        suite=
    fi
    rm -rf --one-file-system "${work:?}/$name"
done
exit $status
