# SPDX-License-Identifier: MIT
#
# collectd.sh -- a real collectd with our plugin, for the daemon's stories; sourced
# after lib.sh.  The daemon's host is "ci", its files are in the current folder: log,
# csv/, the socket s, c.conf.

# collectd is not instrumented: the sanitizers' runtime must be there before our plugin.
preload () {
	case $VARIANT in
	asan) ;;
	tsan) ldd "$OUT/aisearch.so" | awk '/libtsan[^ ]* => \// { print $3; exit }'; return ;;
	*) return 0 ;;
	esac
	ldd "$OUT/aisearch.so" | awk '/lib(asan|clang_rt\.asan)[^ ]* => \// { print $3; exit }' |
		grep . || clang -print-file-name=libclang_rt.asan-x86_64.so
}
PRELOAD=$(preload)

# conf [GLOBAL LINES]: the account blocks come on standard input.  $GLOBAL may hold more lines.
GLOBAL=
conf () {
	cat >c.conf <<-EOF &&
	FQDNLookup false
	Hostname "ci"
	BaseDir "$PWD"
	TypesDB "/usr/share/collectd/types.db"
	Interval 1
	$GLOBAL
	$*
	LoadPlugin logfile
	<Plugin logfile>
	  LogLevel info
	  File "$PWD/log"
	</Plugin>
	LoadPlugin csv
	<Plugin csv>
	  DataDir "$PWD/csv"
	</Plugin>
	LoadPlugin unixsock
	<Plugin unixsock>
	  SocketFile "$PWD/s"
	</Plugin>
	PluginDir "$OUT"
	LoadPlugin aisearch
	<Plugin aisearch>
	EOF
	cat >>c.conf &&
	echo "</Plugin>" >>c.conf &&
	rm -rf log csv rrd s
}

# $WRAP: a command (no blanks in its words) that runs the daemon with exec, or nothing.
WRAP=
# The daemon and its own plugins have races of their own (unixsock at the end): the
# thread sanitizer's word counts only where it names us, see stop_daemon.
daemon () {
	[ "$VARIANT" != tsan ] || export TSAN_OPTIONS=exitcode=0:atexit_sleep_ms=0
	# a relative name: collectd takes a blank in -C's path for the start of another
	LD_PRELOAD=$PRELOAD exec $WRAP /usr/sbin/collectd -f -C c.conf >daemon.out 2>&1
}

start_daemon () {
	stop_process "${DAEMON:-}"	# a test that failed may have left one
	spawn daemon
	DAEMON=$SPAWNED
	until_true 20 started_or_dead
	grep -q 'Initialization complete' log || { cat daemon.out log; return 1; }
}
started_or_dead () {
	grep -q 'Initialization complete' log || ! kill -0 "$DAEMON"
}

# stop_daemon: sets TOOK (ms); fails when it did not end well.
stop_daemon () {
	t0=$(date +%s%N)
	kill "$DAEMON"
	wait "$DAEMON"
	code=$?
	DAEMON=
	TOOK=$((($(date +%s%N) - t0) / 1000000))
	if [ $code = 0 ] && ! grep "(aisearch\.so+" daemon.out; then
		return 0
	fi
	echo "collectd ended with $code"
	cat daemon.out log
	return 1
}

# at_once: what the last end took is far below every time limit (5 s at least), also on a busy machine
at_once () {
	echo "took $TOOK ms"
	test "$TOOK" -lt 2000
}

# value NAME/TYPE: what the daemon has now; fails when it has none.
value () {
	collectdctl -s "$PWD/s" getval "ci/aisearch-$1" 2>/dev/null |
		awk -F= '/=/ { printf "%.10g\n", $2; found = 1 } END { exit !found }'
}
is () {
	[ "$(value "$1")" = "$2" ] && return 0
	echo "$1 is '$(value "$1")', expected '$2'"
	return 1
}
becomes () {
	until_true "${3:-20}" is "$1" "$2" || { is "$1" "$2"; tail -n 20 log; return 1; }
}
gone () {
	! value "$1"
}

# of its cycles: the warning of the start is none
complaints () {
	grep "aisearch plugin: account" log | grep -v "Timeout .* longer than the interval"
}

# api_number PATH KEY: a number of the API's own answer
api_number () {
	api GET "/accounts/$ACCOUNT/ai-search/$1" >/dev/null &&
	sed -n "s/.*\"$2\": *\([0-9][0-9]*\).*/\1/p" body
}

# collectd has a connection to the emulator
established () {
	hex=$(printf %04X "$PORT")
	awk -v port=":$hex" '$3 ~ port "$" && $4 == "01" { found = 1 } END { exit !found }' /proc/net/tcp
}
value_lines () {
	cat csv/ci/aisearch-account.prod/bool-up-* | wc -l
}
more_lines () {
	[ "$(value_lines)" -ge "$1" ]
}
