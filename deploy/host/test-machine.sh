#!/bin/sh
# A machine to test a cloud on: a network namespace with its own loopback, ports, bridges and firewall, and a second one
# that plays the outside world behind it.
#
#   test-machine.sh up NAME            (again: ends what runs there and begins anew)
#   test-machine.sh exec NAME COMMAND…
#   test-machine.sh down NAME
#
# The addresses exist nowhere else (RFC 5737): 198.51.100.1 is the machine, 198.51.100.2 the outside world.
set -eu
verb=$1 name=$2
outside=$name-out
shift 2

down() {
	for namespace in "$name" "$outside"; do
		[ -e "/run/netns/$namespace" ] || continue
		# Whatever runs in there is ours.
		ip netns pids "$namespace" | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
		ip netns delete "$namespace"
	done
}

up() {
	down
	for namespace in "$name" "$outside"; do
		ip netns add "$namespace"
		ip -n "$namespace" link set lo up
	done
	ip -n "$name" link add uplink type veth peer name uplink netns "$outside"
	ip -n "$name" address add 198.51.100.1/24 dev uplink
	ip -n "$outside" address add 198.51.100.2/24 dev uplink
	ip -n "$name" link set uplink up
	ip -n "$outside" link set uplink up
	ip -n "$name" route add default via 198.51.100.2
}

# The namespaces that agents make in there are seen only in there, beside the one of the outside world.
private_namespaces() {
	all=$(mktemp -d)
	mount --rbind /run/netns "$all"
	mount -t tmpfs none /run/netns
	touch "/run/netns/$outside"
	mount --bind "$all/$outside" "/run/netns/$outside"
	umount --recursive --lazy "$all"
	rmdir "$all"
}

case $verb in
up) up ;;
down) down ;;
exec) exec ip netns exec "$name" sh "$0" enter "$name" "$@" ;;
enter)
	private_namespaces
	exec "$@"
	;;
esac
