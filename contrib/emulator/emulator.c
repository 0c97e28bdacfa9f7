/* SPDX-License-Identifier: MIT */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

#include "seed.h"

int emulator_init(struct emulator *em, struct settings *set, struct err *err)
{
	pthread_condattr_t attr;

	memset(em, 0, sizeof(*em));
	em->set = set;
	em->log_fd = -1;
	if (set->request_log) {
		em->log_fd = open(set->request_log,
				  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (em->log_fd < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot open '%s'",
					 set->request_log);
	}
	if (db_open(&em->db, set->state ? set->state : "", err) < 0) {
		if (em->log_fd >= 0)
			close(em->log_fd);
		return -1;
	}
	pthread_mutex_init(&em->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&em->wake, &attr);
	pthread_condattr_destroy(&attr);
	limits_init(&em->limits, set->quota);
	if (seed(em, err) < 0) {
		emulator_clear(em);
		return -1;
	}
	return 0;
}

void emulator_clear(struct emulator *em)
{
	limits_clear(&em->limits);
	pthread_cond_destroy(&em->wake);
	pthread_mutex_destroy(&em->lock);
	db_close(&em->db);
	if (em->log_fd >= 0)
		close(em->log_fd);
}

void emulator_stop(struct emulator *em)
{
	pthread_mutex_lock(&em->lock);
	em->stopping = true;
	pthread_cond_broadcast(&em->wake);
	pthread_mutex_unlock(&em->lock);
	sqlite3_interrupt(em->db.sql);
}

void emulator_work(struct emulator *em)
{
	pthread_mutex_lock(&em->lock);
	em->work++;
	pthread_cond_broadcast(&em->wake);
	pthread_mutex_unlock(&em->lock);
}

bool emulator_sleep(struct emulator *em, int64_t ms, const unsigned long *work)
{
	struct timespec until;
	int64_t end = now_ms() + ms;
	int r = 0;

	until.tv_sec = (time_t)(end / 1000);
	until.tv_nsec = (long)(end % 1000) * 1000000;
	pthread_mutex_lock(&em->lock);
	while (!em->stopping && r != ETIMEDOUT && (!work || *work == em->work))
		r = ms < 0 ? pthread_cond_wait(&em->wake, &em->lock)
			   : pthread_cond_timedwait(&em->wake, &em->lock, &until);
	pthread_mutex_unlock(&em->lock);
	return !em->stopping;
}

void random_hex(char out[HEX_SIZE])
{
	unsigned char bytes[16];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(out, HEX_SIZE, bytes, sizeof(bytes));
}

void random_uuid(char out[UUID_SIZE])
{
	char hex[HEX_SIZE];

	random_hex(hex);
	snprintf(out, UUID_SIZE, "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15,
		 hex + 20);
}
