/* SPDX-License-Identifier: MIT
 * lib/stream/redact and base/sha256: what must not leave does not. */
#include "tap.h"

#include "base/sha256.h"
#include "headwater.h"

static struct hw_view view(const char *s)
{
	return (struct hw_view){(const unsigned char *)s, strlen(s)};
}

static const char *hex(const unsigned char *p)
{
	static char text[2 * HW_SHA256_SIZE + 1];

	for (int i = 0; i < HW_SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return text;
}

/* The vectors of FIPS 180-4's examples and of RFC 4231. */
static void vectors(void)
{
	static const char long_text[] = "abcdbcdecdefdefgefghfghighijhijkijkl"
	    "jklmklmnlmnomnopnopq";
	unsigned char h[HW_SHA256_SIZE], key[131], data[50];
	struct hw_hmac mac;

	hw_sha256("", 0, h);
	is_str(hex(h), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca49599"
	    "1b7852b855", "SHA-256 of nothing");
	hw_sha256("abc", 3, h);
	is_str(hex(h), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff"
	    "61f20015ad", "of abc");
	hw_sha256(long_text, 56, h);
	is_str(hex(h), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd"
	    "419db06c1", "of what needs a second block");
	memset(key, 0x0b, 20);
	hw_hmac_init(&mac, key, 20);
	hw_hmac(&mac, "Hi There", 8, h);
	is_str(hex(h), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376"
	    "c2e32cff7", "HMAC, RFC 4231 case 1");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	hw_hmac_init(&mac, key, 20);
	hw_hmac(&mac, data, sizeof(data), h);
	is_str(hex(h), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d963551"
	    "4ced565fe", "case 3");
	hw_hmac_init(&mac, key, sizeof(key));
	hw_hmac(&mac, "Test Using Larger Than Block-Size Key - Hash Key First",
	    54, h);
	is_str(hex(h), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040"
	    "f0ee37f54", "case 6: a long key");
}

static struct hw_redact *opened(const char *key)
{
	struct hw_redact *r = NULL;

	if (hw_redact_open(&r, view(key), NULL, NULL) != HW_OK)
		exit(99);
	return r;
}

static const char *redact(struct hw_redact *r, const char *text)
{
	static char out[4096];
	struct hw_view v;

	if (hw_redact(r, NULL, view(text), &v, NULL) != HW_OK)
		exit(99);
	snprintf(out, sizeof(out), "%.*s", (int)v.n, (const char *)v.p);
	return out;
}

struct row {
	const char *class, *text, *want;
};

static void each(const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hw_redact *r = opened("");

		if (hw_redact_classes(r, row[i].class, "x", NULL) != HW_OK)
			exit(99);
		is_str(redact(r, row[i].text), row[i].want, "%s in: %s",
		    row[i].class, strchr(row[i].text, '\n') != NULL ? "lines" :
		    row[i].text);
		hw_redact_close(r);
	}
}
#define EACH(row) each(row, sizeof(row) / sizeof(row[0]))

