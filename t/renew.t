#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='a command whose token is rotated meanwhile goes on; the grace; what a 401 advises'
. "${0%/*}/lib.sh"

make_corpus corpus 60
make_corpus site 12
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
DB=$XDG_DATA_HOME/aisearch/vault.db
INSTANCES=/accounts/$ACCOUNT/ai-search/namespaces/default/instances
git config --file gitconfig credential.helper "$OUT/git-credential-aisearch"
git config --file gitconfig credential.useHttpPath true

# fresh [OPTIONS]: a new emulator, and a vault with creator and a manager that was minted.
EMULATOR_PID= MANAGER= VICTIM=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --rate-limit off --rate-limit off --site example.com="$PWD/site" "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai token create --role manager && manager && cp token first.token && first=$MANAGER
}
# manager: what git is given for it is in the file token, its id in $MANAGER.
manager () {
	printf 'protocol=https\nhost=%s\npath=accounts/%s\nusername=manager\n\n' "$HOSTPORT" "$ACCOUNT" |
		git credential fill | sed -n 's/^password=//p' >token &&
	MANAGER=$(sqlite3 "$DB" "SELECT token_id FROM credential WHERE username='manager' AND protocol='https' AND state=1")
	test -s token && test -n "$MANAGER"
}
alive () {
	TOKEN_FILE=$1 api GET /user/tokens/verify | jq -e '.result.status == "active"' >/dev/null
}
# asked PATTERN: how many requests of the log match
asked () {
	grep -c -e "$1" requests.log
}
# refused PATTERN: such a request was answered 401
refused () {
	grep -e "$1" requests.log | grep -q " 401 "
}
# rotates [OPTIONS]: another manager, at once
rotates () {
	ai token rotate manager --grace 0 "$@" && manager && ! alive first.token
}
# running COMMAND...: in the background, as $VICTIM; out and err are in ran.out and ran.err
running () {
	: >requests.log
	spawn env --default-signal=INT "$@" >ran.out 2>ran.err
	VICTIM=$SPAWNED
}
# between PATTERN [OPTIONS]: once it has made such a request it is stopped, the token rotated, and it runs on.
between () {
	until_true 20 grep -q -e "$1" requests.log && kill -STOP $VICTIM && shift && rotates "$@" && kill -CONT $VICTIM
}
# ends CODE: it ends so; what it has printed is kept
ends () {
	wait $VICTIM
	ended=$?
	cat ran.out ran.err >>everything
	[ $ended = "$1" ] && return 0
	echo "exit $ended, expected $1"
	cat ran.err
	return 1
}
# made: the requests with the new token
made () {
	asked " $MANAGER "
}

# --- going on -----------------------------------------------------------------------------

test_expect_success 'status --watch of all: refused once, and it goes on with the new token' '
	fresh --instances 6 && running aisearch status --watch --interval 1s && between "/stats" &&
	until_true 20 eval "test \$(made) -ge 8" && refused "instances?" && kill -INT $VICTIM && ends 0 && ! grep -q 401 ran.err
'
test_expect_success 'status: refused in the midst of the stats, all of them are read' '
	fresh --instances 12 && running aisearch status --rate 4 --format json && between "/stats" && ends 0 &&
	refused "/stats" && jq -e "(.instances | length) == 12 and (.instances | map(.stats != null) | all)" ran.out &&
	test $(made) -ge 6
'
test_expect_success 'status --watch of one, and a rotation in place' '
	fresh --instances 1 && running aisearch status idle-00001 --watch --interval 1s && until_true 20 grep -q /stats requests.log &&
	ai token rotate manager --in-place && manager && test $MANAGER = $first && ! alive first.token &&
	until_true 20 refused "/stats" && : >requests.log && until_true 20 eval "test \$(asked \"/stats 200\") -ge 2" &&
	kill -INT $VICTIM && ends 0
