/* SPDX-License-Identifier: MIT */
#include "cloudflare/pem.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define PEM_MAX (4u * 1024 * 1024)	/* a system's bundle has 200 kB */

/* A line "-----BEGIN ... WHAT-----". */
static bool holds(const struct buf *text, const char *what)
{
	static const char begin[] = "-----BEGIN ";
	const char *at = text->data, *end = at ? at + text->len : NULL;

	while (at && (at = memmem(at, (size_t)(end - at), begin, strlen(begin)))) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((line_end ? line_end : end) - at);

		if (memmem(at, len, what, strlen(what)))
			return true;
		at += len;
	}
	return false;
}

static int check(const char *option, const char *path, bool certificate, bool key, struct err *err)
{
	scoped_buf struct buf text = BUF(PEM_MAX);

	if (!path)
		return 0;
	if (file_read(path, PEM_MAX, &text, err) < 0) {
		err->kind = ERR_TLS;
		err_hint(err, "%s has to name a file that this user may read", option);
		return err_context(err, "%s", option);
	}
	if (certificate && !holds(&text, "CERTIFICATE-----")) {
		err_set(err, ERR_TLS, "%s: there is no certificate in '%.120s'", option, path);
		return err_hint(err, "it has to be PEM, with a line -----BEGIN CERTIFICATE-----");
	}
	if (key && !holds(&text, "PRIVATE KEY-----")) {
		err_set(err, ERR_TLS, "%s: there is no private key in '%.120s'", option, path);
		return err_hint(err, certificate ? "add the key as PEM, or name its file with ClientKey"
						 : "it has to be PEM, with a line -----BEGIN PRIVATE KEY-----");
	}
	return 0;
}

int pem_check(const struct pem_files *f, struct err *err)
{
	if (check("CACert", f->ca_file, true, false, err) < 0 ||
	    check("ClientCert", f->client_cert, true, !f->client_key, err) < 0)
		return -1;
	return check("ClientKey", f->client_key, false, true, err);
}
