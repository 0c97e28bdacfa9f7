#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch status: many instances within a budget, every format, waiting and watching'
. "${0%/*}/lib.sh"

INSTANCES=/accounts/$ACCOUNT/ai-search/namespaces/default/instances

# asked PATTERN: how many requests of the log match
asked () {
	grep -c -e "$1" requests.log
}
# in_terminal COMMAND: on a pseudo-terminal that types what comes through the FIFO keys
# (descriptor 9 holds it open), shows in typescript, and tells its name in tty.  A shell's
# background jobs have the interrupt ignored: not here.
in_terminal () {
	rm -f tty
	spawn sh -c 'exec env --default-signal=INT,QUIT,TSTP script -qfec "$1" typescript <keys >/dev/null 2>&1' sh "trap : INT; tty >tty.new; mv tty.new tty; $1"
	until_true 20 test -s tty
}
# The one in the terminal ends; one that does not is ended with its terminal.
ended () {
	exec 9>&-
	until_true 20 eval '! grep -q "^State:.[^Z]" "/proc/$SPAWNED/status"' || kill "$SPAWNED"
	wait "$SPAWNED"
}
open_keys () {
	rm -f keys && mkfifo keys && exec 9<>keys && : >typescript
}
# make_instance ID [MEMBERS]: of a website with files
make_instance () {
	api POST "$INSTANCES" -H 'Content-Type: application/json' \
		-d "{\"id\":\"$1\",\"type\":\"web-crawler\",\"source\":\"${2-example.com}\"}" >/dev/null &&
	grep -q '^20[01]' status
}
# settle TEXT: times and ages, which no two runs have in common, as 0
settle () {
	sed "s/$ACCOUNT/ACCOUNT/g; s/ 1[0-9]\{9\}\(000000000\)\{0,1\}\$/ TIME/" "$@" |
		sed 's/\(last_activity_age[^0-9]*\)[0-9][0-9]*/\1AGE/; s/\(next_sync_due[^0-9]*\)[0-9][0-9]*/\1AGE/
		     s/\(data_age[^0-9]*\)[0-9][0-9]*/\1AGE/
		     s/\(type="\(data_age\|last_activity_age\|next_sync_due\)".*} \).*/\1AGE/'
}

test_expect_success 'setup: an emulator with 25 idle instances and files to index' '
	make_corpus site 60 && make_corpus large 900 && make_corpus broken 20 &&
	printf "\377\376\0\1" >broken/bad.txt &&
	start_emulator --instances 25 --site example.com="$PWD/site" --site large.example="$PWD/large" \
		--site broken.example="$PWD/broken" --pace 40 \
		--fault "GET *idle-00007/stats degraded" --fault "GET *idle-00008/stats notjson" \
		--fault "GET *idle-00009/stats status=503*1" --fault "GET *idle-00010/stats drop*1" &&
	CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT &&
	CLOUDFLARE_API_TOKEN=$(cat manager.token) &&
	export CLOUDFLARE_API_BASE_URL CLOUDFLARE_ACCOUNT_ID CLOUDFLARE_API_TOKEN
'

# --- many ------------------------------------------------------------------------

test_expect_success 'all: one list and one request each; a gateway error and a lost answer are got over' '
	: >requests.log && expect_exit 1 ai status && test $(wc -l <out) = 26 &&
	test $(wc -l <err) = 1 && says "stats of .idle-00008.*not JSON" &&
	test "$(asked "instances?")" = 1 && test "$(asked "/stats ")" = 27 &&
	grep -q "^idle-00007 .*degraded  *-  *-" out && grep -q "^idle-00008 .*?  *-  *-" out &&
	grep -q "^idle-00009 .*100%" out && grep -q "^idle-00010 .*100%" out
'

test_expect_success 'more instances than the budget: the list at once, stats for as many as it allows' '
	: >requests.log && ai status --budget 6 && test "$(wc -l <requests.log)" = 6 &&
	test $(wc -l <out) = 26 && test "$(grep -c "ready  *-  *-  *-  *-  *-  *-  *-\$" out)" = 20 &&
	says "20 of 25 instances were not asked.* 6 of the budget.s 6 requests" && says "hint: --complete" &&
	ai status --budget 6 --json && jq -e ".not_asked == 20 and
		([.instances[] | select(.stats == null and .finished == null)] | length) == 20" out &&
	ai status --budget 6 --format nagios >/dev/null; test $? = 3
