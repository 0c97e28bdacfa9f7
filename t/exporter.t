#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch status for other programs: they are told whatever happens, in their own words'
. "${0%/*}/lib.sh"

INSTANCES=/accounts/$ACCOUNT/ai-search/namespaces/default/instances
NOWHERE=http://127.0.0.1:9/client/v4
FORMATS='prometheus influx graphite zabbix'

# tells_up 0|1 [FILE]: the file (default: out) has that, in whichever of the formats
tells_up () {
	grep -q -e "type=\"up\",.* $1\$" -e " bool_up=$1[, ]" -e "account.bool-up $1 [0-9]*\$" \
		-e "aisearch.account.bool\[up\] $1\$" "${2-out}" && return 0
	echo "not up $1:" && cat "${2-out}"
	return 1
}
# down CODE OPTIONS: each format says up 0 and nothing of an instance; nagios UNKNOWN
down () {
	wanted=$1
	shift
	for format in $FORMATS; do
		expect_exit "$wanted" ai status "$@" --format $format && tells_up 0 && says "^aisearch: status: " &&
		! grep -q idle- out || { cat out err; return 1; }
	done
	expect_exit 3 ai status "$@" --format nagios && grep -q "^AISEARCH UNKNOWN - " out && test "$(wc -l <out)" = 1
}

test_expect_success 'setup: an emulator with three instances, and a vault with the manager token' '
	start_emulator --instances 3 --fault "GET *idle-00002/stats status=404/7002" \
		--fault "GET *namespaces/edge404/* status=404/7063" --fault "GET *namespaces/route/* status=404/7003" \
		--fault "GET *namespaces/refuse/* status=401" --fault "GET *namespaces/edge/* html" \
		--fault "GET *namespaces/mute/* hang" --fault "GET *namespaces/gone/* drop" &&
	CLOUDFLARE_API_BASE_URL=$API && export CLOUDFLARE_API_BASE_URL &&
	aisearch login --role manager --account $ACCOUNT <manager.token &&
	ai status --format prometheus && tells_up 1
'

# --- whatever the reason ---------------------------------------------------------

test_expect_success 'refused, an edge without API, no connection: up 0, and the reason on stderr' '
	down 1 -n refuse && down 1 -n edge --timeout 2 && down 1 -n gone --timeout 2 && down 1 --url $NOWHERE --account $ACCOUNT &&
	down 1 --url https://127.0.0.1:9/client/v4 --ca-cert no-such-file --account $ACCOUNT
'
test_expect_success 'no answer until --timeout: up 0, exit 3' 'down 3 -n mute --timeout 1'
test_expect_success 'one instance likewise' '
	down 1 idle-00001 -n refuse && down 1 idle-00001 -n gone --timeout 2 &&
	down 3 idle-00001 -n mute --timeout 1
'
test_expect_success 'an instance that is not there: up 1, nothing of it, exit 1' '
	for format in $FORMATS; do
		expect_exit 1 ai status no-such --format $format && tells_up 1 && says "HTTP 404, code 7002" && ! grep -q no-such out &&
		expect_exit 1 ai status idle-00002 -f $format -o text.new && tells_up 1 text.new && ! grep -q idle- text.new || return 1
	done &&
	expect_exit 3 ai status no-such --format nagios && grep -q "^AISEARCH UNKNOWN - .*404" out &&
	expect_exit 1 ai status no-such && test ! -s out &&
	for namespace in edge404 route; do
		expect_exit 1 ai status no-such -n $namespace -f influx && tells_up 0 || return 1
	done
'
test_expect_success 'no manager token, no account, no vault, no HOME: up 0' '
	down 1 --account 00000000000000000000000000000001 && down 1 --account $ACCOUNT --vault other.db &&
	down 2 --vault other.db && grep -q "which account" out &&
	(unset HOME XDG_DATA_HOME && down 2 && down 2 --account $ACCOUNT) &&
	expect_exit 2 ai status --format graphite --vault other.db && grep -q "^aisearch\.unknown\.default\.account\.bool-up 0 " out
