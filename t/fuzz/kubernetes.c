/* SPDX-License-Identifier: MIT */
/* KUBERNETES_EXEC_INFO, the client's question, and the address of the cluster in it. */
#include "fuzz.h"

#include "../../plugin/credential/kubernetes.c"
#include "door.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wish nothing;
	scoped_free char *text = malloc(size + 1);
	scoped_json struct json_object *o = NULL;
	scoped_server struct server server = { 0 };
	struct exec_info info = { 0 };
	struct err err = { 0 };

	NEVER(!text);
	memcpy(text, data, size);
	text[size] = '\0';	/* what follows a NUL byte is in no environment */
	if (read_info(text, &o, &info, &err) < 0) {
		check_err(&err);
		return 0;
	}
	/* the answer repeats it */
	NEVER(strcmp(info.api_version, GROUP "v1") != 0 &&
	      strcmp(info.api_version, GROUP "v1beta1") != 0);
	if (choose_server(&nothing, &info, &server, &err) < 0) {
		check_err(&err);
		NEVER(server.host || server.path);
		return 0;
	}
	NEVER(!info.server);
	check_safe(&server);
	return 0;
}