'

test_expect_success '--complete waits for the budget, up to --timeout' '
	: >requests.log && expect_exit 3 ai status --complete --budget 6 --timeout 2 &&
	test "$(wc -l <requests.log)" = 6 && test $(wc -l <out) = 26 && says "not asked"
'

test_expect_success '--rate: no more than so many in a second' '
	: >requests.log && expect_exit 1 ai status --rate 5 &&
	cut -d" " -f1 requests.log | uniq -c | awk "{ if (\$1 > 10) bad = 1; n++ } END { exit bad || n < 5 }"
'

test_expect_success 'what is left by the word of the API is waited for with --complete' '
	stop_process $EMULATOR_PID && : >requests.log &&
	start_emulator --instances 5 --rate-limit 4/2 && CLOUDFLARE_API_BASE_URL=$API &&
	began=$(date +%s) && ai status --complete && test "$(grep -c 100% out)" = 5 &&
	test $(($(date +%s) - began)) -ge 1 &&
	stop_process $EMULATOR_PID
'

test_expect_success 'a 429 all the same closes the way as long as it says; then the rest is asked' '
	: >requests.log && start_emulator --instances 5 --fault "GET *idle-00003/stats status=429*1" \
		--fault "GET *instances status=429*1" && CLOUDFLARE_API_BASE_URL=$API &&
	ai status && test "$(grep -c 100% out)" = 5 && test "$(asked " 429 ")" = 2 && test ! -s err &&
	stop_process $EMULATOR_PID
'

test_expect_success 'setup: the first emulator again' '
	start_emulator --instances 25 --site example.com="$PWD/site" --site large.example="$PWD/large" \
		--site broken.example="$PWD/broken" --pace 40 \
		--fault "GET *idle-00007/stats degraded" && CLOUDFLARE_API_BASE_URL=$API
'

test_expect_success 'a single instance: two requests, and the same row' '
	: >requests.log && ai status idle-00005 && test "$(wc -l <requests.log)" = 2 &&
	test $(wc -l <out) = 2 && grep "^idle-00005" out >one && ai status && grep "^idle-00005" out | sed "s/  */ /g" >all &&
	sed "s/  */ /g" one | diff - all
'

# --- formats ----------------------------------------------------------------------

test_expect_success 'table: golden' '
	ai status idle-00005 && cat >expected <<-\EOF &&
	INSTANCE    TYPE     STATUS  QUEUED  RUNNING  COMPLETED  ERROR  SKIPPED  OUTDATED  DONE
	idle-00005  builtin  ready        0        0        285      0        0         0  100%
	EOF
	diff expected out
'
test_expect_success 'json: golden, and --json is the same' '
	ai status -f json idle-00005 && cp out formatted && ai status --json idle-00005 && diff formatted out &&
	jq -S "del(.instances[0].stats.last_activity)" out >got && cat >expected <<-EOF &&
	{
	  "account": "$ACCOUNT",
	  "instances": [
	    {
	      "finished": true,
	      "id": "idle-00005",
	      "paused": false,
	      "source": null,
	      "stats": {
	        "completed": 285,
	        "degraded": false,
	        "error": 0,
	        "outdated": 0,
	        "percent_indexed": 100,
	        "percent_processed": 100,
	        "queued": 0,
	        "running": 0,
	        "skipped": 0,
	        "total": 285,
	        "vectors": 0
	      },
	      "status": "ready",
	      "type": "builtin"
	    }
	  ],
	  "namespace": "default",
	  "not_asked": 0
	}
	EOF
	sed "s/100\.0/100/" got | diff expected -
