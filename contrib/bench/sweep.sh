# SPDX-License-Identifier: MIT
#
# sweep.sh -- full sweeps of N instances: every peer is started once, held by
# SIGSTOP, and let go in turn for a few warm sweeps: A B C A B C ...

lines () { wc -l <"$1"; }
has_lines () { [ "$(lines "$1")" -ge "$2" ]; }

# quiet LOG: nothing is asked for 150 ms; waits for that, at most 3 s.
quiet () {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		size=$(stat -c %s "$1")
		sleep 0.15
		[ "$size" != "$(stat -c %s "$1")" ] || return 0
	done
}

# slice LOG FROM-LINE [TO-LINE]: what nginx wrote in between, judged by cycles.awk
slice () {
	head -n "${3:-100000000}" "$1" | tail -n +$(($2 + 1)) |
		awk -v n="$N" -v rtt=$ROUND_TRIP -f "$HERE/cycles.awk"
}

# send SIGNAL PEER
send () {
	kill "-$1" "$(cat "$2.pid")" || fail "$2 has died: $(tail -n 3 "$2/log" "$2/out" 2>&1)"
}

# hold PEER: between two sweeps, if there is such a moment.
hold () {
	quiet main.log
	send STOP "$1"
}

# begin PEER N HOW: starts it (conf on standard input), waits for its first sweep
begin () {
	from=$(lines main.log)
	daemon "$@"
	echo $spawned >"$1.pid"
	case $1 in
	idle|dispatch) sleep 0.5 ;;
	*)	asked_or_dead () { has_lines main.log $((from + N)) || gone $spawned; }
		until_true 120 asked_or_dead && alive $spawned ||
			fail "$1 did not ask for $2 instances: $(tail -n 3 "$1/log" "$1/out" 2>&1)"
		quiet main.log
		slice main.log "$from" >sliced
		awk '$1 == "total" { print $5 }' sliced >start.connections
		note "$2" "$1" conn_start "$(cat start.connections)" ;;
	esac
	# Memory by now: a daemon that was held reads twice when it is let go, and its queue
	# of values then takes twice as much.
	case $1 in
	ours|minimal_plugin|dispatch) sleep $((interval * 2)) ;;
	esac
	note "$2" "$1" rss "$(memory_kb $spawned VmRSS)"
	note "$2" "$1" hwm "$(memory_kb $spawned VmHWM)"
	hold "$1"
}

# saturated PEER: its sweep takes longer than its interval, so it never rests
saturated () {
	case $1 in
	curl_json*) [ "$N" -ge 1000 ] ;;
	*) false ;;
	esac
}

# turn PEER INTERVALS: lets it go for so many intervals; notes cost and wall times.
turn () {
	pid=$(cat "$1.pid")
	from=$(lines main.log)
	if saturated "$1"; then
		cpu=$(cpu_us "$pid")
		begun=$(now_ms)
		send CONT "$1"
		until_true 100 has_lines main.log $((from + N + 20)) || fail "$1 has stopped asking"
	else
		send CONT "$1"
		case $1 in
		idle|dispatch) sleep 1.2 ;;
		*) until_true 60 has_lines main.log $((from + N)) || fail "$1 has stopped asking" ;;
		esac
		quiet main.log
		from=$(lines main.log)
		cpu=$(cpu_us "$pid")
		begun=$(now_ms)
		sleep $(($2 * interval))
		# the last sweep is later than the first one was
		has_lines main.log $((from + $2 * N)) || quiet main.log
	fi
	cpu=$(($(cpu_us "$pid") - cpu))
	took=$(($(now_ms) - begun))
	to=$(lines main.log)
	quiet main.log
	send STOP "$1"
	slice main.log "$from" "$to" >sliced
	awk -v n="$N" -v peer="$1" -v cpu=$cpu -v took=$took -v idle="${idle_cpu:-0}" \
		-v held=$((interval * 1000)) '
		$1 == "cycle" { printf "%d\t%s\twall\t%s\n", n, peer, $2 }
		$1 == "total" {
			stats = $3
			cycles = peer == "dispatch" ? took / held : stats / n
			# idle: microseconds of an idle collectd in a second
			if (cycles > 0)
				printf "%d\t%s\tcpu\t%.3f\n", n, peer,
					(cpu - idle * took / 1000) / cycles / 1000
			if (stats == 0)
				next
			printf "%d\t%s\trequests\t%.1f\n", n, peer, $2 / cycles
			printf "%d\t%s\tbad\t%d\n%d\t%s\tconn_warm\t%d\n", n, peer, $4, n, peer, $6
		}' sliced >>"$DIR/results.tsv"
}

# end PEER: what it holds now, then its end.
end () {
	pid=$(cat "$1.pid")
	note "$N" "$1" rss_held "$(memory_kb "$pid" VmRSS)"
	note "$N" "$1" fds "$(descriptors "$pid")"
	stop "$pid"
	[ ! -s "$1/dispatch.log" ] ||
		awk -v n="$N" 'NR > 1 { printf "%d\tdispatch\twall\t%s\n", n, $1 }' \
			"$1/dispatch.log" >>"$DIR/results.tsv"
}