'
test_expect_success 'status --wait ends well' '
	fresh --pace 6 && api POST "$INSTANCES" -H "Content-Type: application/json" \
		-d "{\"id\":\"site\",\"type\":\"web-crawler\",\"source\":\"example.com\"}" >/dev/null &&
	running aisearch status site --wait && between "/stats" && ends 0 && refused "/stats" && test $(made) -ge 1
'
test_expect_success 'an upload of a folder, four at a time: each file is there once' '
	fresh --latency 100 && ai instance create docs && running aisearch item upload docs corpus && between "POST .*/items" && ends 0 &&
	refused "POST .*/items" && grep -q "^60 uploaded, 0 there already, 0 left out" ran.out &&
	test $(asked "POST .*/items 20") = 60 && test $(asked "POST .*/items 401") -le 4 && test $(made) -ge 1
'
test_expect_success 'and one that waits for its indexing' '
	fresh --pace 20 && ai instance create docs && running aisearch item upload docs corpus --wait && between "/stats" && ends 0 &&
	grep -q "^60 indexed" ran.out && test $(made) -ge 1
'
test_expect_success 'twice in a row' '
	fresh --instances 20 && running aisearch status --rate 4 --format json && between "/stats" &&
	cp token first.token && until_true 20 eval "test \$(made) -ge 2" && kill -STOP $VICTIM && rotates && kill -CONT $VICTIM && ends 0 &&
	jq -e "(.instances | map(.stats != null) | all)" ran.out && test $(made) -ge 1
'
test_expect_success 'a manager that was logged in is replaced as well' '
	fresh --instances 2 && ai logout --role manager && ai login --role manager <manager.token && cp manager.token first.token &&
	running aisearch status --watch --interval 1s && between "/stats" && until_true 20 eval "test \$(made) -ge 3" && kill -INT $VICTIM && ends 0
'

# --- the environment ----------------------------------------------------------------------

test_expect_success 'a token of the environment is not replaced, and the hint says so' '
	fresh --instances 2 && rotates && : >requests.log &&
	CLOUDFLARE_API_TOKEN=$(cat first.token) expect_exit 1 ai status && says "401" &&
	says "hint: it is from CLOUDFLARE_API_TOKEN, which goes before the vault: .*unset it to use the vault.s manager" &&
	CLOUDFLARE_API_TOKEN=$(cat first.token) expect_exit 1 ai instance list && says "hint: it is from CLOUDFLARE_API_TOKEN" &&
	test $(wc -l <requests.log) = 2 && ai status &&
	CLOUDFLARE_API_TOKEN=$(cat first.token) expect_exit 1 ai status --vault none/vault.db && says "unset it and: aisearch login --role manager"
'

# --- the hints ----------------------------------------------------------------------------

test_expect_success 'one that was minted, and revoked elsewhere: what the hint says mends it' '
	fresh --instances 2 && TOKEN_FILE=creator.token api DELETE "/user/tokens/$first" && expect_exit 1 ai status &&
	says "hint: it is the vault.s manager, minted by aisearch: aisearch token verify manager" &&
	expect_exit 1 ai instance list && says "minted by aisearch" && expect_exit 1 ai token verify manager &&
	ai logout --role manager && ai token create --role manager && ai status
'
test_expect_success 'one that was given by hand; the creator' '
	fresh && ai logout --role manager && ai login --role manager <manager.token &&
	id=$(TOKEN_FILE=manager.token api GET /user/tokens/verify | jq -r .result.id) &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && expect_exit 1 ai search docs x && says "hint: .*manager, given by hand: .*aisearch login --role manager" &&
	id=$(TOKEN_FILE=creator.token api GET /user/tokens/verify | jq -r .result.id) &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && expect_exit 1 ai token create x && says "hint: .*creator, given by hand: .*aisearch login --role creator"
