#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the vault file: modes, damage, concurrency, full disks'
. "${0%/*}/lib.sh"

DIR=$XDG_DATA_HOME/aisearch
DB=$DIR/vault.db
KEY=$DB.key

helper () {
	git-credential-aisearch "$@"
}

# store USER SECRET [LINE...]
store () {
	user=$1 secret=$2
	shift 2
	printf '%s\n' protocol=https host=h.example "username=$user" "password=$secret" "$@" |
	helper store
}

# get USER: the password alone
get () {
	printf '%s\n' protocol=https host=h.example "username=$1" | helper get >answer || return
	sed -n 's/^password=//p' answer
}

# refused TEXT COMMAND...: exit 1, no answer, and a message with a hint, in our name.
refused () {
	text=$1
	shift
	expect_exit 1 "$@" >refused.out 2>refused.err &&
	test ! -s refused.out &&
	head -n 1 refused.err | grep -q '^git-credential-aisearch: ' &&
	tail -n 1 refused.err | grep -q '^  hint: ' &&
	grep -q -e "$text" refused.err && return
	cat refused.out refused.err
	return 1
}

start_over () {
	chmod -R u+rwX "$XDG_DATA_HOME" 2>/dev/null
	rm -rf "$XDG_DATA_HOME"
	store one "$CANARY" && store two second
}

test_expect_success 'a get, a capability and an erase make no file' '
	get one >got && test ! -s got &&
	helper capability &&
	printf "%s\n" protocol=https host=h.example | helper erase &&
	test ! -e "$XDG_DATA_HOME"
'

test_expect_success 'the first store makes folder, vault and key, for us alone' '
	start_over &&
	test "$(stat -c %a "$DIR" "$DB" "$KEY" | tr "\n" " ")" = "700 600 600 " &&
	test "$(ls -A "$DIR" | tr "\n" " ")" = "vault.db vault.db.key " &&
	test "$(get one)" = "$CANARY" &&
	test "$(get two)" = second
'

test_expect_success 'neither file holds the secret, deleted pages included' '
	store one another && store one "$CANARY" && store three "$CANARY" &&
	printf "%s\n" protocol=https host=h.example username=three | helper erase &&
	keeps_secret "$DB" "$KEY"
'

test_expect_success 'storing what is there writes nothing' '
	sum=$(cksum "$DB") && inode=$(stat -c "%i %y" "$DB") &&
	store one "$CANARY" &&
	test "$(cksum "$DB")" = "$sum" && test "$(stat -c "%i %y" "$DB")" = "$inode"
'

test_expect_success 'a folder, vault or key that others can open is refused, and the hint mends it' '
	start_over &&
	for case in "750 $DIR" "705 $DIR" "640 $DB" "604 $DB" "660 $KEY" "604 $KEY"; do
		chmod "${case%% *}" "${case#* }" &&
		refused "accessible to others" get one &&
		refused "accessible to others" store one new &&
		eval "$(sed -n "s/^  hint: //p" refused.err)" &&
		test "$(get one)" = "$CANARY" || return 1
	done
'

test_expect_success 'a symbolic link in place of folder, vault or key is refused' '
	start_over &&
	for path in "$DB" "$KEY" "$DIR"; do
		mv "$path" moved && ln -s "$PWD/moved" "$path" &&
		refused "symbolic link" get one &&
		refused "symbolic link" store one new &&
		rm "$path" && mv moved "$path" || return 1
	done &&
	test "$(get one)" = "$CANARY"
'

test_expect_success 'a folder in place of the vault or the key is refused' '
	start_over &&
	for path in "$DB" "$KEY"; do
		mv "$path" moved && mkdir -m 700 "$path" &&
		refused "not a regular file" get one &&
		rmdir "$path" && mkfifo -m 600 "$path" &&
		refused "not a regular file" get one &&
		rm "$path" && mv moved "$path" || return 1
	done
'

if [ "$(id -u)" = 0 ]; then
	test_expect_success 'another owner is refused' '
		start_over &&
		for path in "$KEY" "$DB" "$DIR"; do
			chown 65534 "$path" &&
			refused "belongs to user 65534" get one &&
			chown 0 "$path" || return 1
		done
	'
	test_skip 'a folder without write access is reported' 'root may write anywhere'
else
	test_skip 'another owner is refused' 'needs root'
	test_expect_success 'a folder without write access is reported' '
		start_over && chmod 500 "$DIR" &&
		refused "cannot" store one new && chmod 700 "$DIR" &&
		test "$(get one)" = "$CANARY"
	'
fi

test_expect_success 'a wrong, a missing and a broken key are told apart' '
	start_over && cp -p "$KEY" good.key &&
	printf "%064d\n" 7 >"$KEY" &&
	refused "another key" get one && refused "another key" store one new &&
	rm "$KEY" &&
	refused "is missing" get one && refused "is missing" store one new &&
	test ! -e "$KEY" &&
	printf "%s\n" nonsense >"$KEY" && chmod 600 "$KEY" &&
	refused "does not hold a vault key" get one &&
	cp -p good.key "$KEY" && test "$(get one)" = "$CANARY"
