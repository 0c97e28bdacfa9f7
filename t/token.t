#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch token create, register, show, revoke; whoami and logout'
. "${0%/*}/lib.sh"

make_corpus corpus 5
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
DB=$XDG_DATA_HOME/aisearch/vault.db

EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket docs=corpus "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# token_of NAME-PREFIX [FILTER]: jq on the one token that the API has under that name
token_of () {
	TOKEN_FILE=creator.token api GET "${3:-/user/tokens}?per_page=50" >list.json &&
	jq -e --arg name "$1" "[.result[] | select(.name | startswith(\$name))] | length == 1 and (.[0] | ${2:-.})" list.json
}
# has_tokens NAME-PREFIX COUNT
has_tokens () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	got=$(jq --arg name "$1" '[.result[] | select(.name | startswith($name))] | length' list.json) &&
	{ [ "$got" = "$2" ] || { echo "$got tokens, expected $2"; return 1; }; }
}
# value ROLE: the token as the vault gives it, in the file value
value () {
	aisearch token print "$1" >value
}
alive () {
	test -s "$1" && TOKEN_FILE=$1 api GET "${2:-/user}/tokens/verify" >verified && jq -e '.result.status == "active"' verified
}
vault_says () {
	sqlite3 "$DB" "SELECT $1 FROM credential WHERE $2" >rows
	[ "$(cat rows)" = "$3" ] && return 0
	echo "the vault has '$(cat rows)', expected '$3'"
	return 1
}
registrations () {
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >registered.json && jq -r '.result[] | "\(.id) \(.cf_api_id) \(.name)"' registered.json
}

# --- create ---------------------------------------------------------------------------

