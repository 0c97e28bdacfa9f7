#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch vault: entries, keys, passphrase, rekey, export, check, an older schema'
. "${0%/*}/lib.sh"

DIR=$XDG_DATA_HOME/aisearch
DB=$DIR/vault.db
KEY=$DB.key

# store USER SECRET [LINE...]
store () {
	user=$1 secret=$2
	shift 2
	printf '%s\n' protocol=https host=h.example "username=$user" "password=$secret" "$@" |
	git-credential-aisearch store
}

# get USER: the password alone
get () {
	printf '%s\n' protocol=https host=h.example "username=$1" |
	git-credential-aisearch get >answer 2>get.err || return
	sed -n 's/^password=//p' answer
}

reject () {
	printf '%s\n' protocol=https host=h.example "username=$1" | git-credential-aisearch erase
}

# vault ARGUMENTS: aisearch vault; what it prints is in out and err, and kept in everything.
vault () {
	ai vault "$@"
}

# refused CODE TEXT ARGUMENTS: that exit, nothing on stdout, the message, and a hint.
refused () {
	wanted=$1 text=$2
	shift 2
	expect_exit "$wanted" vault "$@" && says "$text" && grep -q '^  hint: ' err &&
	{ test ! -s out || { cat out; false; }; }
}

start_over () {
	chmod -R u+rwX "$XDG_DATA_HOME" 2>/dev/null
	rm -rf "$XDG_DATA_HOME"
	store one "$CANARY" && store two second oauth_refresh_token=again && store three third
}

files () {
	(cd "$DIR" && ls -A | tr '\n' ' ')
}

says_out () {
	grep -q -e "$1" out || { cat out; return 1; }
}

sound () {
	vault check && grep -qx "the vault is sound" out || { cat out err; return 1; }
}

fingerprint () {
	sqlite3 "$DB" "SELECT hex(value) FROM meta WHERE name = 'key'"
}

PASS='correct horse battery'
q=\'

# --- entries -----------------------------------------------------------------

test_expect_success 'no vault: the list is empty, show and check say so' '
	vault list && test "$(wc -l <out)" = 1 &&
	vault list --json && jq -e "length == 0" out &&
	refused 1 "no vault" show 1 &&
	expect_exit 1 vault check && grep -q "there is no vault" out &&
	test ! -e "$XDG_DATA_HOME"
'

test_expect_success 'a word that is no command of the vault: which there are' '
	expect_exit 2 ai vault nope && says "there is no command .vault nope" &&
	for word in list show restore erase check export import unlock lock passphrase rekey; do
		says "hint: vault .*$word" || return 1
	done &&
	expect_exit 2 ai vault && says ".vault. is followed by another word" && says "hint: vault list, show" &&
	expect_exit 2 ai vault "$CANARY" && says "another word than that" && expect_exit 2 ai token nope && says "no command .token nope"
'

test_expect_success 'list: a row for each entry, as a table and as JSON, without secrets' '
	start_over && reject three && store old gone password_expiry_utc=1000000000 &&
	vault list && test "$(wc -l <out)" = 4 &&
	grep -q " https://h.example  one  *active  .*  git$" out && grep -q " old  *expired  *2001-09-09" out &&
	! grep -q three out && says "1 rejected" &&
	vault list --all && grep -q " three  *rejected" out &&
	vault list --all --json &&
	jq -e "length == 4 and .[1].username == \"two\" and .[3].expires == \"2001-09-09T01:46:40Z\" and
		.[2].rejected != null and .[0].rejected == null" out &&
	vault list https://h.example --user two && test "$(wc -l <out)" = 2 &&
	vault list https://h.exampl && test "$(wc -l <out)" = 1
'

test_expect_success 'a hostile name moves no cursor and is no other one' '
	store plain x && sqlite3 "$DB" "UPDATE credential SET username=\"a\"||char(27)||\"[2Jb\" WHERE username=\"plain\"" &&
	vault list && grep -qF "a\\x1b[2Jb" out && ! grep -q "$(printf "\033")" out &&
	vault list --json && jq -e "any(.username == \"a\\u001b[2Jb\")" out &&
	vault erase --yes https://h.example --user "$(printf "a\033[2Jb")" && ! grep -q "$(printf "\033")" out
'

test_expect_success 'show masks; --reveal prints the secret alone, to a program' '
	vault show https://h.example --user one &&
	grep -q "^password  *\*\{8\} (40 bytes)$" out && grep -q "^refresh  *-$" out &&
	vault show https://h.example -u two --json &&
	jq -e ".password_bytes == 6 and .refresh_bytes == 5 and .bearer_bytes == null" out &&
	row=$(jq .row out) && vault show $row && grep -q "^user  *two$" out &&
	test "$(aisearch vault show --reveal https://h.example --user one)" = "$CANARY" &&
	vault show https://h.example && says "entries match" &&
	expect_exit 2 vault show --reveal --json $row && expect_exit 1 vault show 99 &&
	expect_exit 2 vault show "$CANARY" && expect_exit 2 vault show https://me:$CANARY@h.example/
'

test_expect_success 'what was rejected is not revealed before it is restored' '
	start_over && reject one && vault list --all --json && row=$(jq ".[] | select(.state == \"rejected\") | .row" out) &&
	vault show $row && grep -q "^password  *\*" out &&
	refused 1 "was rejected" show --reveal $row && says "hint: .*aisearch vault restore $row" &&
	refused 1 "was rejected" show --reveal --force $row && vault restore $row &&
	test "$(aisearch vault show --reveal https://h.example --user one)" = "$CANARY" && start_over
'

test_expect_terminal 'a secret is not shown on a terminal, unless by force' '
	row=1 && vault list --json &&
	script -qec "aisearch vault show --reveal $row" typescript >/dev/null </dev/null; test $? = 2 &&
	! grep -q "$CANARY" typescript && grep -q "not shown on a terminal" typescript &&
	script -qec "aisearch vault show --reveal --force $row" typescript >/dev/null </dev/null &&
	grep -q "$CANARY" typescript; code=$?; rm -f typescript; test $code = 0
