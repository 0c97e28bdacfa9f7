# SPDX-License-Identifier: MIT
#
# steady.sh -- the hard cases: a server that ends connections after 1,000 requests;
# a long pause between two cycles; and 5,000 instances for a while inside the API's
# limits, which the emulator enforces.

FULL=5000

# --- a server that ends connections ---------------------------------------------------

# sweeps_by_gap N: nginx's log -> "sweep LOST CONNECTIONS" for each burst of requests,
# told by the pause of a second behind it; the last one may be cut off, and is not told.
sweeps_by_gap () {
	awk -v n="$1" '
	{
		start = $1 - $2
		if (NR > 1 && start - last > 1) {
			print "sweep", n - seen, connections
			split("", have); split("", used)
			seen = connections = 0
		}
		last = $1 > last ? $1 : last
		if (!($3 in used)) { used[$3]; connections++ }
		if ($6 ~ /\/stats$/ && $5 == 200 && !($6 in have)) { have[$6]; seen++ }
	}'
}

# dispatched N INTERVAL: the sink's lines -> for each dispatch, how many instances had
# no fresh value; the last one may be cut off, and is not told.  What tells no age is
# taken as fresh.
dispatched () {
	awk -v n="$1" -v interval="$2" '
	function tell() { if (fresh > 0) print "dispatch", n - (fresh - old) }
	$4 == "cycle" || $4 == "queued" || $4 == "running" { next }
	NR > 1 && $1 - last > interval / 2 { tell(); fresh = old = 0 }
	{ last = $1 }
	$4 == "completed" { fresh++ }
	$4 == "data_age" && $5 > 1.5 * interval { old++ }'
}

bench_goaway () {
	N=$FULL
	[ -d "www/$N" ] || copy_answers "$N"
	far_away goaway
	API=https://127.0.0.1:$port/$N/client/v4
	say "$N instances, a server that ends connections after 1,000 requests"
	interval=4
	sink=$run/goaway.sink
	ours_conf 4 "$API" "$OPTIONS" | daemon ours "$N" collectd_few_descriptors
	sink=
	four () { sweeps_by_gap "$N" <goaway.log | awk 'END { exit NR < 4 }'; }
	until_true 60 four && alive "$(tail -n 1 pids)" || fail "$(tail -n 3 ours/log)"
	pid=$(tail -n 1 pids)
	stop "$pid"
	sweeps_by_gap "$N" <goaway.log | awk -v n="$N" '$1 == "sweep" {
		printf "%d\tours\tgoaway_lost\t%d\n", n, $2
		printf "%d\tours\tgoaway_conn\t%d\n", n, $3 }' >>"$DIR/results.tsv"
	# The first dispatch may have come in the midst of the first sweep.
	dispatched "$N" 4 <goaway.sink | awk -v n="$N" 'NR > 1 {
		printf "%d\tours\tgoaway_lost\t%d\n", n, $2 }' >>"$DIR/results.tsv"
	BENCH_N=$N BENCH_URL=$API/${INSTANCES_PATH#client/v4/} "$OUT/bench/minimal" 2 |
		awk -v n="$N" 'NF == 3 { printf "%d\tminimal\tgoaway_lost\t%d\n", n, $3 }' >>"$DIR/results.tsv"
}

# --- a long pause -------------------------------------------------------------------

idle_start () {
	N=100
	[ -d "www/$N" ] || copy_answers "$N"
	far_away idle
	interval=$1
	API=https://127.0.0.1:$port/$N/client/v4
	ours_conf "$1" "$API" "$OPTIONS" | daemon paused "$N" collectd_here
	idle_pid=$(tail -n 1 pids)
}

# Connections made after the first cycle's.
idle_end () {
	stop "$idle_pid"
	awk -v interval="$1" '
		NR == 1 { first = $1 }
		$1 - first < interval / 2 { at_start[$3] }
		$1 - first >= interval / 2 { later++; if (!($3 in at_start)) made[$3] }
		END {
			for (c in made) n++
			if (later)
				printf "100\tours\tconn_idle\t%d\n100\tours\tidle_s\t%d\n", n, interval
		}' idle.log >>"$DIR/results.tsv"
}

# --- inside the limits -----------------------------------------------------------------

# most_in SECONDS: the largest number of requests in any window of nginx's log
most_in () {
	awk '{ printf "%.3f\n", $1 - $2 }' steady.log | sort -n | awk -v w="$1" '
		{ t[NR] = $1; while ($1 - t[first + 1] >= w) first++; n = NR - first; if (n > most) most = n }
		END { print most + 0 }'
}

api () {	# METHOD PATH [curl options]: to the emulator itself
	method=$1 path=$2
	shift 2
	curl -sf -o /dev/null -X "$method" -H "@$run/auth" "$@" "$origin/$INSTANCES_PATH$path"
}

