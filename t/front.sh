# SPDX-License-Identifier: MIT
#
# front.sh -- nginx as a TLS front before the emulator, for the stories; sourced after
# lib.sh.  Certificate and key are cert.pem and key.pem in the current folder.

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
	-addext "subjectAltName=IP:127.0.0.1" -keyout key.pem -out cert.pem 2>/dev/null || exit 1

# front LISTEN-OPTION [DIRECTIVE]...: nginx before the emulator on a free port, on
# $FRONT_PORT again if that is set.  Sets FRONT (host:port) and FRONT_PID.
# $FRONT_LOCATION may hold more directives of the location.  Each request
# is a line of access.log: connection, protocol, status, bytes, method, path, Unix time
# of its end, seconds that it took.
front () {
	front_options=$1
	shift
	rm -f access.log && mkdir -p ngx || return 1
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		front_port=${FRONT_PORT:-$(shuf -i 20000-32000 -n 1)}
		front_conf "$@" >ngx.conf
		spawn nginx -p "$PWD/" -c "$PWD/ngx.conf" -e "$PWD/ngx.err" 2>>ngx.out
		FRONT_PID=$SPAWNED
		until_true 10 listens_or_dead && kill -0 "$FRONT_PID" 2>/dev/null && break
		FRONT_PID=
	done
	FRONT=127.0.0.1:$front_port
	[ "$FRONT_PID" ] || { cat ngx.out ngx.err; return 1; }
}
listens_or_dead () {
	! kill -0 "$FRONT_PID" || grep -q ":$(printf %04X "$front_port") 00000000:0000 0A" /proc/net/tcp
}
front_conf () {
	cat <<-EOF
	daemon off;
	master_process off;
	pid "$PWD/ngx/pid";
	error_log "$PWD/ngx.err";
	events { worker_connections 512; }
	http {
		log_format told '\$connection \$server_protocol \$status \$body_bytes_sent \$request_method \$request_uri \$msec \$request_time';
		access_log "$PWD/access.log" told;
		client_body_temp_path "$PWD/ngx/body";
		proxy_temp_path "$PWD/ngx/proxy";
		fastcgi_temp_path "$PWD/ngx/fastcgi";
		uwsgi_temp_path "$PWD/ngx/uwsgi";
		scgi_temp_path "$PWD/ngx/scgi";
		ssl_certificate "$PWD/cert.pem";
		ssl_certificate_key "$PWD/key.pem";
		$(printf '%s;\n' "$@" | grep -v '^;')
		upstream api { server 127.0.0.1:$PORT; keepalive 16; }
		server {
			listen 127.0.0.1:$front_port ssl $front_options;
			location / {
				${FRONT_LOCATION:-}
				proxy_pass http://api;
				proxy_http_version 1.1;
				proxy_set_header Connection "";
				proxy_set_header Host \$http_host;
			}
		}
	}
	EOF
}