'

q=\'
test_expect_success 'a vault that is gone although its key is not is made anew, and that is said' '
	start_over && rm "$DB" && store one new 2>err && test ! -s err &&
	touch -d "2 minutes ago" "$KEY" && store two second 2>err && test ! -s err &&
	cp -p "$KEY" kept && rm "$DB" && store one "$CANARY" 2>err && grep -q "warning: vault .* was missing, though not its key" err &&
	grep -q "hint: .*backup" err && cmp "$KEY" kept && test "$(get one)" = "$CANARY" &&
	store two second 2>err && test ! -s err &&
	rm "$DB" && aisearch vault import - <<-EOF 2>err && grep -q "warning: the vault was missing" err
	{"aisearch_vault_export":1}
	EOF
'

test_expect_success 'a row that leaves no number for a newer one is damage' '
	start_over && sqlite3 "$DB" "UPDATE credential SET seq=9223372036854775807 WHERE username=\"one\"" &&
	refused "is damaged" store three third && test "$(get one)" = "$CANARY" && test -z "$(get three)" &&
	grep -q "hint: .*vault erase 9223372036854775807" refused.err &&
	aisearch vault erase --yes 9223372036854775807 && store three third && test "$(get three)" = third
'

test_expect_success 'a key may lie elsewhere, as hex or as 32 raw bytes' '
	start_over && mv "$KEY" elsewhere.key &&
	refused "is missing" get one &&
	(umask 077 && : >raw.key) &&
	sqlite3 :memory: "SELECT writefile(${q}raw.key$q, x$q$(cat elsewhere.key)$q)" >/dev/null &&
	test "$(stat -c %s raw.key)" = 32 &&
	for key in elsewhere.key raw.key; do
		printf "%s\n" protocol=https host=h.example username=two |
		helper --key-file $key get | grep -qx password=second || return 1
	done
'

test_expect_success 'the key of the service credentials folder comes first' '
	start_over && mkdir -m 700 creds &&
	cp "$KEY" creds/aisearch-vault-key && chmod 400 creds/aisearch-vault-key && chmod 500 creds &&
	mv "$KEY" away.key &&
	CREDENTIALS_DIRECTORY=$PWD/creds && export CREDENTIALS_DIRECTORY &&
	test "$(get one)" = "$CANARY" &&
	chmod 440 creds/aisearch-vault-key && test "$(get one)" = "$CANARY" &&
	chmod 444 creds/aisearch-vault-key && refused "open to others" get one &&
	chmod 460 creds/aisearch-vault-key && refused "open to others" get one &&
	chmod 400 creds/aisearch-vault-key && chmod 777 creds && refused "others may write" get one &&
	chmod 700 creds && rm -f creds/aisearch-vault-key && refused "is missing" get one &&
	mv away.key "$KEY" && test "$(get one)" = "$CANARY" &&
	printf "%064d\n" 7 >creds/aisearch-vault-key && chmod 400 creds/aisearch-vault-key &&
	refused "another key" get one
'
unset CREDENTIALS_DIRECTORY

test_expect_success 'a relative CREDENTIALS_DIRECTORY is not looked into' '
	CREDENTIALS_DIRECTORY=creds get one >got && test "$(cat got)" = "$CANARY"
'

test_expect_success 'sealed bytes copied over another row, or another column, do not open' '
	start_over && store two second oauth_refresh_token=again && cp -p "$DB" good.db &&
	sqlite3 "$DB" "UPDATE credential SET secret =
		(SELECT secret FROM credential WHERE username = \"one\") WHERE username = \"two\"" &&
	refused "damaged, or was moved" get two &&
	test "$(get one)" = "$CANARY" &&
	cp -p good.db "$DB" &&
	sqlite3 "$DB" "UPDATE credential SET secret = refresh WHERE username = \"two\"" &&
	refused "damaged, or was moved" get two &&
	cp -p good.db "$DB" &&
	sqlite3 "$DB" "UPDATE credential SET username = \"new\" WHERE username = \"one\"" &&
	refused "damaged, or was moved" get new &&
	store new mended && test "$(get new)" = mended
'

test_expect_success 'a damaged, truncated or foreign file is reported and left alone' '
	start_over && cp -p "$DB" good.db &&
	printf "this is no database, %0100d\n" 1 >"$DB" && sum=$(cksum <"$DB") &&
	refused "is damaged" get one && refused "is damaged" store one new &&
	test "$(cksum <"$DB")" = "$sum" &&
	head -c 5000 good.db >"$DB" && refused "vault" get one && refused "vault" store one new &&
	rm "$DB" && (umask 077 && sqlite3 "$DB" "CREATE TABLE mine (x)") &&
	refused "not a vault" get one && refused "not a vault" store one new &&
	cp -p good.db "$DB" && test "$(get one)" = "$CANARY"
'

test_expect_success 'every page of the vault may be garbage: an answer is right or refused' '
	pages=$(($(stat -c %s good.db) / 4096)) && page=0 &&
	while [ $page -lt $pages ]; do
		cp -p good.db "$DB" &&
		head -c 4096 /dev/zero | tr "\0" Z |
		dd of="$DB" bs=4096 seek=$page conv=notrunc status=none &&
		{ get one >got 2>err; status=$?; } &&
		case $status in
		0) test ! -s got || test "$(cat got)" = "$CANARY" ;;
		1) test ! -s got && grep -q "^git-credential-aisearch: " err ;;
		*) false ;;
		esac || { echo "page $page: exit $status"; return 1; }
		page=$((page + 1))
	done &&
	cp -p good.db "$DB"
