# SPDX-License-Identifier: MIT
#
# lib.sh -- the benchmark's common words: processes and their cost, the front
# (nginx with TLS and HTTP/2, a round trip away), and the peers' configurations.
# Everything lives in $run, and ends with the script.

ACCOUNT=023e105f4ecef8ad9ca31a8372d0c353
INSTANCES_PATH=client/v4/accounts/$ACCOUNT/ai-search/namespaces/default/instances

fail () { echo "bench: $*" >&2; exit 1; }
saying=
say () {
	saying=$*
	printf '==> %3d s  %s\n' $(($(date +%s) - began)) "$*" >&2
}
now_ms () { echo $(($(date +%s%N) / 1000000)); }

# until_true SECONDS COMMAND...
until_true () {
	end=$(($(now_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now_ms)" -le $end ] || return 1
		sleep 0.05
	done
}

# --- processes ----------------------------------------------------------------

# Their ids are in a file: many are started at the end of a pipe, in a subshell.
finish () {
	status=$?
	trap - EXIT
	trap '' INT TERM HUP
	for pid in $(sort -rn "$run/pids"); do stop "$pid"; done
	if [ $status != 0 ]; then
		echo "bench: FAILED ($status) in: $saying" >&2
		for log in "$run"/*.err "$run"/*/log; do
			[ -s "$log" ] && tail -n 8 "$log" | sed "s|^|  ${log#"$run"/}: |" >&2
		done
	fi
	[ -n "${BENCH_KEEP-}" ] && echo "bench: kept $run" >&2 || rm -rf "$run"
	exit $status
}

# spawn COMMAND...: in the background; its pid is in $spawned.
spawn () {
	"$@" &
	spawned=$!
	echo "$spawned" >>"$run/pids"
}

gone () { [ ! -e "/proc/$1" ] || grep -q "^State:.*Z" "/proc/$1/status"; }
alive () { ! gone "$1"; }
# stop PID: kindly, also when it is held by SIGSTOP; then for good.
stop () {
	kill "$1" 2>/dev/null && kill -CONT "$1" 2>/dev/null || :
	until_true 10 gone "$1" || kill -9 "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
	sed -i "/^$1\$/d" "$run/pids"
}

# CPU of all its threads so far, in microseconds.
cpu_us () {
	cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f\n", ns / 1000 }'
}
memory_kb () { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
descriptors () { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

# note SIZE PEER METRIC VALUE: one sample of the results
note () { printf '%s\t%s\t%s\t%s\n' "$@" >>"$DIR/results.tsv"; }

# --- the front ------------------------------------------------------------------

make_certificates () {
	openssl ecparam -name prime256v1 -genkey -noout -out ca.key
	openssl req -x509 -new -key ca.key -days 2 -subj '/CN=aisearch benchmark' \
		-addext 'keyUsage=critical,keyCertSign' -out ca.pem
	openssl ecparam -name prime256v1 -genkey -noout -out server.key
	openssl req -new -key server.key -subj '/CN=127.0.0.1' -out server.csr
	printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >server.ext
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 2 \
		-extfile server.ext -out server.pem
}

# start_emulator NAME [OPTIONS]: sets origin (base URL) and emulator (its pid).
start_emulator () {
	name=$1
	shift
	rm -f "$name.port"
	spawn "$OUT/aisearch-emulator" --port 0 --port-file "$run/$name.port" --account $ACCOUNT \
		--manager-token-file "$run/token" "$@" 2>"$name.err"
	emulator=$spawned
	until_true 30 test -s "$name.port" || fail 'the emulator did not start'
	origin=http://127.0.0.1:$(cat "$name.port")
}

# copy_answers N: the emulator's own answers for N instances, as files that nginx
# serves below /N/: the emulator manages 2,000 requests a second, and it is not what
# is measured.
copy_answers () {
	to=www/$1/$INSTANCES_PATH
	mkdir -p "$to"
	start_emulator "copy$1" --instances "$1" --rate-limit off --rate-limit off
	awk -v n="$1" -v url="$origin/$INSTANCES_PATH" -v to="$to" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "url=\"%s/idle-%05d/stats\"\noutput=\"%s/idle-%05d/stats\"\n", url, i, to, i
		printf "url=\"%s?page=1&per_page=1\"\noutput=\"%s/.list-1-1\"\n", url, to
		for (i = 1; (i - 1) * 100 < n; i++)
			printf "url=\"%s?page=%d&per_page=100\"\noutput=\"%s/.list-100-%d\"\n", url, i, to, i
	}' >copy.urls
	curl -sf --parallel --create-dirs -H "@$run/auth" -K copy.urls 2>/dev/null ||
		fail 'the emulator gave no answers'
	stop $emulator
	[ "$(find "$to" -name stats | wc -l)" = "$1" ] || fail 'the emulator gave no answers'
	for page in "$to"/.list-*; do gzip -k "$page"; done
}

# A server of nginx: NAME, then its own lines on standard input.
nginx_server () {
	cat <<-EOF
	server {
		listen unix:$run/$1.sock ssl http2 backlog=4096;
		access_log $run/$1.log bench;
		if (\$http_authorization != "Bearer $(cat token)") { return 401; }
	EOF
	cat
	echo '}'
}

nginx_static () {
	cat <<-EOF
		root $run/www;
		add_header Ratelimit '"default";r=10000000;t=300';
		add_header Ratelimit-Policy '"default";q=10000000;w=300';
		location ~ ^(/[0-9]+/client/v4/accounts/[^/]+/ai-search/namespaces/default/instances)\$ {
			gzip_static on;
			try_files \$1/.list-\$arg_per_page-\$arg_page =404;
		}
	EOF
}

# nginx_start NAME: the servers come on standard input.
nginx_start () {
	name=$1
	{
		[ "$(id -u)" != 0 ] || echo 'user root;'
		cat <<-EOF
		daemon off;
		pid $run/$name.pid;
		error_log $run/$name.err warn;
		worker_processes 1;
		worker_rlimit_nofile $(ulimit -Hn | sed 's/unlimited/65536/');
		events { worker_connections 9000; }
		http {
			# time of the last byte, seconds since the first, connection, which
			# request of it, status, where to
			log_format bench '\$msec \$request_time \$connection \$connection_requests '
				'\$status \$request_uri';
			ssl_certificate $run/server.pem;
			ssl_certificate_key $run/server.key;
			default_type application/json;
			open_file_cache max=8000 inactive=600s;
			open_file_cache_valid 600s;
			keepalive_timeout 600s;
			keepalive_requests 10000000;
			client_body_temp_path $run/tmp.body;
			proxy_temp_path $run/tmp.proxy;
			fastcgi_temp_path $run/tmp.fastcgi;
			uwsgi_temp_path $run/tmp.uwsgi;
			scgi_temp_path $run/tmp.scgi;
		EOF
		cat
		echo '}'
	} >"$name.conf"
	spawn nginx -e "$run/$name.err" -p "$run" -c "$run/$name.conf"
}

# far_away NAME: sets port: NAME's server, ROUND_TRIP ms away; relay: what makes it so
far_away () {
	until_true 10 test -S "$1.sock" || fail "nginx did not start"
	spawn "$OUT/bench/delay" "$ROUND_TRIP" "$run/$1.sock" "$run/$1.port"
	until_true 10 test -s "$1.port" || fail "the relay did not start"
	port=$(cat "$1.port")
	relay=$(tail -n 1 pids)
}

# --- peers ------------------------------------------------------------------------

# daemon_conf INTERVAL: the part of collectd.conf that all have
daemon_conf () {
	cat <<-EOF
	Hostname "bench"
	FQDNLookup false
	Interval $1
	BaseDir "$PWD"
	PIDFile "$PWD/pid"
	TypesDB "/usr/share/collectd/types.db"
	LoadPlugin logfile
	<Plugin logfile>
		LogLevel warning
		File "$PWD/log"
	</Plugin>
	PluginDir "$OUT/bench"
	LoadPlugin sink_plugin
	EOF
}

ours_conf () {		# INTERVAL URL [OPTIONS]
	cat <<-EOF
	PluginDir "$OUT"
	LoadPlugin aisearch
	<Plugin aisearch>
		<Account "bench">
			AccountId "$ACCOUNT"
			URL "$2"
			CACert "$run/ca.pem"
			TokenFile "$run/token"
			Interval $1
			${3-}
		</Account>
	</Plugin>
	EOF
}

# One <URL> block an instance, as its users write it; six values of each.
curl_json_conf () {	# N URL
	awk -v n="$1" -v url="$2/${INSTANCES_PATH#client/v4/}" -v ca="$run/ca.pem" \
		-v token="$(cat token)" 'BEGIN {
		split("queued running completed error skipped outdated", name, " ")
		print "PluginDir \"/usr/lib/collectd\"\nLoadPlugin curl_json\n<Plugin curl_json>"
		for (i = 1; i <= n; i++) {
			id = sprintf("idle-%05d", i)
			printf "<URL \"%s/%s/stats\">\nInstance \"%s\"\n", url, id, id
			printf "Header \"Authorization: Bearer %s\"\n", token
			printf "VerifyPeer true\nVerifyHost true\nCACert \"%s\"\nTimeout 60000\n", ca
			for (k = 1; k <= 6; k++)
				printf "<Key \"result/%s\">\nType \"objects\"\n" \
				       "Instance \"%s\"\n</Key>\n", name[k], name[k]
			print "</URL>"
		}
		print "</Plugin>"
	}'
}

# collectd_here: in the current folder, with collectd.conf
collectd_here () {
	exec collectd -f -C collectd.conf >out 2>&1
}
collectd_few_descriptors () {
	ulimit -n 1024
	collectd_here
}
# /etc/ssl/certs looks empty to it
collectd_hidden () {
	mkdir -p empty
	exec unshare $UNSHARE sh -c 'mount --bind empty /etc/ssl/certs &&
		exec collectd -f -C collectd.conf' >out 2>&1
}
can_hide () {
	for UNSHARE in -m -rm; do
		unshare $UNSHARE mount --bind "$run" /etc/ssl/certs 2>/dev/null && return
	done
	return 1
}

# daemon PEER N HOW: starts collectd as HOW; its conf comes on standard input, its pid
# is in $spawned.
daemon () {
	rm -rf "$1"
	mkdir "$1"
	cd "$1"
	{ daemon_conf "${interval:-1}"; cat; } >collectd.conf
	BENCH_N=$2 BENCH_URL=$API/${INSTANCES_PATH#client/v4/} BENCH_SINK=${sink-}
	[ -n "$BENCH_SINK" ] && export BENCH_SINK || unset BENCH_SINK
	BENCH_DISPATCH_LOG=$PWD/dispatch.log
	export BENCH_N BENCH_URL BENCH_DISPATCH_LOG
	spawn "$3"
	cd "$run"
}
