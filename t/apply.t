#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch plan, apply, export: an account as a file says'
. "${0%/*}/lib.sh"

make_corpus corpus 5
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator --bucket docs=corpus --site example.com=corpus "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token
}
# writes: requests that change something, since the mark
writes () {
	grep -c " POST \| PUT \| DELETE \| PATCH " requests.log
}
fails () {	# EXIT COMMAND...
	expected=$1
	shift
	"$@"
	code=$?
	[ $code = "$expected" ] || { echo "exit $code, expected $expected"; cat out err; return 1; }
}
member () {	# NAMESPACE INSTANCE FILTER
	api GET "/accounts/$ACCOUNT/ai-search/namespaces/$1/instances/$2" >got.json &&
	jq -r ".result | $3" got.json
}

cat >account.json <<\EOF
{
  "version": 1,
  "namespaces": [ { "name": "docs", "description": "manuals" } ],
  "tokens": [ { "name": "default" } ],
  "instances": [
    { "id": "handbook", "namespace": "docs", "token": "default", "type": "r2",
      "source": "docs", "chunk_size": 512, "source_params": { "prefix": "a/" } },
    { "id": "notes", "paused": true }
  ]
}
EOF

test_expect_success 'plan shows what there is to do, and does nothing' '
	fresh && : >requests.log && ai plan account.json &&
	grep -qx "+ namespace docs" out && grep -qx "+ token default" out &&
	grep -qx "+ instance docs/handbook" out && grep -q "token_id: that of token default" out &&
	grep -qx "+ instance default/notes" out &&
	grep -qx "4 to create, 0 to change, 0 to delete" out &&
	test "$(writes)" = 0
'
test_expect_success 'its exit code tells when it is asked to' '
	fails 2 ai plan --detailed-exitcode account.json &&
	fails 0 ai plan account.json
'
test_expect_success 'without a terminal apply wants to be sure, and has changed nothing' '
	: >requests.log && fails 2 ai apply account.json </dev/null && grep -q "add --yes" err &&
	test "$(writes)" = 0
'
test_expect_success 'apply makes all of it, in an order that can be carried out' '
	ai apply --yes account.json &&
	test "$(member docs handbook .chunk_size)" = 512 &&
	test "$(member docs handbook .source_params.prefix)" = a/ &&
	test "$(member default notes .paused)" = true &&
	credential=$(member docs handbook .token_id) &&
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >list.json &&
	test "$(jq -r ".result[0].id" list.json)" = "$credential" &&
	grep -q "instance docs/handbook: done" err
'
test_expect_success 'a second time there is nothing to do' '
	: >requests.log && ai apply account.json </dev/null && grep -qx "nothing to do" out &&
	test "$(writes)" = 0 &&
	fails 0 ai plan --detailed-exitcode account.json
'
test_expect_success 'a change says from what to what, and touches nothing else' '
	sed "s/512/256/; s/manuals/handbooks/" account.json >changed.json &&
	ai plan changed.json && grep -q "chunk_size: 512 -> 256  (everything is indexed anew)" out &&
	grep -q "description: \"manuals\" -> \"handbooks\"" out &&
	: >requests.log && ai apply -y changed.json && test "$(writes)" = 2 &&
	test "$(member docs handbook .chunk_size)" = 256 &&
	test "$(member docs handbook .source_params.prefix)" = a/ &&
	fails 0 ai plan --detailed-exitcode changed.json
