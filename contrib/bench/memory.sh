# SPDX-License-Identifier: MIT
#
# memory.sh -- what 5,000 instances take in a daemon that keeps to RequestRate, its
# default of 100 a second: few requests are under way at once, as in a real one.  In
# turn with collectd alone dispatching the same values, with and without a moment for its
# writers after each 500 of them: the queue that a burst makes stays with the daemon.

# taken PEER PID: what it holds some seconds after all values were there
taken () {
	sleep 6
	note "$N" "$1" paced_rss "$(memory_kb "$2" VmRSS)"
	note "$N" "$1" paced_anon "$(memory_kb "$2" RssAnon)"
	stop "$2"
}

bench_memory () {
	N=5000
	[ -d "www/$N" ] || copy_answers "$N"
	far_away main
	API=https://127.0.0.1:$port/$N/client/v4
	rounds=${BENCH_ROUNDS:-2}
	for round in $(seq "$rounds"); do
		say "memory of $N instances at 100 requests a second, round $round of $rounds"
		from=$(lines main.log)
		interval=60
		ours_conf 60 "$API" 'RequestBudget 1000000' | daemon paced "$N" collectd_here
		pid=$(tail -n 1 pids)
		until_true 120 has_lines main.log $((from + N + 1)) && alive "$pid" ||
			fail "$(tail -n 3 paced/log)"
		quiet main.log
		taken ours "$pid"
		interval=3
		echo 'LoadPlugin dispatch_plugin' | daemon alone "$N" collectd_here
		taken dispatch "$(tail -n 1 pids)"
		BENCH_MOMENTS=1
		export BENCH_MOMENTS
		echo 'LoadPlugin dispatch_plugin' | daemon alone "$N" collectd_here
		unset BENCH_MOMENTS
		taken dispatch_moments "$(tail -n 1 pids)"
	done
}