'
test_expect_success 'prometheus: golden' '
	ai status --format prometheus idle-00005 && settle out >got &&
	L="account=\"ACCOUNT\",namespace=\"default\"" && {
		family () {
			printf "# HELP collectd_aisearch_%s AI Search: %s\n# TYPE collectd_aisearch_%s gauge\n" "$1" "$2" "$1"
		}
		value () {
			printf "collectd_aisearch_%s{aisearch=\"idle-00005\",type=\"%s\",%s} %s\n" "$1" "$2" "$L" "$3"
		}
		family objects "items by status"
		for status in queued running; do value objects $status 0; done
		value objects completed 285
		for status in error skipped outdated; do value objects $status 0; done
		family percent "shares of items, in percent"
		value percent processed 100 && value percent indexed 100
		family bool "what is true (1) or not (0)"
		printf "collectd_aisearch_bool{aisearch=\"account.ACCOUNT\",type=\"up\",%s} 1\n" "$L"
		value bool degraded 0 && value bool paused 0 && value bool enabled 1
		family duration_seconds "ages and times that are left"
		for age in data_age last_activity_age next_sync_due; do value duration_seconds $age AGE; done
		family records "vectors in the index"
		value records vectors 0
		family bytes "storage that is used"
		value bytes payload 0 && value bytes metadata 0
		family number "everything else that is counted"
		value number dimensions 1024 && value number r2_objects 0
		value number file_embed_errors 0 && value number index_source_errors 0
	} >expected && diff expected got
'
if command -v promtool >/dev/null 2>&1; then
	test_expect_success 'prometheus: promtool has nothing to say, of one and of all' '
		promtool check metrics <out >complaints 2>&1 && test ! -s complaints &&
		ai status --format prometheus && promtool check metrics <out >complaints 2>&1 &&
		test ! -s complaints && grep -q "type=\"instances_ready\",.* 25\$" out &&
		test "$(grep -c "type=\"completed\"" out)" = 24
	'
else
	test_skip 'prometheus: promtool has nothing to say' 'no promtool here (package prometheus)'
fi
test_expect_success 'influx: golden' '
	ai status --format influx idle-00005 && settle out >got && cat >expected <<-\EOF &&
	aisearch_account,account=ACCOUNT,namespace=default bool_up=1 TIME
	aisearch,account=ACCOUNT,instance=idle-00005,namespace=default objects_queued=0,objects_running=0,objects_completed=285,objects_error=0,objects_skipped=0,objects_outdated=0,percent_processed=100,bool_degraded=0,duration_data_age=AGE,records_vectors=0,count_dimensions=1024,count_r2_objects=0,bytes_payload=0,bytes_metadata=0,count_file_embed_errors=0,count_index_source_errors=0,percent_indexed=100,duration_last_activity_age=AGE,duration_next_sync_due=AGE,bool_paused=0,bool_enabled=1 TIME
	EOF
	diff expected got
'
values='objects queued 0
objects running 0
objects completed 285
objects error 0
objects skipped 0
objects outdated 0
percent processed 100
bool degraded 0
duration data_age AGE
records vectors 0
count dimensions 1024
count r2_objects 0
bytes payload 0
bytes metadata 0
count file_embed_errors 0
count index_source_errors 0
percent indexed 100
duration last_activity_age AGE
duration next_sync_due AGE
bool paused 0
bool enabled 1'
test_expect_success 'graphite: golden, with a prefix' '
	ai status --format graphite idle-00005 --prefix srch.prod && settle out >got &&
	{ echo "srch.prod.account.bool-up 1 TIME" &&
	  echo "$values" | sed "s/^\([a-z]*\) \([a-z0-9_]*\) \(.*\)/srch.prod.instances.idle-00005.\1-\2 \3 TIME/"; } >expected &&
	diff expected got &&
	ai status --format graphite idle-00005 &&
	grep -q "^aisearch.$ACCOUNT.default.instances.idle-00005.objects-queued 0 1[0-9]*\$" out
'
test_expect_success 'zabbix: golden, with a host; discovery of all' '
	ai status --format zabbix idle-00005 --host srch && settle out >got &&
	{ echo "\"srch\" aisearch.account.bool[up] 1" &&
	  echo "$values" | sed "s/^\([a-z]*\) \([a-z0-9_]*\) \(.*\)/\"srch\" aisearch.\1[idle-00005,\2] \3/"; } >expected &&
	diff expected got &&
	ai status --format zabbix && head -n 1 out | sed "s/^\"-\" aisearch.discovery //" |
		jq -r "fromjson | .[] | .[\"{#INSTANCE}\"]" >found && test "$(wc -l <found)" = 25 &&
	grep -qx idle-00025 found
