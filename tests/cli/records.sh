#!/bin/sh
# SPDX-License-Identifier: MIT
# What tokenize makes of lines: one record of several, what others wrapped,
# and what must not leave.
. "${srcdir:-.}/tests/tap.sh"

for p in tokenize detokenize; do
	command -v "$p" >/dev/null || skip_all "$p is not built"
done
limit='timeout -k 1 20'
ids() { tokenize --ids "$@" | grep -vc '^#'; }

# ---- several lines ---------------------------------------------------------
cat >app.log <<'END'
03:00:00 INFO start
03:00:01 ERROR request failed
Traceback (most recent call last):
  File "a.py", line 1, in f
ValueError: x
03:00:02 INFO on
	indented
03:00:03 INFO end, without a newline
END
printf '%s' "$(cat app.log)" >log
is "$(ids log) $(ids --multiline=off log) $(ids --multiline=auto log)" \
	"8 8 4" "--multiline=auto joins what belongs together"
is "$(ids --multiline='^\d\d:' log)" 4 "so does a pattern of first lines"
for how in auto '^\d\d:' ERROR; do
	for max in 16 64k; do
		tokenize --multiline="$how" --max-record="$max" log |
			detokenize | cmp - log
		ok $? "--multiline=$how, records of $max: the exact bytes"
	done
done
dd if=log bs=1 2>/dev/null | tokenize --multiline=auto | detokenize | cmp - log
ok $? "however they arrive"
tokenize --multiline='(' log >out 2>err
is "$?/$(wc -c <out)/$(wc -l <err)" 2/0/1 "no pattern: a usage error"

# A record is not held for ever: the second line is written after the first
# was answered.
mkfifo in got
$limit tokenize --multiline=auto <in | detokenize >got &
exec 5>in 6<got
echo 'first' >&5
read -r line <&6
is "$line" first "a line that may go on is given when nothing follows"
printf 'second ERROR\n  more\n' >&5
read -r line <&6
read -r more <&6
is "$line/$more" "second ERROR/more" "and what has come together is together"
exec 5>&-
cat <&6 >rest
exec 6<&-
wait
mkdir d
: >d/log
$limit sh -c 'echo $$ >pid; exec tokenize -F --multiline=auto d/log' |
	detokenize >got &
exec 6<got
echo first >>d/log
read -r line <&6
is "$line" first "also when a file is followed"
kill "$(cat pid)"
exec 6<&-
wait

# ---- wrapped ----------------------------------------------------------------
echo a >d/a
echo b >d/b
tail -n +1 d/a d/b >both
is "$(tokenize --input=tail both | detokenize)" "$(cat d/a d/b)" \
	"tail's headers are no records"
is "$(tokenize --input=tail -v both 2>&1 >/dev/null |
	sed -n 's/.*source \(.*\)/\1/p' | tr '\n' ' ')" \
	"0: both 1: d/a 2: d/b " "but name sources"
printf '%s\n' '2026-11-25T03:00:00.123456789Z stderr P long ' \
	'2026-11-25T03:00:00.123456790Z stderr F line' >k8s.log
is "$(tokenize --input=cri k8s.log | detokenize)" \
	"2026-11-25T03:00:00.123456789Z long line" "CRI's parts are one line"
printf '%s\n' '2026-11-30T10:00:01.1Z stdout P part1 ' \
	'2026-11-30T10:00:01.2Z stderr P e1 ' \
	'2026-11-30T10:00:01.3Z stdout F part2' \
	'2026-11-30T10:00:01.4Z stderr F e2' >both.log
for how in cri auto; do
	is "$(tokenize --input=$how both.log | detokenize)" \
		"2026-11-30T10:00:01.1Z part1 part2
2026-11-30T10:00:01.2Z e1 e2" "--input=$how: parts are of their stream"
done
is "$(tokenize k8s.log | detokenize)" "$(cat k8s.log)" \
	"without --input nothing is unwrapped"
awk 'BEGIN { printf "{\"log\":\""
	for (i = 0; i < 50000; i++) printf "ab\\t"
	print "end\\n\",\"stream\":\"stdout\",\"time\":\"T\"}" }' >docker.log
tokenize --input=docker --max-record=4k docker.log | detokenize >out
awk 'BEGIN { printf "T "; for (i = 0; i < 50000; i++) printf "ab\t"
	print "end" }' | cmp - out
ok $? "a long line of JSON is unwrapped whole, and comes in parts"
tokenize --input=xml log >out 2>err
is "$?" 2 "an unknown form is a usage error"
tokenize -z --input=cri log >out 2>err
is "$?" 2 "and so is one of records that end with NUL"

