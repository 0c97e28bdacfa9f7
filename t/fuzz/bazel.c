/* SPDX-License-Identifier: MIT */
/* Bazel's request. */
#include "fuzz.h"

#include "../../plugin/credential/bazel.c"
#include "door.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct door door = { .in = input_fd(data, size) };
	scoped_server struct server server = { 0 };
	struct err err = { 0 };

	if (read_uri(&door, &server, &err) == 0) {
		check_safe(&server);
		return 0;
	}
	check_err(&err);
	NEVER(server.host || server.path);
	return 0;
}