static void classes(void)
{
	static const struct row row[] = {
	    {"mail", "to <joe.x+y@mail.example.com>, a@b no",
		"to <<mail>>, a@b no"},
	    {"mail", "to=bob.o'neil@x.com 'a@x.org','b@x.org' b'c@x.org'",
		"to=<mail> '<mail>','<mail>' b'<mail>'"},
	    {"ip", "from 10.2.3.4:80 v1.2.3.4.5 256.1.1.1 1.2.3",
		"from <ip>:80 v1.2.3.4.5 256.1.1.1 1.2.3"},
	    {"ip", "fe80::1 and 2001:db8:0:1:2:3:4:5, at 12:34:56 a::b",
		"<ip> and <ip>, at 12:34:56 <ip>"},
	    {"mac", "00:1A:2b:33:44:55 12:34:56", "<mac> 12:34:56"},
	    {"mac", "00-1A-2B-3C-4D-5E 001a.2b3c.4d5e.", "<mac> <mac>."},
	    {"card", "4111 1111 1111 1111, 4111111111111112, 5555555555554444",
		"<card>, 4111111111111112, <card>"},
	    {"iban", "GB82 WEST 1234 5698 7654 32 DE89370400440532013000 "
		"GB83 WEST 1234 5698 7654 32",
		"<iban> <iban> GB83 WEST 1234 5698 7654 32"},
	    {"password", "password=hunter2 x", "password=<password> x"},
	    {"password", "{\"passwd\": \"a b\", \"api_key\":\"k\"}",
		"{\"passwd\": \"<password>\", \"api_key\":\"<password>\"}"},
	    {"password", "{\"password\":\"a\\\"b\\\\\",\"x\":1}",
		"{\"password\":\"<password>\",\"x\":1}"},
	    {"password", "{'password': 'a\\'b', 'x': 1}",
		"{'password': '<password>', 'x': 1}"},
	    {"password", "\"{\\\"token\\\": \\\"a\\\\\\\"b\\\\\\\\\\\","
		"\\\"x\\\":1}\"",
		"\"{\\\"token\\\": \\\"<password>\\\",\\\"x\\\":1}\""},
	    {"password", "{\\\"token\\\":\\\"\\\"}",
		"{\\\"token\\\":\\\"\\\"}"},
	    {"password", "password=\"open\n", "password=\"<password>\n"},
	    {"password", "Failed password for root from",
		"Failed password for root from"},
	    {"password", "postgres://u:p%40s@db/x http://h/ ssh://u@h",
		"postgres://u:<password>@db/x http://h/ ssh://u@h"},
	    {"password", "Authorization: Bearer abc.def-g",
		"Authorization: Bearer <password>"},
	    {"password", "PASS: 12 tests, bypass=1",
		"PASS: 12 tests, bypass=1"},
	    {"token", "x ghp_0123456789012345678901234567890123 "
		"AKIAIOSFODNN7EXAMPLE AKIAX", "x <token> <token> AKIAX"},
	    {"token", "jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIx.sig_x-",
		"jwt <token>"},
	    {"key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n"
		"-----END RSA PRIVATE KEY-----\nx",
		"-----BEGIN RSA PRIVATE KEY-----\n<key>\n<key>\n"
		"-----END RSA PRIVATE KEY-----\nx"},
	    {"key", "k=\"-----BEGIN PRIVATE KEY-----\\nMIIE\\nab=\\n"
		"-----END PRIVATE KEY-----\\n\"",
		"k=\"-----BEGIN PRIVATE KEY-----<key>"
		"-----END PRIVATE KEY-----\\n\""},
	    {"key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n",
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\n<key>\n"},
	    {"key", "MIIEpAIBAAKCAQEA0123456789012345678901234567890123456789"
		"01234567\n", "<key>\n"},
	    {"user", "/hom" "e/joe/x user=bob Invalid user eve from",
		"/home/<user>/x user=<user> Invalid user <user> from"},
	    {"user", "Accepted publickey for joe from",
		"Accepted publickey for <user> from"},
	    {"user", "User=bob USER=bob \"UserName\":\"bob\" SuperUser=1",
		"User=<user> USER=<user> \"UserName\":\"<user>\" SuperUser=1"},
	    {"all", "joe@x.org 10.0.0.1 pwd=1", "<mail> <ip> pwd=<password>"},
	    {"ip,mail", "joe@x.org 10.0.0.1 pwd=1", "<mail> <ip> pwd=1"},
	    {"mail", "nothing here", "nothing here"},
	};

	EACH(row);
}

/* What stands behind an escape of JSON or of nginx begins there. */
static void escapes(void)
{
	static const struct row row[] = {
	    {"ip", "{\"msg\":\"fail\\n10.1.2.3 x\"}",
		"{\"msg\":\"fail\\n<ip> x\"}"},
	    {"ip", "\\t2001:db8::1 \\\\r10.1.2.3", "\\t<ip> \\\\r<ip>"},
	    {"mac", "\\n00:1a:2b:33:44:55", "\\n<mac>"},
	    {"token", "\\nghp_0123456789012345678901234567890123\\n",
		"\\n<token>\\n"},
	    {"token", "\\u0022AKIAIOSFODNN7EXAMPLE\\u0022",
		"\\u0022<token>\\u0022"},
	    {"token", "\\x22AKIAIOSFODNN7EXAMPLE\\x22",
		"\\x22<token>\\x22"},
	    {"token", "\\neyJhbGciOiJIUzI1.eyJzdWIiOiIx.sig_x-",
		"\\n<token>"},
	    {"iban", "\\nDE89370400440532013000", "\\n<iban>"},
	    {"card", "\\n4111111111111111\\n", "\\n<card>\\n"},
	    {"user", "\\nuser=alice", "\\nuser=<user>"},
	    {"password", "\\npass=hunter2", "\\npass=<password>"},
	    {"mail", "{\"log\":\"mail:\\tbob@example.com\\n\"}",
		"{\"log\":\"mail:\\t<mail>\\n\"}"},
	    {"mail", "\\u003cbob@example.com\\u003e CORP\\alice@x.org",
		"\\u003c<mail>\\u003e CORP\\<mail>"},
	};

	EACH(row);
}

/* Numbers with check digits, and others beside them. */
static void numbers(void)
{
	static const struct row row[] = {
	    {"card", "{\"pan\":4111111111111111,\"exp\":1228}",
		"{\"pan\":<card>,\"exp\":1228}"},
	    {"card", "pan:4111111111111111 17:4111111111111111",
		"pan:<card> 17:<card>"},
	    {"card", "4111111111111111 12/28 cvv 123", "<card> 12/28 cvv 123"},
	    {"card", "4111 1111 1111 1111 12/28", "<card> 12/28"},
	    {"card", "4111 1111 1111 1111 123", "<card> 123"},
	    {"card", "500 4111111111111111 EUR", "500 <card> EUR"},
	    {"card", "2024 4111 1111 1111 1111", "2024 <card>"},
	    {"card", "4111111111111111-5500000000000004", "<card>-<card>"},
	    {"card", "4111-1111-1111-1111, 3782 822463 10005, 30569309025904",
		"<card>, <card>, <card>"},
	    {"card", "9792030394440796 8171999927660000 6304000000000000",
		"<card> <card> <card>"},
	    {"iban", "REF AB12 DE89370400440532013000 EUR 1",
		"REF AB12 <iban> EUR 1"},
	    {"iban", "BE68 5390 0754 7034 EUR5", "<iban> EUR5"},
	};

	EACH(row);
}

/* What stands between a name and its value. */
static void signs(void)
{
	static const struct row row[] = {
	    {"password", "{\"email\"=>\"b\", \"password\"=>\"hunter2\"}",
		"{\"email\"=>\"b\", \"password\"=>\"<password>\"}"},
	    {"password", "password := \"x y\" secret == 'x y' token => x",
		"password := \"<password>\" secret == '<password>' "
		"token => <password>"},
	    {"password", "[password] => x\npassword=(=8s>Kq",
		"[password] => <password>\npassword=(<password>"},
	    {"password", "{'password': b'x y', 'x': 1}",
		"{'password': b'<password>', 'x': 1}"},
	    {"password", "{\"password\":[\"x y\"],\"token\" : [\"a\", \"]\"]}",
		"{\"password\":[\"<password>\"],"
		"\"token\" : [\"<password>\"]}"},
	    {"password", "{\"secrets\":{\"db\":\"x}\",\"k\":{\"a\":[1]}},"
		"\"b\":2}",
		"{\"secrets\":{<password>},\"b\":2}"},
	    {"password", "{\\\"secrets\\\":{\\\"db\\\":\\\"x\\\"},\\\"b\\\":2}",
		"{\\\"secrets\\\":{<password>},\\\"b\\\":2}"},
	    {"password", "passwords=[a, b] secrets={a=b,c=d} token: [cut",
		"passwords=[<password>] secrets={<password>} "
		"token: [<password>"},
	    {"password", "{\"a\":{\"token\":123},\"b\":1} (pwd=ab)c)",
		"{\"a\":{\"token\":<password>},\"b\":1} (pwd=<password>)"},
	    {"password", "{\"m\":\"say \\\"pwd=x\\\" and token=y\"}",
		"{\"m\":\"say \\\"pwd=<password>\\\" and "
		"token=<password>\"}"},
	    {"user", "user=>\"bob\" user := bob {'user': b'bob', 'x': 1}",
		"user=>\"<user>\" user := <user> {'user': b'<user>', 'x': 1}"},
	    {"user", "{\\\"user\\\":\\\"bob\\\"} {\"user\":5} user={\"id\":5}",
		"{\\\"user\\\":\\\"<user>\\\"} {\"user\":<user>} "
		"user={\"id\":5}"},
	};

	EACH(row);
}

/* Passwords with the signs of a URL in them, and strings deep in strings. */
static void places(void)
{
	static const struct row row[] = {
	    {"password", "postgres://bob:hunter2@S3cret@db/x@y",
		"postgres://bob:<password>@db/x@y"},
	    {"password", "amqp://guest:p/w@rabbit ftp://u:a/b@c@h",
		"amqp://guest:<password>@rabbit ftp://u:<password>@h"},
	    {"password", "{\"url\":\"redis:\\/\\/:p'w@h\\/1\"}",
		"{\"url\":\"redis:\\/\\/:<password>@h\\/1\"}"},
	    {"password", "pg://bob@corp:pw@db git+https://u:t@h/o/r.git@v1",
		"pg://bob@corp:<password>@db git+https://u:<password>"
		"@h/o/r.git@v1"},
	    {"password", "http://[::1]:80/@u http://u:1-a/b@h",
		"http://[::1]:80/@u http://u:<password>@h"},
	    {"password", "{\\\\\\\"password\\\\\\\":\\\\\\\"x\\\\\\\\\\\\\\\"y"
		"\\\\\\\",\\\\\\\"b\\\\\\\":1}",
		"{\\\\\\\"password\\\\\\\":\\\\\\\"<password>\\\\\\\","
		"\\\\\\\"b\\\\\\\":1}"},
	    {"password", "\\'pwd\\': \\'x y\\', \\\\\\\"token\\\\\\\":[5]",
		"\\'pwd\\': \\'<password>\\', "
		"\\\\\\\"token\\\\\\\":[<password>]"},
	    {"password", "\\'Authorization\\': \\'Basic x=\\', y",
		"\\'Authorization\\': \\'Basic <password>\\', y"},
	    {"user", "{\\\\\\\"user\\\\\\\":\\\\\\\"bob\\\\\\\"}",
		"{\\\\\\\"user\\\\\\\":\\\\\\\"<user>\\\\\\\"}"},
	    {"password", "{\\\\\\\"Authorization\\\\\\\":\\\\\\\"Basic "
		"x=\\\\\\\"}",
		"{\\\\\\\"Authorization\\\\\\\":\\\\\\\"Basic "
		"<password>\\\\\\\"}"},
	};

	EACH(row);
}

/* Authorization, with whatever scheme. */
static void authorization(void)
{
	static const struct row row[] = {
	    {"password", "Authorization: Negotiate YIIab/c== for x",
		"Authorization: Negotiate <password> for x"},
	    {"password", "Authorization: ApiKey hunter2\r\nHost: h\r\n",
		"Authorization: ApiKey <password>\r\nHost: h\r\n"},
	    {"password", "Authorization: Foo hunter2 HTTP/1.1",
		"Authorization: <password> HTTP/1.1"},
	    {"password", "-H \"Authorization: Foo-Bar hunter2\" http://h/",
		"-H \"Authorization: <password>\" http://h/"},
	    {"password", "Authorization: Digest username=\"bob\", "
		"uri=\"/a b\", response=\"6629fa\"\nHost: h",
		"Authorization: <password>\nHost: h"},
	    {"password", "{\"m\":\"Authorization: Digest username=\\\"bob\\\", "
		"response=\\\"66\\\"\\r\\nHost: h\"}",
		"{\"m\":\"Authorization: <password>\\r\\nHost: h\"}"},
	    {"password", "authorization: AWS4-HMAC-SHA256 Credential=AK/us/s3,"
		" SignedHeaders=host;date, Signature=fe5f, accept: */*",
		"authorization: <password>, accept: */*"},
	    {"password", "{\"Authorization\":[\"Bearer x y\"],\"b\":1}",
		"{\"Authorization\":[\"Bearer <password>\"],\"b\":1}"},
	    {"password", "{\"authorization\":\"Digest a=\\\"x\\\", b=y\","
		"\"c\":1}",
		"{\"authorization\":\"<password>\",\"c\":1}"},
	    {"password", "{\\\"Authorization\\\":\\\"Bearer x y\\\","
		"\\\"b\\\":1}",
		"{\\\"Authorization\\\":\\\"Bearer <password>\\\","
		"\\\"b\\\":1}"},
	    {"password", "map[Authorization:[Bearer abc.d] Accept:[*/*]]",
		"map[Authorization:[Bearer <password>] Accept:[*/*]]"},
	    {"password", "\"HTTP_AUTHORIZATION\"=>\"Basic Ym9i=\", 'x'",
		"\"HTTP_AUTHORIZATION\"=>\"Basic <password>\", 'x'"},
	    {"password", "HTTP_AUTHORIZATION=Basic Ym9iOmh1bnRlcjI= n=1",
		"HTTP_AUTHORIZATION=Basic <password> n=1"},
	    {"password", "AUTHORIZATION: Bearer xyz authorization=abcd "
		"user=bob",
		"AUTHORIZATION: Bearer <password> "
		"authorization=<password> user=bob"},
	    {"password", "proxy-authorization: Token token=\"ab\", "
		"nonce=\"c\"; x",
		"proxy-authorization: Token <password>; x"},
	};

	EACH(row);
}

/* Ordinary lines stay as they are. */
static void kept(void)
{
	static const char *const line[] = {
	    "n10.1.2.3 u002210.1.2.3 \\p10.1.2.3 \\u00g210.1.2.3",
	    "C:\\temp\\new\\report.txt \\\\host\\share",
	    "password=\"\" secret: {} tokens=[] user => {} \"token\":[\"\"]",
	    "authorization: no (off) authorization required for /, see x",
	    "git+ssh://git@h:o/r.git@v1 http://h:80/@u http:\\/\\/h:80\\/@u",
	    "{\"u\":\"http://a:80\",\"to\":\"x@y\"} ['http://a:80','x@y']",
	    "backup-26-11-30-16-37-53 a1-b2-c3-d4-e5-f6-07 2026.1130.1637",
	    "v 1.2abc.3def.4567 1234.abcd.5678.9 2026.11ab",
	    "joe : TTY=pts/0 ; PWD=/srv/a b ; USER= ; COMMAND=/bin/ls",
	    "[auth-token]: refreshed [user]: logged in",
	    "if (token >= 3 && user != 0) return password;",
	    /* Right by their last digit, but times, fractions, hashes. */
	    "{\"ms\":1772532000125,\"us\":1772532000123451}",
	    "{\"ns\":1772532000123456782}",
	    "-4111111111111111 0.4111111111111111 {\"h\":-4111111111111111}",
	    "cpu 46 5390 4111 1111 111 1111 11 4111 1111 1 1111 11 1111",
	};

	for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
		struct hw_redact *r = opened("");

		if (hw_redact_classes(r, "all", "x", NULL) != HW_OK)
			exit(99);
		is_str(redact(r, line[i]), line[i], "kept: %s", line[i]);
		hw_redact_close(r);
	}
}

