#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch-emulator answers as the API does'
. "${0%/*}/lib.sh"

AI=/accounts/$ACCOUNT/ai-search
ENGINE=9e9b428a0bcd46fd80e580b46a69963c

# is STATUS [CODE]: of the last answer
is () {
	[ "$(cat status)" = "$1" ] && { [ $# -lt 2 ] || jq -e ".errors[0].code == $2" body; } &&
		return 0
	echo "status $(cat status), expected $*:" && cat body
	return 1
}
holds () { jq -e "$@" body; }
post () { api POST "$1" -H 'Content-Type: application/json' -d "$2"; }
put () { api PUT "$1" -H 'Content-Type: application/json' -d "$2"; }
as () { TOKEN_FILE=$1; shift; "$@"; as_status=$?; TOKEN_FILE=manager.token; return $as_status; }
# policy GROUP_ID...: on our account
policy () {
	printf '%s\n' "$@" | jq -Rnc --arg a "com.cloudflare.api.account.$ACCOUNT" \
		'[{effect: "allow", resources: {($a): "*"}, permission_groups: [inputs | {id: .}]}]'
}
# mint FILE PATH GROUP_ID...: the value goes to FILE, the id to $MINTED
mint () {
	mint_file=$1 mint_path=$2
	shift 2
	as creator.token post "$mint_path" "{\"name\":\"t\",\"policies\":$(policy "$@")}" &&
	is 200 && (umask 077; jq -r .result.value body >"$mint_file") &&
	MINTED=$(jq -r .result.id body)
}
register () {	# FILE ID NAME
	post "$AI/tokens" "$(jq -nc --arg id "$2" --arg key "$(cat "$1")" --arg name "$3" \
		'{cf_api_id: $id, cf_api_key: $key, name: $name, legacy: false}')"
}
indexed () {	# INSTANCE-PATH
	api GET "$1/stats" && holds '.result | .queued + .running == 0 and .completed > 0'
}
headers () { curl -sS -D head -o body -H @auth.header "$API$1"; }

make_corpus docs 40
printf 'int zebra_open(const char *name);\n' >docs/zebra.h
printf 'no extension, but text\n' >docs/README
printf 'binary\000\n' >docs/blob
printf 'not\000text\n' >docs/broken.txt
printf 'x' >docs/program.exe
dd if=/dev/zero of=docs/huge.txt bs=1048576 count=5 2>dd.err
mkdir outside && echo 'the way out' >outside/secret.txt && ln -s ../outside docs/link &&
	ln -s ../outside/secret.txt docs/link.txt

test_expect_success 'wrong usage is exit 2, a public address too' '
	expect_exit 2 aisearch-emulator --nonsense &&
	expect_exit 2 aisearch-emulator --address 0.0.0.0 &&
	expect_exit 2 aisearch-emulator --port many &&
	expect_exit 2 aisearch-emulator --bucket docs &&
	expect_exit 2 aisearch-emulator --fault "GET * explode" &&
	expect_exit 2 aisearch-emulator --account 123 &&
	aisearch-emulator --help >help && grep -q -e --pace help &&
	aisearch-emulator --version
'
test_expect_success 'a token file that others can read is refused' '
	echo x >open.token && chmod 644 open.token &&
	expect_exit 1 aisearch-emulator --creator-token-file open.token
'
test_expect_success 'it starts on a free port' '
	start_emulator --bucket docs="$PWD/docs" --site example.com="$PWD/docs" --instances 45
'
test_expect_success 'no, malformed and unknown credentials' '
	curl -sS -o body -w "%{http_code}" "$API/user/tokens" >status && is 400 9106 &&
	curl -sS -o body -w "%{http_code}" -H "Authorization: Digest x" "$API/user/tokens" >status &&
	is 400 6003 &&
	(umask 077; echo nobody >unknown.token) &&
	as unknown.token api GET /user/tokens && is 401 10000 &&
	as unknown.token api GET /user/tokens/verify && is 401 1000
'
test_expect_success 'classic answers carry errors and messages, AI Search answers do not' '
	as creator.token api GET /user/tokens/verify && is 200 &&
	holds ".errors == [] and .messages == [] and .result.status == \"active\"" &&
	api GET $AI/namespaces && is 200 &&
	holds "(has(\"errors\") or has(\"messages\")) | not"
'
test_expect_success 'a token lives with its owner only' '
	as creator.token api GET /accounts/$ACCOUNT/tokens/verify && is 401 1000 &&
	mint account.token /accounts/$ACCOUNT/tokens $ENGINE && id=$MINTED &&
	as account.token api GET /accounts/$ACCOUNT/tokens/verify && is 200 &&
	as account.token api GET /user/tokens/verify && is 401 1000 &&
	as creator.token api GET /user/tokens/$id && is 404 &&
	as creator.token api DELETE /accounts/$ACCOUNT/tokens/$id && is 200
'
test_expect_success 'each token may do what its policies say' '
	as creator.token api GET $AI/instances && is 403 10000 &&
	api GET /user/tokens && is 403 10000 &&
	api GET /accounts/00000000000000000000000000000000/ai-search/instances && is 403 9109 &&
	api GET /accounts/elsewhere/ai-search/instances && is 404 7003 &&
	api GET /nowhere && is 404 7003
'
test_expect_success 'permission groups are found by name' '
	as creator.token api GET "/user/tokens/permission_groups?name=AI%20Search%20Index%20Engine" &&
	holds ".result | length == 1 and .[0].id == \"$ENGINE\"" &&
	for name in Write Read Run; do
		as creator.token api GET "/accounts/$ACCOUNT/tokens/permission_groups?name=AI+Search+$name" &&
		holds ".result | length == 1" || return 1
	done
'
test_expect_success 'mint: a closed set of members, known groups, our account' '
	as creator.token post /user/tokens "{\"name\":\"x\"}" && is 400 &&
	as creator.token post /user/tokens "{\"name\":\"x\",\"color\":1,\"policies\":$(policy $ENGINE)}" &&
	is 400 &&
	as creator.token post /user/tokens "{\"name\":\"x\",\"policies\":$(policy 00000000000000000000000000000000)}" &&
	is 400
'
test_expect_success 'a minted service token indexes, and cannot manage' '
	mint service.token /user/tokens $ENGINE && SERVICE=$MINTED &&
	as service.token api GET /user/tokens/verify && is 200 &&
	as service.token api GET $AI/instances && is 403 10000 &&
	as creator.token api GET /user/tokens/$SERVICE && holds ".result.last_used_on != null" &&
	holds ".result | has(\"value\") | not"
'
test_expect_success 'an R2 instance needs a registered credential' '
	post $AI/instances "{\"id\":\"docs\",\"type\":\"r2\",\"source\":\"docs\"}" && is 400 7012
'
test_expect_success 'register: 201; a wrong key is 7012, a stray ; is no mistake' '
	post $AI/tokens "{\"cf_api_id\":\"$SERVICE\",\"cf_api_key\":\"wrong\",\"name\":\"n\"}" &&
	is 400 7012 &&
	register service.token $SERVICE first && is 201 && CREDENTIAL=$(jq -r .result.id body) &&
	api POST $AI/tokens -H "Content-Type: application/json; charset=utf-8;" -d "$(jq -nc \
		--arg i $SERVICE --arg k "$(cat service.token)" \
		"{cf_api_id:\$i,cf_api_key:\$k,name:\"second\"}")" && is 201 &&
	holds ".result.legacy" && api DELETE $AI/tokens/$(jq -r .result.id body) && is 200 &&
	! grep -q "$(cat service.token)" requests.log
'
test_expect_success 'what does not fit the contract is 7001 and names the place' '
	post $AI/instances "{}" && is 400 7001 && holds ".errors[0].path == [\"body\",\"id\"]" &&
	post $AI/instances "{\"id\":\"a--b\"}" && is 400 7001 &&
	post $AI/instances "{\"id\":\"a\",\"sync_interval\":7}" &&
	holds ".errors[0].path == [\"body\",\"sync_interval\"]" &&
	post $AI/instances "{\"id\":\"a\",\"unknown\":7}" && is 400 7001 &&
	post $AI/instances "{\"id\":" && is 400 7001 &&
	post $AI/instances "{\"id\":\"a\",\"type\":\"r2\",\"source\":\"elsewhere\"}" && is 400 7001 &&
	post $AI/instances "{\"id\":\"a\",\"type\":\"r2\"}" && is 400 7052 &&
	api GET "$AI/instances?per_page=101" && is 400 7001
'
test_expect_success 'an instance is created with 201, its double is 400/7022' '
	post $AI/instances "{\"id\":\"docs\",\"type\":\"r2\",\"source\":\"docs\"}" && is 201 &&
	holds ".result.token_id == \"$CREDENTIAL\" and .result.namespace == \"default\"" &&
	post $AI/namespaces/default/instances "{\"id\":\"docs\"}" && is 400 7022
'
test_expect_success 'indexing reaches the end and has counted every file' '
	until_true 30 indexed $AI/instances/docs &&
	holds ".result | .completed == 42 and .skipped == 3 and .error == 1 and .outdated == 0" &&
	api GET "$AI/instances/docs/items?status=error" &&
	holds ".result[0].key == \"broken.txt\"" &&
	api GET "$AI/instances/docs/items?search=link" && holds ".result_info.total_count == 0" &&
	api GET $AI/instances/docs/jobs && holds ".result[0].ended_at != null" &&
	api GET $AI/instances/docs && holds ".result.status == \"ready\""
'
test_expect_success 'search finds the right chunk, in both path families' '
	post $AI/instances/docs/search "{\"query\":\"zebra open\"}" && is 200 &&
	holds ".result.chunks[0].item.key == \"zebra.h\" and .result.chunks[0].score == 1" &&
	post $AI/namespaces/default/instances/docs/search "{\"query\":\"the way out\"}" && is 200 &&
	holds "[.result.chunks[].text | contains(\"way out\")] | any | not" &&
	post $AI/instances/docs/search "{\"query\":\"\\\"*^ NEAR( AND\"}" && is 200 &&
	post $AI/instances/docs/chat/completions \
		"{\"messages\":[{\"role\":\"user\",\"content\":\"zebra\"}]}" &&
	holds "(has(\"success\") | not) and (.choices[0].message.content | contains(\"zebra_open\"))"
'
test_expect_success 'a job finds what changed and what went away, once in 30 seconds' '
	echo "a giraffe" >docs/giraffe.txt && echo "two zebras, longer" >docs/zebra.h &&
	rm docs/README && post $AI/instances/docs/jobs "{}" && is 200 &&
	job=$(jq -r .result.id body) && post $AI/instances/docs/jobs "{}" && is 429 7020 &&
	ended () { api GET $AI/instances/docs/jobs/$job && holds ".result.ended_at != null"; } &&
	until_true 30 ended && holds ".result.end_reason == \"completed\"" &&
	api GET $AI/instances/docs/stats && holds ".result.completed == 42" &&
	post $AI/instances/docs/search "{\"query\":\"giraffe\"}" &&
	holds ".result.chunks[0].item.key == \"giraffe.txt\"" &&
	api PATCH $AI/instances/docs/jobs/$job -d "{\"action\":\"cancel\"}" && is 400 7039
'
test_expect_success 'a website and a trigram index' '
	post $AI/instances "{\"id\":\"site\",\"source\":\"https://example.com/part1\",
		\"indexing_options\":{\"keyword_tokenizer\":\"trigram\"}}" && is 201 &&
	holds ".result.type == \"web-crawler\"" &&
	until_true 30 indexed $AI/instances/site && holds ".result.completed == 6" &&
	post $AI/instances/site/search "{\"query\":\"engin\"}" &&
	holds ".result.chunks[0].item.key | startswith(\"https://example.com/part1/\")" &&
	post $AI/instances "{\"id\":\"x\",\"type\":\"web-crawler\",\"source\":\"other.org\"}" && is 400 7023
'
test_expect_success 'managed storage: upload, wait, find, download, delete' '
	post $AI/instances "{\"id\":\"store\"}" && is 201 && holds ".result.type == null" &&
	echo "bananas are curved" >note.txt &&
	api POST $AI/instances/store/items -F file=@note.txt -F wait_for_completion=true && is 200 &&
	holds ".result.status == \"completed\" and .result.source_id == \"builtin\"" &&
	item=$(jq -r .result.id body) &&
	api POST $AI/instances/store/items -F file=@note.txt && is 409 7042 &&
	api POST $AI/instances/store/items -F "file=@note.txt;filename=../up.txt" && is 400 7001 &&
	api POST $AI/instances/store/items -F "file=@note.txt;filename=a.exe" && is 400 7060 &&
	api POST $AI/instances/store/items -F "file=@docs/huge.txt" && is 413 7054 &&
	post $AI/instances/store/search "{\"query\":\"banana\"}" &&
	holds ".result.chunks[0].item.key == \"note.txt\"" &&
	api GET $AI/instances/store/stats && holds ".result.engine.r2.objectCount == 1" &&
	api GET $AI/instances/store/items/$item/download && cmp body note.txt &&
	api DELETE $AI/instances/store/items/$item && is 200 && holds ".result.key == \"note.txt\"" &&
	api GET $AI/instances/store/items/$item && is 404 7041
'
test_expect_success 'namespaces: default is there and not listed, ids are theirs alone' '
	api GET $AI/namespaces && holds ".result == []" &&
	api GET $AI/namespaces/default && is 200 && holds ".result.created_at == null" &&
	post $AI/namespaces "{\"name\":\"prod\"}" && is 201 &&
	post $AI/namespaces "{\"name\":\"prod\"}" && is 409 7064 &&
	post $AI/namespaces/prod/instances "{\"id\":\"store\"}" && is 201 &&
	api DELETE $AI/namespaces/prod && is 400 7065 &&
	api GET "$AI/instances?namespace=prod" && holds ".result_info.total_count == 1" &&
	api PATCH $AI/namespaces/prod/instances/store -d "{\"new_namespace\":\"default\"}" && is 400 7022 &&
	api DELETE $AI/namespaces/prod/instances/store && is 200 &&
	api DELETE $AI/namespaces/prod && is 200 &&
	api GET $AI/namespaces/prod/instances && is 404 7063
'
test_expect_success 'the list has pages and all 45 fields' '
	api GET "$AI/instances?per_page=20&page=3" &&
	holds ".result_info == {page: 3, per_page: 20, count: 8, total_count: 48}" &&
	holds ".result | all(keys | length == 45)" &&
	api GET "$AI/instances?per_page=20&page=4" && holds ".result == []" &&
	api GET $AI/instances/idle-00001/stats && holds ".result.completed > 0"
'
test_expect_success 'R2 buckets need an R2 permission' '
	api GET /accounts/$ACCOUNT/r2/buckets && is 403 10000 &&
	mint r2.token /user/tokens b4992e1108244f5d8bfbd5744320c2e1 &&
	as r2.token api GET /accounts/$ACCOUNT/r2/buckets && is 200 &&
	holds ".result.buckets[0].name == \"docs\" and .errors == []"
'
test_expect_success 'a rolled key stops indexing until the credential is replaced' '
	as creator.token put /user/tokens/$SERVICE/value "{}" && is 200 &&
	(umask 077; jq -r .result body >rolled.token) &&
	as service.token api GET /user/tokens/verify && is 401 1000 &&
	echo "an ostrich" >docs/ostrich.txt &&
	put $AI/instances/docs/items "{\"key\":\"ostrich.txt\",\"next_action\":\"INDEX\"}" && is 200 &&
	stopped () { api GET $AI/instances/docs/stats &&
		holds ".result.index_source_errors | has(\"ai_search_instance_invalid_token\")"; } &&
	until_true 30 stopped &&
	post $AI/instances "{\"id\":\"late\",\"type\":\"r2\",\"source\":\"docs\"}" && is 400 7012 &&
	put $AI/tokens/$CREDENTIAL "$(jq -nc --arg i $SERVICE --arg k "$(cat rolled.token)" \
		"{cf_api_id:\$i,cf_api_key:\$k,name:\"again\"}")" && is 200 &&
	resumed () { api GET $AI/instances/docs/stats && holds ".result |
		.index_source_errors == {} and .queued + .running == 0 and .completed == 43"; } &&
	until_true 30 resumed
'
test_expect_success 'in use is 409, then everything can be revoked' '
	api DELETE $AI/tokens/$CREDENTIAL && is 409 7076 &&
	api DELETE $AI/instances/docs && is 200 && holds ".result.id == \"docs\"" &&
	api GET $AI/instances/docs && is 404 7002 && api DELETE $AI/instances/site && is 200 &&
	api DELETE $AI/tokens/$CREDENTIAL && is 200 && api GET $AI/tokens/$CREDENTIAL && is 404 7075 &&
	as creator.token api DELETE /user/tokens/$SERVICE && is 200 &&
	as rolled.token api GET /user/tokens/verify && is 401 1000
'
test_expect_success 'the log has one line per request and no secret' '
	grep -q "^[^ ]* POST /client/v4/user/tokens 200 [0-9a-f]* [0-9]* [0-9]*$" requests.log &&
	keeps_secret requests.log emulator.err &&
	! grep -qF -e "$(cat rolled.token)" -e "$(cat manager.token)" requests.log
'
test_expect_success 'it stops when asked, and takes its port file along' '
	kill $EMULATOR_PID && wait $EMULATOR_PID && test ! -e port
'
test_expect_success 'over the limit is 429 with Retry-After, and the headers count down' '
	start_emulator --rate-limit 3/60 &&
	api GET $AI/namespaces && headers $AI/namespaces &&
	grep -qi "^ratelimit: \"default\";r=1;t=[0-9]*.$" head &&
	grep -qi "^ratelimit-policy: \"default\";q=3;w=60.$" head && grep -qi "^cf-ray: " head &&
	api GET $AI/namespaces && is 200 && api GET $AI/namespaces && is 429 971 &&
	headers $AI/namespaces && grep -qi "^retry-after: [0-9]*.$" head &&
	as creator.token api GET /user/tokens/verify && is 200
'
test_expect_success 'without a bucket R2 was never enabled' '
	mint r2.token /user/tokens b4992e1108244f5d8bfbd5744320c2e1 &&
	as r2.token api GET /accounts/$ACCOUNT/r2/buckets && is 403 10042 &&
	stop_process $EMULATOR_PID
'
test_expect_success 'faults on demand, and a hanging request does not keep it from stopping' '
	start_emulator --fault "GET */stats degraded" --fault "POST */namespaces drop*1" \
		--fault "GET */tokens html" --fault "GET */namespaces status=503*1" \
		--fault "GET */namespaces truncate*1" --fault "POST */namespaces hang" --instances 1 &&
	api GET $AI/instances/idle-00001/stats && holds ".result.degraded and (.result | has(\"queued\") | not)" &&
	expect_exit 52 post $AI/namespaces "{\"name\":\"lost\"}" &&
	api GET $AI/namespaces/lost && is 200 &&
	as creator.token api GET /user/tokens && is 502 && grep -q "<html>" body &&
	api GET $AI/namespaces && is 503 7017 &&
	expect_exit 18 api GET $AI/namespaces && api GET $AI/namespaces && is 200 &&
	cp auth.header hung.header &&
	spawn curl -sS -o hung.body -H @hung.header -d "{\"name\":\"hung\"}" "$API$AI/namespaces" &&
	hanging () { api GET $AI/namespaces/hung && is 200; } && until_true 20 hanging &&
	before=$(date +%s%3N) && kill $EMULATOR_PID && wait $EMULATOR_PID &&
	took=$(($(date +%s%3N) - before)) && echo "stopped in $took ms" && [ $took -lt 500 ]
'
test_expect_success 'a state that was kept is there again' '
	start_emulator --state "$PWD/state.db" &&
	post $AI/namespaces "{\"name\":\"kept\"}" && is 201 && stop_process $EMULATOR_PID &&
	start_emulator --state "$PWD/state.db" &&
	api GET $AI/namespaces/kept && is 200 && keeps_secret state.db* &&
	stop_process $EMULATOR_PID
'
test_done