'
test_expect_success '--timeout: the reason is the last failure, not that there is no more time to try' '
	for timeout in 1 2 3; do
		expect_exit 1 ai status -n edge --timeout $timeout && says "listing instances: HTTP 502" || return 1
		expect_exit 1 ai status -n gone --timeout $timeout && says "listing instances: the connection was cut off" || return 1
		expect_exit 1 ai status idle-00001 -n edge --timeout $timeout && says "HTTP 502" || return 1
	done &&
	expect_exit 1 ai status -n edge --budget 1 && says "listing instances: HTTP 502" &&
	expect_exit 3 ai status -n mute --timeout 1 && says "listing instances: no complete answer" &&
	expect_exit 3 ai status --complete --rate 1 --timeout 1 && says "3 of 3 instances were not asked"
'
test_expect_success 'a vault whose key is away: up 0' '
	cp -R data keyless && rm keyless/aisearch/vault.db.key && down 1 --vault keyless/aisearch/vault.db --account $ACCOUNT
'
printf 'correct horse battery staple\n' >pass
if cp -R data locked && aisearch vault passphrase --vault locked/aisearch/vault.db <pass >passphrase.out 2>&1 &&
   aisearch vault lock --vault locked/aisearch/vault.db >/dev/null 2>&1; then
	test_expect_success 'a locked vault: up 0' 'down 1 --vault locked/aisearch/vault.db --account $ACCOUNT && grep -q "is locked" out'
else
	test_skip 'a locked vault: up 0' "$(head -n 1 passphrase.out)"
fi
# --- the formats' own rules ----------------------------------------------------------

# valid FORMAT FILE: each line by the rules of who reads it, and none is told twice
cat >valid.pl <<'EOF'
use strict;
my ($format, %seen) = shift;
my $float = qr/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/;
my $esc = qr/(?:[^\\,= \t\n\r]|\\[,= ])+/;
sub influx {	# measurement,tag=value field=value nanoseconds; tags sorted, none empty
	my $value = qr/(?:$float|-?\d+i)/;
	$_[0] =~ /^((?:[^\\, \t]|\\[, ])+)((?:,$esc=$esc)*) ($esc=$value(?:,$esc=$value)*) (\d{19})$/ or return;
	my ($name, $tags, $fields, $time) = ($1, $2, $3, $4);
	my @keys = $tags =~ /,($esc)=$esc/g;
	my @fields = $fields =~ /(?:^|,)($esc)=$value/g;
	my %once = map { $_ => 1 } @fields;
	return "@keys" eq join(" ", sort @keys) && keys %once == @fields && "$name$tags $time";
}
sub graphite {	# no level without a name, no "nan", seconds
	$_[0] =~ /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*) $float \d{10}$/ && $1;
}
sub zabbix {	# "host" key[parameters] value, quoted where it has blanks or quotes
	$_[0] =~ /^"((?:[^"\\]|\\["\\])+)" ([\w.-]+(?:\[[^\[\]" ,]+(?:,[^\[\]" ,]+)*\])?) ($float|"(?:[^"\\]|\\["\\])*")$/ &&
		"$1 $2";
}
my %rule = (influx => \&influx, graphite => \&graphite, zabbix => \&zabbix);
my $lines = 0;
while (my $line = <>) {
	$line =~ s/\n$// or die "$format: no end: $line\n";
	my $what = $rule{$format}->($line) or die "$format: not a line: $line\n";
	$seen{$what}++ and die "$format: twice: $line\n";
	$lines++;
}
die "$format: nothing\n" unless $lines;
EOF
valid () {
	perl valid.pl "$1" "$2"
}
# refused FORMAT: each line of stdin
refused () {
	while IFS= read -r line; do
		printf "%s\n" "$line" >wrong
		! valid $1 wrong 2>/dev/null || { echo "taken: $line"; return 1; }
	done
}
test_expect_success 'the rules themselves refuse what is wrong' '
	cat >right <<-"END" && valid influx right &&
	m,a=b\,\=\ c x=1,y=2i,z=1.5e-05 1700000000000000000
	END
	refused influx <<-"END" &&
	m,a= x=1 1700000000000000000
	m,a=b c x=1 1700000000000000000
	m,a=b\ x=1 1700000000000000000
	m,b=1,a=2 x=1 1700000000000000000
	m,a=b x=1 1700000000
	m,a=b x=nan 1700000000000000000
	m,a=b x=1,x=2 1700000000000000000
	m,a=b  1700000000000000000
	m,a=b x=1u 1700000000000000000
	m,a=b=c x=1 1700000000000000000
	END
	refused graphite <<-"END" &&
	a..b 1 1700000000
	.a 1 1700000000
	a. 1 1700000000
	a b 1 1700000000
	a nan 1700000000
	a 1 1700000000000
	END
	refused zabbix <<-"END" &&
	h k 1
	"h" k[a,] 1
	"h" k[a b] 1
	"h" k "a"b"
	"" k 1
	"h" k nan
	END
	printf "a.b 1 1700000000\na.b 2 1700000000\n" >wrong && ! valid graphite wrong &&
	printf "m x=1 1700000000000000000" >wrong && ! valid influx wrong
