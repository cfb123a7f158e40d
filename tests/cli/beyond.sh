#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/beyond, each with its real server where that is installed: a message
# goes in at one end, a digest of it comes out at the other.
. "${srcdir:-.}/tests/tap.sh"

command -v headwater >/dev/null || skip_all "headwater is not built"
beyond=$srcdir/examples/beyond
limit='timeout -k 1 40'
PATH=$PATH:/usr/sbin:/sbin
have() {
	for p; do
		command -v "$p" >/dev/null && continue
		skip "$p is not installed"
		return 1
	done
}
awk 'BEGIN { for (i = 1; i <= 60; i++) print "request " i " took " i "ms"
	print "ERROR disk is on fire" }' >log
# A port of our own, of those that nobody asks for.
port=$((20000 + $$ % 10000))

if have parallel; then
	for n in 1 2 'a b'; do gzip -c log >"$n.gz"; done
	HOME=$T $limit sh "$beyond/parallel.sh" 1.gz 2.gz 'a b.gz'
	ok $? "GNU parallel: many archives"
	is "$(grep -l 'on fire' ./*.digest.jsonl | wc -l)" 3 "all are digested"
	echo kept >1.gz.digest.jsonl
	HOME=$T $limit sh "$beyond/parallel.sh" 1.gz
	is "$(cat 1.gz.digest.jsonl)" kept "and what is done is left alone"
fi

printf '%s\n' log log 'a b.gz' >list
: >'a b.gz'
cp log 'a b.gz'
SLURM_ARRAY_TASK_ID=3 sh "$beyond/slurm.sh" list
is "$(grep -c 'on fire' 'a b.gz.digest.jsonl')" 1 \
	"a Slurm task digests its line of the list"

if have mosquitto mosquitto_sub mosquitto_pub; then
	printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >mq.conf
	mosquitto -c mq.conf >mq.log 2>&1 &
	mosquitto=$!
	# Both subscribers are there once what is retained has reached them.
	until mosquitto_pub -p "$port" -t up -r -m yes 2>/dev/null; do
		kill -0 "$mosquitto" || break
	done
	mkfifo digests
	$limit mosquitto_sub -p "$port" -t up -t digests -C 2 >digests &
	exec 6<digests
	read -r line <&6
	mosquitto_pub -p "$port" -t logs -r -m 'the first line'
	MQTT_PORT=$port $limit sh "$beyond/mqtt.sh" 127.0.0.1 logs digests \
		--every 1l -t 1 &
	read -r line <&6
	like "$line" '{*"type":"window"*the first line*' \
		"MQTT: a line in, a digest out"
	kill "$mosquitto" $!
	exec 6<&-
	wait
fi

# kcat is its own broker, for as long as its input is open.
if have kcat; then
	mkfifo open
	kcat -P -b none -X test.mock.num.brokers=1 -t none <open 2>mock &
	kcat=$!
	exec 7>open
	until broker=$(sed -n 's/.*replaced with //p' mock) && [ -n "$broker" ]
	do
		kill -0 "$kcat" || break
	done
	$limit kcat -P -b "$broker" -t logs -l log
	KCAT_OFFSET=beginning $limit sh "$beyond/kafka.sh" "$broker" logs \
		digests --every 20l -t 1 &
	consumer=$!
	until [ "$($limit kcat -q -C -b "$broker" -t digests -o beginning -e |
		grep -c '"type":"window"')" -ge 3 ]; do
		kill -0 "$consumer" || break
	done
	kill "$consumer"
	ok $? "Kafka: digests of a topic go to another, while it goes on"
	kill "$kcat"
	exec 7>&-
	wait
fi

# And a broker that is a folder stands in for it.
mkdir shims
cat >shims/kcat <<'END'
#!/bin/sh
for topic; do
	case $last in -t) break ;; esac
	last=$topic
done
case " $* " in
*" -C "*) exec cat "$topic" ;;
*" -P "*) exec cat >>"$topic" ;;
esac
END
chmod +x shims/kcat
cp log topic
PATH=$T/shims:$PATH $limit sh "$beyond/kafka.sh" broker topic digested \
	--every 1000l -t 1
is "$(grep -c '"type":"window".*on fire' digested)" 1 \
	"Kafka: a topic that ends is digested whole"

if have rsyslogd logger; then
	cp "$beyond/omprog.sh" .
	chmod +x omprog.sh
	{
		echo "global(workDirectory=\"$T\")"
		echo 'module(load="imtcp")'
		printf 'input(type="imtcp" address="127.0.0.1" port="%s")\n' \
			"$port"
		sed "s|/usr/local.*digest|$T/omprog.sh $T/digest --every 61l|" \
			"$beyond/rsyslog.conf"
	} >rs.conf
	: >digest
	$limit rsyslogd -n -f rs.conf -i "$T/rs.pid" >rs.log 2>&1 &
	until logger -n 127.0.0.1 -P "$port" -T --rfc3164 -t app -f log 2>err
	do
		kill -0 $! || break
	done
	$limit tokenize -F digest | detokenize | sed '/on fire/q' >seen
	grep -q 'on fire' seen
	ok $? "rsyslog: omprog, with an answer a message"
	kill "$(cat rs.pid)"
	wait
	grep -iE 'error|fail|suspend' rs.log >complaints
	is "$(cat complaints)" "" "rsyslogd has no complaint"
fi

if have syslog-ng logger; then
	mkdir ng
	sed -e "s|system(); internal();|network(ip(\"127.0.0.1\") \\
		port($((port + 1))) transport(\"tcp\"));|" \
		-e 's|--every 5m|--every 61l -t 1|' \
		-e "s|/var/log/headwater.digest|$T/ng/digest|" \
		"$beyond/syslog-ng.conf" >ng/conf
	: >ng/digest
	$limit syslog-ng -F -f "$T/ng/conf" -R "$T/ng/persist" \
		-p "$T/ng/pid" -c "$T/ng/control" >ng/log 2>&1 &
	until logger -n 127.0.0.1 -P $((port + 1)) -T --rfc3164 -t app -f log \
		2>err
	do
		kill -0 $! || break
	done
	$limit tokenize -F ng/digest | detokenize | sed '/on fire/q' >seen
	grep -q 'on fire' seen
	ok $? "syslog-ng: a program destination"
	kill $!
	wait
fi

if have systemd-analyze; then
	mkdir -p units
	sed -e "s|/usr/local/bin/headwater|$builddir/bin/headwater|" \
		-e '/^Documentation/d' "$beyond/headwater@.service" \
		>units/headwater@.service
	systemd-analyze verify "$T/units/headwater@.service" >out 2>&1
	ok $? "systemd: the unit is good"
	sed 's/^/# /' out
fi
done_testing
