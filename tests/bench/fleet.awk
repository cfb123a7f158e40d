# SPDX-License-Identifier: MIT
# Writes the log of a small fleet: a dozen programs, each in a format of its
# own, so many bytes of it; the same on every awk, for the same seed.
#
#   awk -f fleet.awk [-v bytes=1000000] [-v seed=1] [-v truth=FILE]
#
# truth=FILE gets the event of each line, a number: 30 are told apart.

# The minimal standard generator: products stay below 2^53, so every awk agrees.
function random(n) {
	state = (state * 16807) % 2147483647
	return int(state / 2147483647 * n)
}
# A list is split once: its words are list[1] to list[n].
function words(name, text,   i, part) {
	size[name] = split(text, part, " ")
	for (i = 1; i <= size[name]; i++)
		word[name, i] = part[i]
}
function pick(name) {
	return word[name, 1 + random(size[name])]
}
function hex(n,   s) {
	while (n > 0) {
		s = s sprintf("%04x", random(65536))
		n -= 4
	}
	return s
}
function ip() {
	return "10." random(4) "." random(256) "." (1 + random(254))
}
# The time that each form spells, made anew when its second has passed.
function tick(   s, d) {
	s = int(now)
	if (s == shown)
		return
	shown = s
	d = 1 + int(s / 86400) % 30
	clock = sprintf("%02d:%02d:%02d", s / 3600 % 24, s / 60 % 60, s % 60)
	iso = sprintf("2026-11-%02dT%s", d, clock)
	blank = sprintf("2026-11-%02d %s", d, clock)
	syslog = sprintf("Nov %2d %s", d, clock)
	common = sprintf("%02d/Nov/2026:%s +0000", d, clock)
	slash = sprintf("2026/11/%02d %s", d, clock)
}
function milli() { return sprintf("%03d", random(1000)) }
# A line of the program, of one of 7 sorts.
function say(program, k) {
	if (program == 0) { # sshd
		head = syslog " " pick("host") " sshd[" 300 + random(30000) "]: "
		if (k < 4)
			return head "Accepted publickey for " pick("user") \
			    " from " ip() " port " 1024 + random(60000) \
			    " ssh2: ED25519 SHA256:" hex(32)
		if (k == 4)
			return head "Connection closed by " ip() " port " \
			    1024 + random(60000) " [preauth]"
		return head "pam_unix(sshd:session): session " \
		    (k == 5 ? "opened" : "closed") " for user " pick("user")
	}
	if (program == 1) { # an HTTP server
		return ip() " - - [" common "] \"" (k < 5 ? "GET" : "POST") \
		    " /" pick("noun") "/" random(9000) " HTTP/1.1\" " \
		    (k == 4 ? 404 : k < 5 ? 200 : 201) " " random(60000) \
		    " \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:" \
		    90 + random(50) ".0)\""
	}
	if (program == 2) { # JSON
		head = "{\"ts\":\"" iso "." milli() "Z\",\"level\":\""
		tail = ",\"req\":\"" hex(16) "\"}"
		if (k < 5)
			return head "info\",\"msg\":\"request done\",\"ms\":" \
			    random(900) ",\"path\":\"/" pick("noun") "\"" tail
		if (k == 5)
			return head "warn\",\"msg\":\"retry\",\"attempt\":" \
			    1 + random(4) ",\"upstream\":\"" pick("noun") \
			    "\"" tail
		return head "debug\",\"msg\":\"cache hit\",\"key\":\"" \
		    pick("noun") ":" random(90000) "\"" tail
	}
	if (program == 3) { # logfmt
		head = "time=" iso "Z level=info caller=" pick("noun") ".go:" \
		    random(900) " "
		return head (k < 5 ? "msg=\"compacted blocks\" blocks=" \
		    random(30) " duration=" random(900) "ms" : \
		    "msg=\"head truncated\" first=" 1 + random(900000))
	}
	if (program == 4) { # klog
		head = (k == 6 ? "W" : "I") "1125 " clock "." milli() "000 " \
		    "    " 1 + random(9) " "
		pod = pick("noun") "-" hex(8) "-" hex(4)
		if (k < 3)
			return head "kubelet.go:2101] \"Probe succeeded\" " \
			    "pod=\"default/" pod "\""
		if (k < 6)
			return head "reconciler.go:238] operation for volume " \
			    pick("noun") " started, pod " pod
		return head "prober.go:107] \"Probe failed\" pod=\"default/" \
		    pod "\" timeout=" random(30) "s"
	}
	if (program == 5) { # a JVM
		head = blank "," milli() " "
		at = " [pool-" 1 + random(9) "-thread-" 1 + random(40) "] "
		if (k < 5)
			return head "INFO " at "o.e.s.OrderService - Order " \
			    random(900000) " placed by " pick("user")
		if (k == 5)
			return head "DEBUG" at "o.e.s.Pool - " random(20) \
			    " of 20 connections are idle"
		return head "WARN " at "o.e.s.Slow - Query took " random(9000) \
		    " ms: SELECT * FROM " pick("noun")
	}
	if (program == 6) { # kernel
		head = syslog " " pick("host") " kernel: [" \
		    sprintf("%12.6f", now) "] "
		if (k < 4)
			return head "eth" random(4) ": link is up, " \
			    "1000 Mbps, full duplex"
		return head "audit: type=1400 pid=" random(30000) " comm=\"" \
		    pick("noun") "\" denied=0"
	}
	if (program == 7) { # PostgreSQL
		head = blank "." milli() " UTC [" random(30000) "] LOG:  "
		if (k < 4)
			return head "duration: " random(90) "." milli() \
			    " ms  statement: SELECT * FROM " pick("noun") \
			    " WHERE id = " random(100000)
		return head (k < 6 ? "checkpoint starting: time" : \
		    "checkpoint complete: wrote " random(3000) " buffers")
	}
	if (program == 8) { # a container
		head = iso "." milli() "123456Z stdout F "
		return head (k < 5 ? "worker " pick("noun") " took job " \
		    random(900000) : "worker " pick("noun") " is idle")
	}
	if (program == 9) { # mail
		head = syslog " " pick("host") " postfix/smtp[" random(30000) \
		    "]: "
		return head toupper(hex(8)) ": to=<" pick("user") \
		    "@example.org>, relay=mx" random(4) ".example.org[" ip() \
		    "]:25, delay=" random(9) "." random(10) ", status=" \
		    (k < 6 ? "sent (250 OK)" : "deferred (450 busy)")
	}
	if (program == 10) { # a proxy, on an error log
		head = slash " [" (k < 5 ? "notice" : "error") "] " \
		    random(30000) "#0: "
		return head (k < 5 ? "signal 17 (SIGCHLD) received from " \
		    random(30000) : "*" random(900000) " upstream timed out " \
		    "while reading from " ip() ":8080")
	}
	return int(now) "." milli() " " pick("host") " sensor=" pick("noun") \
	    " temp=" 15 + random(20) "." random(10) " battery=" random(101) "%"
}
BEGIN {
	if (!bytes) bytes = 1000000
	state = seed ? seed : 1
	words("host", "web-1 web-2 web-3 db-1 db-2 cache-1 mail gate")
	words("user", "alice bob carol dave erin frank grace heidi ivan judy")
	words("noun", "orders items users carts stock prices invoices audit " \
	    "search media session tokens")
	# Sorts are one event from each of these on, for each program.
	split("0456 045 056 05 036 056 04 046 05 06 05 0", begins, " ")
	now = 3600
	while (done < bytes) {
		now += random(30) / 1000
		tick()
		program = random(12)
		sort = random(7)
		line = say(program, sort)
		print line
		if (truth) {
			while (!index(begins[program + 1], sort))
				sort--
			print program * 16 + sort >truth
		}
		done += length(line) + 1
	}
}
