#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch instance and namespace: every setting in, every setting back, and what is shown before'
. "${0%/*}/lib.sh"

# in_terminal COMMAND: on a pseudo-terminal that types what comes through the FIFO
# keys (descriptor 9 holds it open) and shows in typescript.
in_terminal () {
	spawn sh -c 'exec script -qfec "$1" typescript <keys >/dev/null 2>&1' sh "$1"
}

# answer COMMAND WORD: runs it there, types the word when it asks.
answer () {
	rm -f keys && mkfifo keys && : >typescript && exec 9<>keys &&
	in_terminal "$1" && until_true 20 grep -q "y/N" typescript && echo "$2" >&9 && exec 9>&- &&
	{ wait $SPAWNED || :; }
}

# sent METHOD: how many such requests the emulator has seen
sent () {
	grep -c " $1 /" requests.log || :
}

test_expect_success 'setup: an emulator, a bucket, a site, a registered service token' '
	make_corpus bucket 5 && make_corpus site 3 &&
	start_emulator --bucket docs="$PWD/bucket" --site example.com="$PWD/site" --instances 0 &&
	export CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT &&
	ai login --role creator <creator.token && ai login --role manager <manager.token &&
	ai provision first --type r2 --source docs --no-wait &&
	TOKEN=$(api GET /accounts/$ACCOUNT/ai-search/tokens | jq -r ".result[0].id") && test ${#TOKEN} = 36
'

# --- create -----------------------------------------------------------------

test_expect_success 'create without anything is built-in storage' '
	ai instance create plain && grep -qx "plain: created, builtin" out && test ! -s err &&
	ai instance get plain --json && jq -e ".type == \"builtin\" and .source == null" out &&
	ai instance create --type builtin plain2 --json && jq -e ".id == \"plain2\" and .type == \"builtin\"" out
'

# Every option that help names, with a value other than its default.
cat >create.options <<-EOF
	type=r2 source=docs token-id=TOKEN prefix=part1/ include-items=*.txt exclude-items=*.md
	jurisdiction=eu parse-type=discover sitemaps=https://example.com/a.xml include-headers=X-A:b
	content-selector=/docs/**=main crawl-source=links crawl-limit=50 crawl-depth=3 crawl-max-age=60
	sync-interval=1h embedding-model=@cf/baai/bge-m3 chunk-size=512 chunk-overlap=0
	keyword-tokenizer=trigram custom-metadata=team:text generation-model=@cf/meta/llama
	max-num-results=50 score-threshold=0.25 fusion-method=max keyword-match-mode=or
	boost-by=timestamp:desc reranking-model=@cf/baai/reranker rewrite-model=@cf/meta/llama
	cache-threshold=anything_goes cache-ttl=10m ai-gateway=gate public-domains=a.example.com
	public-hosts=b.example.com public-mcp-description=words rate-limit-requests=5
	rate-limit-period=60000 rate-limit-technique=sliding worker-domain=w.example.com
EOF
cat >update.options <<-EOF
	summarization-model=@cf/meta/llama system-prompt-index-summarization=one
	system-prompt-ai-search=two system-prompt-rewrite-query=three
EOF
CREATE_ON='include-images include-subdomains ocr reranking rewrite-query public-endpoint public-default-domain
	public-search-disabled public-chat-disabled public-mcp-disabled'
CREATE_OFF='browser-rendering include-external-links chunk vector-index cache'
CREATE_LONE='keyword-index'

test_expect_success 'every option of create that there is is in this story' '
	ai help instance create && sed -n "/^Options/,/^\$/s/^ *--\(\[no-\]\)*\([a-z0-9-]*\).*/\2/p" out | sort >in-help &&
	{ tr " \t" "\n\n" <create.options | sed -n "s/=.*//p"
	  printf "%s\n" $CREATE_ON $CREATE_OFF $CREATE_LONE hybrid-search body-file if-missing; } |
		sort >in-story && diff in-help in-story
'

test_expect_success 'every option arrives, and comes back' '
	set -- && for one in $(cat create.options); do
		case $one in token-id=*) one=token-id=$TOKEN ;; esac
		set -- "$@" "--$one"
	done && for one in $CREATE_ON $CREATE_LONE; do set -- "$@" "--$one"; done &&
	for one in $CREATE_OFF; do set -- "$@" "--no-$one"; done &&
	set -f && ai instance create full "$@"; code=$?; set +f; cat err; test $code = 0 &&
	ai instance get full --json && jq -S "{type, source, token_id, source_params, sync_interval,
		embedding_model, chunk_size, chunk_overlap, index_method, indexing_options, custom_metadata,
		ai_search_model, max_num_results, score_threshold, fusion_method, retrieval_options, reranking,
		reranking_model, rewrite_query, rewrite_model, cache, cache_threshold, cache_ttl, ai_gateway_id,
		public_endpoint_params, metadata}" out >got &&
	jq -S . >want <<-EOF &&
	{"type":"r2","source":"docs","token_id":"$TOKEN","source_params":{"prefix":"part1/",
	"include_items":["*.txt"],"exclude_items":["*.md"],"r2_jurisdiction":"eu","web_crawler":{
	"parse_type":"discover","parse_options":{"specific_sitemaps":["https://example.com/a.xml"],
	"include_headers":{"X-A":"b"},"content_selector":[{"path":"/docs/**","selector":"main"}],
	"include_images":true,"use_browser_rendering":false},"discover_options":{"source":"links",
	"limit":50,"depth":3,"max_age":60,"include_subdomains":true,"include_external_links":false}}},
	"sync_interval":3600,"embedding_model":"@cf/baai/bge-m3","chunk_size":512,"chunk_overlap":0,
	"index_method":{"vector":false,"keyword":true},"indexing_options":{"keyword_tokenizer":"trigram",
	"use_ocr":true},"custom_metadata":[{"field_name":"team","data_type":"text"}],
	"ai_search_model":"@cf/meta/llama","max_num_results":50,"score_threshold":0.25,
	"fusion_method":"max","retrieval_options":{"keyword_match_mode":"or","boost_by":[
	{"field":"timestamp","direction":"desc"}]},"reranking":true,"reranking_model":"@cf/baai/reranker",
	"rewrite_query":true,"rewrite_model":"@cf/meta/llama","cache":false,
	"cache_threshold":"anything_goes","cache_ttl":600,"ai_gateway_id":"gate",
	"public_endpoint_params":{"enabled":true,"default_domain_enabled":true,
	"custom_domains":["a.example.com"],"authorized_hosts":["b.example.com"],
	"search_endpoint":{"disabled":true},"chat_completions_endpoint":{"disabled":true},
	"mcp":{"disabled":true,"description":"words"},"rate_limit":{"requests":5,"period_ms":60000,
	"technique":"sliding"}},"metadata":{"worker_domain":"w.example.com"}}
	EOF
	diff want got && ai instance list --search full --json && jq -e ".[0].chunk == false" out
