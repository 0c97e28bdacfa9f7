/* SPDX-License-Identifier: MIT */
/*
 * profile.h -- what a token minted on demand may do, and what it answers for.  Pure.
 *
 * Profiles are kept as JSON, in a file that the door reads and writes:
 *
 *	{"version":1,"profiles":{"ci":{"account":"023e...","permissions":["AI Search Read"],
 *	 "ttl":3600,"host":"api.cloudflare.com","username":"ci"}}}
 *
 * The reader is strict: an unknown member, a wrong type, a value beyond its rule, or
 * anything but a whole object refuses the file as a whole.
 *
 * A minted token is stored under the profile's own identity (https, host, path,
 * username) and under no other, whatever was asked for.
 */
#ifndef PROVISION_PROFILE_H
#define PROVISION_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cloudflare/token.h"
#include "vault/life.h"
#include "vault/vault.h"

#define PROFILE_NAME_MAX 48
#define PROFILE_LIST_MAX 32	/* entries of one list */
#define PROFILES_MAX 100
#define PROFILE_FILE_MAX (256 * 1024)
#define PROFILE_TTL_MIN 60
#define PROFILE_TTL_MAX (365 * 86400)

struct profile_list {		/* profile_list_clear() */
	char *item[PROFILE_LIST_MAX];
	size_t count;
};

struct profile {		/* all of it owned; NULL = not given */
	char *name;		/* 1..48 of a-z 0-9 - _ . */
	char *account;		/* 32 hex digits */
	char *owner;		/* "user" or "account"; NULL = as the creator token */
	char *url, *ca_cert;	/* of the API; NULL = the default */
	struct profile_list permissions;	/* names or ids of permission groups */
	struct profile_list resources;	/* of one kind; empty = the account */
	struct profile_list allow_ip, deny_ip;
	int64_t ttl_s;
	char *host, *path, *username;	/* with https, the identity; path may be NULL */
};

struct profiles {		/* profiles_clear() */
	struct profile *one;	/* sorted by name */
	size_t count;
};

/* ERR_USAGE: it is no name for a profile. */
int profile_check_name(const char *name, struct err *err);

/* Takes "a,b" apart, blanks around the parts dropped.  ERR_USAGE for an empty part or too many. */
int profile_list_split(const char *text, struct profile_list *out, struct err *err);

/* ERR_USAGE names the item that is no IP address or range. */
int profile_check_ranges(const struct profile_list *list, struct err *err);

/*
 * Fills in what was not given (url, host, username), and checks all of it.
 * ERR_USAGE.
 */
int profile_complete(struct profile *profile, struct err *err);

/* ERR_CONFIG.  *out must be zeroed; profiles_clear() it in any case. */
int profiles_decode(const char *text, size_t len, struct profiles *out, struct err *err);
/* Adds the whole file's text. */
int profiles_encode(const struct profiles *profiles, struct buf *out, struct err *err);
int profile_encode(const struct profile *profile, struct buf *out, struct err *err);

struct profile *profiles_find(struct profiles *profiles, const char *name);	/* or NULL */
/* Moves *profile in, sorted by name; it takes the place of one of the same name. */
int profiles_put(struct profiles *profiles, struct profile *profile, struct err *err);
void profiles_remove(struct profiles *profiles, struct profile *profile);

/* Does the profile answer this request (vault.h: what a query matches)? */
bool profile_answers(const struct profile *profile, const struct vault_id *request);

static inline struct vault_id profile_identity(const struct profile *p)
{
	return (struct vault_id){ "https", p->host, p->path, p->username };
}

/* "mint:ci": the origin of what it minted. */
#define PROFILE_ORIGIN_SIZE (sizeof(LIFE_ORIGIN_MINT) + PROFILE_NAME_MAX)
void profile_origin(const struct profile *profile, char out[PROFILE_ORIGIN_SIZE]);

/* "com.cloudflare.api.account.zone": the kind of the profile's resources. */
void profile_scope(const struct profile *profile, char out[128]);

void profile_clear(struct profile *profile);
void profiles_clear(struct profiles *profiles);
void profile_list_clear(struct profile_list *list);
#define scoped_profile SCOPED(profile_clear)
#define scoped_profiles SCOPED(profiles_clear)

#endif