# An instance begins to index: FILES of them, which take 1.8 intervals.
FILES=4
begin_indexing () {
	printf '%s %s\n' "$(date +%s.%N)" "$1" >>uploads
	for file in $(seq $FILES); do
		api POST "/$1/items" -F "file=@server.pem;filename=part$file.txt" || fail "no upload to $1"
	done
}

steady_server () {
	cat <<-EOF
	upstream origin { server ${origin#http://}; keepalive 128; }
	EOF
	nginx_server steady <<-EOF
		location / {
			proxy_pass http://origin;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			gzip on;
			gzip_types application/json;
			gzip_proxied any;
			gzip_min_length 1000;
		}
	EOF
}

bench_steady () {
	if [ -n "$LONG" ]; then
		held=60 budget=600 limit=1200 pause=130 starts='80 190 300' ends=400
	else	# twelve times faster, budget and limit likewise
		held=5 budget=7200 limit=14400 pause=12 starts='25 36 48 59 71 82' ends=95
	fi
	set -- $starts
	say "$FULL instances at $held s for $ends s, limits enforced"
	start_emulator steady --instances $((FULL - $#)) --rate-limit $limit/300 --rate-limit 200/1 \
		--pace "$(awk -v f=$FILES -v s=$held 'BEGIN { print f / (1.8 * s) }')" \
		--request-log "$run/requests.log"
	for at in $starts; do
		api POST '' -H 'Content-Type: application/json' -d "{\"id\":\"work-$at\"}" ||
			fail 'the emulator made no instance'
	done
	steady_server | nginx_start proxy
	far_away steady
	interval=$held
	sink=$run/steady.sink
	API=https://127.0.0.1:$port/client/v4
	ours_conf $held "$API" "${BENCH_STEADY_OPTIONS-RequestBudget $budget
			RequestRate 100}" | daemon steady $FULL collectd_few_descriptors
	sink=
	steady_pid=$(tail -n 1 pids)
	steady_began=$(now_ms)
	until_true 30 test -s steady.log && alive "$steady_pid" || fail "$(tail -n 3 steady/log)"
	idle_start $pause
	idle_ended=
	for at in $starts $ends; do
		while left=$((steady_began + at * 1000 - $(now_ms))); [ $left -gt 0 ]; do
			if [ -z "$idle_ended" ] && [ $(($(now_ms) - steady_began)) -gt $((pause * 2300)) ]; then
				idle_end $pause
				idle_ended=1
			fi
			sleep 0.2
		done
		[ $at = $ends ] || begin_indexing "work-$at"
	done
	alive "$steady_pid" || fail "$(tail -n 3 steady/log)"
	# At the server: a millisecond of the path's jitter must not make two seconds one.
	note $FULL ours steady_in_1 "$(most_in 0.98)"
	for window in 25 300; do note $FULL ours steady_in_$window "$(most_in $window)"; done
	note $FULL ours steady_requests "$(lines steady.log)"
	note $FULL ours steady_seconds $ends
	note $FULL ours steady_interval $held
	note $FULL ours steady_budget $budget
	note $FULL ours steady_429 "$(awk '$4 == 429' requests.log | wc -l)"
	note $FULL ours steady_other "$(awk '$4 !~ /^(200|201|429)$/' requests.log | wc -l)"
	note $FULL ours steady_conn "$(awk '!($3 in c) { c[$3]; n++ } END { print n + 0 }' steady.log)"
	note $FULL ours steady_rss "$(memory_kb "$steady_pid" VmRSS)"
	note $FULL ours steady_fds "$(descriptors "$steady_pid")"
	stop "$steady_pid"
	# From the first upload to the first value that is not 0 any more; -1: never.
	awk -v n=$FULL 'NR == FNR { at[$2] = $1; next }
		($2 in at) && !($2 in seen) && $3 == "objects" && $5 > 0 {
			seen[$2] = $1 - at[$2] }
		END { for (id in at)
			printf "%d\tours\tsteady_delay\t%.1f\n", n,
				id in seen ? seen[id] : -1 }
		' uploads steady.sink >>"$DIR/results.tsv"
	# Ages of what was published in the last interval.
	tail -n $((FULL * 4)) steady.sink | awk '$4 == "data_age" { print $5 }' | sort -n | awk -v n=$FULL '
		function tell(what, i) { printf "%d\tours\tage_%s\t%.0f\n", n, what, age[i] }
		{ age[NR] = $1 }
		END {
			if (!NR)
				exit
			tell("median", int(NR / 2) + 1)
			tell("p95", int(NR * 0.95) + 1)
			tell("max", NR)
		}' >>"$DIR/results.tsv"
}