static void keys(void)
{
	struct hw_redact *a = opened("0123456789abcdef"),
	    *b = opened("0123456789abcdeg");
	char one[64], two[64];

	if (hw_redact_classes(a, "mail", "x", NULL) != HW_OK ||
	    hw_redact_classes(b, "mail", "x", NULL) != HW_OK)
		exit(99);
	snprintf(one, sizeof(one), "%s", redact(a, "joe@x.org"));
	is_int(strlen(one), strlen("<mail:001122334455>"),
	    "with a key there is a hash: %s", one);
	is_str(redact(a, "joe@x.org"), one, "equal values stay equal");
	snprintf(two, sizeof(two), "%s", redact(a, "joe@x.com"));
	ok(strcmp(one, two) != 0, "others differ");
	snprintf(two, sizeof(two), "%s", redact(b, "joe@x.org"));
	ok(strcmp(one, two) != 0, "and so does another key");
	hw_redact_close(a);
	hw_redact_close(b);
}

/* Line after line of a source; how many of n are hidden. */
static int hidden(struct hw_redact *r, struct hw_redact_at *at,
    const char *line, int n)
{
	int count = 0;

	while (n-- > 0) {
		struct hw_view v;

		if (hw_redact(r, at, view(line), &v, NULL) != HW_OK)
			exit(99);
		count += v.n == 6 && memcmp(v.p, "<key>\n", 6) == 0;
	}
	return count;
}

