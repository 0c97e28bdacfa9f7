/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 5 && strspn(text, DIGITS) == len;
}

static bool is_host(const char *host)
{
	size_t len;

	if (host[0] == '[') {
		len = strspn(host + 1, DIGITS "abcdefABCDEF:.");
		if (len < 2 || host[1 + len] != ']')
			return false;
		len += 2;
	} else {
		len = strspn(host, LETTERS DIGITS "-._");
		if (len == 0)
			return false;
	}
	return !host[len] || (host[len] == ':' && is_port(host + len + 1));
}

int server_check_host(const char *host, struct err *err)
{
	if (is_host(host))
		return 0;
	err_set(err, ERR_INPUT, "the server's name is not a host with or without a port");
	return err_hint(err, "expected HOST or HOST:PORT");
}

static bool is_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(host, names[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

static int take_scheme(const char **text, unsigned rules, const char **protocol, struct err *err)
{
	static const char *const known[] = { "https", "http" };

	*protocol = known[0];
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i]);

		if (!strncasecmp(*text, known[i], len) && !strncmp(*text + len, "://", 3)) {
			*protocol = known[i];
			*text += len + 3;
			return 0;
		}
	}
	if (strstr(*text, "://") || !(rules & SERVER_SCHEME_OPTIONAL)) {
		err_set(err, ERR_INPUT,
			"the server's address has a scheme that is not known, or none");
		return err_hint(err,
				rules & SERVER_SCHEME_OPTIONAL ? "expected https, http or none" :
				"expected https://HOST[:PORT][/PATH]");
	}
	if (!strncmp(*text, "//", 2))
		*text += 2;
	return 0;
}

static int check_characters(const char *text, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(err, ERR_INPUT,
				       "the server's address contains a control character");
	if (memchr(text, '#', len))
		return err_set(err, ERR_INPUT, "the server's address has a fragment");
	return 0;
}

/* after: what follows the host, from its first slash on, without a query. */
static int take_path(const char *after, char **out, struct err *err)
{
	size_t len = strlen(after);

	while (len > 0 && after[len - 1] == '/')
		len--;
	if (len == 0)
		return 0;
	*out = strndup(after + 1, len - 1);
	return *out ? 0 : err_nomem(err);
}

int server_parse(const char *text, size_t len, unsigned rules, struct server *out, struct err *err)
{
	scoped_server struct server s = { 0 };
	scoped_free char *copy = NULL;

	if (check_characters(text, len, err) < 0)
		return -1;
	copy = strndup(text, len);
	if (!copy)
		return err_nomem(err);
	const char *rest = copy;
	if (take_scheme(&rest, rules, &s.protocol, err) < 0)
		return -1;
	copy[strcspn(copy, "?")] = '\0';
	size_t host = strcspn(rest, "/");
	s.host = strndup(rest, host);
	if (!s.host)
		return err_nomem(err);
	if (strchr(s.host, '@'))
		return err_set(err, ERR_INPUT, "the server's address contains a user name");
	if (server_check_host(s.host, err) < 0 || take_path(rest + host, &s.path, err) < 0)
		return -1;
	if ((rules & SERVER_SAFE) && !strcmp(s.protocol, "http") && !is_loopback(s.host)) {
		err_set(err, ERR_INPUT, "http would carry the credential in the clear");
		return err_hint(err, "use https; http is for this machine only");
	}
	*out = (struct server){ s.protocol, STEAL(s.host), STEAL(s.path) };
	return 0;
}
