#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the plugin in the daemon: beginning, waiting, ending, and years of it'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"

# account NAME [OPTION LINES]
account () {
	name=$1
	shift
	printf '%s\n' "<Account \"$name\">" "AccountId \"$ACCOUNT\"" "TokenFile \"$PWD/manager.token\"" \
		"$@" '</Account>'
}
first_value () {
	ls csv/ci/aisearch-idle-00003/objects-completed-*
}

start_emulator --instances 3 --rate-limit off --rate-limit off

test_expect_success 'the first data is there at once, whatever the interval' '
	account prod "URL \"$API\"" "Interval 3600" | conf &&
	t0=$(date +%s%N) &&
	start_daemon &&
	until_true 20 first_value &&
	echo "after $((($(date +%s%N) - t0) / 1000000)) ms" &&
	is account.prod/bool-up 1 &&
	stop_daemon
'
values () {
	cut -d, -f2 csv/ci/aisearch-account.prod/bool-up-* | sed 1d
}
value_count () {
	[ "$(values | wc -l)" -ge "$1" ]
}
test_expect_success 'each cycle is dispatched once' '
	account prod "URL \"$API\"" | conf &&
	rm -f requests.log &&
	start_daemon &&
	until_true 20 value_count 5 &&
	stop_daemon &&
	cut -d. -f1 csv/ci/aisearch-account.prod/bool-up-* | sed 1d >seconds &&
	cat seconds &&
	n=$(wc -l <seconds) &&
	# never two in a second on average: the cycles are a second apart
	test $(($(tail -n 1 seconds) - $(head -n 1 seconds) + 2)) -ge "$n"
'
test_expect_success 'while a cycle hangs, what is known is told all the same' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 3 &&
	account prod "URL \"$API\"" "Timeout 30000" | conf &&
	start_daemon &&
	becomes account.prod/bool-up 1 &&
	kill -STOP $EMULATOR_PID &&
	n=$(values | wc -l) &&
	until_true 20 value_count $((n + 4)) &&
	kill -CONT $EMULATOR_PID &&
	stop_daemon &&
	grep "account .prod.: Timeout 30000 ms is longer than the interval of 1000 ms" log
'

told_some () {
	[ "$(grep -c "not available" told)" -ge 10 ]
}
test_expect_success 'it ends at once while a slow handler is told of a thousand instances' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1000 --rate-limit off --rate-limit off &&
	account prod "URL \"$API\"" "RequestBudget 1000000" "RequestRate 10000" | conf "PluginDir \"$OUT\"
	LoadPlugin sink
	<Plugin sink>
	  File \"$PWD/told\"
	</Plugin>
	PluginDir \"/usr/lib/collectd\"" &&
	: >told &&
	export SINK_PAUSE_MS=5 &&
	start_daemon &&
	unset SINK_PAUSE_MS &&
	becomes account.prod/count-instances 1000 &&
	becomes account.prod/count-instances_stale 0 &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1000 --port $PORT --rate-limit off --rate-limit off \
		--fault "GET */stats degraded" &&
	until_true 20 told_some &&
	stop_daemon &&
	echo "after $TOOK ms, $(grep -c "not available" told) told" &&
	test "$(grep -c "not available" told)" -lt 900 &&
	at_once &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 3
'

asked_times () {
	[ "$(wc -l <asked)" -ge "$1" ]
}
test_expect_success 'a slow helper with a refused token is asked in growing pauses' '
	rm -f asked && : >asked &&
	cat >slow <<-\EOF &&
	#!/bin/sh
	cat >/dev/null
	date +%s%N >>"$HOME/asked"
	sleep 1.5
	echo password=not-the-token-that-it-should-be
	EOF
	chmod 700 slow && cp slow "$SANDBOX/slow" &&
	printf "%s\n" "<Account \"prod\">" "AccountId \"$ACCOUNT\"" "URL \"$API\"" \
		"CredentialHelper \"$SANDBOX/slow\"" "</Account>" | conf &&
	start_daemon &&
	until_true 40 asked_times 5 &&
	stop_daemon &&
	cat asked log &&
	# the fourth pause is 3.5 s, after the 1.5 s that an answer takes; t/sim knows all others
	awk "NR > 1 { gap[NR] = \$1 - last } { last = \$1 }
		END { exit !(gap[5] > 4.7e9) }" asked &&
	test "$(complaints | wc -l)" = 1 &&
	complaints | grep "401.*(.*where CredentialHelper looks" &&
	! grep "works again" log