/* The lines of a key, where each is a record. */
static void key_lines(void)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----\n",
	    end[] = "-----END PRIVATE KEY-----\n",
	    long_line[] = "Nov 1 user=a: MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBK\n";
	struct hw_redact *r = opened("");
	struct hw_redact_at at = {0, 0}, other = {0, 0};

	if (hw_redact_classes(r, "user,key,all", "x", NULL) != HW_OK)
		exit(99);
	is_int(hidden(r, &at, begin, 1), 0, "a key begins");
	is_int(hidden(r, &at, long_line, 1), 1,
	    "its line goes as a whole, whatever rule comes first");
	is_int(hidden(r, &other, "x\n", 1), 0, "other sources are not of it");
	is_int(hidden(r, NULL, "x\n", 1), 0, "nor are names");
	is_int(hidden(r, &at, "x\n", 15), 15, "but what is among its lines");
	is_int(hidden(r, &at, long_line, 99), 99, "it goes on");
	is_int(hidden(r, &at, end, 1), 0, "and ends");
	is_int(hidden(r, &at, "x\n", 9), 0, "what follows stays");
	hidden(r, &at, begin, 1);
	hidden(r, &at, long_line, 1);
	is_int(hidden(r, &at, "x\n", 99), 16,
	    "without an end it ends where nothing looks like it");
	hidden(r, &at, begin, 1);
	is_int(hidden(r, &at, "/an/endless/list/of/paths\n", 999), 256,
	    "or where no key is so long");
	hidden(r, &at, begin, 1);
	hidden(r, &at, "x\n", 15);
	is_int(hidden(r, &at, begin, 1) + hidden(r, &at, "x\n", 99), 1 + 16,
	    "unless another begins");
	hw_redact_close(r);
}