'
test_expect_success 'killed in the midst of a rotation in place: refused, and told to go on with that' '
	fresh --instances 2 --fault "PUT /user/tokens/*/value hang*1" && spawn aisearch token rotate manager --in-place >ran.out 2>ran.err && VICTIM=$SPAWNED &&
	until_true 20 eval "! alive first.token" && kill -9 $VICTIM && { wait $VICTIM; :; } && expect_exit 1 ai status &&
	says "hint: .*rotation is unfinished: aisearch token rotate manager" && ai token rotate manager --grace 0 && ai status
'

# --- the grace ----------------------------------------------------------------------------

test_expect_success 'the old one serves until the grace is over, and is revoked once' '
	fresh && running aisearch token rotate manager --grace 4 && until_true 20 grep -q "manager .5/6. revoke: the old one is revoked in 4 s$" ran.err &&
	manager && test $MANAGER != $first && alive token && alive first.token && ends 0 && ! alive first.token && alive token &&
	test $(asked "DELETE .*/user/tokens/$first") = 1 &&
	awk -v old=" $first " "/ 200 / && index(\$0, old) && /GET .*user.tokens.verify/ { used = NR } / DELETE / { gone = NR }
		END { exit !(used && gone > used) }" requests.log
'
test_expect_success 'killed in it: both serve, and the next run waits for the rest and revokes once' '
	fresh && running aisearch token rotate manager --grace 600 && until_true 20 grep -q "revoked in 600 s" ran.err && kill -9 $VICTIM && { wait $VICTIM; :; } &&
	manager && alive token && alive first.token && ! grep " DELETE " requests.log &&
	sqlite3 "$DB" "UPDATE credential SET stored_at=stored_at-500 WHERE username=\"manager\" AND protocol=\"https\"" &&
	spawn env --default-signal=INT aisearch token rotate manager --grace 600 >ran.out 2>ran.err && VICTIM=$SPAWNED &&
	until_true 20 grep -q "the old one is revoked in [1-9][0-9] s$\|in 100 s$" ran.err && kill -INT $VICTIM && ends 1 &&
	grep -q "hint: the new one is in use, and the old one still lives: the same command revokes it" ran.err && alive first.token &&
	expect_exit 3 ai token rotate manager --grace 600 --timeout 1 && says "hint: the new one is in use" && alive first.token &&
	sqlite3 "$DB" "UPDATE credential SET stored_at=stored_at-500 WHERE username=\"manager\" AND protocol=\"https\"" &&
	new=$MANAGER && ai token rotate manager --grace 600 && says "store: nothing to do" && manager && test $MANAGER = $new &&
	! alive first.token && alive token && test $(asked " DELETE ") = 1 &&
	sqlite3 "$DB" "SELECT count(*) FROM credential WHERE protocol=\"aisearch-rotate\"" | grep -qx 0
'
test_expect_success 'of all: one grace, and none is revoked before each is stored' '
	fresh && ai token create a && ai token create b && : >requests.log && ai token rotate --all --grace 2 --json &&
	jq -e "(map(.role) | sort) == [\"service:a\", \"service:b\"] and (map(.continued) | any | not)" out &&
	test $(asked "DELETE .*/user/tokens") = 2 &&
	awk "/ POST .*user.tokens / { minted = NR } / DELETE / && !gone { gone = NR } END { exit !(gone > minted) }" requests.log
'
test_expect_success 'without --grace there is one of 30 s; in place there is none' '
	fresh && running aisearch token rotate manager && until_true 20 grep -q "revoked in 30 s$" ran.err && kill -INT $VICTIM && ends 1 &&
	ai token rotate manager --grace 0 && ! grep "revoked in" err && ! alive first.token &&
	: >requests.log && expect_exit 2 ai token rotate manager --in-place --grace 10 && says "no grace" && test ! -s requests.log
'

test_expect_success 'no secret in any output, log or file' '
	rm -f *.token auth.header token && for file in everything requests.log emulator.err; do keeps_secret "$file" || return 1; done &&
	keeps_secret $(find data -type f)
'

test_done
