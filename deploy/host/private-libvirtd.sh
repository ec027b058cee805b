#!/bin/sh
# Becomes a libvirtd whose compiled-in directories are those below $1. Run it in a mount namespace of its own.
set -eu
directory=$1

mount_over() {
	mkdir -p "$2"
	mount --bind "$directory/$1" "$2"
}
mount_over etc /etc/libvirt
mount_over run /run/libvirt
mount_over lib /var/lib/libvirt
mount_over log /var/log/libvirt
mount_over cache /var/cache/libvirt

# With both cgroup versions mounted, libvirt's LXC driver refuses to work.
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi

# Where QEMU's own probe can open /dev/kvm and the guests' user cannot, libvirt never believes what it has cached about QEMU
# and probes it again several times a call: five seconds for each definition instead of 15 ms. What guests may not use is hidden.
user=$(sed -n 's/^user *= *"\(.*\)"/\1/p' /etc/libvirt/qemu.conf)
if [ -c /dev/kvm ] && ! setpriv --reuid="$user" --regid="$user" --init-groups test -r /dev/kvm -a -w /dev/kvm; then
	rm -f "$directory/no-kvm"
	: >"$directory/no-kvm"
	chmod 000 "$directory/no-kvm"
	mount --bind "$directory/no-kvm" /dev/kvm
fi

# A socket left behind by a killed daemon would look like one that answers soon.
rm -f /run/libvirt/libvirt-sock /run/libvirt/libvirt-sock-ro /run/libvirt/libvirt-admin-sock /run/libvirt/libvirtd.pid
# Without --timeout it stays although nobody is connected.
exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid
