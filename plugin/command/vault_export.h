/* SPDX-License-Identifier: MIT */
/*
 * vault_export.h -- what `vault export` writes and `vault import` reads.
 *
 * JSON lines: first {"aisearch_vault_export":1}, then an entry each.  Text that is not
 * UTF-8 is base64 in a member NAME_base64.  A sealed export is EXPORT_MAGIC and what
 * passphrase_seal() makes of all that.
 */
#ifndef COMMAND_VAULT_EXPORT_H
#define COMMAND_VAULT_EXPORT_H

#define EXPORT_MAGIC "aisearch-vault-export-1\n"
#define EXPORT_PURPOSE "aisearch vault export"
#define EXPORT_FIRST "{\"aisearch_vault_export\":1}\n"
#define EXPORT_MAX (256 * 1024 * 1024)	/* bytes; all of it is in memory */

#endif
