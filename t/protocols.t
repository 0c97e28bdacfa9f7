#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the protocols of Bazel, Kubernetes and Terraform'
. "${0%/*}/lib.sh"

DB=$XDG_DATA_HOME/aisearch/vault.db
unset KUBERNETES_EXEC_INFO
: >transcript

# put LINE...: into the vault, as git does
put () {
	printf '%s\n' protocol=https "$@" | git-credential-aisearch store
}

# ask COMMAND...: stdin is its request; answer, message and status are kept
ask () {
	"$@" >answer 2>message
	status=$?
	cat message >>transcript
	return $status
}

# fails CODE TEXT COMMAND...: nothing on stdout, a reason on stderr, nothing written
fails () {
	wanted_code=$1 text=$2
	shift 2
	before=$(cksum <"$DB")
	expect_exit "$wanted_code" ask "$@" && test ! -s answer && grep -q -e "$text" message &&
		test "$(cksum <"$DB")" = "$before" && return
	cat answer message
	return 1
}

put host=cache.example username=ann "password=$CANARY"
put host=cache.example path=team/x username=eve password=of-the-path

# --- Bazel -----------------------------------------------------------------------

bazel () {
	echo "{\"uri\":\"$1\"}" | ask bazel-credential-aisearch get
}
authorized () {
	jq -e --arg a "$1" '. == {headers:{Authorization:[$a]}}' answer
}
no_bazel () {
	printf %s "$2" | fails 1 "$1" bazel-credential-aisearch get
}

test_expect_success 'bazel: a password becomes Basic, for every path of its host' '
	basic="Basic $(printf "ann:%s" "$CANARY" | base64 -w0)" &&
	for uri in https://cache.example https://cache.example/ https://cache.example/a/b?c=d \
		   https://cache.example/team/xy https://cache.example/team; do
		bazel $uri && authorized "$basic" || return 1
	done &&
	echo "{\"x\":[],\"uri\":\"https://cache.example\"}" | ask git-credential-aisearch bazel get extra &&
	authorized "$basic"
'

test_expect_success 'bazel: what was stored for just this path comes first' '
	bazel https://cache.example/team/x && authorized "Basic $(printf eve:of-the-path | base64)"
'

test_expect_success 'bazel: a bearer is sent as one, with the time it ends' '
	printf "{\"token\":\"%s\"}" "$CANARY" | ask terraform-credentials-aisearch store bearer.example &&
	bazel https://bearer.example/x && authorized "Bearer $CANARY" &&
	put host=soon.example username=u "password=$CANARY" password_expiry_utc=4102444800 &&
	bazel https://soon.example && jq -e ".expires == \"2100-01-01T00:00:00Z\"" answer &&
	put host=far.example username=u "password=$CANARY" password_expiry_utc=9007199254740992 &&
	bazel https://far.example && jq -e "has(\"expires\") | not" answer
'

test_expect_success 'bazel: an unknown host, an expired or a foreign entry is a failure with a reason' '
	put host=old.example username=u "password=$CANARY" password_expiry_utc=1 &&
	no_bazel "has expired" "{\"uri\":\"https://old.example\"}" &&
	put host=old.example username=v password=valid && put host=old.example username=u password=x password_expiry_utc=2 &&
	bazel https://old.example && authorized "Basic $(printf v:valid | base64)" &&
	for uri in https://nowhere.example https://cache.example:443 https://CACHE.example \
		   https://cache.example.evil https://xcache.example; do
		no_bazel "no credential" "{\"uri\":\"$uri\"}" || return 1
	done &&
	no_bazel "in the clear" "{\"uri\":\"http://cache.example\"}" &&
	no_bazel "no credential" "{\"uri\":\"http://localhost:8080/x\"}" &&
	put host=api.example path=accounts/$ACCOUNT username=creator "password=$CANARY" &&
	no_bazel "no credential" "{\"uri\":\"https://api.example/client/v4\"}"
'

test_expect_success 'bazel: requests that are none, and words that are no command' '
	no_bazel "no .uri" "{\"url\":\"https://cache.example\"}" && no_bazel "no .uri" "{}" &&
	no_bazel "empty" "" && no_bazel "not JSON" "uri" && no_bazel "expected a string" "{\"uri\":[]}" &&
	no_bazel "scheme" "{\"uri\":\"cache.example\"}" && no_bazel "scheme" "{\"uri\":\"ftp://cache.example\"}" &&
	no_bazel "user name" "{\"uri\":\"https://cache.example@evil.example\"}" &&
	no_bazel "control" "{\"uri\":\"https://cache.example\\n.evil\"}" &&
	no_bazel "NUL" "{\"uri\":\"https://cache.example\\u0000.evil\"}" &&
	fails 2 "usage" bazel-credential-aisearch &&
	fails 2 "no such command" bazel-credential-aisearch x-get
