/* SPDX-License-Identifier: MIT */
/*
 * token_words.h -- what the commands `token ...`, `whoami` and `logout` share: which role
 * or token a word means, and what is said of it.
 */
#ifndef COMMAND_TOKEN_WORDS_H
#define COMMAND_TOKEN_WORDS_H

#include <json-c/json.h>

#include "cloudflare/token_object.h"
#include "command.h"
#include "token_state.h"

bool token_is_id(const char *word);	/* 32 hex digits */
bool token_is_role(const char *word);	/* creator, manager, service:NAME */

/* "service:NAME" of --service NAME.  ERR_USAGE. */
int token_role_of(const char *service, char out[64], struct err *err);

/* Was an entry of this origin made by provision, token create or token rotate? */
bool token_is_made(const char *origin);

const char *token_owner_name(enum token_owner owner);

#define TOKEN_ROLES_MAX 10000	/* more are an error, never left out */
struct token_role {		/* an entry of the vault, of the account */
	char *name;		/* "service:default" */
	char *label;		/* or NULL */
	char id[33];		/* "" = not known */
	char first[33];		/* of a rotation: the token that goes when it ends; "" = none */
	struct token_kept kept;
	int64_t stored_at;
};
struct token_roles {		/* { 0 }; token_roles_clear() */
	struct token_role *one;
	size_t count, room;
};
void token_roles_clear(struct token_roles *roles);
#define scoped_roles SCOPED(token_roles_clear)

/* Active ones and intents, rotations last; rejected ones too on request.  No vault = none. */
int token_roles(struct cli *cli, bool rejected, struct token_roles *out, struct err *err);

/* Of the entry of an unfinished rotation: the id of the first token, which is alive; "" = none. */
void token_first(const struct vault_item *item, char out[33]);

/* ERR_EXISTS while it is: the vault and AI Search may be of two tokens just now. */
int token_check_rotation(struct cli *cli, const char *role, struct err *err);

/* The creator's client.  *token is what it borrows. */
int token_creator(struct cli *cli, struct secret **token, struct client **out, struct err *err);

/* Names of permission groups; yours. */
struct json_object *token_permissions_json(struct json_object *token);

/* Who uses an API token: its registrations with AI Search, and the instances with these. */
struct token_users {		/* token_users_clear() */
	struct json_object *registrations;	/* [{id, name, enabled}] */
	struct json_object *instances;		/* ["namespace/id"] */
};
int token_users(struct client *manager, const char *id, struct token_users *out, struct err *err);
void token_users_clear(struct token_users *users);
#define scoped_users SCOPED(token_users_clear)

/*
 * ID, role of the vault, id of a registration (with a manager), or name of an API token (with a
 * creator) -> the API token's id.  Both clients may be NULL.  ERR_NOT_FOUND.
 */
int token_resolve(struct cli *cli, struct client *creator, struct client *manager, const char *word,
		  char id[33], struct err *err);

#endif
