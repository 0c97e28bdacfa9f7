/* SPDX-License-Identifier: MIT */
/*
 * killat.c -- ends a program with SIGKILL as it enters its Nth system call.
 *
 *	killat N LOG PROGRAM [WORDS]
 *
 * N = 0: never.  LOG (or "-") gets what the program does to files, a line for each:
 * "write FILE", "sync FILE", "remove FILE", "link FILE", the names without their folders.
 * Exits 137 when it killed, otherwise as the program did; 125 when there is no ptrace.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static pid_t child;

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void log_fd(FILE *log, const char *what, unsigned long fd)
{
	char link[64], path[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)child, (int)fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	fprintf(log, "%s %s\n", what, base(path));
}

static void log_path(FILE *log, const char *what, unsigned long address)
{
	char path[PATH_MAX] = "";
	struct iovec here = { path, sizeof(path) - 1 }, there = { (void *)address, 1 };

	/* up to the end of the text, which may be near the end of what is mapped */
	for (size_t i = 0; i < sizeof(path) - 1; i++) {
		here = (struct iovec){ path + i, 1 };
		there.iov_base = (void *)(address + i);
		if (process_vm_readv(child, &here, 1, &there, 1, 0) != 1 || !path[i])
			break;
	}
	fprintf(log, "%s %s\n", what, base(path));
}

static void log_call(FILE *log, const struct ptrace_syscall_info *call)
{
	const __u64 *arg = call->entry.args;

	switch (call->entry.nr) {
	case SYS_write:
	case SYS_pwrite64:
		log_fd(log, "write", arg[0]);
		break;
	case SYS_fsync:
	case SYS_fdatasync:
		log_fd(log, "sync", arg[0]);
		break;
#ifdef SYS_unlink
	case SYS_unlink:
		log_path(log, "remove", arg[0]);
		break;
	case SYS_link:
		log_path(log, "link", arg[1]);
		break;
#endif
	case SYS_unlinkat:
		log_path(log, "remove", arg[1]);
		break;
	case SYS_linkat:
		log_path(log, "link", arg[3]);
		break;
	}
}

/* Runs the child to its next stop; false when it has ended. */
static int run_on(int signal, int *status)
{
	if (ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal) < 0)
		return 0;
	return waitpid(child, status, 0) == child && WIFSTOPPED(*status);
}

int main(int argc, char **argv)
{
	int status = 0, signal = 0;
	long calls = 0;

	if (argc < 4)
		return 125;
	const long wanted = atol(argv[1]);
	FILE *log = strcmp(argv[2], "-") ? fopen(argv[2], "w") : NULL;
	child = fork();
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(125);
		execvp(argv[3], argv + 3);
		_exit(126);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return 125;
	if (ptrace(PTRACE_SETOPTIONS, child, NULL,
		   (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
		return 125;
	while (run_on(signal, &status)) {
		struct ptrace_syscall_info call;

		signal = WSTOPSIG(status);
		if (signal != (SIGTRAP | 0x80))
			continue;
		signal = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(call), &call) < 0)
			return 125;
		if (call.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (++calls == wanted) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return 137;
		}
		if (log)
			log_call(log, &call);
	}
	if (log)
		fclose(log);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
