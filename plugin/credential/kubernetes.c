/* SPDX-License-Identifier: MIT */
/* Kubernetes' ExecCredential: the client's question is in the environment. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "request.h"

#define GROUP "client.authentication.k8s.io/"

struct exec_info {		/* what KUBERNETES_EXEC_INFO says; borrowed from its object */
	const char *api_version;
	/* of the cluster, when the client was told to pass it on; or NULL */
	const char *server;
};

struct wish {			/* the words of the command */
	const char *host, *username;
};

static const char *text_of(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, name, &v) ||
	    !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static int decode_info(struct json_object *o, struct exec_info *out, struct err *err)
{
	/* the answer's must equal it; what is neither of these means another answer */
	static const char *const known[] = { GROUP "v1", GROUP "v1beta1" };
	const char *version = text_of(o, "apiVersion"), *kind = text_of(o, "kind");
	struct json_object *spec = NULL, *cluster = NULL;

	for (size_t i = 0; version && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(version, known[i]))
			out->api_version = known[i];
	if (!out->api_version) {
		err_set(err, ERR_INPUT, "the apiVersion in KUBERNETES_EXEC_INFO is not known");
		return err_hint(err, "in kubeconfig: apiVersion: " GROUP "v1");
	}
	if (!kind || strcmp(kind, "ExecCredential"))
		return err_set(err, ERR_INPUT, "KUBERNETES_EXEC_INFO is no ExecCredential");
	if (json_object_object_get_ex(o, "spec", &spec) &&
	    json_object_is_type(spec, json_type_object) &&
	    json_object_object_get_ex(spec, "cluster", &cluster))
		out->server = text_of(cluster, "server");
	return 0;
}

/* text: of the environment, or NULL. */
static int read_info(const char *text, struct json_object **o, struct exec_info *out,
		     struct err *err)
{
	/* clients that know v1 always set it */
	out->api_version = NULL;
	if (!text) {
		out->api_version = GROUP "v1beta1";
		return 0;
	}
	if (strlen(text) > REQUEST_MAX)
		return err_set(err, ERR_INPUT, "KUBERNETES_EXEC_INFO is too long");
	if (request_object("KUBERNETES_EXEC_INFO", text, strlen(text), o, err) < 0)
		return -1;
	return decode_info(*o, out, err);
}

/* Another cluster's token would go to this one. */
static int check_same(const char *host, const struct exec_info *info, struct err *err)
{
	scoped_server struct server told = { 0 };

	if (!info->server)
		return 0;
	if (server_parse(info->server, strlen(info->server), SERVER_SAFE, &told, err) < 0)
		return err_context(err, "the cluster in KUBERNETES_EXEC_INFO");
	if (!strcmp(told.host, host))
		return 0;
	err_set(err, ERR_INPUT, "--host %s is not the cluster that the client asks for, %s", host,
		told.host);
	return err_hint(err, "leave --host out, or set provideClusterInfo: false in kubeconfig");
}

static int choose_server(const struct wish *wish, const struct exec_info *info, struct server *out,
			 struct err *err)
{
	if (wish->host) {
		if (server_check_host(wish->host, err) < 0 || check_same(wish->host, info, err) < 0)
			return -1;
		out->protocol = "https";
		out->host = strdup(wish->host);
		return out->host ? 0 : err_nomem(err);
	}
	if (info->server)
		return server_parse(info->server, strlen(info->server), SERVER_SAFE, out, err);
	err_set(err, ERR_INPUT, "the client does not say which cluster it asks for");
	return err_hint(err,
			"give --host HOST[:PORT], or set provideClusterInfo: true in kubeconfig");
}

static int answer(const struct door *door, const struct wish *wish, struct err *err)
{
	scoped_json struct json_object *o = NULL;
	scoped_server struct server server = { 0 };
	scoped_entry struct entry e = { 0 };
	scoped_buf struct buf out = BUF(ENTRY_ANSWER_MAX);
	struct exec_info info = { 0 };

	if (read_info(getenv("KUBERNETES_EXEC_INFO"), &o, &info, err) < 0 ||
	    choose_server(wish, &info, &server, err) < 0 ||
	    entry_find_server(door, &server, wish->username, VAULT_WANT_BEARER, &e, err) < 0 ||
	    entry_add_text(&out, "{\"apiVersion\":", info.api_version, err) < 0 ||
	    entry_add_secret(&out, ",\"kind\":\"ExecCredential\",\"status\":{\"token\":",
			     e.item->bearer ? e.item->bearer : e.item->secret, err) < 0 ||
	    entry_add_time(&out, ",\"expirationTimestamp\":", e.item->expires_at, err) < 0)
		return -1;
	buf_adds(&out, "}}\n");
	return entry_answer(door, &e, &out, err);
}

static int run(const struct door *door, int count, char **words, struct err *err)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'h' },
		{ "username", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	struct wish wish = { 0 };
	int opt;

	if (door_no_mint(door, err) < 0)
		return -1;
	optind = 0;		/* from the start again, after main() */
	while ((opt = getopt_long(count + 1, words - 1, "+", options, NULL)) != -1) {
		if (opt == 'h')
			wish.host = optarg;
		else if (opt == 'u')
			wish.username = optarg;
		else
			return err_set(err, ERR_USAGE, "an option is not known or lacks its value");
	}
	if (optind != count + 1)
		return err_set(err, ERR_USAGE, "kubernetes takes options only: --host, --username");
	return answer(door, &wish, err);
}

const struct protocol protocol_kubernetes = {
	.name = "kubernetes",
	.words = "[--host HOST] [--username NAME]\n",
	.run = run,
};