test_expect_success 'create: a service token; its value is in the vault, and only there' '
	fresh && ai token create nightly && grep -q "^created token [0-9a-f]* .aisearch nightly 023e105f [0-9a-f]*. (user-owned, expires never)" out &&
	value service:nightly && alive value && ! grep -qF -f value out err requests.log &&
	token_of "aisearch nightly " "(.policies[0].permission_groups | map(.name)) == [\"AI Search Index Engine\"] and
		(.policies[0].resources | keys) == [\"com.cloudflare.api.account.$ACCOUNT\"]"
'

test_expect_success 'create: permissions, addresses, end, owner, name and place' '
	ai token create "site search" --service site --permission "AI Search Run" --permission "AI Search Read" \
		--allow-ip 127.0.0.0/8 --allow-ip 2001:db8::/32 --deny-ip 192.0.2.1 --expires 90d --json &&
	jq -e ".role == \"service:site\" and .owner == \"user\" and (.found | not) and (.token_id | length) == 32" out &&
	token_of "aisearch site search " "(.policies[0].permission_groups | map(.name) | sort) ==
		[\"AI Search Read\", \"AI Search Run\"] and .condition.request_ip.in == [\"127.0.0.0/8\", \"2001:db8::/32\"] and
		.condition.request_ip.not_in == [\"192.0.2.1\"] and
		((.expires_on | fromdate) - now | . > 7775000 and . <= 7776000)" &&
	ai token create --service acct --owner account --expires 2099-01-31 --json && jq -e ".owner == \"account\"" out &&
	token_of "aisearch acct " ".expires_on == \"2099-01-31T00:00:00Z\"" /accounts/$ACCOUNT/tokens &&
	vault_says "origin LIKE \"create:%\", expires_at" "username=\"service:acct\"" "1|4073500800"
'

test_expect_success 'create: a manager that works as one' '
	fresh && rm -rf data && ai login <creator.token && expect_exit 1 ai instance list && ai token create --role manager &&
	ai instance list && ai provision docs --no-wait && token_of "aisearch manager " \
		"(.policies[0].permission_groups | map(.name) | sort) == [\"AI Search Run\", \"AI Search Write\"]"
'

test_expect_success 'create: what is there stays, and what to do is said' '
	value manager && cp value before && expect_exit 1 ai token create --role manager && says "has a token as manager" &&
	says "hint: aisearch token rotate manager" && value manager && cmp value before && has_tokens "aisearch manager " 1
'

test_expect_success 'create: wrong usage is exit 2, and nothing is minted' '
	: >requests.log &&
	expect_exit 2 ai token create a b && expect_exit 2 ai token create "No Service" && says "hint: with --service" &&
	expect_exit 2 ai token create --role creator && expect_exit 2 ai token create --role x &&
	expect_exit 2 ai token create --role manager --service x && expect_exit 2 ai token create x --owner me &&
	expect_exit 2 ai token create x --expires soon && says "hint: a day as" && expect_exit 2 ai token create x --expires 2020-01-01 &&
	expect_exit 2 ai token create x --expires 5s && expect_exit 2 ai token create x --allow-ip 1.2.3 && says "not an IP" &&
	expect_exit 2 ai token create x --resource all && expect_exit 2 ai token create "$(printf "a\033b")" --service x &&
	expect_exit 2 ai token create "$(printf %081d 0)" --service x && test ! -s requests.log &&
	expect_exit 1 ai token create x --permission Everything && says "no permission group .Everything." &&
	has_tokens "aisearch x" 0 && vault_says "count(*)" "username=\"service:x\"" 0
'

for action in drop truncate empty notjson success-false null-result html status=500; do
	test_expect_success "create: the answer to the mint: $action, then again: one token" '
		fresh --fault "POST /user/tokens $action*1" && { ai token create x || ai token create x; } &&
		has_tokens "aisearch x " 1 && value service:x && alive value && vault_says state "username=\"service:x\"" 1
	'
done

test_expect_success 'create: killed when it was minted and the value not stored: one token' '
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token create x >out 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch x " 1 && kill -9 $victim && { wait $victim; :; } &&
	vault_says state "username=\"service:x\"" 0 && ai token create x && grep -q "^found, and gave a new value" out &&
	has_tokens "aisearch x " 1 && value service:x && alive value
'
test_expect_success 'create: asked for something else after that: the first one is deleted' '
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token create x >out 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch x " 1 && kill -9 $victim && { wait $victim; :; } &&
	ai token create x --permission "AI Search Run" && token_of "aisearch x " \
		"(.policies[0].permission_groups | map(.name)) == [\"AI Search Run\"]" && value service:x && alive value
'

test_expect_success 'create: one that has expired gives way, and its successor works; rotate says so' '
	case $VARIANT in asan|tsan) return 0 ;; esac
	fresh && ai logout --role manager --forget && ai token create --role manager --expires 1d --json && old=$(jq -r .token_id out) &&
	ai token create x --expires 1d && export WARP=$PWD/offset && echo 172800 >offset && {
		LD_PRELOAD=$OUT/warp.so expect_exit 1 ai token rotate manager && says "has expired" && says "hint: .*token create --role manager" &&
		LD_PRELOAD=$OUT/warp.so ai token create --role manager --json && LD_PRELOAD=$OUT/warp.so ai token create x --expires 1d
		r=$?; unset WARP; test $r = 0; } &&
	value manager && alive value && has_tokens "aisearch manager " 1 && has_tokens "aisearch x " 1 && value service:x && alive value &&
	TOKEN_FILE=creator.token api GET "/user/tokens/$old" | jq -e ".success | not" && ai instance list
'

test_expect_success 'create: what is minted works when the command has ended, and what does not spread is told' '
	fresh --spread 2 && ai logout --role manager && until_true 10 ai token verify creator && ai token create --role manager && ai instance list &&
	fresh --spread 60 && expect_exit 0 ai token create x --timeout 2 && says "may be refused for a minute" && grep -q "^created token" out &&
	spawn env --default-signal=INT aisearch token create y >out 2>err && victim=$SPAWNED && until_true 10 vault_says state "username=\"service:y\"" 1 &&
	kill -INT $victim && { wait $victim; test $? = 1; } && says "hint: the token is minted, and in the vault" && has_tokens "aisearch y " 1
'

# --- register ---------------------------------------------------------------------------

test_expect_success 'register: a token of the vault, once' '
	fresh && ai token create nightly --json && id=$(jq -r .token_id out) && ai token register service:nightly &&
	registrations >got && grep -q "^[0-9a-f-]* $id nightly$" got && test $(wc -l <got) = 1 && credential=$(cut -d" " -f1 got) &&
	ai token register --service nightly --json && jq -e ".replaced and .credential_id == \"$credential\" and .token_id == \"$id\"" out &&
	registrations >got && test $(wc -l <got) = 1
'

test_expect_success 'register: after a roll elsewhere AI Search gets what the vault has' '
	TOKEN_FILE=creator.token api PUT "/user/tokens/$id/value" -d "{}" -H "Content-Type: application/json" | jq -j .result >rolled &&
	expect_exit 1 ai token register service:nightly && says "the service token" && rm -f err.old &&
	expect_exit 1 ai token register --service nightly --stdin <rolled && says "hint: .*--replace" &&
	ai token register --service nightly --stdin --replace --name night <rolled && grep -q "$credential has the value" out &&
	registrations >got && grep -qx "$credential $id night" got && jq -e ".result[0].enabled" registered.json &&
	value service:nightly && printf "%s\n" "$(cat rolled)" | cmp - value && ! grep -qF -f rolled everything
'

test_expect_success 'register: a value from outside goes into the vault first' '
	ai token create other && value service:other && cp value given && sqlite3 "$DB" "DELETE FROM credential WHERE username=\"service:other\"" &&
	ai token register --service other --stdin <given && value service:other && cmp value given &&
	registrations | grep -q " other$" && ! grep -qF -f given everything requests.log
'

test_expect_success 'register: another token for a registration that is there' '
	ai token create third --json && third=$(jq -r .token_id out) && ai token register service:third --registration "$credential" &&
	registrations | grep -qx "$credential $third night" &&
	expect_exit 1 ai token register service:third --registration 00000000-0000-0000-0000-000000000000 && says "no registration"
'

test_expect_success 'register: what cannot be: exit and reason' '
	expect_exit 2 ai token register "$CANARY" && says "no service token" && expect_exit 2 ai token register manager &&
	expect_exit 2 ai token register service:x --service y && expect_exit 1 ai token register service:none && says "not in the vault" &&
	expect_exit 1 ai token register --service new --stdin </dev/null && says "the token is empty" &&
	printf %s wrong$CANARY | expect_exit 1 ai token register --service new --stdin && vault_says "count(*)" "username=\"service:new\"" 0 &&
	ai token create run --permission "AI Search Run" && expect_exit 1 ai token register service:run && says "7012" &&
	says "hint: .*AI Search Index Engine"
'

test_expect_success 'register: a lost answer is looked up, a fresh token is tried again' '
	fresh --fault "POST */ai-search/tokens drop*1" && ai token create x && ai token register service:x && registrations >got &&
	test $(wc -l <got) = 1
'

# --- show and list ------------------------------------------------------------------------

test_expect_success 'show: by role, id, name and registration, the same' '
	fresh && ai provision --type r2 --source docs docs --json && id=$(jq -r .api_token_id out) && credential=$(jq -r .credential_id out) &&
	ai token show service:default && cp out shown && grep -qx "id             $id" shown && grep -qx "owner          user" shown &&
	grep -q "^permissions    AI Search Index Engine" shown && grep -qx "in the vault   service:default" shown &&
	grep -qx "registered as  $credential" shown && grep -qx "used by        default/docs" shown &&
	name=$(sed -n "s/^name  *//p" shown) &&
	for word in "$id" "$name" "$credential"; do
		ai token show "$word" && grep -v "^last used" out >one && grep -v "^last used" shown | cmp - one || return 1
	done
'
test_expect_success 'show: JSON with the API object; what it says without tokens' '
	ai token show "$id" --json && jq -e ".id == \"$id\" and .owner == \"user\" and .token.status == \"active\" and
		.vault == [{role: \"service:default\", state: \"stored\", rotating: false}] and
		.registrations[0].enabled and .instances == [\"default/docs\"] and (.token | has(\"value\") | not)" out &&
	ai token create limited --allow-ip 127.0.0.1 --deny-ip 192.0.2.0/24 && ai token show service:limited &&
	grep -qx "only from      127.0.0.1" out && grep -qx "not from       192.0.2.0/24" out && grep -qx "registered as  no" out &&
	expect_exit 1 ai token show 00000000000000000000000000000000 && says "neither the API nor the vault" &&
	expect_exit 1 ai token show "no such" && says "no such token" && expect_exit 1 ai token show "$CANARY" &&
	expect_exit 2 ai token show && expect_exit 2 ai token show a b &&
	ai logout --role creator --role manager && ai token show service:default && says "no creator token" && says "no manager token" &&
	grep -qx "in the vault   service:default" out && ! grep -q registered out
'
test_expect_success 'list: the vault, AI Search and the API in one table' '
	ai vault restore "https://$HOSTPORT/accounts/$ACCOUNT" --user creator && ai vault restore "https://$HOSTPORT/accounts/$ACCOUNT" --user manager &&
	ai token list && grep -q "^vault  *service:default  *$id  *stored" out && grep -q "^AI Search .* $credential  *registered" out &&
	grep -q "^API  *aisearch default .* $id  *active" out &&
	ai token list --json && jq -e "(.vault | length) == 4 and .credentials[0].id == \"$credential\" and (.api_tokens | length) >= 4" out
'
test_expect_success 'list: the tokens of the user and of the account, whoever asks; what is refused is told, and no failure' '
	(umask 077; echo "acct$CANARY" >account.token) && fresh --account-token-file account.token && ai token create x --owner account && ai token create y &&
	ai token list && grep -q "^API .*aisearch x .* active .* account$" out && grep -q "^API .*aisearch y .* active .* user$" out && test ! -s err &&
	ai token list --json && jq -e "([.api_tokens[] | select(.name | startswith(\"aisearch \")) | .owner] | sort) == [\"account\", \"user\"] and .left_out == []" out &&
	ai login <account.token && ai token list && grep -q "^API .*aisearch x " out && ! grep -q "^API .*aisearch y " out && says "the user.s API tokens are left out: .*40[13]" &&
	ai token list --json && jq -e "[.left_out[].part] == [\"api_tokens of the user\"]" out
'
test_expect_success 'list: with a manager or a creator that is dead, and what cannot be reached' '
	ai login <creator.token && for role in manager creator; do
		ai token show $role --json && jq -e "has(\"registrations\")" out && TOKEN_FILE=creator.token api DELETE "/user/tokens/$(jq -r .id out)" || return 1
	done &&
	ai token list && grep -q "^vault  *manager" out && says "registered tokens are left out: .*401" && says "^the API tokens are left out: .*401" &&
	ai token list --json && jq -e "(.vault | length) == 4 and (.left_out | map(.part)) == [\"credentials\", \"api_tokens\"] and
		(has(\"credentials\") or has(\"api_tokens\") | not)" out && stop_process "$EMULATOR_PID" && EMULATOR_PID= &&
	expect_exit 1 ai token list && test ! -s out
'

test_expect_success 'register: what was minted a moment ago is waited for, also to be asked' '
	fresh --spread 2 && ai token create x --allow-ip 127.0.0.0/8 --json && id=$(jq -r .token_id out) && : >requests.log &&
	ai token register service:x && registrations | grep -q " $id x$" && grep -q "GET /client/v4/user/tokens/verify 401" requests.log
'
test_expect_success 'register: a token that the vault has as another role is refused: they would end together' '
	fresh && ai token create x && value service:x && cp value given && : >requests.log &&
	expect_exit 1 ai token register --service y --stdin <given && says "has that token as service:x" && says "hint: .*register service:x" &&
	expect_exit 1 ai token register --service y --stdin <manager.token && says "has that token as manager" &&
	expect_exit 1 ai token register --service y --stdin --replace <creator.token && says "has that token as creator" &&
	vault_says "count(*)" "username=\"service:y\"" 0 && ! grep " POST \| PUT " requests.log
'
# many COUNT: so many service tokens in the vault, which nobody knows
many () {
	for n in $(seq "$1"); do
		printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=service:many%s\npassword=%s\n\n" "$HOSTPORT" "$ACCOUNT" \
			"$n" "nobody$CANARY$n" | git-credential-aisearch store || return 1
	done
}
test_expect_success 'more tokens than anybody has: none is left out, of the list, of verify, of doctor and of rotate --all' '
	fresh && many 70 && ai token list --json && jq -e "[.vault[] | select(.name | startswith(\"service:many\"))] | length == 70" out &&
	expect_exit 1 ai token verify --json && jq -e "map(select(.status == \"refused\")) | length == 70" out &&
	ai doctor --json; grep -c "service:many[0-9]*: the API does not accept it" out | grep -qx 70 &&
	ai token rotate --all --older-than 30d && expect_exit 1 ai token rotate service:many70 && says "which token service:many70 is"
'
test_expect_success 'verify: one that has expired does not hide the others' '
	fresh && ai token create x --expires 1d && ai token create y && sqlite3 "$DB" "UPDATE credential SET expires_at=1 WHERE username=\"service:x\"" &&
	expect_exit 1 ai token verify && grep -q "^service:x  *expired" out && grep -q "^service:y  *active" out && grep -q "^manager  *active" out
'

# --- revoke -------------------------------------------------------------------------------

test_expect_success 'revoke: asks; without a terminal nothing is done unless --yes' '
	fresh && ai provision --type r2 --source docs docs --json && id=$(jq -r .api_token_id out) && credential=$(jq -r .credential_id out) &&
	value service:default && expect_exit 2 ai token revoke service:default && says "1 instance uses it" && says "hint: .*--yes" && alive value &&
	ai token revoke service:default -y && grep -qx "revoked token $id" out && grep -q "the vault forgot service:default" out &&
	grep -q "registration $credential stays" out && ! alive value && vault_says "count(*)" "username=\"service:default\"" 0
'
test_expect_success 'revoke: one that nobody uses goes with its registration, by id or name' '
	ai token create x --json && name=$(jq -r .name out) && ai token register service:x && ai token revoke "$name" --force --json &&
	jq -e ".roles == [\"service:x\"] and .registrations_left == [] and .instances == [] and (.was_gone | not)" out &&
	registrations >got && test $(wc -l <got) = 1 && has_tokens "aisearch x " 0 &&
	ai token create y --json && y=$(jq -r .token_id out) && ai token revoke $y --yes && has_tokens "aisearch y " 0 &&
	ai token revoke $y --yes && grep -q "was gone already" out &&
	expect_exit 1 ai token revoke "no such token" -y && says "no such token" && expect_exit 1 ai token revoke "$CANARY" -y
'
test_expect_success 'revoke: a damaged or rejected entry of it is not left to be restored' '
	ai token create z --json && z=$(jq -r .token_id out) && ai logout --role service:z && vault_says state "username=\"service:z\"" 2 &&
	ai token revoke $z -y && vault_says "count(*)" "username=\"service:z\"" 0
'
test_expect_terminal 'revoke: on a terminal the question names what uses it' '
	fresh && ai provision --type r2 --source docs docs --no-wait && value service:default &&
	echo n >answer && script -qec "aisearch token revoke service:default" typescript <answer >/dev/null; grep -q "registered as [0-9a-f-]*?" typescript && grep -q "This is not indexed any more: default/docs" typescript &&
	grep -q "nothing was done" typescript && alive value &&
	echo yes >answer && script -qec "aisearch token revoke service:default" typescript <answer >/dev/null; ! alive value
'

test_expect_success 'revoke: of the other owner, which the creator may not see: alive is not "gone"' '
	(umask 077; echo "acct$CANARY" >account.token) && fresh --account-token-file account.token && ai token create x --json &&
	x=$(jq -r .token_id out) && value service:x && ai login <account.token && expect_exit 1 ai token revoke service:x -y &&
	says "it is alive: token $x is none of the account" && says "hint: a creator of the user" && alive value && vault_says state "username=\"service:x\"" 1 &&
	expect_exit 1 ai token revoke $x -y && expect_exit 1 ai token revoke 00000000000000000000000000000000 -y && says "is none of the account"
'
test_expect_success 'revoke: dead, and not to be seen: not handed out any more, and kept; with a creator that sees it, gone' '
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$x" && ai token revoke service:x -y && grep -q "token $x is refused, and not where" out &&
	vault_says state "username=\"service:x\"" 2 && ai token revoke service:x -y --json && jq -e ".tokens[0].end == \"refused\" and .was_gone" out &&
	ai login <creator.token && ai token revoke service:x -y && grep -q "token $x was gone already" out && vault_says "count(*)" "username=\"service:x\"" 0 &&
	ai token create y --owner account && value service:y && ai token revoke service:y -y && ! alive value "/accounts/$ACCOUNT"
'
test_expect_success 'revoke: a second run is no failure; a token that the vault lost is not overlooked' '
	ai token create x && ai token revoke service:x -y && ai token revoke service:x -y && grep -qx "no token of service:x is there: gone already" out &&
	ai token revoke service:x -y --json && jq -e ".revoked == null and .was_gone and .tokens == []" out &&
	ai token create x && sqlite3 "$DB" "DELETE FROM credential WHERE username=\"service:x\"" && expect_exit 1 ai token revoke service:x -y &&
	says "the API has 1 token named .aisearch x 023e105f " && has_tokens "aisearch x " 1
'
test_expect_success 'revoke: after a logout, by its role; and with a manager or creator that is dead' '
	fresh && ai token create x && value service:x && ai logout --role service:x && ai token revoke service:x -y && ! alive value &&
	ai token create x && ai token show manager --json && id=$(jq -r .id out) && TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" &&
	ai token revoke service:x -y && says "the manager token is refused" && ai token revoke manager -y && grep -q "token $id was gone already" out &&
	vault_says "count(*)" "username=\"manager\"" 0 && ai token create y && value service:y && ai token show creator --json && id=$(jq -r .id out) &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" && expect_exit 1 ai token revoke service:y -y && says "it is alive: .*the creator token is refused" &&
	ai token revoke creator -y && vault_says "group_concat(username || state)" "state=1" service:y1
'
test_expect_success 'revoke: a lost answer, and again' '
	fresh --fault "DELETE /user/tokens/* drop*1" && ai provision --type r2 --source docs docs --no-wait && ai token create x && ai token register service:x &&
	{ ai token revoke service:x -y || ai token revoke service:x -y; } && grep -q "the vault forgot service:x" out && has_tokens "aisearch x " 0 &&
	registrations >got && test $(wc -l <got) = 1 &&
	fresh --fault "DELETE */ai-search/tokens/* drop*1" && ai token create x && ai token register service:x &&
	{ ai token revoke service:x -y || ai token revoke service:x -y; } && has_tokens "aisearch x " 0 && registrations >got && test ! -s got
'
test_expect_success 'revoke: AI Search is ill, and nobody can tell of registrations: the token dies all the same' '
	fresh --fault "GET */ai-search/tokens success-false" && ai token create x && value service:x && ai token revoke service:x -y &&
	says "its registrations are left alone: .*fault on demand" && ! alive value && vault_says "count(*)" "username=\"service:x\"" 0
'
test_expect_success 'revoke: its registration is gone already' '
	fresh && ai token create x && ai token register service:x && registrations >got && api DELETE "/accounts/$ACCOUNT/ai-search/tokens/$(cut -d" " -f1 got)" &&
	ai token revoke service:x -y && has_tokens "aisearch x " 0 && vault_says "count(*)" "username=\"service:x\"" 0
'
test_expect_success 'revoke: a role whose rotation is unfinished: both of its tokens' '
	fresh && ai provision --type r2 --source docs docs --no-wait && value service:default && cp value old && { spawn aisearch token rotate service:default --grace 1h >out 2>err; } && victim=$SPAWNED &&
	until_true 20 eval "value service:default && ! cmp value old" && kill -9 $victim && { wait $victim; :; } && cp value new && alive old && alive new && ai token show service:default --json && id=$(jq -r .id out) &&
	expect_exit 1 ai token revoke $id -y && says "second token of an unfinished rotation" && ai token revoke service:default -y && test $(grep -c "^revoked token" out) = 2 &&
	! alive old && ! alive new && vault_says "count(*)" "username LIKE \"service:%\"" 0 && ai token revoke service:default -y && grep -q "gone already" out
'
test_expect_success 'revoke: a role whose mint is unfinished: what was minted, and the intent' '
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token create x >out 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch x " 1 && kill -9 $victim && { wait $victim; :; } && vault_says state "username=\"service:x\"" 0 &&
	ai token revoke service:x -y && has_tokens "aisearch x " 0 && vault_says "count(*)" "username=\"service:x\"" 0
'
test_expect_success 'revoke: while another run is at the role: told, and nothing is done' '
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token create x >created 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch x " 1 && expect_exit 3 ai token revoke service:x -y --timeout 1 && says "another run holds" && says "hint: end that run" &&
	has_tokens "aisearch x " 1 && kill -9 $victim && { wait $victim; :; }
'

test_expect_success 'revoke: the first token of an unfinished rotation by its id; the rotation goes on' '
	fresh && ai provision --type r2 --source docs docs --no-wait && value service:default && cp value old && ai token show service:default --json && id=$(jq -r .id out) &&
	{ spawn aisearch token rotate service:default --grace 1h >out 2>err; } && victim=$SPAWNED &&
	until_true 20 eval "value service:default && ! cmp value old" && kill -9 $victim && { wait $victim; :; } && ai token revoke $id -y && ! alive old &&
	ai token rotate service:default && value service:default && alive value && has_tokens "aisearch default " 1
'

# --- login ----------------------------------------------------------------------------------

test_expect_success 'login: a manager that was made here and is alive is not replaced without a word' '
	fresh && rm -rf data && ai login <creator.token && ai token create --role manager --json && id=$(jq -r .token_id out) && value manager && cp value before &&
	expect_exit 1 ai login --role manager <manager.token && says "manager token $id was made by this program, and is alive" && says "hint: .*--replace" &&
	value manager && cmp value before && ai login --role manager <before && value manager && cmp value before &&
	ai login --role manager --replace <manager.token && grep -q "the one before, $id, is alive: aisearch token revoke $id" out &&
	value manager && cmp value manager.token && alive before && vault_says "group_concat(state)" "username=\"manager\"" 2,1 &&
	ai token revoke $id -y && ! alive before && value manager && cmp value manager.token
'
test_expect_success 'login: over a dead one, an expired one, and one of a hand: stored, as ever; JSON' '
	ai login --role manager --json <manager.token && jq -e ".replaced == null" out &&
	ai token rotate manager --grace 0 --json && ai token show manager --json && id=$(jq -r .id out) &&
	expect_exit 1 ai login --role manager <before && TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" &&
	TOKEN_FILE=creator.token api POST /user/tokens -d "{\"name\":\"by hand\",\"policies\":[{\"effect\":\"allow\",\"resources\":{\"com.cloudflare.api.account.$ACCOUNT\":\"*\"},\"permission_groups\":[{\"id\":\"$(TOKEN_FILE=creator.token api GET "/user/tokens/permission_groups?name=AI%20Search%20Write" | jq -r ".result[0].id")\"}]}]}" \
		-H "Content-Type: application/json" | jq -r .result.value >hand && alive hand && ai login --role manager <hand && value manager && cmp value hand &&
	ai token create x >/dev/null && sqlite3 "$DB" "UPDATE credential SET state=2 WHERE username=\"manager\" AND state=1" &&
	ai token create --role manager && ai token show manager --json && id=$(jq -r .id out) && ai login --role manager --replace --json <hand &&
	jq -e ".replaced.token_id == \"$id\"" out
'
test_expect_success 'login: over an unfinished mint of the role' '
	fresh --fault "POST /user/tokens hang*1" && rm -rf data && ai login <creator.token && spawn aisearch token create --role manager >out 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch manager " 1 && kill -9 $victim && { wait $victim; :; } && expect_exit 1 ai login --role manager <manager.token &&
	says "mint of the manager token is unfinished: the API may have .aisearch manager " && says "hint: aisearch token revoke manager" && vault_says state "username=\"manager\"" 0 &&
	ai login --role manager --replace <manager.token && grep -q "the API may have .aisearch manager " out && vault_says state,label "username=\"manager\"" "1|"
'

# --- whoami ---------------------------------------------------------------------------------

test_expect_success 'whoami: account, host, and each token: owner, status, end, permissions' '
	fresh && ai token create x --expires 2099-01-31 && ai whoami && grep -qx "account  $ACCOUNT" out && grep -qx "host     $HOSTPORT" out &&
	grep -q "^creator  *active  *[0-9a-f]*  *user  *-  *.*API Tokens Write" out && grep -q "^manager  *active .*AI Search Write" out &&
	grep -q "^service:x  *active  *[0-9a-f]*  *user  *2099-01-31.* AI Search Index Engine" out &&
	ai whoami --json && jq -e ".account == \"$ACCOUNT\" and (.tokens | length) == 3 and
		(.tokens | map(select(.role == \"manager\"))[0].permissions | sort) == [\"AI Search Run\", \"AI Search Write\"]" out
'
test_expect_success 'whoami: a dead token is told, and only when all are it fails' '
	id=$(jq -r ".tokens[] | select(.role == \"service:x\") | .id" out) && TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" &&
	ai whoami && grep -q "^service:x  *refused  *$id" out && sqlite3 "$DB" "DELETE FROM credential WHERE username<>\"service:x\"" &&
	expect_exit 1 ai whoami && grep -q refused out && rm -rf data && expect_exit 1 ai whoami && says "hint: store one: aisearch login" &&
	expect_exit 2 ai whoami x && CLOUDFLARE_API_TOKEN=$(cat manager.token) && export CLOUDFLARE_API_TOKEN && { ai whoami; r=$?; unset CLOUDFLARE_API_TOKEN; test $r = 0; } &&
	grep -q "^CLOUDFLARE_API_TOKEN  *active" out
'
test_expect_success 'whoami: the API is not there: exit 1, and which token was asked for' '
	fresh && stop_process "$EMULATOR_PID" && EMULATOR_PID= && expect_exit 1 ai whoami && says "^aisearch: whoami: creator: "
'

# --- logout ---------------------------------------------------------------------------------

test_expect_success 'logout: the tokens leave the vault, are alive, and can be restored' '
	fresh && ai token create x && value service:x && ai logout && grep -q "^creator .* removed; aisearch vault restore" out &&
	grep -q "^service:x .* is alive at the API" out && alive value && vault_says "count(*)" "state<>2" 0 &&
	expect_exit 1 ai whoami && expect_exit 1 ai logout && says "no such token" &&
	ai vault restore "https://$HOSTPORT/accounts/$ACCOUNT" --user service:x && value service:x && alive value
'
test_expect_success 'logout --forget: for good; --role: only that' '
	fresh && ai token create x && ai token create y && ai logout --role service:x --forget --json &&
	jq -e "(.removed | length) == 1 and .removed[0].role == \"service:x\" and (.stays | length) == 1" out &&
	vault_says "group_concat(username)" "1 ORDER BY seq" creator,manager,service:y && expect_exit 2 ai logout --role x && expect_exit 1 ai logout --role service:x
'
test_expect_success 'logout --revoke: dead at the API, the creator last' '
	expect_exit 2 ai logout --revoke && says "hint: .*--yes" && value service:y && cp value y && value manager && cp value m && value creator && cp value c &&
	: >requests.log && ai logout --revoke --yes && grep -q "^creator .* revoked, removed" out && ! grep -q "is alive" out &&
	! alive y && ! alive m && ! alive c && vault_says "count(*)" 1 0 && test "$(grep -c " DELETE " requests.log)" = 3
'
test_expect_success 'logout --revoke without a creator token: removed, told what stays, exit 1' '
	fresh && ai logout --role creator --forget && expect_exit 1 ai logout --revoke -y && says "no creator token" &&
	grep -q "^manager .* is alive at the API" out && vault_says "count(*)" "state<>2" 0
'
test_expect_success 'logout: an unfinished mint stays, unless it is revoked' '
	fresh --fault "POST /user/tokens hang*1" && spawn aisearch token create x >out 2>err && victim=$SPAWNED &&
	until_true 20 has_tokens "aisearch x " 1 && kill -9 $victim && { wait $victim; :; } && ai logout --role service:x &&
	grep -q "unfinished mint stays" out && vault_says state "username=\"service:x\"" 0 && ai logout --role service:x --revoke -y &&
	grep -q "revoked, removed" out && has_tokens "aisearch x " 0 && vault_says "count(*)" "username=\"service:x\"" 0
'

test_expect_success 'logout: what stays is told with the command that ends it, which does' '
	fresh && ai provision --type r2 --source docs docs --no-wait && value service:default && ai logout --role service:default --role creator &&
	grep -q "^service:default .* registration [0-9a-f-]*$" out && end=$(sed -n "s/^service:default .* is alive at the API: //p" out) && test -n "$end" &&
	eval "$end --yes" >got && grep -q "^revoked token" got && ! alive value && ai token create x && value service:x && ai logout --role service:x --json &&
	jq -e ".registrations == []" out && end=$(jq -r ".stays[0].end" out) && eval "$end --yes" && ! alive value &&
	ai token create x && value service:x && ai logout --forget && end=$(sed -n "s/^service:x .* is alive at the API: //p" out) && ai login --role manager <manager.token &&
	eval "$end --yes" <creator.token && ! alive value
'
test_expect_success 'logout: nothing is removed before what stays was told' '
	fresh && ai token create x && expect_exit 1 sh -c "aisearch logout >/dev/full" && expect_exit 1 sh -c "aisearch logout --json --forget >&-" &&
	vault_says "count(*)" "state=1" 3 && expect_exit 1 sh -c "aisearch logout --role service:x --forget >/dev/full" && vault_says "count(*)" "state=1" 3
'
test_expect_success 'logout: both tokens of an unfinished rotation are told, and revoked' '
	fresh && ai provision --type r2 --source docs docs --no-wait && value service:default && cp value old && ai token show service:default --json && id=$(jq -r .id out) &&
	{ spawn aisearch token rotate service:default --grace 1h >out 2>err; } && victim=$SPAWNED &&
	until_true 20 eval "value service:default && ! cmp value old" && kill -9 $victim && { wait $victim; :; } &&
	ai logout --role service:default --json --forget && jq -e ".stays | map(.token_id) | index(\"$id\")" out && alive old && fresh &&
	ai provision --type r2 --source docs docs --no-wait && value service:default && cp value old && { spawn aisearch token rotate service:default --grace 1h >out 2>err; } && victim=$SPAWNED &&
	until_true 20 eval "value service:default && ! cmp value old" && kill -9 $victim && { wait $victim; :; } && cp value new && ai logout --revoke -y && ! alive old && ! alive new
'
test_expect_success 'logout --revoke of what the creator may not see: it is told that it lives' '
	(umask 077; echo "acct$CANARY" >account.token) && fresh --account-token-file account.token && ai token create x && value service:x && ai login <account.token &&
	expect_exit 1 ai logout --revoke -y && grep -q "^service:x .* is alive at the API" out && says "is none of the account" && alive value &&
	vault_says "group_concat(username)" "state=2" manager,service:x
'

test_expect_success 'no secret in any output, log or file' '
	rm -f creator.token manager.token account.token auth.header value before hand given rolled c m y old new && keeps_secret everything requests.log emulator.err &&
	keeps_secret $(find data -type f)
'

test_done
