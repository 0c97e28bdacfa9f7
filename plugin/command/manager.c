/* SPDX-License-Identifier: MIT */
#include "manager.h"

#include <string.h>

#include "provision/role.h"

int manager_is_ours(struct cli *cli, struct vault *vault, bool *ours, struct err *err)
{
	scoped_vault_item struct vault_item *item = NULL;
	char path[64];
	const struct vault_id id = cli_identity(cli, "manager", path);

	*ours = !cli->env_token;
	if (cli->env_token || !vault)
		return 0;
	if (vault_get(vault, &id, VAULT_WANT_PENDING, &item, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*ours = item->state == VAULT_PENDING ||
		(item->origin && !strncmp(item->origin, ROLE_ORIGIN, strlen(ROLE_ORIGIN)));
	return 0;
}
