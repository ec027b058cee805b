#!/bin/bash
# Makes the guest image: build.sh OUTPUT.qcow2
#
# Needs root (a loop device, for the boot loader), apt's lists, and: binutils cpio e2fsprogs extlinux syslinux-common kmod
# openssl qemu-utils. Downloaded packages stay beside the output, and so does a fingerprint of everything that the
# image depends on: while that is the same, there is nothing to do.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "${1:?usage: build.sh OUTPUT.qcow2}")
packages_directory=$(dirname "$output")/packages
label=virga-rootfs
# What is in the image, and half as much again for logs and keys; a guest grows it to its disk.
size=112M

userland=(busybox busybox-static dropbear-bin e2fsprogs util-linux)
libraries=(libc6 libtomcrypt1 libtommath1 libgmp10 zlib1g libcrypt1 libext2fs2 libcom-err2 libss2 libblkid1 libuuid1
	libsmartcols1 libmount1 libselinux1 libpcre2-8-0 libudev1 libtinfo6 libcap-ng0)
programs=(dropbear dropbearkey resize2fs mke2fs lsblk blkid setpriv)

# Modules, in the order in which they can be loaded. Debian's kernel for clouds has ext4 built in, and no AHCI.
virtio_modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk)
other_bus_modules=(scsi_common scsi_mod crc64-rocksoft crc64 t10-pi sd_mod virtio_scsi libata ata_piix)
guest_modules=("${virtio_modules[@]}" "${other_bus_modules[@]}" failover net_failover virtio_net virtio_balloon rng-core virtio-rng
	virtio_console button evdev sr_mod cdrom isofs ata_generic crc64-rocksoft_generic crct10dif_common crct10dif_generic
	fat vfat nls_cp437 nls_ascii nls_iso8859-1 8021q garp mrp stp llc dummy veth bridge bonding e1000 e1000e dm-mod dm-crypt
	fuse virtiofs 9pnet 9pnet_virtio netfs fscache 9p xfs)

main() {
	kernel_package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
	local fingerprint
	fingerprint=$(inputs | sha256sum | cut -d' ' -f1)
	if [ -e "$output" ] && [ "$(cat "$output.inputs" 2>/dev/null)" = "$fingerprint" ]; then return; fi

	work=$(mktemp -d)
	loop=
	trap clean EXIT
	mkdir -p "$packages_directory" "$work"/{kernel,static,packages,rootfs,initrd,mounted}
	fetch_packages
	unpack_packages
	make_rootfs
	make_initrd
	make_disk
	echo "$fingerprint" >"$output.inputs"
}

clean() {
	if [ -n "$loop" ]; then
		umount "$work/mounted" 2>/dev/null || true
		losetup -d "$loop"
	fi
	rm -rf "$work"
}

# Everything that decides what the image becomes: our files with their modes, and the packages' names and checksums.
inputs() {
	(cd "$here" && find . -type f -printf '%m %p\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	package_files | awk '{ print $2, $4 }'
}

package_files() { apt-get -q --print-uris download "$kernel_package" "${userland[@]}" "${libraries[@]}" | grep "^'"; }

fetch_packages() {
	local missing=() file package
	while read -r _ file _ _; do
		package=${file%%_*}
		[ -e "$packages_directory/$file" ] || missing+=("$package")
	done < <(package_files)
	[ ${#missing[@]} = 0 ] || (cd "$packages_directory" && apt-get -q -o APT::Sandbox::User=root download "${missing[@]}" >/dev/null)
}

unpack_packages() {
	local file
	for file in $(package_files | awk '{ print $2 }'); do
		case $file in
		linux-image-*) dpkg-deb -x "$packages_directory/$file" "$work/kernel" ;;
		busybox-static_*) dpkg-deb -x "$packages_directory/$file" "$work/static" ;;
		*) dpkg-deb -x "$packages_directory/$file" "$work/packages" ;;
		esac
	done
	kernel_version=$(ls "$work/kernel/lib/modules")
}

make_rootfs() {
	local root=$work/rootfs
	mkdir -p "$root"/{usr/{bin,lib/x86_64-linux-gnu,lib64},etc/dropbear,proc,sys,dev,run,tmp,mnt,root,home/cirros,var/log,boot/extlinux}
	cp -a "$here/rootfs/." "$root/"
	mv "$root/usr/sbin/"* "$root/usr/bin/" && rmdir "$root/usr/sbin" && ln -s bin "$root/usr/sbin"
	for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
	chmod 1777 "$root/tmp"
	install_programs "$root"
	install_modules "$root"
	set_passwords "$root"
	write_boot_menu "$root/boot/extlinux/extlinux.conf"
	chown -R 0:0 "$root"
	chown -R 1000:1000 "$root/home/cirros"
	# After chown, which clears it. Only cirros may become root this way.
	local program
	for program in usr/lib/sudo-setpriv usr/bin/ping; do
		chown 0:1000 "$root/$program" && chmod 4750 "$root/$program"
	done
}