'
test_expect_success 'nagios: 0, 1, 2 and 3, one line each' '
	nagios () {
		wanted=$1
		shift
		expect_exit $wanted ai status --format nagios "$@" && test "$(wc -l <out)" = 1 && cat out
	} &&
	nagios 0 idle-00005 | grep -qx "AISEARCH OK - 1 instance, 100% processed | queued=0;;;0 errors=0;;;0 percent=100%;;;0;100 age=[0-9]*s;;;0 unread=0;;;0" &&
	nagios 1 idle-00005 --warning age=10m | grep -q "^AISEARCH WARNING - age [0-9]*s; .* age=[0-9]*s;599;;0" &&
	nagios 2 idle-00005 --warning age=10m --critical errors=0 | grep -q "^AISEARCH CRITICAL - errors 0, age" &&
	nagios 3 | grep -q "^AISEARCH UNKNOWN - unread 1; 25 instances" &&
	nagios 1 --warning unread=1 && nagios 0 --warning unread=2 &&
	CLOUDFLARE_API_TOKEN=wrong nagios 3 | grep -q "^AISEARCH UNKNOWN - .*401" &&
	(unset CLOUDFLARE_API_TOKEN && nagios 3 | grep -q "^AISEARCH UNKNOWN - .*token") &&
	nagios 3 no-such-thing | grep -q "UNKNOWN.*404"
'
test_expect_success 'an API that is not there: the formats that can say so do, and it is no success' '
	for format in table json prometheus influx graphite zabbix; do
		expect_exit 1 ai status --url http://127.0.0.1:9/client/v4 --format $format &&
		says "^aisearch: status: " && cp out $format.out || return 1
	done &&
	test ! -s table.out && test ! -s json.out && grep -q "type=\"up\".* 0\$" prometheus.out &&
	grep -q " bool_up=0," influx.out && grep -q "account.bool-up 0 " graphite.out &&
	grep -q "bool\[up\] 0\$" zabbix.out && ! grep -q discovery zabbix.out &&
	expect_exit 3 ai status --url http://127.0.0.1:9/client/v4 --format nagios && grep -q UNKNOWN out
'
test_expect_success 'what contradicts itself is refused: exit 2' '
	expect_exit 2 ai status --format xml && says "one of its words" &&
	expect_exit 2 ai status --format influx --json && says "contradict" &&
	expect_exit 2 ai status --wait --watch && says "one of them" &&
	expect_exit 2 ai status --watch --format prometheus && says "not with --watch" &&
	expect_exit 2 ai status --interval 5s && says "for --watch" &&
	expect_exit 2 ai status --warning errors=1 && says "for --format nagios" &&
	expect_exit 2 ai status --format nagios --wait && says "exit status" &&
	expect_exit 2 ai status --format nagios --warning errors && says "warning.*no threshold" && says "hint: .*age=TIME" &&
	expect_exit 2 ai status --format nagios --critical percent=101 && says "critical.*no threshold" &&
	expect_exit 2 ai status --prefix a && says "graphite" && expect_exit 2 ai status --host a && says "zabbix" &&
	expect_exit 2 ai status --format graphite --prefix "a b" && says "character" &&
	expect_exit 2 ai status --budget 0 && expect_exit 2 ai status --rate x
'

# --- waiting ----------------------------------------------------------------------

test_expect_success 'setup: an emulator with two idle instances, and three that are not' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 2 --site example.com="$PWD/site" --site large.example="$PWD/large" \
		--site broken.example="$PWD/broken" --pace 40 && CLOUDFLARE_API_BASE_URL=$API