'

test_expect_success 'bazel: what no header can carry is not sent' '
	printf "%s" "{\"ServerURL\":\"lf.example\",\"Username\":\"a:b\",\"Secret\":\"s\"}" |
		docker-credential-aisearch store &&
	no_bazel "colon" "{\"uri\":\"https://lf.example\"}" &&
	printf "{\"token\":\"a\\\\r\\\\nX-Evil: 1\"}" | terraform-credentials-aisearch store evil.example &&
	no_bazel "control character" "{\"uri\":\"https://evil.example\"}"
'

# --- Kubernetes --------------------------------------------------------------------

GROUP=client.authentication.k8s.io
kube () {
	ask env KUBERNETES_EXEC_INFO="$1" git-credential-aisearch kubernetes ${2+"$2" "$3"} </dev/null
}
info () {
	jq -cn --arg v "$1" '{apiVersion:$v, kind:"ExecCredential", spec:{interactive:false}}'
}
with_cluster () {
	jq -cn --arg v "$GROUP/v1" --arg s "$1" '{apiVersion:$v, kind:"ExecCredential",
		spec:{interactive:false, cluster:{server:$s, config:null}}}'
}
no_kube () {
	text=$1 value=$2
	shift 2
	fails 1 "$text" env KUBERNETES_EXEC_INFO="$value" git-credential-aisearch kubernetes "$@"
}

test_expect_success 'kubernetes: the version is echoed, a token and the time it ends are given' '
	for version in v1 v1beta1; do
		kube "$(info $GROUP/$version)" --host soon.example &&
		jq -e --arg v "$GROUP/$version" --arg t "$CANARY" ". == {apiVersion:\$v, kind:\"ExecCredential\",
			status:{token:\$t, expirationTimestamp:\"2100-01-01T00:00:00Z\"}}" answer || return 1
	done &&
	ask git-credential-aisearch kubernetes --host bearer.example </dev/null &&
	jq -e --arg v "$GROUP/v1beta1" --arg t "$CANARY" ". == {apiVersion:\$v, kind:\"ExecCredential\",
		status:{token:\$t}}" answer
'

test_expect_success 'kubernetes: the cluster may be told by the client' '
	kube "$(with_cluster https://cache.example/team/x)" &&
	jq -e ".status.token == \"of-the-path\"" answer &&
	kube "$(with_cluster https://cache.example/other)" --username ann &&
	jq -e --arg t "$CANARY" ".status.token == \$t" answer &&
	no_kube "in the clear" "$(with_cluster http://cache.example)" &&
	no_kube "no credential" "$(with_cluster https://cache.example)" --username eve
'

test_expect_success 'kubernetes: a --host that is not the cluster asked for is refused' '
	kube "$(with_cluster https://cache.example)" --host cache.example &&
	jq -e --arg t "$CANARY" ".status.token == \$t" answer &&
	for server in https://evil.example https://cache.example:6443 https://cache.example.evil; do
		no_kube "is not the cluster" "$(with_cluster $server)" --host cache.example || return 1
	done &&
	no_kube "in the clear" "$(with_cluster http://cache.example)" --host cache.example &&
	no_kube "EXEC_INFO" "$(with_cluster nonsense)" --host cache.example
'

test_expect_success 'kubernetes: other versions, kinds and nonsense are refused' '
	for version in $GROUP/v1alpha1 $GROUP/v2 v1 ""; do
		no_kube "apiVersion" "$(info "$version")" --host soon.example || return 1
	done &&
	no_kube "no ExecCredential" "{\"apiVersion\":\"$GROUP/v1\",\"kind\":\"Pod\"}" --host soon.example &&
	no_kube "not JSON" "{x" --host soon.example && no_kube "empty" "" --host soon.example &&
	no_kube "array" "[]" --host soon.example &&
	no_kube "which cluster" "$(info $GROUP/v1)" && no_kube "not a host" "$(info $GROUP/v1)" --host a/b &&
	no_kube "no credential" "$(info $GROUP/v1)" --host nowhere.example &&
	fails 2 "usage" git-credential-aisearch kubernetes --nope &&
	fails 2 "usage" git-credential-aisearch kubernetes get
'

