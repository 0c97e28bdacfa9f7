# SPDX-License-Identifier: MIT
#
# provision.sh -- what the stories about `aisearch provision` share: after lib.sh, with a
# folder "corpus".

# fresh [OPTIONS]: a new emulator and a new vault with creator and manager.
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket docs=corpus --site example.com=corpus "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# counts: service tokens, registrations, instances, as the API sees them
counts () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	printf '%s ' "$(jq '[.result[] | select(.name | startswith("aisearch "))] | length' list.json)" &&
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >list.json &&
	printf '%s ' "$(jq '.result | length' list.json)" &&
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/default/instances" >list.json &&
	jq '.result | length' list.json
}
has () {
	got=$(counts)
	[ "$got" = "$1" ] && return 0
	echo "the API has '$got', expected '$1' (tokens, registrations, instances)"
	return 1
}
# The value in the vault is that of the one token the API knows.
service_alive () {
	ai token verify "service:${1:-default}" && grep -q "active" out
}
# Every registration holds a value that the API takes.
registered () {
	api GET "/accounts/$ACCOUNT/ai-search/tokens" | jq -e ".result | length > 0 and ([.[].enabled] | all)" >/dev/null
}
service_id () {
	ai token list --json && jq -er ".vault[] | select(.name == \"service:default\") | .id" out
}
provision () {
	ai provision --type r2 --source docs docs "$@"
}

# bare [OPTIONS]: a new emulator, and a vault with the creator's token only.
bare () {
	fresh "$@" && rm -rf data && ai login <creator.token
}
# tokens WORD: how many of the API's tokens are named "aisearch WORD ..."
tokens () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" |
		jq "[.result[] | select(.name | startswith(\"aisearch $1 \"))] | length"
}
granted () {
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" |
		jq -r ".result[] | select(.name | startswith(\"aisearch $1 \")) | .policies[].permission_groups[].name" |
		sort | paste -sd, -
}