# ---- redaction --------------------------------------------------------------
cat >secret.log <<'END'
login joe@example.com from 10.1.2.3 password=hunter2
login ann@example.com from 10.1.2.3
END
is "$(tokenize --redact=mail,ip,password secret.log | detokenize)" \
	"login <mail> from <ip> password=<password>
login <mail> from <ip>" "--redact replaces by class"
cp secret.log joe@example.com
tokenize --redact=all joe@example.com >stream
detokenize --json <stream >json
! grep -qE 'joe|hunter2|10\.1\.2\.3' json
ok $? "nothing of it is in the stream, in names of files either"
grep -q '"redacted: password=1 mail=3 ip=2"' json
ok $? "a note says how much"
echo 0123456789abcdef >key
tokenize --redact=all --redact-key=key secret.log | detokenize >out
is "$(grep -o '<ip:[0-9a-f]*>' out | sort | uniq -c | tr -s ' ' |
	cut -d' ' -f2)" 2 "with a key, equal values stay equal"
is "$(grep -o '<mail:[0-9a-f]*>' out | sort -u | wc -l)" 2 "and others do not"
printf '# rules\nname \\b(joe|ann)\\b\nuse ip\n' >rules
is "$(tokenize --redact=./rules secret.log | detokenize)" \
	"login <name>@example.com from <ip> password=hunter2
login <name>@example.com from <ip>" "rules of one's own"
printf 'name (\n' >rules
for bad in '--redact=rules' '--redact=mail,nope' '--redact-key=key' \
	'--redact=ip --redact-key=rules'; do
	# shellcheck disable=SC2086
	tokenize $bad secret.log >out 2>err
	is "$?/$(wc -c <out)/$(wc -l <err)" 2/0/1 \
		"$bad: a usage error, and nothing leaves"
done
tokenize --redact=no-such-file secret.log >out 2>err
is "$?/$(wc -c <out)" 66/0 "no such file: exit 66"
printf -- '-----BEGIN RSA PRIVATE KEY-----\nsecret\n%s\n' \
	'-----END RSA PRIVATE KEY-----' >pem
! tokenize --multiline='^-----BEGIN' --redact=key pem | detokenize |
	grep -q secret
ok $? "a key of several lines, in a record of several lines"

# ---- private keys over several records -------------------------------------
hidden() { tokenize --redact=key "$@" | detokenize; }
printf '%s\n' x '-----BEGIN PRIVATE KEY-----' \
	MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj \
	cVTHnXc9rozlFm0tOks= '-----END PRIVATE KEY-----' y >pem
is "$(hidden pem)" "x
-----BEGIN PRIVATE KEY-----
<key>
<key>
-----END PRIVATE KEY-----
y" "each line of a key is hidden, the short last one too"
sed 's/$/\r/' pem >crlf
is "$(hidden crlf | od -An -c | tr -d ' \n')" "$(hidden pem | sed 's/$/\r/' |
	od -An -c | tr -d ' \n')" "where lines end with CR LF, too"
tr '\n' '\0' <pem >nul
is "$(hidden -z nul | tr '\0' '\n')" "$(hidden pem)" "and with NUL"
is "$(sed 's/^/Nov  1 20:00:00 host app[7]: /' pem | hidden | sed 's/.*: //')" \
	"x
-----BEGIN PRIVATE KEY-----
<key>
<key>
<key>-----END PRIVATE KEY-----
y" "behind the header of syslog a line is hidden with its header"
is "$(sed '/END/,$d' pem | hidden - secret.log pem | head -n 7)" \
	"x
-----BEGIN PRIVATE KEY-----
<key>
<key>
$(cat secret.log)
x" "a key that does not end does not reach into the next file"
tr '\n' ' ' <pem | sed 's/- /-\\n/g;s/^/{"key":"/;s/$/"}/' >json
is "$(hidden json | grep -c 'MII\|cVTH\|OkS')" 0 "a key in a string of JSON"

if command -v openssl >/dev/null && command -v ssh-keygen >/dev/null; then
	openssl genrsa -traditional -aes128 -passout pass:x 1024 >rsa 2>err ||
		openssl genrsa -aes128 -passout pass:x 1024 >rsa 2>err
	openssl ecparam -name prime256v1 -genkey >ec 2>err
	rm -f ed ed.pub
	ssh-keygen -q -t ed25519 -N '' -f ed
	for k in rsa ec ed; do
		hidden $k >out
		sed '/PRIVATE KEY/d' $k | sed '/EC PARAM/,/EC PARAM/d' |
			grep . >body
		is "$(grep -cxF -f body out)/$(wc -l <out)" \
			"0/$(wc -l <$k)" "a real key: $k"
	done
fi
is "$(printf '{"password":"abc\\"TAIL","x":1}\n' |
	tokenize --redact=password | detokenize)" \
	'{"password":"<password>","x":1}' "a quote within a string of JSON"
done_testing
