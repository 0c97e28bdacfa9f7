#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='what was acknowledged is there: kill -9, many writers, full and read-only disks'
. "${0%/*}/lib.sh"

DIR=$XDG_DATA_HOME/aisearch
DB=$DIR/vault.db
KEY=$DB.key

# Leaks cannot be looked for in a process that is being traced.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

# A sanitized process makes many times the system calls: it is killed at fewer of them.
case $VARIANT in
release) stride=1 many=200 ;;
*) stride=13 many=40 ;;
esac

helper () {
	git-credential-aisearch "$@"
}
request () {
	printf '%s\n' protocol=https host=h.example "username=$1" ${2+"password=$2"}
}
store () {
	request "$1" "$2" | helper store
}
erase () {
	request "$1" | helper erase
}
# get USER: the password alone; fails when the helper does
get () {
	request "$1" | helper get >answer || return
	sed -n 's/^password=//p' answer
}
sound () {
	test "$(sqlite3 "$DB" "PRAGMA integrity_check")" = ok && return
	sqlite3 "$DB" "PRAGMA integrity_check"
	return 1
}
start_over () {
	rm -rf "$XDG_DATA_HOME"
	store one first && store two second
}
# is USER PASSWORD...: it has one of these passwords
is () {
	user=$1
	shift
	has=$(get "$user") || { echo "get $user fails"; return 1; }
	for may; do
		test "$has" = "$may" && return
	done
	echo "$user has '$has', expected: $*"
	return 1
}

if request none >in && killat 0 - git-credential-aisearch get <in >/dev/null 2>&1; then
	can_kill=1
else
	can_kill=
fi
if unshare --user --map-root-user --mount true 2>/dev/null; then
	root_of='unshare --user --map-root-user --mount'
elif unshare --mount true 2>/dev/null; then
	root_of='unshare --mount'
else
	root_of=
fi
# test_expect_killed, test_expect_mounted: as test_expect_success, where it can be done
test_expect_killed () {
	if [ "$can_kill" ]; then test_expect_success "$@"; else test_skip "$1" 'no ptrace here'; fi
}
test_expect_mounted () {
	if [ "$root_of" ]; then
		test_expect_success "$@"
	else
		test_skip "$1" 'neither root nor user namespaces: nothing can be mounted'
	fi
}

# --- what reaches the disk, and when ----------------------------------------------------

# steps FILE...: the log without repetitions; several writes to one file are one step
steps () {
	grep -v ' pipe:\|null\| answer$' "$@" | uniq | tr '\n' ',' 
}

test_expect_killed 'a store: the journal is on disk before the vault changes, the vault before it ends' '
	start_over && request one new >in &&
	killat 0 log git-credential-aisearch store <in &&
	steps log >did && cat did &&
	grep -q "write vault.db-journal,sync vault.db-journal,.*sync vault.db-journal,write vault.db,sync vault.db,remove vault.db-journal,sync aisearch,$" did &&
	grep -q "^write vault.db-journal,sync vault.db-journal,sync aisearch,write vault.db-journal,sync" did
'

test_expect_killed 'the first store: key and vault are on disk under another name before they get theirs' '
	rm -rf "$XDG_DATA_HOME" &&
	killat 0 log git-credential-aisearch store <in &&
	steps log | sed "s/\.[A-Za-z0-9]\{6\},/.tmp,/g" >did && cat did &&
	grep -q "^write vault.db.key.tmp,sync vault.db.key.tmp,link vault.db.key,remove vault.db.key.tmp,sync aisearch,write vault.db.tmp,sync vault.db.tmp,link vault.db,remove vault.db.tmp,sync aisearch,write vault.db-journal," did
'

test_expect_killed 'a get and the same store again write nothing, once a day has its note of the use' '
	is one new &&
	killat 0 log git-credential-aisearch store <in &&
	! grep "sync\|vault" log &&
	request one >ask && killat 0 log git-credential-aisearch get <ask >out &&
	grep -qx password=new out &&
	! grep "sync\|vault" log
'