'

test_expect_success 'a newer schema is refused and left alone' '
	start_over && sqlite3 "$DB" "PRAGMA user_version = 99" && sum=$(cksum <"$DB") &&
	refused "schema 99" get one && refused "schema 99" store one new &&
	test "$(cksum <"$DB")" = "$sum"
'

big=$(printf %060000d 1)
test_expect_success 'a write that is cut short loses nothing and says so' '
	start_over &&
	(ulimit -f 64 && refused "nothing was changed" store three "$big") &&
	test "$(get one)" = "$CANARY" && test "$(get two)" = second && test -z "$(get three)" &&
	test "$(sqlite3 "$DB" "PRAGMA integrity_check")" = ok &&
	store three "$big" && test "$(get three)" = "$big" &&
	rm -rf "$XDG_DATA_HOME" &&
	(ulimit -f 8 && refused "nothing was changed" store one "$CANARY") &&
	store one "$CANARY" && test "$(get one)" = "$CANARY"
'

cat >full.sh <<\EOF
mount -t tmpfs -o size=64k,mode=700 tmpfs disk || exit 1
store () {
	printf '%s\n' protocol=https host=h "username=$1" "password=$2" |
	git-credential-aisearch --vault disk/vault.db store
}
get () {
	printf '%s\n' protocol=https host=h "username=$1" |
	git-credential-aisearch --vault disk/vault.db get | sed -n 's/^password=//p'
}
store one first && ! store two "$1" 2>err && grep 'no space left' err && grep hint err &&
test "$(get one)" = first && test -z "$(get two)" &&
store two small && test "$(get two)" = small
EOF
if unshare --user --map-root-user --mount true 2>/dev/null; then
	test_expect_success 'a full disk loses nothing and says so' '
		mkdir -m 700 disk && unshare --user --map-root-user --mount sh full.sh "$big"
	'
else
	test_skip 'a full disk loses nothing and says so' 'no user namespaces'
fi

test_expect_success 'what a killed writer left half-done is undone by the next reader' '
	start_over &&
	{ sqlite3 "$DB" "PRAGMA cache_size = 1" "BEGIN IMMEDIATE" \
		"UPDATE credential SET secret = zeroblob(200000)" \
		".shell kill -9 \$PPID"; test $? = 137; } &&
	test -s "$DB-journal" && test "$(stat -c %a "$DB-journal")" = 600 &&
	test "$(get one)" = "$CANARY" && test "$(get two)" = second &&
	test ! -e "$DB-journal"
'

# A sanitized process is some 20 times larger.
case $VARIANT in
release) many=200 ;;
*) many=40 ;;
esac

test_expect_success "$many simultaneous stores into no vault at all are all kept" '
	rm -rf "$XDG_DATA_HOME" &&
	i=0 && while [ $i -lt $many ]; do
		i=$((i + 1))
		{ store "user$i" "secret$i" && echo "user$i"; } >>acknowledged 2>>failed &
	done && wait &&
	{ test ! -s failed || { sort failed | uniq -c; ls -la "$DIR"; return 1; }; } &&
	test "$(wc -l <acknowledged)" = $many &&
	i=0 && while [ $i -lt $many ]; do
		i=$((i + 1))
		test "$(get "user$i")" = "secret$i" || { echo "user$i is lost"; return 1; }
	done &&
	test "$(ls -A "$DIR" | tr "\n" " ")" = "vault.db vault.db.key "
'

test_expect_success 'a store waits for the writer before it' '
	start_over && mkfifo hold go &&
	spawn sh -c "
		{ echo \"BEGIN IMMEDIATE; UPDATE meta SET value = value; SELECT 1;\"
		  read -r line <go; echo \"COMMIT;\"; } | sqlite3 \"\$1\" >hold" sh "$DB" &&
	read -r line <hold &&
	{ store three third & } && writer=$! &&
	test "$(get one)" = "$CANARY" && test -z "$(get three)" &&
	echo >go && wait "$writer" && test "$(get three)" = third
'

test_done
