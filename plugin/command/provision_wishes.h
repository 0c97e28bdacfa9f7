/* SPDX-License-Identifier: MIT */
/*
 * provision_wishes.h -- what `aisearch provision` was asked for: the command line and the
 * file of --body-file, as the configuration of provision().
 */
#ifndef COMMAND_PROVISION_WISHES_H
#define COMMAND_PROVISION_WISHES_H

#include "cli.h"
#include "provision/profile.h"
#include "provision/provision.h"

struct provision_settings {	/* of the options */
	const char *type, *source, *service, *owner, *body_file, *upload, *query, *expires;
	const char *allow_ip, *deny_ip;
	bool no_wait, r2, check;
};

struct provision_wishes {	/* what the configuration borrows */
	struct provision_instance instances[PROVISION_INSTANCES_MAX];
	struct profile_list allow_ip, deny_ip;
	/* as it is; without what the config has of its own */
	struct json_object *file, *body;
	struct secret *creator_token, *manager_token;
	struct client *creator, *manager;
};
void cleanup_provision_wishes(struct provision_wishes *wishes);
#define scoped_provision_wishes SCOPED(cleanup_provision_wishes)

/* args are taken apart in place. */
int provision_understand(const struct cli *cli, const struct provision_settings *set, int n,
			 char **args, struct provision_wishes *w, struct provision_config *config,
			 struct err *err);

#endif