'

test_expect_success 'restore brings back the newest, or the row that list --all shows' '
	start_over && reject one && store one newer && reject one && store one newest &&
	test "$(get one)" = newest &&
	vault restore https://h.example --user one && test "$(get one)" = newer &&
	vault list --all --json &&
	row=$(jq ".[] | select(.username == \"one\" and .state == \"rejected\") | .row" out | head -n 1) &&
	vault restore "$row" && test "$(get one)" = "$CANARY" &&
	refused 1 "no such rejected entry" restore https://h.example --user two &&
	vault list --all --json && jq -e "[.[] | select(.username == \"one\")] | length == 3" out
'

test_expect_success 'erase takes one entry for good, asks, and will not guess' '
	expect_exit 2 vault erase https://h.example --user two && says "add --yes" &&
	refused 2 "entries match" erase --yes https://h.example &&
	vault erase --yes https://h.example --user two && test -z "$(get two)" &&
	! vault show https://h.example --user two && test "$(get one)" = "$CANARY"
'

# --- export and import -------------------------------------------------------

test_expect_success 'an export under a passphrase and back: everything, and twice does no harm' '
	start_over && store "" "no user" && store odd "$(printf "\303\244 \" \\\\ \377")" &&
	printf "protocol=https\nhost=g.example\npath=a/b\nusername=p\npassword=q\npassword_expiry_utc=4000000000\n" |
		git-credential-aisearch store &&
	reject three &&
	echo "$PASS" >pass && vault export --output sealed <pass && says "1 rejected" &&
	test "$(stat -c %a sealed)" = 600 && keeps_secret sealed && ! grep -q h.example sealed &&
	vault list --json && jq -S "map(del(.row, .created))" out >before &&
	mv "$XDG_DATA_HOME" moved &&
	vault import sealed <pass && grep -qx "5 entries imported" out &&
	vault list --json && jq -S "map(del(.row, .created))" out >after && diff before after &&
	test "$(get one)" = "$CANARY" && test "$(get two)" = second && grep -qx oauth_refresh_token=again answer &&
	test "$(get odd)" = "$(printf "\303\244 \" \\\\ \377")" &&
	sum=$(cksum <"$DB") && vault import sealed <pass && test "$(cksum <"$DB")" = "$sum"
'

test_expect_success 'a sealed export does not open otherwise, and its loss of a byte shows' '
	echo another one >wrong && expect_exit 1 vault import sealed <wrong && says "passphrase is wrong" &&
	expect_exit 1 vault import sealed && says "no passphrase" &&
	head -c -1 sealed >cut && expect_exit 1 vault import cut <pass && says "passphrase is wrong" &&
	head -c 40 sealed >cut && expect_exit 1 vault import cut <pass && says "cut short" &&
	expect_exit 2 vault import - <sealed &&
	expect_exit 1 vault export --output sealed <pass && says "sealed" &&
	echo short >wrong && expect_exit 1 vault export --output other <wrong && says "shorter than" &&
	test ! -e other
'

