#!/bin/sh
# SPDX-License-Identifier: MIT
# PostgreSQL behind a small shop: sessions, slow queries, bad queries, broken
# constraints, deadlocks, timeouts, checkpoints, vacuum, a reload, a crash.
export HOST=db1
. "$(dirname "$0")/lab.sh"

PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
mkdir -p /srv/pg /run/postgresql /var/log/postgresql
chown postgres /srv/pg /run/postgresql /var/log/postgresql
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
as_postgres initdb -D /srv/pg -A trust --no-sync >/dev/null
cat >>/srv/pg/postgresql.conf <<'EOF'
listen_addresses = '*'
fsync = off
max_connections = 24
shared_buffers = 16MB
log_line_prefix = '%m [%p] %q%u@%d '
log_connections = on
log_disconnections = on
log_hostname = off
log_lock_waits = on
deadlock_timeout = 300ms
lock_timeout = 1500ms
statement_timeout = 2500ms
log_min_duration_statement = 40ms
log_checkpoints = on
checkpoint_timeout = 30s
max_wal_size = 32MB
min_wal_size = 32MB
log_autovacuum_min_duration = 0
autovacuum_naptime = 8s
autovacuum_vacuum_threshold = 200
autovacuum_analyze_threshold = 200
log_temp_files = 0
work_mem = 128kB
EOF
cat >/srv/pg/pg_hba.conf <<'EOF'
local all all trust
host shop shop,report 10.20.0.0/16 scram-sha-256
host all app 10.20.0.0/16 trust
EOF
as_postgres postgres -D /srv/pg 2>/var/log/postgresql/postgresql-15-main.log &
wait_port 5432
psql -qU postgres >/dev/null <<'EOF'
create role app login; create role shop login password 'right';
create role report login password 'right';
create database shop owner app; create database billing owner app;
EOF
for base in shop billing; do
	psql -qU app $base <<'EOF'
create table customers (id serial primary key, name text unique, mail text
  check (mail like '%@%'), balance numeric(8,2) default 0);
create table orders (id serial primary key, customer int references customers,
  item text not null, amount int check (amount > 0), placed timestamptz
  default now(), state varchar(10) default 'new');
insert into customers(name, mail, balance)
  select 'customer ' || i, 'c' || i || '@example.org', i
  from generate_series(1, 2000) i;
insert into orders(customer, item, amount)
  select 1 + i % 2000, 'item ' || i % 90, 1 + i % 7
  from generate_series(1, 40000) i;
EOF
done
(
	sleep 50
	echo "work_mem = 256kB
	log_min_duration_statement = 60ms
	shared_buffers = 32MB" >>/srv/pg/postgresql.conf
	kill -HUP "$(head -1 /srv/pg/postmaster.pid)"
	sleep 40
	kill -9 "$(pgrep -f 'postgres: .*idle' | head -1)"
) &

load <<'EOF'
import subprocess
from people import *

def n(high=2000):
    return rng.randrange(1, high)

def statement():
    """One of the things that people and programs ask, right or wrong."""
    return rng.choice((
        lambda: f"select * from orders where customer = {n()} order by placed",
        lambda: f"select name, sum(amount) from customers c join orders o on"
                f" o.customer = c.id where o.id > {n(30000)} group by name"
                f" order by 2 desc limit {n(20)}",
        lambda: f"update customers set balance = balance - {n(90)} where id ="
                f" {n(12)}; select pg_sleep(0.{n(4)}); update customers set"
                f" balance = balance + 5 where id = {n(12)}",
        lambda: f"begin; update customers set balance = 0 where id = {n(4)};"
                f" select pg_sleep(0.{n(5)}); update customers set balance = 1"
                f" where id = {n(4)}; commit",
        lambda: f"select pg_sleep(0.{n(9)})",
        lambda: f"select count(*) from orders a, orders b where a.item ="
                f" b.item and a.id < {n(9000)} and b.amount = {n(8)}",
        lambda: f"insert into orders(customer, item, amount) values ({n(2400)},"
                f" '{words(2)}', {n(9) - 2})",
        lambda: f"insert into customers(name, mail) values ('customer {n(2300)}"
                f"', '{pick(USERS)}{rng.choice('@@@ ')}{rng.choice(DOMAINS)}')",
        lambda: f"select {rng.choice(WORDS)} from {rng.choice(WORDS)}",
        lambda: f"select * form orders where id = {n()}",
        lambda: f"update orders set state = '{words(2)}' where id = {n(40000)}",
        lambda: f"select amount / {n(4) - 1} from orders where id = {n()}",
        lambda: f"select '{words(1)}'::int",
        lambda: f"select * from orders where placed > '{n(2000)}-{n(14)}-01'",
        lambda: "create table " + pick(WORDS) + "(id int)",
        lambda: "drop table " + pick(WORDS),
        lambda: f"insert into orders(customer, item, amount) select {n()},"
                f" '{words(1)}', 1 from generate_series(1, {n(9000)})",
        lambda: f"delete from orders where item = '{rng.choice(WORDS)}'",
        lambda: f"delete from customers where id = {n()}",
        lambda: "select * from orders order by item, placed, amount",
        lambda: f"select {words(1)}({n()}, 'x')",
        lambda: "select pg_advisory_lock(1), pg_sleep(0.5)",
        lambda: "commit; vacuum analyze orders",
        lambda: "checkpoint"))()

def session():
    user, base = rng.choice((("app", "shop"), ("app", "billing"),
        ("shop", "shop"), ("report", "shop"), ("report", "billing"),
        ("app", rng.choice(WORDS)), (rng.choice(STRANGERS), "shop")))
    password = "right" if rng.random() < 0.85 else "wrong"
    work = "\n".join(statement() + ";\n" + (f"select pg_sleep(0.0{n(9)});"
                     if rng.random() < 0.2 else "")
                     for _ in range(rng.choice((1, 2, 4, 8, 14))))
    psql = subprocess.Popen(["psql", "-q", "-d",
        f"host={rng.choice((address(), '/run/postgresql'))} dbname={base}"
        f" user={user} password={password} application_name={pick(WORDS)}"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True)
    try:
        psql.communicate(work, timeout=12 if rng.random() < 0.95 else 0.3)
    except subprocess.TimeoutExpired:
        psql.kill()
        psql.wait()

crowd(*[session] * 6, rest=0.6)
EOF
kill -INT "$(head -1 /srv/pg/postmaster.pid)"
sleep 1
cat /var/log/postgresql/postgresql-15-main.log >"$out"
