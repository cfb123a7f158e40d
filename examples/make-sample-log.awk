# SPDX-License-Identifier: MIT
# Writes a log of several services on one host, with incidents planted among
# ordinary lines; the same on every awk, for the same seed.
#
#   awk -f make-sample-log.awk [-v lines=600] [-v seed=1] [-v truth=FILE] \
#       [-v quiet=1]
#
# truth=FILE gets a line an incident: its kind (as a digest calls it), its first
# and last line, how many lines it has, an ERE that finds them, tabs between.
# quiet=1 plants nothing.

# The minimal standard generator: products stay below 2^53, so every awk agrees.
function random(n) {
	state = (state * 16807) % 2147483647
	return int(state / 2147483647 * n)
}
function one_of(list,   part, n) {
	n = split(list, part, " ")
	return part[random(n) + 1]
}
function digits(n,   s) {
	while (n-- > 0)
		s = s random(10)
	return s
}
function hex(n,   s) {
	while (n-- > 0)
		s = s substr("0123456789abcdef", random(16) + 1, 1)
	return s
}
function ip() {
	return one_of("10.0 10.1 172.16 192.168") "." random(256) "." \
	    (1 + random(254))
}
function user() {
	return one_of("alice bob carol dave erin frank grace heidi")
}
function path() {
	return one_of("/static/css/site /static/js/app /static/img/logo " \
	    "/api/v1/orders /api/v1/items /api/v1/users /docs/start") \
	    one_of(".css .js .png /" random(9000))
}
function pid(service) {
	if (!(service in pids))
		pids[service] = 300 + random(30000)
	return pids[service]
}

# "SERVICE message" of one ordinary line.
function sshd(r) {
	r = random(10)
	if (r < 4)
		return "sshd Accepted publickey for " user() " from " ip() \
		    " port " (1024 + random(60000)) " ssh2: ED25519 SHA256:" \
		    hex(20)
	if (r < 6)
		return "sshd pam_unix(sshd:session): session opened for user " \
		    user() "(uid=" (1000 + random(9)) ") by (uid=0)"
	if (r < 8)
		return "sshd pam_unix(sshd:session): session closed for user " \
		    user()
	return "sshd Connection closed by " ip() " port " \
	    (1024 + random(60000)) " [preauth]"
}
function nginx(r) {
	r = random(20)
	return "nginx " ip() " - - \"" (r < 15 ? "GET" : "POST") " " path() \
	    " HTTP/1.1\" " \
	    (r < 12 ? 200 : r < 14 ? 304 : r < 15 ? 404 : 201) " " \
	    random(60000) " \"-\" \"Mozilla/5.0 rv:" (90 + random(50)) "\""
}
function postgres(r) {
	r = random(10)
	if (r < 6)
		return "postgres LOG:  duration: " random(90) "." digits(3) \
		    " ms  statement: SELECT * FROM " \
		    one_of("orders items users") " WHERE id = " random(100000)
	if (r < 8)
		return "postgres LOG:  checkpoint starting: time"
	return "postgres LOG:  checkpoint complete: wrote " random(3000) \
	    " buffers (" random(9) "." random(10) "%); write=" random(30) \
	    "." digits(3) " s, sync=0." digits(3) " s"
}
function shop(r) {
	r = random(20)
	if (r < 9)
		return "shop {\"level\":\"info\",\"msg\":\"order placed\"," \
		    "\"order\":" (100000 + random(900000)) ",\"user\":" \
		    random(5000) ",\"ms\":" (3 + random(90)) "}"
	if (r < 18)
		return "shop {\"level\":\"info\",\"msg\":\"payment accepted\"," \
		    "\"order\":" (100000 + random(900000)) ",\"provider\":\"" \
		    one_of("visa paypal sepa") "\",\"ms\":" (90 + random(900)) \
		    "}"
	return slow(one_of("orders items"))
}
function slow(table) {
	return "shop {\"level\":\"warn\",\"msg\":\"slow query\",\"table\":\"" \
	    table "\",\"ms\":" (1000 + random(4000)) "}"
}
function gateway(port) {
	return "gatewayd upstream db-1:" port " is healthy, latency " \
	    (1 + random(9)) " ms"
}
function disk(used) {
	return "diskmon volume data is " used "% full, inodes 12% used"
}
function worker(verb, ms) {
	return "importd worker-" (1 + random(8)) " " verb " job " \
	    (10000 + random(90000)) " of the nightly import in " ms " ms"
}
function heartbeat() {
	return "backupd INFO heartbeat ok, queue=" random(20) " lag=" \
	    random(900) "ms"
}
function ordinary(r) {
	r = random(100)
	if (r < 30)
		return nginx()
	if (r < 50)
		return shop()
	if (r < 62)
		return sshd()
	if (r < 74)
		return postgres()
	if (r < 79)
		return "cron (" one_of("root www-data") ") CMD (" \
		    one_of("/usr/lib/sysstat/sa1 /usr/sbin/logrotate") " 1 " \
		    random(60) ")"
	if (r < 82)
		return "kernel [" (80000 + NR_out) "." digits(6) \
		    "] eth0: received " random(9000) " packets, dropped 0"
	if (r < 88)
		return gateway(5432)
	if (r < 91)
		return disk(41)
	if (r < 95)
		return worker("finished", random(3000))
	return silent ? nginx() : heartbeat()
}