static enum hw_status rules(struct hw_redact *r, const char *text,
    struct hw_err *e)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	return hw_redact_rules(r, copy, "rules", e);
}

static void own_rules(void)
{
	static const char *const bad[][2] = {
	    {"name\n", "rules:1: not a name and a pattern"},
	    {"\n# x\nA b\n", "rules:3: a name is a-z 0-9 _ -, at most 32"},
	    {"a (", "rules:1: missing closing parenthesis at character 2"},
	    {"a b\nuse mail,no\n", "rules:2: 'no' is no class (all, key, "
		"password, token, mail, iban, card, mac, ip, user)"},
	};
	struct hw_redact *r = opened("");
	struct hw_err e = {0};
	const char *name = "";
	uint64_t n = 0;

	is_int(rules(r, "# mine\n\nhost [a-z]+\\.corp\r\nid id=\\K\\d+\n"
	    "use mail\n", &e), HW_OK, "rules of one's own%s", e.msg);
	is_str(redact(r, "db.corp id=17 joe@db.corp id="),
	    "<host> id=<id> joe@<host> id=", "earlier rules win");
	is_str(redact(r, "joe@x.org id=1"), "<mail> id=<id>", "all apply");
	ok(hw_redact_count(r, 0, &name, &n) && n == 2 &&
	    strcmp(name, "host") == 0, "and are counted");
	ok(!hw_redact_count(r, 3, &name, &n), "no more than there are");
	hw_redact_close(r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = opened("");
		e = (struct hw_err){0};
		is_int(rules(r, bad[i][0], &e), HW_USAGE, "bad rules %zu", i);
		is_str(e.msg, bad[i][1], "say what and where");
		hw_redact_close(r);
	}
}