'
test_expect_success '--wait of all: exit 0, a line as each comes to its end, and one that is over is not asked again' '
	make_instance docs && make_instance site && : >requests.log &&
	ai status --wait --timeout 60 && says "^docs: done, 60 indexed, 0 skipped, 0 with errors\$" &&
	says "^site: done, 60 indexed" && says "[23] of 4 instances" && ! says "^idle-" &&
	test "$(grep -c 100% out)" = 4 && test "$(asked idle-00001/stats)" = 1 &&
	test "$(asked docs/stats)" -ge 2
'
test_expect_success '--wait: 4 when it came to its end and some items have errors, of one and of all' '
	make_instance broken broken.example && expect_exit 4 ai status --wait broken --timeout 60 &&
	expect_exit 4 ai status --wait && grep -q "^broken .* 1  .*100%" out
'
test_expect_success '--wait: 3 when the time is over, and what is known is shown' '
	make_instance large large.example && expect_exit 3 ai status --wait --timeout 2 &&
	says "has not come to its end after 2 s" && grep -q "^large  *web-crawler" out && grep -q "^docs .*100%" out &&
	expect_exit 3 ai status --wait --timeout 1 large --json && jq -e ".instances[0].finished == false" out
'

# --- watching ---------------------------------------------------------------------

TERM=xterm
export TERM
test_expect_success '--watch elsewhere: a line for each that has changed, and a signal ends it with 0' '
	spawn aisearch status --watch --interval 1s >watched 2>watched.err && pid=$SPAWNED &&
	until_true 30 eval "grep -c \" large .* done \" watched | grep -q \"[3-9]\"" &&
	kill $pid && { wait $pid; test $? = 0; } && test ! -s watched.err &&
	test "$(grep -c " docs .* queued 0 .* completed 60 .* done 100%" watched)" = 1 &&
	grep -q "^20[0-9-]*T[0-9:]*Z large [a-z]* queued [0-9]* running [0-9]* completed" watched &&
	! grep -q "$(printf "\033")" watched
'
test_expect_success '--watch --format: one after the other' '
	spawn aisearch status idle-00001 --watch --interval 1s --format influx >watched && pid=$SPAWNED &&
	until_true 20 eval "grep -c ^aisearch, watched | grep -q 2" && kill $pid && wait $pid
'
test_expect_success '--watch goes on when the API is away for a moment, and ends when the token is refused' '
	mainapi=$API &&
	with_others=$EMULATOR_PID && start_emulator --instances 1 && away=$API &&
	spawn aisearch status --url $away --watch --interval 1s >watched 2>watched.err && lines=$SPAWNED &&
	spawn aisearch status --url $away --watch --interval 1s -f influx >fed 2>fed.err && feed=$SPAWNED &&
	until_true 20 grep -q idle-00001 watched && until_true 20 grep -q bool_up=1 fed && stop_process $EMULATOR_PID &&
	until_true 40 grep -q "^aisearch: status: listing instances: .*connect" watched.err && until_true 40 grep -q bool_up=0 fed &&
	start_emulator --port $PORT --instances 2 && until_true 40 grep -q idle-00002 watched &&
	until_true 40 eval "sed \"1,/bool_up=0/d\" fed | grep -q bool_up=1" &&
	test "$(grep -c idle-00001 watched)" = 1 && kill -0 $lines && kill -0 $feed &&
	stop_process $EMULATOR_PID && echo "no$(cat manager.token)" >other.token && chmod 600 other.token &&
	start_emulator --port $PORT --manager-token-file other.token &&
	{ wait $lines; test $? = 1; } && { wait $feed; test $? = 1; } &&
	grep -q 401 watched.err && grep -q 401 fed.err && tail -n 3 fed | grep -q bool_up=0 &&
	stop_process $EMULATOR_PID && EMULATOR_PID=$with_others API=$mainapi &&
	CLOUDFLARE_API_TOKEN=wrong expect_exit 1 ai status --watch && says 401
'

