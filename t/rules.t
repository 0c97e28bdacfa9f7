#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the three rules of the house hold for the built files'
. "${0%/*}/lib.sh"

COLLECTD=/usr/sbin/collectd
FLOORS='base json vault cloudflare indexing provision'

# undefined FILE...: what it wants from outside, without sanitizers' and versions' marks.
undefined () {
	nm --undefined-only "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sed 's/@.*//' | sort -u
}

# A word of the outside world, as gcc may spell it: printf, __printf_chk, puts@GLIBC...
OUTSIDE='v?f?printf|__v?f?printf_chk|puts|putchar|fputs|fputc|putc|fwrite|perror|stdout|stderr|stdin'
OUTSIDE="$OUTSIDE|exit|_exit|_Exit|quick_exit|abort|getenv|secure_getenv|setenv|environ|__environ"
OUTSIDE="$OUTSIDE|v?syslog|__v?syslog_chk|openlog|error|err|errx|warn|warnx|getopt|getopt_long"
OUTSIDE="$OUTSIDE|pthread_create|signal|sigaction|daemon|fork|system|popen|posix_spawnp?"

# May a floor do this all the same?  One line per reason.
excused () {
	case $1:$2 in
	# the key comes from a systemd credential; the door hands the folder in
	none:none) return 0 ;;
	esac
	return 1
}

outside_of () {
	undefined "$OUT/obj/lib$1.a" | grep -xE "$OUTSIDE" | while read -r symbol; do
		excused "$1" "$symbol" || echo "$symbol"
	done
}

for floor in $FLOORS; do
	test_expect_success "common/$floor does not touch the outside" '
		test -s "$OUT/obj/lib$floor.a" &&
		undefined "$OUT/obj/lib$floor.a" | grep -q . &&
		outside_of $floor >seen &&
		cat seen &&
		test ! -s seen
	'
done

test_expect_success 'this test would notice' '
	printf "%s\n" "#include <stdio.h>" "void f(int); void f(int n) { fprintf(stderr, \"%d\", n); }" >bad.c &&
	for flags in "-O0" "-O2 -D_FORTIFY_SOURCE=2"; do
		${CC:-cc} $flags -c -o bad.o bad.c &&
		undefined bad.o | grep -qxE "$OUTSIDE" || return 1
	done
'

# needed FILE: the libraries it asks for by itself.
needed () {
	objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }'
}

# links_none FILE PATTERN
links_none () {
	needed "$1" >libs &&
	grep -q '^libc\.so' libs &&
	if grep -E "$2" libs; then
		echo "$1 links it" >&2
		return 1
	fi
}

# Linked as a whole it needs no library: what it is made of are its symbols.
test_expect_success 'the helper has nothing of libcurl or TLS in it' '
	nm "$OUT/git-credential-aisearch" | sed "s/@.*//" >symbols &&
	grep -q "sqlite3_step$" symbols && grep -q "vault_open$" symbols &&
	! grep -E " (curl_|SSL_|gnutls_)" symbols
'
if [ "$VARIANT" = release ] && ! needed "$OUT/git-credential-aisearch" | grep -q .; then
	test_expect_success 'the helper, linked as a whole, loads nothing at run time' '
		file -b "$OUT/git-credential-aisearch" | grep -q "static-pie linked" &&
		! readelf -lW "$OUT/git-credential-aisearch" | grep -q INTERP &&
		objdump -d --disassemble=unixDlOpen "$OUT/git-credential-aisearch" |
			grep -q "__wrap_dlopen>" &&
		! grep -wE "getpw(nam|uid)(_r)?|getaddrinfo|gethostbyname|iconv_open|NSS|__nss_.*" symbols
	'
else
	test_skip 'the helper, linked as a whole, loads nothing at run time' 'linked dynamically'
fi
test_expect_success 'the plugin links no SQLite' '
	links_none "$OUT/aisearch.so" "sqlite|microhttpd|ssl|crypto" &&
	needed "$OUT/aisearch.so" | grep -q "^libcurl"
'
test_expect_success 'the emulator links no libcurl' '
	links_none "$OUT/aisearch-emulator" "curl"
'

# own_libs FLOOR: symbols of libraries that a floor must not use, told by prefix.
test_expect_success 'each floor uses the libraries of its row only' '
	foreign () {
		undefined "$OUT/obj/lib$1.a" | grep -E "^($2)" >seen
		test ! -s seen || { echo "$1:"; cat seen; return 1; }
	} &&
	foreign base "curl_|json_object|json_tokener|sqlite3_" &&
	foreign json "curl_|sqlite3_" &&
	foreign vault "curl_|json_object|json_tokener" &&
	foreign cloudflare "sqlite3_" &&
	foreign indexing "curl_|sqlite3_" &&
	foreign provision "curl_|sqlite3_"
'

# below FLOOR ALLOWED...: every undefined symbol that is ours is defined below.
test_expect_success 'floors call down the stairs only' '
	defined () {
		nm --defined-only "$OUT/obj/lib$1.a" 2>/dev/null |
			awk "\$2 ~ /[TDRBV]/ { print \$3 }" | sort -u
	} &&
	for floor in '"$FLOORS"'; do defined $floor >defined.$floor || return 1; done &&
	up () {
		floor=$1; shift
		undefined "$OUT/obj/lib$floor.a" >wanted
		for other; do
			comm -12 wanted defined.$other >crossed
			test ! -s crossed || { echo "$floor uses $other:"; cat crossed; return 1; }
		done
	} &&
	up base json vault cloudflare indexing provision &&
	up json vault cloudflare indexing provision &&
	up vault json cloudflare indexing provision &&
	up cloudflare vault indexing provision &&
	up indexing vault provision
'

test_expect_success 'the plugin shows collectd one symbol' '
	nm -D --defined-only "$OUT/aisearch.so" | awk "{ print \$3 }" |
		grep -vE "^(__asan|__ubsan|__odr_asan|__sanitizer|_fini$|_init$)" >shown &&
	echo module_register | cmp - shown
'

# Unversioned symbols are the daemon'"'"'s, or of a library that has no versions
# (libsodium); what neither has, dlopen() would miss in the running daemon.
test_expect_success 'the plugin uses no symbol that the daemon does not export' '
	nm -D --defined-only $COLLECTD | awk "{ print \$3 }" >known &&
	grep -qx plugin_dispatch_values known &&
	LD_TRACE_LOADED_OBJECTS=1 /lib64/ld-linux-x86-64.so.2 "$OUT/aisearch.so" 2>/dev/null >trace ||
		ldd "$OUT/aisearch.so" >trace &&
	awk "/=> \\// { print \$3 }" trace | while read -r lib; do
		nm -D --defined-only "$lib" | awk "{ sub(/@.*/, \"\", \$3); print \$3 }"
	done >>known &&
	sort -u known >known.sorted &&
	nm -D --undefined-only "$OUT/aisearch.so" | awk "\$1 == \"U\" { print \$2 }" | grep -v @ |
		grep -vE "^__(asan|ubsan|sanitizer|lsan)_" | sort -u >used &&
	grep -qx plugin_dispatch_values used &&
	comm -23 used known.sorted >missing &&
	cat missing &&
	test ! -s missing
'
test_expect_success 'that test would notice too' '
	grep -qx sodium_memzero used &&
	! grep -qx ignorelist_match known.sorted
'

test_done
