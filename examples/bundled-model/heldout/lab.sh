# SPDX-License-Identifier: MIT
# A laboratory for one server, sourced by each NAME.sh: namespaces of its own
# (files, network, processes, host name) in which /etc, /var, /run and /dev are
# scratch copies, 10.20.0.0/16 is this machine, and the time of day runs RATE
# times as fast.  Whatever is started in it ends with it.  Needs root and a C
# compiler; usage: NAME.sh LOG, which becomes the server's log.
# shellcheck shell=sh
set -eu
: "${RATE:=20}" "${MINUTES:=3}" "${SEED:=1}"
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "${1:?usage: NAME.sh LOG}")

if [ -z "${LAB:-}" ]; then
	LAB=$(mktemp -d) && chmod 755 "$LAB"
	trap 'rmdir "$LAB"' EXIT
	: >"$out"
	export LAB RATE MINUTES SEED
	unshare --mount --net --uts --ipc --pid --fork --kill-child \
		--mount-proc sh "$here/${0##*/}" "$out"
	exit
fi

mount -t tmpfs -o mode=755 lab "$LAB"
for d in etc var run dev home srv; do
	mkdir "$LAB/$d" "$LAB/$d.work"
	layers=lowerdir=/$d,upperdir=$LAB/$d,workdir=$LAB/$d.work
	mount -t overlay -o "$layers" lab "/$d"
done
mkdir -m 1777 /dev/shm 2>/dev/null || mount -t tmpfs -o mode=1777 lab /dev/shm

cd /
hostname "${HOST:-srv04}"
echo "127.0.0.1 localhost
10.20.0.1 $(hostname).example.net $(hostname)" >/etc/hosts
ip link set lo up
ip route add local 10.20.0.0/16 dev lo
ip addr add 10.20.0.1/32 dev lo
echo $((9000 + SEED * 371)) >/proc/sys/kernel/ns_last_pid

cc -O2 -shared -fPIC -DORIGIN="$(date +%s)" -DRATE="$RATE" \
	-o "$LAB/clock.so" "$here/clock.c"
echo "$LAB/clock.so" >/etc/ld.so.preload

# syslog FILE: collects what the programs say to /dev/log.
syslog() {
	python3 "$here/syslog.py" /dev/log "$1" &
	while [ ! -S /dev/log ]; do sleep 0.1; done
}
# wait_port N: until a server listens there, for a minute at most.
wait_port() {
	tries=600
	until ss -Hltn "sport = :$1" | grep -q .; do
		sleep 0.1
		tries=$((tries - 1))
		if [ $tries -eq 0 ]; then
			echo "nothing listens at $1" >&2
			exit 1
		fi
	done
}
# load SCRIPT-ON-STDIN: the work, in Python, with people.py at hand.
load() {
	PYTHONPATH=$here python3 -
}
