# SPDX-License-Identifier: MIT
#
# cases.sh -- two short ones: cycles back to back without a latency, and how long a
# read callback stays while the API hangs.

bench_cycles () {
	N=100
	[ -d "www/$N" ] || copy_answers "$N"
	ROUND_TRIP=0 far_away near
	say '300 cycles of 100 instances back to back, no latency'
	"$OUT/cycles" "https://127.0.0.1:$port/$N/client/v4" $ACCOUNT token 310 ca.pem >cycles.out ||
		fail "$(cat cycles.out)"
	awk '$1 ~ /_ms$/ { printf "100\tours\tcycles_%s\t%s\n", $1, $2 }' cycles.out >>"$DIR/results.tsv"
}

bench_read () {
	say 'a read callback while the API hangs'
	start_emulator hang --instances 100
	"$OUT/bench/host" "$OUT/aisearch.so" "$origin/client/v4" $ACCOUNT "$run/token" 8 >host.out 2>host.err &
	spawned=$!
	echo $spawned >>pids
	sleep 2
	kill -STOP $emulator
	wait $spawned || fail "$(cat host.err)"
	kill -CONT $emulator
	stop $emulator
	awk '{ printf "100\tours\tread_%s\t%s\n", $1, $2 }' host.out >>"$DIR/results.tsv"
}