'
test_expect_success 'every line is by the rules: of all, of one, of none, and when nothing was read' '
	for format in influx graphite zabbix; do
		ai status --format $format && valid $format out &&
		ai status idle-00001 --format $format && valid $format out &&
		! ai status no-such --format $format && valid $format out &&
		! ai status --format $format -n refuse && valid $format out &&
		! ai status --format $format --vault other.db && valid $format out || return 1
	done &&
	ai status --format graphite --prefix a-b.c_d && valid graphite out && ! grep -v "^a-b\.c_d\." out &&
	ai status --format zabbix --host "Zabbix server" && valid zabbix out && ! grep -v "^\"Zabbix server\" " out
'
test_expect_success 'zabbix: the discovery is JSON, and its names are those of the keys' '
	ai status --format zabbix && sed -n "s/^\"-\" aisearch.discovery //p" out | jq -r . >lld && test $(wc -l <lld) = 1 &&
	jq -r ".[] | select(keys == [\"{#INSTANCE}\"]) | .[]" lld | sort >discovered &&
	sed -n "s/^\"-\" aisearch.objects\[\(.*\),queued\] .*/\1/p" out | sort >told &&
	test $(wc -l <told) = 2 && diff told discovered
'
test_expect_success 'a prefix with a level without a name is refused, and a host that breaks its quotes' '
	for prefix in . a. .a a..b; do
		expect_exit 2 ai status -f graphite --prefix $prefix && says "level without a name" || return 1
	done &&
	expect_exit 2 ai status -f zabbix --host "a\"b" && says "character" && says "hint: .*_"
'

# --- a file for node_exporter --------------------------------------------------------

test_expect_success '--output: the file is there as a whole, readable by all, and nothing else is printed or left' '
	mkdir text && ai status -f prometheus -o text/aisearch.prom && test ! -s out && test ! -s err && tells_up 1 text/aisearch.prom &&
	test "$(stat -c %a text/aisearch.prom)" = 644 && test "$(ls text)" = aisearch.prom
'
test_expect_success '--output: the old values do not stay, whatever the reason' '
	for options in "-n refuse" "--url $NOWHERE" "-n edge --timeout 2" "--vault other.db" "-n mute --timeout 1" \
		       "idle-00001 -n refuse"; do
		echo "$options" && ai status -f prometheus -o text/aisearch.prom && tells_up 1 text/aisearch.prom &&
		! ai status -f prometheus -o text/aisearch.prom $options && test ! -s out && says "^aisearch: status: " &&
		tells_up 0 text/aisearch.prom && ! grep -q idle- text/aisearch.prom &&
		test "$(stat -c %a text/aisearch.prom)" = 644 && test "$(ls text)" = aisearch.prom || return 1
	done