'
test_expect_success 'what is elsewhere is left alone, unless it is to be pruned' '
	api POST "/accounts/$ACCOUNT/ai-search/namespaces" -d "{\"name\":\"old\"}" >made.json &&
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/old/instances" -d "{\"id\":\"x\"}" >made.json &&
	fails 0 ai plan --detailed-exitcode changed.json &&
	ai plan --prune changed.json && grep -qx -e "- instance old/x" out &&
	grep -qx -e "- namespace old" out &&
	ai apply --yes --prune changed.json &&
	fails 0 ai plan --prune --detailed-exitcode changed.json &&
	api GET "/accounts/$ACCOUNT/ai-search/namespaces" >list.json &&
	! grep -q "\"old\"" list.json
'
test_expect_success 'export writes a file with which there is nothing to do' '
	ai export --output exported.json && test "$(stat -c %a exported.json)" = 600 &&
	jq -e ".version == 1 and (.instances | length) == 2" exported.json &&
	jq -e ".instances[] | select(.id == \"handbook\") | .token == \"default\" and .chunk_size == 256 and
		(has(\"status\") or has(\"created_at\") | not)" exported.json &&
	fails 0 ai plan --detailed-exitcode --prune exported.json &&
	fails 1 ai export --output exported.json && grep -q exists err
'
test_expect_success 'an exported file makes the same account elsewhere' '
	fresh && ai apply --yes exported.json && ai export && jq -S "del(.tokens)" out >again.json &&
	jq -S "del(.tokens)" exported.json >once.json && cmp once.json again.json
'
test_expect_success 'JSON says the changes, and that they were made' '
	sed "s/256/300/" changed.json >more.json &&
	ai plan --json more.json &&
	jq -e ".applied == false and .changes == [ .changes[0] ] and
		(.changes[0] | .action == \"update\" and .kind == \"instance\" and .namespace == \"docs\" and
		.changes == [ { path: \"chunk_size\", from: 256, to: 300, reindexes: true } ])" out &&
	ai apply --yes --json more.json && jq -e ".applied" out &&
	ai apply --yes --json more.json && jq -e ".changes == []" out
'
test_expect_success 'JSON names also what was deleted, as it was before the account was read again' '
	api POST "/accounts/$ACCOUNT/ai-search/namespaces" -d "{\"name\":\"older\"}" >made.json &&
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/older/instances" -d "{\"id\":\"of-the-past\"}" >made.json &&
	ai apply --yes --prune --json more.json && cp out pruned.json &&
	jq -e "[.changes[] | [.action, .kind, .namespace, .name]] ==
		[[\"delete\", \"instance\", \"older\", \"of-the-past\"],
		 [\"delete\", \"namespace\", null, \"older\"]]" pruned.json
'
test_expect_success 'a plan shows what comes right after a create, and tells the members that it does not know' '
	echo "{\"version\":1,\"instances\":[{\"id\":\"new\",\"paused\":true,\"chunk_sze\":7,
		\"source_params\":{\"prefix\":\"a\",\"prefx\":\"b\"}},{\"id\":\"handbook\",\"namespace\":\"docs\",\"cash\":1}]}" >slips.json &&
	ai plan slips.json && grep -qx "    paused: true  (right after it is made)" out &&
	for slip in chunk_sze source_params.prefx cash; do
		grep -qx "    $slip: this program does not know it; the API will take or refuse it" out || return 1
	done && test "$(grep -c "does not know" out)" = 3
'
# no control byte but the line feed, no mark that reorders, and all of it is UTF-8
harmless () {
	iconv -f UTF-8 -t UTF-8 "$1" >same && cmp same "$1" &&
	! LC_ALL=C grep -aqP "[\\x00-\\x09\\x0b-\\x1f\\x7f]|\\xc2[\\x80-\\x9f]|\\xd8\\x9c|\\xe2\\x80[\\x8b-\\x8f\\xa8-\\xae]|\\xe2\\x81[\\xa6-\\xa9]" "$1"
}
test_expect_success 'what a terminal would obey is shown as JSON writes it' '
	cat >odd.json <<-\EOF &&
	{ "version": 1, "namespaces": [
	{ "name": "docs", "description": "a\u009b31m\u202eb\u2066c\u061c\u007f\u001bd\ud83d\ude00" },
	{ "name": "fresh", "description": "x\u009b2J\u202e" } ] }
	EOF
	ai plan odd.json && cat out && harmless out && harmless err &&
	grep -qF "\"a\\u009b31m\\u202eb\\u2066c\\u061c\\u007f\\u001bd😀\"" out &&
	grep -qF "description: \"x\\u009b2J\\u202e\"" out &&
	ai plan --json odd.json && harmless out &&
	jq -e ".changes[1].body.description == \"x\\u009b2J\\u202e\"" out
'
test_expect_success 'values of headers are shown nowhere: a plan is read in logs' '
	cat >headers.json <<-EOF &&
	{"version":1,"instances":[{"id":"crawl","type":"web-crawler","source":"https://example.com",
	 "source_params":{"web_crawler":{"parse_options":{"include_headers":{"X-Key":"$CANARY"}}}}}]}
	EOF
	ai plan headers.json && grep -q "include_headers.*X-Key" out && keeps_secret out err &&
	ai plan --json headers.json && jq -e ".. | .include_headers? // empty | .\"X-Key\" == \"...\"" out &&
	keeps_secret out err && ai apply --yes headers.json && keeps_secret out err &&
	member default crawl . >there && grep -q "$CANARY" there && rm there &&
	sed "s/$CANARY/other$CANARY/" headers.json >headers2.json && ai plan headers2.json &&
	grep -q "include_headers: {\"X-Key\":\"...\"} -> {\"X-Key\":\"...\"}" out && keeps_secret out err &&
	ai plan --json headers2.json && keeps_secret out err &&
	ai instance delete crawl --yes && rm headers.json headers2.json
'

test_expect_success 'a long value is cut between characters' '
	printf "{\"version\":1,\"namespaces\":[{\"name\":\"docs\",\"description\":\"%s\"}]}" \
		"xxüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" >long.json &&
	ai plan long.json && grep -q "ü\.\.\.$" out && harmless out
'
test_expect_success 'the file may come from stdin' '
	ai plan - <more.json && grep -qx "nothing to do" out
'
test_expect_success 'what can only be chosen once is told, and nothing is done' '
	sed "s/\"r2\"/\"web-crawler\"/; s/\"source\": \"docs\"/\"source\": \"example.com\"/; s/manuals/y/" account.json >fixed.json &&
	: >requests.log && fails 1 ai apply --yes fixed.json &&
	grep -q "type. cannot be changed, from r2 to web-crawler" err && test "$(writes)" = 0
'
# what is wrong | the file | the message
while IFS='|' read -r what file message; do
	test_expect_success "a file is refused: $what" '
		printf "%s\n" "$file" >bad.json &&
		: >requests.log && fails 1 ai apply --yes bad.json && grep -q -e "$message" err && test "$(writes)" = 0
	'
done <<\EOF
it is no JSON|{"version":1|bad.json
another version|{"version":2}|this program knows version 1
a word that it does not know|{"version":1,"instnaces":[]}|no member 'instnaces'
a value that the API would refuse|{"version":1,"instances":[{"id":"a","chunk_size":1}]}|chunk_size
a member that stands twice|{"version":1,"instances":[{"id":"a"}],"instances":[]}|line 1: 'instances' stands twice
the same, deep in it|{"version":1,"instances":[{"id":"a","chunk_size":64,"chunk_size":99}]}|'chunk_size' stands twice
an instance that stands twice|{"version":1,"instances":[{"id":"a"},{"id":"a"}]}|stands there twice
a namespace that is nowhere|{"version":1,"instances":[{"id":"a","namespace":"nn"}]}|add { "name": "nn" }
a token that is nowhere|{"version":1,"instances":[{"id":"a","token":"tt"}]}|add { "name": "tt" }
EOF
test_expect_success 'a file that is not there' '
	fails 1 ai plan nowhere.json && grep -q nowhere.json err
'
test_expect_success 'what the API does not keep is an error, not an endless difference' '
	printf "%s\n" "{\"version\":1,\"instances\":[{\"id\":\"notes\",\"no_such_member\":1}]}" >odd.json &&
	fails 1 ai apply --yes odd.json && cat err
'

# --- what --prune must not do -------------------------------------------------------

test_expect_success 'a file without instances deletes nothing, unless that is said as well' '
	for file in "{\"version\":1,\"namespaces\":[]}" "{\"version\":1,\"namespaces\":[],\"tokens\":[],\"instances\":[]}"; do
		echo "$file" >empty.json && : >requests.log &&
		fails 2 ai apply --yes --prune empty.json && grep -q "has no instance, and 2 would be deleted" err &&
		grep -q -e "--allow-empty" err && test "$(writes)" = 0 &&
		fails 0 ai plan --prune empty.json && grep -q "2 would be deleted.*--allow-empty" err || return 1
	done
'
test_expect_success 'nor one that has no list at all' '
	echo "{\"version\":1}" >none.json && fails 0 ai apply --yes --prune none.json && grep -qx "nothing to do" out
'
# question COMMAND...: asked by apply, it is left open for COMMAND, then answered with y
question () {
	rm -f keys typescript && mkfifo keys && exec 9<>keys && : >typescript
	spawn sh -c "exec script -qfec \"aisearch apply --prune rest.json; code=\\\$?; echo; echo exit \\\$code\" typescript <keys >/dev/null 2>&1"
	until_true 20 grep -q "y/N" typescript && "$@" && echo y >&9 &&
	until_true 20 grep -q "^exit [0-9]" typescript
	code=$?
	exec 9>&-
	wait $SPAWNED
	cat typescript
	return $code
}
make () {	# NAMESPACE ID
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/$1/instances" -d "{\"id\":\"$2\"}" >made.json
}
prepare () {
	fresh && api POST "/accounts/$ACCOUNT/ai-search/namespaces" -d "{\"name\":\"old\"}" >made.json &&
	make old x && make default y && make default keep &&
	echo "{\"version\":1,\"namespaces\":[],\"instances\":[{\"id\":\"keep\",\"paused\":true}]}" >rest.json
}
test_expect_terminal 'the question tells the deletions; what comes up meanwhile is left, and told' '
	prepare && question make default late &&
	grep -q "Make 4 changes, 3 of them deletions" typescript &&
	grep -q "instance default/late is there since the plan was made, and was left alone" typescript &&
	grep -q "^exit 1" typescript && test "$(member default late .id)" = late &&
	test "$(member default keep .paused)" = true && test "$(member default y .id)" = null &&
	! api GET "/accounts/$ACCOUNT/ai-search/namespaces" | grep -q "\"old\""
'
test_expect_terminal 'a namespace in which something comes up stays' '
	prepare && question make old late && grep -q "meanwhile: aisearch plan FILE" typescript &&
	grep -q "^exit 1" typescript && test "$(member old late .id)" = late
'
gone () {
	api DELETE "/accounts/$ACCOUNT/ai-search/namespaces/old/instances/x" >made.json &&
	api DELETE "/accounts/$ACCOUNT/ai-search/namespaces/old" >made.json
}
test_expect_terminal 'what somebody else deletes meanwhile is done' '
	prepare && question gone && grep -q "^exit 0" typescript &&
	fails 0 ai plan --prune --detailed-exitcode rest.json
'
test_expect_success 'all is deleted when that is said' '
	ai apply --yes --prune --allow-empty empty.json &&
	fails 0 ai plan --prune --detailed-exitcode empty.json && test "$(member default keep .id)" = null
'

# --- every member -----------------------------------------------------------------

# one_member PATH VALUE ID: a file with one instance that says this member
one_member () {
	jq -n --arg path "$1" --argjson value "$2" --arg id "$3" \
		"{ version: 1, instances: [ { id: \$id } | setpath(\$path | split(\".\"); \$value) ] }" >member.json
}
# once PATH VALUE ID: applied, there is nothing left to do
once () {
	one_member "$@" && ai apply --yes member.json && fails 0 ai plan --detailed-exitcode member.json
}
# of a create's body, by the contract: path | a value | the default | may it be null
members='ai_gateway_id|"gw"|-|yes
ai_search_model|"@cf/m"|-|yes
cache|false|true|no
cache_threshold|"anything_goes"|"close_enough"|no
cache_ttl|600|172800|no
chunk|false|true|no
chunk_overlap|0|10|no
chunk_size|64|256|no
custom_metadata|[{"field_name":"team","data_type":"text"}]|[]|no
embedding_model|"@cf/e"|-|yes
fusion_method|"max"|"rrf"|no
hybrid_search_enabled|false|true|no
index_method|{"vector":true,"keyword":false}|{"vector":true,"keyword":true}|no
indexing_options|{"use_ocr":true}|{"keyword_tokenizer":"porter"}|yes
indexing_options.keyword_tokenizer|"trigram"|"porter"|no
indexing_options.use_ocr|true|-|no
max_num_results|50|10|no
metadata|{"worker_domain":"w.example"}|-|no
metadata.worker_domain|"w.example"|-|no
metadata.created_from_aisearch_wizard|true|-|no
public_endpoint_params|{"enabled":true}|-|no
public_endpoint_params.enabled|true|false|no
public_endpoint_params.default_domain_enabled|true|-|no
public_endpoint_params.custom_domains|["d.example"]|-|yes
public_endpoint_params.authorized_hosts|["h.example"]|-|no
public_endpoint_params.search_endpoint|{"disabled":true}|{"disabled":false}|no
public_endpoint_params.search_endpoint.disabled|true|false|no
public_endpoint_params.chat_completions_endpoint.disabled|true|false|no
public_endpoint_params.mcp.disabled|true|false|no
public_endpoint_params.mcp.description|"d"|-|no
public_endpoint_params.rate_limit.requests|5|-|no
public_endpoint_params.rate_limit.period_ms|60000|-|no
public_endpoint_params.rate_limit.technique|"sliding"|-|no
reranking|true|false|no
reranking_model|"@cf/r"|-|yes
retrieval_options|{"keyword_match_mode":"or"}|{"keyword_match_mode":"and"}|yes
retrieval_options.keyword_match_mode|"or"|"and"|no
retrieval_options.boost_by|[{"field":"f"}]|-|no
rewrite_model|"@cf/w"|-|yes
rewrite_query|true|false|no
score_threshold|0.25|0.4|no
source|"https://example.com"|-|yes
source_params|{"prefix":"a/"}|-|yes
source_params.prefix|"a/"|-|no
source_params.include_items|["*.md"]|-|no
source_params.exclude_items|["*.md"]|-|no
source_params.r2_jurisdiction|"eu"|"default"|no
source_params.web_crawler|{"parse_type":"discover"}|{"parse_type":"sitemap"}|no
source_params.web_crawler.parse_type|"discover"|"sitemap"|no
source_params.web_crawler.parse_options.specific_sitemaps|["https://example.com/s"]|-|no
source_params.web_crawler.parse_options.include_headers|{"X-A":"b"}|-|no
source_params.web_crawler.parse_options.content_selector|[{"path":"/**","selector":"main"}]|-|no
source_params.web_crawler.parse_options.include_images|true|false|no
source_params.web_crawler.parse_options.use_browser_rendering|false|true|no
source_params.web_crawler.discover_options.source|"links"|-|no
source_params.web_crawler.discover_options.limit|7|-|no
source_params.web_crawler.discover_options.depth|0|-|no
source_params.web_crawler.discover_options.max_age|0|-|no
source_params.web_crawler.discover_options.include_subdomains|true|-|no
source_params.web_crawler.discover_options.include_external_links|false|-|no
sync_interval|900|21600|no
token_id|-|-|no
type|"builtin"|-|yes'
# each_member COMMAND...: for every row, $path $value $default $null and its number $n
each_member () {
	n=0
	printf "%s\n" "$members" >rows
	while IFS="|" read -r path value default null <&3; do
		n=$((n + 1))
		"$@" || { echo "$path"; cat member.json err out; return 1; }
	done 3<rows
}
said () {
	[ "$value" = - ] || once "$path" "$value" "said$n"
}
test_expect_success 'a member that is said is made, and then there is nothing to do' '
	fresh --rate-limit off && each_member said
'
default_said () {
	[ "$default" = - ] || once "$path" "$default" "default$n"
}
test_expect_success 'so is a default that is said' '
	each_member default_said
'
null_said () {
	case $null in
	yes) once "$path" null "null$n" ;;
	no) one_member "$path" null "null$n" && : >requests.log && fails 1 ai apply --yes member.json &&
		grep -q "$path cannot be null" err && [ "$(writes)" = 0 ] ;;
	esac
}
test_expect_success 'null is made where the contract has it, and refused by name elsewhere' '
	each_member null_said
'
# what is there already
set_back () {
	[ "$null" = no ] || [ "$value" = - ] || [ "$path" = source ] || once "$path" null "said$n"
}
test_expect_success 'null takes back what was said, once' '
	each_member set_back
'

# --- interrupted at any point ---------------------------------------------------

# Each request of the flow, in turn: its answer is lost, or the program is killed while it waits.
everything_once () {
	api GET "/accounts/$ACCOUNT/ai-search/tokens" >list.json &&
	test "$(jq ".result | length" list.json)" = 1 &&
	TOKEN_FILE=creator.token api GET "/user/tokens?per_page=50" >list.json &&
	test "$(jq "[.result[] | select(.name | startswith(\"aisearch \"))] | length" list.json)" = "${made:-1}" &&
	fails 0 ai plan --prune --detailed-exitcode account.json
}
test_expect_success 'killed at each of its writes, the same command goes on, and all is there once' '
	fresh && : >requests.log && ai apply --yes account.json && all=$(writes) && test "$all" -ge 6 &&
	for n in $(seq 1 $all); do
		fresh && : >requests.log || return 1
		spawn aisearch apply --yes account.json >out 2>err
		pid=$SPAWNED
		reached () { [ "$(writes)" -ge "$n" ] || ! kill -0 $pid 2>/dev/null; }
		until_true 10 reached
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
		ai apply --yes account.json && everything_once || { echo "after write $n"; cat err; return 1; }
	done
'
# What is asked for | how the answer goes wrong
while IFS='|' read -r step action; do
	test_expect_success "the answer to $step is lost ($action): the same command goes on" '
		fresh --fault "$step $action*1" && {
			ai apply --yes account.json
			code=$?
			[ $code = 0 ] || [ $code = 1 ]
		} && ai apply --yes account.json && everything_once
	'
done <<EOF
POST /accounts/*/ai-search/namespaces|drop
POST /accounts/*/ai-search/namespaces|truncate
POST /user/tokens|drop
POST /user/tokens|truncate
POST /accounts/*/ai-search/tokens|drop
POST */namespaces/docs/instances|drop
POST */namespaces/docs/instances|status=500
POST */namespaces/default/instances|truncate
PUT */namespaces/default/instances/*|drop
GET */namespaces/docs/instances|truncate
EOF

# Made, changed and deleted: whatever answer is lost, each command comes to its end at once.
printf '%s\n' '{"version":1,"namespaces":[],"instances":[{"id":"notes","paused":true}]}' >small.json
posts () {
	grep -c " POST .*$1\( \|$\)" requests.log
}
comes_to_its_end () {	# FAULT
	fresh --fault "$1" && : >requests.log &&
	ai apply --yes account.json && everything_once &&
	ai apply --yes changed.json && fails 0 ai plan --detailed-exitcode changed.json &&
	ai apply --yes --prune small.json && fails 0 ai plan --prune --detailed-exitcode small.json &&
	test "$(grep -c " POST " requests.log)" = 5
}
# What is asked for, and how often its answer is lost
while IFS='|' read -r what asked lost; do
	for how in $lost; do
		test_expect_success "the answer to $what is lost ($how): the same run goes on" '
			comes_to_its_end "$asked $how" || { cat err; grep " POST " requests.log; return 1; }
		'
	done
done <<EOF
the mint|POST /user/tokens|drop*1 truncate*1
the registration|POST /accounts/*/ai-search/tokens|drop*1 truncate*1
a new namespace|POST /accounts/*/ai-search/namespaces|drop*1 truncate*1 html*1 empty*1
a changed namespace|PUT /accounts/*/ai-search/namespaces/docs|drop*1 drop*9
a deleted namespace|DELETE /accounts/*/ai-search/namespaces/docs|drop*1 drop*9
a new instance|POST */namespaces/docs/instances|drop*1 truncate*1 html*1 empty*1
a changed instance|PUT */namespaces/docs/instances/*|drop*1 drop*9
a deleted instance|DELETE */namespaces/docs/instances/*|drop*1 drop*9 html*1
EOF
test_expect_success 'a token that has not spread yet is waited for' '
	fresh --fault "POST */namespaces/docs/instances status=400/7012*2" &&
	ai apply --yes account.json && everything_once
'
test_expect_success 'what was not carried out is not told as done' '
	fresh --fault "POST */namespaces/docs/instances status=500*1" &&
	fails 1 ai apply --yes account.json && grep -q "instance docs/handbook" err &&
	ai apply --yes account.json && everything_once
'

# --- a creator token alone ----------------------------------------------------------

creator_alone () {
	fresh "$@" && rm -rf data && ai login <creator.token && : >requests.log
}
test_expect_success 'plan makes no token, and its hint is true' '
	creator_alone && fails 1 ai plan account.json && test "$(writes)" = 0 &&
	grep -q "aisearch token create --role manager" err && ai token create --role manager &&
	ai plan account.json
'
test_expect_success 'without a terminal apply does not mint either before it is sure' '
	creator_alone && fails 2 ai apply account.json && grep -q "manager token.*not confirmed" err &&
	grep -q "add --yes" err && test "$(writes)" = 0
'
made=2
test_expect_success 'apply mints the manager token that is missing, says so, and takes it from then on' '
	creator_alone && ai apply --yes account.json && grep -q "no manager token that is alive: minting one" err &&
	everything_once && ai apply --yes account.json && grep -qx "nothing to do" out && everything_once
'
test_expect_success 'a dead one that was made so is made anew' '
	id=$(jq -r "[.result[] | select(.name | startswith(\"aisearch manager\"))][0].id" list.json) &&
	TOKEN_FILE=creator.token api DELETE "/user/tokens/$id" >gone.json &&
	ai apply --yes account.json && grep -q "minting one" err && everything_once
'
test_expect_success 'one that a person stored is used' '
	creator_alone && ai login --role manager <manager.token && ai apply --yes account.json &&
	made=1 everything_once
'
test_expect_success 'the answer to its mint is lost: the same run goes on' '
	creator_alone --fault "POST /user/tokens drop*1" && ai apply --yes account.json && everything_once
'
test_expect_success 'killed at each of its writes, from a creator token alone' '
	creator_alone && ai apply --yes account.json && all=$(writes) && test "$all" -ge 7 &&
	for n in $(seq 1 $all); do
		creator_alone || return 1
		spawn aisearch apply --yes account.json >out 2>err
		pid=$SPAWNED
		reached () { [ "$(writes)" -ge "$n" ] || ! kill -0 $pid 2>/dev/null; }
		until_true 10 reached
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
		ai apply --yes account.json && everything_once || { echo "after write $n"; cat err; return 1; }
	done
'
test_expect_terminal 'on a terminal it asks before it mints' '
	creator_alone && echo n >answer &&
	script -qec "aisearch apply account.json" typescript <answer >/dev/null;
	grep -q "Mint one? .y/N" typescript && grep -q "nothing was minted" typescript && test "$(writes)" = 0
'
test_expect_terminal 'with --json it does not ask about what it does not show' '
	fresh && echo y >answer &&
	script -qec "aisearch apply --json account.json; echo CODE \$?" typescript <answer >/dev/null;
	grep -q "CODE 2" typescript && grep -q "nobody is asked: add --yes" typescript && test "$(writes)" = 0
'
test_expect_success 'no secret is in what was printed' '
	! grep -q "$CANARY" everything
'
test_done