static void closed(void)
{
	struct hw_redact *r = opened("");
	const char *name = "";
	char text[8200];
	uint64_t n = 0;

	if (rules(r, "x ^(a+)+$\n", NULL) != HW_OK)
		exit(99);
	is_str(redact(r, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n"),
	    "<hidden: 39 bytes>\n",
	    "a record whose search gives up is hidden as a whole");
	ok(hw_redact_count(r, 1, &name, &n) && n == 1 &&
	    strcmp(name, "hidden") == 0, "and counted");
	hw_redact_close(r);
	r = opened("");
	if (rules(r, "x a\n", NULL) != HW_OK)
		exit(99);
	memset(text, 'a', 1025);
	text[1025] = '\0';
	is_str(redact(r, text), "<hidden: 1025 bytes>",
	    "so is one with too much to replace");
	hw_redact_close(r);
}

static void memory(void)
{
	struct tap_alloc counts = {0};
	struct hw_alloc a = {tap_alloc_get, tap_alloc_put, &counts};
	enum hw_status st = HW_NOMEM;
	struct hw_view v;
	long n;

	for (n = 1; st == HW_NOMEM && counts.live == 0; n++) {
		struct hw_redact *r = NULL;

		counts = (struct tap_alloc){.fail_at = n};
		st = hw_redact_open(&r, view(""), &a, NULL);
		if (st == HW_OK)
			st = hw_redact_classes(r, "mail", "x", NULL);
		if (st == HW_OK)
			st = rules(r, "x y\n", NULL);
		if (st == HW_OK)
			st = hw_redact(r, NULL, view("y joe@x.org"), &v, NULL);
		hw_redact_close(r);
	}
	is_int(st, HW_OK, "each of %ld allocations may fail", n - 2);
	is_int(counts.live, 0, "and nothing leaks");
}

int main(void)
{
	vectors();
	classes();
	escapes();
	numbers();
	signs();
	places();
	authorization();
	kept();
	keys();
	key_lines();
	own_rules();
	closed();
	memory();
	return tap_done();
}
