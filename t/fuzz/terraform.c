/* SPDX-License-Identifier: MIT */
/* The object that Terraform gives to `store`. */
#include "fuzz.h"

#include "../../plugin/credential/terraform.c"

static int read_bytes(const void *data, size_t size, struct secret **out, struct err *err)
{
	return read_token(input_fd(data, size), "app.example:8443", out, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_secret struct secret *token = NULL, *again = NULL;
	scoped_buf struct buf out = BUF(8 * 1024 * 1024);
	struct err err = { 0 };

	if (read_bytes(data, size, &token, &err) < 0) {
		check_err(&err);
		return 0;
	}
	NEVER(!token || memchr(secret_bytes(token), '\0', secret_len(token)));
	buf_adds(&out, "{\"token\":");
	buf_add_json(&out, secret_bytes(token), secret_len(token));
	buf_adds(&out, "}");
	NEVER(out.failed);
	if (out.len <= REQUEST_MAX)
		NEVER(read_bytes(out.data, out.len, &again, &err) < 0 ||
		      !secret_equal(token, again));
	return 0;
}