test_expect_success 'a plain export goes to a private file or a pipe, and is JSON lines' '
	(umask 022; : >open) && expect_exit 1 aisearch vault export --plain >open 2>err && says "others may read" &&
	test ! -s open &&
	aisearch vault export --plain 2>err | jq -s -e "length == 6 and .[0].aisearch_vault_export == 1 and
		any(.password == \"$CANARY\") and any(.username == \"\")" &&
	vault export --plain --output plain && test "$(stat -c %a plain)" = 600 &&
	rm -rf "$XDG_DATA_HOME" && vault import plain && test ! -s err && test "$(get one)" = "$CANARY" &&
	vault import - <plain && chmod 644 plain && vault import plain && says "warning: others" && rm plain
'

test_expect_success 'what the vault has newer stays; what is no export is refused' '
	store one "$CANARY" && echo "{\"aisearch_vault_export\":1}" >lines &&
	echo "{\"protocol\":\"https\",\"host\":\"h.example\",\"username\":\"one\",\"password\":\"old\",\"stored_at\":5}" >>lines &&
	vault import lines && grep -q "^1 left as it is: the vault has a newer one" out && test "$(get one)" = "$CANARY" &&
	while IFS="|" read -r text why; do
		echo "{\"aisearch_vault_export\":1}" >lines && printf "%s\n" "$text" >>lines &&
		expect_exit 1 vault import lines && says "line 2: .*$why" || return 1
	done <<-\EOF &&
	{"protocol":"https","password":"x"}|needs a host
	{"protocol":"cert","host":"","password":"x"}|needs a host
	{"protocol":"","host":"h","password":"x"}|needs a protocol
	{"protocol":"https","host":"h","username":"u"}|needs a secret
	{"protocol":"https","host":"h\nevil","password":"x"}|control character
	{"protocol":"https","host":"h\u0000evil","password":"x"}|NUL
	{"protocol":"https","host":"h","password":5}|is no text
	{"protocol":"https","host":"h","password_base64":"%%"}|is not base64
	{"protocol":"https","host":"h","password":"x","state":"rejected"}|neither
	{"protocol":"https",|not one JSON object
[]|not one JSON object
	EOF
	echo "{\"aisearch_vault_export\":2}" >lines && expect_exit 1 vault import lines && says "no export" &&
	echo "{}" >lines && expect_exit 1 vault import lines && says "no export" &&
	: >lines && expect_exit 1 vault import lines && says "is empty"
'

# --- rekey -------------------------------------------------------------------

test_expect_success 'rekey: another key, every entry opens, the old key is refused' '
	start_over && store three again && reject two && cp -p "$KEY" old.key && before=$(fingerprint) &&
	sqlite3 "$DB" "SELECT hex(secret), hex(refresh) FROM credential ORDER BY seq" >sealed.before &&
	vault rekey && grep -q "^3 entries" out && sound &&
	test "$(fingerprint)" != "$before" && ! cmp -s "$KEY" old.key &&
	test "$(stat -c %a "$KEY")" = 600 && test "$(files)" = "vault.db vault.db.key " &&
	sqlite3 "$DB" "SELECT hex(secret), hex(refresh) FROM credential ORDER BY seq" >sealed.after &&
	! grep -qxF -f sealed.before sealed.after &&
	test "$(get one)" = "$CANARY" && test "$(get three)" = again &&
	vault restore https://h.example --user two && test "$(get two)" = second &&
	grep -qx oauth_refresh_token=again answer &&
	cp -p "$KEY" new.key && cp -p old.key "$KEY" && expect_exit 1 vault show 1 && says "another key" &&
	cp -p new.key "$KEY" && sound && keeps_secret "$DB" "$KEY"
'

test_expect_success 'killed before its decision: the old key counts, and the waste goes' '
	start_over && cp -p "$DB" before.db && cp -p "$KEY" old.key &&
	printf "%064d\n" 7 >"$KEY.new" && chmod 600 "$KEY.new" &&
	test "$(get one)" = "$CANARY" && store four fourth && test "$(get four)" = fourth &&
	expect_exit 4 vault check && grep -q "rekey was interrupted" out &&
	for waste in "printf half" "true"; do
		$waste >"$KEY.new" && test "$(get one)" = "$CANARY" && store one "$CANARY" || return 1
	done &&
	vault rekey && test "$(files)" = "vault.db vault.db.key " && sound && test "$(get four)" = fourth
'

test_expect_success 'killed after its decision: the new key is found under its second name' '
	start_over && cp -p "$KEY" old.key && vault rekey && mv "$KEY" "$KEY.new" && cp -p old.key "$KEY" &&
	test "$(get one)" = "$CANARY" && vault show https://h.example --user two &&
	test "$(files)" = "vault.db vault.db.key vault.db.key.new " &&
	store four fourth && test "$(files)" = "vault.db vault.db.key " && sound &&
	mv "$KEY" "$KEY.new" && test "$(get four)" = fourth && cp -p old.key "$KEY" &&
	vault rekey && test "$(files)" = "vault.db vault.db.key " && sound && test "$(get one)" = "$CANARY"
'

test_expect_success 'a link or another name in the place of the new key is not followed' '
	start_over && : >target && ln -s "$PWD/target" "$KEY.new" &&
	test "$(get one)" = "$CANARY" && vault rekey && test ! -s target && sound &&
	mkdir "$KEY.new" && expect_exit 1 vault rekey && says "cannot remove" && test "$(get one)" = "$CANARY" &&
	rmdir "$KEY.new" && sound
'

test_expect_success 'an entry that does not open stops a rekey; erased, it no longer does' '
	start_over && cp -p "$KEY" old.key &&
	sqlite3 "$DB" "UPDATE credential SET secret = zeroblob(60) WHERE username = ${q}two$q" &&
	refused 1 "row 2, .*does not open; nothing was changed" rekey &&
	cmp "$KEY" old.key && test "$(files)" = "vault.db vault.db.key " && test "$(get one)" = "$CANARY" &&
	expect_exit 4 vault check && grep -q "row 2, https://h.example of user two, does not open" out &&
	grep -q "2 of 3 entries open" out &&
	vault erase --yes 2 && vault rekey && sound && test "$(get three)" = third
'

case $VARIANT in
release) rounds=300 ;;
*) rounds=60 ;;
esac

test_expect_success "$rounds rekeys killed at any point lose nothing" '
	start_over && i=0 && while [ $i -lt 40 ]; do
		i=$((i + 1))
		echo "{\"protocol\":\"https\",\"host\":\"many.example\",\"username\":\"u$i\",\"password\":\"$CANARY\",\"stored_at\":5}"
	done >lines && { echo "{\"aisearch_vault_export\":1}"; cat lines; } | aisearch vault import - >/dev/null &&
	rm lines && started=$(date +%s%N) && vault rekey && took=$((($(date +%s%N) - started) / 1000)) &&
	done=0 undone=0 round=0 && while [ $round -lt $rounds ]; do
		round=$((round + 1))
		before=$(fingerprint)
		us=$(($(od -An -N4 -tu4 /dev/urandom) % (took + took / 5)))
		timeout -s KILL "$(printf "0.%06d" $us)" aisearch vault rekey >/dev/null 2>&1
		vault check --json || { cat "$KEY"* out; ls -la "$DIR"; jq -e "all(.problems[]; .problem | test(\"interrupted\"))" out; } &&
		jq -e ".entries.active == 43 and .entries.damaged == 0" out >/dev/null &&
		test "$(get one)" = "$CANARY" || { echo "round $round"; cat out err; ls -la "$DIR"; return 1; }
		if [ "$(fingerprint)" = "$before" ]; then undone=$((undone + 1)); else done=$((done + 1)); fi
	done >log 2>&1 || { tail -n 40 log; return 1; }
	echo "decided $done, not decided $undone" && test $done -gt 5 && test $undone -gt 5 &&
	vault rekey && test "$(files)" = "vault.db vault.db.key " && sound
'