install_programs() {
	local root=$1 applet name
	cp "$work/packages/bin/busybox" "$root/usr/bin/"
	for applet in $("$work/packages/bin/busybox" --list) init; do
		case $applet in
		dpkg | dpkg-deb | rpm | rpm2cpio | mke2fs | setpriv | lsblk | blkid) ;; # real ones, or none
		*) [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet" ;;
		esac
	done
	copy_libraries "$root" "$work/packages/bin/busybox"
	for name in "${programs[@]}"; do
		local program
		program=$(find "$work/packages" -name "$name" -path '*bin/*' | head -1)
		cp -L "$program" "$root/usr/bin/$name"
		copy_libraries "$root" "$program"
	done
	cp -L "$work/packages/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/"
	ln -s mke2fs "$root/usr/bin/mkfs.ext4"
	ln -s mke2fs "$root/usr/bin/mkfs.ext3"
	cp "$root/usr/bin/setpriv" "$root/usr/lib/sudo-setpriv"
	# Of its own, because raw sockets need privileges that the other applets must not have.
	cp --remove-destination "$root/usr/bin/busybox" "$root/usr/bin/ping"
	ln -sf ping "$root/usr/bin/ping6"
}

copy_libraries() {
	local root=$1 program=$2 name library
	for name in $(objdump -p "$program" 2>/dev/null | awk '/NEEDED/ { print $2 }'); do
		[ ! -e "$root/usr/lib/x86_64-linux-gnu/$name" ] || continue
		library=$(find "$work/packages" -path "*x86_64-linux-gnu/$name" | head -1)
		[ -n "$library" ] || continue # the loader itself
		cp -L "$library" "$root/usr/lib/x86_64-linux-gnu/$name"
		copy_libraries "$root" "$library"
	done
}

install_modules() {
	local root=$1 from=$work/kernel/lib/modules/$kernel_version to=$1/usr/lib/modules/$kernel_version name file
	mkdir -p "$to"
	for name in "${guest_modules[@]}"; do
		file=$(find "$from" -name "$name.ko" -print -quit)
		[ -z "$file" ] || install -D -m644 "$file" "$to/kernel/$name.ko" # built into this kernel, or not made for it
	done
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
	depmod -b "$root" "$kernel_version" 2>/dev/null
	rm -f "$to"/*.bin
}

set_passwords() {
	local hash
	hash=$(openssl passwd -6 -salt virga gocubsgo)
	printf 'root:*:19000:0:99999:7:::\ncirros:%s:19000:0:99999:7:::\n' "$hash" >"$1/etc/shadow"
	chmod 600 "$1/etc/shadow"
}

# no_timer_check: on a loaded host an emulated guest fails the kernel's check of its timer and panics.
write_boot_menu() {
	cat >"$1" <<-MENU
		DEFAULT virga
		PROMPT 0
		TIMEOUT 1
		LABEL virga
		 LINUX /boot/vmlinuz
		 INITRD /boot/initrd.gz
		 APPEND console=tty0 console=ttyS0,115200n8 net.ifnames=0 no_timer_check quiet
	MENU
}

make_initrd() {
	local initrd=$work/initrd modules=$work/rootfs/usr/lib/modules/$kernel_version/kernel name
	mkdir -p "$initrd"/{bin,lib/modules,dev,proc,sys,new}
	cp "$work/static/bin/busybox" "$initrd/bin/"
	cp "$here/initrd-init" "$initrd/init"
	for name in "${virtio_modules[@]}" "${other_bus_modules[@]}"; do
		[ ! -e "$modules/$name.ko" ] || cp "$modules/$name.ko" "$initrd/lib/modules/"
	done
	echo "${virtio_modules[@]}" >"$initrd/lib/modules/virtio"
	echo "${other_bus_modules[@]}" >"$initrd/lib/modules/other-buses"
	(cd "$initrd" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -9) >"$work/initrd.gz"
}

make_disk() {
	local disk=$work/rootfs.ext4
	cp /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/rootfs/boot/extlinux/"
	truncate -s "$size" "$disk"
	# Blocks of 4 KiB, which mke2fs would not choose for so small a disk, let it grow to any flavor's.
	mke2fs -q -F -t ext4 -b 4096 -L "$label" -m 0 -O ^64bit,^metadata_csum,^has_journal -E lazy_itable_init=1 -d "$work/rootfs" "$disk"
	loop=$(losetup -f --show "$disk")
	mount "$loop" "$work/mounted"
	# Not by mke2fs: it leaves holes for blocks of zeros, and the boot loader cannot read files with holes.
	cp --sparse=never "$work/kernel/boot/vmlinuz-$kernel_version" "$work/mounted/boot/vmlinuz"
	cp --sparse=never "$work/initrd.gz" "$work/mounted/boot/initrd.gz"
	extlinux --install "$work/mounted/boot/extlinux" >/dev/null 2>&1
	umount "$work/mounted"
	losetup -d "$loop"
	loop=
	qemu-img convert -c -O qcow2 "$disk" "$output.new"
	mv "$output.new" "$output"
}

main
