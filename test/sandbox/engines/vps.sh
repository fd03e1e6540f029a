#!/usr/bin/env bash
# The first process of a VPS (see vps.ts): makes a directory with a Debian in it the root of everything, then reaps.
# Usage: vps.sh <the Debian> <the repository> <what the VPS is given> <where it finds that>
set -euo pipefail
root=$1 repository=$2 given=$3 there=$4

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
for directory in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$directory"; done
mkdir -p "$root$repository" "$root$there"
mount --bind -o ro "$repository" "$root$repository"
mount --bind -o ro "$given" "$root$there"
ip link set lo up

mkdir -p "$root/.before"
cd "$root"
pivot_root . .before
exec chroot . bash -c '
  umount --lazy /.before
  echo ready
  while :; do
    sleep 86400 &
    wait $!
  done'
