/* SPDX-License-Identifier: MIT */
/*
 * difference.h -- the room of manifest_difference(): what its parts share.
 *
 * For use inside common/provision.
 */
#ifndef PROVISION_DIFFERENCE_H
#define PROVISION_DIFFERENCE_H

#include "provision/manifest.h"

struct difference {		/* what is being made */
	const struct manifest *wanted, *there;
	struct actions *out;
	struct action *action;	/* whose changes are collected */
	struct err *err;
	bool failed;
};

/* Takes over *action, also when it fails. */
int difference_add(struct difference *d, struct action *action);
void difference_drop(struct action *action);	/* one that was not added */

/* d->action gets one more change (body_changes()); ctx is the difference.  d->failed: no memory. */
void difference_collect(void *ctx, const struct body_change *change);

/* The changes of action, and its body when there are some. */
int difference_compare(struct difference *d, struct action *action, struct json_object *wanted,
		       struct json_object *there);

/* The members of o without those named (the last is NULL); shared, not copied.  NULL = no memory. */
struct json_object *difference_without(struct json_object *o, const char *const *names);

bool difference_is_default(const char *namespace);

/* difference_instance.c: the creates and updates of instances. */
int difference_instances(struct difference *d);

#endif