# --- kill -9 ------------------------------------------------------------------------------

# Kills `helper OPERATION <in` at its first system call, then a new one at the second, and so
# on until one ends by itself; after each, `after CODE` checks.  Counts the rounds.
killed_everywhere () {
	operation=$1 rounds=0 n=1 code=137
	while [ $code = 137 ]; do
		before_kill || return 1
		killat $n - git-credential-aisearch "$operation" <in >/dev/null 2>killed.err
		code=$?
		rounds=$((rounds + 1)) n=$((n + stride))
		{ [ $code = 137 ] || [ $code = 0 ]; } && after_kill $code && continue
		echo "killed at system call $((n - stride)): exit $code"
		cat killed.err
		return 1
	done
	echo "$rounds rounds"
	test $rounds -gt 20
}
# Every other time SQLite is the first who sees what the killed one left.
look_first () {
	[ $((rounds % 4)) != 0 ] || sound
}

test_expect_killed 'a store killed anywhere: the old or the new one, everything else, and the next store works' '
	start_over && old=first new=first &&
	before_kill () { old=$new new=new$n && request one $new >in; } &&
	after_kill () {
		look_first || return 1
		if [ $1 = 0 ]; then is one $new; else is one $old $new; fi || return 1
		new=$has
		is two second && store next "after$n" && is next "after$n"
	} &&
	killed_everywhere store && sound
'

test_expect_killed 'a new entry killed anywhere: all of it or nothing' '
	start_over &&
	before_kill () { request "user$n" "secret$n" >in; } &&
	after_kill () {
		killed=$((n - stride))
		look_first || return 1
		if [ $1 = 0 ]; then is "user$killed" "secret$killed"; else is "user$killed" "secret$killed" ""; fi &&
		is one first
	} &&
	killed_everywhere store && sound && store next last && is next last
'

test_expect_killed 'an erase killed anywhere: handed out or rejected, and never lost' '
	start_over && request one >in &&
	before_kill () { store one first; } &&
	after_kill () {
		look_first || return 1
		if [ $1 = 0 ]; then is one ""; else is one first ""; fi || return 1
		is two second &&
		test "$(sqlite3 "$DB" "SELECT count(*) > 0 FROM credential WHERE username = \"one\"")" = 1
	} &&
	killed_everywhere erase && sound && store one again && is one again
'

test_expect_killed 'the very first store killed anywhere: the next one works, and knows what was acknowledged' '
	request one first >in &&
	before_kill () { rm -rf "$XDG_DATA_HOME"; } &&
	after_kill () {
		if [ $1 = 0 ]; then is one first; else is one first ""; fi &&
		store two second && is two second && sound
	} &&
	killed_everywhere store
'

test_expect_success "$many simultaneous stores, a fourth of them killed: what was acknowledged is there" '
	start_over && rm -f acknowledged && : >acknowledged &&
	i=0 && while [ $i -lt $many ]; do
		i=$((i + 1))
		request "user$i" "secret$i" >in.$i
		if [ $((i % 4)) = 0 ]; then
			{ timeout -s KILL "0.0$((i % 90 + 10))" git-credential-aisearch store <in.$i &&
				echo "$i" >>acknowledged; } >/dev/null 2>&1 &
		else
			{ helper store <in.$i && echo "$i" >>acknowledged; } 2>>failed &
		fi
	done && wait && { test ! -s failed || { cat failed; false; }; } &&
	test "$(wc -l <acknowledged)" -ge $((many * 3 / 4)) &&
	sound && is one first && is two second &&
	while read -r i; do is "user$i" "secret$i" || return 1; done <acknowledged
'

# --- disks ----------------------------------------------------------------------------------

