/* SPDX-License-Identifier: MIT */
/*
 * auth.h -- whose token a request carries and what its policies allow.
 *
 * Only a hash of a token's value is ever stored or compared.
 */
#ifndef EMULATOR_AUTH_H
#define EMULATOR_AUTH_H

#include "request.h"
#include "route.h"

#define TOKEN_HASH_SIZE 32
void token_hash(const char *value, size_t len, unsigned char out[TOKEN_HASH_SIZE]);

struct permission {
	const char *id, *name, *scope, *category;
};
extern const struct permission permissions[];	/* ended by {NULL} */
const struct permission *permission_find(const char *id);

#define GROUP_INDEX_ENGINE "9e9b428a0bcd46fd80e580b46a69963c"
#define GROUP_AI_WRITE "8f2b1c4d7a9e4f60b3c5d6e7f8091a2b"
#define GROUP_AI_READ "1d3e5f7a9b0c4d2e8f6a7b8c9d0e1f2a"
#define GROUP_AI_RUN "6a5b4c3d2e1f40918273645546372819"
#define GROUP_R2_WRITE "bf7481a1826f439697cb59a20b22293e"
#define GROUP_R2_READ "b4992e1108244f5d8bfbd5744320c2e1"
#define GROUP_TOKENS_WRITE "686d18d5ac6c441c867cbf6771e58a0a"
#define GROUP_TOKENS_READ "0cc3a61731504c89b99ec1be78b77aa0"
#define GROUP_ACCOUNT_TOKENS_WRITE "5bc3f8b21c554832afc660159ab75fa4"
#define GROUP_ACCOUNT_TOKENS_READ "eb56a6953c034b9d97dd838155666f06"

/* A live token's state by its row: "active", "disabled" or "expired". */
const char *token_state(const char *status, const char *expires, const char *not_before);

/* Fills req->caller from Authorization.  -1 after having answered 400 or 401. */
int authenticate(struct request *req);
/* The answer is false for a token that may not; policies are JSON as minted. */
bool policies_allow(struct json_object *policies, const char *resource, const char *group);
/* -1 after having answered 403. */
int authorize(struct request *req, enum need need);

#endif
