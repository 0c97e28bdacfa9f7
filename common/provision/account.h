/* SPDX-License-Identifier: MIT */
/*
 * account.h -- what is there, as a manifest (manifest.h); and an action carried out.
 */
#ifndef PROVISION_ACCOUNT_H
#define PROVISION_ACCOUNT_H

#include "provision/manifest.h"
#include "provision/provision.h"

struct account {		/* all borrowed */
	struct client *manager;
	struct client *creator;	/* NULL: tokens cannot be made */
	struct vault *vault;	/* NULL: its service tokens are not known */
	const char *vault_host, *id;
	const struct clock *clock;
	void (*event)(void *ctx, const struct provision_event *event);	/* of a token that is made */
	void *event_ctx;
};

/*
 * Every namespace, every instance of them (a list page has them whole, api.md 4), every
 * service token of the vault with its registration.  *out must be zeroed; manifest_clear()
 * it in any case.
 */
int account_read(const struct account *account, struct manifest *out, struct err *err);

/*
 * Carries out one action.  wanted: the file; there: what was read, to which the
 * registration of a token that is made is added.  When the answer is lost, or it is there or
 * gone already, what is there is read and decides; nothing is created a second time.
 * ERR_EXISTS: somebody made it meanwhile, with other settings.  Then, and after an
 * interruption: read again, and make the difference anew.
 */
int account_apply(const struct account *account, const struct action *action,
		  const struct manifest *wanted, struct manifest *there, struct err *err);

/* Paths, for use inside common/provision; NULL for name or id: the collection. */
void account_add_namespace(const struct account *account, const char *name, struct buf *path);
void account_add_instance(const struct account *account, const char *namespace, const char *id,
			  struct buf *path);

#endif
