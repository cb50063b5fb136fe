#!/bin/sh
# Boot a Debian in a folder: boot.sh ROOT. Its systemd is process 1 of namespaces of its own, and ends with the caller, however that
# ends. Only the network is the caller's. It stands on a root of its own, not in a chroot, where no user namespace (PrivateUsers=)
# can be made.
set -eu

if [ "${2:-}" = inside ]; then
    cd "$1"
    mount --make-rprivate /
    mount --bind . .
    cd "$1" # the mount, no longer what is below it
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t tmpfs tmpfs run
    mount -t tmpfs tmpfs tmp
    mount --bind dev dev # where it is none, systemd mounts devtmpfs, of which there is only one: the caller's own /dev
    if [ -e /sys/fs/cgroup/cgroup.procs ]; then
        mount -t cgroup2 cgroup2 sys/fs/cgroup
    else # as systemd itself calls it, the hybrid hierarchy
        mount -t tmpfs tmpfs sys/fs/cgroup
        mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
        mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
        mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
    fi
    pivot_root . mnt # and shared, as on a machine: without that no credential is seen by the service
    exec env -i container=trial PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'umount -l /mnt; mount --make-rshared /; exec /lib/systemd/systemd --log-target=console'
fi

for top in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    if [ -e "$top/cgroup.procs" ]; then
        mkdir -p "$top/deb-trial"
        echo $$ >"$top/deb-trial/cgroup.procs"
    fi
done
exec setpriv --pdeathsig KILL unshare --mount --pid --uts --ipc --cgroup --fork --kill-child "$0" "$1" inside