# Within a small file system at ./disk: with fewer and fewer pages free, until none is
cat >full.sh <<\END
mount -t tmpfs -o size=200k,mode=700 tmpfs disk || exit 1
store () { printf '%s\n' protocol=https host=h "username=$1" "password=$2" | $HELPER store; }
erase () { printf '%s\n' protocol=https host=h "username=$1" | $HELPER erase; }
get () { printf '%s\n' protocol=https host=h "username=$1" | $HELPER get | sed -n 's/^password=//p'; }
HELPER='git-credential-aisearch --vault disk/vault.db'
fail () { echo "$pages pages free: $*"; cat err; exit 1; }
# leave PAGES: fills the rest
leave () {
	rm -f disk/filler
	free=$(stat -f -c %a disk)
	[ "$1" -ge "$free" ] || head -c $(((free - $1) * 4096)) /dev/zero >disk/filler
}
now=
failed=0 stored=0
for pages in 30 16 14 12 11 10 9 8 7 6 5 4 3 2 1 0; do
	leave $pages
	if store one "secret$pages" 2>err; then
		now=secret$pages stored=$((stored + 1))
	else
		failed=$((failed + 1))
		grep -q '^git-credential-aisearch: not stored: ' err && grep -q hint err || fail 'not said'
	fi
	[ "$(get one)" = "$now" ] || fail "now '$(get one)', expected '$now'"
	if [ "$now" ]; then
		erase one 2>err && erased=1 || erased=
		[ "$erased" ] || grep -q '^git-credential-aisearch: not erased: ' err || fail 'not said'
		[ "$(get one)" = "${erased:-$now}" ] || [ "$erased" -a -z "$(get one)" ] || fail 'erase'
		[ "$(sqlite3 disk/vault.db 'PRAGMA integrity_check')" = ok ] || fail 'damaged'
	fi
	leave 30
	now=again$pages
	store one "$now" 2>err && [ "$(get one)" = "$now" ] || fail 'the next store'
