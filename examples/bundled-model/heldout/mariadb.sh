#!/bin/sh
# SPDX-License-Identifier: MIT
# MariaDB behind a small shop: the log of slow queries, and after it the error
# log with warnings, deadlocks, aborted connections, crashes and restarts.
export HOST=db2
export RATE=5
. "$(dirname "$0")/lab.sh"

mkdir -p /srv/my /run/mysqld /var/log/mysql
chown mysql /srv/my /run/mysqld /var/log/mysql
cat >/etc/mysql/my.cnf <<'EOF'
[mysqld]
datadir = /srv/my
user = mysql
socket = /run/mysqld/mysqld.sock
pid-file = /run/mysqld/mysqld.pid
bind-address = 0.0.0.0
skip-name-resolve
log_error = /var/log/mysql/error.log
log_warnings = 9
slow_query_log = 1
slow_query_log_file = /var/log/mysql/slow.log
long_query_time = 0.03
log_slow_verbosity = query_plan
innodb_print_all_deadlocks = 1
innodb_lock_wait_timeout = 4
innodb_buffer_pool_size = 24M
innodb_log_file_size = 8M
innodb_flush_log_at_trx_commit = 0
max_connections = 14
max_allowed_packet = 64K
wait_timeout = 6
interactive_timeout = 6
max_statement_time = 8
performance_schema = off
EOF
mariadb-install-db --skip-test-db --datadir=/srv/my --user=mysql >/dev/null
mariadbd &
until mariadb -e 'select 1' >/dev/null 2>&1; do sleep 0.2; done
mariadb <<'EOF'
create database shop; create database billing;
create user app@'%' identified by 'right';
create user report@'10.20.3.%' identified by 'right';
grant all on shop.* to app@'%'; grant select on billing.* to report@'10.20.3.%';
use shop;
create table customers (id int primary key auto_increment, name varchar(40)
  unique, balance decimal(8,2) unsigned default 0);
create table orders (id int primary key auto_increment, customer int, item
  varchar(40), amount int, placed timestamp default current_timestamp,
  foreign key (customer) references customers(id));
create table notes (id int primary key auto_increment, body text) engine=myisam;
insert into customers(name) select concat('customer ', seq) from seq_1_to_2000;
insert into orders(customer, item, amount)
  select 1 + seq % 2000, concat('item ', seq % 90), 1 + seq % 7
  from seq_1_to_20000;
EOF
(
	for i in 1 2 3 4 5 6 7 8; do
		sleep 38
		if [ $((i % 2)) -eq 0 ]; then
			kill -9 "$(cat /run/mysqld/mysqld.pid)"
		else
			mariadb-admin shutdown
		fi
		sleep 1
		mariadbd &
	done
) >/dev/null 2>&1 &

load <<'EOF'
import subprocess
from people import *

def n(high=2000):
    return rng.randrange(1, high)

def statement():
    return rng.choice((
        lambda: f"select * from orders where item like '%{n(90)}%' order by"
                f" placed, amount desc limit {n(90)}",
        lambda: f"select name, sum(amount) from customers c join orders o on"
                f" o.customer = c.id where o.amount > {n(7)} group by name"
                f" order by 2 desc limit {n(20)}",
        lambda: f"begin; update customers set balance = balance + 1 where id ="
                f" {n(4)}; select sleep(0.{n(9)}); update customers set balance"
                f" = balance + 2 where id = {n(5)}; commit",
        lambda: f"begin; update customers set balance = balance + 1 where id ="
                f" {n(4)}; select sleep(0.{n(9)}); update customers set balance"
                f" = balance + 2 where id = {n(5)}; commit",
        lambda: f"begin; update customers set balance = balance + 1 where id ="
                f" {n(4)}; select sleep(0.{n(9)}); update customers set balance"
                f" = balance + 2 where id = {n(5)}; commit",
        lambda: f"begin; update orders set amount = amount + 1 where customer ="
                f" {n(4)}; select sleep(0.{n(9)}); update customers set name ="
                f" '{words(2)}' where id = {n(4)}; commit",
        lambda: f"select sleep(0.0{n(9)})",
        lambda: f"select sleep({n(4)})",
        lambda: f"select count(*) from orders a join orders b using (item)"
                f" where a.id < {n(9000)}",
        lambda: f"insert into orders(customer, item, amount) values ({n(2400)},"
                f" '{words(2)}', {n(9)})",
        lambda: f"insert into customers(name) values ('customer {n(3000)}')",
        lambda: f"select {words(1)} from {words(1)}",
        lambda: f"insert into notes(body) values (repeat('{words(1)} ', "
                f"{n(20000)}))",
        lambda: f"select * from notes where body like '%{words(1)}%'",
        lambda: f"update customers set balance = balance - {n(50)}",
        lambda: f"delete from orders where item = '{words(2)}'",
        lambda: f"insert into notes(body) values ('{'x' * n(90000)}')",
        lambda: f"create table if not exists {pick(WORDS)} (id int)",
        lambda: f"drop table if exists {pick(WORDS)}",
        lambda: f"alter table notes add column {words(1)} int",
        lambda: "optimize table notes"))()

def session():
    user, base = rng.choice((("app", "shop"), ("app", "shop"),
        ("app", "shop"), ("app", "shop"), ("report", "billing"),
        (rng.choice(STRANGERS + ["app"] * 9),
         rng.choice(("shop", "shop", "billing")))))
    work = ";\n".join(statement() for _ in range(rng.choice((1, 2, 4, 7))))
    client = subprocess.Popen(["mariadb", "-f", "-h", address(), "-u", user,
        "-p" + rng.choice(("right",) * 25 + ("wrong",)), base],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True)
    try:
        client.stdin.write(work + ";\n")
        client.stdin.flush()
        if rng.random() < 0.15:
            time.sleep(3)
        client.communicate("", timeout=9 if rng.random() < 0.9 else 0.2)
    except (subprocess.TimeoutExpired, ValueError):
        client.kill()
        client.wait()

def probe():
    c = connect(3306, 3)
    c.recv(200)
    if rng.random() < 0.6:
        c.sendall(rng.choice((b"GET / HTTP/1.0\r\n\r\n", b"\x01\0\0\1\x85")))
    pause(0.3)
    c.close()

crowd(*[session] * 10, probe, rest=0.05)
EOF
mariadb-admin shutdown || true
sleep 2
cat /var/log/mysql/slow.log /var/log/mysql/error.log >"$out"
