/* SPDX-License-Identifier: MIT */
/*
 * handlers.h -- the operations of the contract, one function each.
 *
 * They run inside the request's transaction, with the route's arguments in
 * req->arg, the checked body in req->json, and answer exactly once.
 */
#ifndef EMULATOR_HANDLERS_H
#define EMULATOR_HANDLERS_H

#include "request.h"

/* token.c, token_list.c: /user/tokens, /accounts/{id}/tokens */
void token_create(struct request *req);
void token_list(struct request *req);
void token_get(struct request *req);
void token_update(struct request *req);
void token_delete(struct request *req);
void token_verify(struct request *req);
void token_roll(struct request *req);
void permission_groups(struct request *req);

/* credential.c: ai-search/tokens */
void credential_create(struct request *req);
void credential_list(struct request *req);
void credential_get(struct request *req);
void credential_update(struct request *req);
void credential_delete(struct request *req);

/* namespace.c */
void namespace_create(struct request *req);
void namespace_list(struct request *req);
void namespace_get(struct request *req);
void namespace_update(struct request *req);
void namespace_delete(struct request *req);

/* instance.c, instance_list.c, stats.c */
void instance_create(struct request *req);
void instance_list(struct request *req);
void instance_get(struct request *req);
void instance_update(struct request *req);
void instance_move(struct request *req);
void instance_delete(struct request *req);
void instance_stats(struct request *req);
void instance_purge_cache(struct request *req);

/* job.c */
void job_create(struct request *req);
void job_list(struct request *req);
void job_get(struct request *req);
void job_cancel(struct request *req);
void job_logs(struct request *req);

/* item.c, item_write.c */
void item_list(struct request *req);
void item_upload(struct request *req);
void item_index(struct request *req);
void item_get(struct request *req);
void item_sync(struct request *req);
void item_delete(struct request *req);
void item_logs(struct request *req);
void item_chunks(struct request *req);
void item_download(struct request *req);

/* search.c, chat.c */
void instance_search(struct request *req);
void namespace_search(struct request *req);
void instance_chat(struct request *req);
void namespace_chat(struct request *req);

/* bucket.c */
void bucket_list(struct request *req);

#endif