test_expect_success 'an import brings nothing back that was rejected since, whatever its clock said' '
	start_over && vault export --plain -o "$PWD/before.json" && reject one && expect_exit 0 get one &&
	test -z "$(get one)" && vault import before.json && says_out "left as it is" &&
	test -z "$(get one)" && vault restore -u one https://h.example && test "$(get one)" = "$CANARY" &&
	reject two && later=$(($(date +%s) + 40 * 86400)) &&
	(umask 077 && printf "%s\n" "{\"aisearch_vault_export\":1}" "{\"protocol\":\"https\",\"host\":\"i.example\",\"username\":\"u\",\"password\":\"p\",\"stored_at\":$later}" >ahead.json) &&
	vault import ahead.json && vault restore -u two https://h.example && test "$(get two)" = second &&
	(umask 077 && printf "%s\n" "{\"aisearch_vault_export\":1}" "{\"protocol\":\"https\",\"host\":\"i\\u001b.example\",\"username\":\"u\",\"password\":\"p\"}" >raw.json) &&
	expect_exit 1 vault import raw.json && says "control character" &&
	for line in "\"username\":\"u\\u001b[2J\"" "\"username\":\"u\",\"path\":\"\\u007f\"" "\"username\":\"u\",\"label\":\"\\u0007\"" \
		    "\"username\":\"u\",\"token_id\":\"\\n\"" "\"username\":\"u\",\"origin\":\"\\u001b\""; do
		printf "%s\n" "{\"aisearch_vault_export\":1}" "{\"protocol\":\"https\",\"host\":\"i.example\",$line,\"password\":\"p\"}" >raw.json &&
		expect_exit 1 vault import raw.json && says "control character" || return 1
	done &&
	printf "%s\n" "{\"aisearch_vault_export\":1}" "{\"protocol\":\"https\",\"host\":\"i.example\",\"username\":\"u\",\"password\":\"p\\ud800\"}" >raw.json &&
	expect_exit 1 vault import raw.json && says "surrogate"
'

test_expect_success 'stores and gets while it is rekeyed: nothing acknowledged is lost' '
	start_over && rm -f stop acknowledged failed &&
	spawn sh -c "while [ ! -e stop ]; do aisearch vault rekey >/dev/null || echo rekey >>failed; done" &&
	one=$SPAWNED &&
	spawn sh -c "while [ ! -e stop ]; do aisearch vault rekey >/dev/null || echo rekey >>failed; done" &&
	two=$SPAWNED &&
	i=0 && while [ $i -lt 60 ]; do
		i=$((i + 1))
		store "user$i" "secret$i" && echo "user$i" >>acknowledged
		test "$(get "user$i")" = "secret$i" || { echo "user$i"; cat get.err; touch stop; return 1; }
	done; touch stop; wait $one $two
	test "$(wc -l <acknowledged)" = 60 && test ! -e failed && sound && test "$(files)" = "vault.db vault.db.key " &&
	i=0 && while [ $i -lt 60 ]; do
		i=$((i + 1))
		test "$(get "user$i")" = "secret$i" || { echo "user$i"; return 1; }
	done
'

test_expect_success 'a key that systemd hands over is not replaced, but can be followed' '
	start_over && mkdir -m 700 creds && mv "$KEY" creds/aisearch-vault-key &&
	CREDENTIALS_DIRECTORY=$PWD/creds && export CREDENTIALS_DIRECTORY && test "$(get one)" = "$CANARY" &&
	refused 1 "service.s credential, which cannot be replaced" rekey && says "new-key-file" &&
	refused 1 "is the service.s credential" passphrase &&
	before=$(fingerprint) && (ulimit -f 0; expect_exit 1 vault rekey --new-key-file next.key) ; test "$(fingerprint)" = "$before" &&
	rm -f next.key && vault rekey --new-key-file next.key && grep -q "put it in the place" out &&
	test "$(stat -c %a next.key)" = 600 &&
	expect_exit 1 vault show 1 && says "another key" &&
	expect_exit 1 vault rekey --new-key-file next.key && says "another key" &&
	mv next.key creds/aisearch-vault-key && sound && test "$(get one)" = "$CANARY" &&
	cp -p creds/aisearch-vault-key same && expect_exit 1 vault rekey --new-key-file same && says "has already" &&
	echo nonsense >same && expect_exit 1 vault rekey --new-key-file same && says "does not hold a vault key" &&
	chmod 644 same && refused 1 "accessible to others" rekey --new-key-file same && sound
'
unset CREDENTIALS_DIRECTORY

test_expect_success 'with a key file, too, another place may be named' '
	start_over && vault rekey --new-key-file "$PWD/elsewhere.key" && grep -q "move it to" out &&
	expect_exit 1 vault show 1 && vault show 1 --key-file elsewhere.key &&
	vault rekey --key-file elsewhere.key && test ! -e elsewhere.key.new &&
	mv elsewhere.key "$KEY" && sound
'