'

test_expect_success 'get shows the settings by their names' '
	ai instance get full && grep -qx "type           r2" out && grep -qx "  chunk_size: 512" out &&
	grep -qx "  source_params.prefix: part1/" out &&
	grep -qx "  source_params.web_crawler.parse_options.include_headers: {\"X-A\":\"b\"}" out
'

test_expect_success 'a body from a file or stdin, options over it, members of the future passed on' '
	echo "{\"id\":\"filed\",\"chunk_size\":300,\"cache\":true,\"source_params\":{\"prefix\":\"a/\"}}" >body.json &&
	ai instance create filed --body-file body.json --cache=false --exclude-items "*.md" &&
	ai instance get filed --json && jq -e ".chunk_size == 300 and .cache == false and
		.source_params == {prefix:\"a/\",exclude_items:[\"*.md\"]}" out &&
	ai instance create piped --body-file - <<-EOF && ai instance get piped --json &&
	{"type":"builtin","max_num_results":3}
	EOF
	jq -e ".max_num_results == 3" out &&
	echo "{\"not_known_yet\":1}" | expect_exit 1 ai instance create new --body-file - &&
	says "HTTP 400, code 7001: body"
'

test_expect_success 'what the contract forbids is refused before anything is sent' '
	before=$(sent POST) &&
	expect_exit 2 ai instance create docs --chunk-size 63 && says "chunk-size.*63" && says "at least 64" &&
	expect_exit 2 ai instance create docs --chunk-overlap 31 && says "from 0 to 30" &&
	expect_exit 2 ai instance create docs --sync-interval 5m && says "sync_interval may not be 300" &&
	says "hint: 900|1800" && says "option --sync-interval" &&
	expect_exit 2 ai instance create docs --type s3 && says "builtin|r2|web-crawler" &&
	expect_exit 2 ai instance create docs --type r2 && says "needs a source" &&
	expect_exit 2 ai instance create docs --type builtin --source x && says "no source" &&
	expect_exit 2 ai instance create docs --custom-metadata team && says "NAME:TYPE" &&
	expect_exit 2 ai instance create docs --custom-metadata team:word && says "data_type is text" &&
	expect_exit 2 ai instance create docs --include-headers "$CANARY" && ! grep -q "$CANARY" err &&
	expect_exit 2 ai instance create docs --include-external-links && says "may not be true" &&
	expect_exit 2 ai instance create docs --vector-index && says "both its members" &&
	expect_exit 2 ai instance create docs --cache=maybe && says "neither true nor false" &&
	expect_exit 2 ai instance create docs --no-cache=true && says "takes no value" &&
	expect_exit 2 ai instance create docs --no-source && says "unknown option" &&
	expect_exit 2 ai instance create docs --paused && says "unknown option" &&
	expect_exit 2 ai instance create Docs && says "not an instance id" &&
	expect_exit 2 ai instance create other --body-file body.json && says "that of .filed., not of .other." &&
	echo "{\"paused\":true}" | expect_exit 2 ai instance create docs --body-file - &&
	says "paused cannot be said" && says "then update" &&
	expect_exit 1 ai instance create docs --body-file none.json && says "none.json" &&
	echo "[1]" | expect_exit 1 ai instance create docs --body-file - && says "not a JSON object" &&
	echo "{" | expect_exit 1 ai instance create docs --body-file - && says "body-file" &&
	test "$(sent POST)" = "$before"
'

test_expect_success 'creating what exists: compared by reading' '
	expect_exit 1 ai instance create filed --chunk-size 300 && says "exists already, with these settings" &&
	says "hint: --if-missing" &&
	ai instance create filed --chunk-size 300 --type builtin --if-missing &&
	grep -qx "filed: exists already, as wanted, builtin" out &&
	ai instance create filed --if-missing --json && jq -e ".id == \"filed\"" out &&
	expect_exit 1 ai instance create filed --chunk-size 400 --if-missing --cache &&
	says "exists already, with 2 other settings" && says "chunk_size: 300 -> 400  (indexes" &&
	says "cache: false -> true" && says "hint: .*instance update filed" && test ! -s out &&
	ai instance get filed --json && jq -e ".chunk_size == 300" out
'

# --- update -----------------------------------------------------------------

test_expect_success 'update shows the difference and needs a yes' '
	expect_exit 2 ai instance update filed --chunk-size 400 && says "was not confirmed" && says "\-\-yes" &&
	grep -qx "  chunk_size: 300 -> 400  (indexes everything anew)" out &&
	ai instance get filed --json && jq -e ".chunk_size == 300" out &&
	ai instance update filed --chunk-size 400 --yes && grep -qx "filed: changed; everything is indexed anew" out &&
	ai instance update filed --max-num-results 7 --force && grep -qx "filed: changed" out &&
	ai instance update filed --max-num-results 8 -y --json && jq -e ".max_num_results == 8" out &&
	says "max_num_results: 7 -> 8" && ai instance get filed --json &&
	jq -e ".chunk_size == 400 and .max_num_results == 8 and .cache == false and
		.source_params == {prefix:\"a/\",exclude_items:[\"*.md\"]}" out
'

test_expect_success 'nothing to change: said, exit 0, nothing written' '
	before=$(sent PUT) &&
	ai instance update filed --chunk-size 400 --prefix a/ && grep -qx "filed: nothing to change" out &&
	ai instance update filed --chunk-size 400 --json && jq -e ".id == \"filed\"" out &&
	ai instance update filed --chunk-size 500 --dry-run && grep -q "400 -> 500" out &&
	grep -qx "filed: not changed, as asked" out && test "$(sent PUT)" = "$before" && test "$before" -gt 0
'

test_expect_success 'only what changes is sent: objects as a whole, and no credential that is dead by now' '
	ai instance update full --prefix part2/ --public-mcp-description more --yes &&
	ai instance get full --json && jq -e ".source_params.prefix == \"part2/\" and
		.source_params.include_items == [\"*.txt\"] and .public_endpoint_params.mcp ==
		{disabled:true,description:\"more\"} and .public_endpoint_params.rate_limit.requests == 5" out
'

test_expect_success 'what a GET does not tell is read from the list' '
	set -- && for one in $(cat update.options); do set -- "$@" "--$one"; done &&
	ai instance update filed "$@" --summarization --no-chunk --yes &&
	grep -qx "  chunk: true -> false  (indexes everything anew)" out &&
	ai instance update filed "$@" --summarization --no-chunk && grep -qx "filed: nothing to change" out &&
	ai instance list --search filed --json && jq -e ".[0].system_prompt_rewrite_query == \"three\"" out
'

test_expect_success 'options of create and update differ only where the contract does' '
	ai help instance update && sed -n "/^Options/,/^\$/s/^ *\(-y, \)\{0,1\}--\(\[no-\]\)*\([a-z0-9-]*\).*/\3/p" out |
		sort >in-help2 &&
	comm -3 in-help in-help2 | tr -d "\t" | sort | tr "\n" " " >differ &&
	echo "dry-run force if-missing paused summarization summarization-model system-prompt-ai-search" \
		"system-prompt-index-summarization system-prompt-rewrite-query type yes " | tr -d "\n" >want &&
	diff want differ
'

test_expect_success 'update: the errors a user can cause' '
	expect_exit 2 ai instance update filed && says "nothing was said" &&
	expect_exit 2 ai instance update filed --type r2 && says "unknown option" &&
	echo "{\"type\":\"r2\"}" | expect_exit 2 ai instance update filed --body-file - --yes &&
	says "type cannot be changed" &&
	expect_exit 1 ai instance update none --chunk-size 400 --yes && says "instance .none.: HTTP 404" &&
	expect_exit 2 ai instance update filed --hybrid-search --vector-index && says "same thing" &&
	expect_exit 1 ai instance update filed --source docs --yes && says "updating .filed.: HTTP 400, code 7052" &&
	expect_exit 2 ai instance update && says "too few"
'

test_expect_success 'null asks for the default; what a header says is not shown' '
	echo "{\"ai_gateway_id\":null,\"source_params\":{\"web_crawler\":{\"parse_options\":{\"include_headers\":
		{\"Authorization\":\"hidden words\"}}}}}" | ai instance update full --body-file - --yes &&
	grep -qx "  ai_gateway_id: \"gate\" -> -" out && grep -q "X-A: ... -> Authorization: ..." out &&
	! grep -q "hidden words" out && ai instance get full --json && jq -e ".ai_gateway_id == null and
		(.source_params.web_crawler.parse_options.include_headers | length) == 1" out
'

test_expect_terminal 'update asks on a terminal: no is no, yes is yes' '
	answer "aisearch instance update filed --chunk-size 500" n &&
	grep -q "400 -> 500" typescript && grep -q "index everything anew? .y/N" typescript &&
	grep -q "not changed" typescript && ai instance get filed --json && jq -e ".chunk_size == 400" out &&
	answer "aisearch instance update filed --chunk-size 500" y && grep -q "filed: changed" typescript &&
	ai instance get filed --json && jq -e ".chunk_size == 500" out
'

test_expect_success 'pause and resume' '
	ai instance pause first && grep -qx "first: paused" out &&
	ai instance pause first && grep -qx "first: paused already" out &&
	ai instance get first && grep -qx "paused         yes" out && ai instance list && grep -q "^first .* paused " out &&
	ai instance resume first --json && jq -e ".paused == false" out &&
	ai instance resume first && grep -qx "first: not paused" out &&
	ai instance update first --paused --yes && ai instance update first --no-paused -y &&
	grep -qx "  paused: true -> false" out &&
	expect_exit 1 ai instance pause none && says "404" && expect_exit 2 ai instance resume A/b
'

test_expect_success 'stats: the counts of one instance' '
	until_true 30 sh -c "aisearch instance stats first --json | jq -e \".completed == 5\"" &&
	ai instance stats first && grep -q "^QUEUED  RUNNING  COMPLETED " out && grep -q "^ *0 *0 *5 *0 " out &&
	expect_exit 1 ai instance stats none && says "HTTP 404, code 7002"
'

# --- list -------------------------------------------------------------------

test_expect_success 'list: pages, search and order' '
	ai instance list --json && jq -r ".[].id" out >ids && test "$(wc -l <ids)" = 6 && head -1 ids | grep -qx first &&
	ai instance list --json --per-page 2 && jq -r ".[].id" out | diff ids - &&
	ai instance list --json --per-page 2 --page 2 && jq -r ".[].id" out >page2 && sed -n 3,4p ids | diff - page2 &&
	ai instance list --json --order-by created_at --order-by-direction desc && jq -r ".[].id" out | tac | diff ids - &&
	ai instance list --search plain && test "$(wc -l <out)" = 3 && grep -q "^plain2 " out &&
	ai instance list --page 9 --json && jq -e ". == []" out &&
	ai instance list --hostname none.example.com --json && jq -e ". == []" out &&
	expect_exit 2 ai instance list --per-page 101 && says "from 1 to 100" &&
	expect_exit 2 ai instance list --order-by name && says "created_at" &&
	expect_exit 2 ai instance list --page 0
'

test_expect_success 'the columns of later pages stand below those of the first' '
	ai instance list --per-page 1 && test "$(wc -l <out)" = 7 && test "$(grep -c "^INSTANCE" out)" = 1
'

# --- delete -----------------------------------------------------------------

test_expect_success 'delete: -y, --yes and --force; without any it is a no' '
	expect_exit 2 ai instance delete plain && says "was not confirmed" && ai instance get plain &&
	ai instance delete plain --force && grep -qx "deleted plain" out && expect_exit 1 ai instance get plain &&
	ai instance delete plain2 -y --json && jq -e ".deleted == \"plain2\"" out &&
	expect_exit 1 ai instance delete plain2 --yes && says "404"
'

# --- namespaces -------------------------------------------------------------

test_expect_success 'a text that is not UTF-8 is not sent' '
	: >requests.log && expect_exit 2 ai namespace create broken --description "$(printf "bad\377")" &&
	says "not UTF-8" && ! grep -q POST requests.log
'

test_expect_success 'namespace create, with every setting' '
	ai help namespace create && sed -n "/^Options/,/^\$/s/^ *--\(\[no-\]\)*\([a-z0-9-]*\).*/\2/p" out | wc -l >count &&
	test "$(cat count)" = 15 &&
	ai namespace create production --description "customer facing" --public-endpoint --no-public-default-domain \
		--public-domains a.example.com --public-hosts b.example.com --public-hosts c.example.com \
		--public-search-disabled --public-chat-disabled --public-mcp-disabled --public-mcp-description d \
		--rate-limit-requests 5 --rate-limit-period 60000 --rate-limit-technique fixed --public-instances docs &&
	grep -qx "production: created" out &&
	ai namespace get production --json && jq -S "del(.created_at,.public_endpoint_id)" out >got &&
	jq -S . >want <<-EOF && diff want got
	{"name":"production","description":"customer facing","public_endpoint_params":{"enabled":true,
	"default_domain_enabled":false,"custom_domains":["a.example.com"],"authorized_hosts":["b.example.com",
	"c.example.com"],"search_endpoint":{"disabled":true},"chat_completions_endpoint":{"disabled":true},
	"mcp":{"disabled":true,"description":"d"},"rate_limit":{"requests":5,"period_ms":60000,
	"technique":"fixed"},"instances_allowed":["docs"]}}
	EOF
'

test_expect_success 'namespace create of what exists' '
	expect_exit 1 ai namespace create production && says "exists already, with these settings" &&
	ai namespace create production --if-missing --description "customer facing" &&
	grep -qx "production: exists already, as wanted" out &&
	expect_exit 1 ai namespace create production --if-missing --description other && says "1 other setting" &&
	says "description: \"customer facing\" -> \"other\"" && says "namespace update production"
'

test_expect_success 'namespace list, get' '
	ai namespace create staging && ai namespace list && grep -q "^NAMESPACE *CREATED *DESCRIPTION" out &&
	grep -q "^production .* customer facing\$" out && grep -q "^staging  *2.* -\$" out &&
	ai namespace list --search FACING --json && jq -e "length == 1 and .[0].name == \"production\"" out &&
	ai namespace list --per-page 1 --page 2 --json && jq -e ".[0].name == \"staging\"" out &&
	ai namespace get production && grep -qx "public_endpoint_params.rate_limit.requests: 5" out &&
	ai namespace get default && grep -qx "name: default" out &&
	expect_exit 1 ai namespace get none && says "namespace .none.: HTTP 404, code 7063" &&
	expect_exit 2 ai namespace get No_ne && says "not a namespace"
'

test_expect_success 'namespace update: the rest of the endpoint stays' '
	expect_exit 2 ai namespace update production --description internal && says "\-\-yes" &&
	ai namespace update production --description internal --rate-limit-requests 9 --yes &&
	grep -qx "  description: \"customer facing\" -> \"internal\"" out && grep -qx "production: changed" out &&
	ai namespace get production --json && jq -e ".description == \"internal\" and
		.public_endpoint_params.rate_limit == {requests:9,period_ms:60000,technique:\"fixed\"} and
		.public_endpoint_params.instances_allowed == [\"docs\"]" out &&
	ai namespace update production --description internal && grep -qx "production: nothing to change" out &&
	echo "{\"description\":null}" | ai namespace update production --body-file - -y --json &&
	jq -e ".description == null" out && says "description: \"internal\" -> -" &&
	expect_exit 2 ai namespace update production && says "nothing was said" &&
	expect_exit 1 ai namespace update default --description x --yes && says "7046"
'

test_expect_success 'namespace delete: not with instances in it' '
	ai instance create --namespace staging docs && ai instance get --namespace staging docs &&
	grep -qx "namespace      staging" out &&
	expect_exit 2 ai namespace delete staging && says "not confirmed" &&
	expect_exit 1 ai namespace delete staging --yes && says "7065" && says "hint: .*--namespace staging" &&
	expect_exit 1 ai namespace delete default -y && says "always exists" &&
	ai instance delete --namespace staging docs --force && ai namespace delete staging --force &&
	grep -qx "deleted staging" out && expect_exit 1 ai namespace delete staging --yes && says "404" &&
	ai namespace delete production -y --json && jq -e ".deleted == \"production\"" out
'

test_expect_success 'text of others reaches no terminal raw' '
	esc=$(printf "a\033[31mb") && ai namespace create odd --description "$esc" &&
	ai namespace list && ai namespace get odd && grep -q "^description: a.x1b.31mb" out &&
	ai namespace update odd --description other --dry-run && ai namespace list --json &&
	! grep -q "$(printf "\033")" everything
'

test_expect_success 'a full disk is a failed operation' '
	for words in "instance list" "instance list --json" "instance get first" "instance stats first" \
		"namespace list --json" "instance update first --max-num-results 3 --dry-run"; do
		aisearch $words >/dev/full 2>err; code=$?
		test $code = 1 && says "cannot write" || { echo "$words: $code"; return 1; }
	done
'

# --- answers that get lost ----------------------------------------------------

test_expect_success 'setup: an emulator that loses answers and takes its time' '
	stop_process $EMULATOR_PID && CLOUDFLARE_API_TOKEN=$(cat manager.token) && export CLOUDFLARE_API_TOKEN &&
	start_emulator --instances 6 --latency 200 --fault "POST */instances drop*1" \
		--fault "POST */instances null-result*1" --fault "POST */instances status=500*1" \
		--fault "POST */namespaces html*1" --fault "GET */idle-00001 wrong-types" &&
	CLOUDFLARE_API_BASE_URL=$API
'

test_expect_success 'create: a lost answer is looked for, never repeated' '
	before=$(sent POST) &&
	ai instance create dropped --chunk-size 300 && grep -qx "dropped: created (the answer got lost), builtin" out &&
	ai instance create nulled && grep -qx "nulled: created (the answer got lost), builtin" out &&
	expect_exit 1 ai instance create failed && says "creating .failed.: HTTP 500" &&
	says "perhaps it was created all the same: aisearch instance get failed" &&
	ai namespace create lost --description x && grep -qx "lost: created (the answer got lost)" out &&
	test "$(sent POST)" = $((before + 4))
'

test_expect_success 'an answer that is none is an error' '
	expect_exit 1 ai instance get idle-00001 && says "instance .idle-00001.: .* expected" &&
	expect_exit 1 ai instance update idle-00001 --chunk-size 300 --yes && says "idle-00001"
'

test_expect_success 'list prints each page as it comes' '
	: >out && aisearch instance list --per-page 1 >out 2>err & pid=$! &&
	until_true 20 grep -q "^idle-00001 " out && ! grep -q "^idle-00006 " out && wait $pid &&
	grep -q "^idle-00006 " out
'

test_expect_success 'what is cut off cannot be taken for the whole' '
	: >out && aisearch instance list --json --per-page 1 --timeout 3 >out 2>err & pid=$! &&
	until_true 20 grep -q "\"idle-00001\"" out &&
	stop_process $EMULATOR_PID && { wait $pid; code=$?; cat err; test $code != 0; } &&
	says "listing instances" && ! jq . out
'

test_expect_success 'no token anywhere' '
	keeps_secret everything requests.log
'

test_done