# Time goes on by 0 to 1.5 s a line.
function say(text,   service, ms, s) {
	service = text
	sub(/ .*/, "", service)
	sub(/^[^ ]* /, "", text)
	clock += random(1500)
	ms = clock % 1000
	s = int(clock / 1000)
	printf "2026-11-%02dT%02d:%02d:%02d.%03dZ web-1 %s[%d]: %s\n",
	    23 + int(s / 86400), int(s / 3600) % 24, int(s / 60) % 60,
	    s % 60, ms, service, pid(service), text
	NR_out++
}
function ordinary_until(part) {
	while (NR_out < int(lines * part))
		say(ordinary())
}
function planted(kind, first, count, ere) {
	if (truth != "")
		printf "%s\t%d\t%d\t%d\t%s\n", kind, first, NR_out, count,
		    ere >truth
}
# count lines of one incident, each followed by some ordinary ones.
function plant(kind, what, count, between, ere,   i, k, first) {
	first = NR_out + 1
	for (i = 0; i < count; i++) {
		if (what == "refused")
			say("shop {\"level\":\"error\",\"msg\":\"redis: " \
			    "connection refused\",\"addr\":\"10.2.3.4:6379\"," \
			    "\"try\":" (1 + random(9)) "}")
		else if (what == "port")
			say(gateway(5433))
		else if (what == "oom")
			say("kernel [" (80000 + NR_out) ".104729] Out of " \
			    "memory: Killed process " pid("postgres") \
			    " (postgres) total-vm:8123456kB")
		else if (what == "slow")
			say(slow("orders"))
		else if (what == "verb")
			say(worker("abandoned", random(3000)))
		else if (what == "huge")
			say(worker("finished", 48211973))
		else if (what == "disk")
			say(disk(0))
		else if (what == "reload")
			say("gatewayd NOTICE: configuration replaced by " \
			    "operator ops, 3 routes removed")
		if (i < count - 1)
			for (k = 0; k < between; k++)
				say(ordinary())
	}
	planted(kind, first, count, ere)
}

BEGIN {
	if (lines == "")
		lines = 600
	state = (seed == "" ? 1 : seed) * 48271 % 2147483647
	random(2)
	clock = (21 * 60 + 40) * 60000
	scale = lines < 3000 ? 1 : 3
	if (!quiet) {
		ordinary_until(0.26)
		plant("new", "refused", 4 * scale, 2, "redis: connection refused")
		ordinary_until(0.36)
		plant("odd", "disk", 1, 0, "volume data is 0% full")
		ordinary_until(0.43)
		plant("new", "oom", 1, 0, "Out of memory: Killed process")
		ordinary_until(0.60)
		plant("odd", "huge", 1, 0, "import in 48211973 ms")
		ordinary_until(0.68)
		plant("up", "slow", 12 * scale, 1, "slow query\",\"table\":\"orders")
		ordinary_until(0.72)
		silent = 1
		first = NR_out + 1
		ordinary_until(0.79)
		plant("odd", "verb", 1, 0, "worker-[0-9] abandoned job")
		ordinary_until(0.87)
		planted("gone", first, 0, "backupd.*heartbeat ok")
		silent = 0
		ordinary_until(0.91)
		plant("odd", "port", 1, 0, "db-1:5433 is healthy")
		ordinary_until(0.96)
		plant("new", "reload", 1, 0, "configuration replaced by operator")
	}
	ordinary_until(1)
}