ESC=$(printf '\033')
# pictures: what was drawn, one line of the file each, with / for a line feed
pictures () {
	tr -d "\r" <typescript | tr "\n" "/" | sed "s/$ESC\[H$ESC\[2J/\n/g" | sed 1d
}
drawn () {
	pictures | grep -q -e "$1"
}
test_expect_terminal '--watch on a terminal: redrawn for another size without a request, Ctrl-C puts all back' '
	open_keys && in_terminal "stty cols 120 rows 20; aisearch status --watch --interval 60s; echo CODE \$?; stty -a | grep -o -w -e -*echo; echo END" &&
	until_true 20 drawn "every 60 s" && drawn "^INSTANCE  *TYPE .*DONE/" &&
	grep -q "$ESC\[?1049h" typescript && : >requests.log &&
	stty -F "$(cat tty)" cols 40 rows 5 && until_true 20 drawn "^INSTANCE  [^/]*/[^/]*/and 5 more/" &&
	pictures | tail -n 1 | tr "/" "\n" | sed "s/$ESC\[[0-9?]*[a-zA-Z]//g" >last &&
	test $(wc -l <last) -le 5 && ! grep -q "^.\{41\}" last && test ! -s requests.log &&
	stty -F "$(cat tty)" cols 9 rows 3 && until_true 20 drawn "^IN…  DONE/" && printf "\003" >&9 &&
	until_true 20 grep -q END typescript; ended
	grep -q "$ESC\[?25h$ESC\[?1049lCODE 0" typescript && grep -q "^echo" typescript &&
	! grep -q "^-echo" typescript
'
test_expect_terminal '--watch: a signal that comes upon a line on its way out costs nothing' '
	open_keys && in_terminal "stty cols 120 rows 20; sh -c \"echo \\\$\\\$ >watch.pid; exec aisearch status --watch --interval 60s\"; echo CODE \$?; echo END" &&
	until_true 20 drawn "every 60 s" && pid=$(cat watch.pid) && n=0 &&
	while [ $n -lt 5000 ]; do kill -WINCH $pid && n=$((n + 1)) || return 1; done &&
	printf "\003" >&9 && until_true 20 grep -q END typescript; ended
	grep -q "CODE 0" typescript
'
if command -v dash >/dev/null 2>&1; then
test_expect_terminal '--watch stopped by its key leaves the terminal as it was, and comes back with fg' '
	open_keys && cat >job <<-\EOF &&
	set -m
	aisearch status --watch --interval 60s
	echo STOPPED; stty -a | grep -o -w -e "-*echo"
	fg
	echo CODE $?
	echo END
	EOF
	in_terminal "dash job" && until_true 20 drawn "every 60 s" && printf "\032" >&9 &&
	until_true 20 eval "grep -c \"$ESC\[?1049h\" typescript | grep -q 2 || test \$(grep -o \"$ESC\[?1049h\" typescript | wc -l) = 2" &&
	printf "\003" >&9 && until_true 20 grep -q END typescript; ended
	tr -d "\r\n" <typescript | grep -q "1049l.*STOPPEDecho.*1049h.*1049lCODE 0END"
'
else
	test_skip '--watch stopped by its key' 'no dash here'
fi
test_expect_terminal 'a narrow terminal: neither bar nor table is wider' '
	make_instance huge large.example &&
	for columns in 12 19 30; do
		open_keys && in_terminal "stty cols $columns; aisearch status huge --wait --timeout 2; echo END" &&
		until_true 20 grep -q END typescript && { ended || :; } &&
		sed "1d; /^Script/d" typescript | grep -v "indexing has not" | tr "\r" "\n" |
			sed "s/$ESC\[[0-9?]*[a-zA-Z]//g" >lines &&
		test "$(grep -c "h.* [0-9]*%" lines)" -ge 2 && ! grep "^.\{$((columns + 1))\}" lines || return 1
	done
'
test_expect_terminal 'colours are on a terminal only, and not with NO_COLOR' '
	coloured () {
		open_keys && in_terminal "$1 aisearch status idle-00001; echo END" && until_true 20 grep -q END typescript &&
		ended && grep -q idle-00001 typescript && grep -q "$ESC\[[0-9]*m" typescript
	}
	coloured "" && ! coloured "NO_COLOR=1" && ! coloured "TERM=dumb" &&
	ai status && ! grep -q "$ESC" out
'

test_expect_success 'no secret in any output' '
	keeps_secret everything requests.log watched typescript &&
	! grep -qaF -f manager.token everything requests.log watched typescript
'
test_done