minimal_program () {
	from=$(lines main.log)
	BENCH_N=$N BENCH_URL=$API/${INSTANCES_PATH#client/v4/} \
		"$OUT/bench/minimal" "$1" >minimal.out || fail "the minimal client: $?"
	# its first sweep, cold, is not measured
	slice main.log "$from" | awk -v n="$N" '
		$1 == "cycle" && ++seen > 1 { printf "%d\tminimal\twall\t%s\n", n, $2 }
		$1 == "total" { printf "%d\tminimal\tconn_start\t%d\n", n, $5 }' >>"$DIR/results.tsv"
	awk -v n="$N" '
		$1 == "rss" { printf "%d\tminimal\trss\t%d\n", n, $2 }
		NF == 3 { printf "%d\tminimal\tcpu\t%s\n%d\tminimal\tbad\t%d\n", n, $2, n, $3 }
		' minimal.out >>"$DIR/results.tsv"
}

# curl --parallel and one jq, as a script's cycle: from the start of its processes to
# their end, a new connection each time.
script () {
	from=$(lines main.log)
	begun=$(now_ms)
	sh -c 'curl -sf --parallel --parallel-max 100 --cacert ca.pem -H @auth -K script.urls 2>/dev/null |
		jq -r "[.result | .queued, .running, .completed, .error, .skipped, .outdated] | @tsv" >script.out
		times >script.times'
	note "$N" script wall $(($(now_ms) - begun))
	slice main.log "$from" | awk -v n="$N" '
		$1 == "total" { printf "%d\tscript\tconn_start\t%d\n", n, $5 }' >>"$DIR/results.tsv"
	# the second line is of the children: user system, as 0m0.080000s
	awk -v n="$N" 'NR == 2 {
		for (i = 1; i <= 2; i++) {
			split($i, t, "[ms]")
			ms += t[1] * 60000 + t[2] * 1000
		}
		printf "%d\tscript\tcpu\t%.0f\n", n, ms
	}' script.times >>"$DIR/results.tsv"
	[ "$(lines script.out)" = "$N" ] || fail "the script read $(lines script.out) of $N answers"
}

has_memory () {	# KB
	awk -v kb="$1" '$1 == "MemAvailable:" { exit $2 < kb }' /proc/meminfo
}

peers_of () {
	peers='ours minimal_plugin dispatch'
	# 3.8 MB a connection, twice that for safety
	if [ "$N" -le 1000 ] && has_memory $((N * 8000)); then
		peers="$peers curl_json"
	fi
	if [ "$N" -ge 1000 ] && can_hide; then
		peers="$peers curl_json_hidden"
	fi
}

begin_peer () {
	case $1 in
	ours) ours_conf $interval "$API" "$OPTIONS" | begin ours "$N" collectd_few_descriptors ;;
	minimal_plugin) echo 'LoadPlugin minimal_plugin' | begin minimal_plugin "$N" collectd_here ;;
	dispatch) echo 'LoadPlugin dispatch_plugin' | begin dispatch "$N" collectd_here ;;
	# 5,000 connections take 80 s from five threads; that is not measured, so not far away
	curl_json)
		kill -USR1 $relay
		curl_json_conf "$N" "$API" | begin curl_json "$N" collectd_here
		kill -USR2 $relay ;;
	curl_json_hidden)
		kill -USR1 $relay
		curl_json_conf "$N" "$API" | begin curl_json_hidden "$N" collectd_hidden
		kill -USR2 $relay ;;
	esac
}

bench_size () {
	N=$1
	interval=1 intervals=2 rounds=5
	[ "$N" -gt 10 ] || intervals=1
	[ "$N" -le 100 ] || rounds=3
	[ "$N" -le 1000 ] || interval=3 intervals=1
	rounds=${BENCH_ROUNDS:-$rounds}
	API=https://127.0.0.1:$port/$N/client/v4
	awk -v n="$N" -v url="$API/${INSTANCES_PATH#client/v4/}" 'BEGIN {
		for (i = 1; i <= n; i++) printf "url=\"%s/idle-%05d/stats\"\n", url, i }' >script.urls
	peers_of
	say "$N instances: $peers minimal script"
	for peer in $peers; do begin_peer "$peer"; done
	for round in $(seq "$rounds"); do
		say "$N instances, round $round of $rounds"
		for peer in $peers; do turn "$peer" "$intervals"; done
		minimal_program 2
		script
	done
	for peer in $peers; do end "$peer"; done
}

bench_sweep () {
	far_away main
	N=0 interval=1 API=
	echo | begin idle 0 collectd_here
	turn idle 3
	idle_cpu=$((cpu * 1000 / took))
	note 0 idle cpu_us_per_s $idle_cpu
	end idle
	for size in $SIZES; do bench_size "$size"; done
}
