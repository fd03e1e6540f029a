#!/usr/bin/env bash
# The first process of a box (see box.ts): gives it file systems of its own, then reaps what ends in it.
# Usage: init.sh <the box's directory> <the sandbox's root> <the repository>
set -euo pipefail
box=$1 root=$2 repository=$3

mount --make-rprivate /

# /sys shows this network; the control groups stay the machine's. Mounted by `ip netns exec`, they would be hidden.
mkdir -p "$box/cgroup"
mount --rbind /sys/fs/cgroup "$box/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$box/cgroup" /sys/fs/cgroup
umount --lazy "$box/cgroup"

# A name server on the host's loopback cannot be reached from here; systemd keeps the real ones beside it.
names=/etc/resolv.conf
if [ -e /run/systemd/resolve/resolv.conf ]; then names=/run/systemd/resolve/resolv.conf; fi
cp "$names" "$box/resolv.conf"
target=$(readlink --canonicalize-missing /etc/resolv.conf)
mount -t tmpfs tmpfs /run
mkdir -p /run/lock "$(dirname "$target")"
[ -e "$target" ] || touch "$target"
mount --bind "$box/resolv.conf" "$target"

# The repository may lie in /tmp.
mkdir -p "$box/repository" "$box/tmp"
chmod 1777 "$box/tmp"
mount --bind "$repository" "$box/repository"
mount --bind "$box/tmp" /tmp
mkdir -p "$repository"
mount --bind "$box/repository" "$repository"
umount --lazy "$box/repository"

mkdir -p /var/lib/docker "$root"
mount --bind "$box/docker" /var/lib/docker
mount --bind "$box/sandbox" "$root"

echo ready
while :; do
  sleep 86400 &
  wait $!
done
