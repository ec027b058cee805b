#!/bin/sh
# Makes this machine the gateway of the external network, or takes that back.
#
#   external-network.sh up|down BRIDGE ADDRESS/PREFIX CIDR OUTSIDE(yes|no) THIS_MACHINE(yes|no) PORTS FORWARDING_FILE
#
# `up` may be repeated at any time and replaces what it made before. The bridge is a device of ovs-vswitchd, which with the
# userspace data path vanishes and returns without its address when that process restarts; so this runs after each start.
# FORWARDING_FILE remembers that it was us who turned forwarding on, so that `down` turns it off again.
set -eu
direction=$1 bridge=$2 address=$3 cidr=$4 outside=$5 this_machine=$6 ports=$7 forwarding=$8
table="virga_$(printf %s "$bridge" | tr -c 'A-Za-z0-9\n' _)"

down() {
	nft delete table ip "$table" 2>/dev/null || true
	if [ -e "$forwarding" ]; then
		echo 0 >/proc/sys/net/ipv4/ip_forward
		rm -f "$forwarding"
	fi
}

wait_for_bridge() {
	tries=100
	until [ -e "/sys/class/net/$bridge" ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "the bridge $bridge has not appeared" >&2; exit 1; }
		sleep 0.1
	done
}

# Until we came this machine may not have forwarded anything: then it forwards for the external network and nothing else.
turn_on_forwarding() {
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ] || return 0
	: >"$forwarding"
	echo 1 >/proc/sys/net/ipv4/ip_forward
}

forward_rules() {
	[ "$outside" = yes ] || return 0
	cat <<-RULES
		chain postrouting {
			type nat hook postrouting priority srcnat;
			ip saddr $cidr oifname != "$bridge" masquerade
		}
		chain forward {
			type filter hook forward priority filter;
			iifname "$bridge" accept
			oifname "$bridge" accept
	RULES
	[ ! -e "$forwarding" ] || echo 'drop'
	echo '}'
}

# A guest's packets to this machine's own addresses arrive through the bridge like anybody else's.
input_rules() {
	[ "$this_machine" = no ] || return 0
	cat <<-RULES
		chain input {
			type filter hook input priority filter;
			iifname != "$bridge" accept
			ct state established,related accept
			ip protocol icmp accept
			tcp dport { $ports } accept
			drop
		}
	RULES
}

up() {
	wait_for_bridge
	ip address replace "$address" dev "$bridge"
	ip link set "$bridge" up
	[ "$outside" = no ] || turn_on_forwarding
	# One transaction: there is no moment without rules.
	{
		echo "table ip $table"
		echo "delete table ip $table"
		echo "table ip $table {"
		forward_rules
		input_rules
		echo '}'
	} | nft -f -
}

"$direction"
