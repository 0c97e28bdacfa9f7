/* SPDX-License-Identifier: MIT */
#include "provision/profile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "cloudflare/client.h"
#include "cloudflare/url.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define RESOURCE_PREFIX "com.cloudflare."
#define RESOURCE_MAX 120
#define TEXT_MAX 256		/* of a permission group's name, a host, a path, a user name */

void profile_list_clear(struct profile_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	memset(list, 0, sizeof(*list));
}

void profile_clear(struct profile *p)
{
	free(p->name);
	free(p->account);
	free(p->owner);
	free(p->url);
	free(p->ca_cert);
	free(p->host);
	free(p->path);
	free(p->username);
	profile_list_clear(&p->permissions);
	profile_list_clear(&p->resources);
	profile_list_clear(&p->allow_ip);
	profile_list_clear(&p->deny_ip);
	memset(p, 0, sizeof(*p));
}

void profiles_clear(struct profiles *all)
{
	for (size_t i = 0; i < all->count; i++)
		profile_clear(&all->one[i]);
	free(all->one);
	memset(all, 0, sizeof(*all));
}

struct profile *profiles_find(struct profiles *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->one[i].name, name))
			return &all->one[i];
	return NULL;
}

int profiles_put(struct profiles *all, struct profile *profile, struct err *err)
{
	struct profile *same = profiles_find(all, profile->name);
	size_t at = 0;

	if (same) {
		profile_clear(same);
	} else {
		if (all->count == PROFILES_MAX)
			return err_set(err, ERR_USAGE, "there are %d profiles already", PROFILES_MAX);
		void *bigger = reallocarray(all->one, all->count + 1, sizeof(all->one[0]));
		if (!bigger)
			return err_nomem(err);
		all->one = bigger;
		while (at < all->count && strcmp(all->one[at].name, profile->name) < 0)
			at++;
		same = &all->one[at];
		memmove(same + 1, same, (all->count - at) * sizeof(*same));
		all->count++;
	}
	*same = *profile;
	memset(profile, 0, sizeof(*profile));
	return 0;
}

void profiles_remove(struct profiles *all, struct profile *profile)
{
	size_t at = (size_t)(profile - all->one);

	profile_clear(profile);
	all->count--;
	memmove(profile, profile + 1, (all->count - at) * sizeof(*profile));
}

/* --- what is allowed ----------------------------------------------------------- */

int profile_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	/* it begins no option and no hidden file */
	if (len >= 1 && len <= PROFILE_NAME_MAX && strspn(name, LOWER DIGITS "-_.") == len &&
	    name[0] != '-' && name[0] != '.')
		return 0;
	err_set(err, ERR_USAGE, "that is no name for a profile");	/* it may be a pasted token */
	return err_hint(err, "use 1 to %d of a-z 0-9 - _ . and begin with a letter or digit",
			PROFILE_NAME_MAX);
}

int profile_list_split(const char *text, struct profile_list *out, struct err *err)
{
	for (const char *part = text;; part++) {
		size_t len;

		part += strspn(part, " ");
		const char *end = part + strcspn(part, ",");
		for (len = (size_t)(end - part); len > 0 && part[len - 1] == ' '; len--)
			;
		if (len == 0)
			return err_set(err, ERR_USAGE, "a part of the list is empty");
		if (out->count == PROFILE_LIST_MAX)
			return err_set(err, ERR_USAGE, "the list has more than %d parts",
				       PROFILE_LIST_MAX);
		out->item[out->count] = strndup(part, len);
		if (!out->item[out->count])
			return err_nomem(err);
		out->count++;
		if (!*end)
			return 0;
		part = end;
	}
}

static int check_text(const char *what, const char *text, struct err *err)
{
	size_t len = strlen(text);
	bool good = len > 0 && len <= TEXT_MAX && utf8_valid(text, len);

	for (size_t i = 0; good && i < len; i++)
		good = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
	if (good)
		return 0;
	return err_set(err, ERR_USAGE, "the %s is empty, longer than %d bytes or not plain text", what,
		       TEXT_MAX);
}

static int check_texts(const char *what, const struct profile_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (check_text(what, list->item[i], err) < 0)
			return -1;
	return 0;
}

static size_t kind_length(const char *resource)
{
	const char *dot = strrchr(resource, '.');

	return dot ? (size_t)(dot - resource) : 0;
}

static int check_resources(const struct profile_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *r = list->item[i];
		size_t len = strlen(r), kind = kind_length(r);

		if (strncmp(r, RESOURCE_PREFIX, strlen(RESOURCE_PREFIX)) || len > RESOURCE_MAX ||
		    strspn(r, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_.*") != len ||
		    r[len - 1] == '.') {
			err_set(err, ERR_USAGE, "'%.80s' is not a resource", r);
			return err_hint(err, "for example " RESOURCE_PREFIX "api.account.zone.ID");
		}
		if (kind_length(list->item[0]) != kind || strncmp(list->item[0], r, kind)) {
			err_set(err, ERR_USAGE, "the resources are not of one kind");
			return err_hint(err, "make a profile for each kind");
		}
	}
	return 0;
}

