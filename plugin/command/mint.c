/* SPDX-License-Identifier: MIT */
#include "mint.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

#define LOCK_WAIT_MS 60000	/* a mint of somebody else, when --timeout does not say less */
#define PAUSE_S 60		/* after a renewal ahead that failed, none is tried for so long */

int mint_use_profile(struct cli *cli, const struct profile *p, struct err *err)
{
	cli->s.url = p->url;
	cli->s.account = p->account;
	if (p->ca_cert)
		cli->s.ca_cert = p->ca_cert;
	return cli_check(cli, err) < 0 || cli_account(cli, err) < 0 ? -1 : 0;
}

/* Without a vault there is no creator token either; no vault is made to find that out. */
static int open_vault(struct cli *cli, struct vault **out, struct err *err)
{
	scoped_secret struct secret *unused = NULL;

	if (cli_vault(cli, true, out, err) < 0)
		return err->kind == ERR_NOT_FOUND ? cli_token(cli, "creator", &unused, err) : -1;
	return cli_vault(cli, false, out, err);
}

/* A lock file that is not empty tells of a failure, and its time when that was. */
static bool failed_lately(int lock)
{
	struct stat st;
	int64_t age;

	if (fstat(lock, &st) < 0 || st.st_size == 0)
		return false;
	age = clock_wall_s(&clock_system) - st.st_mtime;
	return age >= 0 && age < PAUSE_S;
}

/* Before it is tried: a run that is killed, at its deadline perhaps, failed too. */
static void note_attempt(int lock)
{
	if (ftruncate(lock, 0) == 0 && pwrite(lock, "failed\n", 7, 0) < 0)
		return;		/* then the next one tries at once */
}

static void note_success(int lock)
{
	if (ftruncate(lock, 0) < 0)
		return;		/* then the next renewal waits a little */
}

static int act(struct cli *cli, struct ondemand *with, struct ondemand_token *out, struct err *err)
{
	scoped_secret struct secret *token = NULL;
	scoped_client struct client *creator = NULL;

	if (cli_token(cli, "creator", &token, err) < 0 ||
	    cli_role_client(cli, "creator", token, &creator, err) < 0)
		return -1;
	with->creator = creator;
	return ondemand_mint(with, out, err);
}

static int wait_ms(const struct cli *cli, bool ahead)
{
	if (ahead)
		return 0;
	return cli->s.timeout_s > 0 && cli->s.timeout_s * 1000 < LOCK_WAIT_MS
		       ? (int)cli->s.timeout_s * 1000 : LOCK_WAIT_MS;
}

int mint_lock(struct cli *cli, const struct profile *p, bool ahead, int *lock,
	      struct err *err)
{
	char suffix[PROFILE_NAME_MAX + 8];

	snprintf(suffix, sizeof(suffix), ".mint-%s", p->name);
	return lock_beside_vault(cli, suffix, wait_ms(cli, ahead), NULL, NULL, lock, err);
}

int mint_ensure(struct cli *cli, const struct profile *p, bool renew, bool ahead,
		enum mint_how *how, struct ondemand_token *out, struct err *err)
{
	struct ondemand with = { .profile = p, .clock = &clock_system };
	enum ondemand_state state;
	scoped_fd int lock = -1;

	*how = MINT_LEFT;
	if (open_vault(cli, &with.vault, err) < 0)
		return -1;
	if (mint_lock(cli, p, ahead, &lock, err) < 0)
		return ahead && err->kind == ERR_TIMEOUT ? 0 : -1;
	if (ondemand_look(&with, &state, out, err) < 0)
		return -1;
	/* the helper that asks by --request has its own rules of what else it hands out */
	if (state == ONDEMAND_FOREIGN && (renew || !cli->s.request)) {
		err_set(err, ERR_EXISTS, "the entry for '%s' at %s is valid, and was not minted by this"
			" profile", p->username, p->host);
		return err_hint(err, "erase it (aisearch vault list), or give the profile another user"
				" name: --username NAME");
	}
	*how = MINT_THERE;
	if (state == ONDEMAND_FOREIGN || (state == ONDEMAND_FRESH && !renew))
		return 0;
	*how = MINT_LEFT;
	if (ahead && failed_lately(lock))
		return 0;
	note_attempt(lock);
	if (act(cli, &with, out, err) < 0)
		return -1;
	note_success(lock);
	*how = MINT_DONE;
	return 0;
}