cat >full.sh <<\EOF
mount -t tmpfs -o size=192k,mode=700 tmpfs disk || exit 1
v="--vault disk/vault.db"
store () {
	printf '%s\n' protocol=https host=h "username=$1" "password=$2" | git-credential-aisearch $v store
}
get () {
	printf '%s\n' protocol=https host=h "username=$1" | git-credential-aisearch $v get | sed -n 's/^password=//p'
}
store one "$1" && store two second && head -c 1000000 /dev/zero >disk/fill 2>/dev/null
sum=$(cat disk/vault.db disk/vault.db.key | cksum)
aisearch $v vault rekey 2>err && exit 1
cat err; ls -la disk
grep -e 'o space left' err && test "$(cat disk/vault.db disk/vault.db.key | cksum)" = "$sum" &&
test "$(get two)" = second && test "$(ls disk | tr '\n' ' ')" = "fill vault.db vault.db.key " &&
truncate -s -8192 disk/fill &&
{ aisearch $v vault rekey 2>err && exit 1; cat err; grep -e 'o space left' err; } &&
test "$(cat disk/vault.db disk/vault.db.key | cksum)" = "$sum" &&
test "$(ls disk | tr '\n' ' ')" = "fill vault.db vault.db.key " &&
rm disk/fill && aisearch $v vault rekey && aisearch $v vault check && test "$(get one)" = "$1"
EOF
cat >readonly.sh <<\EOF
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 1
aisearch vault rekey 2>err && exit 1
cat err; grep -e 'Read-only\|cannot be written' err && grep '^  hint: ' err &&
aisearch vault check && aisearch vault export --plain | grep -q "$2" &&
{ aisearch vault restore https://h.example --user two 2>err && exit 1; grep '^aisearch: vault restore: ' err; }
EOF
if unshare --user --map-root-user --mount true 2>/dev/null; then
	test_expect_success 'a full disk: nothing is changed, nothing is left, and it says so' '
		mkdir -m 700 disk && unshare --user --map-root-user --mount sh full.sh "$(printf %030000d 1)"
	'
	test_expect_success 'a read-only disk can be read, checked and exported' '
		start_over && reject two &&
		unshare --user --map-root-user --mount sh readonly.sh "$DIR" "$CANARY"
	'
else
	test_skip 'a full disk: nothing is changed, nothing is left, and it says so' 'no user namespaces'
	test_skip 'a read-only disk can be read, checked and exported' 'no user namespaces'
fi

# --- what is refused ---------------------------------------------------------

test_expect_success 'modes, links and kinds that are refused, with the command that mends them' '
	start_over &&
	for case in "750 $DIR" "640 $DB" "604 $KEY"; do
		chmod "${case%% *}" "${case#* }" &&
		for command in "show 1" rekey "export --plain --output x" passphrase; do
			refused 1 "accessible to others" $command || return 1
		done &&
		expect_exit 1 vault check && grep -q "problem: .*accessible to others" out &&
		eval "$(sed -n "s/^  hint: //p" out | head -n 1)" && sound || return 1
	done &&
	for path in "$DB" "$KEY" "$DIR"; do
		mv "$path" moved.it && ln -s "$PWD/moved.it" "$path" &&
		refused 1 "symbolic link" rekey && expect_exit 1 vault check && grep -q "symbolic link" out &&
		rm "$path" && mv moved.it "$path" || return 1
	done && sound
'

if [ "$(id -u)" = 0 ]; then
	test_expect_success 'another owner is refused' '
		for path in "$KEY" "$DB" "$DIR"; do
			chown 65534 "$path" && refused 1 "belongs to user 65534" rekey &&
			expect_exit 1 vault check && grep -q "hint: chown 0" out && chown 0 "$path" || return 1
		done
	'
else
	test_skip 'another owner is refused' 'needs root'
fi

test_expect_success 'a newer schema, a foreign file, a missing key' '
	start_over && sqlite3 "$DB" "PRAGMA user_version = 99" &&
	refused 1 "schema 99" rekey && refused 1 "schema 99" list &&
	expect_exit 1 vault check && grep -q "schema 99" out && grep -q "hint: use the newer" out &&
	sqlite3 "$DB" "PRAGMA user_version = 2" && mv "$KEY" away &&
	refused 1 "is missing" rekey && refused 1 "is missing" passphrase &&
	expect_exit 1 vault check && grep -q "is missing" out && grep -q "3 active" out &&
	vault list && test "$(wc -l <out)" = 4 && mv away "$KEY" && sound
'

test_expect_success 'a damaged file: check says what can be saved, and it can' '
	rm -rf "$XDG_DATA_HOME" && store one "$CANARY" && i=0 && while [ $i -lt 120 ]; do
		i=$((i + 1))
		echo "{\"protocol\":\"https\",\"host\":\"many.example\",\"username\":\"u$i\",\"password\":\"p$i\",\"stored_at\":5}"
	done >lines && { echo "{\"aisearch_vault_export\":1}"; cat lines; } | vault import - && rm lines &&
	page=$(sqlite3 "$DB" "SELECT pageno FROM dbstat WHERE name = ${q}credential$q AND pagetype = ${q}leaf$q
		ORDER BY pageno LIMIT 1 OFFSET 1") && echo "page $page" &&
	head -c 4096 /dev/zero | tr "\0" Z | dd of="$DB" bs=4096 seek=$((page - 1)) conv=notrunc status=none &&
	expect_exit 4 vault check && cat out && grep -q "[0-9] of 121 entries open" out && grep -q "vault export --output FILE" out &&
	expect_exit 4 vault export --plain --output saved.jsonl && says "^[1-9][0-9]* that do not open" &&
	mv "$DB" broken.db && vault import saved.jsonl && sound && grep -q "^entries  *[1-9][0-9]* active" out &&
	saved=$(sed -n "s/^entries  *\([0-9]*\) active.*/\1/p" out) && echo "saved $saved of 121" && test "$saved" -gt 60 &&
	test "$(get one)" = "$CANARY" && vault show https://many.example --user u120 && rm saved.jsonl &&
	head -c 2000 broken.db >"$DB" && expect_exit 1 vault check && grep -q "is damaged" out && grep -q "aisearch vault export" out
'

# many: one and u1 to u120, in $DB and in whole.db; how many of these saved.jsonl has is in $saved
many () {
	chmod -R u+rwX "$XDG_DATA_HOME" && rm -rf "$XDG_DATA_HOME" saved.jsonl && store one "$CANARY" && i=0 && {
		echo "{\"aisearch_vault_export\":1}"
		while [ $i -lt 120 ]; do
			i=$((i + 1))
			echo "{\"protocol\":\"https\",\"host\":\"many.example\",\"username\":\"u$i\",\"password\":\"p$i\",\"stored_at\":5}"
		done
	} | vault import - && cp -p "$DB" whole.db
}
# page NAME [KIND]: the number of the first such page
page () {
	sqlite3 whole.db "SELECT pageno FROM dbstat WHERE name = $q$1$q AND pagetype = $q${2:-leaf}$q ORDER BY pageno LIMIT 1"
}
# spoil PAGE: it is overwritten
spoil () {
	head -c 4096 /dev/zero | tr "\0" Z | dd of="$DB" bs=4096 seek=$(($1 - 1)) conv=notrunc status=none
}
# salvage: exports what can be read, and imports it into a new vault with the same key
salvage () {
	rm -f saved.jsonl broken.db && { vault export --plain --output saved.jsonl; test $? = "${1:-4}"; } && cp err export.err &&
	mv "$DB" broken.db && rm -f "$DB-journal" && vault import saved.jsonl && sound &&
	saved=$(sed -n "s/^entries  *\([0-9]*\) active.*/\1/p" out) && echo "saved $saved of 121"
}

test_expect_success 'a file without its last pages: what is left of it is saved, and the rest counted' '
	many && pages=$(sqlite3 whole.db "PRAGMA page_count") &&
	for cut in 1 2; do
		cp -p whole.db "$DB" && truncate -s $(((pages - cut) * 4096)) "$DB" &&
		expect_exit 1 get one && grep -q "is damaged" get.err && grep -q "aisearch vault check, aisearch vault export" get.err &&
		{ expect_exit 1 store new x 2>err; says "aisearch vault export"; } &&
		expect_exit 1 vault check && cat out && grep -q "[1-9][0-9]* of .*entries open" out &&
		salvage && cat export.err && test "$saved" -gt 30 || return 1
		lost=$(sed -n "s/^\(at least \)*\([0-9]*\) that do not open.*/\2/p" export.err)
		grep -q "^at least" export.err || [ -z "$lost" ] || test $((saved + lost)) = 121 || return 1
	done && truncate -s $(((pages - 1) * 4096 + 100)) whole.db && cp -p whole.db "$DB" && salvage && cat export.err &&
	lost=$(sed -n "s/^\([0-9]*\) that do not open.*/\1/p" export.err) && test $((saved + lost)) = 121 && test "$saved" -gt 60
'

test_expect_success 'a damaged page of an index: all is saved' '
	many && for index in credential_identity credential_user credential_host; do
		cp -p whole.db "$DB" && spoil "$(page $index)" && { vault check; test $? = 4 || test $? = 1; } && cat out &&
		grep -q "121 of 121 entries open" out && salvage 0 && test "$saved" = 121 && test "$(get one)" = "$CANARY" || return 1
	done
'

test_expect_success 'a page in the middle: what is around it is saved, and what is in it counted' '
	many && pages=$(sqlite3 whole.db "SELECT pageno FROM dbstat WHERE name = ${q}credential$q AND pagetype = ${q}leaf$q" | sed -n "1p;3p") &&
	test "$(echo $pages | wc -w)" = 2 && for page in $pages; do spoil $page || return 1; done && salvage && cat export.err &&
	lost=$(sed -n "s/^\([0-9]*\) that do not open.*/\1/p" export.err) && test $((saved + lost)) = 121 && test "$saved" -gt 30
'

test_expect_success 'a vault that cannot be used is not one with which something is wrong' '
	start_over && cp -p "$DB" whole.db && spoil 3 && expect_exit 1 get one && expect_exit 1 vault check && cat out &&
	grep -q "cannot be used" out && ! grep -q "is sound" out && expect_exit 1 vault check --json && jq -e ".sound == false" out &&
	cp -p whole.db "$DB" && spoil "$(page credential_identity)" && test "$(get one)" = "$CANARY" && expect_exit 4 vault check &&
	grep -q "3 of 3 entries open" out && cp -p whole.db "$DB" && spoil "$(page credential_identity)" &&
	spoil "$(page credential_user)" && expect_exit 1 get one && expect_exit 1 vault check && cat out &&
	grep -q "cannot be used" out && grep -q "3 of 3 entries open" out &&
	cp -p whole.db "$DB" && sqlite3 "$DB" "PRAGMA application_id = 7" && expect_exit 1 get one && grep -q "not a vault" get.err &&
	refused 1 "not a vault" list && expect_exit 1 vault check && grep -q "not a vault" out &&
	cp -p whole.db "$DB" && sound
'

test_expect_success 'check finds what SQLite takes, but no aisearch wrote' '
	while IFS="|" read -r sql finding; do
		cp -p whole.db "$DB" && sqlite3 "$DB" "$sql" && expect_exit 4 vault check && says_out "problem: .*$finding" &&
		! grep -q "cannot be used\|is sound" out && grep -q "hint: " out || { echo "$sql"; return 1; }
	done <<-EOF &&
	UPDATE credential SET seq=9223372036854775807 WHERE username="one"|nothing can be stored
	UPDATE credential SET state=7 WHERE username="two"|row [0-9]* has a state or a field
	UPDATE credential SET protocol=CAST(protocol AS BLOB) WHERE username="two"|row [0-9]* has a state or a field
	DROP INDEX credential_identity|index .credential_identity. is missing
	DROP INDEX credential_host; CREATE INDEX credential_host ON credential (host)|index .credential_host. is not as
	CREATE TRIGGER t AFTER INSERT ON credential BEGIN SELECT 1; END|trigger .t. does not belong
	CREATE VIEW w AS SELECT 1|view .w. does not belong
	CREATE TABLE other (x)|table .other. does not belong
	EOF
	cp -p whole.db "$DB" && sound
'

test_expect_success 'a journal whose vault is gone: reading refuses, too' '
	start_over && mv "$DB" away && echo x >"$DB-journal" && chmod 600 "$DB-journal" &&
	expect_exit 1 get one && grep -q "is missing, but not its journal" get.err &&
	refused 1 "is missing, but not its journal" list && refused 1 "not its journal" show 1 &&
	expect_exit 1 vault check && grep -q "not its journal" out && test ! -e "$DB"
'

test_expect_success 'what a killed first store left goes with a later one, and nothing else' '
	rm -rf "$XDG_DATA_HOME" && echo "{\"aisearch_vault_export\":1}" | vault import - && cp "$DB" image &&
	# as mkostemp() names them: the beginning of a new vault, none of it, all of it, and a second name
	head -c 5000 image >"$DB.aB3xyZ" && : >"$DB.000000" && cp image "$DB.abcdef" && store one 1 && ln "$DB" "$DB.second" &&
	cp -p "$DB" "$DB.backup" && head -c 9000 "$DB" >"$DB.broken" && mkdir "$DB.folder" && ln -s "$DB.000000" "$DB.linked" &&
	cp image "$DB.abcdefg" && cp image "$DB.mint-a" && cp image "$DIR/other.abcdef" &&
	touch -h -d "2 minutes ago" "$DIR"/other* "$DB".* && cp image "$DB.fresh1" && chmod 600 "$DB".* "$DB" && store two 2 &&
	ls "$DIR" | tr "\n" " " >left && cat left &&
	grep -qx "other.abcdef vault.db vault.db.abcdefg vault.db.backup vault.db.broken vault.db.folder vault.db.fresh1 vault.db.key vault.db.linked vault.db.mint-a " left &&
	test "$(get one)" = 1 && rm -rf "$DIR"
'

test_expect_success 'names that are no UTF-8 stand in the list as in an export' '
	start_over && bad=$(printf "caf\351") && store "$bad" pw && vault list --json &&
	jq -r ".[] | select(.username_base64) | .username_base64" out | base64 -d >name && test "$(cat name)" = "$bad" &&
	jq -e "[.[] | select(.username == \"one\" and (has(\"username_base64\") | not))] | length == 1" out
'

# --- the passphrase ----------------------------------------------------------

test_expect_success 'no passphrase: nothing to unlock, nothing to lock' '
	start_over && refused 1 "nothing to unlock" unlock && says "$KEY" &&
	vault lock && grep -qx "it was not unlocked" out && says "its key file opens it" &&
	expect_exit 1 vault passphrase --remove && says "has no passphrase" &&
	for time in 0 -1 x 8x 8hh 31d 99999999999999999999 1.5h; do
		expect_exit 2 vault unlock --for $time || return 1
	done
'

test_expect_success 'the helper has no part of Argon2 in it' '
	nm -D "$OUT/aisearch" >symbols && grep -q crypto_pwhash symbols &&
	nm "$OUT/git-credential-aisearch" >symbols && grep -q main symbols &&
	# linked as a whole it has what sodium_init() touches, but nothing that hashes
	! grep -q "passphrase_open\|crypto_pwhash$\|argon2id_hash" symbols
'

echo "$PASS" >pass
store probe probe
if aisearch vault passphrase <pass >out 2>err; then
	in_keyring () {
		test_expect_success "$@"
	}
else
	why=$(sed -n 's/^aisearch: vault passphrase: //p' err)
	in_keyring () {
		test_skip "$1" "$why"
	}
fi

in_keyring 'with a passphrase there is no key file, and the vault is locked for everyone' '
	start_over && cp -p "$KEY" file.key && vault passphrase <pass && test "$(files)" = "vault.db " &&
	expect_exit 1 get one && grep -q "is locked" get.err && grep -q "^  hint: run: aisearch vault unlock" get.err &&
	{ expect_exit 1 store one new 2>err; says "is locked"; } &&
	refused 1 "is locked" show 1 && refused 1 "is locked" export --plain --output x && refused 1 "is locked" passphrase &&
	vault list && grep -q " one " out && expect_exit 1 vault check && grep -q "is locked" out && grep -q "3 active" out &&
	keeps_secret "$DB" && ! grep -qa "$PASS" "$DB" && ! grep -qaif file.key "$DB"
'

in_keyring 'the helper does not ask, whatever terminal there is' '
	printf "protocol=https\nhost=h.example\n\n" >request &&
	{ script -qec "git-credential-aisearch get <request" typescript >/dev/null </dev/null; test $? = 1; } &&
	grep -q "is locked" typescript && ! grep -qi "passphrase of" typescript
'

in_keyring 'unlock: for a time, for the possessor only, until lock' '
	echo "not the one" >wrong && expect_exit 1 vault unlock <wrong && says "passphrase is wrong" &&
	expect_exit 1 get one && expect_exit 1 vault unlock && says "no passphrase" &&
	vault unlock --for 10m <pass && grep -q "^unlocked until 20" out && test "$(get one)" = "$CANARY" &&
	name=$(fingerprint | tr A-F a-f) && grep "aisearch:vault:$name" /proc/keys >keys && cat keys &&
	grep -q " [0-9]*m 3f000000 " keys && store four fourth && test "$(get four)" = fourth && sound &&
	grep -q "kernel keyring, under a passphrase" out &&
	vault lock && grep -qx locked out && expect_exit 1 get one && until_true 10 sh -c "! grep -q aisearch:vault:$name /proc/keys" &&
	vault lock && grep -q "not unlocked" out
'

in_keyring 'what was unlocked for a second is locked soon after' '
	vault unlock --for 1 <pass && until_true 10 sh -c "! printf %s\\\\n protocol=https host=h.example | git-credential-aisearch get" &&
	expect_exit 1 get one && grep -q "is locked" get.err
'

in_keyring 'rekey with a passphrase asks for it and keeps it, and who had the key still has' '
	before=$(fingerprint) && expect_exit 1 vault rekey <wrong && says "passphrase is wrong" &&
	refused 2 "under a passphrase, not in a file" rekey --new-key-file x <pass &&
	test "$(fingerprint)" = "$before" && vault rekey <pass && test "$(fingerprint)" != "$before" &&
	test "$(files)" = "vault.db " && expect_exit 1 get one &&
	vault unlock --for 10m <pass && test "$(get one)" = "$CANARY" && vault rekey <pass &&
	test "$(get one)" = "$CANARY" && sound && vault lock && grep -qx locked out && expect_exit 1 get one
'

in_keyring '60 such rekeys killed at any point lose nothing' '
	round=0 && done=0 && while [ $round -lt 60 ]; do
		round=$((round + 1)) && before=$(fingerprint) &&
		us=$((100000 + $(od -An -N4 -tu4 /dev/urandom) % 200000)) &&
		{ timeout -s KILL "$(printf "0.%06d" $us)" aisearch vault rekey <pass >/dev/null 2>&1
		  test "$(fingerprint)" = "$before" || done=$((done + 1)); } &&
		if [ $((round % 10)) = 0 ]; then
			vault unlock --for 1m <pass && sound && test "$(get one)" = "$CANARY" && vault lock
		fi || { cat err; return 1; }
	done && echo "decided $done" && vault unlock --for 1m <pass && sound && vault lock
'

in_keyring 'the passphrase is changed while unlocked' '
	echo "another passphrase" >pass2 && refused 1 "is locked" passphrase <pass2 &&
	vault unlock --for 10m <pass && echo short >wrong && expect_exit 1 vault passphrase <wrong && says "shorter" &&
	vault passphrase <pass2 && vault lock && expect_exit 1 vault unlock <pass &&
	vault unlock --for 1m <pass2 && test "$(get one)" = "$CANARY" && vault lock
'

in_keyring 'a key file that a kill left beside the passphrase is told of, and goes with unlock' '
	vault unlock --for 1m <pass2 && vault passphrase --remove <pass2 && cp -p "$KEY" left.key &&
	vault passphrase <pass2 && cp -p left.key "$KEY" && cp -p left.key "$KEY.new" &&
	expect_exit 4 vault check && grep -q "key file .* is still there" out &&
	vault unlock --for 1m <pass2 && test "$(files)" = "vault.db " && sound && vault lock &&
	printf "%064d\n" 7 >"$KEY" && chmod 600 "$KEY" && refused 1 "is locked" show 1 &&
	vault unlock --for 1m <pass2 && test -e "$KEY" && vault lock &&
	expect_exit 1 vault passphrase --remove <pass2 && says "holds another key" && rm "$KEY"
'

in_keyring 'without the passphrase again, the key is in its file' '
	expect_exit 1 vault passphrase --remove <pass && says "passphrase is wrong" &&
	vault passphrase --remove <pass2 && test "$(files)" = "vault.db vault.db.key " &&
	test "$(stat -c %a "$KEY")" = 600 && sound && test "$(get one)" = "$CANARY" && refused 1 "nothing to unlock" unlock <pass2
'

# --- schema 1 ----------------------------------------------------------------

old_vault () {
	rm -rf "$XDG_DATA_HOME" && mkdir -p -m 700 "$DIR" && (umask 077 && sqlite3 "$DB" <"$TESTS/schema-1.sql" &&
		sed -n 's/^-- \([0-9a-f]\{64\}\)$/\1/p' "$TESTS/schema-1.sql" >"$KEY")
}

formats () {
	sqlite3 "$DB" 'SELECT DISTINCT hex(substr(secret, 1, 1)) FROM credential ORDER BY 1' | tr '\n' ' '
}

test_expect_success 'a vault of schema 1 is read as it is, without a write' '
	old_vault && sum=$(cksum <"$DB") &&
	test "$(get one)" = first-secret && grep -qx oauth_refresh_token=again answer &&
	grep -qx password_expiry_utc=4000000000 answer && test "$(get two)" = second-secret &&
	printf "%s\n" protocol=https host=h.example path=a/b username=two | git-credential-aisearch get |
		grep -qx password=second-secret &&
	test "$(get "")" = nobody-secret && test -z "$(get three)" &&
	vault list --all && test "$(wc -l <out)" = 5 && vault show 3 && vault export --plain --output old.jsonl &&
	sound && grep -q "^schema  *1$" out && grep -q "3 active, 0 expired, 0 pending, 1 rejected" out &&
	test "$(cksum <"$DB")" = "$sum" && chmod 400 "$DB" && test "$(get one)" = first-secret && chmod 600 "$DB"
'

test_expect_success 'the first write brings it to the newest schema, and nothing is lost' '
	store one first-secret && test "$(sqlite3 "$DB" "PRAGMA user_version")" = 2 && test "$(formats)" = "01 " &&
	store two changed path=a/b && test "$(formats)" = "01 02 " && sound &&
	test "$(get one)" = first-secret && test "$(get "")" = nobody-secret &&
	grep -q . answer && vault list --all --json &&
	jq -e "length == 4 and (map(select(.username == \"one\"))[0].expires == \"2096-10-02T07:06:40Z\")" out &&
	vault restore https://h.example --user three && test "$(get three)" = refused-secret
'

test_expect_success 'a rekey seals all of it in the newest format' '
	vault rekey && test "$(formats)" = "02 " && sound && test "$(get one)" = first-secret &&
	grep -qx oauth_refresh_token=again answer && test "$(get three)" = refused-secret &&
	old_vault && vault rekey && test "$(formats)" = "02 " && sound && test "$(get one)" = first-secret &&
	vault restore https://h.example --user three && test "$(get three)" = refused-secret
'

test_expect_success 'with a wrong key an old vault is left as it was' '
	old_vault && printf "%064d\n" 7 >"$KEY" && sum=$(cksum <"$DB") &&
	! store one new 2>err && says "another key" && refused 1 "another key" rekey && test "$(cksum <"$DB")" = "$sum"
'

test_expect_success 'one entry is one entry' '
	for vault in of-one of-two; do rm -rf $vault && mkdir -m 700 $vault || return 1; done &&
	printf "protocol=https\nhost=one.example\nusername=me\npassword=x\n" | git-credential-aisearch --vault of-one/vault.db store &&
	vault export --plain --vault of-one/vault.db --output lines && says "^1 entry exported" &&
	vault import --vault of-two/vault.db lines && grep -qx "1 entry imported" out &&
	vault rekey --vault of-two/vault.db && grep -qx "1 entry is sealed under a new key" out && rm lines
'

test_expect_success 'nothing of all this showed the secret' '
	! grep -q "$CANARY" everything
'

aisearch vault lock >/dev/null 2>&1
test_done