if /usr/bin/python3 -c 'import kubernetes' 2>/dev/null; then
	test_expect_success 'kubernetes: its Python client signs in with the token' '
		for version in v1 v1beta1; do
			cat >kubeconfig <<-EOF &&
			apiVersion: v1
			kind: Config
			current-context: c
			clusters: [{name: k, cluster: {server: "https://soon.example"}}]
			contexts: [{name: c, context: {cluster: k, user: u}}]
			users:
			- name: u
			  user:
			    exec:
			      apiVersion: $GROUP/$version
			      command: git-credential-aisearch
			      args: [kubernetes, --host, soon.example]
			      interactiveMode: Never
			EOF
			/usr/bin/python3 -c "from kubernetes import config as c
print(c.new_client_from_config(\"kubeconfig\").configuration.get_api_key_with_prefix(\"authorization\"))" \
				>got 2>err && echo "Bearer $CANARY" | cmp - got || { cat err; return 1; }
		done
	'
else
	test_skip 'kubernetes: its Python client signs in with the token' 'needs python3-kubernetes'
fi

# --- Terraform ---------------------------------------------------------------------

terraform () {
	ask terraform-credentials-aisearch "$@"
}

test_expect_success 'terraform: store, get, replace, forget' '
	terraform get app.example </dev/null && echo "{}" | cmp - answer &&
	printf "{\"token\":\"%s\"}" "$CANARY" | terraform store app.example && test ! -s answer &&
	terraform get app.example && jq -e --arg t "$CANARY" ". == {token:\$t}" answer &&
	printf "{\"token\":\"second\"}" | terraform store app.example && terraform get app.example &&
	jq -e ". == {token:\"second\"}" answer &&
	terraform forget app.example && test ! -s answer && terraform get app.example &&
	echo "{}" | cmp - answer && terraform forget app.example && test ! -s answer &&
	AISEARCH_VAULT=$PWD/new/vault.db terraform forget app.example && test ! -e new
'

test_expect_success 'terraform: what git stored for the host is neither given nor forgotten' '
	terraform get cache.example && echo "{}" | cmp - answer && terraform forget cache.example &&
	bazel https://cache.example && grep -q Basic answer &&
	put host=two.example username=terraform "password=$CANARY" && terraform get two.example &&
	jq -e --arg t "$CANARY" ". == {token:\$t}" answer
'

test_expect_success 'terraform: an object with other members is refused, after it was read' '
	for object in "{\"token\":\"t\",\"more\":1}" "{\"more\":\"x\"}" "{}" "{\"token\":null}" "{\"token\":1}" \
		      "[]" "" "{\"token\":\"a\\u0000\"}" "{\"Token\":\"t\"}"; do
		printf "%s" "$object" | fails 1 "not stored" terraform-credentials-aisearch store app.example ||
		return 1
	done &&
	{ { head -c 3000000 /dev/zero | tr "\0" x && echo done >written; } |
		fails 1 "longer than" terraform-credentials-aisearch store app.example; } &&
	test -s written &&
	{ head -c 300000 /dev/zero | tr "\0" " " && printf "{\"token\":\"t\"}" && echo done >written2; } |
		fails 1 "not a host" terraform-credentials-aisearch store a/b && test -s written2
'

test_expect_success 'terraform: an unknown verb, a missing or a strange host is a failure' '
	fails 2 usage terraform-credentials-aisearch && fails 2 usage terraform-credentials-aisearch get &&
	fails 2 usage terraform-credentials-aisearch list app.example &&
	fails 2 usage terraform-credentials-aisearch get app.example more &&
	for host in "" a/b "a b" "a
b" https://app.example "u@app.example" "app.example:"; do
		fails 1 "not a host" terraform-credentials-aisearch get "$host" &&
		fails 1 "not a host" terraform-credentials-aisearch forget "$host" || return 1
	done
'

test_expect_success 'terraform: a vault that is not there is said when it was named' '
	terraform --vault "$PWD/mistyped/v.db" get app.example && echo "{}" | cmp - answer &&
	grep -q "warning: there is no vault at .*mistyped" message && grep -q "hint: .*--vault" message &&
	terraform --vault "$PWD/mistyped/v.db" forget app.example && grep -q warning message &&
	AISEARCH_VAULT=$PWD/mistyped/v.db terraform get app.example && test ! -s message && test ! -e mistyped
'

test_expect_success 'terraform: arguments may be configured before the verb' '
	printf "{\"token\":\"%s\"}" "$CANARY" |
		terraform --vault "$PWD/other/vault.db" store app.example && test -f other/vault.db &&
	terraform --vault "$PWD/other/vault.db" get app.example && grep -q "$CANARY" answer
'

# --- all ---------------------------------------------------------------------------

test_expect_success 'who stored an entry, and that it was used, stands in the vault' '
	origin () { sqlite3 "$DB" "SELECT origin, used_at>0 FROM credential WHERE host=\"$1\""; } &&
	test "$(origin bearer.example)" = "terraform|1" && test "$(origin lf.example)" = "docker|0" &&
	test "$(origin soon.example)" = "git|1"
'

test_expect_success 'usage is that of the protocol' '
	usage_is () {
		usage=$1
		shift
		expect_exit 2 ask "$@" && test ! -s answer && grep "^usage:" message >got.usage &&
			test "$(wc -l <got.usage)" = 1 && grep -q "^usage: $usage" got.usage && return
		cat message
		return 1
	}
	options="\[--vault PATH\] \[--key-file PATH\]" &&
	usage_is "terraform-credentials-aisearch $options get|store|forget HOST" terraform-credentials-aisearch get &&
	usage_is "terraform-credentials-aisearch $options get" terraform-credentials-aisearch --nope &&
	usage_is "terraform-credentials-aisearch $options get" terraform-credentials-aisearch &&
	usage_is "bazel-credential-aisearch $options get$" bazel-credential-aisearch put &&
	usage_is "git-credential-aisearch $options bazel get$" git-credential-aisearch bazel &&
	usage_is "git-credential-aisearch $options terraform get" git-credential-aisearch terraform list x &&
	usage_is "git-credential-aisearch $options kubernetes \[--host" git-credential-aisearch kubernetes x &&
	usage_is "git-credential-aisearch $options aws --account" git-credential-aisearch aws x &&
	bazel-credential-aisearch --help | grep -q "^usage: bazel-credential-aisearch .* get$" &&
	expect_exit 2 ask git-credential-aisearch --nope && grep -q "  terraform get|store|forget HOST" message &&
	grep -q "terraform-credentials-aisearch$" message
'

test_expect_success 'what cannot mint refuses --mint' '
	for words in "bazel get" "terraform get app.example" "kubernetes --host app.example" \
		     "aws --account $ACCOUNT"; do
		echo "{\"uri\":\"https://cache.example\"}" |
			fails 2 "mint works with git.s protocol only" git-credential-aisearch --mint ci $words || return 1
	done
'

test_expect_success 'no protocol is given the token of the creator for the asking' '
	put host=made.example path=accounts/$ACCOUNT username=creator "password=$CANARY" &&
	no_bazel "no credential" "{\"uri\":\"https://made.example/accounts/$ACCOUNT\"}" &&
	no_kube "no credential" "$(with_cluster https://made.example/accounts/$ACCOUNT)" &&
	fails 1 "no credential" git-credential-aisearch aws --account $ACCOUNT --host made.example &&
	kube "$(with_cluster https://made.example/accounts/$ACCOUNT)" --username creator
'

test_expect_success 'each link names its protocol' '
	bazel-credential-aisearch --version | grep -qx "bazel-credential-aisearch [0-9.]*" &&
	terraform-credentials-aisearch --version | grep -qx "terraform-credentials-aisearch [0-9.]*" &&
	printf "%s\n" protocol=https host=cache.example username=ann |
		git-credential-aisearch git get | grep -qx "password=$CANARY" &&
	cp "$OUT/git-credential-aisearch" other-name && printf "%s\n" protocol=https host=cache.example \
		username=ann | ./other-name get | grep -qx "password=$CANARY"
'

if [ "$VARIANT" = release ] && command -v valgrind >/dev/null &&
   [ -x "$OUT/dynamic/git-credential-aisearch" ]; then
	test_expect_success 'valgrind finds nothing' '
		check () {
			valgrind -q --error-exitcode=9 --leak-check=full "$OUT/dynamic/git-credential-aisearch" "$@"
		}
		echo "{\"uri\":\"https://cache.example/team/z\"}" | check bazel get &&
		echo "{\"uri\":\"https://evil.example\"}" | expect_exit 1 check bazel get &&
		KUBERNETES_EXEC_INFO=$(with_cluster https://soon.example/x) check kubernetes &&
		echo "{\"token\":\"t\"}" | check terraform store vg.example &&
		check terraform get vg.example && check terraform forget vg.example
	'
else
	test_skip 'valgrind finds nothing' 'for the release variant, with valgrind'
fi

test_expect_success 'the secret shows in no message and no vault' '
	test -s transcript && keeps_secret transcript "$DB"
'

test_done
