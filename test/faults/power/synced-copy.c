/*
 * Keeps a copy of one file as a disk has it that loses power: as of its last sync.
 *
 * Preloaded into a program. SYNCED_FILE names the file, and SYNCED_COPY its copy. A sync of the file
 * copies it; a write through a descriptor that syncs by itself (O_DSYNC) is made in the copy as well.
 * A program that is killed while it copies leaves some of the writes before a sync and not others, as
 * a disk may that loses power within a sync.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;
static char block[1 << 20];

static int is_file(int fd)
{
	const char *path = getenv("SYNCED_FILE");
	struct stat named, open;

	return path && stat(path, &named) == 0 && fstat(fd, &open) == 0 &&
	       named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

/* A descriptor of the copy. Whoever cannot keep it must not go on as if nothing were lost. */
static int open_copy(void)
{
	int copy = open(getenv("SYNCED_COPY"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (copy == -1)
		abort();
	return copy;
}

static void write_all(int copy, const char *from, size_t bytes, off_t at)
{
	while (bytes > 0) {
		ssize_t written = NEXT(pwrite)(copy, from, bytes, at);

		if (written <= 0)
			abort();
		from += written;
		bytes -= written;
		at += written;
	}
}

static void copy_all(int fd)
{
	int copy = open_copy();
	ssize_t bytes;

	pthread_mutex_lock(&copying);
	for (off_t at = 0; (bytes = pread(fd, block, sizeof(block), at)) > 0; at += bytes)
		write_all(copy, block, bytes, at);
	pthread_mutex_unlock(&copying);
	close(copy);
}

int fdatasync(int fd)
{
	int result = NEXT(fdatasync)(fd);

	if (result == 0 && is_file(fd))
		copy_all(fd);
	return result;
}

int fsync(int fd)
{
	int result = NEXT(fsync)(fd);

	if (result == 0 && is_file(fd))
		copy_all(fd);
	return result;
}

static ssize_t synced_write(int fd, const void *from, ssize_t written, off_t at)
{
	if (written > 0 && (fcntl(fd, F_GETFL) & O_DSYNC) && is_file(fd)) {
		int copy = open_copy();

		write_all(copy, from, written, at);
		close(copy);
	}
	return written;
}

ssize_t pwrite(int fd, const void *from, size_t bytes, off_t at)
{
	return synced_write(fd, from, NEXT(pwrite)(fd, from, bytes, at), at);
}

ssize_t pwrite64(int fd, const void *from, size_t bytes, off64_t at)
{
	return synced_write(fd, from, NEXT(pwrite64)(fd, from, bytes, at), at);
}