'
test_expect_success '--output: a timer that gives up and ends it with a signal leaves up 0 too' '
	ai status -f prometheus -o text/aisearch.prom && : >requests.log &&
	spawn aisearch status -n mute -f prometheus -o text/aisearch.prom 2>spawned.err && pid=$SPAWNED &&
	until_true 20 test -s requests.log && kill $pid && { wait $pid; test $? = 1; } && tells_up 0 text/aisearch.prom &&
	test "$(ls text)" = aisearch.prom
'
test_expect_success '--output: a reader never sees a part of it' '
	spawn sh -c "while :; do aisearch status -f prometheus -o text/aisearch.prom; done" && pid=$SPAWNED &&
	ai status -f prometheus -o text/aisearch.prom && lines=$(wc -l <text/aisearch.prom) && n=0 &&
	while [ $n -lt 500 ]; do
		test $(wc -l <text/aisearch.prom) = $lines && n=$((n + 1)) || return 1
	done && stop_process $pid
'
test_expect_success '--output: every format for programs; nagios keeps its exit status' '
	for format in $FORMATS; do
		ai status -f $format -o text/$format && tells_up 1 text/$format || return 1
	done &&
	expect_exit 3 ai status -f nagios -o text/nagios --url $NOWHERE && grep -q "^AISEARCH UNKNOWN" text/nagios
'
test_expect_success '--output: what cannot be written is a failure, and both are told' '
	expect_exit 1 ai status -f influx -o no-folder/x && says "cannot write beside .no-folder/x" &&
	expect_exit 1 ai status -f influx -o no-folder/x -n refuse && says 401 && says "cannot write beside" &&
	expect_exit 2 ai status -f influx -o /dev/null && says "is no file" && test -c /dev/null &&
	expect_exit 2 ai status -f influx -o text && says "is no file" &&
	expect_exit 2 ai status -o x && says "not with table" && expect_exit 2 ai status --json -o x && says "not with json" &&
	expect_exit 2 ai status --watch -f influx -o x && says "not with --watch" && test ! -e x
'

# --- the API is gone in the middle -------------------------------------------------

test_expect_success '--timeout: what was read is shown, though another try of one would come too late' '
	stop_process $EMULATOR_PID && start_emulator --instances 3 --latency 150 --fault "GET *idle-00003/stats status=503" &&
	CLOUDFLARE_API_BASE_URL=$API && aisearch login --role manager --account $ACCOUNT <manager.token &&
	expect_exit 1 ai status --account $ACCOUNT --timeout 1 && says "stats of .idle-00003.*503" &&
	grep -q "^idle-00001 .*100%" out
'
test_expect_success '--wait that fails in the middle: up 0' '
	make_corpus site 900 && stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" --pace 20 && CLOUDFLARE_API_BASE_URL=$API &&
	aisearch login --role manager --account $ACCOUNT <manager.token && : >requests.log &&
	api POST "$INSTANCES" -H "Content-Type: application/json" \
		-d "{\"id\":\"docs\",\"type\":\"web-crawler\",\"source\":\"example.com\"}" >/dev/null &&
	spawn aisearch status --account $ACCOUNT --wait -f influx -o text/wait 2>spawned.err && pid=$SPAWNED &&
	until_true 20 grep -q docs/stats requests.log && echo no-such-token-no-such-token-no-such-token >other.token &&
	chmod 600 other.token && stop_process $EMULATOR_PID &&
	start_emulator --port $PORT --manager-token-file other.token &&
	{ wait $pid; test $? = 1; } && tells_up 0 text/wait && grep -q 401 spawned.err
'

test_expect_success 'no secret in any output' '
	keeps_secret everything requests.log text/* && ! grep -qaF -f manager.token everything requests.log text/*
'
test_done