/* An address, or one with "/BITS". */
static bool is_range(const char *text)
{
	unsigned char bytes[16];
	char copy[INET6_ADDRSTRLEN + 4], *slash, *end;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	int family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	slash = strchr(copy, '/');
	if (slash) {
		*slash++ = '\0';
		if (!*slash || strspn(slash, DIGITS) != strlen(slash) || strlen(slash) > 3 ||
		    strtol(slash, &end, 10) > (family == AF_INET6 ? 128 : 32))
			return false;
	}
	return inet_pton(family, copy, bytes) == 1;
}

int profile_check_ranges(const struct profile_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_range(list->item[i]))
			continue;
		err_set(err, ERR_USAGE, "'%.60s' is not an IP address or range", list->item[i]);
		return err_hint(err, "for example 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32");
	}
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Where aisearch itself keeps the tokens that everything else comes from. */
static int check_identity(const struct profile *p, const char *api_host, struct err *err)
{
	const char *path = p->path ? p->path : "accounts/";

	if (strpbrk(p->host, "/@?#\\ "))
		return err_set(err, ERR_USAGE, "'%.80s' is not a host", p->host);
	if (p->path && p->path[0] == '/') {
		err_set(err, ERR_USAGE, "the path begins with '/'");
		return err_hint(err, "git names paths without it");
	}
	if (!strcmp(p->host, api_host) && begins(path, "accounts/") &&
	    (!strcmp(p->username, "creator") || !strcmp(p->username, "manager") ||
	     begins(p->username, "service:"))) {
		err_set(err, ERR_USAGE, "the user name '%.64s' is not for profiles", p->username);
		return err_hint(err, "it is that of a token which login or provision stores");
	}
	return 0;
}

static int fill(char **field, const char *value, struct err *err)
{
	return *field ? 0 : text_copy(value, field, err);
}

static int check_limits(const struct profile *p, struct err *err)
{
	if (p->permissions.count == 0) {
		err_set(err, ERR_USAGE, "the profile has no permissions");
		return err_hint(err, "name permission groups: --permissions 'AI Search Read'");
	}
	if (p->ttl_s < PROFILE_TTL_MIN || p->ttl_s > PROFILE_TTL_MAX) {
		err_set(err, ERR_USAGE, "the time to live is missing or out of range");
		return err_hint(err, "--ttl: from %d to %d seconds", PROFILE_TTL_MIN, PROFILE_TTL_MAX);
	}
	if (p->owner && strcmp(p->owner, "user") && strcmp(p->owner, "account")) {
		err_set(err, ERR_USAGE, "owner '%.40s' is not known", p->owner);
		return err_hint(err, "user or account");
	}
	if (p->ca_cert && p->ca_cert[0] != '/') {
		err_set(err, ERR_USAGE, "'%.80s' is not an absolute path", p->ca_cert);
		return err_hint(err, "it would mean another file in every folder");
	}
	return check_texts("permission", &p->permissions, err) < 0 ||
	       check_resources(&p->resources, err) < 0 ||
	       profile_check_ranges(&p->allow_ip, err) < 0 || profile_check_ranges(&p->deny_ip, err) < 0 ? -1 : 0;
}

int profile_complete(struct profile *p, struct err *err)
{
	char host[320];

	if (profile_check_name(p->name, err) < 0)
		return -1;
	if (!p->account) {
		err_set(err, ERR_USAGE, "the profile has no account");
		return err_hint(err, "give --account ID");
	}
	if (client_check_account(p->account, err) < 0 || check_limits(p, err) < 0 ||
	    fill(&p->url, CLIENT_URL_DEFAULT, err) < 0)
		return -1;
	if (url_check_base(p->url, err) < 0 || url_host(p->url, host, sizeof(host), err) < 0) {
		if (err->kind == ERR_CONFIG)
			err->kind = ERR_USAGE;
		return -1;
	}
	if (fill(&p->host, host, err) < 0 || fill(&p->username, p->name, err) < 0 ||
	    check_text("host", p->host, err) < 0 || check_text("user name", p->username, err) < 0 ||
	    (p->path && check_text("path", p->path, err) < 0) ||
	    (p->ca_cert && check_text("CA certificate's path", p->ca_cert, err) < 0))
		return -1;
	return check_identity(p, host, err);
}

/* --- what it answers for --------------------------------------------------------- */

static bool field_answers(const char *asked, const char *has)
{
	return !asked || (has && !strcmp(asked, has));
}

bool profile_answers(const struct profile *p, const struct vault_id *request)
{
	const struct vault_id id = profile_identity(p);

	return !strcmp(request->protocol, id.protocol) && !strcmp(request->host, id.host) &&
	       field_answers(request->path, id.path) &&
	       field_answers(request->username, id.username);
}

void profile_origin(const struct profile *p, char out[PROFILE_ORIGIN_SIZE])
{
	snprintf(out, PROFILE_ORIGIN_SIZE, LIFE_ORIGIN_MINT "%s", p->name);
}

void profile_scope(const struct profile *p, char out[128])
{
	const char *first = p->resources.count ? p->resources.item[0] : "com.cloudflare.api.account.*";

	snprintf(out, 128, "%.*s", (int)kind_length(first), first);
}