'

run_T () {
	LD_PRELOAD=$PRELOAD /usr/sbin/collectd -T -C c.conf >said 2>&1
}
test_expect_success 'collectd -T asks the API once and says whether it could' '
	rm -f requests.log &&
	stop_process $EMULATOR_PID &&
	start_emulator --instances 3 &&
	account prod "URL \"$API\"" | conf &&
	expect_exit 0 run_T &&
	test "$(grep -c "GET.*instances?" requests.log)" = 1 &&
	test "$(grep -c "/stats 200" requests.log)" = 3 &&
	stop_process $EMULATOR_PID &&
	account prod "URL \"$API\"" | conf &&
	expect_exit 1 run_T &&
	cat said log | grep "account .prod.: listing instances: the API was not reached"
'

# cycles COUNT: the poller back to back against the emulator; its numbers in `numbers`.
cycles () {
	"$OUT/cycles" "$API" "$ACCOUNT" manager.token "$1" >numbers && cat numbers
}
number () {
	sed -n "s/^$1 //p" numbers
}
test_expect_success 'nothing grows: memory, descriptors, while faults come and go' '
	start_emulator --instances 10 --latency 1 --rate-limit off --rate-limit off \
		--fault "GET */stats drop*40" --fault "GET */stats truncate*40" \
		--fault "GET */stats status=503*50" --fault "GET *instances html*20" \
		--fault "GET *instances drop*20" --fault "GET */stats wrong-types*20" &&
	n=1500 &&
	{ test "$VARIANT" != tsan || n=300; } &&	# slow there
	cycles $n &&
	test "$(number with_data)" = 10 &&
	test "$(number good)" -ge $((n - 200)) &&
	test "$(number fds_end)" -le $(($(number fds_early) + 6)) &&
	# the sanitizers keep what was freed
	{ test "$VARIANT" != release || test "$(number kb_end)" -le $(($(number kb_early) + 1024)); }
'
stop_process $EMULATOR_PID

# Under valgrind the daemon is slow; the plugin has to be clean all the same.
if [ "$VARIANT" = release ] && command -v valgrind >/dev/null; then
	valgrind_daemon () {
		exec valgrind -q --leak-check=full --show-leak-kinds=definite \
			--errors-for-leak-kinds=definite --error-exitcode=9 \
			--log-file=valgrind.log /usr/sbin/collectd -f -C c.conf >daemon.out 2>&1
	}
	test_expect_success 'valgrind has nothing to say' '
		start_emulator --instances 20 --fault "GET */stats drop*3" --fault "GET *instances html*1" &&
		account prod "URL \"$API\"" "CollectJobs true" "CollectToken true" "CollectEngine true" | conf &&
		spawn valgrind_daemon &&
		DAEMON=$SPAWNED &&
		until_true 60 grep -q "Initialization complete" log &&
		becomes account.prod/bool-up 1 60 &&
		becomes idle-00020/bool-degraded 0 60 &&
		stop_daemon &&
		cat valgrind.log &&
		test ! -s valgrind.log
	'
	stop_process $EMULATOR_PID
fi

test_expect_success 'the canary is in nothing that was written' '
	find . -type f ! -name "*.token" ! -name auth.header >files &&
	while read -r file; do keeps_secret "$file" || return 1; done <files
'

test_done
