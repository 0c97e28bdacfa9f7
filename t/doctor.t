#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='doctor: all is well, and then each thing goes wrong once'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"
. "$TESTS/certificates.sh"

# The daemon that doctor finds; that of the sanitizers needs their runtime before all else.
mkdir bin && cat >bin/collectd <<EOF && chmod +x bin/collectd
#!/bin/sh
LD_PRELOAD=$PRELOAD exec /usr/sbin/collectd "\$@"
EOF
PATH=$PWD/bin:$PATH
export PATH

cat >good.conf <<EOF
LoadPlugin aisearch
<Plugin aisearch>
  <Account "prod">
    AccountId "$ACCOUNT"
    TokenFile "$PWD/manager.token"
  </Account>
</Plugin>
EOF

# doctor [OPTIONS]: with what is well here
doctor () {
	ai doctor --config good.conf --plugin "$OUT/aisearch.so" "$@"
}

# tells VERDICT CHECK PATTERN [FIX]: a line of the last one
tells () {
	sed -n "/^$1 *  $2  *[^ ].*/{N;p;}" out >lines
	awk -v want="$1" -v check="$2" '$1 == want && $2 == check { print; getline; print; }' out >lines
	grep -e "^$1 *$2 .*$3" lines >/dev/null && { [ $# -lt 4 ] || grep -q -e "fix: .*$4" lines; } &&
		return 0
	echo "not told: $*"
	cat out err
	return 1
}

# fails CHECK: only in this one
fails_only () {
	awk '$1 == "fail" { print $2 }' out | sort -u >failed
	echo "$1" | cmp -s - failed || { echo "failed:"; cat failed out; return 1; }
}

test_expect_success 'setup: an emulator, two tokens in the vault' '
	start_emulator --instances 2 &&
	CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT &&
	export CLOUDFLARE_API_BASE_URL CLOUDFLARE_ACCOUNT_ID &&
	ai login <creator.token && ai login --role manager <manager.token
'

test_expect_success 'all is well: exit 0, a line for each thing, nothing to be done' '
	doctor || { cat out err; false; } &&
	for check in settings vault proxy dns connection tls api clock token budget helper config plugin; do
		tells ok $check . || return 1
	done &&
	! grep -E "^(warn|fail|skip)|fix:" out && test ! -s err &&
	tells ok token "creator: may edit API tokens" && tells ok token "manager: may search" &&
	tells ok config "Account \"prod\"" && tells ok budget "of 1200 requests" &&
	tail -n 1 out | grep -q "^[0-9]* ok, 0 to be looked at, 0 wrong, 0 not tried$"
'

test_expect_success 'it changed nothing, and writes only to what is not there' '
	api GET "/accounts/$ACCOUNT/ai-search/instances" >before &&
	: >requests.log && doctor && cp requests.log seen &&
	api GET "/accounts/$ACCOUNT/ai-search/instances" >after &&
	jq -S .result before >a && jq -S .result after >b && cmp a b && test "$(jq length a)" = 2 &&
	grep -E " (PUT|POST|PATCH|DELETE) " seen >writes && test $(wc -l <writes) = 4 &&
	! grep -vE " (PUT|POST) [^ ]*/([0-9a-f]{32}|[0-9a-f-]{36})(/search)? 4[0-9][0-9] " writes &&
	! grep " DELETE " seen
'

test_expect_success '--json: one object, with the same as the lines' '
	doctor && grep -cE "^(ok|warn|fail|skip) " out >count && doctor --json &&
	test "$(jq ".checks | length" out)" = "$(cat count)" &&
	jq -e ".ok == true and .counts.fail == 0 and .counts.warn == 0 and .counts.skip == 0 and .counts.ok > 20" out >/dev/null &&
	jq -e "all(.checks[]; (.check|type) == \"string\" and (.detail|type) == \"string\"
		and (.verdict | IN(\"ok\",\"warn\",\"fail\",\"skip\")) and has(\"fix\"))" out >/dev/null &&
	! jq -e ".checks[] | select(.fix != null)" out
'

test_expect_success 'no argument is taken, and no other option: exit 2' '
	expect_exit 2 ai doctor now && expect_exit 2 ai doctor --fix
'

test_expect_success '--offline: nobody is asked' '
	: >requests.log && doctor --offline && test ! -s requests.log &&
	for check in dns connection tls api clock token budget; do
		tells skip $check . || return 1
	done &&
	tells ok vault . && tells ok plugin .
'

# --- settings ----------------------------------------------------------------------

test_expect_success 'a wrong base URL, and an account that is none' '
	expect_exit 1 doctor --url http://example.com && fails_only settings && tells fail settings "http://" &&
	tells skip dns . && tells skip token . && tells ok plugin . &&
	expect_exit 1 doctor --account 123 && tells fail settings "32 hex"
'

test_expect_success 'no account given, and none to be found in the vault' '
	(unset CLOUDFLARE_ACCOUNT_ID &&
	 expect_exit 1 doctor --vault new.db && tells fail settings "which account" "CLOUDFLARE_ACCOUNT_ID" &&
	 tells skip token "account is not known" && tells ok api . && test ! -e new.db)
'

# --- the vault ---------------------------------------------------------------------

test_expect_success 'only the creator so far: what makes the manager' '
	aisearch --vault alone.db login <creator.token >out && doctor --vault alone.db &&
	tells warn token "manager: there is none yet" && grep -q "fix: aisearch provision mints it" out
'

test_expect_success 'no vault yet: where it would be, and how it is made' '
	expect_exit 1 doctor --vault new.db && tells fail vault "none yet: new.db" "aisearch login" &&
	tells fail token "has none for account" "aisearch login"
'

test_expect_success 'with a token in the environment no vault is needed' '
	CLOUDFLARE_API_TOKEN=$(cat manager.token) doctor --vault new.db && tells warn vault "none yet" &&
	tells ok token "CLOUDFLARE_API_TOKEN: active" && tells ok token "CLOUDFLARE_API_TOKEN: may search"
'

test_expect_success 'a vault or a key that others may read, or no key' '
	chmod 644 data/aisearch/vault.db && expect_exit 1 doctor &&
	tells fail vault "vault.db" "chmod" && tells skip token "vault cannot be read" && chmod 600 data/aisearch/vault.db &&
	chmod 640 data/aisearch/vault.db.key && expect_exit 1 doctor &&
	tells fail vault "vault.db.key" "chmod" && chmod 600 data/aisearch/vault.db.key &&
	mv data/aisearch/vault.db.key k && expect_exit 1 doctor && tells fail vault "key" . &&
	mv k data/aisearch/vault.db.key && doctor
'

test_expect_success 'a locked vault, and one of another owner: the fixes work' '
	(export AISEARCH_VAULT="$PWD/locked/vault.db" && cp -r data/aisearch locked && chmod 700 locked && echo pass$CANARY >pass && aisearch vault passphrase <pass &&
	 aisearch vault lock && expect_exit 1 doctor && fails_only vault && tells fail vault "is locked" "aisearch vault unlock" && tells skip token . &&
	 aisearch vault unlock <pass && doctor && aisearch vault lock && rm pass) || return 1
	test "$(id -u)" != 0 || { cp -r data/aisearch theirs && chown 65534 theirs/vault.db && expect_exit 1 doctor --vault theirs/vault.db &&
		tells fail vault "belongs to user 65534" "chown" && eval "$(sed -n "s/^ *fix: \(chown .*\)/\1/p" out)" && doctor --vault theirs/vault.db; }
'

test_expect_success 'an entry that does not open' '
	cp -r data/aisearch spoiled && chmod 700 spoiled &&
	sqlite3 spoiled/vault.db "UPDATE credential SET secret = zeroblob(60) WHERE seq = 1" &&
	expect_exit 1 doctor --vault spoiled/vault.db && tells fail vault "not all entries open" "vault check"
'

# --- the way to the API ------------------------------------------------------------

test_expect_success 'a host that is not found' '
	expect_exit 1 doctor --url https://nowhere.invalid/client/v4 --timeout 8 &&
	tells fail dns "nowhere.invalid is not found" "resolv.conf" &&
	for check in connection tls api clock token; do tells skip $check . || return 1; done
'

test_expect_success 'a port where nobody listens' '
	expect_exit 1 doctor --url http://127.0.0.1:1/client/v4 && tells ok dns . &&
	tells fail connection "no connection to 127.0.0.1:1" firewall && tells skip tls . && tells skip api .
'

test_expect_success 'a proxy that is not there, and one for which this host is an exception' '
	export https_proxy="http://user:$CANARY@127.0.0.1:1" &&
	expect_exit 1 doctor --url https://127.0.0.1:$PORT/client/v4 &&
	tells ok proxy "https_proxy names 127.0.0.1:1, which is taken" &&
	tells fail connection "through the proxy" "no_proxy=127.0.0.1" && keeps_secret out err &&
	no_proxy=127.0.0.1 && export no_proxy && { doctor; unset no_proxy; tells ok proxy "not taken for this host"; } &&
	unset https_proxy no_proxy
'

test_expect_success 'setup: servers with certificates' '
	for name in good soon; do
		openssl req -x509 -newkey rsa:2048 -nodes -days $([ $name = good ] && echo 60 || echo 2) \
			-subj /CN=127.0.0.1 -addext "subjectAltName=IP:127.0.0.1" \
			-keyout $name.key -out $name.pem 2>/dev/null && chmod 600 $name.key || return 1
		rm -f port.$name
		spawn aisearch-emulator --port-file "$PWD/port.$name" --account "$ACCOUNT" \
			--creator-token-file creator.token --manager-token-file manager.token \
			--tls-cert $name.pem --tls-key $name.key 2>>emulator.err
		until_true 20 test -s port.$name || return 1
	done
'

test_expect_success 'a certificate that is not trusted, one that is, and one that ends soon' '
	url=https://127.0.0.1:$(cat port.good)/client/v4 &&
	expect_exit 1 doctor --url $url && tells fail tls . "ca-cert" && tells ok connection . &&
	tells skip api . &&
	expect_exit 1 doctor --url $url --ca-cert none.pem && tells fail tls . . &&
	CLOUDFLARE_API_TOKEN=$(cat manager.token) &&
	export CLOUDFLARE_API_TOKEN &&
	doctor --url $url --ca-cert good.pem --vault new.db && tells ok tls "verified; the certificate is valid until" &&
	doctor --url https://127.0.0.1:$(cat port.soon)/client/v4 --ca-cert soon.pem --vault new.db &&
	tells warn tls "valid until" "renew" && unset CLOUDFLARE_API_TOKEN
'

# refused_tls NAME ARGUMENTS...: the tls line of a server with that certificate
refused_tls () {
	cert=$1 && shift && rm -f port.$cert &&
	spawn aisearch-emulator --port-file "$PWD/port.$cert" --account "$ACCOUNT" --creator-token-file creator.token \
		--manager-token-file manager.token --request-log "$PWD/tls.log" --tls-cert $cert.pem --tls-key $cert.key 2>>emulator.err
	until_true 20 test -s port.$cert && expect_exit 1 doctor --url https://127.0.0.1:$(cat port.$cert)/client/v4 "$@" && fails_only tls
	r=$? && stop_process $SPAWNED && return $r
}
test_expect_success 'expired, not yet valid, of another host, of nobody known, and a CA file that is none: told apart' '
	make_ca && certificate right IP:127.0.0.1 $LONG_AGO $TOMORROW && certificate over IP:127.0.0.1 $LONG_AGO $YESTERDAY &&
	certificate early IP:127.0.0.1 $TOMORROW $(date -u -d "9 days" +%Y%m%d%H%M%SZ) && certificate other DNS:other.test $LONG_AGO $TOMORROW && chmod 600 *.key && : >tls.log &&
	refused_tls over --ca-cert ca.pem && tells fail tls "has expired, on 20" "renew it; .*date -u" &&
	refused_tls early --ca-cert ca.pem && tells fail tls "is valid from 20.* not yet" "timedatectl" &&
	refused_tls other --ca-cert ca.pem && tells fail tls "another host.s" "base URL" &&
	refused_tls right && tells fail tls "not of an authority that is trusted here; its issuer is .CN=authority" "ca-certificates installed.*--ca-cert" &&
	refused_tls right --ca-cert good.pem && tells fail tls "trusted by --ca-cert; its issuer is .CN=authority" "issuer.s own certificate" &&
	refused_tls right --ca-cert good.key && tells fail tls "no certificate in .good.key" "PEM file" && test ! -s tls.log
'

# spoilt FAULT...: another emulator with the same tokens, at $SPOILT
spoilt () {
	rm -f port.spoilt
	spawn aisearch-emulator --port-file "$PWD/port.spoilt" --account "$ACCOUNT" \
		--creator-token-file creator.token --manager-token-file manager.token "$@" 2>>emulator.err
	until_true 20 test -s port.spoilt && SPOILT=http://127.0.0.1:$(cat port.spoilt)/client/v4
}
# as doctor, with the environment's token only
doctor_spoilt () {
	CLOUDFLARE_API_TOKEN=$(cat manager.token) doctor --url "$SPOILT" --vault new.db "$@"
}

test_expect_success 'who answers is not the API, is ill, or does not answer in time' '
	spoilt --fault "GET /user/tokens/verify html*1" --fault "GET /user/tokens/verify notjson*1" \
		--fault "GET /user/tokens/verify drop*1" --fault "GET /user/tokens/verify hang*1" &&
	expect_exit 1 doctor_spoilt && tells fail api "status 502" "cloudflarestatus" && tells skip token . &&
	{ doctor_spoilt; :; } && tells ok connection . &&
	expect_exit 1 doctor_spoilt && tells fail api "no whole answer" . &&
	began=$(date +%s) && expect_exit 1 doctor_spoilt --timeout 2 && tells fail api "not in time" . &&
	test $(($(date +%s) - began)) -lt 10
'

test_expect_success 'a clock that is wrong' '
	case $VARIANT in asan|tsan) return 0 ;; esac
	export WARP=$PWD/offset && echo 0 >offset &&
	LD_PRELOAD=$OUT/warp.so doctor && tells ok clock . &&
	echo 40 >offset && LD_PRELOAD=$OUT/warp.so doctor && tells warn clock "ahead of the API" timedatectl &&
	echo -4000 >offset && { LD_PRELOAD=$OUT/warp.so doctor; :; } &&
	tells fail clock "behind the API" timedatectl && unset WARP
'

# --- tokens ------------------------------------------------------------------------

# mint NAME GROUP [EXPIRES]: its value to the file NAME.token
mint () {
	(umask 077 && TOKEN_FILE=creator.token &&
	 api POST /user/tokens -H "content-type: application/json" --data "{\"name\":\"$1\",
		${3:+\"expires_on\":\"$3\",} \"policies\":[{\"effect\":\"allow\",
		\"resources\":{\"com.cloudflare.api.account.$ACCOUNT\":\"*\"},
		\"permission_groups\":[{\"id\":\"$2\"}]}]}" >minted &&
	 jq -er .result.value minted >"$1.token" && jq -r .result.id minted >"$1.id" && rm minted body)
}
AI_READ=1d3e5f7a9b0c4d2e8f6a7b8c9d0e1f2a AI_RUN=6a5b4c3d2e1f40918273645546372819

test_expect_success 'a manager that may read only: told endpoint by endpoint' '
	mint reader $AI_READ && CLOUDFLARE_API_TOKEN=$(cat reader.token) expect_exit 1 doctor &&
	fails_only token && tells ok token "CLOUDFLARE_API_TOKEN: may list instances" &&
	tells ok token "CLOUDFLARE_API_TOKEN: may list registered tokens" &&
	tells fail token "CLOUDFLARE_API_TOKEN: may not edit instances" &&
	grep -A 1 "may not edit instances" out | grep -q "AI Search > Edit" &&
	grep -A 1 "may not search" out | grep -q "AI Search > Run" &&
	tells ok token "manager: may search"
'

test_expect_success 'one that may ask only' '
	mint asker $AI_RUN && CLOUDFLARE_API_TOKEN=$(cat asker.token) expect_exit 1 doctor --json &&
	jq -e "[.checks[] | select(.verdict == \"fail\") | .detail] | length == 5" out >/dev/null &&
	jq -e "any(.checks[]; .detail == \"CLOUDFLARE_API_TOKEN: may search\" and .verdict == \"ok\")" out
'

test_expect_success 'a token that ends soon, one that was revoked, and one that never was' '
	mint short $AI_READ "$(date -u -d "2 days" +%Y-%m-%dT%H:%M:%SZ)" &&
	CLOUDFLARE_API_TOKEN=$(cat short.token) expect_exit 1 doctor &&
	tells warn token "CLOUDFLARE_API_TOKEN: active until" &&
	(TOKEN_FILE=creator.token && api DELETE "/user/tokens/$(cat reader.id)" >/dev/null) &&
	CLOUDFLARE_API_TOKEN=$(cat reader.token) expect_exit 1 doctor &&
	tells fail token "CLOUDFLARE_API_TOKEN: the API does not accept it" "unset CLOUDFLARE_API_TOKEN" &&
	! grep "CLOUDFLARE_API_TOKEN: may" out &&
	CLOUDFLARE_API_TOKEN=nobody$CANARY expect_exit 1 doctor && tells fail token . . && keeps_secret out err
'

test_expect_success 'a token of the vault that was revoked: how to store another' '
	cp -r data/aisearch revoked && chmod 700 revoked && mint gone $AI_READ &&
	ai login --role manager --vault revoked/vault.db <gone.token &&
	(TOKEN_FILE=creator.token && api DELETE "/user/tokens/$(cat gone.id)" >/dev/null) &&
	expect_exit 1 doctor --vault revoked/vault.db &&
	tells fail token "manager: the API does not accept it" "aisearch login --role manager" &&
	tells skip budget .
'

test_expect_success 'dead tokens of our making: the fixes work' '
	(export AISEARCH_VAULT="$PWD/made/vault.db" && mkdir -m 700 made && ai login <creator.token && ai token create --role manager && ai token create svc && doctor &&
	 for role in service:svc manager; do
		ai token show $role --json && (TOKEN_FILE=creator.token && api DELETE "/user/tokens/$(jq -r .id out)") && expect_exit 1 doctor &&
		tells fail token "$role: the API does not accept it" "aisearch token" && fix=$(sed -n "s/^ *fix: .*: \(aisearch token .*\)/\1/p" lines) &&
		fix=$(echo "$fix" | sed "s/token revoke manager/& --yes/; s/rotate .*/& --grace 0/") && eval "$fix" && doctor || return 1
	 done)
'

test_expect_success 'the requests are nearly used up, and used up' '
	spoilt --rate-limit 20/300 && doctor_spoilt && tells ok budget "13 of 20" &&
	for i in 1 2 3 4 5; do CLOUDFLARE_API_TOKEN=$(cat manager.token) ai instance list --url "$SPOILT"; done &&
	{ doctor_spoilt --timeout 6; :; } && grep -E "^(warn|fail) +(budget|token)" out
'

# --- this machine ------------------------------------------------------------------

test_expect_success 'the helpers are not on PATH' '
	ln -s "$OUT/aisearch" bin/aisearch &&
	PATH=$PWD/bin:/usr/bin:/bin doctor && tells warn helper "git-credential-aisearch is not found" "make install" &&
	rm bin/aisearch
'

test_expect_success 'a configuration that is refused: file and line' '
	sed "s/AccountId.*/AccountId \"12\"/" good.conf >bad.conf &&
	expect_exit 1 ai doctor --config bad.conf --plugin "$OUT/aisearch.so" && fails_only config &&
	tells fail config "bad.conf:[0-9]" . && echo "<Plugin" >bad.conf &&
	expect_exit 1 ai doctor --config bad.conf --plugin "$OUT/aisearch.so" && tells fail config "bad.conf:1" . &&
	expect_exit 1 ai doctor --config absent.conf && tells fail config "absent.conf" .
'

# account_conf LINE: a configuration whose account has it
account_conf () {
	sed "s|TokenFile.*|$1|" good.conf >account.conf
	ai doctor --config account.conf --plugin "$OUT/aisearch.so" --offline
}

test_expect_success 'where the token of an account comes from' '
	account_conf "TokenFile \"$PWD/absent.token\"" && tells warn config "absent.token" . &&
	account_conf "URL \"$API\"" && tells ok config "token of manager is in the vault" &&
	account_conf "" && tells warn config "not in this user" "aisearch login --role manager --account $ACCOUNT" &&
	expect_exit 1 account_conf "CredentialHelper \"nosuch --x\"" &&
	tells fail config "git-credential-nosuch is not found" . &&
	account_conf "CredentialHelper \"!touch $PWD/pwned; echo $CANARY\"" &&
	tells ok config "shell snippet, which was not run" && test ! -e pwned && keeps_secret out err
'

test_expect_success 'the plugin is not there, is no plugin, or wants what the daemon does not have' '
	expect_exit 1 ai doctor --config good.conf --plugin absent.so && fails_only plugin &&
	tells fail plugin "not at absent.so" "make install" &&
	expect_exit 1 ai doctor --config good.conf --plugin good.conf && tells fail plugin "does not end in .so" &&
	echo "extern int nobody_has_this(void); void module_register(void); void module_register(void) { nobody_has_this(); }" >x.c &&
	mkdir -p "a dir" && ${CC:-cc} -shared -fPIC -o "a dir/aisearch.so" x.c &&
	expect_exit 1 ai doctor --config good.conf --plugin "a dir/aisearch.so" &&
	tells fail plugin "undefined symbol: nobody_has_this" "make install" &&
	(echo "PluginDir \"$PWD/a dir\"" && cat good.conf) >dir.conf && expect_exit 1 ai doctor --config dir.conf &&
	tells fail plugin "undefined symbol" . && ! ls -d /tmp/aisearch-doctor.* 2>/dev/null
'

test_expect_success 'a daemon that does not come to its end is ended' '
	mkdir slow && printf "#!/bin/sh\nexec sleep 600\n" >slow/collectd && chmod +x slow/collectd &&
	began=$(date +%s) && PATH=$PWD/slow:$PATH expect_exit 1 doctor --timeout 3 &&
	tells fail plugin "did not come to its end" . && test $(($(date +%s) - began)) -lt 20
'

test_expect_terminal 'colours on a terminal, unless NO_COLOR says otherwise or it is a pipe' '
	escape=$(printf "\033") &&
	shown () { TERM=xterm script -qec "aisearch doctor --config good.conf --offline ${1-}" /dev/null </dev/null; } &&
	shown >t1 && grep -q "$escape\[32mok" t1 &&
	NO_COLOR=1 shown >t2 && grep -q "^ok" t2 && ! grep -q "$escape" t2 &&
	NO_COLOR= shown >t3 && grep -q "$escape" t3 &&
	shown "| cat" >t4 && ! grep -q "$escape" t4 &&
	TERM=dumb script -qec "aisearch doctor --config good.conf --offline" /dev/null </dev/null >t5 &&
	! grep -q "$escape" t5
'

test_expect_success 'no secret was shown by any of it' '
	keeps_secret everything requests.log
'

test_done