done
echo "$stored stored, $failed failed"
[ $stored -gt 2 ] && [ $failed -gt 2 ]
# no room for a vault at all: the first store fails, the next works
rm -f disk/* && for pages in 0 1 2 4 6; do
	leave $pages
	now=
	store one first 2>err && fail 'stored into nothing'
	grep -q hint err || fail 'no hint'
	leave 30
	[ -z "$(get one)" ] && store one first && [ "$(get one)" = first ] || fail 'the next store'
	rm -f disk/*
done
END
test_expect_mounted 'a disk that fills up: every store is kept or said to be lost, and the next works' '
	mkdir -m 700 disk && $root_of sh full.sh
'

cat >readonly.sh <<\END
mount -t tmpfs -o size=1m,mode=700 tmpfs disk || exit 1
HELPER='git-credential-aisearch --vault disk/vault.db'
request () { printf '%s\n' protocol=https host=h "username=$1" ${2+"password=$2"}; }
request one first | $HELPER store || exit 1
mount -o remount,ro,mode=700 disk || exit 1
request one | $HELPER get | grep -qx password=first || { echo 'no get'; exit 1; }
request one first | $HELPER store || { echo 'the same store writes'; exit 1; }
for operation in store erase; do
	request one second | { [ $operation = erase ] && request one || cat; } | $HELPER $operation 2>err &&
		{ echo "$operation on a read-only disk"; exit 1; }
	grep -q 'cannot be written' err && grep -q 'hint:.*read-only' err || { cat err; exit 1; }
done
request one | $HELPER get | grep -qx password=first || exit 1
# a vault that does not exist cannot be made there
HELPER='git-credential-aisearch --vault disk/other/vault.db'
request one second | $HELPER store 2>err && exit 1
grep -q 'Read-only file system' err || { cat err; exit 1; }
[ -z "$(request one | $HELPER get)" ]
END
test_expect_mounted 'a read-only disk: get answers, store and erase say so' '
	$root_of sh readonly.sh
'

test_expect_success 'a limit on the size of files: kept, or said to be lost' '
	start_over && now=first failed=0 &&
	for blocks in 8 16 24 32 40 41 42 48 56 57 60 64 72 80 200; do
		if (ulimit -f $blocks && store one "secret$blocks") 2>err; then
			now=secret$blocks
		else
			failed=$((failed + 1))
			grep -q "not stored: .*nothing was changed" err && grep -q hint err ||
				{ cat err; return 1; }
		fi
		is one $now && is two second && sound || { echo "$blocks blocks"; return 1; }
	done &&
	echo "$failed failed" && test $failed -gt 2 && test $failed -lt 13 &&
	store one last && is one last
'

if [ "$(id -u)" = 0 ]; then
	test_skip 'a folder without write access: get answers, store says so' \
		'root may write anywhere; a read-only disk is tested'
else
	test_expect_success 'a folder without write access: get answers, store says so' '
		start_over && chmod 500 "$DIR" && is one first &&
		expect_exit 1 store one new 2>err && grep -q hint err && is one first &&
		chmod 700 "$DIR" && store one new && is one new
	'
fi

# --- what was lost otherwise --------------------------------------------------------------------

# lost_is_told: each operation refuses, changes nothing and says what to do
lost_is_told () {
	for operation in get store erase; do
		request one new | expect_exit 1 helper $operation >out 2>err &&
		test ! -s out && grep -q "$1" err && grep -q "hint: restore" err ||
			{ echo "$operation:"; cat out err; return 1; }
	done
}

test_expect_success 'a vault truncated to nothing is a loss, not a new vault' '
	start_over && cp -p "$DB" good.db && : >"$DB" &&
	lost_is_told "is empty, but has a key" && test ! -s "$DB" &&
	ls "$DIR" >left && printf "vault.db\nvault.db.key\n" | cmp - left &&
	cp -p good.db "$DB" && is one first
'

test_expect_success 'also where the key is the credential of a service' '
	: >"$DB" && mkdir -m 700 creds && mv "$KEY" creds/aisearch-vault-key &&
	CREDENTIALS_DIRECTORY=$PWD/creds && export CREDENTIALS_DIRECTORY &&
	lost_is_told "is empty, but has a key" && test ! -s "$DB" &&
	mv creds/aisearch-vault-key "$KEY" && unset CREDENTIALS_DIRECTORY
'
unset CREDENTIALS_DIRECTORY

test_expect_success 'what the hint says begins anew' '
	request one new | expect_exit 1 helper store 2>err &&
	eval "$(sed -n "s/^  hint: .*to begin anew: //p" err)" &&
	store one new && is one new && is two ""
'

test_expect_success 'an empty file without a key becomes a vault' '
	rm -rf "$XDG_DATA_HOME" && mkdir -p -m 700 "$DIR" && (umask 077 && : >"$DB") &&
	is one "" && test ! -s "$DB" && store one first && is one first
'

test_expect_success 'a journal whose vault is gone is not played into a new one' '
	start_over && { sqlite3 "$DB" "PRAGMA cache_size = 1" "BEGIN IMMEDIATE" \
		"UPDATE credential SET secret = zeroblob(200000)" ".shell kill -9 \$PPID"; test $? = 137; } &&
	cp -p "$DB-journal" hot && rm "$DB" &&
	request one new | expect_exit 1 helper store 2>err && grep -q "is missing, but not its journal" err &&
	cmp hot "$DB-journal" && test ! -e "$DB" &&
	expect_exit 1 get one 2>err && grep -q "is missing, but not its journal" err &&
	eval "$(sed -n "s/^  hint: .*to begin anew: //p" err)" && store one new && is one new
'

test_expect_success "$many first stores at once, read meanwhile: no reader and no writer is refused" '
	rm -rf "$XDG_DATA_HOME" failed acknowledged && : >acknowledged &&
	i=0 && while [ $i -lt $many ]; do
		i=$((i + 1))
		{ store "user$i" "secret$i" && echo "$i" >>acknowledged; } 2>>failed &
		[ $((i % 4)) != 0 ] || { request "user$i" | helper get >/dev/null; } 2>>failed &
	done && wait && { test ! -s failed || { cat failed; false; }; } &&
	test "$(wc -l <acknowledged)" = $many && sound &&
	test "$(ls -A "$DIR" | tr "\n" " ")" = "vault.db vault.db.key " &&
	while read -r i; do is "user$i" "secret$i" || return 1; done <acknowledged
'

test_done
